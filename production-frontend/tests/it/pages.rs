//! The pages without scripts, as a browser's forms use them.

use reqwest::multipart::Form;
use reqwest::{Client, StatusCode};

use crate::support::{Service, photo, png};

async fn page(browser: &Client, service: &Service, path: &str) -> String {
    let response = browser.get(format!("{}{path}", service.url)).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(!policy.contains("unsafe"), "{policy}");
    let html = response.text().await.unwrap();
    for inline in ["<style", " style=", "<script>", " onclick=", "http://", "https://"] {
        assert!(!html.contains(inline), "{inline} is in {path}");
    }
    html
}

#[tokio::test]
async fn a_paredao_is_made_opened_followed_and_closed() {
    let service = Service::start().await;
    let browser = service.browser().await;
    assert!(page(&browser, &service, "/paredoes").await.contains("Ainda não há paredões"));
    page(&browser, &service, "/novo").await;

    // As a browser sends the form: rows left empty, files not chosen.
    let none =
        || reqwest::multipart::Part::bytes(Vec::new()).file_name("").mime_str("application/octet-stream").unwrap();
    let form = Form::new()
        .text("title", "Quem <sai>?")
        .text("slug", "final")
        .text("opens_at", "")
        .text("closes_at", "")
        .text("participant", "Ana")
        .part("photo", photo(png(20, 20)))
        .text("participant", "Bruno")
        .part("photo", none())
        .text("participant", "")
        .part("photo", none());
    let created = browser.post(format!("{}/paredoes", service.url)).multipart(form).send().await.unwrap();
    assert_eq!(created.headers()["location"], "/paredoes/final");

    let draft = page(&browser, &service, "/paredoes/final").await;
    assert!(draft.contains("rascunho") && draft.contains("Abrir agora") && !draft.contains("Encerrar agora"));
    assert!(draft.contains("Quem &#60;sai&#62;?"));
    let opened = browser.post(format!("{}/paredoes/final/abrir", service.url)).send().await.unwrap();
    assert_eq!(opened.status(), StatusCode::SEE_OTHER);

    let ids: Vec<i32> = sqlx::query_scalar("SELECT id FROM participant ORDER BY position")
        .fetch_all(&service.database.pool)
        .await
        .unwrap();
    service.vote(1, "2026-05-10T12:00:00Z", ids[0], 1000).await;
    service.vote(1, "2026-05-10T13:00:00Z", ids[1], 3000).await;
    let open = page(&browser, &service, "/paredoes/final").await;
    for shown in ["4.000", "25,00 %", "75,00 %", "10/05 09h", "10/05 10h", "Encerrar agora"] {
        assert!(open.contains(shown), "{shown} isn't on the page");
    }
    let closed = browser.post(format!("{}/paredoes/final/encerrar", service.url)).send().await.unwrap();
    assert_eq!(closed.status(), StatusCode::SEE_OTHER);
    assert!(page(&browser, &service, "/paredoes/final").await.contains("encerra em"));
}

#[tokio::test]
async fn a_form_with_a_mistake_comes_back_with_what_was_typed() {
    let service = Service::start().await;
    let browser = service.browser().await;
    let form = Form::new().text("title", "Título guardado").text("slug", "Errado").text("participant", "Ana");
    let response = browser.post(format!("{}/paredoes", service.url)).multipart(form).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let html = response.text().await.unwrap();
    assert!(html.contains("Título guardado") && html.contains("role=\"alert\"") && html.contains("value=\"Ana\""));
}

#[tokio::test]
async fn what_is_not_there_is_said_on_a_page() {
    let service = Service::start().await;
    let browser = service.browser().await;
    for path in ["/nada", "/paredoes/nada"] {
        let response = browser.get(format!("{}{path}", service.url)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert!(response.text().await.unwrap().starts_with("<!doctype html>"));
    }
}

#[tokio::test]
async fn assets_and_the_apis_description_are_served_from_here() {
    let service = Service::start().await;
    for path in ["/assets/app.css", "/assets/dashboard.js", "/assets/new.js", "/assets/icon.svg", "/api/docs/"] {
        let response = reqwest::get(format!("{}{path}", service.url)).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
    }
    let description = service.get("/api/openapi.json").await;
    for path in ["/api/v1/paredoes", "/api/v1/paredoes/{slug}/close", "/api/v1/paredoes/{slug}/totals"] {
        assert!(description["paths"][path].is_object(), "{path}");
    }
}
