//! What production and voters look at where every page is seen in every state, by tests and in pictures: a paredão that has
//! been open for a day, one of last week, one of last week that the public knows nothing of, a parked vote, and two directors.
//! `browser-tests/states.mjs` makes the rest, which the API can.

use std::f64::consts::TAU;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use jiff::{SignedDuration, Timestamp, ToSpan, Unit};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::{System, cast_late};

const PEOPLE: [(&str, &str); 3] =
    [("Beatriz Nogueira", "beatriz.png"), ("Caetano Ribeiro", "caetano.png"), ("Jussara Prado", "jussara.png")];
const MINUTES: i32 = 26 * 60;
/// Those who propose and confirm what is published.
const DIRECTORS: [&str; 2] = ["ana", "bia"];

/// A paredão with a past, which the API gives to none.
struct Past {
    slug: &'static str,
    title: &'static str,
    visibility: &'static str,
    opens_at: Timestamp,
    closes_at: Timestamp,
    /// Of a hundred votes in a minute, those for the first and for the second.
    shares: [f64; 2],
    /// How many voted, compared with the others.
    crowd: f64,
}

/// Sets the stage, and waits until voters see it.
///
/// # Errors
/// When a part of it can't be made.
pub async fn set(system: &System) -> Result<()> {
    for name in DIRECTORS {
        system.add_director(name);
    }
    for past in pasts()? {
        let ids = make(system, &past).await?;
        if past.visibility == "always" {
            import(system, &past, &ids).await?;
        }
        if past.slug == "final" {
            cast_late(system, past.slug, *ids.first().context("it has participants")?).await;
        }
    }
    system.until_seen("final").await;
    Ok(())
}

fn pasts() -> Result<[Past; 3]> {
    let now = Timestamp::now().round(Unit::Minute)?;
    let open_for = SignedDuration::from_mins(MINUTES.into());
    let last_week = now - SignedDuration::from_hours(6 * 24);
    let closed = Past {
        slug: "encerrado",
        title: "Quem deve sair? Semana 3",
        visibility: "always",
        opens_at: last_week - open_for,
        closes_at: last_week,
        shares: [28.0, 41.0],
        crowd: 0.6,
    };
    let hidden = Past { slug: "encerrado-sem-resultado", title: "Quem volta?", visibility: "production", ..closed };
    let open = Past {
        slug: "final",
        title: "Quem deve sair?",
        visibility: "always",
        opens_at: now - open_for,
        closes_at: now + 160.minutes(),
        shares: [46.0, 33.0],
        crowd: 1.0,
    };
    Ok([closed, hidden, open])
}

/// Makes a paredão that is open for long already, or was; its participants.
async fn make(system: &System, past: &Past) -> Result<Vec<i64>> {
    let mut form = Form::new().text("slug", past.slug).text("title", past.title).text("visibility", past.visibility);
    for (name, photo) in PEOPLE {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../xtask/demo").join(photo);
        let photo = Part::bytes(fs::read(path)?).file_name(photo).mime_str("image/png")?;
        form = form.text("participant", name).part("photo", photo);
    }
    let url = format!("{}/api/v1/paredoes", system.production.url);
    let made = Client::new().post(url).bearer_auth(&system.production.token).multipart(form).send().await?;
    ensure!(made.status() == StatusCode::CREATED, "{} can't be made", past.slug);
    let made: Value = made.json().await?;
    sqlx::query("UPDATE paredao SET opens_at = to_timestamp($2), closes_at = to_timestamp($3) WHERE slug = $1")
        .bind(past.slug)
        .bind(past.opens_at.as_second())
        .bind(past.closes_at.as_second())
        .execute(&system.database.pool)
        .await?;
    Ok(made["participants"].as_array().into_iter().flatten().filter_map(|p| p["id"].as_i64()).collect())
}

async fn import(system: &System, past: &Past, ids: &[i64]) -> Result<()> {
    let order = json!({"paredao": past.slug, "what": "screenshots"});
    let import = system.production.post_json("/api/v1/imports", &order).await.body["id"].to_string();
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("votes.jsonl");
    fs::write(&file, lines(past, ids)?)?;
    ensure!(system.import(&file, &import).await?, "not all of {}'s votes count", past.slug);
    Ok(())
}

/// The votes of each minute: many after the opening, fewer while people sleep, and the most at the end.
fn lines(past: &Past, ids: &[i64]) -> Result<String> {
    let mut lines = String::new();
    for minute in 0..MINUTES {
        let at = past.opens_at + minute.minutes();
        let minute = f64::from(minute);
        let bell = |middle: f64, width: f64| (-((minute - middle) / width).powi(2)).exp();
        let ripple = 1.0 + 0.12 * (minute * 0.7).sin() * (minute * 0.13).cos();
        let votes = past.crowd
            * ripple
            * (30.0 + 190.0 * bell(90.0, 140.0) + 90.0 * bell(1000.0, 220.0) + 420.0 * bell(1540.0, 110.0));
        let drift = 4.0 * (TAU * minute / 900.0).sin();
        let [first, second] = past.shares;
        for (id, share) in ids.iter().zip([first + drift, second - drift, 100.0 - first - second]) {
            let mut left = votes * share / 100.0;
            while left >= 1.0 {
                left -= 1.0;
                writeln!(lines, r#"{{"participant":{id},"at":"{at}"}}"#)?;
            }
        }
    }
    Ok(lines)
}
