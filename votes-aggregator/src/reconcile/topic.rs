//! Reading stretches of a topic, outside of any group and without leaving a trace.

use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message as _, Offset, TopicPartitionList};
use tokio_util::sync::CancellationToken;
use voting_commons::adapters::kafka::KafkaArgs;

use super::log_count::LogRecord;

/// librdkafka wants a group before it lets a partition be assigned; nothing is ever committed to this one.
const GROUP: &str = "votes-reconciliation";
/// The longest a question may take.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest a poll waits for a record.
const POLL_WAIT: Duration = Duration::from_millis(200);
/// The longest the log may give nothing at all.
const SILENCE_MAX: Duration = Duration::from_secs(10);
/// The longest a broker keeps back an answer while nothing new comes, in milliseconds: it answers in turn, so every question
/// asked meanwhile waits as long. Only what is known to be there is read, so there is nothing to wait for.
const FETCH_WAIT_MILLIS_MAX: &str = "10";
/// How much librdkafka may read ahead, in KiB.
const READ_AHEAD_KIB_MAX: &str = "16384";

/// A reader of one topic.
pub(super) struct Topic {
    consumer: BaseConsumer,
    name: String,
    stop: CancellationToken,
}

impl Topic {
    /// A reader of the topic `name` that gives up once `stop` is cancelled.
    pub(super) fn new(kafka: &KafkaArgs, name: String, stop: CancellationToken) -> anyhow::Result<Self> {
        let consumer = kafka
            .client_config("votes-reconciliation")
            .set("group.id", GROUP)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set("enable.partition.eof", "true")
            .set("queued.max.messages.kbytes", READ_AHEAD_KIB_MAX)
            .set("fetch.wait.max.ms", FETCH_WAIT_MILLIS_MAX)
            .create()
            .context("the Kafka consumer can't be made")?;
        Ok(Self { consumer, name, stop })
    }

    /// The topic's partitions.
    pub(super) fn partitions(&self) -> anyhow::Result<Vec<i32>> {
        let metadata =
            self.consumer.fetch_metadata(Some(&self.name), QUESTION_TIMEOUT).context("Kafka can't be asked")?;
        let partitions: Vec<i32> =
            metadata.topics().iter().flat_map(|topic| topic.partitions()).map(|partition| partition.id()).collect();
        if partitions.is_empty() {
            bail!("there is no topic {}", self.name);
        }
        Ok(partitions)
    }

    /// A partition's first offset and the one after its last.
    pub(super) fn ends(&self, partition: i32) -> anyhow::Result<Range<i64>> {
        let ends = self.consumer.fetch_watermarks(&self.name, partition, QUESTION_TIMEOUT);
        let (low, high) = ends.with_context(|| format!("Kafka can't be asked about partition {partition}"))?;
        Ok(low..high)
    }

    /// The first offset whose stamp isn't before `millis`; `None` when every stamp is.
    pub(super) fn offset_at(&self, partition: i32, millis: i64) -> anyhow::Result<Option<i64>> {
        let mut question = TopicPartitionList::new();
        question.add_partition_offset(&self.name, partition, Offset::Offset(millis.max(0)))?;
        let answers = self.consumer.offsets_for_times(question, QUESTION_TIMEOUT)?;
        Ok(match answers.find_partition(&self.name, partition).map(|answer| answer.offset()) {
            Some(Offset::Offset(offset)) => Some(offset),
            _ => None,
        })
    }

    /// Hands every record of `range` to `take`, in the log's order. It ends early where the log does.
    pub(super) fn read(
        &self,
        partition: i32,
        range: Range<i64>,
        take: impl FnMut(&LogRecord<'_>),
    ) -> anyhow::Result<()> {
        if range.is_empty() {
            return Ok(());
        }
        let mut place = TopicPartitionList::new();
        place.add_partition_offset(&self.name, partition, Offset::Offset(range.start))?;
        self.consumer.assign(&place)?;
        let read = self.read_assigned(partition, &range, take);
        self.consumer.unassign()?;
        read
    }

    fn read_assigned(
        &self,
        partition: i32,
        range: &Range<i64>,
        mut take: impl FnMut(&LogRecord<'_>),
    ) -> anyhow::Result<()> {
        let mut heard_at = Instant::now();
        loop {
            if self.stop.is_cancelled() {
                bail!("told to stop");
            }
            match self.consumer.poll(POLL_WAIT) {
                // What an assignment before this one had read ahead.
                Some(Ok(message)) if message.partition() != partition || message.offset() < range.start => {}
                Some(Ok(message)) if message.offset() >= range.end => return Ok(()),
                Some(Ok(message)) => {
                    heard_at = Instant::now();
                    take(&record_in(&message));
                    if message.offset() + 1 == range.end {
                        return Ok(());
                    }
                }
                Some(Err(KafkaError::PartitionEOF(ended))) if ended == partition => return Ok(()),
                // librdkafka goes on by itself where it can; where it can't, nothing comes.
                Some(Err(error)) if heard_at.elapsed() > SILENCE_MAX => return Err(error.into()),
                None if heard_at.elapsed() > SILENCE_MAX => bail!("Kafka sent nothing of partition {partition}"),
                Some(Err(_)) | None => {}
            }
        }
    }
}

fn record_in<'a>(message: &'a BorrowedMessage<'_>) -> LogRecord<'a> {
    let stamp = message.timestamp().to_millis().unwrap_or_default();
    LogRecord { offset: message.offset(), stamp, key: message.key(), value: message.payload() }
}
