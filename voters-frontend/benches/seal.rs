//! How long a ballot takes to be sealed and to be opened, which is the dearest that is done with a vote before Kafka.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use voters_frontend::ballot::{Ballot, Issuer};
use voters_frontend::seal::{Purpose, Sealer};
use voting_commons::adapters::secret::Secret;
use voting_commons::{Minute, Shards};

const KEY: &str = "bench:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const MINUTE: i64 = 29_395_760;
const PARTITIONS: i32 = 12;

fn ballot() -> Ballot {
    let now = Minute::try_from(MINUTE).expect("it is in range").start();
    let (paredao, participant) = (1.try_into().expect("it is in range"), 2.try_into().expect("it is in range"));
    Issuer::random().issue(paredao, participant, Shards::ONE, now, PARTITIONS).expect("the time is right")
}

fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("seal");
    let sealer = Sealer::parse(&Secret::from(KEY.to_owned())).expect("it is a key");
    let ballot = ballot();
    let token = sealer.seal(Purpose::Ballot, &ballot);
    group.bench_function("seal", |bencher| bencher.iter(|| sealer.seal(Purpose::Ballot, black_box(&ballot))));
    group.bench_function("open", |bencher| {
        bencher.iter(|| sealer.open::<Ballot>(Purpose::Ballot, black_box(&token)).expect("it was sealed here"));
    });
    group.finish();
}

criterion_group!(seal, benches);
criterion_main!(seal);
