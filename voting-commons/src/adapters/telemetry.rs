//! Logs to standard error and metrics in Prometheus's text format.

use std::io::IsTerminal;
use std::sync::OnceLock;

use clap::{Args, ValueEnum};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// How a service logs.
#[derive(Debug, Clone, Args)]
pub struct LogArgs {
    /// How log lines look
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

/// The looks of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// `info` and above; of the files it serves, memory-serve would name each one at every start.
const DEFAULT_FILTER: &str = "info,memory_serve=warn";

/// Starts logging. `RUST_LOG` chooses what is logged; without it, [`DEFAULT_FILTER`].
pub fn init_logs(args: &LogArgs) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    // Colours are for a terminal; in a file they are noise.
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match args.log_format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().init(),
    }
}

/// Upper bounds of the buckets of durations, in seconds.
const SECONDS_BUCKETS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Upper bounds of the buckets of batch sizes, in records.
const RECORDS_BUCKETS: [f64; 8] = [1.0, 10.0, 100.0, 1_000.0, 5_000.0, 10_000.0, 50_000.0, 100_000.0];

/// The process's metrics. Installed by the first call; several services in one process share it.
///
/// # Panics
/// When another recorder was installed before: nothing else in this workspace installs one.
pub fn metrics_handle() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            PrometheusBuilder::new()
                .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS_BUCKETS)
                .and_then(|builder| {
                    builder.set_buckets_for_metric(Matcher::Suffix("_records".to_owned()), &RECORDS_BUCKETS)
                })
                .and_then(PrometheusBuilder::install_recorder)
                .expect("the bounds aren't empty, and this is the only recorder")
        })
        .clone()
}
