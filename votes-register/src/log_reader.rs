//! Reading a stretch of one partition's log, outside of any group and without leaving a trace.

use std::ops::Range;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message as _, Offset, Timestamp, TopicPartitionList};
use tokio_util::sync::CancellationToken;
use voting_commons::UnixMillis;
use voting_commons::adapters::kafka::KafkaArgs;

/// librdkafka wants a group before it lets a partition be assigned; nothing is ever committed to this one.
const GROUP: &str = "votes-register-reader";
/// The longest a poll waits for a record.
const POLL_WAIT: Duration = Duration::from_millis(200);
/// The longest the log may give nothing at all.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// How much librdkafka may read ahead, in KiB.
const READ_AHEAD_KIB_MAX: &str = "32768";

/// One record as it lies in the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogRecord<'a> {
    pub(crate) offset: i64,
    /// Kafka's LogAppendTime.
    pub(crate) appended_at: UnixMillis,
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) value: Option<&'a [u8]>,
}

/// Why the log couldn't be read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Kafka refuses or can't be asked.
    #[error("Kafka can't be read from: {0}")]
    Kafka(#[from] KafkaError),
    /// Nothing came.
    #[error("Kafka sent nothing of partition {partition} for {} s", SILENCE_MAX.as_secs())]
    Silent {
        /// The partition that was being read.
        partition: i32,
    },
    /// A producer stamped a record, so nothing tells which ballots are late.
    #[error("the record at offset {offset} of partition {partition} isn't stamped by the broker")]
    NotLogAppendTime {
        /// The record's partition.
        partition: i32,
        /// The record's offset.
        offset: i64,
    },
    /// The process is about to end.
    #[error("told to stop")]
    Stopped,
}

/// A reader of one topic.
pub(crate) struct LogReader {
    consumer: BaseConsumer,
    topic: String,
    stop: CancellationToken,
}

impl LogReader {
    /// A reader that gives up once `stop` is cancelled.
    pub(crate) fn new(args: &KafkaArgs, client_id: &str, stop: CancellationToken) -> Result<Self, LogError> {
        let consumer = args
            .client_config(client_id)
            .set("group.id", GROUP)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set("enable.partition.eof", "true")
            .set("queued.max.messages.kbytes", READ_AHEAD_KIB_MAX)
            .create()?;
        Ok(Self { consumer, topic: args.kafka_topic.clone(), stop })
    }

    /// Hands every record of `range` to `take`, in the log's order. It blocks, and ends early where the log does:
    /// whoever needs all offsets looks at those that come.
    pub(crate) fn read(
        &self,
        partition: i32,
        range: Range<i64>,
        mut take: impl FnMut(LogRecord<'_>),
    ) -> Result<(), LogError> {
        if range.is_empty() {
            return Ok(());
        }
        let mut place = TopicPartitionList::new();
        place.add_partition_offset(&self.topic, partition, Offset::Offset(range.start))?;
        self.consumer.assign(&place)?;
        let mut heard_at = Instant::now();
        loop {
            if self.stop.is_cancelled() {
                return Err(LogError::Stopped);
            }
            match self.consumer.poll(POLL_WAIT) {
                // What an assignment before this one had read ahead.
                Some(Ok(message)) if message.partition() != partition || message.offset() < range.start => {}
                Some(Ok(message)) if message.offset() >= range.end => return Ok(()),
                Some(Ok(message)) => {
                    heard_at = Instant::now();
                    take(record_in(&message)?);
                    if message.offset() + 1 == range.end {
                        return Ok(());
                    }
                }
                Some(Err(KafkaError::PartitionEOF(ended))) if ended == partition => return Ok(()),
                Some(Err(KafkaError::PartitionEOF(_))) => {}
                Some(Err(error)) if is_out_of_range(&error) => return Err(error.into()),
                // librdkafka goes on by itself where it can; where it can't, nothing comes.
                Some(Err(error)) if heard_at.elapsed() > SILENCE_MAX => return Err(error.into()),
                Some(Err(error)) => tracing::debug!(partition, %error, "Kafka can't be read from right now"),
                None if heard_at.elapsed() > SILENCE_MAX => return Err(LogError::Silent { partition }),
                None => {}
            }
        }
    }
}

fn is_out_of_range(error: &KafkaError) -> bool {
    matches!(error.rdkafka_error_code(), Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange))
}

fn record_in<'a>(message: &'a BorrowedMessage<'_>) -> Result<LogRecord<'a>, LogError> {
    let (partition, offset) = (message.partition(), message.offset());
    let Timestamp::LogAppendTime(millis) = message.timestamp() else {
        return Err(LogError::NotLogAppendTime { partition, offset });
    };
    Ok(LogRecord { offset, appended_at: UnixMillis(millis), key: message.key(), value: message.payload() })
}
