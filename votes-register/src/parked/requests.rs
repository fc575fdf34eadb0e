//! Carrying out the replays that production asks for. Only registers can read the log, so production writes a request
//! and one of them takes it.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use voting_commons::adapters::kafka::KafkaArgs;

use super::replay::{Outcome, Replay, ReplayError, Selection};
use super::store::DeadLetters;
use crate::store::{StoreError, answer};

/// How often requests are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After this long without a sign of life, in seconds, a request is somebody else's to take.
const LEASE_SECONDS: f64 = 60.0;
/// After a failure a request rests for this long, in seconds.
const REST_SECONDS: f64 = 10.0;

/// A request that this register has taken.
struct Request {
    id: i64,
    selection: Selection,
    dry_run: bool,
    who: String,
}

/// Takes requests in the name of `node`, one after the other, until `shutdown`.
pub(crate) async fn run(kafka: KafkaArgs, letters: DeadLetters, node: String, shutdown: CancellationToken) {
    let work = async {
        let mut was_away = false;
        loop {
            match claim(&letters, &node).await {
                Ok(Some(request)) => carry_out(&kafka, &letters, request, &shutdown).await,
                Ok(None) => was_away = false,
                Err(error) if !std::mem::replace(&mut was_away, true) => {
                    tracing::warn!(%error, "can't look for requests to replay");
                }
                Err(_) => {}
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    shutdown.run_until_cancelled(work).await;
}

async fn claim(letters: &DeadLetters, node: &str) -> Result<Option<Request>, StoreError> {
    let client = letters.pool().get().await?;
    let statement = answer(client.prepare_cached(include_str!("claim_request.sql"))).await?;
    let row = answer(client.query_opt(&statement, &[&node, &LEASE_SECONDS])).await?;
    Ok(row.map(|row| {
        let (ids, reason): (Option<Vec<i64>>, Option<String>) = (row.get("ids"), row.get("reason"));
        let by_reason = || reason.map_or(Selection::All, Selection::Reason);
        let selection = ids.map_or_else(by_reason, Selection::Ids);
        Request { id: row.get("id"), selection, dry_run: row.get("dry_run"), who: row.get("who") }
    }))
}

async fn carry_out(kafka: &KafkaArgs, letters: &DeadLetters, request: Request, shutdown: &CancellationToken) {
    let (id, dry_run) = (request.id, request.dry_run);
    let done = async {
        let Request { selection, who, .. } = request;
        let mut replay = Replay::new(kafka, letters.clone(), selection, &who, dry_run, shutdown.clone())?;
        while let Some(outcomes) = replay.next_batch().await? {
            note(letters, id, &outcomes).await?;
        }
        finish(letters, id).await?;
        Ok::<_, ReplayError>(())
    };
    match done.await {
        Ok(()) => tracing::info!(request = id, dry_run, "a replay was carried out"),
        Err(error) => {
            tracing::warn!(request = id, %error, "a replay broke off and will be taken up again");
            if let Err(error) = rest(letters, id, &error.to_string()).await {
                tracing::debug!(request = id, %error, "its lease will run out by itself");
            }
        }
    }
}

/// Writes down what became of some dead letters. What was said of one before stands: it tells of the replay itself.
async fn note(letters: &DeadLetters, id: i64, outcomes: &[Outcome]) -> Result<(), StoreError> {
    let ids: Vec<i64> = outcomes.iter().map(|outcome| outcome.id).collect();
    let codes: Vec<&str> = outcomes.iter().map(|outcome| outcome.verdict.code()).collect();
    let details: Vec<String> = outcomes.iter().map(|outcome| outcome.verdict.detail()).collect();
    let statement = "WITH renewed AS (
             UPDATE replay_request SET lease_until = clock_timestamp() + make_interval(secs => $5) WHERE id = $1
         )
         INSERT INTO replay_outcome (request, dead_letter, outcome, detail)
         SELECT $1, o.* FROM unnest($2::bigint[], $3::text[], $4::text[]) AS o
         ON CONFLICT DO NOTHING";
    let client = letters.pool().get().await?;
    answer(client.execute(statement, &[&id, &ids, &codes, &details, &LEASE_SECONDS])).await?;
    Ok(())
}

async fn finish(letters: &DeadLetters, id: i64) -> Result<(), StoreError> {
    let client = letters.pool().get().await?;
    let statement = "UPDATE replay_request SET finished_at = clock_timestamp(), error = NULL WHERE id = $1";
    answer(client.execute(statement, &[&id])).await?;
    Ok(())
}

/// Says what went wrong, and lets any register take the request after a while.
async fn rest(letters: &DeadLetters, id: i64, error: &str) -> Result<(), StoreError> {
    let client = letters.pool().get().await?;
    let statement = "UPDATE replay_request
                     SET error = $2, lease_until = clock_timestamp() + make_interval(secs => $3) WHERE id = $1";
    answer(client.execute(statement, &[&id, &error, &REST_SECONDS])).await?;
    Ok(())
}
