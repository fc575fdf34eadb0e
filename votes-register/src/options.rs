//! The command line and the environment.

use clap::{Args, Parser, Subcommand};
use voting_commons::adapters::admin::AdminArgs;
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::adapters::postgres::PostgresArgs;
use voting_commons::adapters::telemetry::LogArgs;

/// Counts the votes of the topic into minute buckets, each ballot once.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Options {
    /// How it logs.
    #[command(flatten)]
    pub logs: LogArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Count until told to stop
    Run(Box<RunArgs>),
    /// Make the topic with the settings that counting relies on; one that exists is left as it is
    CreateTopic(CreateTopicArgs),
    /// Count a paredão again from the log, and compare with the table: exit code 0 when equal, 1 when different, 2 when
    /// there is no answer
    Recount(RecountArgs),
}

/// How to count.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// Which topic.
    #[command(flatten)]
    pub kafka: KafkaArgs,
    /// Which database.
    #[command(flatten)]
    pub postgres: PostgresArgs,
    /// Where it is watched.
    #[command(flatten)]
    pub admin: AdminArgs,
    /// How to count.
    #[command(flatten)]
    pub counting: CountingArgs,
}

/// How to count, whatever the log and the database are.
#[derive(Debug, Clone, Args)]
pub struct CountingArgs {
    /// The consumer group; registers of one group share the partitions
    #[arg(long, env = "KAFKA_GROUP", default_value = "votes-register")]
    pub group: String,
    /// The name under which this register claims partitions; host name and process id by default
    #[arg(long, env = "NODE_NAME")]
    pub node: Option<String>,
    /// The longest a vote waits to be written, in milliseconds
    #[arg(long, env = "BATCH_AGE_MILLIS_MAX", default_value_t = 200, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    pub batch_age_millis_max: i64,
    /// The most records written at once
    #[arg(long, env = "BATCH_RECORDS_MAX", default_value_t = 50_000, value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
    pub batch_records_max: i64,
    /// Connections to Postgres
    #[arg(long, env = "POSTGRES_CONNECTIONS_MAX", default_value_t = 4)]
    pub connections_max: usize,
}

/// The topic to make.
#[derive(Debug, Clone, Args)]
pub struct CreateTopicArgs {
    /// Which topic.
    #[command(flatten)]
    pub kafka: KafkaArgs,
    /// How many partitions
    #[arg(long, env = "TOPIC_PARTITIONS", default_value_t = 12, value_parser = clap::value_parser!(i32).range(1..))]
    pub partitions: i32,
    /// How many brokers hold each record
    #[arg(long, env = "TOPIC_REPLICATION", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..))]
    pub replication: i32,
}

/// What to recount.
#[derive(Debug, Clone, Args)]
pub struct RecountArgs {
    /// Which topic.
    #[command(flatten)]
    pub kafka: KafkaArgs,
    /// Which database.
    #[command(flatten)]
    pub postgres: PostgresArgs,
    /// The paredão's slug
    #[arg(long)]
    pub paredao: String,
    /// The zone of civil days, as the aggregator that compacts has it
    #[arg(long, env = "ZONE", default_value = "America/Sao_Paulo")]
    pub zone: String,
}
