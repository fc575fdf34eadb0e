//! The pages' templates. Each renders the view that the API answers with.

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{Html, IntoResponse, Response};
use axum_extra::extract::CookieJar;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use voting_commons::adapters::texts::{Text, Texts};
use voting_commons::percentages::Percent;
use voting_commons::{Language, ParticipantId, Visibility};

use super::share::Share;
use crate::api::views::{BallotView, PanoramaView, ParedaoView, ParticipantView, ReceiptView};
use crate::app::App;
use crate::captcha::Challenge;
use crate::language::Place;
use crate::options::Provider;
use crate::problem::Problem;
use crate::public_url::PublicUrl;
use crate::snapshot::Paredao;

/// Where voters live.
const TIME_ZONE: &str = "America/Sao_Paulo";

/// What every page shows.
pub(super) struct Frame<'a> {
    pub(super) assets: &'a str,
    pub(super) provider: Provider,
    pub(super) place: &'a Place,
    public_url: Option<&'a PublicUrl>,
}

impl<'a> Frame<'a> {
    pub(super) fn new(app: &'a App, place: &'a Place) -> Self {
        let (provider, public_url) = (app.captcha.provider(), app.public_url.as_ref());
        Self { assets: &app.assets, provider, place, public_url }
    }

    /// The page's address in `language` for search engines, which want it whole: as far as that is known.
    fn alternate(&self, language: &Language) -> String {
        let path = self.place.address_in(language);
        self.public_url.map(|base| format!("{base}{path}")).unwrap_or(path)
    }
}

/// The percentages, or why they aren't shown.
pub(super) enum Results {
    Shown(PanoramaView),
    Hidden(Visibility),
}

impl Results {
    /// As the browser with these cookies is shown them.
    pub(super) fn of(app: &App, paredao: &Paredao, cookies: &CookieJar) -> Self {
        app.why_hidden(paredao, cookies).map_or_else(|| Self::Shown(paredao.into()), Self::Hidden)
    }

    pub(super) fn why_hidden(&self, t: &Texts) -> Option<Text> {
        match self {
            Self::Shown(_) => None,
            Self::Hidden(visibility) => Some(t.text(format!("hidden-{}", visibility.name()))),
        }
    }

    /// Of the panorama that is shown; before any when there is none.
    pub(super) fn revision(&self) -> i64 {
        match self {
            Self::Shown(panorama) => panorama.revision,
            Self::Hidden(_) => -1,
        }
    }

    pub(super) fn percent(&self, participant: &ParticipantId) -> Option<Percent> {
        match self {
            Self::Shown(panorama) => {
                panorama.participants.iter().find(|share| share.id == *participant).map(|share| share.percent)
            }
            Self::Hidden(_) => None,
        }
    }
}

#[derive(Template)]
#[template(path = "list.html")]
pub(super) struct ListPage<'a> {
    pub(super) t: Texts,
    pub(super) frame: Frame<'a>,
    pub(super) paredoes: Vec<ParedaoView>,
}

#[derive(Template)]
#[template(path = "paredao.html")]
pub(super) struct ParedaoPage<'a> {
    pub(super) t: Texts,
    pub(super) frame: Frame<'a>,
    pub(super) paredao: ParedaoView,
    pub(super) results: Results,
    pub(super) share: Share,
}

#[derive(Template)]
#[template(path = "ballot.html")]
pub(super) struct BallotPage<'a> {
    pub(super) t: Texts,
    pub(super) frame: Frame<'a>,
    pub(super) paredao: &'a ParedaoView,
    pub(super) participant: &'a ParticipantView,
    pub(super) ballot: BallotView,
    /// Why the ballot is shown again.
    pub(super) problem: Option<Problem>,
}

impl BallotPage<'_> {
    /// What the widget takes as its attribute.
    fn altcha(&self) -> Option<String> {
        match &self.ballot.captcha {
            Challenge::Altcha { challenge } => serde_json::to_string(challenge).ok(),
            Challenge::Hcaptcha { .. } | Challenge::Off => None,
        }
    }

    fn hcaptcha(&self) -> Option<&str> {
        match &self.ballot.captcha {
            Challenge::Hcaptcha { site_key } => Some(site_key),
            Challenge::Altcha { .. } | Challenge::Off => None,
        }
    }
}

#[derive(Template)]
#[template(path = "receipt.html")]
pub(super) struct ReceiptPage<'a> {
    pub(super) t: Texts,
    pub(super) frame: Frame<'a>,
    pub(super) paredao: ParedaoView,
    pub(super) results: Results,
    pub(super) receipt: ReceiptView,
    pub(super) share: Share,
}

#[derive(Template)]
#[template(path = "problem.html")]
pub(super) struct ProblemPage<'a> {
    pub(super) t: Texts,
    pub(super) frame: Frame<'a>,
    pub(super) problem: Problem,
    /// Where to begin again.
    pub(super) back: &'a str,
    pub(super) retry: Option<Retry<'a>>,
}

/// A ballot that may be cast again as it is.
pub(super) struct Retry<'a> {
    pub(super) slug: &'a str,
    pub(super) ballot: &'a str,
    pub(super) captcha: &'a str,
}

#[derive(Template)]
#[template(path = "explanation.html")]
pub(super) struct ExplanationPage<'a> {
    pub(super) t: Texts,
    pub(super) frame: Frame<'a>,
    pub(super) problem: Problem,
}

/// Answers with `page`, which is one visitor's and may be another the next time.
pub(super) fn respond(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, [(CACHE_CONTROL, "private, no-cache")], Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page can't be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A moment as voters read it.
pub(crate) fn moment(t: &Texts, moment: &Timestamp) -> String {
    // A machine without a time zone database.
    let local = moment.in_tz(TIME_ZONE).unwrap_or_else(|_| moment.to_zoned(TimeZone::UTC));
    let text = if local.time_zone() == &TimeZone::UTC { "moment-utc" } else { "moment" };
    t.text(text).with("day", t.language().day(&local)).with("time", local.strftime("%H:%M").to_string()).to_string()
}
