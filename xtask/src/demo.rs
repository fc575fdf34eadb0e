//! The demonstration: a paredão one can vote in right away.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use dev_stack::wait_until;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use ureq::unversioned::multipart::{Form, Part};
use ureq::{Agent, Body, http::Response};

use crate::services::{PRODUCTION_URL, VOTERS_URL};
use crate::{http, interrupt};

const TITLE: &str = "Quem deve sair? Paredão de demonstração";
const PARTICIPANTS: [(&str, &str, &[u8]); 3] = [
    ("Beatriz Nogueira", "beatriz.png", include_bytes!("../demo/beatriz.png")),
    ("Caetano Ribeiro", "caetano.png", include_bytes!("../demo/caetano.png")),
    ("Jussara Prado", "jussara.png", include_bytes!("../demo/jussara.png")),
];
const OPEN_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
/// One that closes sooner than this is not shown to anybody any more.
const OPEN_FOR_AT_LEAST: SignedDuration = SignedDuration::from_hours(24);
/// How many closed demonstrations may have come before.
const DEMOS_MAX: u32 = 1000;
/// How long the voters' frontend may take to learn of a new paredão.
const VISIBLE_PATIENCE: Duration = Duration::from_secs(30);

/// The slug of a demonstration that is open for another day at least; a new one when there is none.
pub(crate) fn ensure(token: &str) -> Result<String> {
    let production = Production { client: http::client(), token };
    if let Some(slug) = open_demos()?.into_iter().next() {
        return Ok(slug);
    }
    for number in 1..=DEMOS_MAX {
        interrupt::check()?;
        let slug = if number == 1 { "demo".to_owned() } else { format!("demo-{number}") };
        production.create(&slug)?;
        // One that is there already may be closed, or close soon; then the next will do.
        if production.open(&slug)? {
            wait_until_visible(&slug)?;
            return Ok(slug);
        }
    }
    bail!("{DEMOS_MAX} demonstrations are closed already: start afresh with `cargo xtask reset`")
}

/// Whether the production API takes this token.
pub(crate) fn is_token_good(token: &str) -> Result<bool> {
    let request = http::client().get(format!("{PRODUCTION_URL}/api/v1/paredoes"));
    let response = request.header("authorization", format!("Bearer {token}")).call()?;
    Ok(response.status().is_success())
}

/// The demonstrations that voters see and that stay open for a while.
fn open_demos() -> Result<Vec<String>> {
    let mut response = http::client().get(format!("{VOTERS_URL}/api/v1/paredoes")).call()?;
    let list: Vec<Value> = response.body_mut().read_json().context("the list of paredões could not be read")?;
    let closes_after = Timestamp::now() + OPEN_FOR_AT_LEAST;
    Ok(list.iter().filter_map(|paredao| open_demo(paredao, closes_after)).collect())
}

fn open_demo(paredao: &Value, closes_after: Timestamp) -> Option<String> {
    let slug = paredao["slug"].as_str()?;
    let closes_at: Timestamp = paredao["closes_at"].as_str()?.parse().ok()?;
    let is_demo = slug == "demo" || slug.strip_prefix("demo-").is_some_and(|number| number.parse::<u32>().is_ok());
    (is_demo && paredao["status"] == "open" && closes_at > closes_after).then(|| slug.to_owned())
}

fn wait_until_visible(slug: &str) -> Result<()> {
    wait_until(&format!("voters did not see the paredão {slug}"), VISIBLE_PATIENCE, || {
        interrupt::check()?;
        Ok(open_demos()?.iter().any(|open| open == slug).then_some(()))
    })
}

struct Production<'a> {
    client: Agent,
    token: &'a str,
}

impl Production<'_> {
    /// Creates the demonstration, unless one of this slug is there.
    fn create(&self, slug: &str) -> Result<()> {
        let closes_at = (Timestamp::now() + OPEN_FOR).round(jiff::Unit::Minute)?.to_string();
        let mut form = Form::new().text("slug", slug).text("title", TITLE).text("closes_at", &closes_at);
        for (name, file_name, photo) in PARTICIPANTS {
            let photo = Part::bytes(photo).file_name(file_name).mime_str("image/png")?;
            form = form.text("participant", name).part("photo", photo);
        }
        let request = self.client.post(format!("{PRODUCTION_URL}/api/v1/paredoes"));
        let mut response = request.header("authorization", self.bearer()).send(form)?;
        match response.status().as_u16() {
            201 | 409 => Ok(()),
            _ => bail!("the demonstration could not be created: {}", answer(&mut response)),
        }
    }

    /// Opens the demonstration; says whether it is open now, and for a while.
    fn open(&self, slug: &str) -> Result<bool> {
        let request = self.client.post(format!("{PRODUCTION_URL}/api/v1/paredoes/{slug}/open"));
        let mut response = request.header("authorization", self.bearer()).send_empty()?;
        match response.status().as_u16() {
            200 => {
                let paredao: Value = response.body_mut().read_json()?;
                Ok(open_demo(&paredao, Timestamp::now() + OPEN_FOR_AT_LEAST).is_some())
            }
            409 => Ok(false),
            _ => bail!("the demonstration could not be opened: {}", answer(&mut response)),
        }
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }
}

fn answer(response: &mut Response<Body>) -> String {
    let status = response.status();
    let body = response.body_mut().read_to_string().unwrap_or_default();
    format!("{status} {body}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_demonstration_that_stays_open_will_do() {
        let tomorrow: Timestamp = "2030-01-02T00:00:00Z".parse().unwrap();
        let demo = |slug, status, closes_at| {
            let paredao = json!({"slug": slug, "status": status, "closes_at": closes_at});
            open_demo(&paredao, tomorrow)
        };
        let later = "2030-01-20T00:00:00Z";
        assert_eq!(demo("demo", "open", later).as_deref(), Some("demo"));
        assert_eq!(demo("demo-2", "open", later).as_deref(), Some("demo-2"));
        assert_eq!(demo("demo", "closed", later), None);
        assert_eq!(demo("demo", "open", "2030-01-01T12:00:00Z"), None);
        assert_eq!(demo("demolition", "open", later), None);
        assert_eq!(demo("demo-final", "open", later), None);
    }
}
