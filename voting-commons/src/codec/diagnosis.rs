//! Reads a vote however its JSON is written, or finds out why a record isn't one: thorough rather than fast.

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::canonical::Origin;
use super::{Entry, KEY_BYTES_MAX, VALUE_BYTES_MAX, VERSION};
use crate::import::ImportedVote;
use crate::rejection::{Field, Rejection};
use crate::shard::Shard;
use crate::vote::{Group, Key, Vote};

/// Reads step by step, so that the first thing that is wrong can be named.
pub(super) fn read(key: Option<&[u8]>, value: Option<&[u8]>) -> Result<Entry, Rejection> {
    let key = read_key(key)?;
    let (entry, group) = entry_in_value(value, key.shard)?;
    if key.group.paredao != group.paredao {
        Err(Rejection::Disagree(Field::Paredao))
    } else if key.group.participant != group.participant {
        Err(Rejection::Disagree(Field::Participant))
    } else if key.group.minute != group.minute {
        Err(Rejection::Disagree(Field::Minute))
    } else {
        Ok(entry)
    }
}

fn read_key(key: Option<&[u8]>) -> Result<Key, Rejection> {
    let key = key.ok_or(Rejection::KeyNull)?;
    if key.is_empty() {
        return Err(Rejection::KeyEmpty);
    }
    if key.len() > KEY_BYTES_MAX {
        return Err(Rejection::KeyTooLong);
    }
    let key = str::from_utf8(key).map_err(|_| Rejection::KeyNotUtf8)?;
    let parts: Vec<&str> = key.split(':').collect();
    let (paredao, participant, minute, shard) = match *parts.as_slice() {
        [paredao, participant, minute] => (paredao, participant, minute, Shard::default()),
        [paredao, participant, minute, shard] => {
            (paredao, participant, minute, canonical_number(shard).ok_or(Rejection::KeyShardInvalid)?)
        }
        _ => return Err(Rejection::KeyMalformed),
    };
    let group = Group {
        paredao: key_part(paredao, Field::Paredao)?,
        participant: key_part(participant, Field::Participant)?,
        minute: key_part(minute, Field::Minute)?,
    };
    Ok(Key { group, shard })
}

fn key_part<T: TryFrom<i64>>(text: &str, field: Field) -> Result<T, Rejection> {
    canonical_number(text).ok_or(Rejection::KeyPartInvalid(field))
}

/// A number in its canonical text only, so that one thing has one key.
fn canonical_number<T: TryFrom<i64>>(text: &str) -> Option<T> {
    text.parse::<i64>().ok().filter(|number| number.to_string() == text)?.try_into().ok()
}

fn entry_in_value(value: Option<&[u8]>, shard: Shard) -> Result<(Entry, Group), Rejection> {
    let value = value.ok_or(Rejection::ValueNull)?;
    if value.is_empty() {
        return Err(Rejection::ValueEmpty);
    }
    if value.len() > VALUE_BYTES_MAX {
        return Err(Rejection::ValueTooLong);
    }
    let text = str::from_utf8(value).map_err(|_| Rejection::ValueNotUtf8)?;
    let fields = fields_in(text)?;
    fields.check_version()?;
    let is_imported = fields.has(Field::Import) || fields.has(Field::Line);
    let origin = if is_imported {
        Origin::Line(fields.number(Field::Import)?, fields.number(Field::Line)?)
    } else {
        let ballot = fields.required(Field::Ballot, Value::as_str)?.parse();
        Origin::Ballot(ballot.map_err(|_| Rejection::FieldInvalid(Field::Ballot))?)
    };
    let group = Group {
        paredao: fields.number(Field::Paredao)?,
        participant: fields.number(Field::Participant)?,
        minute: fields.number(Field::Minute)?,
    };
    let partition: i32 = fields.number(Field::Partition)?;
    if partition < 0 {
        return Err(Rejection::FieldInvalid(Field::Partition));
    }
    fields.check_names(is_imported)?;
    let entry = match origin {
        Origin::Ballot(ballot) => Entry::Vote(Vote { ballot, group, shard, partition }),
        Origin::Line(..) if shard != Shard::default() => return Err(Rejection::KeyMalformed),
        Origin::Line(import, line) => Entry::Imported(ImportedVote { import, line, group, partition }),
    };
    Ok((entry, group))
}

fn fields_in(text: &str) -> Result<Fields, Rejection> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    let value = match values.next() {
        Some(Ok(value)) => value.get(),
        Some(Err(error)) if error.is_eof() => return Err(Rejection::ValueTruncated),
        _ => return Err(Rejection::ValueNotJson),
    };
    if !text[values.byte_offset()..].trim().is_empty() {
        return Err(Rejection::ValueTrailing);
    }
    if !value.starts_with('{') {
        return Err(Rejection::ValueNotObject);
    }
    serde_json::from_str(value).map_err(|_| Rejection::ValueNotJson)
}

/// An object's fields in their order, those that stand twice included.
struct Fields(Vec<(String, Value)>);

impl Fields {
    fn check_version(&self) -> Result<(), Rejection> {
        let version = self.required(Field::Version, Value::as_i64)?;
        if version == VERSION { Ok(()) } else { Err(Rejection::VersionUnknown) }
    }

    fn has(&self, field: Field) -> bool {
        self.0.iter().any(|(name, _)| name == name_of(field))
    }

    /// Each field stands once, and a ballot doesn't stand beside a line.
    fn check_names(&self, is_imported: bool) -> Result<(), Rejection> {
        let foreign = if is_imported { &[Field::Ballot][..] } else { &[Field::Import, Field::Line] };
        for (index, (name, _)) in self.0.iter().enumerate() {
            if self.0[..index].iter().any(|(earlier, _)| earlier == name) {
                return Err(Rejection::FieldDuplicate);
            }
            if !NAMES.iter().any(|(field, known)| known == name && !foreign.contains(field)) {
                return Err(Rejection::FieldUnknown);
            }
        }
        Ok(())
    }

    fn number<T: TryFrom<i64>>(&self, field: Field) -> Result<T, Rejection> {
        self.required(field, Value::as_i64)?.try_into().map_err(|_| Rejection::FieldInvalid(field))
    }

    fn required<'a, T>(&'a self, field: Field, read: impl Fn(&'a Value) -> Option<T>) -> Result<T, Rejection> {
        let name = name_of(field);
        let (_, value) = self.0.iter().find(|(n, _)| n == name).ok_or(Rejection::FieldMissing(field))?;
        read(value).ok_or(Rejection::FieldInvalid(field))
    }
}

const NAMES: [(Field, &str); 8] = [
    (Field::Version, "v"),
    (Field::Ballot, "ballot"),
    (Field::Import, "import"),
    (Field::Line, "line"),
    (Field::Paredao, "paredao"),
    (Field::Participant, "participant"),
    (Field::Minute, "minute"),
    (Field::Partition, "partition"),
];

fn name_of(field: Field) -> &'static str {
    NAMES.iter().find(|(f, _)| *f == field).map_or("", |(_, name)| name)
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry().map_err(A::Error::custom)? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}
