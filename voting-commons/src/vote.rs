//! A vote: one record of the topic.

use std::fmt;

use crate::ids::{BallotId, ParedaoId, ParticipantId};
use crate::shard::Shard;
use crate::time::Minute;

/// What votes are counted by. Its text begins the record's key: `<paredao>:<participant>:<minute>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group {
    /// The paredão voted in.
    pub paredao: ParedaoId,
    /// The minute of the ballot.
    pub minute: Minute,
    /// The participant voted for.
    pub participant: ParticipantId,
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.paredao, self.participant, self.minute)
    }
}

/// One vote, as a frontend writes it to the topic and a register reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vote {
    /// The ballot that was cast; it counts once.
    pub ballot: BallotId,
    /// What the vote counts for.
    pub group: Group,
    /// Which share of its group's votes it lies with.
    pub shard: Shard,
    /// The partition that the ballot was issued for; every copy of it lies there.
    pub partition: i32,
}

impl Vote {
    /// The key of its record.
    pub fn key(&self) -> Key {
        Key { group: self.group, shard: self.shard }
    }
}

/// A record's key, from which its partition follows: the group's text, and `:<shard>` where there are several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// What the vote counts for.
    pub group: Group,
    /// Which share of the group's votes it lies with.
    pub shard: Shard,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shard.number() {
            None => self.group.fmt(f),
            Some(number) => write!(f, "{}:{number}", self.group),
        }
    }
}
