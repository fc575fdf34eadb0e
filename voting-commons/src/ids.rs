//! Identifiers of the domain.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A number from 1 to `i32::MAX`, as Postgres's `integer` identity columns give out.
macro_rules! numeric_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "i64", into = "i32")]
        pub struct $name(i32);

        impl $name {
            /// The id as a column of type `integer` holds it: 1 or more.
            pub const fn get(self) -> i32 {
                self.0
            }
        }

        impl TryFrom<i64> for $name {
            type Error = IdOutOfRange;

            fn try_from(number: i64) -> Result<Self, IdOutOfRange> {
                match i32::try_from(number) {
                    Ok(id) if id > 0 => Ok(Self(id)),
                    _ => Err(IdOutOfRange),
                }
            }
        }

        impl From<$name> for i32 {
            fn from(id: $name) -> i32 {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

numeric_id! {
    /// A paredão: one poll to eliminate a participant.
    ParedaoId
}
numeric_id! {
    /// A participant who stands in a paredão.
    ParticipantId
}
numeric_id! {
    /// An import: a file of votes that production lets count without ballots.
    ImportId
}
numeric_id! {
    /// A line of an import's file, numbered from 1.
    Line
}

/// The number isn't one that an identity column gives out: 1 to `i32::MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is a whole number from 1 to {}", i32::MAX)]
pub struct IdOutOfRange;

/// What makes a ballot the one it is: the process that issued it and that process's running number.
///
/// Running numbers, unlike random ids, lie side by side, so the set of the ids already counted stays a small bitmap.
/// Written as 32 lower-case hexadecimal digits, the issuer's sixteen first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BallotId {
    /// Drawn at random when the issuing process starts.
    pub issuer: u64,
    /// Counts up from 0 within one issuer.
    pub sequence: u64,
}

/// The length of a [`BallotId`] in text, in bytes.
pub const BALLOT_ID_BYTES: usize = 32;

impl fmt::Display for BallotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:016x}", self.issuer, self.sequence)
    }
}

/// The text isn't 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a ballot id is {BALLOT_ID_BYTES} lower-case hexadecimal digits")]
pub struct BallotIdMalformed;

impl FromStr for BallotId {
    type Err = BallotIdMalformed;

    fn from_str(text: &str) -> Result<Self, BallotIdMalformed> {
        Self::from_digits(text.as_bytes())
    }
}

impl BallotId {
    /// Reads the text of an id.
    ///
    /// # Errors
    /// When it isn't 32 lower-case hexadecimal digits.
    pub fn from_digits(digits: &[u8]) -> Result<Self, BallotIdMalformed> {
        if digits.len() != BALLOT_ID_BYTES {
            return Err(BallotIdMalformed);
        }
        let (issuer, sequence) = digits.split_at(BALLOT_ID_BYTES / 2);
        Ok(Self { issuer: hex(issuer)?, sequence: hex(sequence)? })
    }
}

/// Reads lower-case digits only, so that an id has exactly one text.
fn hex(digits: &[u8]) -> Result<u64, BallotIdMalformed> {
    digits.iter().try_fold(0, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return Err(BallotIdMalformed),
        };
        Ok(number << 4 | u64::from(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_start_at_one_and_fit_a_column() {
        assert!(ParedaoId::try_from(0).is_err());
        assert!(ParedaoId::try_from(-1).is_err());
        assert!(ParedaoId::try_from(i64::from(i32::MAX) + 1).is_err());
        assert_eq!(ParticipantId::try_from(7).map(ParticipantId::get), Ok(7));
    }

    #[test]
    fn a_ballot_id_has_exactly_one_text() {
        for wrong in ["", "00", &"g".repeat(32), &"A".repeat(32), &"0".repeat(33)] {
            assert_eq!(wrong.parse::<BallotId>(), Err(BallotIdMalformed), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_ballot_id_survives_its_text(issuer: u64, sequence: u64) {
            let id = BallotId { issuer, sequence };
            prop_assert_eq!(id.to_string().parse::<BallotId>(), Ok(id));
        }
    }
}
