//! Whatever can be wrong with a record: it is parked with its own reason, and the good votes around it count.

use std::collections::BTreeSet;

use serde::Deserialize;
use voting_commons::window;

use crate::harness::{Scene, this_minute};

#[derive(Deserialize)]
struct Case {
    name: String,
    key: String,
    value: String,
    reason: Option<String>,
}

struct Broken {
    name: String,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    reason: String,
}

fn broken(name: &str, key: Option<&[u8]>, value: Option<&[u8]>, reason: &str) -> Broken {
    Broken {
        name: name.to_owned(),
        key: key.map(<[u8]>::to_vec),
        value: value.map(<[u8]>::to_vec),
        reason: reason.to_owned(),
    }
}

/// The broken values of the corpus that schema and decoder share.
fn from_the_corpus() -> Vec<Broken> {
    let corpus: Vec<Case> = serde_json::from_str(include_str!("../../../voting-commons/schema/corpus.json")).unwrap();
    corpus
        .into_iter()
        .filter_map(|case| {
            let reason = case.reason?;
            Some(broken(&case.name, Some(case.key.as_bytes()), Some(case.value.as_bytes()), &reason))
        })
        .collect()
}

fn value(minute: i32) -> String {
    format!(
        r#"{{"v":1,"ballot":"000000000000000a000000000000000b","paredao":1,"participant":2,"minute":{minute},"partition":0}}"#
    )
}

/// What no schema can say: bytes, keys, and time.
fn beyond_the_schema() -> Vec<Broken> {
    let minute = this_minute().get();
    let good = value(minute);
    let (key, good) = (format!("1:2:{minute}"), good.as_bytes());
    let k = Some(key.as_bytes());
    let long_key = vec![b'1'; 900 * 1024];
    let long_value = [b" ".repeat(2_000), good.to_vec()].concat();
    let twice = value(minute).replace("\"paredao\":1", "\"paredao\":1,\"paredao\":1");
    let late = minute - i32::try_from(window::WINDOW_MILLIS / 60_000).unwrap() - 2;
    let elsewhere = value(minute).replace("\"partition\":0", "\"partition\":1");
    vec![
        broken("null key", None, Some(good), "key_null"),
        broken("empty key", Some(b""), Some(good), "key_empty"),
        broken("900 KB key", Some(&long_key), Some(good), "key_too_long"),
        broken("key in bad UTF-8", Some(b"1:\xff:3"), Some(good), "key_not_utf8"),
        broken("key with a shard out of range", Some(b"1:2:29000000:65"), Some(good), "key_shard_invalid"),
        broken("key of two parts", Some(b"1:2"), Some(good), "key_malformed"),
        broken("paredão in words", Some(format!("um:2:{minute}").as_bytes()), Some(good), "key_paredao_invalid"),
        broken(
            "zero before a number",
            Some(format!("1:02:{minute}").as_bytes()),
            Some(good),
            "key_participant_invalid",
        ),
        broken("minute below zero", Some(b"1:2:-5"), Some(good), "key_minute_invalid"),
        broken("null value", k, None, "value_null"),
        broken("empty value", k, Some(b""), "value_empty"),
        broken("value of 2 KB", k, Some(&long_value), "value_too_long"),
        broken("value in bad UTF-8", k, Some(b"{\"v\":\"\xc3\x28\"}"), "value_not_utf8"),
        broken("value cut short", k, Some(&good[..good.len() - 9]), "value_truncated"),
        broken("not JSON", k, Some(b"voto: 2"), "value_not_json"),
        broken("two values", k, Some(&[good, good].concat()), "value_trailing"),
        broken("a field twice", k, Some(twice.as_bytes()), "field_duplicate"),
        broken("another paredão", Some(format!("9:2:{minute}").as_bytes()), Some(good), "paredao_disagrees"),
        broken("another participant", Some(format!("1:9:{minute}").as_bytes()), Some(good), "participant_disagrees"),
        broken("another minute", Some(format!("1:2:{}", minute - 1).as_bytes()), Some(good), "minute_disagrees"),
        broken("another partition", k, Some(elsewhere.as_bytes()), "wrong_partition"),
        broken(
            "far future",
            Some(format!("1:2:{}", minute + 99).as_bytes()),
            Some(value(minute + 99).as_bytes()),
            "from_future",
        ),
        broken("too late", Some(format!("1:2:{late}").as_bytes()), Some(value(late).as_bytes()), "too_late"),
    ]
}

#[tokio::test]
async fn each_broken_record_is_parked_with_its_own_reason_and_good_votes_between_them_count() {
    let scene = Scene::new(1).await;
    let cases: Vec<_> = from_the_corpus().into_iter().chain(beyond_the_schema()).collect();
    let causes: BTreeSet<_> = cases.iter().map(|case| case.reason.as_str()).collect();
    assert!(causes.len() >= 30, "only {} distinct causes", causes.len());

    let _register = scene.register();
    for (sequence, case) in (0..).zip(&cases) {
        scene.cast(&scene.vote(sequence, 1)).await;
        scene.append(0, case.key.as_deref(), case.value.as_deref()).await;
    }
    let records = i64::try_from(cases.len()).unwrap();
    let totals = scene.written(2 * records).await;
    assert_eq!((totals.votes, totals.parked), (records, records));

    for (case, found) in cases.iter().zip(scene.reasons().await) {
        assert_eq!(found, case.reason, "{}", case.name);
    }
    let longest: i32 =
        sqlx::query_scalar("SELECT max(coalesce(length(key), 0) + coalesce(length(value), 0)) FROM dead_letter")
            .fetch_one(&scene.database.pool)
            .await
            .unwrap();
    assert_eq!(longest, 64 * 1024);
}
