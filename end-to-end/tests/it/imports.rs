//! A file's votes: registered with production, written by the load test, counted once, shown in the totals.

use std::fs;
use std::path::{Path, PathBuf};

use end_to_end::{Plan, System};
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use serde_json::{Value, json};
use test_support::eventually;

/// Imports the file; whether each of its lines was a vote.
async fn import(system: &System, file: &Path, import: &Value) -> bool {
    system.import(file, &import.to_string()).await.unwrap()
}

/// Registers an import for the paredão `final`; its number.
async fn register(system: &System) -> Value {
    let order = json!({"paredao": "final", "what": "telefone, primeira hora"});
    let registered = system.production.post_json("/api/v1/imports", &order).await;
    assert_eq!(registered.status, StatusCode::CREATED, "{registered:?}");
    registered.body["id"].clone()
}

fn line(participant: i64, at: &str) -> String {
    format!(r#"{{"participant":{participant},"at":"{at}"}}"#)
}

/// What an import leaves beside its file.
fn beside(file: &Path, import: &Value, what: &str) -> PathBuf {
    format!("{}.import-{import}.{what}", file.display()).into()
}

fn report(file: &Path, import: &Value) -> Value {
    serde_json::from_slice(&fs::read(beside(file, import, "report.json")).unwrap()).unwrap()
}

/// The numbers of the lines that were refused, and why.
fn refused(file: &Path, import: &Value) -> Vec<(u64, String)> {
    let errors = fs::read_to_string(beside(file, import, "errors")).unwrap();
    let lines = errors.lines().map(|line| line.split_once('\t').unwrap());
    lines.map(|(number, why)| (number.parse().unwrap(), why.to_owned())).collect()
}

fn assert_figures(report: &Value, figures: &Value) {
    for (figure, value) in figures.as_object().unwrap() {
        assert_eq!(&report[figure], value, "{figure} of {report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_files_votes_count_once_and_reconcile() {
    let system = System::start(&Plan::shared()).await;
    let paredao = system.production.open_paredao("final").await;
    let id = register(&system).await;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("votes.jsonl");
    let at = "2026-01-05T21:04:05Z";
    let [ana, bento] = [paredao.participants[0], paredao.participants[1]];
    // As from a Windows program: a byte order mark, and lines that end in CR LF, the last ones blank.
    let lines =
        [&line(ana, at), "{}", "", &line(9_999_999, at), &format!("[{ana},\"{at}\"]"), &line(bento, at), "", ""];
    fs::write(&file, format!("\u{feff}{}", lines.join("\r\n"))).unwrap();
    assert!(!import(&system, &file, &id).await, "three lines aren't votes");
    let numbers: Vec<_> = refused(&file, &id).into_iter().map(|(number, _)| number).collect();
    assert_eq!(numbers, [2, 4, 5]);

    // As after a crash before anything was noted down.
    fs::remove_file(beside(&file, &id, "progress")).unwrap();
    import(&system, &file, &id).await;
    assert!(!import(&system, &file, &id).await, "three lines still aren't votes");
    let figures =
        json!({"written": 0, "written_before": 2, "refused": 3, "counted": 2, "agrees": true, "passed": false});
    assert_figures(&report(&file, &id), &figures);
    system.settle().await;
    let totals = system.production.totals("final", "granularity=hour").await;
    assert_eq!(totals.body["total"], 2, "{totals:?}");
    eventually("the import to reconcile", async || {
        let read: i64 = sqlx::query_scalar("SELECT coalesce(sum(countable), 0)::bigint FROM log_position")
            .fetch_one(&system.database.pool)
            .await
            .unwrap();
        let verdict = system.production.get("/api/v1/reconciliation").await.body;
        (read == 2 && verdict["state"] == "green" && verdict["findings"] == json!([])).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_needs_a_paredao_and_a_description() {
    let system = System::start(&Plan::shared()).await;
    system.production.open_paredao("final").await;
    for (order, status) in [
        (json!({"paredao": "nenhum", "what": "telefone"}), StatusCode::NOT_FOUND),
        (json!({"paredao": "final", "what": " "}), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({"paredao": "final"}), StatusCode::BAD_REQUEST),
    ] {
        let answer = system.production.post_json("/api/v1/imports", &order).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
    assert_eq!(system.production.get("/api/v1/imports").await.body, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_of_one_file() {
    let system = System::start(&Plan::shared()).await;
    let paredao = system.production.open_paredao("final").await;
    let id = register(&system).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("votes.jsonl");
    fs::write(&file, line(paredao.participants[0], "2026-01-05T21:04:05Z")).unwrap();
    assert!(import(&system, &file, &id).await);
    assert_figures(&report(&file, &id), &json!({"counted": 1, "agrees": true, "passed": true}));

    fs::write(&file, line(paredao.participants[0], "2026-01-05T21:05:05Z")).unwrap();
    fs::write(beside(&file, &id, "errors"), "7\tit isn't a vote\n").unwrap();
    let told = system.import(&file, &id.to_string()).await.unwrap_err().to_string();
    assert!(told.contains("import-of-another-file"), "{told}");
    assert_eq!(refused(&file, &id), [(7, "it isn't a vote".to_owned())], "they are of the file that was begun");
    for kind in ["report.json", "report.html"] {
        assert!(!beside(&file, &id, kind).exists(), "the {kind} of the run before is still there");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vote_of_the_future_stays_refused_when_its_time_has_come() {
    let system = System::start(&Plan::shared()).await;
    let paredao = system.production.open_paredao("final").await;
    let id = register(&system).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("votes.jsonl");
    // Later than the first run may take until it begins.
    let soon = Timestamp::now() + SignedDuration::from_secs(10);
    let lines =
        [line(paredao.participants[0], &soon.to_string()), line(paredao.participants[0], "2026-01-05T21:04:05Z")];
    fs::write(&file, lines.join("\n")).unwrap();

    assert!(!import(&system, &file, &id).await);
    let told = refused(&file, &id);
    assert!(matches!(&told[..], [(1, why)] if why.contains("is after the import was begun, at ")), "{told:?}");
    let begun = system.production.get(&format!("/api/v1/imports/{id}")).await.body["begun_at"].clone();
    assert!(begun.is_string(), "{begun}");
    assert_figures(&report(&file, &id), &json!({"written": 1, "refused": 1, "counted": 1, "agrees": true}));

    eventually("the vote's time to come", async || (Timestamp::now() > soon).then_some(())).await;
    assert!(!import(&system, &file, &id).await);
    assert_eq!(refused(&file, &id), told);
    assert_figures(&report(&file, &id), &json!({"written_before": 1, "refused": 1, "counted": 1, "agrees": true}));
    assert_eq!(system.production.get(&format!("/api/v1/imports/{id}")).await.body["begun_at"], begun);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_reports_when_production_does_not_say_what_was_counted() {
    let system = System::start(&Plan::shared()).await;
    let paredao = system.production.open_paredao("final").await;
    let id = register(&system).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("votes.jsonl");
    fs::write(&file, line(paredao.participants[0], "2026-01-05T21:04:05Z")).unwrap();

    // The count is looked at for seconds after the last line was written.
    let silence = async {
        eventually("the lines to be written", async || beside(&file, &id, "progress").exists().then_some(())).await;
        sqlx::query("UPDATE api_token SET token_hash = token_hash || 'revoked'").execute(&system.database.pool).await
    };
    let (passed, revoked) = tokio::join!(import(&system, &file, &id), silence);
    revoked.unwrap();
    assert!(!passed);
    assert_figures(
        &report(&file, &id),
        &json!({"written": 1, "refused": 0, "counted": null, "agrees": false, "passed": false}),
    );
}
