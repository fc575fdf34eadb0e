//! What rules and dashboards read, beside what the services say of themselves.

use std::fs;
use std::path::Path;
use std::process::Command;

use end_to_end::{Plan, System};
use reqwest::StatusCode;
use test_support::eventually;

/// A program that checks the manifests too, in the environment that is made for it.
const CHECK: &str = "k8s/checks/watching.py";

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_that_is_watched_exists() {
    let system = System::start(&Plan::shared()).await;
    let paredao = system.production.open_paredao("final").await;
    eventually("the paredão to be open", async || system.voters.knows("final").await.then_some(())).await;
    let ballot = system.voters.ballot("final", paredao.participants[0]).await;
    assert_eq!(system.voters.cast(&ballot).await.unwrap().status, StatusCode::ACCEPTED);
    system.settle().await;

    let folder = tempfile::tempdir().unwrap();
    let services = [&system.frontend, &system.production_frontend, &system.aggregator, &system.registers[0]];
    for (number, service) in services.into_iter().enumerate() {
        fs::write(folder.path().join(format!("{number}.prom")), service.metrics().await).unwrap();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let python = root.join(".dev/python/bin/python");
    assert!(python.exists(), "run `cargo xtask manifests` first, which `cargo xtask test` does");
    let output = Command::new(python).arg(root.join(CHECK)).arg(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
