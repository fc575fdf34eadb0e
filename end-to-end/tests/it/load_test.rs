//! The load test, against a system that is known to be sound and ones that aren't.

use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use clap::Parser;
use end_to_end::{Plan, System};
use load_test::options::Cli;
use serde_json::{Value, json};
use test_support::eventually;

/// The longest that an interrupted load test may take to count, to close its paredão and to report.
const END_PATIENCE: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A program that doesn't outlive its test.
struct Program(Child);

impl Program {
    async fn end(&mut self) -> ExitStatus {
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A hundred votes a second.
fn arguments(system: &System, folder: &Path, seconds: &str) -> Vec<String> {
    let profile = ["load-test", "steady", "--rate", "100", "--seconds", seconds, "--connections", "8"];
    let (voters, production) = (&system.voters.url, &system.production.url);
    let deployment = ["--voters", voters, "--production", production, "--token", &system.production.token];
    let out = ["--out", folder.to_str().unwrap()];
    profile.iter().chain(&deployment).chain(&out).map(|&argument| argument.to_owned()).collect()
}

async fn load_test(arguments: Vec<String>) -> anyhow::Result<bool> {
    load_test::run(&Cli::parse_from(arguments)).await
}

fn report(folder: &Path) -> (Value, String) {
    let report = std::fs::read(folder.join("report.json")).unwrap();
    (serde_json::from_slice(&report).unwrap(), std::fs::read_to_string(folder.join("report.html")).unwrap())
}

/// The load test has begun, and it works.
async fn votes_are_counted(system: &System) {
    eventually("votes to be counted", async || {
        let counted: i64 = sqlx::query_scalar("SELECT coalesce(sum(votes), 0)::bigint FROM bucket")
            .fetch_one(&system.database.pool)
            .await
            .unwrap();
        (counted > 0).then_some(())
    })
    .await;
}

/// How many paredões there are, each of which is closed or about to be.
async fn closed_paredoes(system: &System) -> usize {
    let paredoes = system.production.get("/api/v1/paredoes").await.body;
    let paredoes = paredoes.as_array().unwrap();
    assert!(paredoes.iter().all(|paredao| !paredao["closes_at"].is_null()), "{paredoes:?}");
    paredoes.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_load_test_finds_each_acknowledged_vote_counted() {
    let system = System::start(&Plan { captcha: "altcha", ..Plan::shared() }).await;
    let folder = tempfile::tempdir().unwrap();
    assert!(load_test(arguments(&system, folder.path(), "2")).await.unwrap());
    let (report, page) = report(folder.path());
    for figure in ["due", "sent", "accepted", "counted"] {
        assert_eq!(report[figure], 200, "{figure} of {report}");
    }
    assert_eq!(report["answers"], json!({"202": 200}));
    assert_eq!((&report["closed"], &report["sent_late_millis"][0]["name"]), (&true.into(), &"p99".into()), "{report}");
    assert!(page.contains("2xx = counted: 200 votes<"), "{page}");
    assert_eq!(closed_paredoes(&system).await, 1);
    system.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_load_test_notices_votes_that_were_acknowledged_and_not_counted() {
    let mut system = System::start(&Plan::shared()).await;
    for register in &mut system.registers {
        register.kill();
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(!load_test(arguments(&system, folder.path(), "2")).await.unwrap());
    let (_, page) = report(folder.path());
    assert!(page.contains("200 ACCEPTED VOTES ARE NOT COUNTED"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_dies_on_the_way_does_not_pass() {
    let mut system = System::start(&Plan::shared()).await;
    let folder = tempfile::tempdir().unwrap();
    let run = load_test(arguments(&system, folder.path(), "8"));
    let outage = async {
        votes_are_counted(&system).await;
        system.frontend.kill();
    };
    assert!(!tokio::join!(run, outage).0.unwrap());
    let (report, page) = report(folder.path());
    let figure = |name: &str| report[name].as_u64().unwrap();
    let (accepted, unknown, no_ballot) = (figure("accepted"), figure("unknown"), figure("no_ballot"));
    assert!(accepted > 0 && unknown > 0 && accepted + unknown + no_ballot == 800, "{report}");
    // The votes to come are still due when they are, in case it comes back.
    assert!(report["seconds"].as_f64().unwrap() > 7.9, "{report}");
    assert_eq!(report["agrees"], true, "{report}");
    assert!(page.contains(&format!("BUT {} OF 800 WERE NOT ACCEPTED", 800 - accepted)), "{page}");
    assert_eq!(closed_paredoes(&system).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_that_production_does_not_tell_is_reported_as_unknown() {
    let mut system = System::start(&Plan::shared()).await;
    let folder = tempfile::tempdir().unwrap();
    let run = load_test(arguments(&system, folder.path(), "5"));
    let outage = async {
        votes_are_counted(&system).await;
        system.production_frontend.kill();
    };
    assert!(!tokio::join!(run, outage).0.unwrap());
    let (report, page) = report(folder.path());
    assert_eq!((&report["accepted"], &report["counted"]), (&500.into(), &Value::Null), "{report}");
    assert!(page.contains("NOBODY KNOWS WHETHER 500 ACCEPTED VOTES WERE COUNTED"), "{page}");
    assert_eq!((&report["closed"], &report["passed"]), (&false.into(), &false.into()), "{report}");
    assert!(page.contains("THE PAREDÃO COULD NOT BE CLOSED"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_test_that_cannot_begin_leaves_no_paredao_open() {
    let system = System::start(&Plan { captcha: "altcha", ..Plan::shared() }).await;
    let folder = tempfile::tempdir().unwrap();
    let with_keys = |keys: &str| {
        let mut arguments = arguments(&system, folder.path(), "2");
        arguments.extend(["--ballot-keys".to_owned(), keys.to_owned()]);
        arguments
    };
    std::fs::write(folder.path().join("report.json"), "an earlier one").unwrap();
    let foreign = "test:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let refused = load_test(with_keys(foreign)).await.unwrap_err().to_string();
    assert_eq!(refused, "BALLOT_KEYS aren't the deployment's");
    assert_eq!(closed_paredoes(&system).await, 0, "keys are looked at before there is a paredão");
    let refused = load_test(with_keys(&system.ballot_keys)).await.unwrap_err().to_string();
    assert!(refused.contains("asks for a captcha"), "{refused}");
    assert_eq!(closed_paredoes(&system).await, 1);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "an earlier report is still there");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_load_test_reports_and_closes_its_paredao() {
    let system = System::start(&Plan::shared()).await;
    let folder = tempfile::tempdir().unwrap();
    let program = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("load-test");
    let arguments = arguments(&system, folder.path(), "600");
    let mut run = Program(Command::new(program).args(&arguments[1..]).spawn().expect("the workspace is built"));
    votes_are_counted(&system).await;
    assert!(Command::new("kill").args(["-INT", &run.0.id().to_string()]).status().unwrap().success());
    let ended = tokio::time::timeout(END_PATIENCE, run.end()).await.expect("it ends soon");
    assert_eq!(ended.code(), Some(1));
    let (report, page) = report(folder.path());
    assert_eq!((&report["interrupted"], &report["due"]), (&true.into(), &60_000.into()), "{report}");
    assert!(report["unsent"].as_u64().unwrap() > 0, "{report}");
    assert!(page.contains("INTERRUPTED"), "{page}");
    assert_eq!(closed_paredoes(&system).await, 1);
}

#[test]
fn an_address_needs_a_scheme() {
    let deployment = ["--voters", "localhost:8080", "--production", "http://localhost:8081", "--token", "t"];
    let refused = Cli::try_parse_from(["load-test", "smoke"].iter().chain(&deployment)).unwrap_err().to_string();
    assert!(refused.contains("it must begin with http:// or https://"), "{refused}");
}
