//! What Postgres holds at the end, read in one snapshot.

use std::collections::BTreeMap;

use anyhow::Result;
use tokio_postgres::{Client, IsolationLevel};

use crate::op_log::Group;

/// A partition's row of `register_cursor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CursorRow {
    pub(crate) start_offset: i64,
    pub(crate) next_offset: i64,
    pub(crate) counted: i64,
    pub(crate) duplicate: i64,
    pub(crate) parked: i64,
    pub(crate) skipped: i64,
}

/// What the reconciliation says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ReconciliationRow {
    /// `green`, `catching_up` or `red`.
    pub(crate) state: String,
    /// What doesn't agree.
    pub(crate) findings: Vec<String>,
}

/// A paredão's cached percentages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PanoramaRow {
    pub(crate) total: i64,
    pub(crate) after_closing: i64,
    /// Votes and hundredths of a percent per participant.
    pub(crate) shares: BTreeMap<i32, (i64, i16)>,
}

/// All that the checker needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tables {
    /// By partition.
    pub(crate) cursors: BTreeMap<i32, CursorRow>,
    /// Votes by group and partition.
    pub(crate) buckets: BTreeMap<(Group, i32), i64>,
    /// Parked votes that were counted after all, by partition.
    pub(crate) replayed: BTreeMap<i32, i64>,
    /// Reasons by partition and offset.
    pub(crate) dead_letters: BTreeMap<(i32, i64), String>,
    /// Votes, and votes after the closing, by paredão, participant and hour since the Unix epoch.
    pub(crate) hours: BTreeMap<(i32, i32, i32), (i64, i64)>,
    /// By paredão.
    pub(crate) panoramas: BTreeMap<i32, PanoramaRow>,
    pub(crate) reconciliation: ReconciliationRow,
}

/// Reads everything, as of one moment.
pub(crate) async fn read(client: &mut Client) -> Result<Tables> {
    let transaction =
        client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true).start().await?;
    let mut tables = Tables::default();
    let cursors =
        "SELECT partition, start_offset, next_offset, counted, duplicate, parked, skipped FROM register_cursor";
    for row in transaction.query(cursors, &[]).await? {
        let cursor = CursorRow {
            start_offset: row.try_get(1)?,
            next_offset: row.try_get(2)?,
            counted: row.try_get(3)?,
            duplicate: row.try_get(4)?,
            parked: row.try_get(5)?,
            skipped: row.try_get(6)?,
        };
        tables.cursors.insert(row.try_get(0)?, cursor);
    }
    let buckets =
        "SELECT paredao, participant, (extract(epoch FROM start) / 60)::integer, partition, votes FROM bucket";
    for row in transaction.query(buckets, &[]).await? {
        let group = Group { paredao: row.try_get(0)?, participant: row.try_get(1)?, minute: row.try_get(2)? };
        tables.buckets.insert((group, row.try_get(3)?), row.try_get(4)?);
    }
    for row in transaction.query("SELECT partition, count(*) FROM replayed GROUP BY partition", &[]).await? {
        tables.replayed.insert(row.try_get(0)?, row.try_get(1)?);
    }
    for row in transaction.query("SELECT partition, record_offset, reason FROM dead_letter", &[]).await? {
        tables.dead_letters.insert((row.try_get(0)?, row.try_get(1)?), row.try_get(2)?);
    }
    let hours = "SELECT paredao, participant, (extract(epoch FROM hour) / 3600)::integer, votes, after_closing
                 FROM hour_total";
    for row in transaction.query(hours, &[]).await? {
        let key = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        tables.hours.insert(key, (row.try_get(3)?, row.try_get(4)?));
    }
    for row in transaction.query("SELECT paredao, total, after_closing FROM panorama", &[]).await? {
        let panorama = PanoramaRow { total: row.try_get(1)?, after_closing: row.try_get(2)?, shares: BTreeMap::new() };
        tables.panoramas.insert(row.try_get(0)?, panorama);
    }
    for row in transaction.query("SELECT paredao, participant, votes, hundredths FROM panorama_share", &[]).await? {
        let share = (row.try_get(2)?, row.try_get(3)?);
        tables.panoramas.entry(row.try_get(0)?).or_default().shares.insert(row.try_get(1)?, share);
    }
    tables.reconciliation.state = transaction.query_one("SELECT state FROM reconciliation", &[]).await?.try_get(0)?;
    let findings = "SELECT row_to_json(f)::text FROM reconciliation_finding f WHERE kind <> 'frontend_unknown'";
    for row in transaction.query(findings, &[]).await? {
        tables.reconciliation.findings.push(row.try_get(0)?);
    }
    transaction.commit().await?;
    Ok(tables)
}
