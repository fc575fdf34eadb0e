//! A running service for a test, and what tests ask of it.

use std::time::Duration;

use jiff::Timestamp;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, Message};
use rdkafka::{Offset, TopicPartitionList};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use test_support::{TestDatabase, eventually, fresh_database, fresh_topic};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use voters_frontend::clock::Clock;
use voters_frontend::options::{CaptchaArgs, Environment, Options, Provider};
use voting_commons::adapters::admin::AdminArgs;
use voting_commons::adapters::edge::EdgeArgs;
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::adapters::postgres::PostgresArgs;
use voting_commons::adapters::secret::Secret;
use voting_commons::adapters::telemetry::{LogArgs, LogFormat};
use voting_commons::adapters::traces::TracesArgs;

pub(crate) const PARTITIONS: i32 = 12;
/// The paredão that [`seed`] makes.
pub(crate) const SLUG: &str = "paredao-1";
pub(crate) const KEY: &str = "test:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// A running service, its clients and its surroundings.
pub(crate) struct Service {
    pub(crate) url: String,
    pub(crate) admin_url: String,
    pub(crate) client: Client,
    pub(crate) kafka: KafkaArgs,
    shutdown: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
}

/// Options for a service without a captcha.
pub(crate) fn options(kafka: &KafkaArgs, postgres: &PostgresArgs) -> Options {
    let any = "127.0.0.1:0".parse().unwrap();
    Options {
        listen: any,
        admin: AdminArgs { admin_listen: any },
        kafka: kafka.clone(),
        postgres: postgres.clone(),
        logs: LogArgs { log_format: LogFormat::Text },
        traces: TracesArgs::default(),
        otel_traces_sampler_arg: 1.0,
        captcha: CaptchaArgs {
            captcha: Provider::Off,
            captcha_off_confirmed: Some("yes".to_owned()),
            altcha_key: None,
            altcha_prefix: "0".to_owned(),
            hcaptcha_site_key: None,
            hcaptcha_secret: None,
            hcaptcha_verify_url: "http://127.0.0.1:1/siteverify".to_owned(),
            hcaptcha_host: None,
        },
        ballot_keys: Secret::from(KEY.to_owned()),
        environment: Environment::Dev,
        queue_votes_max: 1_000,
        live_streams_max: 100,
        requests_max: 1_000,
        edge: EdgeArgs::default(),
        cookie_secure: false,
        public_url: Some("https://votacao.example".parse().unwrap()),
        clock: Clock::System,
    }
}

impl Service {
    /// A service of default options on a fresh topic and a fresh database with an open paredão.
    pub(crate) async fn fresh() -> (Self, TestDatabase) {
        Self::fresh_with(|_| ()).await
    }

    /// The same with other options.
    pub(crate) async fn fresh_with(change: impl FnOnce(&mut Options)) -> (Self, TestDatabase) {
        let (kafka, database) = (fresh_topic(PARTITIONS).await, fresh_database().await);
        seed(&database.pool).await;
        let mut options = options(&kafka, &database.as_service("voters-frontend"));
        change(&mut options);
        (Self::start(options).await, database)
    }

    /// Starts a service and waits until it is ready.
    pub(crate) async fn start(options: Options) -> Self {
        let service = Self::start_unready(options).await;
        eventually("the service is ready", async || service.is_ready().await.then_some(())).await;
        service
    }

    pub(crate) async fn start_unready(options: Options) -> Self {
        let listen = async || TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (public, admin) = (listen().await, listen().await);
        let url = format!("http://{}", public.local_addr().unwrap());
        let admin_url = format!("http://{}", admin.local_addr().unwrap());
        let (kafka, shutdown) = (options.kafka.clone(), CancellationToken::new());
        let running = tokio::spawn(voters_frontend::run(public, admin, options, shutdown.clone()));
        Self { url, admin_url, client: Client::new(), kafka, shutdown, running }
    }

    /// Asks it to stop, as SIGTERM does, and gives what its run returned.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.shutdown.cancel();
        self.running.await.unwrap()
    }

    pub(crate) fn begin_to_stop(&self) {
        self.shutdown.cancel();
    }

    pub(crate) async fn is_ready(&self) -> bool {
        let answer = self.client.get(format!("{}/readyz", self.admin_url)).send().await;
        answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
    }

    pub(crate) async fn readiness(&self) -> String {
        self.client.get(format!("{}/readyz", self.admin_url)).send().await.unwrap().text().await.unwrap()
    }

    pub(crate) async fn metrics(&self) -> String {
        self.client.get(format!("{}/metrics", self.admin_url)).send().await.unwrap().text().await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.url)).send().await.unwrap()
    }

    /// The same as a browser that sends `cookie`.
    pub(crate) async fn get_with(&self, path: &str, cookie: &str) -> Response {
        self.client.get(format!("{}{path}", self.url)).header("cookie", cookie).send().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::read(self.client.post(format!("{}{path}", self.url)).json(body).send().await.unwrap()).await
    }

    /// Asks for a ballot for the first participant of [`SLUG`].
    pub(crate) async fn ballot(&self) -> Value {
        let answer = self.ask_ballot(SLUG, 1).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body
    }

    pub(crate) async fn ask_ballot(&self, slug: &str, participant: i64) -> Answer {
        self.post("/api/v1/ballots", &json!({"paredao": slug, "participant": participant})).await
    }

    pub(crate) async fn cast(&self, ballot: &Value, captcha: &str) -> Answer {
        self.post("/api/v1/votes", &json!({"ballot": ballot["ballot"], "captcha": captcha})).await
    }
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) async fn read(response: Response) -> Self {
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (content_type, retry_after) = (header("content-type").unwrap_or_default(), header("retry-after"));
        let status = response.status().as_u16();
        let body = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or(Value::Null);
        Self { status, content_type, retry_after, body }
    }

    /// Asserts that this is problem details of a kind.
    #[track_caller]
    pub(crate) fn assert_problem(&self, status: u16, name: &str) {
        assert_eq!(self.body["type"], format!("/problems/{name}"), "{self:?}");
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.body["status"], status, "{self:?}");
        assert_eq!(self.content_type, "application/problem+json");
        assert_eq!(self.retry_after.is_some(), matches!(status, 429 | 503), "{self:?}");
    }
}

/// An open paredão with three participants, and beside it one that is scheduled, one closed, and a draft.
pub(crate) async fn seed(pool: &PgPool) {
    sqlx::raw_sql(
        "INSERT INTO photo VALUES (repeat('ab', 32), 'image/png', 'not really a picture');
         INSERT INTO paredao (slug, title, opens_at, closes_at) VALUES
             ('paredao-1', 'Paredão um', date_trunc('minute', now() - interval '1 hour'), NULL),
             ('scheduled', 'Paredão dois', date_trunc('minute', now() + interval '1 hour'), NULL),
             ('closed', 'Paredão três', '2026-01-01T00:00Z', '2026-01-02T00:00Z'),
             ('draft', 'Rascunho', NULL, NULL);
         INSERT INTO participant (paredao, name, position, photo) VALUES
             (1, 'Ana', 1, repeat('ab', 32)), (1, 'Bia', 2, NULL), (1, 'Caio', 3, NULL),
             (2, 'Duda', 1, NULL), (3, 'Edu', 1, NULL)",
    )
    .execute(pool)
    .await
    .unwrap();
}

/// Sets when [`SLUG`] closes, a whole minute, and waits until `service` knows.
pub(crate) async fn close_at(service: &Service, pool: &PgPool, closes_at: Timestamp) {
    let text = closes_at.to_string();
    sqlx::query("UPDATE paredao SET closes_at = $1::text::timestamptz WHERE slug = $2")
        .bind(&text)
        .bind(SLUG)
        .execute(pool)
        .await
        .unwrap();
    eventually("the closing is known", async || {
        let paredoes: Value = service.get("/api/v1/paredoes").await.json().await.unwrap();
        paredoes.as_array()?.iter().find(|paredao| paredao["closes_at"] == text.as_str()).map(|_| ())
    })
    .await;
}

/// A record of the topic.
#[derive(Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) partition: i32,
    pub(crate) key: String,
    pub(crate) value: Value,
    /// The names of its headers.
    pub(crate) headers: Vec<String>,
}

/// All that lies in the topic now.
pub(crate) async fn records(kafka: &KafkaArgs) -> Vec<Record> {
    let kafka = kafka.clone();
    tokio::task::spawn_blocking(move || read_records(&kafka)).await.unwrap()
}

fn read_records(kafka: &KafkaArgs) -> Vec<Record> {
    let consumer: BaseConsumer = kafka.client_config("test").set("group.id", "test").create().unwrap();
    let topic = kafka.kafka_topic.as_str();
    let metadata = consumer.fetch_metadata(Some(topic), READ_TIMEOUT).unwrap();
    let mut assignment = TopicPartitionList::new();
    let mut left = 0;
    for partition in metadata.topics()[0].partitions() {
        assignment.add_partition_offset(topic, partition.id(), Offset::Beginning).unwrap();
        let (first, end) = test_support::watermarks(&consumer, topic, partition.id());
        left += end - first;
    }
    consumer.assign(&assignment).unwrap();
    (0..left)
        .map(|_| {
            let message = consumer.poll(READ_TIMEOUT).expect("a record is there").unwrap();
            Record {
                partition: message.partition(),
                key: String::from_utf8(message.key().unwrap().to_vec()).unwrap(),
                value: serde_json::from_slice(message.payload().unwrap()).unwrap(),
                headers: message
                    .headers()
                    .into_iter()
                    .flat_map(|all| all.iter())
                    .map(|one| one.key.to_owned())
                    .collect(),
            }
        })
        .collect()
}
