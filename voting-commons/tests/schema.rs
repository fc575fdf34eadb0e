//! The checked-in schema and the decoder are two statements of one format: they judge one corpus alike.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde::Deserialize;
use voting_commons::codec;
use voting_commons::{BallotId, Group, Shard, Vote};

#[derive(Deserialize)]
struct Case {
    name: String,
    key: String,
    value: String,
    reason: Option<String>,
}

fn schema() -> jsonschema::Validator {
    let schema = serde_json::from_str(include_str!("../schema/vote-v1.json")).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn schema_and_decoder_judge_the_corpus_alike() {
    let corpus: Vec<Case> = serde_json::from_str(include_str!("../schema/corpus.json")).unwrap();
    let schema = schema();
    for case in corpus {
        let decoded = codec::decode(0, Some(case.key.as_bytes()), Some(case.value.as_bytes()));
        let reason = decoded.err().map(|rejection| rejection.code().to_owned());
        assert_eq!(reason, case.reason, "{}", case.name);
        let value = serde_json::from_str(&case.value).unwrap();
        assert_eq!(schema.is_valid(&value), reason.is_none(), "{}", case.name);
    }
}

#[test]
fn what_the_encoder_writes_fits_the_schema() {
    let vote = Vote {
        ballot: BallotId { issuer: u64::MAX, sequence: 0 },
        group: Group {
            paredao: 1.try_into().unwrap(),
            minute: i64::from(i32::MAX).try_into().unwrap(),
            participant: i64::from(i32::MAX).try_into().unwrap(),
        },
        shard: Shard::default(),
        partition: 11,
    };
    let (_, value) = codec::encode(&vote);
    assert!(schema().is_valid(&serde_json::from_slice(&value).unwrap()));
}
