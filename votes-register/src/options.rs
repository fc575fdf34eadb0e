//! The command line and the environment.

use clap::{Args, Parser, Subcommand};
use voting_commons::adapters::admin::AdminArgs;
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::adapters::postgres::PostgresArgs;
use voting_commons::adapters::telemetry::LogArgs;
use voting_commons::adapters::traces::TracesArgs;

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
    /// Look at records that couldn't be counted, and replay good votes among them
    #[command(subcommand)]
    Parked(ParkedCommand),
    /// Show how each partition fares
    Partitions(TableArgs),
    /// Have the registers stand still, all or one partition. Of this and the commands below the exit code is 0 when done,
    /// 1 when refused, 2 when Kafka or Postgres fails
    Pause(SteerArgs),
    /// Have them go on
    Resume(SteerArgs),
    /// Move the cursor of a halted or paused partition forward, and write down what is passed over
    Skip(SkipArgs),
    /// Make the buckets of a halted or paused partition anew from its log, up to its cursor
    Rederive(PartitionArgs),
    /// Count the log that stands in place of the one that was counted, from its beginning, where a partition has halted
    /// because its topic was made anew or lost records that were counted
    AcceptNewLog(PartitionArgs),
}

/// Whose tables.
#[derive(Debug, Clone, Args)]
pub struct TableArgs {
    /// Which database.
    #[command(flatten)]
    pub postgres: PostgresArgs,
    /// The topic
    #[arg(long, env = "KAFKA_TOPIC", default_value = "votes")]
    pub kafka_topic: String,
}

/// What to pause or resume.
#[derive(Debug, Clone, Args)]
pub struct SteerArgs {
    /// Whose tables.
    #[command(flatten)]
    pub tables: TableArgs,
    /// Only this partition
    #[arg(long, value_parser = clap::value_parser!(i32).range(0..))]
    pub partition: Option<i32>,
    /// In whose name
    #[arg(long, env = "USER", value_parser = name)]
    pub who: String,
}

/// Which partition, for a command that reads the log.
#[derive(Debug, Clone, Args)]
pub struct PartitionArgs {
    /// Which topic.
    #[command(flatten)]
    pub kafka: KafkaArgs,
    /// Which database.
    #[command(flatten)]
    pub postgres: PostgresArgs,
    /// Which partition
    #[arg(long, value_parser = clap::value_parser!(i32).range(0..))]
    pub partition: i32,
    /// In whose name
    #[arg(long, env = "USER", value_parser = name)]
    pub who: String,
}

/// What to pass over.
#[derive(Debug, Clone, Args)]
pub struct SkipArgs {
    /// Which partition.
    #[command(flatten)]
    pub partition: PartitionArgs,
    /// The next record to count
    #[arg(long)]
    pub to: i64,
    /// Why
    #[arg(long, value_parser = reason)]
    pub reason: String,
}

/// A reason that somebody can read later.
fn reason(text: &str) -> Result<String, String> {
    let is_some = text.chars().any(|letter| !letter.is_whitespace());
    if is_some { Ok(text.to_owned()) } else { Err("say why: it is written down".to_owned()) }
}

/// A name that the audit can hold.
fn name(text: &str) -> Result<String, String> {
    let chars = text.chars().count();
    if (1..=100).contains(&chars) { Ok(text.to_owned()) } else { Err("a name has 1 to 100 characters".to_owned()) }
}

/// What to do with parked records.
#[derive(Debug, Subcommand)]
pub enum ParkedCommand {
    /// List them, by id
    List(ParkedListArgs),
    /// Show one, with what is kept of its key and value
    Show(ParkedShowArgs),
    /// Count good votes that were parked, each once; a dry run unless --execute is given. Exit code 0 when all are (or would
    /// be) replayed, 1 when any is refused, 2 when it broke off
    Replay(ParkedReplayArgs),
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
    /// Where traces of votes go; which are traced, frontends say.
    #[command(flatten)]
    pub traces: TracesArgs,
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
    /// How many times Postgres may refuse a single record's data before the record is parked
    #[arg(long, env = "DATA_ERROR_ATTEMPTS_MAX", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub data_error_attempts_max: u32,
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

/// Which parked records to list.
#[derive(Debug, Clone, Args)]
pub struct ParkedListArgs {
    /// Which database.
    #[command(flatten)]
    pub postgres: PostgresArgs,
    /// The topic that they lie in
    #[arg(long, env = "KAFKA_TOPIC", default_value = "votes")]
    pub kafka_topic: String,
    /// Only those parked for this reason
    #[arg(long)]
    pub reason: Option<String>,
    /// Only those of this partition
    #[arg(long)]
    pub partition: Option<i32>,
    /// Only those that were replayed (true) or weren't (false)
    #[arg(long)]
    pub replayed: Option<bool>,
    /// Only those with greater ids
    #[arg(long, default_value_t = 0)]
    pub after: i64,
    /// How many at most
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=1_000))]
    pub limit: i64,
}

/// Which parked record to show.
#[derive(Debug, Clone, Args)]
pub struct ParkedShowArgs {
    /// Which database.
    #[command(flatten)]
    pub postgres: PostgresArgs,
    /// The topic that it lies in
    #[arg(long, env = "KAFKA_TOPIC", default_value = "votes")]
    pub kafka_topic: String,
    /// Its id
    pub id: i64,
}

/// Which parked records to replay.
#[derive(Debug, Clone, Args)]
#[command(group = clap::ArgGroup::new("which").required(true))]
pub struct ParkedReplayArgs {
    /// Which topic.
    #[command(flatten)]
    pub kafka: KafkaArgs,
    /// Which database.
    #[command(flatten)]
    pub postgres: PostgresArgs,
    /// Those with these ids, at most 1000
    #[arg(group = "which", num_args = 1..=1_000)]
    pub ids: Vec<i64>,
    /// Those parked for this reason
    #[arg(long, group = "which")]
    pub reason: Option<String>,
    /// All good votes
    #[arg(long, group = "which")]
    pub all: bool,
    /// Count them
    #[arg(long, conflicts_with = "dry_run")]
    pub execute: bool,
    /// Only say what would become of them, as without --execute
    #[arg(long)]
    pub dry_run: bool,
    /// In whose name
    #[arg(long, env = "USER", default_value = "operator", value_parser = name)]
    pub who: String,
}
