//! The load test, against a system that is known to be sound and one that isn't.

use clap::Parser;
use end_to_end::{Plan, System};
use load_test::options::Cli;
use serde_json::Value;

async fn load_test(system: &System, folder: &std::path::Path) -> bool {
    let arguments = [
        "load-test",
        "steady",
        "--rate",
        "100",
        "--seconds",
        "2",
        "--connections",
        "8",
        "--voters",
        &system.voters.url,
        "--production",
        &system.production.url,
        "--token",
        &system.production.token,
        "--out",
        folder.to_str().unwrap(),
    ];
    load_test::run(&Cli::parse_from(arguments)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_load_test_finds_each_acknowledged_vote_counted() {
    let system = System::start(&Plan { captcha: "altcha", ..Plan::shared() }).await;
    let folder = tempfile::tempdir().unwrap();
    assert!(load_test(&system, folder.path()).await);
    let report: Value = serde_json::from_slice(&std::fs::read(folder.path().join("report.json")).unwrap()).unwrap();
    assert_eq!((&report["sent"], &report["accepted"], &report["counted"]), (&200.into(), &200.into(), &200.into()));
    let page = std::fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(page.contains("2xx = counted: 200 votes"), "{page}");
    system.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_load_test_notices_votes_that_were_acknowledged_and_not_counted() {
    let mut system = System::start(&Plan::shared()).await;
    for register in &mut system.registers {
        register.kill();
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(!load_test(&system, folder.path()).await);
    let page = std::fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(page.contains("200 ACCEPTED VOTES ARE NOT COUNTED"), "{page}");
}
