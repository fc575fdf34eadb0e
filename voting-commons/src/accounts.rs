//! What frontends say of the votes that they sent: the records of the small topic beside the votes' one.
//!
//! A frontend publishes how many votes of each paredão and minute it has sent, and how many of those Kafka has
//! acknowledged, always as absolute numbers, so that the last record of a key says everything. After them it publishes
//! a heartbeat: what was sent before the heartbeat's time stands in the records in front of it.
//!
//! ```text
//! <boot>:<paredao>:<minute>   {"v":1,"sent":12,"accepted":11}
//! <boot>                      {"v":1,"at":1795262459900,"ended":false}
//! ```

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Minute, ParedaoId, UnixMillis};

/// The version of the payload that this code writes and reads.
const VERSION: i64 = 1;

/// One run of a frontend's process, numbered at random.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BootId(pub u64);

impl fmt::Display for BootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The votes of one paredão and minute that one frontend sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Account {
    /// Records handed to Kafka's client. What isn't accepted of it is indeterminate: it may be in the topic.
    pub sent: i64,
    /// Records that Kafka acknowledged.
    pub accepted: i64,
}

/// A record of the topic of accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statement {
    /// What a frontend has sent so far of one paredão and minute.
    Account {
        /// Who.
        boot: BootId,
        /// Votes of which paredão.
        paredao: ParedaoId,
        /// Votes of ballots of which minute.
        minute: Minute,
        /// How many.
        account: Account,
    },
    /// All that was sent before `at` stands in front of this.
    Heartbeat {
        /// Who.
        boot: BootId,
        /// When, by the frontend's clock.
        at: UnixMillis,
        /// Whether it has stopped, and will send nothing more.
        ended: bool,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountPayload {
    v: i64,
    sent: i64,
    accepted: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeartbeatPayload {
    v: i64,
    at: i64,
    ended: bool,
}

/// The key and the value of a statement's record.
pub fn encode(statement: &Statement) -> (String, Vec<u8>) {
    let (key, value) = match *statement {
        Statement::Account { boot, paredao, minute, account: Account { sent, accepted } } => {
            (format!("{boot}:{paredao}:{minute}"), serde_json::to_vec(&AccountPayload { v: VERSION, sent, accepted }))
        }
        Statement::Heartbeat { boot, at, ended } => {
            (boot.to_string(), serde_json::to_vec(&HeartbeatPayload { v: VERSION, at: at.0, ended }))
        }
    };
    (key, value.expect("numbers always serialize"))
}

/// The statement in a record; `None` where it isn't one that this code knows.
pub fn decode(key: &[u8], value: &[u8]) -> Option<Statement> {
    let mut parts = std::str::from_utf8(key).ok()?.split(':');
    let boot = BootId(u64::from_str_radix(parts.next()?, 16).ok()?);
    let Some(paredao) = parts.next() else {
        let HeartbeatPayload { v, at, ended } = serde_json::from_slice(value).ok()?;
        return (v == VERSION).then_some(Statement::Heartbeat { boot, at: UnixMillis(at), ended });
    };
    let paredao = paredao.parse::<i64>().ok()?.try_into().ok()?;
    let minute = parts.next()?.parse::<i64>().ok()?.try_into().ok()?;
    let AccountPayload { v, sent, accepted } = serde_json::from_slice(value).ok()?;
    let is_sane = v == VERSION && (0..=sent).contains(&accepted) && parts.next().is_none();
    is_sane.then_some(Statement::Account { boot, paredao, minute, account: Account { sent, accepted } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(sent: i64, accepted: i64) -> Statement {
        let (paredao, minute) = (7.try_into().unwrap(), 29_395_760.try_into().unwrap());
        Statement::Account { boot: BootId(255), paredao, minute, account: Account { sent, accepted } }
    }

    #[test]
    fn a_statement_survives_its_record() {
        let heartbeat = Statement::Heartbeat { boot: BootId(u64::MAX), at: UnixMillis(5), ended: true };
        for statement in [account(12, 11), heartbeat] {
            let (key, value) = encode(&statement);
            assert_eq!(decode(key.as_bytes(), &value), Some(statement), "{key}");
        }
        assert_eq!(encode(&account(0, 0)).0, "00000000000000ff:7:29395760");
    }

    #[test]
    fn what_is_no_statement_is_none() {
        let (key, value) = encode(&account(1, 2));
        assert_eq!(decode(key.as_bytes(), &value), None);
        let (key, value) = encode(&account(2, 1));
        for wrong in ["", "x", "ff:7", "ff:7:8:9", "ff:0:8"] {
            assert_eq!(decode(wrong.as_bytes(), &value), None, "{wrong}");
        }
        assert_eq!(decode(key.as_bytes(), b"{}"), None);
        assert_eq!(decode(b"\xff", &value), None);
    }
}
