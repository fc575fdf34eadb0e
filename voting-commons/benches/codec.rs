//! How long a vote takes to be written and read.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use voting_commons::{BallotId, Group, Shard, Vote, codec};

fn benches(criterion: &mut Criterion) {
    let group = Group {
        paredao: 12.try_into().expect("it is in range"),
        minute: 29_395_760.try_into().expect("it is in range"),
        participant: 34.try_into().expect("it is in range"),
    };
    let vote = Vote {
        ballot: BallotId { issuer: 0x1234_5678_9abc_def0, sequence: 4_711 },
        group,
        shard: Shard::default(),
        partition: 7,
    };
    let (key, value) = codec::encode(&vote);
    // The same vote as another program may write it.
    let spaced = String::from_utf8_lossy(&value).replace(',', ", ").into_bytes();
    let mut group = criterion.benchmark_group("codec");
    group.throughput(Throughput::Elements(1));
    group.bench_function("encode", |bencher| bencher.iter(|| codec::encode(black_box(&vote))));
    for (name, value) in [("decode", &value), ("decode what is spaced otherwise", &spaced)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| codec::decode(7, Some(black_box(key.as_bytes())), Some(black_box(value))));
        });
    }
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
