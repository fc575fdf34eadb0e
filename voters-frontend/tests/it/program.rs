//! The program itself: its environment, its exit code, SIGTERM.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use test_support::{eventually, fresh_database, fresh_topic};

use crate::support::{PARTITIONS, seed};

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_voters-frontend"));
    command.arg("serve").env_clear().stderr(Stdio::piped()).stdout(Stdio::null());
    command.env("BALLOT_KEYS", "test:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=");
    command
}

/// An address that nobody listens on.
fn free() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

async fn said(child: Child) -> (bool, String) {
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[tokio::test]
async fn is_ready_with_its_environment_and_ends_well_on_sigterm() {
    let (kafka, database, admin) = (fresh_topic(PARTITIONS).await, fresh_database().await, free());
    seed(&database.pool).await;
    let child = program()
        .env("LISTEN", free())
        .env("ADMIN_LISTEN", &admin)
        .env("KAFKA_BROKERS", &kafka.kafka_brokers)
        .env("KAFKA_TOPIC", &kafka.kafka_topic)
        .env("DATABASE_URL", database.as_service("voters-frontend").database_url)
        .env("ALTCHA_KEY", "a key that nobody may read")
        .spawn()
        .unwrap();
    eventually("the program is ready", async || {
        let answer = reqwest::get(format!("http://{admin}/readyz")).await.ok()?;
        answer.status().is_success().then_some(())
    })
    .await;
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    let (success, log) = said(child).await;
    assert!(success, "{log}");
    assert!(!log.contains("nobody may read") && !log.contains("AQEBAQ"), "{log}");
}

#[tokio::test]
async fn no_captcha_without_confirmation_is_refused_in_one_sentence() {
    let child = program()
        .env("LISTEN", "127.0.0.1:0")
        .env("ADMIN_LISTEN", "127.0.0.1:0")
        .env("KAFKA_BROKERS", "127.0.0.1:1")
        .env("DATABASE_URL", "postgres://127.0.0.1:1/nowhere")
        .env("CAPTCHA", "off")
        .spawn()
        .unwrap();
    let (success, log) = said(child).await;
    assert!(!success);
    assert!(log.contains("CAPTCHA_OFF_CONFIRMED=yes") && log.trim().lines().count() == 1, "{log}");
}

#[test]
fn its_help_shows_no_secret() {
    let output = program().arg("--help").env("ALTCHA_KEY", "a key that nobody may read").output();
    let help = String::from_utf8(output.unwrap().stdout).unwrap();
    assert!(!help.contains("nobody may read") && !help.contains("AQEBAQ"), "{help}");
}
