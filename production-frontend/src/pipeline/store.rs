//! The registers' tables.

use std::collections::BTreeMap;
use std::time::Instant;

use jiff::Timestamp;
use serde_json::json;
use sqlx::{PgConnection, PgExecutor, PgPool};

use super::{LagView, NodeView, PartitionState, PartitionView, PipelineView, Reading, remedy};
use crate::audit::{self, Action};
use crate::auth::Producer;
use crate::error::Error;
use crate::{reconciliation, snapshot};

/// How the pipeline fares now.
pub(crate) async fn show(pool: &PgPool) -> Result<PipelineView, Error> {
    Ok(read(pool).await?.view())
}

/// Reads it all of one moment.
pub(crate) async fn read(pool: &PgPool) -> Result<Reading, Error> {
    let read_at = Instant::now();
    let mut snapshot = snapshot::begin(pool).await?;
    let moment = sqlx::query!(
        r#"SELECT (extract(epoch FROM now()) * 1000)::bigint AS "as_of!",
                  CASE WHEN system_identifier <> 0 THEN (extract(epoch FROM ran_at) * 1000)::bigint END AS aggregated_at
           FROM aggregator_state"#
    )
    .fetch_one(&mut *snapshot)
    .await?;
    let (nodes, partitions) = partitions(&mut snapshot).await?;
    let view = PipelineView {
        as_of: timestamp(moment.as_of)?,
        age_millis: 0,
        lag: lag(&mut *snapshot).await?,
        nodes,
        partitions,
        aggregated_at: moment.aggregated_at.map(timestamp).transpose()?,
        reconciliation: (&reconciliation::store::read(&mut snapshot).await?).into(),
    };
    snapshot.commit().await?;
    Ok(Reading { read_at, view })
}

async fn partitions(snapshot: &mut PgConnection) -> Result<(Vec<NodeView>, Vec<PartitionView>), Error> {
    let rows = sqlx::query_file!("src/pipeline/partitions.sql").fetch_all(snapshot).await?;
    let mut nodes = BTreeMap::<String, NodeView>::new();
    let mut partitions = Vec::with_capacity(rows.len());
    for row in rows {
        let (state, seen_at) = (PartitionState::of(row.state.as_deref()), row.seen_at.map(timestamp).transpose()?);
        if let (Some(node), Some(seen_at), true) = (row.node, seen_at, state != PartitionState::Unowned) {
            let since = timestamp(row.claimed_at)?;
            let none = NodeView { node: node.clone(), partitions: 0, since, minute_votes: 0, seen_at };
            let view = nodes.entry(node).or_insert(none);
            view.partitions += 1;
            view.since = view.since.min(since);
            view.minute_votes += row.minute_votes;
            view.seen_at = view.seen_at.max(seen_at);
        }
        let halt_command = row.halt_code.as_deref();
        let halt_command = halt_command.and_then(|code| remedy::command(code, row.partition, row.low_offset));
        partitions.push(PartitionView {
            topic: row.topic,
            partition: row.partition,
            owner: row.owner,
            state,
            paused: row.paused_by.is_some(),
            paused_with_all: row.paused_with_all,
            paused_by: row.paused_by,
            paused_at: row.paused_at.map(timestamp).transpose()?,
            minute_votes: row.minute_votes,
            next_offset: row.next_offset,
            high_offset: row.high_offset,
            lag_records: row.lag_records,
            lag_millis: row.lag_millis,
            halt_code: row.halt_code,
            halt_reason: row.halt_reason,
            halt_command,
            last_error: row.last_error,
            last_error_at: row.last_error_at.map(timestamp).transpose()?,
            seen_at,
        });
    }
    Ok((nodes.into_values().collect(), partitions))
}

/// How far the registers are behind.
pub(crate) async fn lag(executor: impl PgExecutor<'_>) -> Result<LagView, Error> {
    Ok(sqlx::query_file_as!(LagView, "src/pipeline/lag.sql").fetch_one(executor).await?)
}

/// Has `partition` of `topic`, or all of them, stand still or go on, in the producer's name.
pub(crate) async fn steer(
    pool: &PgPool,
    topic: &str,
    partition: Option<i32>,
    pause: bool,
    producer: &Producer,
) -> Result<(), Error> {
    let mut transaction = pool.begin().await?;
    let known = sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM register_cursor WHERE topic = $1 AND ($2::integer IS NULL OR partition = $2)
           ) AS "known!""#,
        topic,
        partition
    )
    .fetch_one(&mut *transaction)
    .await?;
    if !known {
        return Err(Error::PartitionUnknown);
    }
    if pause {
        sqlx::query!(
            "INSERT INTO register_control (topic, partition, who) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            topic,
            partition,
            producer.name
        )
        .execute(&mut *transaction)
        .await?;
    } else {
        let all = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM register_control WHERE topic = $1 AND partition IS NULL) AS "all!""#,
            topic
        )
        .fetch_one(&mut *transaction)
        .await?;
        if all && partition.is_some() {
            return Err(Error::AllPaused);
        }
        sqlx::query!(
            "DELETE FROM register_control WHERE topic = $1 AND ($2::integer IS NULL OR partition = $2)",
            topic,
            partition
        )
        .execute(&mut *transaction)
        .await?;
    }
    let action = if pause { Action::Pause } else { Action::Resume };
    let subject = partition.map_or_else(|| topic.to_owned(), |partition| format!("{topic}/{partition}"));
    audit::write(&mut *transaction, producer, action, &subject, &json!({})).await?;
    transaction.commit().await?;
    tracing::info!(topic, partition, pause, by = producer.name, "registers steered");
    Ok(())
}

fn timestamp(millis: i64) -> Result<Timestamp, Error> {
    Timestamp::from_millisecond(millis).map_err(|error| Error::Internal(error.into()))
}
