//! In which language one is answered.

use reqwest::{Client, Method, Response, StatusCode};
use serde_json::Value;

use crate::support::{PASSWORD, Service, USER, browser, sign_in};

async fn page(browser: &Client, service: &Service, accepted: &str) -> String {
    let request = browser.get(format!("{}/entrar", service.url)).header("accept-language", accepted);
    request.send().await.unwrap().text().await.unwrap()
}

async fn choose(browser: &Client, service: &Service, language: &str, referer: &str) -> Response {
    let request = browser.post(format!("{}/idioma", service.url)).header("referer", referer);
    request.form(&[("language", language)]).send().await.unwrap()
}

fn location(response: &Response) -> &str {
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    response.headers()["location"].to_str().unwrap()
}

#[test]
fn every_text_is_in_each_language_and_used() {
    test_support::texts::assert_texts(env!("CARGO_MANIFEST_DIR"));
}

#[tokio::test]
async fn a_visitor_is_answered_as_the_browser_asks_until_they_choose() {
    let service = Service::start().await;
    let browser = browser();
    for (accepted, tag, heading) in
        [("en-GB,pt;q=0.5", "en", "Sign in"), ("pt", "pt-BR", "Entrar"), ("de", "pt-BR", "Entrar")]
    {
        let page = page(&browser, &service, accepted).await;
        assert!(
            page.contains(&format!("<html lang=\"{tag}\">")) && page.contains(&format!("<h1>{heading}</h1>")),
            "{page}"
        );
    }
    choose(&browser, &service, "en", &format!("{}/entrar", service.url)).await;
    assert!(page(&browser, &service, "pt-BR").await.contains("<h1>Sign in</h1>"));
    let refused = sign_in(&browser, &service.url, USER, &PASSWORD.to_uppercase()).await;
    assert!(refused.text().await.unwrap().contains("Wrong name or password."));
    choose(&browser, &service, "pt-BR", &format!("{}/entrar", service.url)).await;
    assert!(page(&browser, &service, "en").await.contains("<h1>Entrar</h1>"));
}

#[tokio::test]
async fn whoever_chooses_stays_on_their_page_of_this_site() {
    let service = Service::start().await;
    let browser = browser();
    for (referer, back) in
        [("/paredoes/final?de=1&ate=2", "/paredoes/final?de=1&ate=2"), ("", "/"), ("//evil.example/", "/")]
    {
        let response = choose(&browser, &service, "en", &format!("{}{referer}", service.url)).await;
        assert_eq!(location(&response), back);
    }
    assert_eq!(location(&choose(&browser, &service, "en", "").await), "/");
    let unknown = choose(&browser, &service, "de", "").await;
    assert_eq!(unknown.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn whoever_was_refused_and_chooses_is_led_to_the_page_with_the_form() {
    let service = Service::start().await;
    let browser = service.browser().await;
    let made = service.create(crate::support::form("final")).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    for (sent_to, page) in [
        ("/idioma", "/"),
        ("/sair", "/"),
        ("/conta/senha", "/conta"),
        ("/conta/sair-de-todos", "/conta"),
        ("/usuarios/1/papel", "/usuarios"),
        ("/usuarios/1/desativar", "/usuarios"),
        ("/usuarios/1/ativar", "/usuarios"),
        ("/usuarios/1/senha", "/usuarios"),
        ("/usuarios/tokens", "/usuarios"),
        ("/usuarios/tokens/1/revogar", "/usuarios"),
        ("/paredoes/final/abrir", "/paredoes/final"),
        ("/paredoes/final/encerrar", "/paredoes/final"),
        ("/paredoes/final/desmarcar", "/paredoes/final"),
        ("/paredoes/final/remarcar", "/paredoes/final"),
        ("/paredoes/final/apagar", "/paredoes/final"),
        ("/paredoes/final/propor", "/paredoes/final"),
        ("/paredoes/final/publicar", "/paredoes/final"),
        ("/paredoes/final/retirar", "/paredoes/final"),
        ("/separados/simular", "/separados"),
        ("/separados/reprocessamentos/1/contar", "/separados/reprocessamentos/1"),
    ] {
        let get = async |path: &str| browser.get(format!("{}{path}", service.url)).send().await.unwrap();
        assert_eq!(location(&get(sent_to).await), page, "{sent_to}");
        // There is no replay here.
        assert_ne!(get(page).await.status(), StatusCode::METHOD_NOT_ALLOWED, "{page}");
    }
    let api = service.request(Method::GET, "/api/v1/paredoes/final/open").send().await.unwrap();
    assert_eq!(api.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn problems_and_their_pages_are_said_in_the_language_asked_for() {
    let service = Service::start().await;
    let detail = async |accepted: &str| {
        let request = Client::new().get(format!("{}/api/v1/paredoes", service.url));
        let problem: Value = request.header("accept-language", accepted).send().await.unwrap().json().await.unwrap();
        problem["detail"].as_str().unwrap().to_owned()
    };
    assert_eq!(detail("en").await, "Sign in first, or send a valid token.");
    assert_eq!(detail("fr").await, "É preciso entrar, ou enviar um token válido.");
    let page = browser().get(format!("{}/nada", service.url)).header("accept-language", "en").send().await.unwrap();
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    let page = page.text().await.unwrap();
    assert!(page.contains("Not found") && page.contains("There is nothing at this address."), "{page}");
}
