//! A backlog: votes written straight into the topic, as frontends would have.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::{BallotId, Group, Key, Minute, Shards, UnixMillis, Vote, codec, partitioner};

use crate::stage::PARTITIONS;

/// With [`MINUTES`], 300 groups.
const PARTICIPANTS: u64 = 60;
/// The last minutes, none of which is late yet when it is written early in a minute.
const MINUTES: u64 = 5;
/// So early, in seconds.
const BEGIN_BEFORE_SECOND: i64 = 15;
/// From this second on the oldest of them are late.
const END_BEFORE_SECOND: i64 = 35;
/// Of a flow.
const FLOW_PARTICIPANTS: u64 = 3;
/// One of so many ballots is written twice, as retries are: no register that counts them all twice is fast enough.
const VOTES_PER_REPETITION: u64 = 1_000;
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

/// How many ballots are written twice among those of `votes` votes.
pub(crate) fn repetitions(votes: u64) -> u64 {
    votes.div_ceil(VOTES_PER_REPETITION)
}

/// Writes `votes` votes of as many ballots, and the [`repetitions`], into a topic of so many partitions.
pub(crate) fn fill(kafka: &KafkaArgs, votes: u64, partitions: i32) -> Result<()> {
    let producer = producer(kafka)?;
    while Timestamp::now().as_second() % 60 >= BEGIN_BEFORE_SECOND {
        std::thread::sleep(Duration::from_millis(100));
    }
    let minute = this_minute()?;
    let now = i64::from(minute.get());
    for sequence in 0..votes {
        let minute = (now - i64::try_from(sequence % MINUTES)?).try_into()?;
        let participant = i64::try_from(1 + sequence / MINUTES % PARTICIPANTS)?;
        let vote = vote(minute, participant, sequence, Shards::ONE, partitions)?;
        send(&producer, &kafka.kafka_topic, &vote)?;
        if sequence.is_multiple_of(VOTES_PER_REPETITION) {
            send(&producer, &kafka.kafka_topic, &vote)?;
        }
    }
    producer.flush(FLUSH_TIMEOUT)?;
    if this_minute()? != minute || Timestamp::now().as_second() % 60 >= END_BEFORE_SECOND {
        bail!("{votes} votes took so long to write that the first minute's are late: fewer --votes");
    }
    Ok(())
}

/// Measures while votes of this minute for three participants flow, so many a second; also how many they were.
pub(crate) fn while_flowing<T>(
    kafka: &KafkaArgs,
    votes_per_second: u64,
    shards: Shards,
    measure: impl Future<Output = Result<T>>,
) -> Result<(T, u64)> {
    let stop = AtomicBool::new(false);
    tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            let flowing = scope.spawn(|| flow(kafka, votes_per_second, shards, &stop));
            let measured = tokio::runtime::Handle::current().block_on(measure);
            stop.store(true, Ordering::Relaxed);
            let votes = flowing.join().ok().context("the flow panicked")??;
            Ok((measured?, votes))
        })
    })
}

fn flow(kafka: &KafkaArgs, votes_per_second: u64, shards: Shards, stop: &AtomicBool) -> Result<u64> {
    let producer = producer(kafka)?;
    let begin = Instant::now();
    let mut sequence = 0;
    while !stop.load(Ordering::Relaxed) {
        let due = u64::try_from(begin.elapsed().as_millis())? * votes_per_second / 1000;
        let minute = this_minute()?;
        while sequence < due {
            let participant = 1 + i64::try_from(sequence % FLOW_PARTICIPANTS)?;
            send(&producer, &kafka.kafka_topic, &vote(minute, participant, sequence, shards, PARTITIONS)?)?;
            sequence += 1;
        }
        producer.poll(FLOW_PAUSE);
    }
    producer.flush(FLUSH_TIMEOUT)?;
    Ok(sequence)
}

fn this_minute() -> Result<Minute> {
    UnixMillis::from(Timestamp::now()).minute().context("this machine's clock can't be right")
}

fn vote(minute: Minute, participant: i64, sequence: u64, shards: Shards, partitions: i32) -> Result<Vote> {
    let ballot = BallotId { issuer: ISSUER, sequence };
    let group = Group { paredao: 1.try_into()?, minute, participant: participant.try_into()? };
    let shard = shards.of(ballot);
    let partition = partitioner::partition_of(Key { group, shard }.to_string().as_bytes(), partitions);
    Ok(Vote { ballot, group, shard, partition })
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
