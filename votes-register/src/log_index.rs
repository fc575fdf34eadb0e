//! Questions about the log that need no group: where it begins and ends, and what lay where at a time.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
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
        self.ask(move |index| {
            let (low, high) = index.client.fetch_watermarks(&index.topic, partition, QUESTION_TIMEOUT)?;
            Ok(LogEnds { low, high })
        })
        .await
    }

    /// The first offset whose stamp isn't before `stamp`; `None` when every stamp is.
    pub(crate) async fn offset_at(&self, partition: i32, stamp: UnixMillis) -> KafkaResult<Option<i64>> {
        self.ask(move |index| {
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

    /// librdkafka's questions block, so they are asked from a thread that may.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Self) -> KafkaResult<T> + Send + 'static,
    ) -> KafkaResult<T> {
        let index = self.clone();
        let asked =
            tokio::task::spawn_blocking(move || question(&index).inspect_err(|error| index.renew_where_unknown(error)));
        asked.await.unwrap_or(Err(KafkaError::Canceled))
    }

    /// A broker that has just started may leave partitions out when it describes a topic, and librdkafka would believe that
    /// for a quarter of an hour.
    fn renew_where_unknown(&self, error: &KafkaError) {
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::UnknownPartition)
            && let Err(error) = self.client.fetch_metadata(Some(&self.topic), QUESTION_TIMEOUT)
        {
            tracing::debug!(%error, "the topic can't be looked at again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rdkafka::admin::{AdminOptions, NewPartitions};
    use test_support::{admin, eventually, fresh_topic};

    #[tokio::test]
    async fn a_partition_that_wasnt_there_at_first_is_found() {
        let kafka = fresh_topic(1).await;
        let log = LogIndex::new(&kafka, "log-index").unwrap();
        assert_eq!(log.ends(0).await.unwrap().high, 0);
        let error = log.ends(1).await.unwrap_err();
        assert_eq!(error.rdkafka_error_code(), Some(RDKafkaErrorCode::UnknownPartition));
        let two = NewPartitions::new(&kafka.kafka_topic, 2);
        let made = admin(&kafka).create_partitions([&two], &AdminOptions::new()).await.unwrap();
        assert!(made.iter().all(Result::is_ok), "{made:?}");
        let ends = eventually("the new partition", async || log.ends(1).await.ok()).await;
        assert_eq!((ends.low, ends.high), (0, 0));
    }
}
