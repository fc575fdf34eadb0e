//! Random histories against a model that adds up in Rust.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use voting_commons::percentages::percentages;

use crate::support::{DAY, HOUR, MINUTE, World, floor, upsert};

const STEPS: usize = 120;
const PARTICIPANTS: usize = 3;

/// What was voted in one paredão, and until when votes count.
struct Model {
    paredao: i32,
    participants: Vec<i32>,
    closes_at: Option<i64>,
    /// Votes by minute, participant and partition.
    votes: BTreeMap<(i64, usize, i32), i64>,
}

impl Model {
    fn is_counted(&self, start: i64) -> bool {
        self.closes_at.is_none_or(|closes_at| start < closes_at)
    }

    fn totals(&self) -> (Vec<u64>, i64) {
        let mut totals = vec![0; PARTICIPANTS];
        let mut after_closing = 0;
        for (&(start, participant, _), &votes) in &self.votes {
            if self.is_counted(start) {
                totals[participant] += u64::try_from(votes).unwrap();
            } else {
                after_closing += votes;
            }
        }
        (totals, after_closing)
    }

    fn by_day(&self) -> BTreeMap<(i64, i32, i32), i64> {
        let mut days = BTreeMap::new();
        for (&(start, participant, partition), votes) in &self.votes {
            *days.entry((floor(start, DAY), self.participants[participant], partition)).or_default() += votes;
        }
        days
    }
}

#[tokio::test]
async fn any_history_gives_the_models_totals() {
    let seed = rand::random();
    println!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let world = World::new().await;
    let minute = world.now().await / MINUTE * MINUTE;
    let mut models = Vec::new();
    // Closings in the past lie where compaction comes by; those that move stay where minutes are kept.
    for (slug, closed_ago) in
        [("open", None), ("moving", Some(DAY)), ("weeks", Some(20 * DAY)), ("months", Some(40 * DAY))]
    {
        let closes_at = closed_ago.map(|ago| minute - ago - rng.random_range(0..60) * MINUTE);
        let (paredao, participants) = world.paredao(slug, i32::try_from(PARTICIPANTS).unwrap(), closes_at).await;
        models.push(Model { paredao, participants, closes_at, votes: BTreeMap::new() });
    }
    for _ in 0..STEPS {
        match rng.random_range(0..10) {
            0..6 => vote(&world, &mut models, minute, &mut rng).await,
            6 => move_closing(&world, &mut models[1], minute, &mut rng).await,
            7 => drop(world.aggregator.compact().await.unwrap()),
            8 => drop(world.aggregator.aggregate().await.unwrap()),
            _ => {
                world.run().await;
                compare_with_buckets(&world, &models).await;
            }
        }
    }
    for _ in 0..2 {
        world.aggregator.aggregate().await.unwrap();
        compare(&world, &models).await;
        compare_with_buckets(&world, &models).await;
        world.aggregator.compact().await.unwrap();
    }
}

async fn vote(world: &World, models: &mut [Model], minute: i64, rng: &mut StdRng) {
    for _ in 0..rng.random_range(1..20) {
        let model = &mut models[rng.random_range(0..4)];
        let age = rng.random_range(0..50 * DAY / MINUTE) * MINUTE;
        // Half of the votes crowd around the closing.
        let start = match model.closes_at {
            Some(closes_at) if rng.random() => closes_at + rng.random_range(-90..90) * MINUTE,
            _ => minute - age,
        };
        let (participant, partition) = (rng.random_range(0..PARTICIPANTS), rng.random_range(0..3));
        let votes = rng.random_range(1..1000);
        let id = model.participants[participant];
        upsert(&world.database.pool, model.paredao, start, id, partition, votes).await;
        *model.votes.entry((start, participant, partition)).or_default() += votes;
    }
}

async fn move_closing(world: &World, model: &mut Model, minute: i64, rng: &mut StdRng) {
    model.closes_at = Some(minute - rng.random_range(0..10 * DAY / MINUTE) * MINUTE);
    sqlx::query("UPDATE paredao SET closes_at = to_timestamp($1::bigint) WHERE id = $2")
        .bind(model.closes_at)
        .bind(model.paredao)
        .execute(&world.database.pool)
        .await
        .unwrap();
}

/// Panoramas, and the sums of each civil day, participant and partition, against what was voted.
async fn compare(world: &World, models: &[Model]) {
    for model in models {
        let shown = world.shown(model.paredao).await;
        let (totals, after_closing) = model.totals();
        let shares: Vec<_> = shown.shares.iter().map(|share| u64::try_from(share.1).unwrap()).collect();
        assert_eq!((&shares, shown.after_closing), (&totals, after_closing));
        assert_eq!(shown.total, shown.shares.iter().map(|share| share.1).sum::<i64>());
        let hundredths: Vec<_> = percentages(&totals).iter().map(|p| i32::from(p.hundredths())).collect();
        assert_eq!(shown.shares.iter().map(|share| i32::from(share.2)).collect::<Vec<_>>(), hundredths);

        let mut days = BTreeMap::new();
        for (start, _, participant, partition, votes) in world.buckets(model.paredao).await {
            *days.entry((floor(start, DAY), participant, partition)).or_default() += votes;
        }
        assert_eq!(days, model.by_day());
    }
}

/// The hourly totals against the buckets as they are, added up here.
async fn compare_with_buckets(world: &World, models: &[Model]) {
    for model in models {
        // Compaction may have come after the totals were computed.
        world.aggregator.aggregate().await.unwrap();
        let mut expected: BTreeMap<(i64, i32), (i64, i64)> = BTreeMap::new();
        for (start, _, participant, _, votes) in world.buckets(model.paredao).await {
            let hour = expected.entry((floor(start, HOUR), participant)).or_default();
            if model.is_counted(start) { hour.0 += votes } else { hour.1 += votes }
        }
        let rows: Vec<(i64, i32, i64, i64)> = sqlx::query_as(
            "SELECT extract(epoch FROM hour)::bigint, participant, votes, after_closing
             FROM hour_total WHERE paredao = $1",
        )
        .bind(model.paredao)
        .fetch_all(&world.database.pool)
        .await
        .unwrap();
        let hours: BTreeMap<_, _> = rows.into_iter().map(|row| ((row.0, row.1), (row.2, row.3))).collect();
        assert_eq!(hours, expected);
    }
}
