//! The commands besides `serve`, as an operator or a script runs them.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use reqwest::StatusCode;
use test_support::TestDatabase;
use voting_commons::adapters::postgres::PostgresArgs;

use crate::support::{Service, browser, sign_in};

fn run(database: &TestDatabase, arguments: &[&str], input: &str) -> Output {
    run_with(&database.as_service("production-frontend"), arguments, input)
}

fn run_with(postgres: &PostgresArgs, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_production-frontend"))
        .args(arguments)
        .env("DATABASE_URL", &postgres.database_url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[tokio::test]
async fn a_user_is_added_and_updated_from_standard_input() {
    let service = Service::start().await;
    for password in ["a primeira", "a segunda"] {
        let output = run(&service.database, &["user", "add", "--name", "maria"], &format!("{password}\n"));
        assert!(output.status.success());
        assert_eq!(sign_in(&browser(), &service.url, "maria", password).await.status(), StatusCode::SEE_OTHER);
    }
    let old = sign_in(&browser(), &service.url, "maria", "a primeira").await;
    assert_eq!(old.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_is_all_that_is_printed_and_replaces_the_one_before() {
    let service = Service::start().await;
    let list = format!("{}/api/v1/paredoes", service.url);
    let status = async |token: &str| browser().get(&list).bearer_auth(token).send().await.unwrap().status();
    let add = || {
        let output = run(&service.database, &["token", "add", "--name", "robo"], "");
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let first = add();
    assert_eq!(first.lines().count(), 1);
    assert_eq!(status(first.trim()).await, StatusCode::OK);
    let second = add();
    assert_eq!(status(second.trim()).await, StatusCode::OK);
    assert_eq!(status(first.trim()).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_failing_command_says_one_sentence() {
    let service = Service::start().await;
    let output = run(&service.database, &["user", "add", "--name", "maria"], "curta\n");
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, "production-frontend: the password must have 8 to 1024 bytes\n");
    assert!(run(&service.database, &["user", "add", "--name", "maria"], "uma senha\n").status.success());
    let output = run(&service.database, &["user", "add", "--name", "Maria"], "outra senha\n");
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, "production-frontend: \"Maria\" looks like a name that is there already, and isn't the same\n");
    assert!(run_with(&service.database.args, &["migrate"], "").status.success(), "a second time too");
    assert!(!run(&service.database, &["migrate"], "").status.success(), "the service itself may not");
}
