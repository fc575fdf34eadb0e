//! In which language voters are answered.

use reqwest::{Response, StatusCode, redirect};
use serde_json::Value;
use voters_frontend::problem::Problem;

use crate::support::{SLUG, Service, records};

/// Every page that a voter comes to by a link, with a word of each language that only it says.
const PAGES: [(&str, &str, &str); 5] = [
    ("/", "Votação aberta", "Voting is open"),
    ("/paredoes/paredao-1", "Votar em Bia", "Vote for Bia"),
    ("/paredoes/closed", "A votação terminou.", "Voting is over."),
    ("/problems/ballot-expired", "O tempo desta cédula acabou.", "ballot&#39;s time is up."),
    ("/nothing", "Esta página não existe.", "This page doesn&#39;t exist."),
];

async fn page(service: &Service, path: &str) -> String {
    service.get(path).await.text().await.unwrap()
}

async fn submit(service: &Service, path: &str, field: (&str, &str)) -> Response {
    service.client.post(format!("{}{path}", service.url)).form(&[field]).send().await.unwrap()
}

#[test]
fn every_text_is_in_each_language_and_used() {
    test_support::texts::assert_texts(env!("CARGO_MANIFEST_DIR"));
}

#[tokio::test]
async fn the_address_decides_and_each_page_leads_to_itself_in_the_other_language() {
    let (service, _database) = Service::fresh().await;
    for (path, portuguese, english) in PAGES {
        let (here, there) = (page(&service, path).await, page(&service, &format!("/en{path}")).await);
        assert!(here.contains(r#"<html lang="pt-BR">"#) && here.contains(portuguese), "{path}: {here}");
        assert!(there.contains(r#"<html lang="en">"#) && there.contains(english), "/en{path}: {there}");
        assert!(!there.contains(portuguese), "/en{path}: {there}");
        for page in [&here, &there] {
            assert!(page.contains(&format!(r#"hreflang="pt-BR" href="https://votacao.example{path}""#)), "{page}");
            assert!(page.contains(&format!(r#"hreflang="en" href="https://votacao.example/en{path}""#)), "{page}");
        }
        assert!(here.contains(&format!(r#"<a href="/en{path}" lang="en""#)), "{here}");
        assert!(there.contains(&format!(r#"<a href="{path}" lang="pt-BR""#)), "{there}");
    }
    let screen = page(&service, &format!("/en/paredoes/{SLUG}/telao")).await;
    assert!(screen.contains(r#"<html lang="en">"#) && screen.contains("Voting is open"), "{screen}");
}

#[tokio::test]
async fn no_address_leads_to_another_site() {
    let (service, _database) = Service::fresh().await;
    for (path, other) in [("/en//evil.example/", "/evil.example/"), ("//evil.example/", "/en/evil.example/")] {
        let page = page(&service, path).await;
        assert!(!page.contains(r#""//evil"#) && page.contains(&format!(r#"<a href="{other}" lang="#)), "{page}");
    }
}

#[tokio::test]
async fn a_vote_by_forms_stays_in_its_language() {
    let (service, _database) = Service::fresh().await;
    let home = page(&service, "/en/").await;
    let paredao = format!("/en/paredoes/{SLUG}");
    assert!(home.contains(&format!(r#"href="{paredao}""#)), "{home}");
    let choice = page(&service, &paredao).await;
    assert!(choice.contains(&format!(r#"action="{paredao}/ballots""#)), "{choice}");
    let ballot = submit(&service, &format!("{paredao}/ballots"), ("participant", "2")).await.text().await.unwrap();
    assert!(ballot.contains(&format!(r#"action="{paredao}/votes""#)) && ballot.contains("Confirm vote"), "{ballot}");
    let token = ballot.split_once(r#"name="ballot" value=""#).unwrap().1.split_once('"').unwrap().0;
    let received = submit(&service, &format!("{paredao}/votes"), ("ballot", token)).await.text().await.unwrap();
    assert!(received.contains("Vote received!") && received.contains("0.00%"), "{received}");
    assert_eq!(records(&service.kafka).await.len(), 1);

    let refused = submit(&service, &format!("{paredao}/ballots"), ("participant", "4")).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let refused = refused.text().await.unwrap();
    assert!(
        refused.contains("isn&#39;t in this paredão") && refused.contains(&format!(r#"href="{paredao}""#)),
        "{refused}"
    );
}

#[tokio::test]
async fn redirects_stay_in_their_language() {
    let (service, _database) = Service::fresh().await;
    let client = reqwest::Client::builder().redirect(redirect::Policy::none()).build().unwrap();
    for (path, target) in [
        ("/en".to_owned(), "/en/".to_owned()),
        (format!("/en/paredoes/{SLUG}/votes"), format!("/en/paredoes/{SLUG}")),
        (format!("/paredoes/{SLUG}/ballots"), format!("/paredoes/{SLUG}")),
    ] {
        let answer = client.get(format!("{}{path}", service.url)).send().await.unwrap();
        assert!(answer.status().is_redirection(), "{path}");
        assert_eq!(answer.headers()["location"], target, "{path}");
    }
}

#[tokio::test]
async fn problems_are_told_in_the_language_that_the_client_accepts() {
    let (service, _database) = Service::fresh().await;
    for (accepted, language, detail) in [
        ("en-US,pt;q=0.9", "en", "This paredão doesn't exist."),
        ("pt, en;q=0.5", "pt-BR", "Este paredão não existe."),
        ("ja", "pt-BR", "Este paredão não existe."),
    ] {
        let request = service.client.get(format!("{}/api/v1/paredoes/nowhere/state", service.url));
        let answer = request.header("accept-language", accepted).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        assert_eq!(answer.headers()["content-language"], language);
        assert_eq!(answer.headers()["vary"], "accept-language");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!((problem["detail"].as_str(), problem["title"].as_str()), (Some(detail), Some("No such paredão")));
    }
}

#[tokio::test]
async fn each_problem_is_explained_in_both_languages() {
    let (service, _database) = Service::fresh().await;
    for problem in Problem::ALL {
        let path = format!("/problems/{}", problem.name());
        let lead = async |path: &str| {
            let page = page(&service, path).await;
            page.split_once(r#"<p class="lead">"#).unwrap().1.split_once("</p>").unwrap().0.to_owned()
        };
        let (portuguese, english) = (lead(&path).await, lead(&format!("/en{path}")).await);
        assert!(portuguese.contains(' ') && english.contains(' ') && portuguese != english, "{portuguese} {english}");
    }
}
