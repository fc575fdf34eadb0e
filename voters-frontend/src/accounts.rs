//! This process's accounts: how many votes it has sent, and how many of those Kafka acknowledged.
//!
//! Reconciliation holds them against the topic: at least what is accepted must be in it, and at most what was sent.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use voting_commons::accounts::{Account, BootId, Statement};
use voting_commons::{Group, Minute, ParedaoId, UnixMillis, window};

/// How many votes were sent, by paredão and minute.
#[derive(Debug)]
pub struct Accounts {
    boot: BootId,
    entries: Mutex<BTreeMap<(ParedaoId, Minute), Entry>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    now: Account,
    /// As Kafka last acknowledged it.
    published: Account,
}

impl Accounts {
    /// Empty ones, under a random number.
    pub fn random() -> Self {
        Self { boot: BootId(rand::random()), entries: Mutex::default() }
    }

    /// This process's number.
    pub fn boot(&self) -> BootId {
        self.boot
    }

    /// A vote is about to be sent: from now on it may be in the topic.
    pub fn sent(&self, group: &Group) {
        self.entries().entry((group.paredao, group.minute)).or_default().now.sent += 1;
    }

    /// It wasn't sent after all.
    pub fn not_sent(&self, group: &Group) {
        self.entries().entry((group.paredao, group.minute)).or_default().now.sent -= 1;
    }

    /// Kafka acknowledged it.
    pub fn accepted(&self, group: &Group) {
        self.entries().entry((group.paredao, group.minute)).or_default().now.accepted += 1;
    }

    /// What has changed since it was last published.
    pub fn unpublished(&self) -> Vec<Statement> {
        let changed = |(&(paredao, minute), entry): (&(ParedaoId, Minute), &Entry)| {
            let account = entry.now;
            (account != entry.published).then_some(Statement::Account { boot: self.boot, paredao, minute, account })
        };
        self.entries().iter().filter_map(changed).collect()
    }

    /// Kafka acknowledged these statements.
    pub fn published(&self, statements: &[Statement]) {
        let mut entries = self.entries();
        for statement in statements {
            let Statement::Account { paredao, minute, account, .. } = statement else { continue };
            entries.entry((*paredao, *minute)).or_default().published = *account;
        }
    }

    /// Lets go of minutes whose ballots can no longer be cast, once everything of them is published.
    ///
    /// An entry that came again would begin at 0 and unsay what was published; so they are kept for twice the window.
    pub fn forget_old(&self, now: UnixMillis) {
        let latest = now.plus(-window::WINDOW_MILLIS);
        self.entries().retain(|(_, minute), entry| entry.now != entry.published || !window::is_late(*minute, latest));
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<(ParedaoId, Minute), Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group() -> Group {
        Group { paredao: 1.try_into().unwrap(), minute: 1_000.try_into().unwrap(), participant: 2.try_into().unwrap() }
    }

    fn unpublished(accounts: &Accounts) -> Vec<Account> {
        let account = |statement: &Statement| match statement {
            Statement::Account { account, .. } => *account,
            Statement::Heartbeat { .. } => panic!("accounts have no heartbeat"),
        };
        accounts.unpublished().iter().map(account).collect()
    }

    #[test]
    fn a_vote_under_way_is_sent_and_not_accepted() {
        let accounts = Accounts::random();
        accounts.sent(&group());
        accounts.sent(&group());
        accounts.sent(&group());
        accounts.not_sent(&group());
        accounts.accepted(&group());
        assert_eq!(unpublished(&accounts), [Account { sent: 2, accepted: 1 }]);
    }

    #[test]
    fn what_changes_while_it_is_published_is_published_again() {
        let accounts = Accounts::random();
        accounts.sent(&group());
        let statements = accounts.unpublished();
        accounts.accepted(&group());
        accounts.published(&statements);
        assert_eq!(unpublished(&accounts), [Account { sent: 1, accepted: 1 }]);
        accounts.published(&accounts.unpublished());
        assert_eq!(unpublished(&accounts), []);
    }

    #[test]
    fn old_minutes_are_let_go_once_published() {
        let accounts = Accounts::random();
        accounts.sent(&group());
        let late = group().minute.end().plus(2 * window::WINDOW_MILLIS);
        accounts.forget_old(late);
        assert_eq!(unpublished(&accounts).len(), 1);
        accounts.published(&accounts.unpublished());
        accounts.forget_old(late.plus(-1));
        assert_eq!(accounts.entries().len(), 1);
        accounts.forget_old(late);
        assert_eq!(accounts.entries().len(), 0);
    }
}
