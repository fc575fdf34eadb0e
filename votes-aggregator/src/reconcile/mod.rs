//! Reconciliation, always on: what frontends say that they sent, what the topic of the votes holds, and what the
//! register's tables say, held against each other again and again.
//!
//! A look goes through them in an order that makes each comparison exact, however many votes are under way:
//!
//! 1. the frontends' accounts, to their end;
//! 2. the tables, in one snapshot;
//! 3. the topic up to the cursors of that snapshot: topic and tables must be equal here;
//! 4. the topic to its end: what the accounts call accepted must be in it.
//!
//! That no more is in the topic than was sent is judged with accounts asked for [`waiting::JUDGED_AFTER`] later, when every
//! living frontend has accounted for it. [`verdict`] decides, and is pure; [`log_count`] counts the topic, [`claims`] the
//! accounts; `tables` and `keep` are the SQL, `topic` is Kafka.

pub mod claims;
mod keep;
pub mod log_count;
mod look;
mod metrics;
mod tables;
mod topic;
pub mod verdict;
pub mod waiting;

use std::time::Duration;

use clap::Args;
use sqlx::PgPool;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use voting_commons::adapters::kafka::{KafkaArgs, KafkaSignIn};
use voting_commons::adapters::telemetry;

use look::Reader;

/// The pause after a look that failed.
const RETRY_PAUSE: Duration = Duration::from_secs(2);

/// Whether to reconcile.
#[derive(Debug, Clone, Args)]
pub struct ReconcileArgs {
    /// Kafka's bootstrap servers, as host:port[,host:port]; without them nothing is reconciled
    #[arg(long, env = "KAFKA_BROKERS")]
    pub kafka_brokers: Option<String>,
    /// The topic of the votes
    #[arg(long, env = "KAFKA_TOPIC", default_value = "votes")]
    pub kafka_topic: String,
    /// As whom it is read.
    #[command(flatten)]
    pub sign_in: KafkaSignIn,
    /// The time between two looks, such as 2s or 500ms
    #[arg(long, env = "RECONCILE_EVERY", default_value = "2s", value_parser = crate::watch::parse_duration)]
    pub reconcile_every: Duration,
}

impl ReconcileArgs {
    /// The topic to read, where there is one.
    fn kafka(&self) -> Option<KafkaArgs> {
        let kafka_brokers = self.kafka_brokers.clone()?;
        Some(KafkaArgs { kafka_brokers, kafka_topic: self.kafka_topic.clone(), sign_in: self.sign_in.clone() })
    }
}

/// Reconciles until `shutdown`; of several readers one works and the others stand by. Failed looks are tried again for
/// ever: whoever shows the verdict sees that it grows old.
pub async fn run(pool: PgPool, args: ReconcileArgs, shutdown: CancellationToken) {
    // Before there is a recorder, descriptions are lost.
    telemetry::metrics_handle();
    metrics::describe();
    let Some(kafka) = args.kafka() else {
        tracing::warn!("nothing is reconciled: KAFKA_BROKERS isn't set");
        return;
    };
    let handle = Handle::current();
    // librdkafka's consumer blocks, so all of it runs on a thread that may.
    let ended = tokio::task::spawn_blocking(move || {
        let name = look::new_name();
        let mut failing = false;
        let mut reader = None;
        while !shutdown.is_cancelled() {
            let looked = look::look(&name, &mut reader, &handle, &pool, &kafka, &shutdown);
            if looked.is_err() {
                // Another one may reach what this one can't.
                give_up_turn(&handle, &pool, &name);
            }
            let pause = note(looked, &mut failing, &mut reader, args.reconcile_every);
            handle.block_on(shutdown.run_until_cancelled(tokio::time::sleep(pause)));
        }
        give_up_turn(&handle, &pool, &name);
    });
    if let Err(error) = ended.await {
        tracing::error!(%error, "reconciliation broke off");
    }
}

fn give_up_turn(handle: &Handle, pool: &PgPool, name: &str) {
    if let Err(error) = handle.block_on(keep::give_up_turn(pool, name)) {
        tracing::debug!(%error, "the next reader has to wait until this one's turn is over");
    }
}

/// Says once that looks fail, and once that they no longer do; a failed one starts over from what was kept.
fn note(looked: anyhow::Result<bool>, failing: &mut bool, reader: &mut Option<Reader>, every: Duration) -> Duration {
    match looked {
        // That another one has the turn says nothing of what failed here.
        Ok(false) => every,
        Ok(true) => {
            if std::mem::take(failing) {
                tracing::info!("votes are reconciled again");
            }
            every
        }
        Err(error) => {
            *reader = None;
            if !std::mem::replace(failing, true) {
                tracing::warn!(error = format!("{error:#}"), "votes can't be reconciled; trying again until it works");
            }
            RETRY_PAUSE
        }
    }
}
