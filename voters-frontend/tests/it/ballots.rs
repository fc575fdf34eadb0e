//! Ballots: issued, cast, written where they belong, and once.

use jiff::Timestamp;
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions};
use rdkafka::client::DefaultClientContext;
use serde_json::{Value, json};
use test_support::eventually;

use crate::support::{PARTITIONS, SLUG, Service, records};

#[tokio::test]
async fn a_vote_lies_in_its_own_partition_under_its_key() {
    let (service, _database) = Service::fresh().await;
    let ballot = service.ballot().await;
    assert_eq!(ballot["captcha"], json!({"provider": "off"}));
    let vote = service.cast(&ballot, "").await;
    assert_eq!(vote.status, 202, "{vote:?}");
    assert_eq!((&vote.body["paredao"], &vote.body["participant"]), (&json!(SLUG), &json!(1)));

    let minute: Timestamp = vote.body["minute"].as_str().unwrap().parse().unwrap();
    let key = format!("1:1:{}", minute.as_second() / 60);
    let partition = voting_commons::partitioner::partition_of(key.as_bytes(), PARTITIONS);
    let [record] = &records(&service.kafka).await[..] else { panic!("one record") };
    assert_eq!((&record.key, record.partition), (&key, partition));
    assert_eq!(record.value["ballot"], vote.body["receipt"]);
    assert_eq!(record.value["partition"], partition);
    service.stop().await.unwrap();
}

#[tokio::test]
async fn a_ballot_cast_again_gets_the_same_receipt_and_no_second_record() {
    let (service, _database) = Service::fresh().await;
    let ballot = service.ballot().await;
    let together = tokio::join!(service.cast(&ballot, ""), service.cast(&ballot, ""), service.cast(&ballot, ""));
    let later = service.cast(&ballot, "").await;
    assert_eq!(later.status, 202);
    for answer in [together.0, together.1, together.2] {
        assert_eq!((answer.status, &answer.body), (202, &later.body));
    }
    assert_eq!(records(&service.kafka).await.len(), 1);
}

#[tokio::test]
async fn a_retry_after_the_partition_count_changed_lands_in_the_same_partition() {
    let (service, database) = Service::fresh().await;
    let ballot = service.ballot().await;
    let first = service.cast(&ballot, "").await;

    let admin: AdminClient<DefaultClientContext> = service.kafka.client_config("test").create().unwrap();
    let more = NewPartitions::new(&service.kafka.kafka_topic, 24);
    admin.create_partitions([&more], &AdminOptions::new()).await.unwrap().remove(0).unwrap();

    // A frontend that never saw the ballot, and knows only the new count.
    let mut other_options = crate::support::options(&service.kafka, &database.as_service("voters-frontend"));
    other_options.queue_votes_max = 10;
    let other = Service::start(other_options).await;
    let second = other.cast(&ballot, "").await;
    assert_eq!((second.status, &second.body), (202, &first.body));
    let written = records(&service.kafka).await;
    assert_eq!(written.len(), 2);
    assert_eq!(written[0], written[1]);
}

#[tokio::test]
async fn the_api_describes_itself_without_any_other_site() {
    let (service, _database) = Service::fresh().await;
    let api: Value = service.get("/api/openapi.json").await.json().await.unwrap();
    for path in ["/api/v1/paredoes", "/api/v1/ballots", "/api/v1/votes"] {
        assert!(api["paths"][path].is_object(), "{path}");
    }
    for path in ["state", "panorama", "live", "live/public"].map(|path| format!("/api/v1/paredoes/{{slug}}/{path}")) {
        assert!(api["paths"][&path].is_object(), "{path}");
    }
    let docs = service.get("/api/docs/").await;
    assert_eq!(docs.status(), 200);
    assert!(!docs.text().await.unwrap().contains("https://"), "nothing from a CDN");
}

#[tokio::test]
async fn paredoes_are_listed_with_their_status_and_pictures() {
    let (service, database) = Service::fresh().await;
    let paredoes: Value = service.get("/api/v1/paredoes").await.json().await.unwrap();
    let listed: Vec<_> =
        paredoes.as_array().unwrap().iter().map(|one| (one["slug"].as_str().unwrap(), &one["status"])).collect();
    assert_eq!(listed, [(SLUG, &json!("open")), ("scheduled", &json!("scheduled")), ("closed", &json!("closed"))]);
    let ana = &paredoes[0]["participants"][0];
    assert_eq!((&ana["id"], &ana["name"]), (&json!(1), &json!("Ana")));

    let photo = service.get(ana["photo_url"].as_str().unwrap()).await;
    assert_eq!(photo.headers()["content-type"], "image/png");
    assert!(photo.headers()["cache-control"].to_str().unwrap().contains("immutable"));
    assert_eq!(photo.text().await.unwrap(), "not really a picture");
    drop(database);
}

#[tokio::test]
async fn the_panorama_shows_what_the_aggregator_wrote() {
    let (service, database) = Service::fresh().await;
    let path = format!("/api/v1/paredoes/{SLUG}/panorama");
    let text = service.get(&path).await.text().await.unwrap();
    let before: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&before["revision"], &before["as_of"]), (&json!(0), &Value::Null));
    assert_eq!(text.matches(r#""percent":0.00"#).count(), 3, "{text}");

    sqlx::raw_sql(
        "INSERT INTO panorama VALUES (1, 7, '2026-11-21T12:00:00Z', 3);
         INSERT INTO panorama_share VALUES (1, 1, 1, 3334), (1, 2, 1, 3333), (1, 3, 1, 3333)",
    )
    .execute(&database.pool)
    .await
    .unwrap();
    let text = eventually("the panorama is read", async || {
        let text = service.get(&path).await.text().await.unwrap();
        text.contains(r#""revision":7"#).then_some(text)
    })
    .await;
    assert_eq!(
        text,
        r#"{"revision":7,"as_of":"2026-11-21T12:00:00Z","participants":[{"id":1,"name":"Ana","percent":33.34},"#
            .to_owned()
            + r#"{"id":2,"name":"Bia","percent":33.33},{"id":3,"name":"Caio","percent":33.33}]}"#
    );
}
