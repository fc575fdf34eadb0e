//! Who may do what, where everybody must sign in: `docs/access.md` says it, and here it is tried.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use dev_stack::keyring::{Keyring, MIGRATIONS, SERVICES};
use end_to_end::{GuardedKafka, GuardedPostgres, System, program};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::util::Timeout;
use rdkafka::{Offset, TopicPartitionList};
use reqwest::StatusCode;
use sqlx::{Connection as _, PgConnection, PgPool, Row as _};
use tempfile::TempDir;
use test_support::eventually;
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::adapters::postgres::{self, PostgresArgs};

const DOCUMENT: &str = include_str!("../../../docs/access.md");
const BALLOTS: usize = 100;
const TOPICS: [&str; 2] = ["votes", "votes-accounts"];
/// The longest Kafka may take to let somebody in or to refuse them.
const KAFKA_PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn votes_count_where_everybody_must_sign_in() {
    let (_folder, keyring) = keyring();
    let (kafka, postgres) = (GuardedKafka::start(&keyring), GuardedPostgres::start(&keyring));
    let system = System::start_guarded(&kafka, &postgres).await;
    let paredao = system.open_paredao("final").await;
    for index in 0..BALLOTS {
        let ballot = system.voters.ballot("final", paredao.participants[index % 3]).await;
        for _ in 0..2 {
            let answer = system.voters.cast(&ballot).await.unwrap();
            assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
        }
    }
    system.settle().await;
    let totals = system.production.totals("final", "granularity=minute").await;
    assert_eq!(totals.body["total"], BALLOTS, "{totals:?}");
    eventually("the panorama to show them", async || {
        let panorama = system.voters.panorama("final").await.body;
        (panorama["participants"][0]["percent"] == 34.0).then_some(())
    })
    .await;
    eventually("the reconciliation to be green", async || {
        let verdict = system.production.get("/api/v1/reconciliation").await.body;
        (verdict["state"] == "green").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kafka_lets_in_whom_it_knows_and_nobody_does_more_than_their_part() {
    let (_folder, keyring) = keyring();
    let guarded = GuardedKafka::start(&keyring);
    guarded.as_user(MIGRATIONS).create_topic(1, 1).await.expect("the migrations make topics");
    answers(guarded.as_user("votes-register")).await.expect("who signs in is answered");
    for stranger in [
        guarded.as_stranger(),
        guarded.with("votes-register", "a guess"),
        guarded.with("production-frontend", &keyring.password("production-frontend").unwrap()),
    ] {
        let refused = answers(stranger).await;
        assert!(refused.is_err(), "a stranger was answered: {refused:?}");
    }

    let all = SERVICES.into_iter().filter(|service| *service != "production-frontend").chain([MIGRATIONS]);
    for user in all {
        let kafka = guarded.as_user(user);
        for topic in TOPICS {
            may(user, "Write", topic, produce(&kafka, topic).await);
        }
    }
    // Now there is something to read.
    for user in ["voters-frontend", "votes-register", "votes-aggregator", MIGRATIONS] {
        let kafka = guarded.as_user(user);
        for topic in TOPICS {
            may(user, "Read", topic, blocking(&kafka, move |kafka| read(kafka, topic)).await);
        }
        for group in ["votes-register", "votes-register-reader"] {
            may(user, "Read", group, blocking(&kafka, move |kafka| join(kafka, group)).await);
        }
        may(user, "Create", "others", make_topic(&kafka).await);
        may(user, "Delete", "votes", delete_topic(&kafka).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_lets_in_whom_it_knows_and_nobody_does_more_than_their_part() {
    let (_folder, keyring) = keyring();
    let guarded = GuardedPostgres::start(&keyring);
    let owner = pool(&guarded.as_role(MIGRATIONS));
    postgres::migrate(&owner).await.unwrap();
    postgres::grant_rights(&owner).await.unwrap();
    postgres::grant_rights(&owner).await.expect("giving them again changes nothing");
    assert_eq!(documented(), granted(&owner).await, "docs/access.md and the database differ");

    for service in SERVICES {
        let own = guarded.as_role(service);
        pool(&own).acquire().await.expect("who signs in is let in");
        let over_nothing = PostgresArgs::open(format!("{}?sslmode=disable", own.database_url));
        for stranger in [guarded.with(service, "a guess"), guarded.with("somebody", "a guess"), over_nothing] {
            let refused = PgConnection::connect_with(&pool(&stranger).connect_options()).await.unwrap_err();
            assert_eq!(code(&refused), "28", "{service}: {refused}");
        }
        for beyond in [
            "TRUNCATE bucket",
            "CREATE TABLE mine ()",
            "ALTER TABLE audit DISABLE TRIGGER ALL",
            "DELETE FROM audit",
            "SELECT * FROM _sqlx_migrations",
            "SELECT pg_read_file('postgresql.conf')",
            "SET ROLE migrations",
        ] {
            let refused = sqlx::query(beyond).execute(&pool(&own)).await.expect_err(beyond);
            assert_eq!(code(&refused), "42", "{service}: {beyond}: {refused}");
        }
    }
}

#[test]
fn neither_help_nor_errors_nor_logs_show_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let hidden = folder.path().join("hidden");
    std::fs::write(&hidden, "postgres://somebody:hidden@127.0.0.1:1/x").unwrap();
    let hidden = hidden.to_str().unwrap();
    let nowhere = [("KAFKA_BROKERS", "127.0.0.1:1"), ("ADMIN_LISTEN", "127.0.0.1:0"), ("LISTEN", "127.0.0.1:0")];
    let secrets = [
        ("KAFKA_USER", "somebody"),
        ("KAFKA_CA", "/nowhere"),
        ("KAFKA_PASSWORD", "hidden"),
        ("BALLOT_KEYS", "hidden"),
        ("ALTCHA_KEY", "hidden"),
        ("HCAPTCHA_SECRET", "hidden"),
        ("PRODUCTION_TOKEN", "hidden"),
    ];
    for (name, arguments) in [
        ("voters-frontend", &["serve"][..]),
        ("votes-register", &["create-topic"]),
        ("votes-register", &["partitions"]),
        ("votes-aggregator", &["once"]),
        ("production-frontend", &["migrate"]),
        ("load-test", &["smoke"]),
    ] {
        for help in [false, true] {
            let mut command = Command::new(program(name));
            command.args(arguments).args(help.then_some("--help")).env_clear();
            command.envs(nowhere).envs(secrets).env("DATABASE_URL_FILE", hidden).env("RUST_LOG", "trace");
            let output = command.output().expect("the workspace is built");
            let said =
                format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert_eq!(output.status.success(), help, "{name} {arguments:?} said {said}");
            assert!(
                !said.is_empty() && !said.replace(hidden, "").contains("hidden"),
                "{name} {arguments:?} said {said}"
            );
        }
    }
}

fn keyring() -> (TempDir, Keyring) {
    let folder = tempfile::tempdir().unwrap();
    let keyring = Keyring::open(&folder.path().join("keys")).unwrap();
    (folder, keyring)
}

/// Holds what came of a try against the document.
fn may(user: &str, operation: &str, name: &str, outcome: Result<(), KafkaError>) {
    let row = format!("| `{user}` | {operation} |");
    let is_allowed = DOCUMENT.lines().any(|line| line.starts_with(&row) && line.contains(&format!("`{name}`")));
    match outcome {
        Ok(()) => assert!(is_allowed, "{user} may {operation} {name}"),
        Err(error) => {
            let refusals = [RDKafkaErrorCode::TopicAuthorizationFailed, RDKafkaErrorCode::GroupAuthorizationFailed];
            let code = if let KafkaError::AdminOp(code) = error { Some(code) } else { error.rdkafka_error_code() };
            let is_refusal = code.is_some_and(|code| refusals.contains(&code));
            assert!(!is_allowed && is_refusal, "{user}, {operation}, {name}: {error}");
        }
    }
}

/// Whether Kafka speaks with somebody at all.
async fn answers(kafka: KafkaArgs) -> Result<(), KafkaError> {
    blocking(&kafka, |kafka| {
        let client: BaseConsumer = kafka.client_config("test").create()?;
        client.fetch_metadata(Some("votes"), KAFKA_PATIENCE / 4).map(|_| ())
    })
    .await
}

async fn blocking(
    kafka: &KafkaArgs,
    ask: impl FnOnce(&KafkaArgs) -> Result<(), KafkaError> + Send + 'static,
) -> Result<(), KafkaError> {
    let kafka = kafka.clone();
    tokio::task::spawn_blocking(move || ask(&kafka)).await.unwrap()
}

async fn produce(kafka: &KafkaArgs, topic: &str) -> Result<(), KafkaError> {
    let producer: FutureProducer =
        kafka.client_config("test").set("message.timeout.ms", KAFKA_PATIENCE.as_millis().to_string()).create()?;
    let sent = producer.send(FutureRecord::to(topic).key("x").payload("x"), Timeout::Never).await;
    sent.map(|_| ()).map_err(|(error, _)| error)
}

/// The topic's first record.
fn read(kafka: &KafkaArgs, topic: &str) -> Result<(), KafkaError> {
    let mut config = kafka.client_config("test");
    let consumer: BaseConsumer = config.set("group.id", "votes-reconciliation").create()?;
    // Whoever may not even ask about it hears so at once here, and by polling after half a minute.
    let metadata = consumer.fetch_metadata(Some(topic), KAFKA_PATIENCE)?;
    if let Some(error) = metadata.topics().first().and_then(|topic| topic.error()) {
        return Err(KafkaError::MetadataFetch(error.into()));
    }
    let mut place = TopicPartitionList::new();
    place.add_partition_offset(topic, 0, Offset::Beginning)?;
    consumer.assign(&place)?;
    first(&consumer, |code| code == RDKafkaErrorCode::TopicAuthorizationFailed)
}

/// Becomes one of the group, and gets its share of the topic.
fn join(kafka: &KafkaArgs, group: &str) -> Result<(), KafkaError> {
    let mut config = kafka.client_config("test");
    let consumer: BaseConsumer = config.set("group.id", group).set("auto.offset.reset", "earliest").create()?;
    consumer.subscribe(&["votes"])?;
    first(&consumer, |_| true)
}

/// Waits for a record, or for a refusal of what was asked for.
fn first(consumer: &BaseConsumer, is_answer: impl Fn(RDKafkaErrorCode) -> bool) -> Result<(), KafkaError> {
    let start = Instant::now();
    loop {
        match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(_)) => return Ok(()),
            Some(Err(error)) if error.rdkafka_error_code().is_some_and(&is_answer) => return Err(error),
            other => assert!(start.elapsed() < KAFKA_PATIENCE, "Kafka neither answers nor refuses: {other:?}"),
        }
    }
}

async fn make_topic(kafka: &KafkaArgs) -> Result<(), KafkaError> {
    let topic = NewTopic::new("others", 1, TopicReplication::Fixed(1));
    let made = admin(kafka)?.create_topics([&topic], &AdminOptions::new()).await?;
    outcome(made)
}

async fn delete_topic(kafka: &KafkaArgs) -> Result<(), KafkaError> {
    outcome(admin(kafka)?.delete_topics(&["votes"], &AdminOptions::new()).await?)
}

fn admin(kafka: &KafkaArgs) -> Result<AdminClient<DefaultClientContext>, KafkaError> {
    kafka.client_config("test").create()
}

fn outcome(answers: Vec<Result<String, (String, RDKafkaErrorCode)>>) -> Result<(), KafkaError> {
    answers.into_iter().try_for_each(|answer| answer.map(|_| ()).map_err(|(_, code)| KafkaError::AdminOp(code)))
}

fn pool(args: &PostgresArgs) -> PgPool {
    args.pool("test", 1).unwrap()
}

/// The class of what Postgres says: 28 is who somebody is, 42 what they may.
fn code(error: &sqlx::Error) -> String {
    let database = error.as_database_error().unwrap_or_else(|| panic!("not Postgres said: {error}"));
    database.code().unwrap_or_default().chars().take(2).collect()
}

/// The table of rights in the document.
fn documented() -> Vec<String> {
    let table = DOCUMENT.split("\n| Table |").nth(1).expect("the document has the table");
    table.lines().skip(2).take_while(|line| line.starts_with('|')).map(str::to_owned).collect()
}

/// The same, as the database has it.
async fn granted(owner: &PgPool) -> Vec<String> {
    let rows = sqlx::query(
        "SELECT table_name::text, NULL AS column_name, grantee::text, privilege_type::text
         FROM information_schema.table_privileges
         WHERE table_schema = 'public' AND grantee <> current_user
         UNION ALL
         SELECT table_name, column_name::text, grantee, privilege_type
         FROM information_schema.column_privileges AS c
         WHERE table_schema = 'public' AND grantee <> current_user AND NOT EXISTS (
             SELECT FROM information_schema.table_privileges AS t
             WHERE (t.table_schema, t.table_name, t.grantee, t.privilege_type)
                   = (c.table_schema, c.table_name, c.grantee, c.privilege_type))",
    )
    .fetch_all(owner)
    .await
    .unwrap();
    let mut tables: BTreeMap<String, [BTreeMap<usize, String>; SERVICES.len()]> = BTreeMap::new();
    for row in rows {
        let (grantee, privilege): (String, String) = (row.get("grantee"), row.get("privilege_type"));
        let service = SERVICES.iter().position(|service| *service == grantee).expect("nobody but services has rights");
        let order = ["SELECT", "INSERT", "UPDATE", "DELETE"].iter().position(|name| *name == privilege);
        let order = order.unwrap_or_else(|| panic!("{grantee} may {privilege}"));
        let column: Option<String> = row.get("column_name");
        let verb = ["read", "add", "change", "delete"][order];
        let word = column.map_or_else(|| verb.to_owned(), |column| format!("{verb} `{column}`"));
        tables.entry(row.get("table_name")).or_default()[service].insert(order, word);
    }
    let cell = |words: &BTreeMap<usize, String>| words.values().cloned().collect::<Vec<_>>().join(", ");
    let line = |(table, cells): (&String, &[BTreeMap<usize, String>; SERVICES.len()])| {
        format!("| `{table}` | {} |", cells.iter().map(cell).collect::<Vec<_>>().join(" | "))
    };
    tables.iter().map(line).collect()
}
