//! The one thread that polls: it reads and decodes records, and obeys the loop's commands.
//!
//! The rebalance callback runs on this thread, inside a poll. It only tells the loop and waits for the places to read
//! from, which it writes into the assignment itself: a seek afterwards would race with the first fetch.

use std::collections::BTreeMap;
use std::collections::hash_map::{Entry, HashMap};
use std::ffi::CString;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc as std_mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rdkafka::Message as _;
use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{Offset, TopicPartitionList};
use tokio::sync::mpsc;
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::adapters::traces::{Origin, TRACEPARENT};

use crate::core::Record;
use crate::partition_queue::{PartitionQueue, RawRecord, keep_apart};

/// How many deliveries may wait for the loop.
const DELIVERIES_MAX: usize = 16;
/// How long the thread sleeps when there was nothing to do; commands and records wait that long at most.
const POLL_WAIT: Duration = Duration::from_millis(2);
/// For how long after the start joining the group is hastened; once it takes longer than that, a second more is nothing.
const HASTENED: Duration = Duration::from_secs(5);
/// The longest the rebalance callback waits for the places to read from.
const ASSIGNMENT_WAIT: Duration = Duration::from_secs(10);
/// How much librdkafka may read ahead per partition, in KiB of keys and values; with what it keeps beside each record, several times
/// as much. With twelve partitions full, the register stays under 200 MB.
const READ_AHEAD_KIB_MAX: &str = "3072";
/// How much of a partition one answer brings, in bytes, unless a single batch is larger. An answer brings as much of each partition, is
/// several times as large once decompressed, and is held whole until its last record was taken.
const FETCH_BYTES_MAX: &str = "65536";
/// For how long nothing more of a partition is fetched once so much was read ahead, in milliseconds. librdkafka's own second would be
/// longer than it takes to count it.
const FETCH_PAUSE_MILLIS: &str = "5";
/// After this long without a heartbeat, a dead register's partitions go to the others, in milliseconds.
const SESSION_TIMEOUT_MILLIS: &str = "6000";
const HEARTBEAT_INTERVAL_MILLIS: &str = "1500";
/// After this long without an answer a broker is taken for dead, and it is asked who leads now, in milliseconds. By default
/// librdkafka waits for a minute, in which nothing of a frozen broker's partitions would be counted.
const ANSWER_TIMEOUT_MILLIS: &str = "5000";

/// What the thread tells the loop.
pub(crate) enum Report {
    /// These partitions are now this register's. The answer says where to read each from.
    Assigned { partitions: Vec<i32>, answer: std_mpsc::SyncSender<BTreeMap<i32, Start>> },
    /// These partitions no longer are.
    Revoked(Vec<i32>),
    /// No place to read from was found in time: these partitions go back to the group, which is joined again.
    GivenUp(Vec<i32>),
    /// Records of one partition, in the log's order, and the offsets of those that are traced.
    Records { partition: i32, generation: u64, records: Vec<Record>, origins: Vec<(i64, Origin)> },
    /// A record that no broker stamped.
    NotLogAppendTime { partition: i32, generation: u64, offset: i64 },
    /// An offset asked for isn't in the log: look where the logs begin and end.
    OutOfRange,
}

/// Where to read a partition from, and what to tag its records with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    pub(crate) generation: u64,
    /// `None` for a partition that has halted: it is kept, and not read.
    pub(crate) from: Option<i64>,
}

/// What the loop tells the thread. The loop may not have heard yet that a partition was revoked and assigned anew: a
/// command of a generation before the assignment's is void.
pub(crate) enum Command {
    Read {
        partition: i32,
        generation: u64,
        from: i64,
    },
    Pause {
        partition: i32,
        generation: u64,
    },
    Resume {
        partition: i32,
        generation: u64,
    },
    /// Show these positions as the group's committed offsets.
    Commit(Vec<(i32, i64)>),
    /// Leave the group and end.
    Stop,
}

/// The thread and the two channels that lead to it.
pub(crate) struct ConsumerThread {
    pub(crate) reports: mpsc::Receiver<Report>,
    pub(crate) commands: std_mpsc::Sender<Command>,
    pub(crate) thread: JoinHandle<()>,
}

/// Joins the group and starts to poll. Records' headers are read only if traces are on.
pub(crate) fn start(
    args: &KafkaArgs,
    group: &str,
    client_id: &str,
    traces_are_on: bool,
) -> KafkaResult<ConsumerThread> {
    let (report, reports) = mpsc::channel(DELIVERIES_MAX);
    let (commands, orders) = std_mpsc::channel();
    let context = Rebalancer { report: report.clone(), state: Mutex::default() };
    let consumer: BaseConsumer<Rebalancer> = args
        .client_config(client_id)
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "error")
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("session.timeout.ms", SESSION_TIMEOUT_MILLIS)
        .set("heartbeat.interval.ms", HEARTBEAT_INTERVAL_MILLIS)
        .set("socket.timeout.ms", ANSWER_TIMEOUT_MILLIS)
        .set("queued.max.messages.kbytes", READ_AHEAD_KIB_MAX)
        .set("fetch.message.max.bytes", FETCH_BYTES_MAX)
        .set("fetch.queue.backoff.ms", FETCH_PAUSE_MILLIS)
        .create_with_context(context)?;
    let mut poller = Poller {
        queues: HashMap::new(),
        consumer: Arc::new(consumer),
        topic: args.kafka_topic.clone(),
        paused: HashMap::new(),
        origin_header: traces_are_on.then(|| CString::new(TRACEPARENT).expect("it has no zero byte")),
        report,
        orders,
    };
    poller.consumer.subscribe(&[&args.kafka_topic])?;
    let thread = std::thread::Builder::new()
        .name("consumer".to_owned())
        .spawn(move || poller.run())
        .expect("the system can start one more thread");
    Ok(ConsumerThread { reports, commands, thread })
}

struct Poller {
    queues: HashMap<i32, PartitionQueue<Rebalancer>>,
    consumer: Arc<BaseConsumer<Rebalancer>>,
    topic: String,
    /// Partitions whose queues are left alone, and the generation that wanted it. librdkafka's own pause would throw away what
    /// was read ahead; a queue that nobody takes from fills, and is then read ahead no further.
    paused: HashMap<i32, u64>,
    /// The header that names a record's origin, if that matters.
    origin_header: Option<CString>,
    report: mpsc::Sender<Report>,
    orders: std_mpsc::Receiver<Command>,
}

impl Poller {
    fn run(&mut self) {
        let mut is_idle = true;
        let begin = Instant::now();
        while self.obey() {
            self.rejoin_if_given_up();
            if begin.elapsed() < HASTENED {
                self.hasten_joining();
            }
            self.serve(if is_idle { POLL_WAIT } else { Duration::ZERO });
            self.keep_queues();
            is_idle = !self.read();
        }
        self.consumer.unsubscribe();
    }

    /// Carries out the commands that have come; `false` when there is nothing more to do.
    fn obey(&mut self) -> bool {
        loop {
            let done = match self.orders.try_recv() {
                Ok(command) if self.is_void(&command) => Ok(()),
                Ok(Command::Read { partition, generation, from }) => self.read_from(partition, generation, from),
                Ok(Command::Pause { partition, generation }) => {
                    self.paused.insert(partition, generation);
                    Ok(())
                }
                Ok(Command::Resume { partition, .. }) => {
                    self.paused.remove(&partition);
                    Ok(())
                }
                Ok(Command::Commit(positions)) => self.commit(&positions),
                Err(std_mpsc::TryRecvError::Empty) => return true,
                Ok(Command::Stop) | Err(std_mpsc::TryRecvError::Disconnected) => return false,
            };
            if let Err(error) = done {
                // The partition was revoked meanwhile; the loop hears of that by itself.
                tracing::debug!(%error, "a command came too late");
            }
        }
    }

    /// Whether `command` is from before the partition's present assignment, or the partition isn't assigned at all.
    fn is_void(&self, command: &Command) -> bool {
        let (Command::Read { partition, generation, .. }
        | Command::Pause { partition, generation }
        | Command::Resume { partition, generation }) = command
        else {
            return false;
        };
        self.consumer.context().state().generations.get(partition).is_none_or(|assigned| generation < assigned)
    }

    /// Taking a partition away and giving it back drops what was read ahead, unlike a seek, which may come before the
    /// first fetch and fail.
    fn read_from(&mut self, partition: i32, generation: u64, from: i64) -> KafkaResult<()> {
        let place = self.list(&[(partition, Offset::Offset(from))]);
        // A log that was made anew has a queue of its own too.
        self.queues.remove(&partition);
        self.consumer.incremental_unassign(&place)?;
        self.consumer.context().state().generations.insert(partition, generation);
        assign(&self.consumer, &place)?;
        self.consumer.resume(&place)
    }

    fn commit(&self, positions: &[(i32, i64)]) -> KafkaResult<()> {
        let places: Vec<_> = positions.iter().map(|(partition, next)| (*partition, Offset::Offset(*next))).collect();
        self.consumer.commit(&self.list(&places), CommitMode::Async)
    }

    fn list(&self, places: &[(i32, Offset)]) -> TopicPartitionList {
        let mut list = TopicPartitionList::with_capacity(places.len());
        for (partition, offset) in places {
            list.add_partition_offset(&self.topic, *partition, *offset)
                .expect("partitions and offsets aren't negative");
        }
        list
    }

    fn rejoin_if_given_up(&self) {
        if std::mem::take(&mut self.consumer.context().state().gave_up) {
            self.consumer.unsubscribe();
            if let Err(error) = self.consumer.subscribe(&[&self.topic]) {
                tracing::error!(%error, "can't join the group again");
            }
        }
    }

    /// librdkafka's main thread sees that the connection to the group's coordinator is up once something wakes it, or else after as
    /// much as a second. A question wakes it.
    fn hasten_joining(&self) {
        if self.consumer.context().state().generations.is_empty() {
            let _ = self.consumer.subscription();
        }
    }

    /// Serves rebalances and errors.
    fn serve(&self, wait: Duration) {
        match self.consumer.poll(wait) {
            None => {}
            Some(Err(error)) => self.complain(&error),
            // It isn't counted, and the gap is noticed.
            Some(Ok(message)) => tracing::error!(offset = message.offset(), "a record came past its partition's queue"),
        }
    }

    /// Holds the queue of each assigned partition. What was read ahead of the others takes memory until it is taken out.
    fn keep_queues(&mut self) {
        let assigned: Vec<i32> = self.consumer.context().state().generations.keys().copied().collect();
        for (_, revoked) in self.queues.extract_if(|partition, _| !assigned.contains(partition)) {
            while revoked.drain(|_| ()) > 0 {}
        }
        for partition in assigned {
            if let Entry::Vacant(place) = self.queues.entry(partition)
                && let Some(queue) = PartitionQueue::of(&self.consumer, &self.topic, partition)
            {
                place.insert(queue);
            }
        }
    }

    /// Takes what is there of each partition; whether there was anything.
    fn read(&self) -> bool {
        let mut is_any = false;
        for (&partition, queue) in &self.queues {
            let Some(generation) = self.generation(partition) else { continue };
            if self.paused.get(&partition).is_some_and(|paused| *paused >= generation) {
                continue;
            }
            let (mut records, mut origins) = (Vec::new(), Vec::new());
            is_any |= queue.drain(|raw| match raw {
                Ok(raw) => {
                    origins.extend(self.origin(&raw).map(|origin| (raw.offset, origin)));
                    self.receive(partition, generation, &raw, &mut records);
                }
                Err(code) => self.complain(&KafkaError::MessageConsumption(code)),
            }) > 0;
            if !records.is_empty() {
                self.tell(Report::Records { partition, generation, records, origins });
            }
        }
        is_any
    }

    /// Where the record comes from, if that is traced.
    fn origin(&self, raw: &RawRecord<'_>) -> Option<Origin> {
        Origin::parse(raw.header(self.origin_header.as_deref()?)?)
    }

    fn receive(&self, partition: i32, generation: u64, raw: &RawRecord<'_>, records: &mut Vec<Record>) {
        match raw.appended_at {
            Some(appended_at) => {
                records.push(Record::decode(partition, raw.offset, appended_at, raw.key, raw.value));
            }
            None => self.tell(Report::NotLogAppendTime { partition, generation, offset: raw.offset }),
        }
    }

    fn generation(&self, partition: i32) -> Option<u64> {
        self.consumer.context().state().generations.get(&partition).copied()
    }

    fn complain(&self, error: &KafkaError) {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange) => {
                tracing::error!(%error, "an offset that was asked for isn't in the log");
                self.tell(Report::OutOfRange);
            }
            _ => tracing::warn!(%error, "Kafka can't be read from right now"),
        }
    }

    /// Waits when the loop is behind. When the loop has ended, the next order is to stop.
    fn tell(&self, report: Report) {
        if self.report.blocking_send(report).is_err() {
            tracing::debug!("the loop has ended");
        }
    }
}

/// Answers rebalances on the polling thread.
struct Rebalancer {
    report: mpsc::Sender<Report>,
    state: Mutex<Assignment>,
}

#[derive(Default)]
struct Assignment {
    generations: HashMap<i32, u64>,
    /// No answer came in time: leave the group and join again.
    gave_up: bool,
}

impl Rebalancer {
    fn state(&self) -> MutexGuard<'_, Assignment> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the loop where to read from; `None` when it can't say in time.
    fn ask(&self, partitions: Vec<i32>) -> Option<BTreeMap<i32, Start>> {
        let (answer, answers) = std_mpsc::sync_channel(1);
        self.report.blocking_send(Report::Assigned { partitions, answer }).ok()?;
        answers.recv_timeout(ASSIGNMENT_WAIT).ok()
    }

    fn assign(&self, consumer: &BaseConsumer<Self>, list: &mut TopicPartitionList) -> KafkaResult<()> {
        let partitions = partitions_of(list);
        let Some(starts) = self.ask(partitions.clone()) else {
            tracing::warn!(?partitions, "no place to read from was found in time: giving the partitions up");
            let _ = self.report.blocking_send(Report::GivenUp(partitions));
            self.state().gave_up = true;
            // Leaving the group takes them away again, which fails for what was never assigned, and the rebalance would
            // never end. Without a generation, whatever is read of them is dropped.
            return assign(consumer, list);
        };
        let topic = list.elements().first().map(|element| element.topic().to_owned()).unwrap_or_default();
        let mut halted = TopicPartitionList::new();
        for (&partition, start) in &starts {
            let offset = start.from.map_or(Offset::End, Offset::Offset);
            list.set_partition_offset(&topic, partition, offset)?;
            if start.from.is_none() {
                halted.add_partition(&topic, partition);
            }
            self.state().generations.insert(partition, start.generation);
        }
        assign(consumer, list)?;
        consumer.resume(list)?;
        consumer.pause(&halted)
    }

    fn revoke(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) -> KafkaResult<()> {
        let partitions = partitions_of(list);
        for partition in &partitions {
            self.state().generations.remove(partition);
        }
        // The loop discards what it holds; a flush that is still under way is fenced by the next owner's claim.
        let _ = self.report.blocking_send(Report::Revoked(partitions));
        consumer.incremental_unassign(list)
    }
}

/// Begins to read, each partition into a queue of its own from its first record on.
fn assign<C: ConsumerContext>(consumer: &BaseConsumer<C>, list: &TopicPartitionList) -> KafkaResult<()> {
    for element in list.elements() {
        keep_apart(consumer, element.topic(), element.partition());
    }
    consumer.incremental_assign(list)
}

fn partitions_of(list: &TopicPartitionList) -> Vec<i32> {
    list.elements().iter().map(|element| element.partition()).collect()
}

impl ClientContext for Rebalancer {}

impl ConsumerContext for Rebalancer {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, event: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let done = match event {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => self.assign(consumer, list),
            _ => self.revoke(consumer, list),
        };
        if let Err(error) = done {
            tracing::error!(%error, "a rebalance couldn't be carried out");
        }
    }
}
