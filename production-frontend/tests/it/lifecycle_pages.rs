//! The life of a paredão on pages without scripts.

use production_frontend::{Role, commands};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Response, StatusCode};

use crate::finality::settle;
use crate::support::{PASSWORD, RESULT_KEY_ID, Service, USER, browser, photo, png, sign_in};

async fn page(browser: &Client, service: &Service, path: &str) -> String {
    let response = browser.get(format!("{}{path}", service.url)).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    let html = response.text().await.unwrap();
    for inline in ["<style", " style=", "<script>", " onclick="] {
        assert!(!html.contains(inline), "{inline} is in {path}");
    }
    html
}

async fn press(browser: &Client, service: &Service, button: &str, fields: &[(&str, &str)]) -> Response {
    browser.post(format!("{}/paredoes/final/{button}", service.url)).form(fields).send().await.unwrap()
}

fn assert_shown(html: &str, texts: &[&str]) {
    for text in texts {
        assert!(html.contains(text), "{text} isn't on the page");
    }
}

/// Somebody of the production team who has signed in.
async fn person(service: &Service, name: &str, role: Role) -> Client {
    commands::add_user(&service.database.as_service("production-frontend"), "test", name, Some(role), PASSWORD)
        .await
        .unwrap();
    let browser = browser();
    assert_eq!(sign_in(&browser, &service.url, name, PASSWORD).await.status(), StatusCode::SEE_OTHER);
    browser
}

async fn set(service: &Service, sql: &'static str) {
    sqlx::raw_sql(sql).execute(&service.database.pool).await.unwrap();
}

#[tokio::test]
async fn a_draft_is_edited_scheduled_taken_back_and_deleted() {
    let service = Service::start().await;
    let browser = service.browser().await;
    let made = crate::support::form("final").part("photo", photo(png(20, 20)));
    service.create(made).await;
    let form = page(&browser, &service, "/paredoes/final/editar").await;
    assert_shown(
        &form,
        &[
            "value=\"Ana\"",
            "value=\"Bruno\"",
            "name=\"photo_kept\"",
            "Trocar a foto",
            "Quem sai?",
            "id=\"recorte\"",
            "/assets/new.js",
        ],
    );
    assert_eq!(form.matches("name=\"participant\"").count(), 20);
    let hidden = |name: &str| {
        let value = form.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
        value.split('"').next().unwrap().to_owned()
    };
    let (hash, revision) = (hidden("photo_kept"), hidden("revision"));

    // As a browser sends it: files not chosen, rows left empty.
    let none = || Part::bytes(Vec::new()).file_name("").mime_str("application/octet-stream").unwrap();
    let edit = |opens_at: &str| {
        let sent = Form::new().text("title", "Quem fica?").text("opens_at", opens_at.to_owned()).text("closes_at", "");
        let sent = sent.text("revision", revision.clone());
        let sent =
            sent.text("visibility", "always").text("shards", "1").text("participant", "Ana").part("photo", none());
        let sent = sent.text("participant", "Bruno").text("photo_kept", hash.clone()).part("photo", none());
        let sent = sent.text("participant", "").part("photo", none());
        browser.post(format!("{}/paredoes/final/editar", service.url)).multipart(sent).send()
    };
    let refused = edit("2020-01-01T00:00").await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_shown(&refused.text().await.unwrap(), &["role=\"alert\"", "Quem fica?", "A abertura já passou"]);
    assert_eq!(edit("2090-01-01T00:00").await.unwrap().headers()["location"], "/paredoes/final");
    let outdated = edit("2090-01-02T00:00").await.unwrap();
    assert_eq!(outdated.status(), StatusCode::CONFLICT);
    assert!(outdated.text().await.unwrap().contains("nada foi salvo"));

    let scheduled = page(&browser, &service, "/paredoes/final").await;
    assert_shown(&scheduled, &["Quem fica?", "agendado", "Cancelar a abertura", "volta a ser rascunho", &hash]);
    assert!(!scheduled.contains("Apagar"));
    assert_eq!(press(&browser, &service, "desmarcar", &[]).await.status(), StatusCode::SEE_OTHER);
    let draft = page(&browser, &service, "/paredoes/final").await;
    assert_shown(&draft, &["rascunho", "Não dá para desfazer"]);
    assert_eq!(press(&browser, &service, "apagar", &[]).await.headers()["location"], "/paredoes");
    assert!(page(&browser, &service, "/paredoes").await.contains("Ainda não há paredões"));
}

#[tokio::test]
async fn each_button_says_what_it_brings_about() {
    let service = Service::start().await;
    let browser = service.browser().await;
    service.open_paredao("final", None).await;
    let open = page(&browser, &service, "/paredoes/final").await;
    assert_shown(&open, &["ninguém recebe cédula", "Não dá para reabrir", "Mudar o encerramento"]);
    let until = open.split("Votos com cédula emitida até ").nth(1).unwrap();
    assert_eq!(&until[5..8], ":59", "{until}");

    assert_eq!(
        press(&browser, &service, "remarcar", &[("closes_at", "2090-01-01T00:00")]).await.status(),
        StatusCode::SEE_OTHER
    );
    let moved = page(&browser, &service, "/paredoes/final").await;
    assert_shown(&moved, &["Encerra em 01/01/2090 às 00:00: contam os votos com cédula emitida até 23:59:59."]);
    let past = press(&browser, &service, "remarcar", &[("closes_at", "2020-01-01T00:00")]).await;
    assert_eq!(past.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let late = browser.get(format!("{}/paredoes/final/editar", service.url)).send().await.unwrap();
    assert_eq!(late.status(), StatusCode::CONFLICT);
    assert!(late.text().await.unwrap().contains("já abriu"));
}

#[tokio::test]
async fn the_way_to_a_final_count_is_shown() {
    let service = Service::start().await;
    let browser = service.browser().await;
    service.open_paredao("final", Some("2026-05-10T12:00:00Z")).await;
    let shown = async || page(&browser, &service, "/paredoes/final").await;
    assert_shown(&shown().await, &["ainda não é final", "emitida até 08:59:59", "Nenhum registrador contou ainda"]);
    settle(&service).await;
    set(&service, "UPDATE register_status SET high_offset = 1012 WHERE partition = 1").await;
    assert_shown(&shown().await, &["Falta 1 partição", "A partição 1 tem 1.007 registros por contar."]);
    settle(&service).await;
    set(&service, "UPDATE reconciliation SET state = 'red'").await;
    assert_shown(&shown().await, &["A conferência achou uma diferença."]);
    settle(&service).await;
    assert_shown(&shown().await, &["<h2 id=\"final\">Contagem final</h2>", "Propor a publicação"]);
    set(&service, "UPDATE paredao SET closes_at = date_trunc('minute', now())").await;
    assert_shown(&shown().await, &["Cédulas emitidas antes do encerramento podem chegar até"]);
}

#[tokio::test]
async fn two_directors_publish_and_the_result_is_printed() {
    let service = Service::start().await;
    let (paredao, ids) = service.open_paredao("final", Some("2026-05-10T12:00:00Z")).await;
    service.vote(paredao, "2026-05-10T11:58:00Z", ids[0], 5000).await;
    service.vote(paredao, "2026-05-10T11:59:00Z", ids[1], 7).await;
    settle(&service).await;
    let first = service.browser().await;
    let second = person(&service, "segunda", Role::Director).await;
    let viewer = person(&service, "leitora", Role::Viewer).await;

    assert_eq!(press(&first, &service, "propor", &[]).await.status(), StatusCode::SEE_OTHER);
    let own = page(&first, &service, "/paredoes/final").await;
    assert_shown(&own, &["Espera a confirmação de outra pessoa", "Retirar a proposta", "5.007", "99,86"]);
    assert!(!own.contains("Confirmar e publicar"));
    let looks = page(&viewer, &service, "/paredoes/final").await;
    assert_shown(&looks, &["Publicar é com a direção"]);
    assert!(!looks.contains("Retirar a proposta") && !looks.contains("Editar"));

    let waiting = page(&second, &service, "/paredoes/final").await;
    assert_shown(&waiting, &["producao propôs publicar", "Confirmar e publicar", "não muda nunca mais"]);
    let hash = waiting.split("name=\"counted_sha256\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    set(&service, "UPDATE bucket SET votes = 8 WHERE votes = 7").await;
    let changed = press(&second, &service, "publicar", &[("counted_sha256", hash)]).await;
    assert_eq!(changed.status(), StatusCode::CONFLICT);
    assert!(changed.text().await.unwrap().contains("Os números mudaram desde a proposta"));
    set(&service, "UPDATE bucket SET votes = 7 WHERE votes = 8").await;
    let published = press(&second, &service, "publicar", &[("counted_sha256", hash)]).await;
    assert_eq!(published.status(), StatusCode::SEE_OTHER);

    let html = page(&viewer, &service, "/paredoes/final").await;
    assert_shown(
        &html,
        &["publicado", "Resultado publicado", "confirmado e publicado por segunda", "resultado.json.sig"],
    );
    assert!(page(&viewer, &service, "/paredoes").await.contains("badge publicado"));
    let printed = page(&viewer, &service, "/paredoes/final/resultado").await;
    assert_shown(&printed, &["Resultado oficial", "5.007", "99,86", hash, RESULT_KEY_ID, USER, "votes/1: 5"]);
    let english = viewer.get(format!("{}/paredoes/final/resultado", service.url)).header("accept-language", "en");
    assert_shown(&english.send().await.unwrap().text().await.unwrap(), &["Official result", "5,007", "99.86%"]);
    for (file, content_type) in
        [("resultado.json", "application/json"), ("resultado.csv", "text/csv; charset=utf-8; header=present")]
    {
        let response = viewer.get(format!("{}/paredoes/final/{file}", service.url)).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], content_type);
        assert!(response.headers()["content-disposition"].to_str().unwrap().contains("final-resultado."));
    }
    let stranger = crate::support::browser().get(format!("{}/paredoes/final/resultado.json", service.url));
    assert_eq!(stranger.send().await.unwrap().headers()["location"], "/entrar");
}
