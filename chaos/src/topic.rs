//! Reading the topic of the votes from its start to its end, with nothing of the services' own reading.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Message, Offset, TopicPartitionList};
use serde::Deserialize;
use voting_commons::adapters::kafka::KafkaArgs;

use crate::cluster::{PARTITIONS, TOPIC};
use crate::op_log::{BallotId, Group};

const QUESTION_TIMEOUT: Duration = Duration::from_secs(20);
const POLL_WAIT: Duration = Duration::from_millis(200);
/// The longest that reading may stand still.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// One record of the topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TopicRecord {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    /// The broker's LogAppendTime, in milliseconds since the Unix epoch.
    pub(crate) stamp: i64,
    /// The ballot and what it is for; `None` for a record that isn't a vote.
    pub(crate) vote: Option<(BallotId, Group)>,
}

/// Where a partition begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) low: i64,
    pub(crate) high: i64,
}

/// The ends of every partition.
pub(crate) fn ends(kafka: &KafkaArgs) -> Result<Vec<Ends>> {
    let client: BaseConsumer = kafka.client_config("chaos-ends").create()?;
    (0..PARTITIONS)
        .map(|partition| {
            let (low, high) = client.fetch_watermarks(TOPIC, partition, QUESTION_TIMEOUT)?;
            Ok(Ends { low, high })
        })
        .collect()
}

/// Every record below `ends`, each partition's in order.
pub(crate) fn read(kafka: &KafkaArgs, ends: &[Ends]) -> Result<Vec<TopicRecord>> {
    let client: BaseConsumer = kafka
        .client_config("chaos-reader")
        .set("group.id", "chaos-reader")
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "error")
        .create()?;
    let mut places = TopicPartitionList::new();
    let mut left = 0;
    for (partition, ends) in (0..).zip(ends) {
        places.add_partition_offset(TOPIC, partition, Offset::Offset(ends.low))?;
        left += ends.high - ends.low;
    }
    client.assign(&places)?;
    let mut records = Vec::with_capacity(usize::try_from(left)?);
    let mut heard = Instant::now();
    while left > 0 {
        if heard.elapsed() > SILENCE_MAX {
            bail!("{left} records of the topic could not be read within {} s", SILENCE_MAX.as_secs());
        }
        let Some(message) = client.poll(POLL_WAIT) else { continue };
        // A broker that was unreachable for a moment isn't the end.
        let Ok(message) = message else { continue };
        let (partition, offset) = (message.partition(), message.offset());
        let is_below = usize::try_from(partition).is_ok_and(|index| offset < ends[index].high);
        if !is_below {
            continue;
        }
        heard = Instant::now();
        left -= 1;
        let stamp = message.timestamp().to_millis().unwrap_or_default();
        let vote = decode(partition, message.key(), message.payload());
        records.push(TopicRecord { partition, offset, stamp, vote });
    }
    records.sort_unstable_by_key(|record| (record.partition, record.offset));
    Ok(records)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Value<'a> {
    v: u8,
    ballot: &'a str,
    paredao: i32,
    participant: i32,
    minute: i32,
    partition: i32,
}

/// The vote in a record, by the letter of the topic's schema.
fn decode(partition: i32, key: Option<&[u8]>, value: Option<&[u8]>) -> Option<(BallotId, Group)> {
    let value: Value<'_> = serde_json::from_slice(value?).ok()?;
    let is_hex = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
    let is_well_formed = value.v == 1
        && value.partition == partition
        && value.ballot.len() == 32
        && value.ballot.bytes().all(is_hex)
        && value.paredao > 0
        && value.participant > 0
        && value.minute >= 0;
    let expected = format!("{}:{}:{}", value.paredao, value.participant, value.minute);
    if !is_well_formed || key? != expected.as_bytes() {
        return None;
    }
    let ballot = u128::from_str_radix(value.ballot, 16).ok()?;
    Some((ballot, Group { paredao: value.paredao, participant: value.participant, minute: value.minute }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BALLOT: &str = "000102030405060708090a0b0c0d0e0f";

    fn value(text: &str) -> Option<(BallotId, Group)> {
        decode(7, Some(b"12:34:56"), Some(text.as_bytes()))
    }

    #[test]
    fn takes_exactly_what_the_schema_says() {
        let vote = |partition: i32, more: &str| {
            format!(
                r#"{{"v":1,"ballot":"{BALLOT}","paredao":12,"participant":34,"minute":56,"partition":{partition}{more}}}"#
            )
        };
        let group = Group { paredao: 12, participant: 34, minute: 56 };
        assert_eq!(value(&vote(7, "")), Some((0x0001_0203_0405_0607_0809_0a0b_0c0d_0e0f, group)));
        assert_eq!(value(&vote(8, "")), None);
        assert_eq!(value(&vote(7, r#","x":1"#)), None);
        assert_eq!(value(&vote(7, "").replace(r#""v":1"#, r#""v":2"#)), None);
        assert_eq!(value(&vote(7, "").replace("0a0b", "0A0B")), None);
        assert_eq!(value(&vote(7, "").replace("12,", "13,")), None);
        assert_eq!(decode(7, None, Some(vote(7, "").as_bytes())), None);
        assert_eq!(decode(7, Some(b"12:34:56"), None), None);
    }
}
