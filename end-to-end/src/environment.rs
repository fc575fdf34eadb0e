//! What services' processes are told.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dev_stack::keyring::Keyring;
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::adapters::postgres::PostgresArgs;

use crate::{GuardedKafka, GuardedPostgres, Plan};

/// An example of RFC 8410.
const RESULT_SIGNING_KEY: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../production-frontend/tests/it/rfc8410-key.pem");

/// Where they find everything, and as whom they sign in.
#[derive(Clone)]
pub(crate) struct Environment {
    common: Vec<(&'static str, String)>,
    /// What they sign in with where they must, and Postgres's port.
    keyring: Option<(Keyring, u16)>,
    /// As whom, if not by their own name.
    who: Option<&'static str>,
    /// The keys of ballots.
    pub(crate) ballot_keys: String,
    /// The file that their logs are added to, instead of the terminal.
    pub(crate) log: Option<PathBuf>,
}

impl Environment {
    /// Nobody signs in.
    pub(crate) fn open(plan: &Plan, kafka: &KafkaArgs, postgres: &PostgresArgs) -> Self {
        let mut environment = Self { log: plan.log.clone(), ..Self::new(plan.captcha, kafka) };
        environment.common.extend([
            ("KAFKA_TOPIC", kafka.kafka_topic.clone()),
            ("KAFKA_GROUP", kafka.kafka_topic.clone()),
            ("DATABASE_URL", postgres.database_url.clone()),
        ]);
        environment.common.extend(plan.more.iter().cloned());
        environment
    }

    /// Everybody signs in by its own name.
    pub(crate) fn guarded(kafka: &GuardedKafka, postgres: &GuardedPostgres) -> Self {
        let environment = Self::new("off", &kafka.as_stranger());
        Self { keyring: Some(postgres.keyring()), ..environment }
    }

    fn new(captcha: &str, kafka: &KafkaArgs) -> Self {
        let key = STANDARD.encode(rand::random::<[u8; 32]>());
        let ballot_keys = format!("test:{key}");
        let common = vec![
            ("KAFKA_BROKERS", kafka.kafka_brokers.clone()),
            ("CAPTCHA", captcha.to_owned()),
            ("CAPTCHA_OFF_CONFIRMED", if captcha == "off" { "yes" } else { "" }.to_owned()),
            ("BALLOT_KEYS", ballot_keys.clone()),
            ("ALTCHA_KEY", key),
            ("RESULT_SIGNING_KEY", RESULT_SIGNING_KEY.to_owned()),
            ("RUST_LOG", "warn".to_owned()),
        ];
        Self { common, keyring: None, who: None, ballot_keys, log: None }
    }

    /// The same in somebody else's name.
    pub(crate) fn signing_in_as(mut self, who: &'static str) -> Self {
        self.who = Some(who);
        self
    }

    /// The variables of `program`'s process.
    pub(crate) fn of(&self, program: &str) -> Vec<(&'static str, String)> {
        let mut variables = self.common.clone();
        if let Some((keyring, postgres_port)) = &self.keyring {
            let who = self.who.unwrap_or(program);
            variables.extend(keyring.variables(who, *postgres_port).expect("the keyring has a password"));
        }
        variables
    }
}
