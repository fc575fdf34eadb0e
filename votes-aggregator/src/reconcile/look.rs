//! One look, and what is remembered from one to the next.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use sqlx::PgPool;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::time::MINUTE_MILLIS;
use voting_commons::{UnixMillis, accounts, window};

use super::claims::Claims;
use super::log_count::PartitionCount;
use super::topic::Topic;
use super::verdict::{self, Finding, Kind, Log, Tables, Verdict};
use super::waiting::Waiting;
use super::{keep, metrics, tables};

/// For how long a log must seem to end too early until that is believed: a broker that was frozen answers as if it still led.
const LOG_SHORTER_MIN: Duration = Duration::from_secs(30);
/// For how long minutes are held against the frontends' accounts: a week. It bounds what is kept in memory.
const REMEMBERED_MINUTES: i32 = 7 * 24 * 60;

/// What one reader knows.
pub(super) struct Reader {
    topic: String,
    votes: Topic,
    accounts: Topic,
    accounts_next: Option<i64>,
    claims: Claims,
    log: Log,
    /// Up to where each partition's count is kept in Postgres.
    kept: BTreeMap<i32, i64>,
    /// Since when each partition's log has seemed to end before what was read of it.
    shorter_since: BTreeMap<i32, Instant>,
    /// When each partition's topic and tables were last compared.
    compared_at: BTreeMap<i32, Instant>,
    waiting: Waiting,
    /// What the topic came to when it was last judged.
    unaccounted: Vec<Finding>,
    /// What the last look found, so that each thing is logged once.
    said: Vec<Finding>,
}

/// Looks once, under `name`; `false` where another one has the turn, and has looked. `reader` is made where there is none, and given
/// up there.
pub(super) fn look(
    name: &str,
    reader: &mut Option<Reader>,
    handle: &Handle,
    pool: &PgPool,
    kafka: &KafkaArgs,
    stop: &CancellationToken,
) -> anyhow::Result<bool> {
    let Some(began_at) = handle.block_on(keep::take_turn(pool, name)).context("Postgres can't be asked")? else {
        *reader = None;
        metrics::stand_by();
        return Ok(false);
    };
    let mut current = match reader.take() {
        Some(reader) => reader,
        None => Reader::start(handle, pool, kafka, stop)?,
    };
    // A failure on the way drops the reader, half a look with it: the next one starts from what was kept.
    if current.look(handle, pool, began_at)? {
        *reader = Some(current);
    }
    Ok(true)
}

/// A name that no other reader has, in this process or another.
pub(super) fn new_name() -> String {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_nanos());
    format!("{}-{nanos}", std::process::id())
}

impl Reader {
    fn start(handle: &Handle, pool: &PgPool, kafka: &KafkaArgs, stop: &CancellationToken) -> anyhow::Result<Self> {
        let topic = kafka.kafka_topic.clone();
        let mut log = handle.block_on(keep::load(pool, &topic, oldest_minute())).context("counts can't be read")?;
        let votes = Topic::new(kafka, topic.clone(), stop.clone())?;
        let kept = log.iter().map(|(partition, count)| (*partition, count.next_offset)).collect();
        for (partition, count) in &mut log {
            remember(&votes, *partition, count)?;
        }
        Ok(Self {
            topic,
            votes,
            accounts: Topic::new(kafka, kafka.accounts_topic(), stop.clone())?,
            accounts_next: None,
            claims: Claims::default(),
            waiting: Waiting::default(),
            log,
            kept,
            shorter_since: BTreeMap::new(),
            compared_at: BTreeMap::new(),
            unaccounted: Vec::new(),
            said: Vec::new(),
        })
    }

    /// `false` when what this reader knows was overtaken.
    fn look(&mut self, handle: &Handle, pool: &PgPool, began_at: i64) -> anyhow::Result<bool> {
        // All that was published before is read below, however long reading takes.
        let accounts_asked_at = Instant::now();
        self.read_accounts()?;
        let tables = handle.block_on(tables::read(pool, &self.topic, now_minute())).context("tables can't be read")?;
        self.begin_new_logs(handle, pool, &tables)?;
        let mut findings = self.read_votes(handle, pool, Some(&tables))?;
        findings.extend(verdict::differing(&self.log, &tables));
        let behind_seconds = self.behind_seconds(&tables);
        self.read_votes(handle, pool, None)?;
        findings.extend(verdict::lost(&self.claims, &self.log));
        let unknown = self.claims.unknown(accounts_asked_at);
        if let Some(countable) = self.waiting.due(accounts_asked_at) {
            self.unaccounted = verdict::unaccounted(&self.claims, &unknown, &countable);
        }
        self.waiting.hold(Instant::now(), || verdict::countable_by_place(&self.log));
        findings.extend(self.unaccounted.iter().cloned());
        findings.extend(unknown.into_iter().map(Finding::from));
        self.keep(handle, pool, began_at, findings, behind_seconds)
    }

    /// Begins again where an operator accepted a new log: what was counted of the former one says nothing of it.
    fn begin_new_logs(&mut self, handle: &Handle, pool: &PgPool, tables: &Tables) -> anyhow::Result<()> {
        for (&partition, of) in &tables.partitions {
            if self.log.get(&partition).map_or(0, |count| count.former_logs) == of.former_logs {
                continue;
            }
            handle.block_on(keep::forget(pool, &self.topic, partition)).context("counts can't be forgotten")?;
            self.kept.remove(&partition);
            self.shorter_since.remove(&partition);
            // What waits to be judged is of the former log too.
            self.waiting = Waiting::default();
            self.unaccounted.clear();
            let mut count = PartitionCount::of_new_log(of.start_offset, of.former_logs, of.former_clock);
            // A line counts once, whichever log it lies in.
            count.lines = self.log.remove(&partition).map(|former| former.lines).unwrap_or_default();
            self.log.insert(partition, count);
        }
        Ok(())
    }

    fn read_accounts(&mut self) -> anyhow::Result<()> {
        let ends = self.accounts.ends(0)?;
        let from = self.accounts_next.unwrap_or(ends.start).max(ends.start);
        let claims = &mut self.claims;
        self.accounts.read(0, from..ends.end, |record| {
            if let Some(statement) = record.key.zip(record.value).and_then(|(key, value)| accounts::decode(key, value))
            {
                claims.take(statement, Instant::now());
            }
        })?;
        self.accounts_next = Some(ends.end);
        self.claims.forget_before(oldest_minute());
        Ok(())
    }

    /// Reads each partition up to the cursor in `up_to`, or to its end.
    fn read_votes(&mut self, handle: &Handle, pool: &PgPool, up_to: Option<&Tables>) -> anyhow::Result<Vec<Finding>> {
        let mut findings = Vec::new();
        let partitions = self.votes.partitions()?;
        let ends: Vec<_> = partitions
            .into_iter()
            .map(|partition| Ok((partition, self.votes.ends(partition)?)))
            .collect::<anyhow::Result<_>>()?;
        // What lies before these ends belongs to imports that were registered before.
        let registered = handle.block_on(keep::registered(pool)).context("imports can't be read")?;
        for (partition, ends) in ends {
            let count = self.log.entry(partition).or_insert_with(|| PartitionCount::starting_at(ends.start));
            if ends.end >= count.next_offset {
                self.shorter_since.remove(&partition);
            } else if self.shorter_since.entry(partition).or_insert_with(Instant::now).elapsed() >= LOG_SHORTER_MIN {
                findings.push(Finding::of_partition(Kind::LogShorter, partition, count.next_offset, ends.end));
            }
            count.pass_to(ends.start);
            let to = match up_to {
                Some(tables) => tables.partitions.get(&partition).map_or(0, |of| of.next_offset).min(ends.end),
                None => ends.end,
            };
            self.votes.read(partition, count.next_offset..to, |record| count.take(partition, record, &registered))?;
        }
        Ok(findings)
    }

    /// For how long there has been a partition whose topic and tables couldn't be compared; `None` when all were.
    fn behind_seconds(&mut self, tables: &Tables) -> Option<i64> {
        let now = Instant::now();
        let mut behind = None;
        for (partition, count) in &self.log {
            let at = tables.partitions.get(partition).map_or(count.start_offset, |of| of.next_offset);
            let compared_at = self.compared_at.entry(*partition).or_insert(now);
            if at == count.next_offset {
                *compared_at = now;
            } else {
                let seconds = i64::try_from(now.duration_since(*compared_at).as_secs()).unwrap_or(i64::MAX);
                behind = behind.max(Some(seconds.max(1)));
            }
        }
        behind
    }

    fn keep(
        &mut self,
        handle: &Handle,
        pool: &PgPool,
        began_at: i64,
        mut findings: Vec<Finding>,
        behind_seconds: Option<i64>,
    ) -> anyhow::Result<bool> {
        findings.sort();
        let verdict = verdict::verdict(&findings, behind_seconds);
        self.say(verdict, &findings);
        let oldest = oldest_minute();
        let changed = self.log.iter().filter(|(partition, count)| self.kept.get(partition) != Some(&count.next_offset));
        let before: Vec<_> = changed.map(|(partition, _)| (*partition, self.kept.get(partition).copied())).collect();
        let kept = keep::keep(pool, &self.topic, &self.log, &before, oldest, (began_at, verdict, &findings));
        if !handle.block_on(kept).context("counts can't be kept")? {
            return Ok(false);
        }
        for (partition, count) in &mut self.log {
            count.changed.clear();
            count.forget_before(oldest);
            self.kept.insert(*partition, count.next_offset);
        }
        metrics::show(verdict, &findings);
        self.said = findings;
        Ok(true)
    }

    fn say(&self, verdict: Verdict, findings: &[Finding]) {
        for finding in findings.iter().filter(|finding| !self.said.contains(finding)) {
            match finding.kind {
                Kind::FrontendUnknown => tracing::warn!(
                    boot = finding.boot,
                    "a frontend died: what it sent in its last minutes can't be known"
                ),
                _ => tracing::error!(%finding, "votes don't reconcile"),
            }
        }
        if verdict != Verdict::Red && self.said.iter().any(|finding| finding.kind != Kind::FrontendUnknown) {
            tracing::info!("votes reconcile again");
        }
    }
}

/// Meets the ballots that can still be retried, which are in the log and nowhere else.
fn remember(votes: &Topic, partition: i32, count: &mut PartitionCount) -> anyhow::Result<()> {
    let ends = votes.ends(partition)?;
    let earliest = window::earliest_stamp(UnixMillis(count.log_clock));
    let from = votes.offset_at(partition, earliest.0)?.unwrap_or(ends.end).clamp(ends.start, ends.end.max(ends.start));
    let to = count.next_offset.min(ends.end);
    votes.read(partition, from..to, |record| count.remember(partition, record))
}

fn now_minute() -> i32 {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_millis());
    i32::try_from(millis / u128::from(MINUTE_MILLIS.unsigned_abs())).unwrap_or(i32::MAX)
}

fn oldest_minute() -> i32 {
    now_minute().saturating_sub(REMEMBERED_MINUTES)
}
