//! A file's votes: registered with production, written by the load test, counted once, shown in the totals.

use std::path::Path;

use clap::Parser;
use end_to_end::{Plan, System};
use load_test::options::Cli;
use reqwest::StatusCode;
use serde_json::{Value, json};
use test_support::eventually;

/// Imports the file; whether each of its lines was a vote.
async fn import(system: &System, file: &Path, import: &Value) -> bool {
    try_import(system, file, import).await.unwrap()
}

async fn try_import(system: &System, file: &Path, import: &Value) -> anyhow::Result<bool> {
    let (file, import) = (file.to_str().unwrap(), import.to_string());
    let arguments = [
        "load-test",
        "import",
        file,
        "--import",
        &import,
        "--production",
        &system.production.url,
        "--token",
        &system.production.token,
        "--kafka-brokers",
        &system.kafka.kafka_brokers,
        "--kafka-topic",
        &system.kafka.kafka_topic,
    ];
    load_test::run(&Cli::parse_from(arguments)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_files_votes_count_once_and_reconcile() {
    let system = System::start(&Plan::shared()).await;
    let paredao = system.production.open_paredao("final").await;
    let order = json!({"paredao": "final", "what": "telefone, primeira hora"});
    let registered = system.production.post_json("/api/v1/imports", &order).await;
    assert_eq!(registered.status, StatusCode::CREATED, "{registered:?}");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("votes.jsonl");
    let line = |participant: i64| format!(r#"{{"participant":{participant},"at":"2026-01-05T21:04:05Z"}}"#);
    let lines = [line(paredao.participants[0]), "{}".to_owned(), line(9_999_999), line(paredao.participants[1])];
    std::fs::write(&file, lines.join("\n")).unwrap();
    assert!(!import(&system, &file, &registered.body["id"]).await, "two lines aren't votes");
    let errors =
        std::fs::read_to_string(format!("{}.import-{}.errors", file.display(), registered.body["id"])).unwrap();
    let refused: Vec<_> = errors.lines().map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!(refused, ["2", "3"], "{errors}");

    // As after a crash before anything was noted down.
    std::fs::remove_file(format!("{}.import-{}.progress", file.display(), registered.body["id"])).unwrap();
    import(&system, &file, &registered.body["id"]).await;
    assert!(!import(&system, &file, &registered.body["id"]).await, "two lines still aren't votes");
    let report = std::fs::read(format!("{}.import-{}.report.json", file.display(), registered.body["id"])).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    for (figure, number) in [("written", 0), ("written_before", 2), ("refused", 2), ("counted", 2)] {
        assert_eq!(report[figure], number, "{figure} of {report}");
    }
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
    let order = json!({"paredao": "final", "what": "telefone"});
    let id = system.production.post_json("/api/v1/imports", &order).await.body["id"].clone();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, at: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, format!(r#"{{"participant":{},"at":"{at}"}}"#, paredao.participants[0])).unwrap();
        file
    };
    let (first, second) = (write("first", "2026-01-05T21:04:05Z"), write("second", "2026-01-05T21:05:05Z"));
    assert!(import(&system, &first, &id).await);
    let refused = try_import(&system, &second, &id).await.unwrap_err().to_string();
    assert!(refused.contains("import-of-another-file"), "{refused}");
}
