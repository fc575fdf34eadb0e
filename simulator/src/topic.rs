//! The log: partitions whose records are stamped by the clocks of their leaders.

use votes_register::core::Record;
use voting_commons::{UnixMillis, Vote, codec};

/// How many brokers can lead a partition.
pub(crate) const BROKERS: usize = 3;

/// A topic with LogAppendTime.
#[derive(Debug)]
pub(crate) struct Topic {
    logs: Vec<Log>,
    /// By how much each broker's clock is ahead, in milliseconds.
    pub(crate) clocks_ahead: [i64; BROKERS],
}

#[derive(Debug, Default)]
struct Log {
    /// What was removed is kept in front, so that offsets are indices.
    records: Vec<Record>,
    low: i64,
    leader: usize,
}

impl Topic {
    pub(crate) fn new(partitions: usize) -> Self {
        let mut topic = Self { logs: Vec::new(), clocks_ahead: [0; BROKERS] };
        (0..partitions).for_each(|_| topic.add_partition());
        topic
    }

    pub(crate) fn add_partition(&mut self) {
        let leader = self.logs.len() % BROKERS;
        self.logs.push(Log { records: Vec::new(), low: 0, leader });
    }

    pub(crate) fn partitions(&self) -> i32 {
        i32::try_from(self.logs.len()).expect("a handful of partitions")
    }

    pub(crate) fn lead(&mut self, partition: i32, broker: usize) {
        self.log_mut(partition).leader = broker;
    }

    /// Sets the clock of the partition's leader.
    pub(crate) fn set_leaders_clock(&mut self, partition: i32, ahead: i64) {
        let leader = self.log(partition).leader;
        self.clocks_ahead[leader] = ahead;
    }

    /// What the partition's leader takes the time to be.
    pub(crate) fn leaders_time(&self, partition: i32, now: UnixMillis) -> UnixMillis {
        now.plus(self.clocks_ahead[self.log(partition).leader])
    }

    /// Appends the record of `vote`; its offset and its stamp.
    pub(crate) fn append_vote(&mut self, vote: &Vote, now: UnixMillis) -> (i64, UnixMillis) {
        let (key, value) = codec::encode(vote);
        self.append(vote.partition, Some(key.as_bytes()), Some(&value), now)
    }

    pub(crate) fn append(
        &mut self,
        partition: i32,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        now: UnixMillis,
    ) -> (i64, UnixMillis) {
        let stamp = self.leaders_time(partition, now);
        let offset = self.high(partition);
        self.log_mut(partition).records.push(Record::decode(partition, offset, stamp, key, value));
        (offset, stamp)
    }

    /// The log's first offset.
    pub(crate) fn low(&self, partition: i32) -> i64 {
        self.log(partition).low
    }

    /// Retention removes what lies before `low`.
    pub(crate) fn trim(&mut self, partition: i32, low: i64) {
        self.log_mut(partition).low = low;
    }

    /// The offset that the next record will get.
    pub(crate) fn high(&self, partition: i32) -> i64 {
        i64::try_from(self.log(partition).records.len()).expect("a few thousand records")
    }

    /// At most `records_max` records from `from` on.
    pub(crate) fn read(&self, partition: i32, from: i64, records_max: usize) -> Vec<Record> {
        assert!(from >= self.low(partition), "record {from} of partition {partition} was removed");
        let from = usize::try_from(from).expect("offsets aren't negative");
        self.log(partition).records.iter().skip(from).take(records_max).cloned().collect()
    }

    fn log(&self, partition: i32) -> &Log {
        &self.logs[usize::try_from(partition).expect("partitions aren't negative")]
    }

    fn log_mut(&mut self, partition: i32) -> &mut Log {
        &mut self.logs[usize::try_from(partition).expect("partitions aren't negative")]
    }
}
