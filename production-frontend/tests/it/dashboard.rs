//! The page of one paredão: granularity, range and comparison in its address, and the table as a file.

use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{Service, form_of, id};

/// A paredão that was open for a quarter of an hour, with votes in its first and last minutes.
async fn quarter_of_an_hour(service: &Service, slug: &str, day: &str, names: &[&str]) {
    let made = service.create(form_of(slug, "Quem sai?", names)).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    let view: Value = made.json().await.unwrap();
    let paredao: i32 = sqlx::query_scalar(
        "UPDATE paredao SET opens_at = ($2 || ' 12:00Z')::timestamptz, closes_at = ($2 || ' 12:15Z')::timestamptz
         WHERE slug = $1 RETURNING id",
    )
    .bind(slug)
    .bind(day)
    .fetch_one(&service.database.pool)
    .await
    .unwrap();
    service.vote(paredao, &format!("{day}T12:00:00Z"), id(&view["participants"][0]["id"]), 5000).await;
    service.vote(paredao, &format!("{day}T12:14:00Z"), id(&view["participants"][1]["id"]), 7).await;
}

/// A producer's browser that asks for English.
async fn english_browser(service: &Service) -> Client {
    let browser = service.browser().await;
    let chosen = browser.post(format!("{}/idioma", service.url)).form(&[("language", "en")]).send().await.unwrap();
    assert_eq!(chosen.status(), StatusCode::SEE_OTHER);
    browser
}

async fn page(browser: &Client, service: &Service, path: &str) -> String {
    let response = browser.get(format!("{}{path}", service.url)).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.text().await.unwrap()
}

/// The table's rows without their markup, the newest first.
fn rows(html: &str) -> Vec<String> {
    let (_, body) = html.split_once("<tbody data-live=\"linhas\">").unwrap();
    let (body, _) = body.split_once("</tbody>").unwrap();
    let text = |row: &str| -> String {
        let mut is_markup = false;
        let mut text = String::new();
        for letter in row.chars() {
            match letter {
                '<' => is_markup = true,
                '>' => {
                    is_markup = false;
                    text.push(' ');
                }
                _ if !is_markup => text.push(letter),
                _ => {}
            }
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    body.split("</tr>").map(text).filter(|row| !row.is_empty()).collect()
}

async fn file(service: &Service, path: &str) -> Response {
    service.request(Method::GET, path).send().await.unwrap()
}

#[tokio::test]
async fn granularity_and_range_are_in_the_address() {
    let service = Service::start().await;
    quarter_of_an_hour(&service, "final", "2026-05-10", &["Ana", "Bruno"]).await;
    let browser = service.browser().await;
    let shown = async |query: &str| rows(&page(&browser, &service, &format!("/paredoes/final{query}")).await);
    assert_eq!(shown("").await, ["10/05 09h 5.000 7 5.007"]);
    assert_eq!(
        shown("?granularity=5min&from=&to=&with=").await,
        ["10/05 09:10 0 7 7", "10/05 09:05 0 0 0", "10/05 09:00 5.000 0 5.000"]
    );
    assert_eq!(shown("?granularity=15min").await, ["10/05 09:00 5.000 7 5.007"]);
    assert_eq!(shown("?granularity=day").await, ["10/05 5.000 7 5.007"]);
    // As browsers send it, in the zone, and as links have it.
    let last = ["10/05 09:14 0 7 7", "10/05 09:13 0 0 0"];
    assert_eq!(shown("?granularity=minute&from=2026-05-10T09:13&to=2026-05-10T09:20").await, last);
    assert_eq!(shown("?granularity=minute&from=2026-05-10T12:13:00Z").await, last);
    assert_eq!(shown("?from=2026-05-11T00:00").await, ["Nenhum voto neste período."]);
    // Whole hours, whatever was asked for.
    assert_eq!(shown("?from=2026-05-10T09:10&to=2026-05-10T09:12").await, ["10/05 09h 5.000 7 5.007"]);

    let html = page(&browser, &service, "/paredoes/final?granularity=5min&from=2026-05-10T09:05").await;
    for link in [
        "/paredoes/final?granularity=hour&#38;from=2026-05-10T12:05:00Z",
        "/paredoes/final/totals.csv?granularity=5min&#38;from=2026-05-10T12:05:00Z",
        "value=\"2026-05-10T09:05\"",
        "Esta página usa o horário de Brasília.",
        // Of the whole paredão, whatever the range.
        "5.007",
        "99,72 pontos à frente",
    ] {
        assert!(html.contains(link), "{link} isn't on the page");
    }
    for query in ["granularity=week", "from=ontem"] {
        let refused = browser.get(format!("{}/paredoes/final?{query}", service.url)).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn the_page_is_in_english_for_who_asks_for_it() {
    let service = Service::start().await;
    quarter_of_an_hour(&service, "anterior", "2026-05-03", &["Caio", "Duda"]).await;
    quarter_of_an_hour(&service, "final", "2026-05-10", &["Ana", "Bruno"]).await;
    let browser = english_browser(&service).await;
    let html = page(&browser, &service, "/paredoes/final?granularity=5min&with=anterior").await;
    assert_eq!(rows(&html), ["May 10, 09:10 0 7 7 7", "May 10, 09:05 0 0 0 0", "May 10, 09:00 5,000 0 5,000 5,000"]);
    for said in [
        "<html lang=\"en\">",
        "This page uses Brasília time.",
        "Votes per 5 minutes",
        "Last 6 hours",
        "99.72 points ahead",
        "99.86%",
        "5,000 votes",
        "by the time since each of them opened.",
    ] {
        assert!(html.contains(said), "{said} isn't on the page");
    }
    let none = page(&browser, &service, "/paredoes/final?from=2026-05-11T00:00").await;
    assert_eq!(rows(&none), ["No votes in this period."]);
    assert_eq!(rows(&page(&browser, &service, "/paredoes/final").await), ["May 10, 09:00 5,000 7 5,007"]);
}

#[tokio::test]
async fn files_are_for_machines_and_the_same_in_each_language() {
    let service = Service::start().await;
    quarter_of_an_hour(&service, "anterior", "2026-05-03", &["Caio", "Duda"]).await;
    quarter_of_an_hour(&service, "final", "2026-05-10", &["Ana", "Bruno"]).await;
    let (portuguese, english) = (service.browser().await, english_browser(&service).await);
    let csv = "/paredoes/final/totals.csv?granularity=5min&with=anterior";
    assert_eq!(page(&portuguese, &service, csv).await, page(&english, &service, csv).await);
    let without_labels = async |browser: &Client| {
        let json = page(browser, &service, "/paredoes/final/totals.json?granularity=5min&with=anterior").await;
        let mut table: Value = serde_json::from_str(&json).unwrap();
        for row in table["rows"].as_array_mut().unwrap() {
            assert!(row.as_object_mut().unwrap().remove("label").is_some());
        }
        table.as_object_mut().unwrap().remove("as_of");
        table
    };
    assert_eq!(without_labels(&portuguese).await, without_labels(&english).await);
}

#[tokio::test]
async fn the_table_is_a_csv_file() {
    let service = Service::start().await;
    quarter_of_an_hour(&service, "final", "2026-05-10", &["=1+1", "Ana, a 1ª"]).await;
    let csv = file(&service, "/paredoes/final/totals.csv?granularity=5min").await;
    assert_eq!(csv.status(), StatusCode::OK);
    assert_eq!(csv.headers()["content-type"], "text/csv; charset=utf-8; header=present");
    let name = csv.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert!(name.starts_with("attachment; filename=\"final-5min-20") && name.ends_with(".csv\""), "{name}");
    let bytes = csv.bytes().await.unwrap();
    assert_eq!(
        std::str::from_utf8(&bytes).unwrap(),
        "\u{feff}inicio,fim,granularidade,'=1+1,\"Ana, a 1ª\",total\r\n\
         2026-05-10T09:00:00-03:00,2026-05-10T09:05:00-03:00,5min,5000,0,5000\r\n\
         2026-05-10T09:05:00-03:00,2026-05-10T09:10:00-03:00,5min,0,0,0\r\n\
         2026-05-10T09:10:00-03:00,2026-05-10T09:15:00-03:00,5min,0,7,7\r\n"
    );
    let stranger = crate::support::browser().get(format!("{}/paredoes/final/totals.csv", service.url));
    assert_eq!(stranger.send().await.unwrap().headers()["location"], "/entrar");
    // Six years of minutes don't fit, and a part of them isn't passed off as the whole.
    service.open_paredao("longo", None).await;
    let long = file(&service, "/paredoes/longo/totals.csv?granularity=minute").await;
    assert_eq!(long.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn the_table_is_a_json_file() {
    let service = Service::start().await;
    quarter_of_an_hour(&service, "final", "2026-05-10", &["Ana", "Bruno"]).await;
    let json = file(&service, "/paredoes/final/totals.json?granularity=15min&from=2026-05-10T09:00").await;
    assert!(json.headers()["content-disposition"].to_str().unwrap().ends_with(".json\""));
    let table: Value = json.json().await.unwrap();
    assert_eq!((&table["slug"], &table["zone"]), (&json!("final"), &json!("America/Sao_Paulo")));
    assert_eq!((&table["from"], &table["to"]), (&json!("2026-05-10T12:00:00Z"), &json!(null)));
    assert_eq!((&table["total"], &table["are_all"]), (&json!(5007), &json!(true)));
    assert_eq!(
        table["rows"],
        json!([{"start": "2026-05-10T12:00:00Z", "end": "2026-05-10T12:15:00Z", "grain": "15min",
                "label": "10/05 09:00", "votes": [5000, 7], "total": 5007, "with_votes": null}])
    );
}

#[tokio::test]
async fn two_paredoes_are_compared_by_the_time_since_they_opened() {
    let service = Service::start().await;
    quarter_of_an_hour(&service, "anterior", "2026-05-03", &["Caio", "Duda"]).await;
    quarter_of_an_hour(&service, "final", "2026-05-10", &["Ana", "Bruno"]).await;
    let browser = service.browser().await;
    let by = async |granularity: &str| {
        page(&browser, &service, &format!("/paredoes/final?granularity={granularity}&with=anterior")).await
    };
    assert_eq!(
        rows(&by("5min").await),
        ["10/05 09:10 0 7 7 7", "10/05 09:05 0 0 0 0", "10/05 09:00 5.000 0 5.000 5.000"]
    );
    // Once the other's minutes are merged into an hour, only hours can be compared.
    sqlx::raw_sql(
        "UPDATE bucket SET grain = 'hour', start = '2026-05-03 12:00Z'
         WHERE paredao = (SELECT id FROM paredao WHERE slug = 'anterior')",
    )
    .execute(&service.database.pool)
    .await
    .unwrap();
    let merged = by("5min").await;
    assert_eq!(rows(&merged)[2], "10/05 09:00 5.000 0 5.000 –");
    assert!(merged.contains("Comparar por hora"));
    assert_eq!(rows(&by("hour").await), ["10/05 09h 5.000 7 5.007 5.007"]);

    let csv = file(&service, "/paredoes/final/totals.csv?with=anterior").await.bytes().await.unwrap();
    let csv = std::str::from_utf8(&csv).unwrap();
    assert!(csv.contains("total,total de Quem sai?\r\n") && csv.contains(",5007,5007\r\n"), "{csv}");
    let unknown = browser.get(format!("{}/paredoes/final?with=nada", service.url)).send().await.unwrap();
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
}

/// Each address below which the page leads for the last hours: what it asks for as `from`.
fn recent(html: &str) -> Vec<&str> {
    let (_, ranges) = html.split_once("aria-labelledby=\"periodo\"").unwrap();
    let (ranges, _) = ranges.split_once("</nav>").unwrap();
    ranges.split("from=").skip(1).map(|link| link.split(['&', '"']).next().unwrap()).collect()
}

#[tokio::test]
async fn the_last_hours_are_whole_ones() {
    let service = Service::start().await;
    service.open_paredao("final", None).await;
    let html = page(&service.browser().await, &service, "/paredoes/final?granularity=hour").await;
    let recent = recent(&html);
    assert_eq!(recent.len(), 3);
    assert!(recent.iter().all(|from| from.ends_with(":00:00Z")), "{recent:?}");
}

#[tokio::test]
async fn the_newest_minutes_of_a_long_paredao_are_shown() {
    let service = Service::start().await;
    let (paredao, ids) = service.open_paredao("longo", Some("2026-05-10T12:00:00Z")).await;
    // More than one answer may hold.
    sqlx::query(
        "INSERT INTO bucket (paredao, start, participant, partition, votes)
         SELECT $1, timestamptz '2026-05-10 12:00Z' - n * interval '1 minute', id, 0, n
         FROM generate_series(1, 25001) AS n, unnest($2::integer[]) AS id",
    )
    .bind(paredao)
    .bind(&ids)
    .execute(&service.database.pool)
    .await
    .unwrap();
    let browser = service.browser().await;
    let html = page(&browser, &service, "/paredoes/longo?granularity=minute").await;
    let newest = rows(&html);
    assert_eq!((newest.len(), newest[0].as_str()), (500, "10/05 08:59 1 1 2"));
    assert_eq!(newest[499], "10/05 00:40 500 500 1.000");
    assert!(html.contains("As 500 linhas mais recentes"));
    let file = file(&service, "/paredoes/longo/totals.csv?granularity=minute").await;
    assert_eq!(file.status(), StatusCode::UNPROCESSABLE_ENTITY);
    // What was merged is cut nowhere.
    sqlx::raw_sql("DELETE FROM bucket WHERE votes > 1; UPDATE bucket SET grain = 'day', start = '2026-05-10 03:00Z'")
        .execute(&service.database.pool)
        .await
        .unwrap();
    let merged = page(&browser, &service, "/paredoes/longo?granularity=minute").await;
    assert_eq!(rows(&merged), ["10/05 (dia) 1 1 2"]);
    assert!(!merged.contains("começa no meio de um trecho agrupado"));
}

#[tokio::test]
async fn what_was_merged_says_so() {
    let service = Service::start().await;
    quarter_of_an_hour(&service, "final", "2026-05-10", &["Ana", "Bruno"]).await;
    sqlx::raw_sql("UPDATE bucket SET grain = 'hour', start = '2026-05-10 12:00Z'")
        .execute(&service.database.pool)
        .await
        .unwrap();
    let browser = service.browser().await;
    let merged = page(&browser, &service, "/paredoes/final?granularity=minute").await;
    assert_eq!(rows(&merged), ["10/05 09h (hora) 5.000 7 5.007"]);
    assert!(merged.contains("já está agrupada por hora") && merged.contains("Ver por hora"));
    let cut = page(&browser, &service, "/paredoes/final?granularity=minute&from=2026-05-10T09:05").await;
    assert_eq!(rows(&cut), ["Nenhum voto neste período."]);
    assert!(cut.contains("começa no meio de um trecho agrupado"));
}
