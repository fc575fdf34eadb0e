//! The topic of the votes, as this service writes to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::Duration;

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders, Timestamp};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};
use rdkafka::{ClientConfig, ClientContext};
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::adapters::traces::TRACEPARENT;
use voting_commons::window::DELIVERY_TIMEOUT_MILLIS;
use voting_commons::{UnixMillis, Vote, codec};

use crate::accounts::Accounts;

/// How long to wait for more votes to send together.
const LINGER_MILLIS: u32 = 1;
/// How many requests may be under way to a broker. While one is, the next collects votes; with more, librdkafka's idempotent producer,
/// which has one under way per partition in any case, would ask without a pause whether that has come back.
const REQUESTS_UNDER_WAY_MAX: u32 = 1;
/// How large the queue of unacknowledged votes may grow, in KiB.
const QUEUE_KIB_MAX: u32 = 16 * 1024;
/// The longest pause before a broker that went away is tried again.
const RECONNECT_MILLIS_MAX: u32 = 1_000;
/// How old the producer's knowledge of the topic may become.
const METADATA_MILLIS_MAX: u32 = 10_000;
/// How long to wait for the topic's metadata.
const METADATA_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the last votes may take to be acknowledged when the service stops.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(DELIVERY_TIMEOUT_MILLIS.unsigned_abs());

/// Why a vote may not be in the topic, or not where it counts.
#[derive(Debug, thiserror::Error)]
pub enum NotAppended {
    /// As many votes as the queue holds are under way.
    #[error("the queue is full")]
    QueueFull,
    /// Kafka didn't acknowledge it in time.
    #[error("not acknowledged: {0}")]
    Failed(KafkaError),
    /// Kafka acknowledged it without its own stamp, so whether it counts can't be known.
    #[error("acknowledged without the broker's time: is the topic's message.timestamp.type LogAppendTime?")]
    Unstamped,
}

/// Sends librdkafka's own words to the log at a level that doesn't repeat what this service says itself.
#[derive(Clone)]
pub(crate) struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(?level, facility, "librdkafka: {message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, "librdkafka: {reason}");
    }
}

/// A producer for the one topic.
pub struct VotesLog {
    producer: FutureProducer<Quiet>,
    topic: String,
    /// 0 until Kafka was asked.
    partitions: AtomicI32,
    accounts: Arc<Accounts>,
    /// Whether the last votes were lost to the voter, so that an outage is logged once and not per vote.
    failing: AtomicBool,
}

impl VotesLog {
    /// A producer whose queue holds `queue_votes_max` votes, and that enters them in `accounts`. Doesn't wait for Kafka.
    ///
    /// # Errors
    /// When the client can't be made.
    pub fn new(kafka: &KafkaArgs, queue_votes_max: u32, accounts: Arc<Accounts>) -> Result<Self, KafkaError> {
        let config = producer_config(kafka, queue_votes_max);
        Ok(Self {
            producer: config.create_with_context(Quiet)?,
            topic: kafka.kafka_topic.clone(),
            partitions: AtomicI32::new(0),
            accounts,
            failing: AtomicBool::new(false),
        })
    }

    /// Appends `vote` to its partition and gives the broker's stamp on it. The record names the span that it comes from, where
    /// there is one; the others have no header.
    ///
    /// # Errors
    /// When it isn't known to be there; it may be there all the same.
    pub async fn append(&self, vote: &Vote, traceparent: Option<String>) -> Result<UnixMillis, NotAppended> {
        let appended = self.send(vote, traceparent).await;
        match &appended {
            Err(error) if !self.failing.swap(true, Ordering::Relaxed) => {
                tracing::error!(%error, "votes can't be stored");
            }
            Ok(_) if self.failing.swap(false, Ordering::Relaxed) => tracing::info!("votes are stored again"),
            _ => {}
        }
        appended
    }

    async fn send(&self, vote: &Vote, traceparent: Option<String>) -> Result<UnixMillis, NotAppended> {
        let (key, value) = codec::encode(vote);
        let mut record = FutureRecord::to(&self.topic).partition(vote.partition).key(&key).payload(&value);
        record.headers = traceparent.map(origin);
        // Before it can be in the topic; and a request that is given up leaves it indeterminate, as it must.
        self.accounts.sent(&vote.group);
        let delivery = self.producer.send_result(record).map_err(|(error, _)| {
            self.accounts.not_sent(&vote.group);
            match error {
                KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) => NotAppended::QueueFull,
                error => NotAppended::Failed(error),
            }
        })?;
        match delivery.await {
            Ok(Ok(delivery)) => match delivery.timestamp {
                Timestamp::LogAppendTime(millis) => {
                    self.accounts.accepted(&vote.group);
                    Ok(UnixMillis(millis))
                }
                // Also what a duplicate, found by the idempotent producer's own retry, is acknowledged with.
                Timestamp::CreateTime(_) | Timestamp::NotAvailable => Err(NotAppended::Unstamped),
            },
            Ok(Err((error, _))) => Err(NotAppended::Failed(error)),
            Err(_) => Err(NotAppended::Failed(KafkaError::Canceled)),
        }
    }

    /// How many partitions the topic has, once known.
    pub fn partitions(&self) -> Option<i32> {
        Some(self.partitions.load(Ordering::Relaxed)).filter(|&count| count > 0)
    }

    /// Asks Kafka how many partitions the topic has; blocks for up to [`METADATA_TIMEOUT`].
    ///
    /// # Errors
    /// When Kafka doesn't answer or doesn't know the topic.
    pub fn refresh_partitions(&self) -> Result<i32, KafkaError> {
        let metadata = self.producer.client().fetch_metadata(Some(&self.topic), METADATA_TIMEOUT)?;
        let count = metadata.topics().first().map_or(0, |topic| topic.partitions().len());
        let count = i32::try_from(count).unwrap_or(i32::MAX);
        if count == 0 {
            return Err(KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownTopicOrPartition));
        }
        self.partitions.store(count, Ordering::Relaxed);
        Ok(count)
    }

    /// Why this producer can never send again, if it is so.
    pub fn fatal_error(&self) -> Option<String> {
        self.producer.client().fatal_error().map(|(code, reason)| format!("{code}: {reason}"))
    }

    /// Waits for what is still under way; blocks for up to [`FLUSH_TIMEOUT`]. Dropping a producer purges its queue.
    pub fn flush(&self) {
        if let Err(error) = self.producer.flush(FLUSH_TIMEOUT) {
            tracing::warn!(%error, "stopped before every vote was acknowledged; none of them was answered with success");
        }
    }
}

fn origin(traceparent: String) -> OwnedHeaders {
    OwnedHeaders::new().insert(Header { key: TRACEPARENT, value: Some(&traceparent) })
}

fn producer_config(kafka: &KafkaArgs, queue_votes_max: u32) -> ClientConfig {
    let mut config = kafka.client_config("voters-frontend");
    config
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("compression.type", "lz4")
        .set("linger.ms", LINGER_MILLIS.to_string())
        .set("max.in.flight.requests.per.connection", REQUESTS_UNDER_WAY_MAX.to_string())
        .set("message.timeout.ms", DELIVERY_TIMEOUT_MILLIS.to_string())
        .set("request.timeout.ms", DELIVERY_TIMEOUT_MILLIS.to_string())
        .set("queue.buffering.max.messages", queue_votes_max.to_string())
        .set("queue.buffering.max.kbytes", QUEUE_KIB_MAX.to_string())
        .set("reconnect.backoff.max.ms", RECONNECT_MILLIS_MAX.to_string())
        .set("topic.metadata.refresh.interval.ms", METADATA_MILLIS_MAX.to_string());
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A vote is answered with 2xx once it can't be lost, and a retry of the client's own can't double it.
    #[test]
    fn every_replica_acknowledges_and_none_takes_a_vote_twice() {
        let kafka = KafkaArgs::open("kafka:9092".to_owned(), "votes".to_owned());
        let config = producer_config(&kafka, 1_000);
        assert_eq!((config.get("acks"), config.get("enable.idempotence")), (Some("all"), Some("true")));
    }
}
