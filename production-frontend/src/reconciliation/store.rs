//! The last verdict in Postgres.

use jiff::Timestamp;
use sqlx::{PgConnection, PgPool, Row as _};

use super::{FindingView, ReconciliationView, State};
use crate::error::Error;
use crate::snapshot;

/// Reads it, verdict and findings of one snapshot.
pub(crate) async fn show(pool: &PgPool) -> Result<ReconciliationView, Error> {
    let mut snapshot = snapshot::begin(pool).await?;
    let view = read(&mut snapshot).await?;
    snapshot.commit().await?;
    Ok(view)
}

/// The verdict as it stands in a snapshot.
pub(crate) async fn read(snapshot: &mut PgConnection) -> Result<ReconciliationView, Error> {
    let row = sqlx::query(include_str!("verdict.sql")).fetch_one(&mut *snapshot).await?;
    let rows = sqlx::query(include_str!("findings.sql")).fetch_all(&mut *snapshot).await?;
    let findings = rows.iter().map(|row| {
        Ok(FindingView {
            kind: row.try_get("kind")?,
            partition: row.try_get("partition")?,
            paredao: row.try_get("paredao")?,
            from: minute(row.try_get("minute")?)?,
            to: minute(row.try_get("to_minute")?)?,
            boot: row.try_get("boot")?,
            expected: row.try_get("expected")?,
            found: row.try_get("found")?,
        })
    });
    let checked_at: Option<i64> = row.try_get("checked_at")?;
    let state = match row.try_get("state")? {
        "green" => State::Green,
        "red" => State::Red,
        _ => State::CatchingUp,
    };
    let view = ReconciliationView {
        state,
        behind_seconds: row.try_get("behind_seconds")?,
        checked_at: checked_at.map(timestamp).transpose()?,
        findings: findings.collect::<Result<_, Error>>()?,
    };
    // Where nobody ever looked there is no age to speak of.
    let age_seconds = if checked_at.is_some() { row.try_get("age_seconds")? } else { 0 };
    Ok(view.aged(age_seconds))
}

fn minute(minute: Option<i32>) -> Result<Option<Timestamp>, Error> {
    minute.map(|minute| timestamp(i64::from(minute) * 60_000)).transpose()
}

fn timestamp(millis: i64) -> Result<Timestamp, Error> {
    Timestamp::from_millisecond(millis).map_err(|error| Error::Internal(error.into()))
}
