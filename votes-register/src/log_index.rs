//! Questions about the log that need no group: where it begins and ends, and what lay where at a time.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::{Offset, TopicPartitionList};
use voting_commons::UnixMillis;
use voting_commons::adapters::kafka::KafkaArgs;

/// The longest a question may take.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(5);

/// Asks about one topic's log.
#[derive(Clone)]
pub(crate) struct LogIndex {
    client: Arc<BaseConsumer>,
    topic: Arc<str>,
}

/// The log's first offset, and the one after its last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogEnds {
    pub(crate) low: i64,
    pub(crate) high: i64,
}

impl LogIndex {
    pub(crate) fn new(args: &KafkaArgs, client_id: &str) -> KafkaResult<Self> {
        let client = args.client_config(client_id).create()?;
        Ok(Self { client: Arc::new(client), topic: args.kafka_topic.as_str().into() })
    }

    pub(crate) async fn ends(&self, partition: i32) -> KafkaResult<LogEnds> {
        let index = self.clone();
        blocking(move || {
            let (low, high) = index.client.fetch_watermarks(&index.topic, partition, QUESTION_TIMEOUT)?;
            Ok(LogEnds { low, high })
        })
        .await
    }

    /// The first offset whose stamp isn't before `stamp`; `None` when every stamp is.
    pub(crate) async fn offset_at(&self, partition: i32, stamp: UnixMillis) -> KafkaResult<Option<i64>> {
        let index = self.clone();
        blocking(move || {
            let mut question = TopicPartitionList::new();
            question.add_partition_offset(&index.topic, partition, Offset::Offset(stamp.0.max(0)))?;
            let answers = index.client.offsets_for_times(question, QUESTION_TIMEOUT)?;
            let answer = answers.find_partition(&index.topic, partition).ok_or(KafkaError::NoMessageReceived)?;
            answer.error()?;
            Ok(match answer.offset() {
                Offset::Offset(offset) => Some(offset),
                _ => None,
            })
        })
        .await
    }
}

/// librdkafka's questions block, so they are asked from a thread that may.
async fn blocking<T: Send + 'static>(question: impl FnOnce() -> KafkaResult<T> + Send + 'static) -> KafkaResult<T> {
    tokio::task::spawn_blocking(question).await.unwrap_or(Err(KafkaError::Canceled))
}
