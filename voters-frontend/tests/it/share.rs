//! What others see of a paredão whose link is shared: tags in its page, and a picture.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};
use reqwest::StatusCode;
use reqwest::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use serde_json::Value;
use sqlx::PgPool;
use test_support::eventually;
use voting_commons::UnixMillis;

use crate::support::{Answer, SLUG, Service, close_at};
use crate::visibility::{guard, guarded_by};

const PAGE: &str = "/paredoes/paredao-1";
const PICTURE: &str = "/paredoes/paredao-1/compartilhar.jpg";

/// The head of the page at `path`.
async fn head(service: &Service, path: &str) -> String {
    let page = service.get(path).await.text().await.unwrap();
    page.split_once("</head>").unwrap().0.to_owned()
}

/// What the tag `name` of `head` says.
fn tag<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = head.split_once(&format!(r#"="{name}" content=""#))?;
    Some(rest.split_once('"').unwrap().0)
}

/// The Portuguese picture's bytes.
async fn picture(service: &Service) -> Vec<u8> {
    picture_at(service, PICTURE).await
}

async fn picture_at(service: &Service, path: &str) -> Vec<u8> {
    let answer = service.get(path).await;
    assert_eq!((answer.status(), &answer.headers()[CONTENT_TYPE]), (StatusCode::OK, &"image/jpeg".parse().unwrap()));
    assert_eq!(answer.headers()["cross-origin-resource-policy"], "cross-origin", "others show it in pages of theirs");
    answer.bytes().await.unwrap().to_vec()
}

/// Gives Ana so many hundredths and Bia the rest, and waits until `service` knows: another paredão's name tells.
async fn count(service: &Service, pool: &PgPool, hundredths: i16) {
    let mut change = pool.begin().await.unwrap();
    sqlx::query("UPDATE panorama SET revision = revision + 1").execute(&mut *change).await.unwrap();
    sqlx::query("UPDATE panorama_share SET hundredths = CASE participant WHEN 1 THEN $1 ELSE 10000 - $1 END WHERE participant < 3")
        .bind(hundredths)
        .execute(&mut *change)
        .await
        .unwrap();
    let name = format!("Ana tem {hundredths}");
    sqlx::query("UPDATE paredao SET title = $1 WHERE slug = 'closed'").bind(&name).execute(&mut *change).await.unwrap();
    change.commit().await.unwrap();
    until_listed(service, "title", &name).await;
}

/// Waits until some paredão's `field` is known to be `value`.
async fn until_listed(service: &Service, field: &str, value: &str) {
    eventually("it is known", async || {
        let paredoes: Value = service.get("/api/v1/paredoes").await.json().await.unwrap();
        paredoes.as_array()?.iter().find(|paredao| paredao[field] == value).map(|_| ())
    })
    .await;
}

#[tokio::test]
async fn the_tags_say_what_it_is_and_where_it_stands() {
    let (service, _database) = guarded_by("always").await;
    let open = head(&service, PAGE).await;
    for (name, content) in [
        ("og:title", "Paredão um"),
        ("og:type", "website"),
        ("og:locale", "pt_BR"),
        ("og:locale:alternate", "en_US"),
        ("og:description", "A votação está aberta: vote quantas vezes quiser. No paredão: Ana, Bia, Caio."),
        ("og:url", "https://votacao.example/paredoes/paredao-1"),
        ("og:image:width", "1200"),
        ("og:image:height", "630"),
        ("og:image:alt", "Paredão um · No paredão: Ana, Bia, Caio. Vote agora."),
        ("twitter:card", "summary_large_image"),
    ] {
        assert_eq!(tag(&open, name), Some(content), "{open}");
    }
    assert!(open.contains(r#"<link rel="canonical" href="https://votacao.example/paredoes/paredao-1">"#), "{open}");
    let address = tag(&open, "og:image").unwrap();
    assert!(address.starts_with(&format!("https://votacao.example{PICTURE}?v=")), "{address}");
    assert!(!open.contains("43,21") && !open.contains("43.21"), "numbers would be old when they are read: {open}");

    let about = async |slug: &str| {
        tag(&head(&service, &format!("/paredoes/{slug}")).await, "og:description").unwrap().to_owned()
    };
    assert!(about("scheduled").await.starts_with("A votação abre em "), "{}", about("scheduled").await);
    assert_eq!(about("closed").await, "A votação terminou. No paredão: Edu.");
}

#[tokio::test]
async fn each_language_has_its_own_tags_and_picture() {
    let (service, _database) = guarded_by("always").await;
    let english = head(&service, &format!("/en{PAGE}")).await;
    for (name, content) in [
        ("og:title", "Paredão um"),
        ("og:locale", "en_US"),
        ("og:locale:alternate", "pt_BR"),
        ("og:description", "Voting is open: vote as often as you like. In the paredão: Ana, Bia, Caio."),
        ("og:url", "https://votacao.example/en/paredoes/paredao-1"),
        ("og:image:alt", "Paredão um · In the paredão: Ana, Bia, Caio. Vote now."),
    ] {
        assert_eq!(tag(&english, name), Some(content), "{english}");
    }
    assert!(english.contains(r#"<link rel="canonical" href="https://votacao.example/en/paredoes/paredao-1">"#));
    let address = tag(&english, "og:image").unwrap();
    assert!(address.starts_with(&format!("https://votacao.example/en{PICTURE}?v=")), "{address}");
    let scheduled = head(&service, "/en/paredoes/scheduled").await;
    assert!(tag(&scheduled, "og:description").unwrap().starts_with("Voting opens "), "{scheduled}");

    let (here, there) = (picture(&service).await, picture_at(&service, &format!("/en{PICTURE}")).await);
    assert!(here != there, "each says it in its own words");
    assert!(picture(&service).await == here, "and neither stands for the other");
}

#[tokio::test]
async fn no_address_is_guessed_from_a_request() {
    let (service, _database) = Service::fresh_with(|options| options.public_url = None).await;
    let request = service.client.get(format!("{}{PAGE}", service.url));
    let page = request.header("host", "evil.example").header("x-forwarded-host", "evil.example");
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(!page.contains("evil.example"), "{page}");
    assert_eq!(tag(&page, "og:title"), Some("Paredão um"));
    for absolute in ["og:url", "og:image", "canonical", "wa.me"] {
        assert!(!page.contains(absolute), "{absolute} in {page}");
    }
    assert!(page.contains(r#"hreflang="en" href="/en/paredoes/paredao-1""#), "{page}");
    assert!(page.contains(r#"data-address="/paredoes/paredao-1""#), "a script knows the rest: {page}");
}

#[tokio::test]
async fn whoever_has_no_script_shares_by_a_link() {
    let (service, _database) = Service::fresh().await;
    let page = service.get(&format!("/paredoes/{SLUG}")).await.text().await.unwrap();
    let link = "https://wa.me/?text=Vote%20voc%C3%AA%20tamb%C3%A9m%21%20Pared%C3%A3o%20um%20https%3A%2F%2Fvotacao.example%2Fparedoes%2Fparedao-1";
    assert!(page.contains(link), "{page}");
}

#[tokio::test]
async fn the_picture_is_a_jpeg_of_the_size_that_the_tags_say() {
    let (service, _database) = Service::fresh().await;
    let drawn = image::load_from_memory_with_format(&picture(&service).await, ImageFormat::Jpeg).unwrap();
    assert_eq!((drawn.width(), drawn.height()), (1200, 630));
    for unknown in ["nowhere", "draft"] {
        let answer = Answer::read(service.get(&format!("/paredoes/{unknown}/compartilhar.jpg")).await).await;
        answer.assert_problem(404, "paredao-unknown");
    }
}

#[tokio::test]
async fn it_shows_numbers_only_while_everybody_may_see_them() {
    let (service, database) = guarded_by("after_closing").await;
    let without = picture(&service).await;
    count(&service, &database.pool, 9_999).await;
    assert!(picture(&service).await == without, "hidden numbers change nothing");
    let hidden = head(&service, PAGE).await;
    for visibility in ["after_voting", "production"] {
        guard(&service, &database.pool, SLUG, visibility).await;
        assert!(picture(&service).await == without, "{visibility}");
        assert_eq!(tag(&head(&service, PAGE).await, "og:image"), tag(&hidden, "og:image"));
    }

    guard(&service, &database.pool, SLUG, "always").await;
    let with = picture(&service).await;
    assert!(with != without, "they are shown at once");
    assert_ne!(tag(&head(&service, PAGE).await, "og:image"), tag(&hidden, "og:image"), "under a new address");
    count(&service, &database.pool, 1).await;
    eventually("the later numbers", async || (picture(&service).await != with).then_some(())).await;

    guard(&service, &database.pool, SLUG, "production").await;
    assert!(picture(&service).await == without, "they are gone at once");
    let now = UnixMillis::from(jiff::Timestamp::now());
    close_at(&service, &database.pool, now.minute().unwrap().timestamp()).await;
    let closed = picture(&service).await;
    assert!(closed != without, "it says that it has closed");
    count(&service, &database.pool, 5_000).await;
    assert!(picture(&service).await == closed, "and nothing else");
    guard(&service, &database.pool, SLUG, "after_closing").await;
    assert!(picture(&service).await != closed);
}

#[tokio::test]
async fn it_may_be_kept_for_a_moment_and_asked_for_by_any_version() {
    let (service, database) = guarded_by("production").await;
    let first = service.get(PICTURE).await;
    assert_eq!(first.headers()[CACHE_CONTROL], "public, max-age=10");
    let tag = first.headers()[ETAG].to_str().unwrap().to_owned();
    let again = async |path: &str| {
        let request = service.client.get(format!("{}{path}", service.url)).header(IF_NONE_MATCH, &tag);
        request.send().await.unwrap()
    };
    let same = again(&format!("{PICTURE}?v=older")).await;
    assert_eq!((same.status(), &same.headers()[ETAG]), (StatusCode::NOT_MODIFIED, &tag.parse().unwrap()));
    assert!(same.bytes().await.unwrap().is_empty());
    sqlx::query("UPDATE paredao SET title = 'Outro nome' WHERE slug = $1")
        .bind(SLUG)
        .execute(&database.pool)
        .await
        .unwrap();
    until_listed(&service, "title", "Outro nome").await;
    let other = again(&format!("{PICTURE}?v=older")).await;
    assert_eq!(other.status(), StatusCode::OK, "an old address shows what is there now");
    assert_ne!(other.headers()[ETAG].to_str().unwrap(), tag);
}

#[tokio::test]
async fn it_shows_the_participants_photos() {
    let (service, database) = Service::fresh().await;
    // Ana's isn't really a picture: she has her initial, like Bia.
    let without = picture(&service).await;
    let mut photo = Cursor::new(vec![]);
    RgbImage::from_pixel(64, 64, Rgb([0, 255, 0])).write_to(&mut photo, ImageFormat::Png).unwrap();
    sqlx::query("INSERT INTO photo VALUES (repeat('cd', 32), 'image/png', $1)")
        .bind(photo.into_inner())
        .execute(&database.pool)
        .await
        .unwrap();
    let bia = "UPDATE participant SET photo = repeat('cd', 32) WHERE name = 'Bia'";
    sqlx::query(bia).execute(&database.pool).await.unwrap();
    eventually("her photo", async || (picture(&service).await != without).then_some(())).await;
    let drawn = image::load_from_memory(&picture(&service).await).unwrap().to_rgb8();
    let green = drawn.pixels().filter(|Rgb([red, green, blue])| *green > 240 && *red < 20 && *blue < 20).count();
    assert!(green > 40_000, "{green} pixels of it");
}
