//! The report.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::backlog::Backlog;
use crate::memory::Memory;
use crate::record_minute::RecordMinute;
use crate::scale::Growth;
use crate::shards::HotKeys;
use crate::stats::median_and_spread;
use crate::{Options, backlog, edge, latency, memory, scale, shards, takeover};

use Target::{AtLeast, AtMost, Free};

/// 200 MB.
const MIB_MAX: f64 = 190.0;

/// What the median is to be.
#[derive(Clone, Copy)]
enum Target {
    AtLeast(f64),
    AtMost(f64),
    /// Nothing: it is only told.
    Free,
}

/// All that is measured.
#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) backlog: backlog::Figures,
    pub(crate) edge: edge::Figures,
    pub(crate) latency: latency::Figures,
    pub(crate) takeover: takeover::Figures,
    /// The vote's p99 in milliseconds, without readers and with them.
    pub(crate) readers: Vec<(f64, f64)>,
    /// p99 in milliseconds.
    pub(crate) totals: Vec<f64>,
    /// Seconds.
    pub(crate) import: Vec<f64>,
    pub(crate) growth: Option<Growth>,
    pub(crate) hot_keys: Vec<HotKeys>,
    pub(crate) memory: Option<Memory>,
    pub(crate) record_minute: Option<RecordMinute>,
}

/// `benches/RESULTS.md`.
pub(crate) fn text(options: &Options, figures: &Figures) -> String {
    let Options { votes, rounds, peers, .. } = options;
    let peers: String = peers.iter().map(|peer| format!(" --peer '{}=…'", peer.name)).collect();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let mut text = format!(
        "# Results\n\n\
         `cargo xtask bench --votes {votes} --rounds {rounds}{peers}`: median [least, greatest] of {rounds} rounds in turns, on one \
         machine of {cores} cores that runs Kafka, Postgres and whatever makes the load too. Rates say something of that machine \
         alone; the ratios are what counts. What the peers are, what isn't met and why, with profiles and what was tried: \
         [PROFILES.md](PROFILES.md).\n\n\
         In each figure acks, idempotence, the ballots' check, dedupe and the fenced statement are on: of the backlog's ballots one \
         in a thousand is written twice and must be found, each count must be exact, and a forged ballot must be refused, or there \
         is no figure.\n\n\
         | figure | target | measured | |\n|---|---|---|---|\n"
    );
    text.push_str(&registers(&figures.backlog));
    let takeover = "kill -9 of the register → counting again at 5,000 votes/s, s";
    text.push_str(&row(takeover, AtMost(7.0), &figures.takeover.usual, 2));
    text.push_str(&row("the same at 59,850 votes/s, s", Free, &figures.takeover.at_record, 2));
    text.push_str(&edges(&figures.edge));
    text.push_str(&screens(figures));
    if let Some(growth) = &figures.growth {
        text.push_str(&scale::text(growth));
    }
    text.push_str(&shards::text(&figures.hot_keys));
    if let Some(memory) = &figures.memory {
        text.push_str(&memory::text(memory));
    }
    if let Some(minute) = &figures.record_minute {
        text.push_str(&record_minute(minute));
    }
    text
}

fn registers(figures: &backlog::Figures) -> String {
    let backlogs = &figures.register;
    let rates = of(backlogs, |backlog| backlog.rate);
    let mut rows = [
        row("register / librdkafka alone", AtLeast(0.60), &ratios(&rates, &figures.raw), 2),
        row("librdkafka alone, M votes/s", Free, &scaled(&figures.raw, 1e-6), 2),
        row("librdkafka alone, record by record, M votes/s", Free, &scaled(&figures.one_by_one, 1e-6), 2),
        row("register, M votes/s", Free, &scaled(&rates, 1e-6), 2),
        row(
            "register from its start, M votes/s",
            Free,
            &scaled(&of(backlogs, |backlog| backlog.rate_from_start), 1e-6),
            2,
        ),
        row("register, CPU s per million votes", Free, &of(backlogs, |backlog| backlog.cpu_per_million), 2),
        row("start of the register → first count, s", AtMost(0.5), &of(backlogs, |backlog| backlog.first_count), 2),
        row(
            "register working off the backlog, MiB at most",
            AtMost(MIB_MAX),
            &of(backlogs, |backlog| mib(backlog.memory_mib_max)),
            0,
        ),
    ]
    .concat();
    rows.push_str(&peers(backlogs, &figures.peers));
    rows
}

fn peers(registers: &[Backlog], peers: &BTreeMap<String, Vec<Backlog>>) -> String {
    let rows = peers.iter().map(|(name, backlogs)| {
        let (rate_min, cpu_max) = targets(name);
        let rates = of(backlogs, |backlog| backlog.rate);
        let cpu = of(backlogs, |backlog| backlog.cpu_per_million);
        let register_cpu = of(registers, |backlog| backlog.cpu_per_million);
        [
            row(&format!("register / {name}"), rate_min, &ratios(&of(registers, |backlog| backlog.rate), &rates), 2),
            row(&format!("register / {name}, CPU"), cpu_max, &ratios(&register_cpu, &cpu), 2),
            row(&format!("{name}, M votes/s"), Free, &scaled(&rates, 1e-6), 2),
            row(&format!("{name}, CPU s per million votes"), Free, &cpu, 2),
            row(&format!("{name}, MiB at most"), Free, &of(backlogs, |backlog| mib(backlog.memory_mib_max)), 0),
        ]
        .concat()
    });
    rows.collect()
}

/// How many times as fast, and with how much of its processor time, the register is to be.
fn targets(peer: &str) -> (Target, Target) {
    match peer {
        "go" => (AtLeast(1.0), AtMost(1.0)),
        "streams" => (AtLeast(3.0), Free),
        "flink" => (AtLeast(2.0), Free),
        _ => (Free, Free),
    }
}

fn edges(figures: &edge::Figures) -> String {
    [
        row("POST of a vote / bare handler", AtLeast(0.60), &ratios(&figures.captcha_off, &figures.bare), 2),
        row(
            "POST with proof of work / captcha off",
            AtLeast(0.5),
            &ratios(&figures.proof_of_work, &figures.captcha_off),
            2,
        ),
        row("bare handler, thousand a second", Free, &scaled(&figures.bare, 1e-3), 1),
        row("POST of a vote, thousand a second", Free, &scaled(&figures.captcha_off, 1e-3), 1),
        row("frontend, CPU s per million votes", Free, &figures.cpu_seconds_per_million, 1),
        row(
            "frontend, MiB at most",
            AtMost(MIB_MAX),
            &figures.memory_mib_max.iter().copied().map(mib).collect::<Vec<_>>(),
            0,
        ),
    ]
    .concat()
}

fn screens(figures: &Figures) -> String {
    let (without, with): (Vec<f64>, Vec<f64>) = figures.readers.iter().copied().unzip();
    let memory: Vec<f64> = figures.latency.memory_mib_max.iter().copied().map(mib).collect();
    [
        row("edge to Postgres at 5,000 votes/s, p99, s", AtMost(0.5), &figures.latency.to_postgres, 3),
        row("edge to the voter's screen, same load, p99, s", AtMost(1.5), &figures.latency.to_voters, 3),
        row("edge to production's screen, same load, p99, s", AtMost(1.5), &figures.latency.to_production, 3),
        row("register at that load, MiB at most", AtMost(MIB_MAX), &memory, 0),
        row("the vote's p99 with 500 readers / without", AtMost(1.2), &ratios(&with, &without), 2),
        row("totals per hour over seven days, p99, ms", AtMost(50.0), &figures.totals, 1),
        row("import of 2,000,000 lines, from the file to the buckets, s", AtMost(15.0), &figures.import, 1),
    ]
    .concat()
}

fn record_minute(minute: &RecordMinute) -> String {
    let mut text = String::from("\n## The record minute\n\n");
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{} votes were due in 80 s: a rise of 20 s, then 59,850 a second for a minute. They took {:.1} s; {} were answered with 2xx, \
         {} refused, and {} got no answer or 5xx. {} were counted. p99 of the accepted ones, from when each was due: {:.0} ms. Memory at most: \
         register {} MiB, frontend {} MiB.",
        minute.due,
        minute.seconds,
        minute.votes.accepted,
        minute.votes.refused,
        minute.votes.unknown,
        minute.counted,
        minute.p99_millis,
        minute.register_mib,
        minute.frontend_mib
    );
    text
}

fn of(backlogs: &[Backlog], value: fn(&Backlog) -> f64) -> Vec<f64> {
    backlogs.iter().map(value).collect()
}

fn ratios(values: &[f64], references: &[f64]) -> Vec<f64> {
    values.iter().zip(references).map(|(value, reference)| value / reference).collect()
}

fn scaled(values: &[f64], factor: f64) -> Vec<f64> {
    values.iter().map(|value| value * factor).collect()
}

fn mib(value: u64) -> f64 {
    f64::from(u32::try_from(value).unwrap_or(u32::MAX))
}

fn row(figure: &str, target: Target, values: &[f64], digits: usize) -> String {
    if values.is_empty() {
        return String::new();
    }
    let [median, least, greatest] = median_and_spread(values);
    let (target, is_met) = match target {
        AtLeast(least) => (format!("≥ {least}"), Some(median >= least)),
        AtMost(most) => (format!("≤ {most}"), Some(median <= most)),
        Free => ("–".to_owned(), None),
    };
    let met = is_met.map_or("", |is_met| if is_met { "met" } else { "not met" });
    format!("| {figure} | {target} | {median:.digits$} [{least:.digits$}, {greatest:.digits$}] | {met} |\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_decides_what_is_met() {
        assert_eq!(row("a", AtMost(0.5), &[0.4, 0.5, 9.0], 1), "| a | ≤ 0.5 | 0.5 [0.4, 9.0] | met |\n");
        assert_eq!(row("a", AtLeast(0.6), &[0.4, 0.5, 9.0], 1), "| a | ≥ 0.6 | 0.5 [0.4, 9.0] | not met |\n");
        assert_eq!(row("a", Free, &[1.0], 0), "| a | – | 1 [1, 1] |  |\n");
    }
}
