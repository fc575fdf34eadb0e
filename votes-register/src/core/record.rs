//! A record of the topic, decoded once, where it was read.

use voting_commons::codec::{self, Entry};
use voting_commons::{ImportedVote, Rejection, UnixMillis, Vote};
use xxhash_rust::xxh3::Xxh3;

/// The most that is kept of a record that can't be counted, key and value together, in bytes.
pub const RECORD_BYTES_KEPT_MAX: usize = 64 * 1024;

/// One record, as the core takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it lies in its partition.
    pub offset: i64,
    /// Kafka's LogAppendTime.
    pub appended_at: UnixMillis,
    /// What it says.
    pub content: Content,
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A well-formed vote.
    Vote(Vote),
    /// A well-formed line of an import.
    Imported(ImportedVote),
    /// Not a vote.
    Unreadable(Box<Unreadable>),
}

/// What is kept of a record that isn't a vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Why it isn't.
    pub rejection: Rejection,
    /// The key, cut at [`RECORD_BYTES_KEPT_MAX`].
    pub key: Option<Vec<u8>>,
    /// The value, cut so that key and value together keep within [`RECORD_BYTES_KEPT_MAX`].
    pub value: Option<Vec<u8>>,
    /// The key's whole length in bytes.
    pub key_bytes: Option<usize>,
    /// The value's whole length in bytes.
    pub value_bytes: Option<usize>,
}

impl Record {
    /// Decodes what was read at `offset` of `partition`.
    pub fn decode(
        partition: i32,
        offset: i64,
        appended_at: UnixMillis,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> Self {
        let content = match codec::decode(partition, key, value) {
            Ok(Entry::Vote(vote)) => Content::Vote(vote),
            Ok(Entry::Imported(vote)) => Content::Imported(vote),
            Err(rejection) => Content::Unreadable(Box::new(Unreadable::new(rejection, key, value))),
        };
        Self { offset, appended_at, content }
    }

    /// Tells this record from any other that could stand at its offset, in a topic made anew, say.
    pub fn fingerprint(&self) -> i64 {
        let mut hash = Xxh3::new();
        hash.update(&self.offset.to_le_bytes());
        hash.update(&self.appended_at.0.to_le_bytes());
        let encoded = match &self.content {
            Content::Vote(vote) => codec::encode(vote),
            Content::Imported(vote) => codec::encode_imported(vote),
            Content::Unreadable(unreadable) => {
                hash.update(unreadable.key.as_deref().unwrap_or_default());
                hash.update(unreadable.value.as_deref().unwrap_or_default());
                return hash.digest().cast_signed();
            }
        };
        hash.update(encoded.0.as_bytes());
        hash.update(&encoded.1);
        hash.digest().cast_signed()
    }
}

impl Unreadable {
    fn new(rejection: Rejection, key: Option<&[u8]>, value: Option<&[u8]>) -> Self {
        let kept_key = key.map(|key| cut(key, RECORD_BYTES_KEPT_MAX));
        let room = RECORD_BYTES_KEPT_MAX - kept_key.as_ref().map_or(0, Vec::len);
        Self {
            rejection,
            value: value.map(|value| cut(value, room)),
            key: kept_key,
            key_bytes: key.map(<[u8]>::len),
            value_bytes: value.map(<[u8]>::len),
        }
    }
}

fn cut(bytes: &[u8], bytes_max: usize) -> Vec<u8> {
    bytes[..bytes.len().min(bytes_max)].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_huge_record_is_kept_in_part_with_its_sizes() {
        let key = vec![b'k'; 900 * 1024];
        let record = Record::decode(0, 7, UnixMillis(1), Some(&key), Some(b"{}"));
        let Content::Unreadable(unreadable) = record.content else { panic!("a key of 900 KiB was read") };
        assert_eq!(unreadable.rejection, Rejection::KeyTooLong);
        assert_eq!(unreadable.key.map(|key| key.len()), Some(RECORD_BYTES_KEPT_MAX));
        assert_eq!(unreadable.value, Some(Vec::new()));
        assert_eq!((unreadable.key_bytes, unreadable.value_bytes), (Some(key.len()), Some(2)));
    }

    #[test]
    fn the_fingerprint_sees_place_time_and_content() {
        let of = |offset, millis, value: &[u8]| {
            Record::decode(0, offset, UnixMillis(millis), Some(b"k"), Some(value)).fingerprint()
        };
        let fingerprint = of(1, 1, b"a");
        assert_eq!(fingerprint, of(1, 1, b"a"));
        for other in [of(2, 1, b"a"), of(1, 2, b"a"), of(1, 1, b"b")] {
            assert_ne!(fingerprint, other);
        }
    }
}
