//! A database with paredões, and buckets written as registers write them.

use sqlx::PgExecutor;
use test_support::{TestDatabase, fresh_database};
use votes_aggregator::{Aggregator, AggregatorArgs, Outcome, Run};

pub(crate) const MINUTE: i64 = 60;
pub(crate) const HOUR: i64 = 3600;
pub(crate) const DAY: i64 = 24 * HOUR;
pub(crate) const ZONE: &str = "America/Sao_Paulo";
/// The aggregator's advisory lock.
pub(crate) const LEADER_LOCK: i64 = i64::from_be_bytes(*b"PANORAMA");

pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) aggregator: Aggregator,
}

/// What voters would be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) revision: i64,
    pub(crate) total: i64,
    pub(crate) after_closing: i64,
    /// Participant, votes, hundredths of a percent.
    pub(crate) shares: Vec<(i32, i64, i16)>,
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = fresh_database().await;
        let args = AggregatorArgs {
            zone: ZONE.to_owned(),
            minutes_kept_days: 14,
            hours_kept_days: 31,
            compacted_rows_max: 10_000,
        };
        let aggregator = Aggregator::new(&database.as_service("votes-aggregator"), &args).unwrap();
        Self { database, aggregator }
    }

    /// A paredão with `participants`; times are seconds since the Unix epoch.
    pub(crate) async fn paredao(&self, slug: &str, participants: i32, closes_at: Option<i64>) -> (i32, Vec<i32>) {
        let paredao: i32 = sqlx::query_scalar(
            "INSERT INTO paredao (slug, title, opens_at, closes_at)
             VALUES ($1, $1, to_timestamp(0), to_timestamp($2::bigint)) RETURNING id",
        )
        .bind(slug)
        .bind(closes_at)
        .fetch_one(&self.database.pool)
        .await
        .unwrap();
        let participants = sqlx::query_scalar(
            "INSERT INTO participant (paredao, name, position)
             SELECT $1, 'P' || n, n FROM generate_series(1, $2) n RETURNING id",
        )
        .bind(paredao)
        .bind(participants)
        .fetch_all(&self.database.pool)
        .await
        .unwrap();
        (paredao, participants)
    }

    pub(crate) async fn vote(&self, paredao: i32, start: i64, participant: i32, votes: i64) {
        upsert(&self.database.pool, paredao, start, participant, 0, votes).await;
    }

    pub(crate) async fn run(&self) -> Run {
        match self.aggregator.once().await.unwrap() {
            Outcome::Done(run) => run,
            Outcome::Busy => panic!("nobody else aggregates this database"),
        }
    }

    pub(crate) async fn shown(&self, paredao: i32) -> Shown {
        let (revision, total, after_closing) =
            sqlx::query_as("SELECT revision, total, after_closing FROM panorama WHERE paredao = $1")
                .bind(paredao)
                .fetch_one(&self.database.pool)
                .await
                .unwrap();
        let shares = sqlx::query_as(
            "SELECT participant, votes, hundredths FROM panorama_share WHERE paredao = $1 ORDER BY participant",
        )
        .bind(paredao)
        .fetch_all(&self.database.pool)
        .await
        .unwrap();
        Shown { revision, total, after_closing, shares }
    }

    pub(crate) async fn execute(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&self.database.pool).await.unwrap();
    }

    /// Now, in seconds since the Unix epoch.
    pub(crate) async fn now(&self) -> i64 {
        sqlx::query_scalar("SELECT floor(extract(epoch FROM now()))::bigint")
            .fetch_one(&self.database.pool)
            .await
            .unwrap()
    }

    /// All buckets: start in seconds, grain, participant, partition, votes.
    pub(crate) async fn buckets(&self, paredao: i32) -> Vec<(i64, String, i32, i32, i64)> {
        sqlx::query_as(
            "SELECT extract(epoch FROM start)::bigint, grain::text, participant, partition, votes
             FROM bucket WHERE paredao = $1 ORDER BY start, grain, participant, partition",
        )
        .bind(paredao)
        .fetch_all(&self.database.pool)
        .await
        .unwrap()
    }
}

/// Adds to a bucket of a minute as a register does.
pub(crate) async fn upsert(
    executor: impl PgExecutor<'_>,
    paredao: i32,
    start: i64,
    participant: i32,
    partition: i32,
    votes: i64,
) {
    sqlx::query(
        "INSERT INTO bucket (paredao, start, participant, partition, votes)
         VALUES ($1, date_trunc('minute', to_timestamp($2::bigint)), $3, $4, $5)
         ON CONFLICT (paredao, start, participant, grain, partition)
         DO UPDATE SET votes = bucket.votes + excluded.votes, written_by = pg_current_xact_id()",
    )
    .bind(paredao)
    .bind(start)
    .bind(participant)
    .bind(partition)
    .bind(votes)
    .execute(executor)
    .await
    .unwrap();
}

/// The start of the hour or day (of `ZONE`, which has been three hours behind UTC since 2019).
pub(crate) fn floor(seconds: i64, unit: i64) -> i64 {
    let offset = if unit == DAY { 3 * HOUR } else { 0 };
    (seconds - offset).div_euclid(unit) * unit + offset
}
