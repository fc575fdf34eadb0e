//! Publishing this process's accounts, every second and for a last time when it stops. Their acknowledgements also show
//! whether this machine's clock is right.

use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join_all;
use rdkafka::error::KafkaError;
use rdkafka::message::Timestamp;
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};
use tokio_util::sync::CancellationToken;
use voting_commons::UnixMillis;
use voting_commons::accounts::{self, Statement};
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::window::DELIVERY_TIMEOUT_MILLIS;

use crate::accounts::Accounts;
use crate::clock::Clock;
use crate::clock_watch::ClockWatch;
use crate::votes_log::Quiet;

/// How often.
const PUBLISH_EVERY: Duration = Duration::from_secs(1);
/// How many statements may wait for Kafka: a handful of minutes of each paredão that is voted in.
const QUEUE_STATEMENTS_MAX: u32 = 10_000;
/// The longest to wait for Kafka when the service stops.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// Publishes accounts; a producer of its own keeps it out of the votes' way.
pub(crate) struct Publisher {
    producer: FutureProducer<Quiet>,
    topic: String,
    accounts: Arc<Accounts>,
    clock: Clock,
    clock_watch: Arc<ClockWatch>,
    failing: bool,
}

impl Publisher {
    /// One that doesn't wait for Kafka.
    pub(crate) fn new(
        kafka: &KafkaArgs,
        accounts: Arc<Accounts>,
        clock: Clock,
        clock_watch: Arc<ClockWatch>,
    ) -> Result<Self, KafkaError> {
        let producer = kafka
            .client_config("voters-frontend-accounts")
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("message.timeout.ms", DELIVERY_TIMEOUT_MILLIS.to_string())
            .set("request.timeout.ms", DELIVERY_TIMEOUT_MILLIS.to_string())
            .set("queue.buffering.max.messages", QUEUE_STATEMENTS_MAX.to_string())
            .create_with_context(Quiet)?;
        Ok(Self { producer, topic: kafka.accounts_topic(), accounts, clock, clock_watch, failing: false })
    }

    /// Publishes every second until `stop`.
    pub(crate) async fn run(mut self, stop: CancellationToken) -> Self {
        while !stop.is_cancelled() {
            self.publish(false).await;
            stop.run_until_cancelled(tokio::time::sleep(PUBLISH_EVERY)).await;
        }
        self
    }

    /// Publishes for the last time: nothing is sent any more, and what wasn't acknowledged stays indeterminate.
    pub(crate) async fn end(mut self) {
        self.publish(true).await;
        // Dropping a producer purges its queue; nothing is left in it unless Kafka is away.
        let flushed = tokio::task::spawn_blocking(move || self.producer.flush(FLUSH_TIMEOUT)).await;
        if let Ok(Err(error)) = flushed {
            tracing::debug!(%error, "stopped before the accounts were acknowledged");
        }
    }

    async fn publish(&mut self, ended: bool) {
        match self.try_publish(ended).await {
            Ok(()) if std::mem::take(&mut self.failing) => {
                tracing::info!("accounts of the votes are published again");
            }
            Ok(()) => {}
            Err(error) => {
                self.clock_watch.give_up();
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::warn!(%error, topic = self.topic, "accounts of the votes can't be published");
                }
            }
        }
    }

    async fn try_publish(&self, ended: bool) -> Result<(), KafkaError> {
        // The time before the accounts are taken: a heartbeat vouches for no vote that is sent after it.
        let at = self.clock.now();
        let changed = self.accounts.unpublished();
        try_join_all(changed.iter().map(|statement| self.send(statement))).await?;
        self.accounts.published(&changed);
        self.accounts.forget_old(at);
        // Once they are acknowledged, and not before: none of them may be missing in front of it.
        self.send(&Statement::Heartbeat { boot: self.accounts.boot(), at, ended }).await
    }

    async fn send(&self, statement: &Statement) -> Result<(), KafkaError> {
        let (key, value) = accounts::encode(statement);
        let record = FutureRecord::to(&self.topic).partition(0).key(&key).payload(&value);
        let sent_at = self.clock.now();
        let delivery = self.producer.send_result(record).map_err(|(error, _)| error)?;
        match delivery.await {
            Ok(Ok(delivery)) => {
                if let Timestamp::LogAppendTime(millis) = delivery.timestamp {
                    self.clock_watch.observe(sent_at, UnixMillis(millis), true);
                }
                Ok(())
            }
            Ok(Err((error, _))) => Err(error),
            Err(_) => Err(KafkaError::Canceled),
        }
    }
}
