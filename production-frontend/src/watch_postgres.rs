//! Readiness: whether Postgres can be reached, and has the schema of this version.

use std::time::Duration;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use voting_commons::adapters::admin::Readiness;
use voting_commons::adapters::postgres::has_schema;

/// How often Postgres is asked.
const ASK_EVERY: Duration = Duration::from_secs(1);
const PART: &str = "postgres";

/// Keeps `readiness` true to the facts until `shutdown`.
pub(crate) async fn run(pool: PgPool, readiness: Readiness, shutdown: CancellationToken) {
    let mut was_away = false;
    let watch = async {
        loop {
            let trouble = match has_schema(&pool).await {
                Ok(true) => None,
                Ok(false) => Some("this version's migrations haven't been made".to_owned()),
                Err(error) => Some(error.to_string()),
            };
            note(trouble, &readiness, &mut was_away);
            tokio::time::sleep(ASK_EVERY).await;
        }
    };
    shutdown.run_until_cancelled(watch).await;
}

/// An outage is logged when it begins and when it ends.
fn note(trouble: Option<String>, readiness: &Readiness, was_away: &mut bool) {
    match trouble {
        None => {
            readiness.clear(PART);
            if std::mem::take(was_away) {
                tracing::info!("Postgres can be used again");
            }
        }
        Some(why) => {
            if !std::mem::replace(was_away, true) {
                tracing::warn!(why, "Postgres can't be used");
            }
            readiness.block(PART, why);
        }
    }
}
