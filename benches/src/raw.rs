//! What librdkafka alone can do: the records are taken in batches and thrown away.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Offset, TopicPartitionList};
use votes_register::partition_queue::{PartitionQueue, keep_apart};
use voting_commons::adapters::kafka::KafkaArgs;

use crate::stage::PARTITIONS;

/// How much of a partition one answer brings: as much as does librdkafka good.
const FETCH_BYTES_MAX: &str = "4194304";

/// Votes per second, from the first record on, taken in batches.
pub(crate) fn measure(kafka: &KafkaArgs, votes: u64) -> Result<f64> {
    let (consumer, places) = consumer(kafka)?;
    let (consumer, topic) = (Arc::new(consumer), &kafka.kafka_topic);
    let queues = (0..PARTITIONS).map(|partition| {
        keep_apart(&consumer, topic, partition);
        PartitionQueue::of(&consumer, topic, partition)
    });
    let queues: Option<Vec<_>> = queues.collect();
    let queues = queues.context("librdkafka gives no queue")?;
    consumer.assign(&places)?;
    let mut begin = None;
    let mut taken = 0;
    while taken < votes {
        let before = taken;
        for queue in &queues {
            taken += u64::try_from(queue.drain(|_| ()))?;
        }
        if taken > before {
            begin.get_or_insert_with(Instant::now);
        } else {
            consumer.poll(Duration::from_millis(1));
        }
    }
    rate(votes, begin)
}

/// The same, one record at a time, which is all that rdkafka offers.
pub(crate) fn measure_one_by_one(kafka: &KafkaArgs, votes: u64) -> Result<f64> {
    let (consumer, places) = consumer(kafka)?;
    consumer.assign(&places)?;
    let mut begin = None;
    let mut taken = 0;
    while taken < votes {
        if let Some(record) = consumer.poll(Duration::from_millis(100)) {
            record?;
            begin.get_or_insert_with(Instant::now);
            taken += 1;
        }
    }
    rate(votes, begin)
}

fn consumer(kafka: &KafkaArgs) -> Result<(BaseConsumer, TopicPartitionList)> {
    let consumer = kafka
        .client_config("benches-raw")
        .set("group.id", "benches-raw")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("fetch.message.max.bytes", FETCH_BYTES_MAX)
        .set("queued.max.messages.kbytes", "16384")
        .set("fetch.queue.backoff.ms", "5")
        .create()?;
    let mut places = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        places.add_partition_offset(&kafka.kafka_topic, partition, Offset::Beginning)?;
    }
    Ok((consumer, places))
}

fn rate(votes: u64, begin: Option<Instant>) -> Result<f64> {
    let seconds = begin.context("there were no votes")?.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more digits")]
    Ok(votes as f64 / seconds)
}
