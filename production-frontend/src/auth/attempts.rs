//! How often somebody may try a password, in bounded memory.
//!
//! Attempts are counted per user and address, so that whoever guesses a user's password can't keep that user out, and per
//! address, whatever the names. Counts that were forgotten for want of room begin anew.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::Quota;
use voting_commons::adapters::edge::client::Network;
use voting_commons::adapters::edge::throttle::Throttle;

use crate::auth::NAME_CHARS_MAX;
use crate::error::Error;

/// Attempts at one user's password from one address; then one more a minute.
const USER_ATTEMPTS_MAX: NonZeroU32 = NonZeroU32::new(5).expect("it isn't 0");
const USER_ATTEMPT_EVERY: Duration = Duration::from_secs(60);
/// Attempts from one address; then one more every two seconds.
const ADDRESS_ATTEMPTS_MAX: NonZeroU32 = NonZeroU32::new(60).expect("it isn't 0");
const ADDRESS_ATTEMPT_EVERY: Duration = Duration::from_secs(2);
/// How often the audit is told of attempts that were one too many, from one address.
const AUDITED_EVERY: Duration = Duration::from_secs(60);
/// How many counts are kept of each kind: a few hundred bytes each.
const COUNTS_MAX: usize = 10_000;

/// The attempts of late.
#[derive(Debug)]
pub(crate) struct Attempts {
    by_user: Throttle<(String, Network)>,
    by_address: Throttle<Network>,
    /// Attempts that were one too many, as the audit holds them.
    audited: Throttle<Network>,
}

impl Attempts {
    pub(crate) fn new() -> Self {
        Self {
            by_user: throttle(USER_ATTEMPTS_MAX, USER_ATTEMPT_EVERY),
            by_address: throttle(ADDRESS_ATTEMPTS_MAX, ADDRESS_ATTEMPT_EVERY),
            audited: throttle(NonZeroU32::MIN, AUDITED_EVERY),
        }
    }

    /// Counts an attempt at the password of the user called `name`.
    ///
    /// # Errors
    /// [`Error::TooManyAttempts`], which isn't counted.
    pub(crate) fn begin(&self, name: &str, address: IpAddr) -> Result<(), Error> {
        let key = key(name, address);
        self.by_address.check(&key.1).and_then(|()| self.by_user.check(&key)).map_err(|wait| {
            // Rounded up, so that it isn't refused again.
            let wait_seconds = u32::try_from(wait.as_secs().saturating_add(1)).unwrap_or(u32::MAX);
            Error::TooManyAttempts { wait_seconds }
        })
    }

    /// Whether the audit is to hold that a password from this address was refused for `error`. Of attempts that are one too many
    /// only one a minute: whoever goes on and on must not fill it.
    pub(crate) fn is_to_be_audited(&self, error: &Error, address: IpAddr) -> bool {
        match error {
            Error::WrongPassword | Error::PasswordExpired => true,
            Error::TooManyAttempts { .. } => self.audited.check(&Network::of(address)).is_ok(),
            _ => false,
        }
    }

    /// Forgets the attempts at a password that was right in the end.
    pub(crate) fn forgive(&self, name: &str, address: IpAddr) {
        self.by_user.forget(&key(name, address));
    }
}

fn throttle<K: std::hash::Hash + Eq + Clone>(burst: NonZeroU32, every: Duration) -> Throttle<K> {
    Throttle::new(Quota::with_period(every).expect("it isn't 0").allow_burst(burst), COUNTS_MAX)
}

/// No name is longer.
fn key(name: &str, address: IpAddr) -> (String, Network) {
    (name.chars().take(NAME_CHARS_MAX).collect(), Network::of(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn tried(attempts: &Attempts, name: &str, from: &str, times: u32) -> u32 {
        (0..times).map(|_| u32::from(attempts.begin(name, address(from)).is_ok())).sum()
    }

    #[test]
    fn guessing_at_one_user_ends_soon_and_keeps_nobody_else_out() {
        let attempts = Attempts::new();
        assert_eq!(tried(&attempts, "maria", "192.0.2.1", 9), USER_ATTEMPTS_MAX.get());
        let Err(Error::TooManyAttempts { wait_seconds }) = attempts.begin("maria", address("192.0.2.1")) else {
            panic!("it is let through");
        };
        assert!((1..=61).contains(&wait_seconds), "{wait_seconds}");
        assert_eq!(tried(&attempts, "maria", "192.0.2.2", 1), 1, "she comes in from elsewhere");
        assert_eq!(tried(&attempts, "joana", "192.0.2.1", 1), 1, "and others from there");
        attempts.forgive("maria", address("192.0.2.1"));
        assert_eq!(tried(&attempts, "maria", "192.0.2.1", 1), 1);
    }

    #[test]
    fn one_address_cannot_go_through_all_names() {
        let attempts = Attempts::new();
        let names = (0..100).map(|number| format!("user {number}"));
        let through = names.filter(|name| attempts.begin(name, address("192.0.2.1")).is_ok()).count();
        assert_eq!(through, usize::try_from(ADDRESS_ATTEMPTS_MAX.get()).unwrap());
    }

    #[test]
    fn a_network_is_one_address() {
        let attempts = Attempts::new();
        let tried_from = |from: &str| attempts.begin("maria", address(from)).is_ok();
        let through = (0..9).filter(|number| tried_from(&format!("2001:db8::{number}"))).count();
        assert_eq!(through, usize::try_from(USER_ATTEMPTS_MAX.get()).unwrap());
        assert!(tried_from("2001:db8:0:1::1"));
        assert!(!tried_from("2001:db8::ffff"));
    }
}
