//! Votes that come too late.

use jiff::Timestamp;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::util::Timeout;
use voting_commons::{BallotId, Group, Minute, Shard, UnixMillis, Vote, codec};

use crate::System;

/// Puts a vote of ten minutes ago into the topic, as only a frontend with a wrong clock would.
///
/// # Panics
/// When there is no such paredão, or Kafka doesn't take it.
pub async fn cast_late(system: &System, slug: &str, participant: i64) {
    let paredao: i32 = sqlx::query_scalar("SELECT id FROM paredao WHERE slug = $1")
        .bind(slug)
        .fetch_one(&system.database.pool)
        .await
        .expect("there is such a paredão");
    let now = UnixMillis::from(Timestamp::now()).minute().expect("it is a time of ours");
    let group = Group {
        paredao: i64::from(paredao).try_into().expect("it is a paredão's number"),
        minute: Minute::try_from(i64::from(now.get() - 10)).expect("it is a time of ours"),
        participant: participant.try_into().expect("it is a participant's number"),
    };
    let vote = Vote { ballot: BallotId { issuer: 1, sequence: 1 }, group, shard: Shard::default(), partition: 0 };
    let (key, value) = codec::encode(&vote);
    let producer: FutureProducer = system.kafka.client_config("test").create().expect("the settings are right");
    let record = FutureRecord::to(&system.kafka.kafka_topic).partition(0).key(&key).payload(&value);
    producer.send(record, Timeout::Never).await.expect("Kafka takes it");
}
