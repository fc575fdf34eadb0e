//! The topic, as an import writes to it: no line is left out, and none is overtaken.

use std::fmt::Display;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Error, Result, anyhow, bail};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext};
use rdkafka::{ClientConfig, ClientContext};
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::{ImportedVote, codec};

const METADATA_TIMEOUT: Duration = Duration::from_secs(10);
const QUEUE_PAUSE: Duration = Duration::from_millis(20);

/// The topic, and a producer to it.
pub(super) struct Topic {
    producer: BaseProducer<Deliveries>,
    kafka: KafkaArgs,
}

/// Keeps why the first record failed. Records fail without an error of the producer's own when the topic drops out of the brokers'
/// metadata for a while.
#[derive(Default)]
struct Deliveries {
    failure: OnceLock<KafkaError>,
}

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            self.failure.get_or_init(|| error.clone());
        }
    }
}

impl Topic {
    /// Doesn't wait for Kafka.
    pub(super) fn new(kafka: &KafkaArgs) -> Result<Self> {
        let producer = config(kafka).create_with_context(Deliveries::default())?;
        Ok(Self { producer, kafka: kafka.clone() })
    }

    /// How many partitions it has.
    pub(super) fn partitions(&self) -> Result<i32> {
        let KafkaArgs { kafka_brokers, kafka_topic, .. } = &self.kafka;
        // librdkafka's reason says that it failed, and nothing else: it goes on trying until the time is up.
        let Ok(metadata) = self.producer.client().fetch_metadata(Some(kafka_topic), METADATA_TIMEOUT) else {
            bail!("no Kafka answers at {kafka_brokers} within {} s: is that its address?", METADATA_TIMEOUT.as_secs());
        };
        let partitions = metadata.topics().first().map_or(0, |topic| topic.partitions().len());
        if partitions == 0 {
            bail!("Kafka at {kafka_brokers} has no topic {kafka_topic}");
        }
        Ok(i32::try_from(partitions)?)
    }

    /// Sends a line's vote, but none behind a line that failed: it would count, and the line never more.
    pub(super) fn send(&self, vote: &ImportedVote) -> Result<()> {
        self.producer.poll(Duration::ZERO);
        self.check()?;
        let (key, value) = codec::encode_imported(vote);
        let mut record = BaseRecord::to(&self.kafka.kafka_topic).partition(vote.partition).key(&key).payload(&value);
        while let Err((error, same)) = self.producer.send(record) {
            if !matches!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull)) {
                return Err(not_written(&error));
            }
            self.producer.poll(QUEUE_PAUSE);
            self.check()?;
            record = same;
        }
        Ok(())
    }

    /// Waits until all that was sent is written, as long as Kafka takes.
    pub(super) fn acknowledged(&self) -> Result<()> {
        while self.producer.in_flight_count() > 0 {
            self.producer.poll(QUEUE_PAUSE);
            self.check()?;
        }
        self.check()
    }

    /// Whether all that was sent is written, or will be.
    fn check(&self) -> Result<()> {
        if let Some(error) = self.producer.context().failure.get() {
            return Err(not_written(error));
        }
        match self.producer.client().fatal_error() {
            Some((_, reason)) => Err(not_written(&reason)),
            None => Ok(()),
        }
    }
}

fn not_written(reason: &dyn Display) -> Error {
    anyhow!("lines could not be written: {reason}; start again: nothing is lost")
}

/// Tries each record for as long as it takes, and keeps their order.
fn config(kafka: &KafkaArgs) -> ClientConfig {
    let mut config = kafka.client_config("load-test-import");
    config
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("enable.gapless.guarantee", "true")
        .set("message.timeout.ms", "0")
        .set("compression.type", "lz4")
        .set("linger.ms", "20")
        .set("batch.size", "1000000")
        .set("queue.buffering.max.messages", "200000");
    config
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use voting_commons::{Group, UnixMillis};

    use super::*;

    #[test]
    fn a_line_is_neither_left_out_nor_overtaken() {
        let config = config(&KafkaArgs::open("k:9092".to_owned(), "votes".to_owned()));
        for (setting, value) in [
            ("acks", "all"),
            ("enable.idempotence", "true"),
            ("enable.gapless.guarantee", "true"),
            ("message.timeout.ms", "0"),
        ] {
            assert_eq!(config.get(setting), Some(value), "{setting}");
        }
    }

    #[test]
    fn a_wrong_address_of_kafka_is_told() {
        let kafka = KafkaArgs::open("127.0.0.1:1".to_owned(), "votes".to_owned());
        let begin = Instant::now();
        let error = Topic::new(&kafka).unwrap().partitions().unwrap_err();
        assert_eq!(error.to_string(), "no Kafka answers at 127.0.0.1:1 within 10 s: is that its address?");
        assert!(begin.elapsed() < METADATA_TIMEOUT + Duration::from_secs(5));
    }

    fn vote(line: i64, partition: i32) -> ImportedVote {
        let minute = UnixMillis::from(jiff::Timestamp::UNIX_EPOCH).minute().unwrap();
        let group = Group { paredao: 1.try_into().unwrap(), minute, participant: 1.try_into().unwrap() };
        ImportedVote { import: 1.try_into().unwrap(), line: line.try_into().unwrap(), group, partition }
    }

    #[tokio::test]
    async fn a_line_that_failed_is_told_and_none_is_written_behind_it() {
        let kafka = test_support::fresh_topic(1).await;
        let topic = Topic::new(&kafka).unwrap();
        // It is taken, as nothing is known of the topic yet, and fails once its partitions are known.
        topic.send(&vote(1, 7)).unwrap();
        let told = "lines could not be written: Message production error: UnknownPartition (Local: Unknown partition); \
                    start again: nothing is lost";
        assert_eq!(topic.acknowledged().unwrap_err().to_string(), told);
        assert_eq!(topic.send(&vote(2, 0)).unwrap_err().to_string(), told);
        drop(topic);
        assert_eq!(test_support::end_offsets(&kafka, 1), [0]);
    }

    #[tokio::test]
    async fn a_line_that_is_acknowledged_is_written() {
        let kafka = test_support::fresh_topic(1).await;
        let topic = Topic::new(&kafka).unwrap();
        assert_eq!(topic.partitions().unwrap(), 1);
        topic.send(&vote(1, 0)).unwrap();
        topic.acknowledged().unwrap();
        assert_eq!(test_support::end_offsets(&kafka, 1), [1]);
    }
}
