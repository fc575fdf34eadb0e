//! Readiness: whether Postgres can be reached.

use std::time::Duration;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use voting_commons::adapters::admin::Readiness;

/// How often Postgres is asked.
const ASK_EVERY: Duration = Duration::from_secs(1);
const PART: &str = "postgres";

/// Keeps `readiness` true to the facts until `shutdown`.
pub(crate) async fn run(pool: PgPool, readiness: Readiness, shutdown: CancellationToken) {
    let mut was_away = false;
    let watch = async {
        loop {
            let asked = sqlx::query_scalar!(r#"SELECT 1 AS "one!""#).fetch_one(&pool).await;
            note(asked.err(), &readiness, &mut was_away);
            tokio::time::sleep(ASK_EVERY).await;
        }
    };
    shutdown.run_until_cancelled(watch).await;
}

/// An outage is logged when it begins and when it ends.
fn note(error: Option<sqlx::Error>, readiness: &Readiness, was_away: &mut bool) {
    match error {
        None => {
            readiness.clear(PART);
            if std::mem::take(was_away) {
                tracing::info!("Postgres answers again");
            }
        }
        Some(error) => {
            readiness.block(PART, error.to_string());
            if !std::mem::replace(was_away, true) {
                tracing::warn!(%error, "Postgres can't be reached");
            }
        }
    }
}
