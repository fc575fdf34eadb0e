//! Sharing a paredão: what its page tells those who make previews of links, and the picture that they show.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum_extra::TypedHeader;
use axum_extra::headers::IfNoneMatch;
use voting_commons::Language;
use voting_commons::adapters::edge::headers::RESOURCE_POLICY;

use super::templates::moment;
use crate::app::App;
use crate::language::Place;
use crate::problem::Problem;
use crate::segment::Segment;
use crate::share::{NoPicture, Scene, draw};
use crate::snapshot::{Paredao, Status};

/// For how long anybody may keep the picture, whatever version its address names: as long as its numbers are good enough.
const KEEP: &str = "public, max-age=10";

/// What a page says about sharing its paredão.
pub(super) struct Share {
    /// Its language, as Open Graph names it.
    pub(super) locale: &'static str,
    /// In which ones it is said too.
    pub(super) other_locales: Vec<&'static str>,
    /// Its page.
    pub(super) path: String,
    /// Its addresses for the whole world, where they are known.
    pub(super) public: Option<PublicAddresses>,
    /// Where it stands, and who stands in it. Without numbers: they would be old when they are read.
    pub(super) description: String,
    /// What the picture shows, for those who don't see it.
    pub(super) picture_alt: String,
    /// What goes with the link.
    pub(super) invitation: String,
}

/// Absolute addresses: nothing else is understood outside.
pub(super) struct PublicAddresses {
    pub(super) page: String,
    pub(super) picture: String,
}

impl Share {
    /// About `paredao`, in the language of `place`.
    pub(super) fn of(app: &App, place: &Place, paredao: &Paredao) -> Self {
        let (t, now) = (place.t, app.clock.now());
        let scene = Scene::of(t, &app.snapshot.load().unwrap_or_default(), paredao, now);
        let path = place.paredao(&paredao.slug);
        let public = app.public_url.as_ref().map(|base| {
            let page = format!("{base}{path}");
            let picture = format!("{page}/compartilhar.jpg?v={}", scene.version());
            PublicAddresses { page, picture }
        });
        let names: Vec<&str> = paredao.participants.iter().map(|one| one.name.as_str()).collect();
        let names = names.join(", ");
        let (title, status) = (&paredao.title, paredao.status(now));
        let description = match status {
            Status::Scheduled => t.text("preview-scheduled").with("at", moment(&t, &paredao.opens_at)),
            Status::Open => t.text("preview-open"),
            Status::Closed => t.text("preview-closed"),
        };
        let invites = status == Status::Open;
        let invitation = if invites { t.text("invitation").with("title", title).to_string() } else { title.clone() };
        let picture_alt = t.text("picture-alt").with("title", title).with("standing", scene.face.standing);
        Self {
            locale: locale(t.language()),
            other_locales: t.language().others().map(locale).collect(),
            path,
            public,
            description: description.with("names", &names).to_string(),
            picture_alt: picture_alt.with("names", &names).to_string(),
            invitation,
        }
    }

    /// The page's address: absolute where that is known.
    pub(super) fn address(&self) -> &str {
        self.public.as_ref().map_or(&self.path, |public| &public.page)
    }
}

/// As Open Graph names it: with a region.
fn locale(language: Language) -> &'static str {
    match language {
        Language::Portuguese => "pt_BR",
        Language::English => "en_US",
    }
}

/// The picture as it is now, whatever version its address names.
pub(super) async fn picture(
    place: Place,
    State(app): State<Arc<App>>,
    Segment(slug): Segment,
    known: Option<TypedHeader<IfNoneMatch>>,
) -> Response {
    let look = || {
        let snapshot = app.snapshot()?;
        let paredao = snapshot.by_slug(&slug).ok_or(Problem::ParedaoUnknown)?;
        let (id, scene) = (paredao.id, Scene::of(place.t, &snapshot, paredao, app.clock.now()));
        Ok((snapshot, id, scene))
    };
    let picture = match app.share_pictures.get(look, draw).await {
        Ok(picture) => picture,
        Err(NoPicture::Refused(problem)) => return problem.into_response(),
        Err(error) => {
            tracing::error!(%error, slug, "a share picture can't be drawn");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    // Whoever shows the link may show it in a page of theirs.
    let tag = (TypedHeader(picture.etag.clone()), [(CACHE_CONTROL, KEEP)], [(RESOURCE_POLICY, "cross-origin")]);
    if known.is_some_and(|TypedHeader(known)| !known.precondition_passes(&picture.etag)) {
        return (StatusCode::NOT_MODIFIED, tag).into_response();
    }
    (tag, [(CONTENT_TYPE, "image/jpeg")], picture.jpeg.clone()).into_response()
}
