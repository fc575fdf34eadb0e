//! The Kafka and the Postgres that everything is measured on.

use anyhow::Result;
use dev_stack::daemon::Lifetime;
use dev_stack::kafka::{Kafka, KafkaOptions};
use dev_stack::port;
use dev_stack::postgres::{Postgres, PostgresOptions};
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::adapters::postgres::{self, PostgresArgs};

use crate::Options;

/// As many as a deployment begins with.
pub(crate) const PARTITIONS: i32 = 12;

/// One broker and one server, which end with this process.
pub(crate) struct Stage {
    kafka: Kafka,
    postgres: Postgres,
}

impl Stage {
    pub(crate) fn start(options: &Options) -> Result<Self> {
        let kafka = Kafka::start(KafkaOptions {
            dir: options.dir.join("kafka"),
            libs: options.kafka_libs.clone(),
            port: port::free()?,
            controller_port: port::free()?,
            lifetime: Lifetime::Parent,
            cluster: None,
            keyring: None,
        })?;
        let dir = options.postgres_dir.clone();
        let postgres = Postgres::start(PostgresOptions {
            dir,
            port: port::free()?,
            lifetime: Lifetime::Parent,
            durable: true,
            keyring: None,
        })?;
        Ok(Self { kafka, postgres })
    }

    /// A topic of votes of its own.
    pub(crate) async fn topic(&self, name: &str) -> Result<KafkaArgs> {
        self.topic_of(name, PARTITIONS).await
    }

    /// The same, with so many partitions.
    pub(crate) async fn topic_of(&self, name: &str, partitions: i32) -> Result<KafkaArgs> {
        let kafka = self.kafka_args(name);
        kafka.create_topic(partitions, 1).await?;
        Ok(kafka)
    }

    /// How a topic is reached.
    pub(crate) fn kafka_args(&self, topic: &str) -> KafkaArgs {
        KafkaArgs::open(self.kafka.brokers(), topic.to_owned())
    }

    /// A new database with the schema in it.
    pub(crate) async fn database(&self, name: &str) -> Result<PostgresArgs> {
        tokio::task::block_in_place(|| self.postgres.create_database(name))?;
        let args = PostgresArgs::open(self.postgres.url_of(name));
        postgres::migrate(&args.pool("benches", 1)?).await?;
        Ok(args)
    }
}
