//! Records that no frontend would write, put straight into the topic.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use rdkafka::producer::{FutureProducer, FutureRecord};
use voting_commons::accounts::{self, Account, BootId, Statement};

use crate::cluster::{PARTITIONS, TOPIC};
use crate::database::number;
use crate::op_log::Group;
use crate::world::{World, pass};

const SEND_TIMEOUT: Duration = Duration::from_secs(20);
const PARK_SECONDS: u32 = 60;
/// More than the 64 KiB that a dead letter keeps.
const LARGE_BYTES: usize = 100_000;

/// A record's key and value.
type Content = (Option<String>, Option<Vec<u8>>);

pub(super) async fn records(world: &mut World, rng: &mut fastrand::Rng) -> Result<String> {
    let kafka = world.cluster.args();
    let producer: FutureProducer = kafka.client_config("chaos-poison").set("acks", "all").create()?;
    let mut places = Vec::new();
    let partition = rng.i32(0..PARTITIONS);
    for (key, value) in unreadable(partition, rng) {
        places.push(send(&producer, partition, key, value).await?);
    }
    let minute = i32::try_from(jiff::Timestamp::now().as_second() / 60)?;
    let minutes = [minute - 10, minute + 10];
    for minute in minutes {
        let ballot = u128::from(rng.u64(..)) << 64 | u128::from(rng.u64(..));
        world.planted.insert(ballot);
        let (key, value) = vote(partition, ballot, Group { paredao: world.probe.id, participant: 1, minute });
        places.push(send(&producer, partition, Some(key), Some(value)).await?);
    }
    account_for(&producer, &kafka.accounts_topic(), world.probe.id, minutes).await?;
    let client = world.database.place().connect().await?;
    let offsets: Vec<_> = places.iter().map(ToString::to_string).collect();
    let parked = format!(
        "SELECT count(*) FROM dead_letter WHERE partition = {partition} AND record_offset IN ({})",
        offsets.join(", ")
    );
    let sent = i64::try_from(places.len())?;
    let mut found = 0;
    for _ in 0..PARK_SECONDS * 4 {
        found = number(&client, &parked).await?;
        if found == sent {
            return Ok(format!("{sent} records in partition {partition}, all parked"));
        }
        pass(0.25).await;
    }
    bail!("of {sent} poison records in partition {partition} only {found} were parked")
}

/// What can't be decoded, or isn't where it says.
fn unreadable(partition: i32, rng: &mut fastrand::Rng) -> Vec<Content> {
    let group = Group { paredao: 1, participant: 1, minute: 1 };
    let (key, value) = vote(partition, 7, group);
    let (_, elsewhere) = vote((partition + 1) % PARTITIONS, 7, group);
    let text = String::from_utf8_lossy(&value).into_owned();
    let garbage: Vec<u8> = (0..64).map(|_| rng.u8(..)).collect();
    let changed = |from: &str, to: &str| Some(text.replace(from, to).into_bytes());
    vec![
        (None, None),
        (None, Some(value.clone())),
        (Some(String::new()), Some(value.clone())),
        (Some("not:a:key".to_owned()), Some(value.clone())),
        (Some("1:2:1".to_owned()), Some(value.clone())),
        (Some(key.clone()), Some(garbage)),
        (Some(key.clone()), Some(vec![b'x'; LARGE_BYTES])),
        (Some(key.clone()), Some(value[..value.len() - 5].to_vec())),
        (Some(key.clone()), changed("\"v\":1", "\"v\":2")),
        (Some(key.clone()), changed("\"paredao\"", "\"parede\"")),
        (Some(key.clone()), changed("{", "[{")),
        (Some(key), Some(elsewhere)),
    ]
}

fn vote(partition: i32, ballot: u128, group: Group) -> (String, Vec<u8>) {
    let Group { paredao, participant, minute } = group;
    let value = format!(
        r#"{{"v":1,"ballot":"{ballot:032x}","paredao":{paredao},"participant":{participant},"minute":{minute},"partition":{partition}}}"#
    );
    (format!("{paredao}:{participant}:{minute}"), value.into_bytes())
}

/// Says of the votes what a frontend would have said that had sent one in each of `minutes`: the reconciliation would rightly
/// ask where they come from.
async fn account_for(producer: &FutureProducer, topic: &str, paredao: i32, minutes: [i32; 2]) -> Result<()> {
    let boot = BootId(rand::random());
    let mut statements = Vec::new();
    for minute in minutes {
        let (paredao, minute) = (i64::from(paredao).try_into()?, i64::from(minute).try_into()?);
        statements.push(Statement::Account { boot, paredao, minute, account: Account { sent: 1, accepted: 1 } });
    }
    statements.push(Statement::Heartbeat { boot, at: jiff::Timestamp::now().into(), ended: true });
    for statement in &statements {
        let (key, value) = accounts::encode(statement);
        send_to(topic, producer, 0, Some(key), Some(value)).await?;
    }
    Ok(())
}

async fn send(producer: &FutureProducer, partition: i32, key: Option<String>, value: Option<Vec<u8>>) -> Result<i64> {
    send_to(TOPIC, producer, partition, key, value).await
}

async fn send_to(
    topic: &str,
    producer: &FutureProducer,
    partition: i32,
    key: Option<String>,
    value: Option<Vec<u8>>,
) -> Result<i64> {
    let start = Instant::now();
    loop {
        let mut record = FutureRecord::<String, Vec<u8>>::to(topic).partition(partition);
        record.key = key.as_ref();
        record.payload = value.as_ref();
        match producer.send(record, SEND_TIMEOUT).await {
            Ok(delivery) => return Ok(delivery.offset),
            // A producer that has just started may not know all partitions.
            Err((error, _)) if start.elapsed() > SEND_TIMEOUT => bail!("a poison record was not stored: {error}"),
            Err(_) => pass(0.5).await,
        }
    }
}
