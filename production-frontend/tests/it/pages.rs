//! The pages without scripts, as a browser's forms use them.

use reqwest::multipart::{Form, Part};
use reqwest::{Client, Method, StatusCode};

use crate::support::{Service, photo, png};

#[tokio::test]
async fn the_menu_says_which_page_this_is() {
    let service = Service::start().await;
    let browser = service.browser().await;
    for path in ["/paredoes", "/contagem", "/separados", "/conferencia", "/registro", "/usuarios"] {
        let html = page(&browser, &service, path).await;
        let (_, menu) = html.split_once("<nav").unwrap();
        let (menu, _) = menu.split_once("</nav>").unwrap();
        assert!(menu.contains(&format!("href=\"{path}\" aria-current=\"page\"")), "{path}: {menu}");
        assert_eq!(menu.matches("aria-current").count(), 1, "{path}");
    }
}

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
    let new = page(&browser, &service, "/novo").await;
    // All of them can be typed in without a script.
    assert_eq!(new.matches("name=\"participant\"").count(), 20);
    assert!(new.contains("<a href=\"/paredoes\" aria-current=\"true\">"), "{new}");

    // As a browser sends the form: rows left empty, files not chosen.
    let none =
        || reqwest::multipart::Part::bytes(Vec::new()).file_name("").mime_str("application/octet-stream").unwrap();
    let form = Form::new()
        .text("title", "Quem <sai>?")
        .text("slug", "final")
        .text("opens_at", "")
        .text("closes_at", "")
        .text("visibility", "after_closing")
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
    assert!(draft.contains("O público vê as porcentagens: depois do encerramento."));
    let opened = browser.post(format!("{}/paredoes/final/abrir", service.url)).send().await.unwrap();
    assert_eq!(opened.status(), StatusCode::SEE_OTHER);

    let ids: Vec<i32> = sqlx::query_scalar("SELECT id FROM participant ORDER BY position")
        .fetch_all(&service.database.pool)
        .await
        .unwrap();
    service.vote(1, "2026-05-10T12:00:00Z", ids[0], 1000).await;
    service.vote(1, "2026-05-10T13:00:00Z", ids[1], 3000).await;
    let open = page(&browser, &service, "/paredoes/final").await;
    for shown in ["4.000", "25,00\u{a0}%", "75,00\u{a0}%", "10/05 09h", "10/05 10h", "Encerrar agora"] {
        assert!(open.contains(shown), "{shown} isn't on the page");
    }
    let closed = browser.post(format!("{}/paredoes/final/encerrar", service.url)).send().await.unwrap();
    assert_eq!(closed.status(), StatusCode::SEE_OTHER);
    assert!(page(&browser, &service, "/paredoes/final").await.contains("encerra em"));
}

/// What stands in the element with this id.
fn said<'a>(html: &'a str, id: &str) -> &'a str {
    let (_, rest) = html.split_once(&format!("id=\"{id}\">")).unwrap_or_else(|| panic!("no {id} in {html}"));
    rest.split_once("</").unwrap().0.trim()
}

#[tokio::test]
async fn a_form_with_mistakes_comes_back_with_each_beside_its_field() {
    let service = Service::start().await;
    let browser = service.browser().await;
    let send = async |form: Form| {
        let response = browser.post(format!("{}/paredoes", service.url)).multipart(form).send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    };
    let form = Form::new()
        .text("title", "Título <guardado>")
        .text("slug", "Errado")
        .text("opens_at", "2020-01-01T00:00")
        .text("visibility", "after_closing")
        .text("participant", "Ana")
        .text("participant", "ana");
    let (status, html) = send(form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    for kept in
        ["Título &#60;guardado&#62;", "value=\"Errado\"", "value=\"Ana\"", "<option value=\"after_closing\" selected>"]
    {
        assert!(html.contains(kept), "{kept} isn't on the page");
    }
    assert!(html.contains("role=\"alert\"") && html.contains("há 3 campos a corrigir"), "{html}");
    assert!(said(&html, "slug-erro").starts_with("O endereço deve ter"));
    assert!(said(&html, "opens_at-erro").starts_with("A abertura já passou"));
    assert_eq!(said(&html, "participant-1-erro"), "O nome ana aparece duas vezes.");
    for right in ["title-erro", "closes_at-erro", "participant-0-erro", "participants-erro"] {
        assert_eq!(said(&html, right), "", "{right}");
    }
    assert_eq!(html.matches("aria-invalid").count(), 3);

    let with_photo = |slug: &str| {
        let form = Form::new().text("title", "Final").text("slug", slug.to_owned()).text("participant", "Ana");
        let broken = Part::bytes(b"GIF".to_vec()).file_name("a.png").mime_str("image/png").unwrap();
        form.part("photo", photo(png(20, 20))).text("participant", "Bia").part("photo", broken)
    };
    let (status, html) = send(with_photo("final")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(said(&html, "photo-1-erro"), "A foto não é um JPEG, PNG ou WebP inteiro.");
    assert_eq!(said(&html, "photo-0-erro"), "");

    service.create(crate::support::form("final")).await;
    let taken = crate::support::form("final");
    let (status, html) = send(taken).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(said(&html, "slug-erro"), "Já existe um paredão com este endereço.");
    // The API says the same in one sentence.
    let wrong =
        Form::new().text("slug", "Errado").text("title", "").text("participant", "Ana").text("participant", "Bia");
    let problem: serde_json::Value = service.create(wrong).await.json().await.unwrap();
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("O título deve ter") && detail.contains("O endereço deve ter"), "{detail}");
}

#[tokio::test]
async fn what_goes_wrong_on_a_page_is_said_on_a_page() {
    let service = Service::start().await;
    let browser = service.browser().await;
    let at = |method: Method, path: &str| browser.request(method, format!("{}{path}", service.url));
    let not_text = Form::new().part("title", Part::bytes(b"\xff".to_vec()));
    let refused = [
        (at(Method::GET, "/nada"), StatusCode::NOT_FOUND),
        (at(Method::GET, "/apis"), StatusCode::NOT_FOUND),
        (at(Method::GET, "/%ff"), StatusCode::NOT_FOUND),
        (at(Method::GET, "/paredoes/nada"), StatusCode::NOT_FOUND),
        (at(Method::GET, "/paredoes/%ff"), StatusCode::NOT_FOUND),
        (at(Method::GET, "/paredoes/%00"), StatusCode::NOT_FOUND),
        (at(Method::POST, "/paredoes/%00/abrir"), StatusCode::NOT_FOUND),
        (at(Method::DELETE, "/paredoes"), StatusCode::METHOD_NOT_ALLOWED),
        (at(Method::POST, "/sair").header("sec-fetch-site", "cross-site"), StatusCode::FORBIDDEN),
        (at(Method::POST, "/paredoes").multipart(not_text), StatusCode::BAD_REQUEST),
        (at(Method::POST, "/entrar").json(&"{}"), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (at(Method::POST, "/idioma").json(&"{}"), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (at(Method::POST, "/contagem/pausar").json(&"{}"), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (at(Method::POST, "/separados/simular").json(&"{}"), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (at(Method::POST, "/paredoes/nada/remarcar").json(&"{}"), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (at(Method::POST, "/paredoes/nada/publicar").json(&"{}"), StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ];
    for (request, status) in refused {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{}", response.url());
        assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8", "{}", response.url());
        assert!(response.headers().contains_key("content-security-policy"));
        assert!(response.text().await.unwrap().starts_with("<!doctype html>"));
    }
    let allowed = at(Method::DELETE, "/paredoes").send().await.unwrap();
    assert!(allowed.headers()["allow"].to_str().unwrap().contains("POST"));
}

#[tokio::test]
async fn whoever_is_refused_is_led_back_to_where_they_came_from() {
    let service = Service::start().await;
    let browser = service.browser().await;
    let refused = async |referer: &str| {
        let request =
            browser.post(format!("{}/paredoes/nada/publicar", service.url)).json(&"{}").header("referer", referer);
        request.send().await.unwrap().text().await.unwrap()
    };
    let page = refused(&format!("{}/paredoes/final?granularity=hour", service.url)).await;
    assert!(page.contains("href=\"/paredoes/final?granularity=hour\">Voltar<"), "{page}");
    let elsewhere = [
        "https://example.org/paredoes/final".to_owned(),
        format!("{}//example.org", service.url),
        format!("{}/\\example.org", service.url),
        "?".to_owned(),
    ];
    for referer in elsewhere {
        let page = refused(&referer).await;
        assert!(page.contains("href=\"/paredoes\">Voltar aos paredões<"), "{referer}: {page}");
    }
}

#[tokio::test]
async fn assets_and_the_apis_description_are_served_from_here() {
    let service = Service::start().await;
    for path in [
        "/assets/app.css",
        "/assets/live.js",
        "/assets/dashboard.js",
        "/assets/vendor/uplot/uPlot.js",
        "/assets/vendor/uplot/uPlot.css",
        "/assets/new.js",
        "/assets/new.css",
        "/assets/crop.js",
        "/assets/feed.js",
        "/assets/notice.js",
        "/assets/operations.css",
        "/assets/pipeline.js",
        "/assets/lifecycle.css",
        "/assets/dashboard.css",
        "/assets/icon.svg",
        "/api/docs/",
    ] {
        let response = reqwest::get(format!("{}{path}", service.url)).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
    }
    let description = service.get("/api/openapi.json").await;
    let refusals = [
        ("get", "/api/v1/paredoes", vec!["401", "503"]),
        ("post", "/api/v1/paredoes", vec!["400", "401", "403", "409", "413", "415", "422", "503"]),
        ("post", "/api/v1/paredoes/{slug}/open", vec!["401", "403", "404", "409", "503"]),
        ("post", "/api/v1/paredoes/{slug}/close", vec!["401", "403", "404", "409", "503"]),
        ("get", "/api/v1/paredoes/{slug}/totals", vec!["400", "401", "404", "422", "503"]),
        ("get", "/api/v1/paredoes/{slug}/standing", vec!["401", "404", "503"]),
        ("get", "/api/v1/paredoes/{slug}/live", vec!["400", "401", "404", "503"]),
        (
            "post",
            "/api/v1/paredoes/{slug}/reschedule",
            vec!["400", "401", "403", "404", "409", "413", "415", "422", "503"],
        ),
        ("get", "/api/v1/paredoes/{slug}/finality", vec!["401", "404", "503"]),
        ("post", "/api/v1/paredoes/{slug}/publication/propose", vec!["401", "403", "404", "409", "503"]),
    ];
    for (method, path, mut statuses) in refusals {
        // What any request may meet on its way in.
        statuses.extend(["408", "429"]);
        statuses.sort_unstable();
        let responses = description["paths"][path][method]["responses"].as_object().unwrap();
        let refused: Vec<_> = responses.keys().filter(|status| status.as_str() >= "400").collect();
        assert_eq!(refused, statuses, "{path}");
        for status in statuses {
            let schema = &responses[status]["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(schema, "#/components/schemas/Problem", "{path}: {status}");
        }
    }
    assert!(description["components"]["schemas"]["Problem"].is_object());
    let swagger = reqwest::get(format!("{}/api/docs/swagger-initializer.js", service.url)).await.unwrap();
    assert!(swagger.text().await.unwrap().contains(r#""validatorUrl": "none""#), "it is sent to no other site");
}
