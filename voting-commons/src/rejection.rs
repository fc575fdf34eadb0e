//! Why a record can't be counted.

use crate::codec::{KEY_BYTES_MAX, VALUE_BYTES_MAX, VERSION};
use crate::shard::SHARDS_MAX;

/// The names of a record's numeric or textual fields, as rejections name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// The version of the payload, `v`.
    Version,
    /// The ballot's id.
    Ballot,
    /// The import's id.
    Import,
    /// The line of an import.
    Line,
    /// The paredão's id.
    Paredao,
    /// The participant's id.
    Participant,
    /// The ballot's minute.
    Minute,
    /// The ballot's partition.
    Partition,
}

/// Why a record is parked instead of counted. [`Rejection::code`] is stable: it stands in the table `dead_letter`,
/// in metrics and in what operators filter by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Rejection {
    /// The record has no key.
    #[error("the record has no key")]
    KeyNull,
    /// The key has no bytes.
    #[error("the key is empty")]
    KeyEmpty,
    /// The key is longer than any key can be.
    #[error("the key is longer than {KEY_BYTES_MAX} bytes")]
    KeyTooLong,
    /// The key isn't text.
    #[error("the key isn't UTF-8")]
    KeyNotUtf8,
    /// The key has neither the three parts `<paredao>:<participant>:<minute>` nor a shard as the fourth.
    #[error("the key doesn't have the form <paredao>:<participant>:<minute>, nor with :<shard> at its end")]
    KeyMalformed,
    /// A part of the key isn't a number in its range, written without leading zeros.
    #[error("{0:?} in the key isn't a number in its range")]
    KeyPartInvalid(Field),
    /// The shard in the key isn't a number in its range, written without leading zeros.
    #[error("the shard in the key isn't a number from 1 to {SHARDS_MAX}")]
    KeyShardInvalid,
    /// The record has no value: a tombstone.
    #[error("the record has no value")]
    ValueNull,
    /// The value has no bytes.
    #[error("the value is empty")]
    ValueEmpty,
    /// The value is longer than any vote.
    #[error("the value is longer than {VALUE_BYTES_MAX} bytes")]
    ValueTooLong,
    /// The value isn't text.
    #[error("the value isn't UTF-8")]
    ValueNotUtf8,
    /// The value stops before its JSON is complete.
    #[error("the value's JSON is cut short")]
    ValueTruncated,
    /// The value isn't JSON.
    #[error("the value isn't JSON")]
    ValueNotJson,
    /// There is more after the value's JSON.
    #[error("something follows the value's JSON")]
    ValueTrailing,
    /// The JSON isn't an object.
    #[error("the value isn't a JSON object")]
    ValueNotObject,
    /// A field is missing.
    #[error("the value lacks {0:?}")]
    FieldMissing(Field),
    /// A field has the wrong type or lies outside its range.
    #[error("{0:?} isn't of its type or in its range")]
    FieldInvalid(Field),
    /// A field stands twice.
    #[error("a field stands twice")]
    FieldDuplicate,
    /// A field that this version doesn't know.
    #[error("the value has a field that version {VERSION} doesn't know")]
    FieldUnknown,
    /// A version that this register doesn't know.
    #[error("this register knows version {VERSION} only")]
    VersionUnknown,
    /// Key and value say different things.
    #[error("key and value disagree on {0:?}")]
    Disagree(Field),
    /// The ballot was issued for another partition.
    #[error("the ballot belongs to another partition")]
    WrongPartition,
    /// No import of this number is registered for the record's paredão.
    #[error("no such import is registered for the paredão")]
    ImportUnknown,
    /// The ballot's minute lies further ahead of the log clock than clocks may differ.
    #[error("the ballot's minute lies in the future")]
    FromFuture,
    /// The ballot's window had passed when the record was appended.
    #[error("the ballot's window had passed when the record was appended")]
    TooLate,
    /// Postgres refused the record's data each time it was tried.
    #[error("the database refuses the record's data")]
    RefusedByStore,
}

impl Rejection {
    /// The reasons that good votes are parked for: these can be replayed. Any other says that the record is no vote.
    pub const REPLAYABLE: [Self; 3] = [Self::FromFuture, Self::TooLate, Self::RefusedByStore];

    /// The stable name of this reason.
    pub fn code(self) -> &'static str {
        use Field::{Ballot, Import, Line, Minute, Paredao, Participant, Partition, Version};
        match self {
            Self::KeyNull => "key_null",
            Self::KeyEmpty => "key_empty",
            Self::KeyTooLong => "key_too_long",
            Self::KeyNotUtf8 => "key_not_utf8",
            Self::KeyMalformed => "key_malformed",
            Self::KeyPartInvalid(Paredao) => "key_paredao_invalid",
            Self::KeyPartInvalid(Participant) => "key_participant_invalid",
            Self::KeyPartInvalid(Minute) => "key_minute_invalid",
            Self::KeyPartInvalid(_) => "key_part_invalid",
            Self::KeyShardInvalid => "key_shard_invalid",
            Self::ValueNull => "value_null",
            Self::ValueEmpty => "value_empty",
            Self::ValueTooLong => "value_too_long",
            Self::ValueNotUtf8 => "value_not_utf8",
            Self::ValueTruncated => "value_truncated",
            Self::ValueNotJson => "value_not_json",
            Self::ValueTrailing => "value_trailing",
            Self::ValueNotObject => "value_not_object",
            Self::FieldMissing(Version) => "version_missing",
            Self::FieldMissing(Ballot) => "ballot_missing",
            Self::FieldMissing(Import) => "import_missing",
            Self::FieldMissing(Line) => "line_missing",
            Self::FieldMissing(Paredao) => "paredao_missing",
            Self::FieldMissing(Participant) => "participant_missing",
            Self::FieldMissing(Minute) => "minute_missing",
            Self::FieldMissing(Partition) => "partition_missing",
            Self::FieldInvalid(Version) => "version_invalid",
            Self::FieldInvalid(Ballot) => "ballot_invalid",
            Self::FieldInvalid(Import) => "import_invalid",
            Self::FieldInvalid(Line) => "line_invalid",
            Self::FieldInvalid(Paredao) => "paredao_invalid",
            Self::FieldInvalid(Participant) => "participant_invalid",
            Self::FieldInvalid(Minute) => "minute_invalid",
            Self::FieldInvalid(Partition) => "partition_invalid",
            Self::FieldDuplicate => "field_duplicate",
            Self::FieldUnknown => "field_unknown",
            Self::VersionUnknown => "version_unknown",
            Self::Disagree(Paredao) => "paredao_disagrees",
            Self::Disagree(Participant) => "participant_disagrees",
            Self::Disagree(Minute) => "minute_disagrees",
            Self::Disagree(_) => "disagrees",
            Self::WrongPartition => "wrong_partition",
            Self::ImportUnknown => "import_unknown",
            Self::FromFuture => "from_future",
            Self::TooLate => "too_late",
            Self::RefusedByStore => "refused_by_store",
        }
    }
}
