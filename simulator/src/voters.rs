//! Voters and the frontends between them and the log: ballots, retries, votes under way, acknowledgements.

use fastrand::Rng;
use voting_commons::{BallotId, Group, Key, Minute, ParedaoId, ParticipantId, Shards, UnixMillis, Vote, partitioner};

use crate::store::REFUSED_PARTICIPANT;

/// How long a ballot can be cast after it was issued.
const BALLOT_LIFE_MILLIS: i64 = 180_000;
/// How long a frontend waits for Kafka's acknowledgement.
const DELIVERY_TIMEOUT_MILLIS: i64 = 5_000;
/// A ballot that was used is picked among this many that were issued last.
const RECENT_BALLOTS: usize = 24;
const PARTICIPANTS: i32 = 3;
const SHARDS: i64 = 3;

/// One process that issues ballots and sends votes.
#[derive(Debug)]
struct Frontend {
    issuer: u64,
    issued: u64,
    clock_ahead: i64,
}

#[derive(Debug)]
pub(crate) struct Ballot {
    pub(crate) vote: Vote,
    /// On the clock of its frontend.
    issued_at: UnixMillis,
    frontend: usize,
    /// How many copies have reached the log.
    pub(crate) copies: u32,
    acknowledged: bool,
}

/// A vote on its way to the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent {
    pub(crate) ballot: usize,
    /// How many were sent before it.
    pub(crate) order: u64,
    at: UnixMillis,
}

/// Everybody who votes.
#[derive(Debug)]
pub(crate) struct Voters {
    frontends: Vec<Frontend>,
    pub(crate) ballots: Vec<Ballot>,
    pub(crate) under_way: Vec<Sent>,
    sent: u64,
    paredao: i32,
    /// The first minute in which no ballot is issued.
    closes_at: i64,
    pub(crate) acknowledged: Vec<BallotId>,
    /// In how many votes of a thousand the store refuses the data.
    refused_permille: u32,
}

impl Voters {
    pub(crate) fn new(clocks_ahead: &[i64], refused_permille: u32, rng: &mut Rng) -> Self {
        let frontends =
            clocks_ahead.iter().map(|&clock_ahead| Frontend { issuer: rng.u64(..), issued: 0, clock_ahead });
        Self {
            frontends: frontends.collect(),
            ballots: Vec::new(),
            under_way: Vec::new(),
            sent: 0,
            paredao: 1,
            closes_at: i64::MAX,
            acknowledged: Vec::new(),
            refused_permille,
        }
    }

    /// Issues a ballot, and has it cast at once.
    pub(crate) fn vote(&mut self, partitions: i32, now: UnixMillis, rng: &mut Rng) -> Option<&Vote> {
        let frontend = rng.usize(..self.frontends.len());
        let Frontend { issuer, issued, clock_ahead } = &mut self.frontends[frontend];
        let issued_at = now.plus(*clock_ahead);
        let minute = issued_at.minute()?;
        if i64::from(minute.get()) >= self.closes_at {
            // The next one opens when all clocks agree that this one is closed.
            self.paredao += 1;
            self.closes_at = i64::MAX;
        }
        let refused = rng.u32(..1000) < self.refused_permille;
        let participant = if refused { REFUSED_PARTICIPANT } else { rng.i32(1..=PARTICIPANTS) };
        let group = Group {
            paredao: ParedaoId::try_from(i64::from(self.paredao)).ok()?,
            minute,
            participant: ParticipantId::try_from(i64::from(participant)).ok()?,
        };
        let ballot = BallotId { issuer: *issuer, sequence: *issued };
        *issued += 1;
        // Every other paredão has several shards.
        let shards = if self.paredao % 2 == 0 { Shards::try_from(SHARDS).ok()? } else { Shards::ONE };
        let shard = shards.of(ballot);
        let partition = partitioner::partition_of(Key { group, shard }.to_string().as_bytes(), partitions);
        let vote = Vote { ballot, group, shard, partition };
        self.ballots.push(Ballot { vote, issued_at, frontend, copies: 0, acknowledged: false });
        self.send(self.ballots.len() - 1, now);
        self.ballots.last().map(|ballot| &ballot.vote)
    }

    /// A recent ballot is cast again, if its frontend takes it.
    pub(crate) fn retry(&mut self, now: UnixMillis, rng: &mut Rng) -> Option<usize> {
        let index = self.recent(rng)?;
        let ballot = &self.ballots[index];
        let frontends_time = now.plus(self.frontends[ballot.frontend].clock_ahead);
        if frontends_time.since(ballot.issued_at) >= BALLOT_LIFE_MILLIS {
            return None;
        }
        self.send(index, now);
        Some(index)
    }

    /// One of the ballots that were issued last.
    pub(crate) fn recent(&self, rng: &mut Rng) -> Option<usize> {
        let issued = self.ballots.len();
        (issued > 0).then(|| rng.usize(issued.saturating_sub(RECENT_BALLOTS)..issued))
    }

    fn send(&mut self, ballot: usize, now: UnixMillis) {
        self.under_way.push(Sent { ballot, order: self.sent, at: now });
        self.sent += 1;
    }

    /// The log took a vote: its frontend acknowledges it, if the answer comes in time and the stamp can be believed.
    pub(crate) fn delivered(&mut self, sent: Sent, stamp: UnixMillis, now: UnixMillis) {
        let ballot = &mut self.ballots[sent.ballot];
        let in_time = now.since(sent.at) < DELIVERY_TIMEOUT_MILLIS;
        let believed = voting_commons::window::holds(ballot.vote.group.minute, stamp);
        if in_time && believed && !ballot.acknowledged {
            ballot.acknowledged = true;
            self.acknowledged.push(ballot.vote.ballot);
        }
    }

    /// A frontend's process is replaced.
    pub(crate) fn replace_frontend(&mut self, rng: &mut Rng) {
        let frontend = rng.usize(..self.frontends.len());
        self.frontends[frontend].issuer = rng.u64(..);
        self.frontends[frontend].issued = 0;
    }

    /// A frontend's clock is set.
    pub(crate) fn set_clock(&mut self, clock_ahead: i64, rng: &mut Rng) {
        let frontend = rng.usize(..self.frontends.len());
        self.frontends[frontend].clock_ahead = clock_ahead;
    }

    /// Closing by hand takes effect with the next minute.
    pub(crate) fn close(&mut self, now: UnixMillis) -> bool {
        let next = now.minute().map(Minute::next).map_or(i64::MAX, |minute| i64::from(minute.get()));
        let closes = self.closes_at == i64::MAX;
        self.closes_at = self.closes_at.min(next);
        closes
    }
}
