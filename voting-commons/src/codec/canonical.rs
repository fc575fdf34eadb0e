//! Reading a vote that is written byte for byte as this code writes it: the register's hot path. What is written otherwise is
//! left to the thorough reader, which takes many times as long.

use super::Entry;
use crate::ids::{BALLOT_ID_BYTES, BallotId, ImportId, Line};
use crate::import::ImportedVote;
use crate::shard::Shard;
use crate::vote::{Group, Vote};

/// Ten digits hold every number that a vote has.
const DIGITS_MAX: usize = 10;

/// A number as it stands in the text.
struct Number<'a> {
    text: &'a [u8],
    value: i64,
}

/// By what a vote counts once.
pub(super) enum Origin {
    Ballot(BallotId),
    Line(ImportId, Line),
}

/// What `value` under `key` says, if both are exactly what [`Entry::encode`] makes of it.
pub(super) fn read(key: &[u8], value: &[u8]) -> Option<Entry> {
    let (origin, rest) = origin(value.strip_prefix(br#"{"v":1,"#)?)?;
    let (paredao, rest) = number(rest.strip_prefix(br#","paredao":"#)?)?;
    let (participant, rest) = number(rest.strip_prefix(br#","participant":"#)?)?;
    let (minute, rest) = number(rest.strip_prefix(br#","minute":"#)?)?;
    let (partition, rest) = number(rest.strip_prefix(br#","partition":"#)?)?;
    if rest != b"}" {
        return None;
    }
    let in_key = after(after(key, &paredao)?, &participant)?.strip_prefix(minute.text)?;
    let group = Group {
        paredao: paredao.value.try_into().ok()?,
        minute: minute.value.try_into().ok()?,
        participant: participant.value.try_into().ok()?,
    };
    let partition = partition.value.try_into().ok()?;
    match origin {
        Origin::Ballot(ballot) => Some(Entry::Vote(Vote { ballot, group, shard: shard(in_key)?, partition })),
        Origin::Line(import, line) if in_key.is_empty() => {
            Some(Entry::Imported(ImportedVote { import, line, group, partition }))
        }
        Origin::Line(..) => None,
    }
}

fn origin(text: &[u8]) -> Option<(Origin, &[u8])> {
    if let Some(text) = text.strip_prefix(br#""ballot":""#) {
        let (digits, rest) = text.split_at_checked(BALLOT_ID_BYTES)?;
        return Some((Origin::Ballot(BallotId::from_digits(digits).ok()?), rest.strip_prefix(b"\"")?));
    }
    let (import, rest) = number(text.strip_prefix(br#""import":"#)?)?;
    let (line, rest) = number(rest.strip_prefix(br#","line":"#)?)?;
    Some((Origin::Line(import.value.try_into().ok()?, line.value.try_into().ok()?), rest))
}

/// The number at the beginning of `text`, written without zeros in front, and what comes after it.
fn number(text: &[u8]) -> Option<(Number<'_>, &[u8])> {
    let length = text.iter().position(|byte| !byte.is_ascii_digit())?;
    let (text, rest) = text.split_at(length);
    if length == 0 || length > DIGITS_MAX || (length > 1 && text[0] == b'0') {
        return None;
    }
    let value = text.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
    Some((Number { text, value }, rest))
}

/// What comes in `key` after `number` and a colon.
fn after<'a>(key: &'a [u8], number: &Number<'_>) -> Option<&'a [u8]> {
    key.strip_prefix(number.text)?.strip_prefix(b":")
}

/// The shard that stands at the end of a key.
fn shard(text: &[u8]) -> Option<Shard> {
    let Some(digits) = text.strip_prefix(b":") else {
        return text.is_empty().then(Shard::default);
    };
    let number = match *digits {
        [ones @ b'1'..=b'9'] => ones - b'0',
        [tens @ b'1'..=b'9', ones @ b'0'..=b'9'] => (tens - b'0') * 10 + (ones - b'0'),
        _ => return None,
    };
    i64::from(number).try_into().ok()
}
