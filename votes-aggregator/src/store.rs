//! The SQL of a run. All of it happens in the one transaction that the caller holds.

use std::time::Duration;

use sqlx::{PgConnection, Result};
use voting_commons::adapters::postgres::AGGREGATOR_LOCK;

use crate::panorama::{Panorama, Share};

/// The longest a statement may take that recomputes everything; every other has the usual time.
const RECOMPUTE_EVERYTHING_TIMEOUT: Duration = Duration::from_secs(600);

/// Above every transaction id.
const ABOVE_ALL: u64 = u64::MAX;

/// Becomes the leader for the rest of the transaction; false when another one is.
pub(crate) async fn try_lead(connection: &mut PgConnection) -> Result<bool> {
    sqlx::query_scalar!(r#"SELECT pg_try_advisory_xact_lock($1) AS "leads!""#, AGGREGATOR_LOCK)
        .fetch_one(connection)
        .await
}

/// Where the last run stood, and where this one does.
#[derive(Debug)]
pub(crate) struct Position {
    stored_system: i64,
    stored_timeline: i32,
    stored_seen_below: u64,
    /// The largest revision given out so far.
    pub(crate) revision: i64,
    system: i64,
    /// This database's timeline.
    pub(crate) timeline: i32,
    xmin: u64,
    xmax: u64,
}

impl Position {
    /// Whether what was seen before can't be trusted: another database, or one whose transaction ids went back.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.system != self.stored_system || self.timeline != self.stored_timeline || self.xmax < self.stored_seen_below
    }

    /// The transaction ids to look at, as a half-open range.
    ///
    /// Whatever was in flight at the last run has an id of at least its xmin. Ids at or above this snapshot's xmax
    /// are no transaction's yet; rows bear them after a restore from another cluster, which recomputes everything.
    fn ids(&self) -> (u64, u64) {
        if self.is_elsewhere() { (0, ABOVE_ALL) } else { (self.stored_seen_below, self.xmax) }
    }
}

pub(crate) async fn position(connection: &mut PgConnection) -> Result<Position> {
    let row = sqlx::query_file!("src/store/position.sql").fetch_one(connection).await?;
    let id = |text: &str| text.parse().map_err(|e| sqlx::Error::Decode(Box::new(e)));
    Ok(Position {
        stored_system: row.stored_system,
        stored_timeline: row.stored_timeline,
        stored_seen_below: id(&row.stored_seen_below)?,
        revision: row.revision,
        system: row.system,
        timeline: row.timeline,
        xmin: id(&row.xmin)?,
        xmax: id(&row.xmax)?,
    })
}

/// Lets this transaction's statements take as long as recomputing everything may.
pub(crate) async fn allow_long_statements(connection: &mut PgConnection) -> Result<()> {
    let millis = RECOMPUTE_EVERYTHING_TIMEOUT.as_millis().to_string();
    sqlx::query_scalar!("SELECT set_config('statement_timeout', $1, true)", millis).fetch_one(connection).await?;
    Ok(())
}

/// What a recomputation touched.
#[derive(Debug)]
pub(crate) struct Touched {
    pub(crate) paredoes: Vec<i32>,
    pub(crate) hours: i64,
}

pub(crate) async fn recompute_hours(connection: &mut PgConnection, position: &Position, zone: &str) -> Result<Touched> {
    let (from, below) = position.ids();
    let rows = sqlx::query_file!("src/store/recompute_hours.sql", from.to_string(), below.to_string(), zone)
        .fetch_all(connection)
        .await?;
    Ok(Touched {
        hours: rows.iter().map(|row| row.hours).sum(),
        paredoes: rows.into_iter().map(|row| row.paredao).collect(),
    })
}

/// The panoramas of `paredoes` that differ from what is stored.
pub(crate) async fn changed_panoramas(connection: &mut PgConnection, paredoes: &[i32]) -> Result<Vec<Panorama>> {
    let rows = sqlx::query_file!("src/store/panorama_votes.sql", paredoes).fetch_all(connection).await?;
    let panoramas = rows.chunk_by(|a, b| a.paredao == b.paredao).filter_map(|rows| {
        let votes: Vec<_> = rows.iter().map(|row| (row.participant, row.votes)).collect();
        let panorama = Panorama::of(rows[0].paredao, rows.iter().map(|row| row.after_closing).sum(), &votes);
        let stored: Option<Vec<Share>> = rows
            .iter()
            .map(|row| {
                let (votes, hundredths) = row.stored_votes.zip(row.stored_hundredths)?;
                Some(Share { participant: row.participant, votes, hundredths })
            })
            .collect();
        let is_same = rows[0].stored_after_closing == Some(panorama.after_closing)
            && stored.is_some_and(|stored| stored == panorama.shares);
        (!is_same).then_some(panorama)
    });
    Ok(panoramas.collect())
}

pub(crate) async fn write_panoramas(
    connection: &mut PgConnection,
    panoramas: &[Panorama],
    revision: i64,
) -> Result<()> {
    let column = |of: fn(&Panorama) -> i64| panoramas.iter().map(of).collect::<Vec<_>>();
    let paredoes: Vec<i32> = panoramas.iter().map(|panorama| panorama.paredao).collect();
    sqlx::query!(
        "INSERT INTO panorama (paredao, revision, as_of, total, after_closing)
         SELECT paredao, $2, now(), total, after_closing
         FROM unnest($1::integer[], $3::bigint[], $4::bigint[]) AS n (paredao, total, after_closing)
         ON CONFLICT (paredao) DO UPDATE SET revision = excluded.revision, as_of = excluded.as_of,
             total = excluded.total, after_closing = excluded.after_closing",
        &paredoes,
        revision,
        &column(|panorama| panorama.total),
        &column(|panorama| panorama.after_closing),
    )
    .execute(&mut *connection)
    .await?;

    let shares = || panoramas.iter().flat_map(|p| p.shares.iter().map(move |share| (p.paredao, share)));
    sqlx::query!(
        "INSERT INTO panorama_share (paredao, participant, votes, hundredths)
         SELECT * FROM unnest($1::integer[], $2::integer[], $3::bigint[], $4::smallint[])
         ON CONFLICT (paredao, participant) DO UPDATE SET votes = excluded.votes, hundredths = excluded.hundredths",
        &shares().map(|(paredao, _)| paredao).collect::<Vec<_>>(),
        &shares().map(|(_, share)| share.participant).collect::<Vec<_>>(),
        &shares().map(|(_, share)| share.votes).collect::<Vec<_>>(),
        &shares().map(|(_, share)| share.hundredths).collect::<Vec<_>>(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Says that all of this snapshot was seen, and that every panorama is as of it.
pub(crate) async fn advance(connection: &mut PgConnection, position: &Position, revision: i64) -> Result<()> {
    sqlx::query!("UPDATE panorama SET as_of = now() WHERE as_of <> now()").execute(&mut *connection).await?;
    sqlx::query!(
        "UPDATE aggregator_state
         SET system_identifier = $1, timeline = $2, seen_below = $3::text::xid8, revision = $4, ran_at = now()",
        position.system,
        position.timeline,
        position.xmin.to_string(),
        revision,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The last revision and the seconds since the last run, whoever ran.
pub(crate) async fn freshness(connection: &mut PgConnection) -> Result<(i64, f64)> {
    let row = sqlx::query!(
        r#"SELECT revision, extract(epoch FROM clock_timestamp() - ran_at)::float8 AS "age!" FROM aggregator_state"#
    )
    .fetch_one(connection)
    .await?;
    Ok((row.revision, row.age))
}
