//! A result from its votes to a package that anybody can check: counted, final, proposed by one, confirmed by another.

use std::process::Command;
use std::time::{Duration, Instant};

use end_to_end::{PASSWORD, Plan, System};
use jiff::Timestamp;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::util::Timeout;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use voting_commons::window::{self, WINDOW_MILLIS};
use voting_commons::{BallotId, Group, Minute, Shard, UnixMillis, Vote, codec};

/// Votes before the closing.
const VOTES: u64 = 30;
/// The shortest time that is left for them to be counted before they are late, in milliseconds.
const TIME_TO_COUNT_MILLIS: i64 = 10_000;
/// The longest that a count takes to be final: what is left of the window, a minute at most, and a look of everybody.
const FINAL_PATIENCE: Duration = Duration::from_secs(150);

#[tokio::test(flavor = "multi_thread")]
async fn a_result_is_counted_final_published_by_two_and_genuine() {
    let system = System::start(&Plan::shared()).await;
    let paredao = system.open_paredao("final").await;
    // It opened long ago, and its window ends within a minute: votes of then come as a frontend would have written them.
    let minute = minute_about_to_be_late();
    cast_in(&system, minute, paredao.participants[0]).await;
    let ballot = system.voters.ballot("final", paredao.participants[1]).await;
    assert_eq!(system.voters.cast(&ballot).await.unwrap().status, StatusCode::ACCEPTED);
    sqlx::query("UPDATE paredao SET opens_at = to_timestamp($1::bigint) - interval '1 hour', closes_at = to_timestamp($1::bigint)")
        .bind(minute.end().0 / 1000)
        .execute(&system.database.pool)
        .await
        .unwrap();
    assert_eq!(finality(&system).await["state"], "window");
    wait_until_final(&system).await;

    let (first, second) = (director(&system, "ana").await, director(&system, "bia").await);
    let proposal = publish(&first, &system, "propose", &json!({})).await;
    let result = &proposal["proposal"]["result"];
    assert_eq!((&result["total"], &result["after_closing"]), (&json!(VOTES), &json!(1)));
    let confirmation = json!({"counted_sha256": result["counted_sha256"]});
    let published = publish(&second, &system, "confirm", &confirmation).await;
    assert_eq!(published["published"]["signed"]["confirmed_by"], "bia");
    assert!(verify(&system, |_| ()).await.starts_with("genuine, and so is its CSV: \"Quem sai?\" (final), 30 votes"));
    let forged = verify(&system, |json| *json = json.replace("\"total\":30", "\"total\":31")).await;
    assert!(forged.starts_with("production-frontend: NOT genuine"), "{forged}");
}

/// The minute whose votes are late soonest, but not sooner than they can be counted.
fn minute_about_to_be_late() -> Minute {
    let late = UnixMillis::from(Timestamp::now()).plus(TIME_TO_COUNT_MILLIS - WINDOW_MILLIS);
    let minute = late.minute().unwrap();
    assert!(window::closes(minute) > UnixMillis::from(Timestamp::now()));
    minute
}

async fn cast_in(system: &System, minute: Minute, participant: i64) {
    let paredao: i32 = sqlx::query_scalar("SELECT id FROM paredao").fetch_one(&system.database.pool).await.unwrap();
    let paredao = i64::from(paredao).try_into().unwrap();
    let group = Group { paredao, minute, participant: participant.try_into().unwrap() };
    let producer: FutureProducer = system.kafka.client_config("test").create().unwrap();
    for sequence in 0..VOTES {
        let vote = Vote { ballot: BallotId { issuer: 1, sequence }, group, shard: Shard::default(), partition: 0 };
        let (key, value) = codec::encode(&vote);
        let record = FutureRecord::to(&system.kafka.kafka_topic).partition(0).key(&key).payload(&value);
        producer.send(record, Timeout::Never).await.unwrap();
    }
}

async fn finality(system: &System) -> Value {
    system.production.get("/api/v1/paredoes/final/finality").await.body
}

async fn wait_until_final(system: &System) {
    let began = Instant::now();
    loop {
        let finality = finality(system).await;
        if finality["state"] == "final" {
            return;
        }
        assert!(began.elapsed() < FINAL_PATIENCE, "{finality}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn director(system: &System, name: &str) -> Client {
    system.add_director(name);
    let browser = Client::builder().cookie_store(true).build().unwrap();
    let form = [("name", name), ("password", PASSWORD)];
    let response = browser.post(format!("{}/entrar", system.production.url)).form(&form).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{name} signs in");
    browser
}

async fn publish(person: &Client, system: &System, verb: &str, body: &Value) -> Value {
    let url = format!("{}/api/v1/paredoes/final/publication/{verb}", system.production.url);
    let response = person.post(url).json(body).send().await.unwrap();
    let status = response.status();
    let body: Value = response.json().await.unwrap();
    assert_eq!(status, StatusCode::OK, "{verb}: {body}");
    body
}

/// What the command says of the published files, once the JSON was changed.
async fn verify(system: &System, change: impl Fn(&mut String)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let keys: Value =
        reqwest::get(format!("{}/api/v1/result-keys", system.production.url)).await.unwrap().json().await.unwrap();
    std::fs::write(folder.path().join("key.pem"), keys[0]["public_key"].as_str().unwrap()).unwrap();
    for name in ["result.json", "result.json.sig", "result.csv"] {
        let mut bytes = system.production.download(&format!("/api/v1/paredoes/final/{name}")).await;
        if name == "result.json" {
            let mut text = String::from_utf8(bytes).unwrap();
            change(&mut text);
            bytes = text.into_bytes();
        }
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    // Without the system's environment: who checks a result has no database.
    let mut command = Command::new(end_to_end::program("production-frontend"));
    command.args(["verify-result", "result.json", "result.csv", "--key", "key.pem"]).current_dir(folder.path());
    let output = command.env_remove("DATABASE_URL").output().unwrap();
    let said = if output.status.success() { output.stdout } else { output.stderr };
    String::from_utf8(said).unwrap()
}
