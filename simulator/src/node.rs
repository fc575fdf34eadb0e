//! A register's process: its loop, its polling thread and its clock.

use votes_register::core::Limits;
use voting_commons::UnixMillis;

use crate::consumer::{Channels, Consumer};
use crate::shell::Shell;

/// How a process fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    Up,
    Frozen,
    Down,
}

/// A place where register processes run, one after the other.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) health: Health,
    /// It doesn't hear from the group.
    pub(crate) deaf: bool,
    /// When it must have drained, once it was told to stop.
    pub(crate) stops_by: Option<UnixMillis>,
    pub(crate) clock_ahead: i64,
    pub(crate) shell: Shell,
    pub(crate) consumer: Consumer,
    pub(crate) channels: Channels,
    pub(crate) ticked_at: UnixMillis,
}

impl Node {
    pub(crate) fn new(clock_ahead: i64, limits: Limits) -> Self {
        Self {
            health: Health::Up,
            deaf: false,
            stops_by: None,
            clock_ahead,
            shell: Shell::new(limits),
            consumer: Consumer::default(),
            channels: Channels::default(),
            ticked_at: UnixMillis::default(),
        }
    }

    /// A new process starts; it knows nothing.
    pub(crate) fn start(&mut self, limits: Limits) {
        *self = Self::new(self.clock_ahead, limits);
    }

    pub(crate) fn is_up(&self) -> bool {
        self.health == Health::Up
    }

    pub(crate) fn has_halted(&self) -> bool {
        self.shell.partitions.values().any(|owned| owned.halted.is_some())
    }
}
