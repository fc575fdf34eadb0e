//! One run: what is new since the last one goes into the totals and panoramas, in one transaction.

use std::fmt;
use std::time::Instant;

use anyhow::Context;
use clap::Args;
use metrics::{counter, histogram};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use voting_commons::adapters::postgres::PostgresArgs;

use crate::compaction::{self, Compacted};
use crate::{panorama, store};

/// A run and a look at the state.
const CONNECTIONS_MAX: u32 = 2;
/// SQLSTATE of a transaction whose snapshot another one has overtaken.
const SERIALIZATION_FAILURE: &str = "40001";

/// What counts as an hour, a day and old.
#[derive(Debug, Clone, Args)]
pub struct AggregatorArgs {
    /// The zone of civil days
    #[arg(long, env = "ZONE", default_value = "America/Sao_Paulo", global = true)]
    pub zone: String,
    /// Days after which minutes are merged into hours
    #[arg(long, env = "MINUTES_KEPT_DAYS", default_value_t = 14, global = true)]
    pub minutes_kept_days: u16,
    /// Days after which hours are merged into days
    #[arg(long, env = "HOURS_KEPT_DAYS", default_value_t = 31, global = true)]
    pub hours_kept_days: u16,
    /// The most rows that one run merges away per grain
    #[arg(long, env = "COMPACTED_ROWS_MAX", default_value_t = 20_000, global = true)]
    pub compacted_rows_max: u32,
}

/// The aggregator and the database it works on.
#[derive(Debug, Clone)]
pub struct Aggregator {
    pub(crate) pool: PgPool,
    args: AggregatorArgs,
}

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Another aggregator is at work.
    Busy,
    /// Everything committed so far is in.
    Done(Run),
}

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Run {
    /// Everything was recomputed, because this is another database than last time.
    pub everything: bool,
    /// Hours of paredões whose sums were recomputed.
    pub hours: i64,
    /// Panoramas that changed.
    pub panoramas: usize,
    /// The largest revision given out so far.
    pub revision: i64,
    /// Rows merged away afterwards.
    pub compacted: Compacted,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hours, panoramas, revision, compacted, .. } = self;
        let everything = if self.everything { "everything anew: " } else { "" };
        write!(f, "{everything}{hours} hours recomputed, {panoramas} panoramas changed, revision {revision}, ")?;
        write!(f, "{} minutes and {} hours compacted", compacted.minutes, compacted.hours)
    }
}

impl Aggregator {
    /// An aggregator that connects when it first runs.
    ///
    /// # Errors
    /// When the database's URL or the zone can't be read.
    pub fn new(postgres: &PostgresArgs, args: &AggregatorArgs) -> anyhow::Result<Self> {
        jiff::tz::TimeZone::get(&args.zone).with_context(|| format!("the zone {:?} isn't known", args.zone))?;
        let pool = postgres.pool("votes-aggregator", CONNECTIONS_MAX).context("DATABASE_URL can't be read")?;
        Ok(Self { pool, args: args.clone() })
    }

    /// One run, and then a bounded compaction.
    ///
    /// # Errors
    /// When Postgres fails; nothing is changed then, or all of a part.
    pub async fn once(&self) -> sqlx::Result<Outcome> {
        let outcome = self.aggregate().await?;
        match outcome {
            Outcome::Busy => Ok(Outcome::Busy),
            Outcome::Done(run) => Ok(Outcome::Done(Run { compacted: self.compact().await?, ..run })),
        }
    }

    /// Brings totals and panoramas up to everything that is committed.
    ///
    /// # Errors
    /// When Postgres fails; nothing is changed then.
    pub async fn aggregate(&self) -> sqlx::Result<Outcome> {
        let started = Instant::now();
        let mut transaction = self.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ").await?;
        let outcome = match aggregate_in(&mut transaction, &self.args.zone).await {
            Err(error) if is_overtaken(&error) => Outcome::Busy,
            outcome => outcome?,
        };
        let Outcome::Done(run) = outcome else {
            return Ok(Outcome::Busy);
        };
        transaction.commit().await?;
        histogram!("aggregator_run_seconds").record(started.elapsed().as_secs_f64());
        counter!("aggregator_hours_recomputed_total").increment(u64::try_from(run.hours).unwrap_or_default());
        if run.everything {
            tracing::info!(hours = run.hours, "another database than at the last run: everything was recomputed");
        }
        Ok(Outcome::Done(run))
    }

    /// Merges old rows into coarser ones, at most the configured number of them.
    ///
    /// # Errors
    /// When Postgres fails; nothing is changed then.
    pub async fn compact(&self) -> sqlx::Result<Compacted> {
        let mut transaction: Transaction<'_, Postgres> = self.pool.begin().await?;
        if !store::try_lead(&mut transaction).await? {
            return Ok(Compacted::default());
        }
        let compacted = compaction::compact(&mut transaction, &self.args).await?;
        transaction.commit().await?;
        for (grain, rows) in [("minute", compacted.minutes), ("hour", compacted.hours)] {
            counter!("aggregator_rows_compacted_total", "grain" => grain)
                .increment(u64::try_from(rows).unwrap_or_default());
        }
        Ok(compacted)
    }

    /// Whether `compacted` used up what one run may do, so that there may be more.
    pub(crate) fn may_compact_more(&self, compacted: Compacted) -> bool {
        compacted.minutes.max(compacted.hours) >= i64::from(self.args.compacted_rows_max)
    }
}

async fn aggregate_in(connection: &mut PgConnection, zone: &str) -> sqlx::Result<Outcome> {
    if !store::try_lead(connection).await? {
        return Ok(Outcome::Busy);
    }
    let position = store::position(connection).await?;
    if position.is_elsewhere() {
        store::allow_long_statements(connection).await?;
    }
    let touched = store::recompute_hours(connection, &position, zone).await?;
    let changed = store::changed_panoramas(connection, &touched.paredoes).await?;
    let mut revision = position.revision;
    if !changed.is_empty() {
        revision = panorama::next_revision(position.revision, position.timeline);
        store::write_panoramas(connection, &changed, revision).await?;
    }
    store::advance(connection, &position, revision).await?;
    Ok(Outcome::Done(Run {
        everything: position.is_elsewhere(),
        hours: touched.hours,
        panoramas: changed.len(),
        revision,
        compacted: Compacted::default(),
    }))
}

/// Whether another run ended after this one's snapshot was taken: what it did isn't in this snapshot.
fn is_overtaken(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|e| e.code()).is_some_and(|code| code == SERIALIZATION_FAILURE)
}
