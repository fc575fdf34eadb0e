//! What the reader keeps in Postgres: its turn, its counts and what the last look said.

use sqlx::{PgConnection, PgPool, Row as _};

use super::log_count::{MinuteCount, PartitionCount, Registered};
use super::verdict::{Finding, Log, Verdict};

/// The most findings that are kept of one look.
const FINDINGS_MAX: usize = 200;

/// The imports that production registered.
pub(super) async fn registered(pool: &PgPool) -> sqlx::Result<Registered> {
    let rows: Vec<(i32, i32)> = sqlx::query_as("SELECT id, paredao FROM import").fetch_all(pool).await?;
    Ok(rows.into_iter().collect())
}

/// Takes or keeps the turn, and says when by the database's clock, in microseconds since the Unix epoch; `None` while another
/// reader has it.
pub(super) async fn take_turn(pool: &PgPool, reader: &str) -> sqlx::Result<Option<i64>> {
    let taken = sqlx::query_scalar(
        "UPDATE reconciliation SET reader = $1, lease_until = clock_timestamp() + interval '30 s'
         WHERE reader = $1 OR lease_until < clock_timestamp()
         RETURNING (extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
    );
    taken.bind(reader).fetch_optional(pool).await
}

/// Lets another reader begin at once.
pub(super) async fn give_up_turn(pool: &PgPool, reader: &str) -> sqlx::Result<()> {
    let given = sqlx::query("UPDATE reconciliation SET lease_until = '-infinity' WHERE reader = $1");
    given.bind(reader).execute(pool).await?;
    Ok(())
}

/// The counts as they were last kept, minutes from `from_minute` on.
pub(super) async fn load(pool: &PgPool, topic: &str, from_minute: i32) -> sqlx::Result<Log> {
    let mut snapshot = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let mut log = Log::new();
    let rows = sqlx::query("SELECT * FROM log_position WHERE topic = $1").bind(topic);
    for row in rows.fetch_all(&mut *snapshot).await? {
        let count = PartitionCount {
            start_offset: row.try_get("start_offset")?,
            next_offset: row.try_get("next_offset")?,
            first_stamp: row.try_get("first_stamp")?,
            log_clock: row.try_get("log_clock")?,
            countable: row.try_get("countable")?,
            duplicate: row.try_get("duplicate")?,
            untimely: row.try_get("untimely")?,
            undecodable: row.try_get("undecodable")?,
            missing: row.try_get("missing")?,
            former_logs: row.try_get("former_logs")?,
            first_minute: row.try_get("first_minute")?,
            ..PartitionCount::default()
        };
        log.insert(row.try_get("partition")?, count);
    }
    let rows = sqlx::query("SELECT * FROM log_minute WHERE topic = $1 AND minute >= $2").bind(topic).bind(from_minute);
    for row in rows.fetch_all(&mut *snapshot).await? {
        let Some(count) = log.get_mut(&row.try_get("partition")?) else { continue };
        let minute = MinuteCount {
            records: row.try_get("records")?,
            countable: row.try_get("countable")?,
            imported: row.try_get("imported")?,
        };
        count.minutes.insert((row.try_get("paredao")?, row.try_get("minute")?), minute);
    }
    let rows = sqlx::query("SELECT partition, import, last_line FROM log_import WHERE topic = $1").bind(topic);
    for row in rows.fetch_all(&mut *snapshot).await? {
        let Some(count) = log.get_mut(&row.try_get("partition")?) else { continue };
        count.lines.insert(row.try_get("import")?, row.try_get("last_line")?);
    }
    snapshot.commit().await?;
    Ok(log)
}

/// Keeps the counts of partitions that stood at the offsets `before`, and what the look that began then said, in one transaction;
/// `false`, and nothing is kept, when the rows stand elsewhere: another reader was at work, or the database went back.
pub(super) async fn keep(
    pool: &PgPool,
    topic: &str,
    log: &Log,
    before: &[(i32, Option<i64>)],
    oldest_minute: i32,
    (began_at, verdict, findings): (i64, Verdict, &[Finding]),
) -> sqlx::Result<bool> {
    let mut transaction = pool.begin().await?;
    for (partition, expected) in before {
        let Some(count) = log.get(partition) else { continue };
        if !keep_position(&mut transaction, topic, *partition, count, *expected).await? {
            return Ok(false);
        }
        keep_minutes(&mut transaction, topic, *partition, count).await?;
        keep_lines(&mut transaction, topic, *partition, count).await?;
    }
    let forgotten = sqlx::query("DELETE FROM log_minute WHERE topic = $1 AND minute < $2");
    forgotten.bind(topic).bind(oldest_minute).execute(&mut *transaction).await?;
    keep_verdict(&mut transaction, began_at, verdict, findings).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Forgets what was counted of a partition's former log.
pub(super) async fn forget(pool: &PgPool, topic: &str, partition: i32) -> sqlx::Result<()> {
    let mut transaction = pool.begin().await?;
    for sql in [
        "DELETE FROM log_position WHERE topic = $1 AND partition = $2",
        "DELETE FROM log_minute WHERE topic = $1 AND partition = $2",
    ] {
        sqlx::query(sql).bind(topic).bind(partition).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

async fn keep_position(
    connection: &mut PgConnection,
    topic: &str,
    partition: i32,
    count: &PartitionCount,
    expected: Option<i64>,
) -> sqlx::Result<bool> {
    let sql = match expected {
        Some(_) => {
            "UPDATE log_position SET next_offset = $4, first_stamp = $5, log_clock = $6, countable = $7, duplicate = $8,
                 untimely = $9, undecodable = $10, missing = $11
             WHERE topic = $1 AND partition = $2 AND start_offset = $3 AND next_offset = $12
                 AND former_logs = $13 AND first_minute = $14"
        }
        None => {
            "INSERT INTO log_position (topic, partition, start_offset, next_offset, first_stamp, log_clock, countable,
                                       duplicate, untimely, undecodable, missing, former_logs, first_minute)
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $13, $14 WHERE $12::bigint IS NULL ON CONFLICT DO NOTHING"
        }
    };
    let kept = sqlx::query(sql)
        .bind(topic)
        .bind(partition)
        .bind(count.start_offset)
        .bind(count.next_offset)
        .bind(count.first_stamp)
        .bind(count.log_clock)
        .bind(count.countable)
        .bind(count.duplicate)
        .bind(count.untimely)
        .bind(count.undecodable)
        .bind(count.missing)
        .bind(expected)
        .bind(count.former_logs)
        .bind(count.first_minute)
        .execute(connection)
        .await?;
    Ok(kept.rows_affected() == 1)
}

async fn keep_minutes(
    connection: &mut PgConnection,
    topic: &str,
    partition: i32,
    count: &PartitionCount,
) -> sqlx::Result<()> {
    let changed = || count.changed.iter().filter_map(|place| Some((place, count.minutes.get(place)?)));
    sqlx::query(
        "INSERT INTO log_minute (topic, partition, paredao, minute, records, countable, imported)
         SELECT $1, $2, * FROM unnest($3::integer[], $4::integer[], $5::bigint[], $6::bigint[], $7::bigint[])
         ON CONFLICT (topic, minute, paredao, partition)
         DO UPDATE SET records = excluded.records, countable = excluded.countable, imported = excluded.imported",
    )
    .bind(topic)
    .bind(partition)
    .bind(changed().map(|(place, _)| place.0).collect::<Vec<_>>())
    .bind(changed().map(|(place, _)| place.1).collect::<Vec<_>>())
    .bind(changed().map(|(_, minute)| minute.records).collect::<Vec<_>>())
    .bind(changed().map(|(_, minute)| minute.countable).collect::<Vec<_>>())
    .bind(changed().map(|(_, minute)| minute.imported).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

async fn keep_lines(
    connection: &mut PgConnection,
    topic: &str,
    partition: i32,
    count: &PartitionCount,
) -> sqlx::Result<()> {
    if count.lines.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO log_import (topic, partition, import, last_line)
         SELECT $1, $2, * FROM unnest($3::integer[], $4::integer[])
         ON CONFLICT (topic, partition, import) DO UPDATE SET last_line = excluded.last_line",
    )
    .bind(topic)
    .bind(partition)
    .bind(count.lines.keys().copied().collect::<Vec<_>>())
    .bind(count.lines.values().copied().collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// A look says nothing of what was counted after it began, so that is when it was.
async fn keep_verdict(
    connection: &mut PgConnection,
    began_at: i64,
    verdict: Verdict,
    findings: &[Finding],
) -> sqlx::Result<()> {
    let behind_seconds = if let Verdict::CatchingUp { seconds } = verdict { seconds } else { 0 };
    sqlx::query(
        "UPDATE reconciliation SET checked_at = to_timestamp($3::bigint / 1000000.0), state = $1, behind_seconds = $2",
    )
    .bind(verdict.code())
    .bind(behind_seconds)
    .bind(began_at)
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM reconciliation_finding").execute(&mut *connection).await?;
    for finding in findings.iter().take(FINDINGS_MAX) {
        sqlx::query(
            "INSERT INTO reconciliation_finding (kind, partition, paredao, minute, to_minute, boot, expected, found)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(finding.kind.code())
        .bind(finding.partition)
        .bind(finding.paredao)
        .bind(finding.minute)
        .bind(finding.to_minute)
        .bind(&finding.boot)
        .bind(finding.expected)
        .bind(finding.found)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
