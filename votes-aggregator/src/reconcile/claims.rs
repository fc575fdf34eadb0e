//! What the frontends say that they sent.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use voting_commons::accounts::{Account, BootId, Statement};
use voting_commons::time::MINUTE_MILLIS;
use voting_commons::window::{BALLOT_LIFE_MILLIS, CLOCK_SKEW_MILLIS};

use super::log_count::Place;

/// A frontend that is silent for longer has died: it publishes every second.
pub const DEAD_AFTER: Duration = Duration::from_secs(10);

/// All statements of all frontends, the last of each key.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    accounts: BTreeMap<Place, BTreeMap<BootId, Account>>,
    boots: BTreeMap<BootId, Boot>,
}

#[derive(Debug, Clone, Copy)]
struct Boot {
    /// Up to when its accounts are whole, by its own clock, in milliseconds.
    at: i64,
    ended: bool,
    heard: Instant,
}

/// A frontend that died: what it sent in its last minutes can't be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// Which process.
    pub boot: BootId,
    /// The minutes of which it may have sent votes that its accounts don't hold.
    pub minutes: Range<i32>,
}

impl Claims {
    /// Takes note of a statement that was read at `heard`.
    pub fn take(&mut self, statement: Statement, heard: Instant) {
        match statement {
            Statement::Account { boot, paredao, minute, account } => {
                self.accounts.entry((paredao.get(), minute.get())).or_default().insert(boot, account);
            }
            Statement::Heartbeat { boot, at, ended } => {
                self.boots.insert(boot, Boot { at: at.0, ended, heard });
            }
        }
    }

    /// The sum of all frontends' accounts of one paredão and minute.
    pub fn of(&self, place: Place) -> Account {
        let add =
            |sum: Account, one: &Account| Account { sent: sum.sent + one.sent, accepted: sum.accepted + one.accepted };
        self.accounts.get(&place).map_or_else(Account::default, |boots| boots.values().fold(Account::default(), add))
    }

    /// All sums.
    pub fn sums(&self) -> impl Iterator<Item = (Place, Account)> + '_ {
        self.accounts.keys().map(|place| (*place, self.of(*place)))
    }

    /// The first minute that there is any account of: before it, frontends kept none.
    pub fn first_minute(&self) -> Option<i32> {
        self.accounts.keys().map(|(_, minute)| *minute).min()
    }

    /// The frontends that died, as of `asked_at`: the accounts have been read to where they ended then.
    pub fn unknown(&self, asked_at: Instant) -> Vec<Unknown> {
        let is_dead = |boot: &Boot| !boot.ended && asked_at.saturating_duration_since(boot.heard) > DEAD_AFTER;
        let dead = self.boots.iter().filter(|(_, boot)| is_dead(boot));
        dead.map(|(boot, last)| Unknown { boot: *boot, minutes: unknown_after(last.at) }).collect()
    }

    /// Lets go of minutes before `minute`, and of frontends that ended or died before it.
    pub fn forget_before(&mut self, minute: i32) {
        self.accounts.retain(|(_, of), _| *of >= minute);
        self.boots.retain(|_, boot| boot.at >= i64::from(minute) * MINUTE_MILLIS);
    }
}

/// The minutes of the ballots that may have been cast between the last heartbeat and the moment when the frontend was
/// taken for dead. A ballot may be of a minute ago, or of another frontend whose clock differs.
fn unknown_after(at: i64) -> Range<i32> {
    let dead_after = i64::try_from(DEAD_AFTER.as_millis()).unwrap_or(i64::MAX);
    let minute = |millis: i64| i32::try_from(millis.div_euclid(MINUTE_MILLIS)).unwrap_or(0);
    minute(at - BALLOT_LIFE_MILLIS - CLOCK_SKEW_MILLIS)..minute(at + dead_after + CLOCK_SKEW_MILLIS) + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use voting_commons::UnixMillis;

    fn heartbeat(boot: u64, at: i64, ended: bool) -> Statement {
        Statement::Heartbeat { boot: BootId(boot), at: UnixMillis(at), ended }
    }

    #[test]
    fn who_is_silent_without_a_farewell_has_died() {
        let (mut claims, start) = (Claims::default(), Instant::now());
        let at = 1_000 * MINUTE_MILLIS;
        claims.take(heartbeat(1, at, false), start);
        claims.take(heartbeat(2, at, true), start);
        claims.take(heartbeat(3, at, false), start + DEAD_AFTER);
        assert_eq!(claims.unknown(start + DEAD_AFTER), []);
        let unknown = claims.unknown(start + DEAD_AFTER + Duration::from_millis(1));
        assert_eq!(unknown, [Unknown { boot: BootId(1), minutes: 996..1001 }]);
        // It was only frozen.
        claims.take(heartbeat(1, at, false), start + DEAD_AFTER);
        assert_eq!(claims.unknown(start + DEAD_AFTER + Duration::from_millis(1)), []);
    }

    #[test]
    fn the_last_account_of_each_frontend_counts() {
        let mut claims = Claims::default();
        for (boot, sent, accepted) in [(1, 1, 0), (1, 5, 4), (2, 2, 2)] {
            let (paredao, minute) = (1.try_into().unwrap(), 1_000.try_into().unwrap());
            let account = Account { sent, accepted };
            claims.take(Statement::Account { boot: BootId(boot), paredao, minute, account }, Instant::now());
        }
        assert_eq!(claims.of((1, 1_000)), Account { sent: 7, accepted: 6 });
        assert_eq!(claims.first_minute(), Some(1_000));
        claims.forget_before(1_001);
        assert_eq!(claims.first_minute(), None);
    }
}
