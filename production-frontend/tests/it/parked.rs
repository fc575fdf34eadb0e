//! The pages of records that couldn't be counted, without scripts.

use production_frontend::Role;
use reqwest::{Client, Response, StatusCode};

use crate::dead_letters::{answer_dry_run, park};
use crate::support::Service;

async fn get(browser: &Client, service: &Service, path: &str) -> Response {
    browser.get(format!("{}{path}", service.url)).send().await.unwrap()
}

async fn page(browser: &Client, service: &Service, path: &str) -> String {
    let response = get(browser, service, path).await;
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    let html = response.text().await.unwrap();
    for inline in ["<style", " style=", "<script>", " onclick=", "http://", "https://"] {
        assert!(!html.contains(inline), "{inline} is in {path}");
    }
    html
}

async fn send(browser: &Client, service: &Service, path: &str, form: &[(&str, &str)]) -> Response {
    browser.post(format!("{}{path}", service.url)).form(form).send().await.unwrap()
}

/// The numbers of the records that a page lists, in its order.
fn listed(html: &str) -> Vec<&str> {
    let rows = html.split("<a href=\"/separados/").skip(1).filter_map(|row| row.split_once('"'));
    rows.map(|(id, _)| id).filter(|id| id.parse::<i64>().is_ok()).collect()
}

#[tokio::test]
async fn the_list_is_narrowed_down_by_its_address() {
    let service = Service::start().await;
    let browser = service.browser().await;
    assert!(page(&browser, &service, "/separados").await.contains("tudo o que chegou foi contado"));
    service.open_paredao("final", None).await;
    park(&service).await;
    let all = page(&browser, &service, "/separados").await;
    assert_eq!(listed(&all), ["5", "4", "3", "2", "1"]);
    for text in ["chegou tarde", "recusado pelo banco", "contado por maria", "não é um voto", "5 mensagens"] {
        assert!(all.contains(text), "{text} isn't on the page");
    }
    for (query, ids) in [
        ("reason=too_late", vec!["3", "2", "1"]),
        ("partition=1", vec!["3", "1"]),
        ("paredao=final&reason=&replayed=false", vec!["5", "2", "1"]),
        ("replayed=true", vec!["3"]),
        ("from=2026-05-10&to=2026-05-10", vec!["5", "4", "3", "2", "1"]),
        ("after=3", vec!["2", "1"]),
    ] {
        assert_eq!(listed(&page(&browser, &service, &format!("/separados?{query}")).await), ids, "{query}");
    }
    let none = page(&browser, &service, "/separados?from=2026-05-11").await;
    assert!(none.contains("Nenhuma mensagem com este filtro"));
    // What is chosen stays chosen.
    let late = page(&browser, &service, "/separados?reason=too_late&replayed=false").await;
    assert!(
        late.contains(r#"<option value="false" selected>"#) && late.contains("Simular todas deste motivo"),
        "{late}"
    );
    for query in ["reason=%22%3E", "partition=um", "from=ontem", "replayed=sim", "after=x"] {
        let refused = get(&browser, &service, &format!("/separados?{query}")).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn pages_follow_each_other() {
    let service = Service::start().await;
    let browser = service.browser().await;
    sqlx::raw_sql(
        "INSERT INTO dead_letter (topic, partition, record_offset, appended_at, reason)
         SELECT 'votes', 0, n, 1778414400000, 'value_null' FROM generate_series(1, 70) n",
    )
    .execute(&service.database.pool)
    .await
    .unwrap();
    let first = page(&browser, &service, "/separados?reason=value_null").await;
    assert_eq!(listed(&first).len(), 50);
    assert!(
        first.contains(r#"href="/separados?reason=value_null&amp;after=21" rel="next""#)
            || first.contains(r#"href="/separados?reason=value_null&#38;after=21" rel="next""#),
        "{first}"
    );
    let second = page(&browser, &service, "/separados?reason=value_null&after=21").await;
    assert_eq!(listed(&second).len(), 20);
    assert!(!second.contains("rel=\"next\"") && second.contains("Mais novas"));
    assert!(!second.contains("Simular as escolhidas"), "none of them is a vote");
}

#[tokio::test]
async fn a_record_is_shown_in_plain_words_and_as_bytes() {
    let service = Service::start().await;
    let browser = service.browser().await;
    park(&service).await;
    sqlx::raw_sql(
        r#"UPDATE dead_letter SET value = convert_to('{"a":"<script>alert(1)</script>"}', 'UTF8'), value_bytes = 33
           WHERE record_offset = 1;
           UPDATE dead_letter SET value = decode(repeat('ff', 5000), 'hex') WHERE record_offset = 4"#,
    )
    .execute(&service.database.pool)
    .await
    .unwrap();
    let late = page(&browser, &service, "/separados/1").await;
    for text in ["O voto chegou depois do prazo da sua cédula", "too_late", "Faça uma simulação", "1:2:29640240"] {
        assert!(late.contains(text), "{text} isn't on the page");
    }
    assert!(late.contains("0000  31 3a 32 3a 32 39 36 34 30 32 34 30"), "the key in hexadecimal: {late}");
    assert!(late.contains("&#60;script&#62;") && late.contains("Simular a contagem") && late.contains("10/05/2026"));
    let replayed = page(&browser, &service, "/separados/3").await;
    assert!(replayed.contains("já foi contado, por maria") && !replayed.contains("Simular a contagem"));
    let binary = page(&browser, &service, "/separados/4").await;
    assert!(binary.contains("Os primeiros 2.048 de 70.000 bytes") && binary.contains("Não é texto."), "{binary}");
    assert!(binary.contains("07f0  ff") && !binary.contains("0800  ff"), "the dump is bounded");
    assert!(binary.contains("Não há o que contar"));
    let refused = page(&browser, &service, "/separados/5").await;
    assert!(refused.contains("em 5 tentativas") && refused.contains("bigint out of range"));
    for path in ["/separados/99", "/separados/x", "/separados/reprocessamentos/9"] {
        assert_eq!(get(&browser, &service, path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn votes_are_tried_then_confirmed_then_counted() {
    let service = Service::start().await;
    let browser = service.browser().await;
    park(&service).await;
    let sent = send(&browser, &service, "/separados/simular", &[("id", "1"), ("id", "2")]).await;
    assert_eq!(sent.status(), StatusCode::SEE_OTHER);
    assert_eq!(sent.headers()["location"], "/separados/reprocessamentos/1");
    let waiting = page(&browser, &service, "/separados/reprocessamentos/1").await;
    assert!(waiting.contains("Simulação 1") && waiting.contains("Esperando um registrador"), "{waiting}");
    assert!(waiting.contains("De 2 mensagens.") && !waiting.contains("Sim, contar"));

    answer_dry_run(&service, 1, 2).await;
    let tried = page(&browser, &service, "/separados/reprocessamentos/1").await;
    for text in ["Seriam contados", "data-count=\"counted\">2<", "data-count=\"before\">1<", "data-count=\"left\">0<"] {
        assert!(tried.contains(text), "{text} isn't on the page");
    }
    assert!(tried.contains("Contar 2 votos agora?") && tried.contains("Não dá para desfazer"), "{tried}");
    let confirmed = send(&browser, &service, "/separados/reprocessamentos/1/contar", &[]).await;
    assert_eq!(confirmed.headers()["location"], "/separados/reprocessamentos/2");
    let (ids, dry_run, who): (Vec<i64>, bool, String) =
        sqlx::query_as("SELECT ids, dry_run, who FROM replay_request WHERE id = 2")
            .fetch_one(&service.database.pool)
            .await
            .unwrap();
    assert_eq!((ids, dry_run, who.as_str()), (vec![1, 2], false, "producao"));
    sqlx::raw_sql(
        "INSERT INTO replay_outcome VALUES (2, 1, 'replayed', 'it is counted now'), (2, 2, 'log_gone', 'gone');
         UPDATE replay_request SET finished_at = now() WHERE id = 2",
    )
    .execute(&service.database.pool)
    .await
    .unwrap();
    let done = page(&browser, &service, "/separados/reprocessamentos/2").await;
    assert!(done.contains("Contados agora") && done.contains("data-count=\"counted\">1<"), "{done}");
    assert!(done.contains("uma cópia pode ter sido contada") && !done.contains("Sim, contar"));
    let history = page(&browser, &service, "/separados/1").await;
    assert!(history.contains("Simulação 1") && history.contains("Contagem de separados 2"), "{history}");
}

#[tokio::test]
async fn all_of_a_filter_are_tried() {
    let service = Service::start().await;
    let browser = service.browser().await;
    park(&service).await;
    let asked = async |query: &str| {
        let sent = send(&browser, &service, &format!("/separados/simular?{query}"), &[("all", "1")]).await;
        assert_eq!(sent.status(), StatusCode::SEE_OTHER, "{query}");
        sqlx::query_as::<_, (Option<Vec<i64>>, Option<String>, bool)>(
            "SELECT ids, reason, dry_run FROM replay_request ORDER BY id DESC LIMIT 1",
        )
        .fetch_one(&service.database.pool)
        .await
        .unwrap()
    };
    assert_eq!(asked("").await, (None, None, true));
    assert_eq!(asked("reason=too_late&replayed=false").await, (None, Some("too_late".to_owned()), true));
    assert_eq!(asked("reason=too_late&partition=0").await, (Some(vec![2]), None, true));
    for (query, form) in [("", vec![]), ("replayed=true", vec![("all", "1")]), ("partition=9", vec![("all", "1")])] {
        let refused = send(&browser, &service, &format!("/separados/simular?{query}"), &form).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{query}");
    }
    let odd = send(&browser, &service, "/separados/simular", &[("id", "um")]).await;
    assert_eq!(odd.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_viewer_reads_and_is_shown_no_buttons() {
    let service = Service::start().await;
    park(&service).await;
    let viewer = service.browser_of(Role::Viewer).await;
    for path in ["/separados", "/separados/1"] {
        let html = page(&viewer, &service, path).await;
        assert!(
            html.contains("chegou tarde") && !html.contains("<form method=\"post\" action=\"/separados/simular\">"),
            "{path}"
        );
        assert!(!html.contains("Simular") && !html.contains("type=\"checkbox\""), "{path}");
    }
    for path in ["/separados/simular", "/separados/reprocessamentos/1/contar"] {
        assert_eq!(send(&viewer, &service, path, &[("id", "1")]).await.status(), StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn the_pages_speak_english_too() {
    let service = Service::start().await;
    let browser = service.browser().await;
    park(&service).await;
    for (path, text) in [
        ("/separados", "Set-aside messages"),
        ("/separados/1", "The vote arrived after its ballot"),
        ("/conferencia", "Reconciliation"),
        ("/novo", "The public sees percentages"),
    ] {
        let request = browser.get(format!("{}{path}", service.url)).header("accept-language", "en");
        assert!(request.send().await.unwrap().text().await.unwrap().contains(text), "{path}");
    }
}
