//! A backlog: votes written straight into the topic, as frontends would have.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use jiff::Timestamp;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::{BallotId, Group, Minute, UnixMillis, Vote, codec, partitioner};

/// With [`MINUTES`], 300 groups.
const PARTICIPANTS: u64 = 60;
/// The last minutes, none of which is late yet when it is written early in a minute.
const MINUTES: u64 = 5;
/// So early, in seconds.
const BEGIN_BEFORE_SECOND: i64 = 15;
const ISSUER: u64 = 0x5eed;
const FLUSH_TIMEOUT: Duration = Duration::from_secs(120);
const FLOW_PAUSE: Duration = Duration::from_millis(5);

fn producer(kafka: &KafkaArgs) -> Result<BaseProducer> {
    let mut config = kafka.client_config("benches");
    config
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("compression.type", "lz4")
        .set("linger.ms", "20")
        .set("batch.size", "1000000")
        .set("queue.buffering.max.messages", "500000");
    Ok(config.create()?)
}

/// Writes `votes` votes of as many ballots into a topic of so many partitions.
pub(crate) fn fill(kafka: &KafkaArgs, votes: u64, partitions: i32) -> Result<()> {
    let producer = producer(kafka)?;
    while Timestamp::now().as_second() % 60 >= BEGIN_BEFORE_SECOND {
        std::thread::sleep(Duration::from_millis(100));
    }
    let now = i64::from(this_minute()?.get());
    for sequence in 0..votes {
        let minute = (now - i64::try_from(sequence % MINUTES)?).try_into()?;
        send(&producer, &kafka.kafka_topic, &vote(minute, sequence, partitions)?)?;
    }
    producer.flush(FLUSH_TIMEOUT)?;
    Ok(())
}

/// Writes votes of this minute, so many a second, until `stop`.
pub(crate) fn flow(kafka: &KafkaArgs, partitions: i32, votes_per_second: u64, stop: &AtomicBool) -> Result<()> {
    let producer = producer(kafka)?;
    let begin = Instant::now();
    let mut sequence = 0;
    while !stop.load(Ordering::Relaxed) {
        let due = u64::try_from(begin.elapsed().as_millis())? * votes_per_second / 1000;
        let minute = this_minute()?;
        while sequence < due {
            send(&producer, &kafka.kafka_topic, &vote(minute, sequence, partitions)?)?;
            sequence += 1;
        }
        producer.poll(FLOW_PAUSE);
    }
    producer.flush(FLUSH_TIMEOUT)?;
    Ok(())
}

fn this_minute() -> Result<Minute> {
    UnixMillis::from(Timestamp::now()).minute().context("this machine's clock can't be right")
}

fn vote(minute: Minute, sequence: u64, partitions: i32) -> Result<Vote> {
    let group = Group {
        paredao: 1.try_into()?,
        minute,
        participant: i64::try_from(1 + sequence / MINUTES % PARTICIPANTS)?.try_into()?,
    };
    let partition = partitioner::partition_of(group.to_string().as_bytes(), partitions);
    Ok(Vote { ballot: BallotId { issuer: ISSUER, sequence }, group, partition })
}

fn send(producer: &BaseProducer, topic: &str, vote: &Vote) -> Result<()> {
    let (key, value) = codec::encode(vote);
    let mut record = BaseRecord::to(topic).partition(vote.partition).key(&key).payload(&value);
    loop {
        match producer.send(record) {
            Ok(()) => break,
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), same)) => {
                producer.poll(Duration::from_millis(20));
                record = same;
            }
            Err((error, _)) => return Err(error.into()),
        }
    }
    producer.poll(Duration::ZERO);
    Ok(())
}
