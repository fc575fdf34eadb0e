//! Reaching Kafka: arguments, and the one topic with the settings that the promises rest on.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;

use super::secret::Secret;

/// How long votes stay in the topic: 35 days, in milliseconds.
pub const RETENTION_MILLIS: i64 = 35 * 24 * 3_600_000;
/// The size at which a segment of the accounts is closed, so that it can be compacted: 16 MiB.
const ACCOUNTS_SEGMENT_BYTES: &str = "16777216";
/// The longest an admin request may take.
pub const ADMIN_TIMEOUT: Duration = Duration::from_secs(20);

/// Which brokers, and which topic.
#[derive(Debug, Clone, Args)]
pub struct KafkaArgs {
    /// Kafka's bootstrap servers, as host:port[,host:port]
    #[arg(long, env = "KAFKA_BROKERS")]
    pub kafka_brokers: String,
    /// The topic of the votes
    #[arg(long, env = "KAFKA_TOPIC", default_value = "votes")]
    pub kafka_topic: String,
    /// As whom.
    #[command(flatten)]
    pub sign_in: KafkaSignIn,
}

/// How a service shows Kafka who it is, and Kafka shows that it is Kafka: SCRAM over TLS. By default neither is asked.
#[derive(Debug, Clone, Default, Args)]
pub struct KafkaSignIn {
    /// Name by which Kafka knows this service; with it all is encrypted, without it nobody signs in
    #[arg(long, env = "KAFKA_USER", requires = "kafka_ca")]
    pub kafka_user: Option<String>,
    /// Its password
    #[arg(long, env = "KAFKA_PASSWORD", hide_env_values = true)]
    pub kafka_password: Option<Secret>,
    /// PEM file of the certificates that vouch for the brokers
    #[arg(long, env = "KAFKA_CA", requires = "kafka_user")]
    pub kafka_ca: Option<PathBuf>,
}

/// Why the topic can't be made or used.
#[derive(Debug, thiserror::Error)]
pub enum TopicError {
    /// The brokers can't be asked.
    #[error("Kafka at {brokers} can't be asked: {source}")]
    Unreachable {
        /// The bootstrap servers.
        brokers: String,
        /// What the client said.
        source: KafkaError,
    },
    /// The brokers refuse.
    #[error("Kafka refuses the topic {topic}: {code}")]
    Refused {
        /// The topic asked about.
        topic: String,
        /// Kafka's own code.
        code: RDKafkaErrorCode,
    },
    /// The topic's stamps come from producers, so they can't tell which ballots are late.
    #[error("the topic {topic} has message.timestamp.type={found}, and must have LogAppendTime")]
    NotLogAppendTime {
        /// The topic asked about.
        topic: String,
        /// What the topic has instead.
        found: String,
    },
    /// A broker that has just started may answer before it knows.
    #[error("Kafka doesn't say which message.timestamp.type the topic {topic} has")]
    Untold {
        /// The topic asked about.
        topic: String,
    },
}

impl KafkaArgs {
    /// Brokers that ask nobody who they are.
    pub fn open(kafka_brokers: String, kafka_topic: String) -> Self {
        Self { kafka_brokers, kafka_topic, sign_in: KafkaSignIn::default() }
    }

    /// What every client of this service starts from. A user without a password is refused when the client is made.
    pub fn client_config(&self, client_id: &str) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.kafka_brokers).set("client.id", client_id);
        let KafkaSignIn { kafka_user, kafka_password, kafka_ca } = &self.sign_in;
        if let Some(user) = kafka_user {
            config
                .set("security.protocol", "SASL_SSL")
                .set("sasl.mechanism", "SCRAM-SHA-512")
                .set("sasl.username", user);
        }
        if let Some(password) = kafka_password {
            config.set("sasl.password", password.reveal());
        }
        if let Some(ca) = kafka_ca {
            config.set("ssl.ca.location", ca.to_string_lossy());
        }
        config
    }

    /// The topic beside the votes' one, in which frontends say how many votes they sent.
    pub fn accounts_topic(&self) -> String {
        format!("{}-accounts", self.kafka_topic)
    }

    /// Makes the topic with `partitions` and `replication`, and the one of the frontends' accounts beside it; one that
    /// exists already is left as it is.
    ///
    /// # Errors
    /// When Kafka can't be reached or refuses.
    pub async fn create_topic(&self, partitions: i32, replication: i32) -> Result<(), TopicError> {
        let retention = RETENTION_MILLIS.to_string();
        let votes = NewTopic::new(&self.kafka_topic, partitions, TopicReplication::Fixed(replication))
            .set("message.timestamp.type", "LogAppendTime")
            .set("retention.ms", &retention);
        // One partition, so that a heartbeat comes after the accounts that it vouches for.
        let name = self.accounts_topic();
        let accounts = NewTopic::new(&name, 1, TopicReplication::Fixed(replication))
            .set("cleanup.policy", "compact,delete")
            .set("retention.ms", &retention)
            .set("segment.bytes", ACCOUNTS_SEGMENT_BYTES)
            .set("message.timestamp.type", "LogAppendTime");
        let options = AdminOptions::new().request_timeout(Some(ADMIN_TIMEOUT)).operation_timeout(Some(ADMIN_TIMEOUT));
        let made = self.admin()?.create_topics([&votes, &accounts], &options).await.map_err(|e| self.unreachable(e))?;
        for topic in made {
            match topic {
                Err((topic, code)) if code != RDKafkaErrorCode::TopicAlreadyExists => {
                    return Err(TopicError::Refused { topic, code });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Makes sure that brokers, not producers, stamp the topic's records.
    ///
    /// # Errors
    /// When they don't, or Kafka can't be asked or doesn't say.
    pub async fn require_log_append_time(&self) -> Result<(), TopicError> {
        let topic = self.kafka_topic.as_str();
        let options = AdminOptions::new().request_timeout(Some(ADMIN_TIMEOUT));
        let described = self
            .admin()?
            .describe_configs([&ResourceSpecifier::Topic(topic)], &options)
            .await
            .map_err(|e| self.unreachable(e))?;
        let found = match described.into_iter().next() {
            Some(Ok(resource)) => resource.get("message.timestamp.type").and_then(|entry| entry.value.clone()),
            Some(Err(code)) => return Err(TopicError::Refused { topic: topic.to_owned(), code }),
            None => None,
        };
        match found {
            Some(found) if found == "LogAppendTime" => Ok(()),
            Some(found) => Err(TopicError::NotLogAppendTime { topic: topic.to_owned(), found }),
            None => Err(TopicError::Untold { topic: topic.to_owned() }),
        }
    }

    fn admin(&self) -> Result<AdminClient<DefaultClientContext>, TopicError> {
        self.client_config("admin").create().map_err(|e| self.unreachable(e))
    }

    fn unreachable(&self, source: KafkaError) -> TopicError {
        TopicError::Unreachable { brokers: self.kafka_brokers.clone(), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_signs_in_does_so_over_tls() {
        let mut kafka = KafkaArgs::open("k:9092".to_owned(), "votes".to_owned());
        assert_eq!(kafka.client_config("test").get("security.protocol"), None);
        kafka.sign_in = KafkaSignIn {
            kafka_user: Some("ana".to_owned()),
            kafka_password: Some(Secret::from("hidden".to_owned())),
            kafka_ca: Some("/ca.pem".into()),
        };
        let config = kafka.client_config("test");
        assert_eq!(config.get("security.protocol"), Some("SASL_SSL"));
        assert_eq!((config.get("sasl.username"), config.get("sasl.password")), (Some("ana"), Some("hidden")));
        assert_eq!(config.get("ssl.ca.location"), Some("/ca.pem"));
        assert!(!format!("{kafka:?} {config:?}").contains("hidden"), "{kafka:?} {config:?}");
    }

    #[test]
    fn a_user_without_a_password_is_refused_in_words() {
        let mut kafka = KafkaArgs::open("k:9092".to_owned(), "votes".to_owned());
        kafka.sign_in.kafka_user = Some("ana".to_owned());
        let refused = kafka.admin().map(|_| ()).unwrap_err().to_string();
        assert!(refused.contains("sasl.password"), "{refused}");
    }
}
