//! The loop that owns the partitions: it hands events to their cores and carries out the effects.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc as std_mpsc;
use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBuilder};
use jiff::Timestamp;
use rdkafka::error::KafkaError;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use voting_commons::UnixMillis;
use voting_commons::adapters::admin::Readiness;
use voting_commons::adapters::kafka::{KafkaArgs, TopicError};
use voting_commons::adapters::postgres::PostgresArgs;
use voting_commons::adapters::telemetry;
use voting_commons::adapters::traces::{Span, Traces};

use crate::consumer::{self, Command, Report, Start};
use crate::control::{self, Board, Seen};
use crate::core::{Batch, Claim, Cursor, Effect, Event, FlushOutcome, Limits, Outage, Partition};
use crate::lag_clock::LagClock;
use crate::log_index::LogIndex;
use crate::metrics;
use crate::options::CountingArgs;
use crate::origins::Origins;
use crate::parked::{DeadLetters, requests};
use crate::store::{BadDatabase, Store};

/// How often partitions are told that time has passed.
const TICK: Duration = Duration::from_millis(20);
/// How often the log's ends are looked at, and positions shown to Kafka.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// The longest that what is held may take to be written after shutdown began.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(6);
/// The longest that leaving the group may take.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(3);
/// The first pause after an outage, and the longest.
const RETRY_PAUSE_MIN: Duration = Duration::from_millis(50);
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(3);
/// Attempts past this one wait no longer.
const RETRY_ATTEMPTS_COUNTED_MAX: u32 = 16;
/// Answers that may wait for the loop; each partition has one question open at most.
const ANSWERS_MAX: usize = 1024;

/// What keeps a register from being ready that had to give its partitions up.
const ASSIGNMENT: &str = "assignment";
/// How often to look whether the consumer's thread has ended.
const LEAVE_LOOK: Duration = Duration::from_millis(20);

/// Why the register can't run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The topic isn't one that votes can be counted from.
    #[error(transparent)]
    Topic(#[from] TopicError),
    /// Kafka's client can't be set up.
    #[error("Kafka's client can't be set up: {0}")]
    Kafka(#[from] KafkaError),
    /// The database's settings are wrong.
    #[error(transparent)]
    Database(#[from] BadDatabase),
}

/// Counts until `shutdown`, then writes what it holds and leaves the group.
///
/// # Errors
/// When it can't start. Outages later on are waited out.
pub async fn run(
    kafka: &KafkaArgs,
    postgres: &PostgresArgs,
    counting: &CountingArgs,
    traces: Traces,
    readiness: Readiness,
    shutdown: CancellationToken,
) -> Result<(), RunError> {
    // Before there is a recorder, descriptions are lost.
    telemetry::metrics_handle();
    metrics::describe();
    let node = counting.node.clone().unwrap_or_else(default_node);
    let store = Store::new(postgres, &kafka.kafka_topic, &node, counting.connections_max)?;
    let usable = async {
        schema_is_there(&store, &readiness).await;
        topic_is_usable(kafka).await
    };
    tokio::select! {
        ready = usable => ready?,
        () = shutdown.cancelled() => return Ok(()),
    }
    let log = LogIndex::new(kafka, &node)?;
    let mut consumer = consumer::start(kafka, &counting.group, &node, traces.are_on())?;
    let letters = DeadLetters::new(postgres, &kafka.kafka_topic)?;
    let replaying = tokio::spawn(requests::run(kafka.clone(), letters, node.clone(), shutdown.clone()));
    let board = Board::default();
    let (see, mut seen) = mpsc::channel(1);
    let watching = tokio::spawn(control::run(store.clone(), board.clone(), see, shutdown.clone()));
    readiness.clear("kafka");
    tracing::info!(node, topic = kafka.kafka_topic, group = counting.group, "counting");
    let (answer, mut answers) = mpsc::channel(ANSWERS_MAX);
    let limits = Limits {
        batch_records_max: counting.batch_records_max,
        batch_age_millis_max: counting.batch_age_millis_max,
        data_error_attempts_max: counting.data_error_attempts_max,
        ..Limits::default()
    };
    let mut shell = Shell {
        limits,
        partitions: BTreeMap::new(),
        assignments: 0,
        assigning: None,
        store,
        log,
        traces,
        readiness,
        board,
        answer,
        commands: consumer.commands,
    };
    shell.count(&mut consumer.reports, &mut answers, &mut seen, &shutdown).await;
    watching.abort();
    shell.drain(&mut consumer.reports, &mut answers).await;
    shell.leave(consumer.reports, consumer.thread).await;
    // It has heard of the shutdown, and a replay may be broken off anywhere.
    replaying.abort();
    Ok(())
}

/// Waits for the migrations of this version: partitions that were taken before would stand still.
async fn schema_is_there(store: &Store, readiness: &Readiness) {
    let mut attempt = 0;
    loop {
        let why = match store.has_schema().await {
            Ok(true) => return readiness.clear("schema"),
            Ok(false) => "this version's migrations haven't been made".to_owned(),
            Err(error) => error.to_string(),
        };
        attempt += 1;
        tracing::warn!(why, "waiting for the schema");
        readiness.block("schema", why);
        tokio::time::sleep(retry_pause(attempt)).await;
    }
}

/// Waits for Kafka for as long as it takes, and refuses a topic whose stamps can't be trusted.
async fn topic_is_usable(kafka: &KafkaArgs) -> Result<(), TopicError> {
    let mut attempt = 0;
    loop {
        match kafka.require_log_append_time().await {
            decided @ (Ok(()) | Err(TopicError::NotLogAppendTime { .. })) => return decided,
            Err(error) => {
                attempt += 1;
                tracing::warn!(%error, "waiting for the topic");
                tokio::time::sleep(retry_pause(attempt)).await;
            }
        }
    }
}

/// An answer to an effect of a partition's generation.
struct Answer {
    partition: i32,
    generation: u64,
    event: Event,
}

/// A rebalance callback that waits for the places to read from.
struct Assigning {
    waiting: Vec<i32>,
    starts: BTreeMap<i32, Start>,
    answer: std_mpsc::SyncSender<BTreeMap<i32, Start>>,
}

struct Shell {
    limits: Limits,
    partitions: BTreeMap<i32, Owned>,
    /// How many times partitions were assigned; the upper half of their generations.
    assignments: u64,
    assigning: Option<Assigning>,
    store: Store,
    log: LogIndex,
    traces: Traces,
    readiness: Readiness,
    board: Board,
    answer: mpsc::Sender<Answer>,
    commands: std_mpsc::Sender<Command>,
}

struct Owned {
    core: Partition,
    drained: bool,
    lag: LagClock,
    origins: Origins,
}

impl Shell {
    async fn count(
        &mut self,
        reports: &mut mpsc::Receiver<Report>,
        answers: &mut mpsc::Receiver<Answer>,
        seen: &mut mpsc::Receiver<BTreeMap<i32, Seen>>,
        shutdown: &CancellationToken,
    ) {
        let mut tick = every(TICK);
        let mut look = every(LOOK_EVERY);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                Some(answer) = answers.recv() => self.step(answer.partition, answer.generation, answer.event),
                Some(report) = reports.recv() => self.report(report),
                Some(seen) = seen.recv() => self.steer(&seen),
                _ = tick.tick() => self.step_all(|| Event::Tick),
                _ = look.tick() => self.look(),
            }
        }
    }

    /// Has everything held written, for as long as that may take.
    async fn drain(&mut self, reports: &mut mpsc::Receiver<Report>, answers: &mut mpsc::Receiver<Answer>) {
        self.step_all(|| Event::Drain);
        let deadline = tokio::time::sleep(DRAIN_TIMEOUT);
        tokio::pin!(deadline);
        while self.partitions.values().any(|owned| !owned.drained) {
            tokio::select! {
                Some(answer) = answers.recv() => self.step(answer.partition, answer.generation, answer.event),
                Some(report) = reports.recv() => self.report_while_draining(report),
                () = &mut deadline => {
                    tracing::warn!("not everything held could be written in time: the log says it again");
                    return;
                }
            }
        }
    }

    /// Leaves the group, so that others take over at once.
    async fn leave(self, reports: mpsc::Receiver<Report>, thread: std::thread::JoinHandle<()>) {
        self.commit();
        let _ = self.commands.send(Command::Stop);
        // The thread may be waiting to report: nobody listens any more.
        drop(reports);
        // Not joined: a thread that is stuck in Kafka's client must not keep the process from ending.
        let left = async {
            while !thread.is_finished() {
                tokio::time::sleep(LEAVE_LOOK).await;
            }
        };
        if tokio::time::timeout(LEAVE_TIMEOUT, left).await.is_err() {
            tracing::warn!("leaving the group took too long");
        }
    }

    fn report(&mut self, report: Report) {
        match report {
            Report::Assigned { partitions, answer } => self.assigned(&partitions, answer),
            Report::Revoked(partitions) => self.revoked(&partitions),
            Report::GivenUp(partitions) => self.gave_up(&partitions),
            Report::Records { partition, generation, records, origins } => {
                if let Some(owned) = self.partitions.get_mut(&partition) {
                    owned.origins.keep(generation, origins);
                }
                self.step(partition, generation, Event::Records(records));
            }
            Report::NotLogAppendTime { partition, generation, offset } => {
                self.step(partition, generation, Event::NotLogAppendTime { offset });
            }
            Report::OutOfRange => self.look(),
        }
    }

    fn report_while_draining(&mut self, report: Report) {
        match report {
            Report::Revoked(partitions) | Report::GivenUp(partitions) => self.revoked(&partitions),
            // Nothing new is taken: an assignment is refused by dropping its answer.
            Report::Assigned { .. } | Report::Records { .. } => {}
            Report::NotLogAppendTime { .. } | Report::OutOfRange => {}
        }
    }

    fn assigned(&mut self, partitions: &[i32], answer: std_mpsc::SyncSender<BTreeMap<i32, Start>>) {
        tracing::info!(?partitions, "partitions assigned");
        self.assigning = Some(Assigning { waiting: partitions.to_vec(), starts: BTreeMap::new(), answer });
        for &partition in partitions {
            self.assignments += 1;
            let (core, effects) = Partition::assigned(self.assignments << 32, self.limits);
            let owned = Owned { core, drained: false, lag: LagClock::default(), origins: Origins::default() };
            self.partitions.insert(partition, owned);
            self.board.add(partition);
            self.carry_out(partition, effects);
        }
        self.answer_assignment();
    }

    fn revoked(&mut self, partitions: &[i32]) {
        tracing::info!(?partitions, "partitions revoked: what was held for them is discarded");
        for partition in partitions {
            if self.partitions.remove(partition).is_some() {
                self.board.remove(*partition);
                self.readiness.clear(&part(*partition));
                metrics::revoked(*partition);
            }
        }
    }

    fn gave_up(&mut self, partitions: &[i32]) {
        self.assigning = None;
        self.revoked(partitions);
        self.readiness.block(ASSIGNMENT, "Postgres or Kafka couldn't say in time where to go on");
    }

    /// Answers the rebalance callback once every partition knows where to read from.
    fn answer_assignment(&mut self) {
        if let Some(assigning) = self.assigning.take_if(|assigning| assigning.waiting.is_empty()) {
            // The callback may have given up waiting; then it has said so.
            let _ = assigning.answer.send(assigning.starts);
            self.readiness.clear(ASSIGNMENT);
        }
    }

    /// Hands on what operators want of the partitions, and what they did to their cursors.
    fn steer(&mut self, seen: &BTreeMap<i32, Seen>) {
        for (&partition, &Seen { paused, epoch }) in seen {
            if self.partitions.contains_key(&partition) {
                metrics::paused(partition, paused);
            }
            for event in [Event::Steered { paused }, Event::CursorTaken { epoch }] {
                let Some(owned) = self.partitions.get(&partition) else { break };
                self.step(partition, owned.core.generation(), event);
            }
        }
    }

    fn step_all(&mut self, event: impl Fn() -> Event) {
        let partitions: Vec<i32> = self.partitions.keys().copied().collect();
        for partition in partitions {
            let generation = self.partitions[&partition].core.generation();
            self.step(partition, generation, event());
        }
    }

    fn step(&mut self, partition: i32, generation: u64, event: Event) {
        let Some(owned) = self.partitions.get_mut(&partition) else { return };
        let effects = owned.core.step(generation, event, now());
        let (state, epoch) = (owned.core.state(), owned.core.epoch());
        self.board.update(partition, |entry| (entry.state, entry.epoch) = (state, epoch));
        self.carry_out(partition, effects);
    }

    fn carry_out(&mut self, partition: i32, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Claim => {
                    self.ask(partition, claim(self.board.clone(), self.store.clone(), self.log.clone(), partition));
                }
                Effect::Flush { batch, epoch } => {
                    let span = self.flush_span(partition, &batch);
                    self.ask(partition, flush(self.board.clone(), self.store.clone(), partition, batch, epoch, span));
                }
                Effect::ReadCursor => {
                    self.ask(partition, read_cursor(self.board.clone(), self.store.clone(), partition));
                }
                Effect::Retry { attempt } => {
                    self.readiness.block(&part(partition), "waiting for Postgres or Kafka to answer");
                    self.ask(partition, async move {
                        tokio::time::sleep(retry_pause(attempt)).await;
                        Event::RetryDue
                    });
                }
                Effect::Read { from } => self.read(partition, Some(from)),
                Effect::Applied(batch) => {
                    self.readiness.clear(&part(partition));
                    metrics::applied(&batch);
                    if let Some(owned) = self.partitions.get_mut(&partition) {
                        owned.origins.forget_below(batch.to.next_offset);
                    }
                }
                Effect::Pause => {
                    self.command_of(partition, |generation| Command::Pause { partition, generation });
                }
                Effect::Resume => {
                    self.command_of(partition, |generation| Command::Resume { partition, generation });
                }
                Effect::Fenced => {
                    tracing::warn!(partition, "fenced: another register has owned the partition meanwhile");
                    ::metrics::counter!("register_fenced_total").increment(1);
                }
                Effect::Halt(halt) => {
                    tracing::error!(partition, reason = halt.code(), "partition halted: {halt}");
                    self.readiness.block(&part(partition), format!("halted: {halt}"));
                    metrics::halted(partition, true);
                    self.board.update(partition, |entry| entry.halt = Some(halt));
                    self.read(partition, None);
                }
                Effect::Drained => {
                    if let Some(owned) = self.partitions.get_mut(&partition) {
                        owned.drained = true;
                    }
                }
            }
        }
    }

    /// Begins the span of a flush, which is kept where any of the votes that it writes is traced.
    fn flush_span(&self, partition: i32, batch: &Batch) -> Span {
        let Some(owned) = self.partitions.get(&partition) else { return Span::default() };
        let mut span = self.traces.work("flush", owned.origins.of(batch.from_offset..batch.to.next_offset));
        span.set("partition", i64::from(partition));
        span.set("records", batch.records());
        span
    }

    /// Has a task find the answer to what the partition's present generation asks.
    fn ask(&self, partition: i32, question: impl Future<Output = Event> + Send + 'static) {
        let Some(owned) = self.partitions.get(&partition) else { return };
        let (answer, generation) = (self.answer.clone(), owned.core.generation());
        tokio::spawn(async move {
            let event = question.await;
            // The loop may have ended.
            let _ = answer.send(Answer { partition, generation, event }).await;
        });
    }

    /// Has the partition read from `from`, or not at all: within its assignment if that is under way, or by command.
    fn read(&mut self, partition: i32, from: Option<i64>) {
        let Some(owned) = self.partitions.get(&partition) else { return };
        let generation = owned.core.generation();
        if from.is_some() {
            self.readiness.clear(&part(partition));
            metrics::halted(partition, false);
            self.board.update(partition, |entry| entry.halt = None);
        }
        let waiting = self.assigning.as_mut().filter(|assigning| assigning.waiting.contains(&partition));
        match (waiting, from) {
            (Some(assigning), from) => {
                assigning.waiting.retain(|waiting| *waiting != partition);
                assigning.starts.insert(partition, Start { generation, from });
                self.answer_assignment();
            }
            (None, Some(from)) => self.command(Command::Read { partition, generation, from }),
            (None, None) => {}
        }
    }

    /// Looks where the logs of all partitions begin and end, and shows how far each has been counted.
    fn look(&mut self) {
        self.commit();
        let looking: Vec<_> = self.partitions.iter().map(|(p, owned)| (*p, owned.core.written())).collect();
        for (partition, written) in looking {
            let owned = &self.partitions[&partition];
            let (ballots, lag, log) = (owned.core.ballots(), owned.lag.clone(), self.log.clone());
            let board = self.board.clone();
            self.ask(partition, async move {
                let looked_at = Some(Instant::now());
                let ends = match log.ends(partition).await {
                    Ok(ends) => ends,
                    Err(error) => {
                        tracing::debug!(partition, %error, "can't see where the log ends");
                        board.failed(partition, format!("can't see where the log ends: {error}"));
                        return Event::Tick;
                    }
                };
                let Some(written) = written else {
                    board.update(partition, |entry| {
                        (entry.ends, entry.looked_at, entry.lag_millis) = (Some(ends), looked_at, None);
                    });
                    return Event::Tick;
                };
                let lag_records = (ends.high - written.next_offset).max(0);
                let lag_millis = lag.millis(lag_records, written.log_clock, now());
                board.update(partition, |entry| {
                    metrics::partition(partition, lag_records, lag_millis, ballots);
                    (entry.ends, entry.looked_at, entry.lag_millis) = (Some(ends), looked_at, Some(lag_millis));
                });
                Event::LogSeen { low: ends.low, high: ends.high, asked_at: written.next_offset }
            });
        }
    }

    /// Shows the positions to Kafka. Only lag displays read them: the position that counts is the cursor.
    fn commit(&self) {
        let owned = self.partitions.iter();
        let positions: Vec<_> = owned.filter_map(|(p, owned)| Some((*p, owned.core.written()?.next_offset))).collect();
        if !positions.is_empty() {
            self.command(Command::Commit(positions));
        }
    }

    /// Gives a command on behalf of the partition's present generation.
    fn command_of(&self, partition: i32, command: impl FnOnce(u64) -> Command) {
        if let Some(owned) = self.partitions.get(&partition) {
            self.command(command(owned.core.generation()));
        }
    }

    fn command(&self, command: Command) {
        if self.commands.send(command).is_err() {
            tracing::error!("the consumer's thread has ended");
        }
    }
}

async fn claim(board: Board, store: Store, log: LogIndex, partition: i32) -> Event {
    let claimed = async {
        let ends = || async { log.ends(partition).await.map_err(|error| error.to_string()) };
        let low = ends().await?.low;
        let cursor = store.claim(partition, low).await.map_err(|error| error.to_string())?;
        let parked = store.parked_ballots(partition, cursor.at.log_clock).await.map_err(|error| error.to_string())?;
        let (skipped, paused) = store.steering(partition).await.map_err(|error| error.to_string())?;
        // Until the claim, the last owner may have counted what came after the first look.
        let ends = ends().await?;
        // What was written up to now belongs to imports that were registered before.
        let imports = store.imports(partition).await.map_err(|error| error.to_string())?;
        Ok::<_, String>(Claim { cursor, parked, skipped, imports, paused, low: ends.low, high: ends.high })
    };
    Event::Claimed(claimed.await.map_err(|error| outage(&board, partition, "claim the partition", &error)))
}

async fn flush(board: Board, store: Store, partition: i32, batch: Arc<Batch>, epoch: i64, mut span: Span) -> Event {
    let start = Instant::now();
    let outcome = store.flush(partition, &batch, epoch).await;
    ::metrics::histogram!("register_flush_seconds").record(start.elapsed());
    if let Some(error) = failure(&outcome) {
        board.failed(partition, error);
    }
    match &outcome {
        FlushOutcome::Applied => span.ended("applied"),
        FlushOutcome::Fenced => span.ended("fenced"),
        FlushOutcome::Ambiguous => span.failed("ambiguous"),
        FlushOutcome::Outage => span.failed("outage"),
        FlushOutcome::DataError(_) => span.failed("refused"),
    }
    Event::Flushed(outcome)
}

async fn read_cursor(board: Board, store: Store, partition: i32) -> Event {
    let cursor: Result<Option<Cursor>, _> = store.read_cursor(partition).await;
    Event::CursorRead(cursor.map_err(|error| outage(&board, partition, "read the cursor", &error.to_string())))
}

fn outage(board: &Board, partition: i32, what: &str, error: &str) -> Outage {
    tracing::warn!(partition, error, "can't {what}");
    board.failed(partition, format!("can't {what}: {error}"));
    Outage
}

/// What is said of a flush that failed. The store has logged why.
fn failure(outcome: &FlushOutcome) -> Option<String> {
    match outcome {
        FlushOutcome::Applied | FlushOutcome::Fenced => None,
        FlushOutcome::Ambiguous => Some("a flush's answer was lost".to_owned()),
        FlushOutcome::Outage => Some("Postgres was away when a batch was to be written".to_owned()),
        FlushOutcome::DataError(detail) => Some(format!("Postgres refused a batch: {detail}")),
    }
}

/// Exponential, capped and with jitter, so that registers don't all come back at once.
fn retry_pause(attempt: u32) -> Duration {
    let attempt = attempt.clamp(1, RETRY_ATTEMPTS_COUNTED_MAX);
    ExponentialBuilder::default()
        .with_min_delay(RETRY_PAUSE_MIN)
        .with_max_delay(RETRY_PAUSE_MAX)
        .without_max_times()
        .with_jitter()
        .build()
        .nth(attempt as usize - 1)
        .unwrap_or(RETRY_PAUSE_MAX)
}

fn every(period: Duration) -> tokio::time::Interval {
    let mut interval = tokio::time::interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
    interval
}

fn now() -> UnixMillis {
    Timestamp::now().into()
}

/// The name of a partition in the service's readiness.
fn part(partition: i32) -> String {
    format!("partition {partition}")
}

fn default_node() -> String {
    let host = std::env::var("HOSTNAME").unwrap_or_else(|_| "register".to_owned());
    format!("{host}-{}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_vary_and_end_at_a_limit() {
        for (attempt, millis) in [(1, 50), (2, 100), (3, 200), (4, 400), (1_000, 3_000)] {
            let pauses: Vec<_> = (0..50).map(|_| retry_pause(attempt)).collect();
            let range = Duration::from_millis(millis)..=Duration::from_millis(2 * millis);
            assert!(pauses.iter().all(|pause| range.contains(pause)), "attempt {attempt}: {pauses:?}");
            assert!(pauses.iter().any(|pause| *pause != pauses[0]), "attempt {attempt} has no jitter");
        }
    }
}
