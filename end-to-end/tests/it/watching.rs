//! What rules and dashboards read, beside what the services say of themselves.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use end_to_end::{Plan, System};
use reqwest::{Client, StatusCode};
use test_support::PATIENCE;

/// A program that checks the manifests too, in the environment that is made for it.
const CHECK: &str = "k8s/checks/watching.py";
const LOOK_EVERY: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_that_is_watched_exists() {
    let system = System::start(&Plan::shared()).await;
    let paredao = system.open_paredao("final").await;
    let ballot = system.voters.ballot("final", paredao.participants[0]).await;
    assert_eq!(system.voters.cast(&ballot).await.unwrap().status, StatusCode::ACCEPTED);
    system.settle().await;

    // What is measured only while somebody looks.
    system.production.totals("final", "granularity=minute").await;
    let live = format!("{}/api/v1/paredoes/final/live", system.production.url);
    let mut stream = Client::new().get(live).bearer_auth(&system.production.token).send().await.unwrap();
    stream.chunk().await.unwrap();

    // A register tells now and then how far behind it is.
    let missing = Mutex::new(String::new());
    let told = tokio::time::timeout(PATIENCE, async {
        while let Err(names) = ask(&system).await {
            *missing.lock().unwrap() = names;
            tokio::time::sleep(LOOK_EVERY).await;
        }
    });
    assert!(told.await.is_ok(), "{}", missing.into_inner().unwrap());
}

/// Asks all services; what is watched, but told by none of them, is the error.
async fn ask(system: &System) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let services = [&system.frontend, &system.production_frontend, &system.aggregator, &system.registers[0]];
    for (number, service) in services.into_iter().enumerate() {
        fs::write(folder.path().join(format!("{number}.prom")), service.metrics().await).unwrap();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let python = root.join(".dev/python/bin/python");
    assert!(python.exists(), "run `cargo xtask manifests` first, which `cargo xtask test` does");
    let output = Command::new(python).arg(root.join(CHECK)).arg(folder.path()).output().unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}
