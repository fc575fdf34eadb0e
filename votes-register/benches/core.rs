//! How long the core takes for a record: decided, tallied and its ballot remembered, without Kafka and Postgres.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use votes_register::core::{Claim, Event, Limits, Partition, Record};
use voting_commons::{BallotId, Group, Minute, Shard, UnixMillis, Vote, codec};

/// As many as come in one delivery.
const RECORDS: u64 = 2_000;
/// Groups that share a partition, and minutes that they are spread over.
const PARTICIPANTS: u64 = 5;
const MINUTES: u64 = 5;
const MINUTE: i64 = 1_000_000;

fn vote(sequence: u64) -> Vote {
    let minute = MINUTE - i64::try_from(sequence % MINUTES).expect("small");
    let participant = 1 + i64::try_from(sequence / MINUTES % PARTICIPANTS).expect("small");
    let group = Group {
        paredao: 1.try_into().expect("it is in range"),
        minute: minute.try_into().expect("it is in range"),
        participant: participant.try_into().expect("it is in range"),
    };
    Vote { ballot: BallotId { issuer: 7, sequence }, group, shard: Shard::default(), partition: 0 }
}

fn now() -> UnixMillis {
    Minute::try_from(MINUTE).expect("it is in range").start().plus(5_000)
}

fn record(sequence: u64) -> Record {
    let (key, value) = codec::encode(&vote(sequence));
    let offset = i64::try_from(sequence).expect("small");
    Record::decode(0, offset, now(), Some(key.as_bytes()), Some(&value))
}

/// A core that counts from the log's beginning.
fn counting() -> Partition {
    let (mut core, _) = Partition::assigned(0, Limits::default());
    core.step(0, Event::Claimed(Ok(Claim::default())), now());
    core
}

fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("core");
    group.throughput(Throughput::Elements(RECORDS));
    let records: Vec<Record> = (0..RECORDS).map(record).collect();
    group.bench_function("records", |bencher| {
        bencher.iter_batched(
            || (counting(), records.clone()),
            |(mut core, records)| black_box((core.step(0, Event::Records(records), now()), core)),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
