//! Reaching Kafka: arguments, and the one topic with the settings that the promises rest on.

use std::time::Duration;

use clap::Args;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;

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
}

impl KafkaArgs {
    /// What every client of this service starts from.
    pub fn client_config(&self, client_id: &str) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.kafka_brokers).set("client.id", client_id);
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
    /// When they don't, or Kafka can't be asked.
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
            found => Err(TopicError::NotLogAppendTime { topic: topic.to_owned(), found: found.unwrap_or_default() }),
        }
    }

    fn admin(&self) -> Result<AdminClient<DefaultClientContext>, TopicError> {
        self.client_config("admin").create().map_err(|e| self.unreachable(e))
    }

    fn unreachable(&self, source: KafkaError) -> TopicError {
        TopicError::Unreachable { brokers: self.kafka_brokers.clone(), source }
    }
}
