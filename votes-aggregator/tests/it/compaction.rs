//! Merging old buckets: nothing is lost, nothing crosses a closing, days are São Paulo's.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::{DAY, HOUR, MINUTE, World, floor, upsert};

#[tokio::test]
async fn minutes_become_hours_and_hours_become_days() {
    let world = World::new().await;
    let (paredao, participants) = world.paredao("a", 1, None).await;
    let participant = participants[0];
    let now = world.now().await;
    let (recent, old, older) = (now - 13 * DAY, floor(now - 20 * DAY, HOUR), floor(now - 40 * DAY, DAY));
    for (start, votes) in [(recent, 1), (recent + MINUTE, 2), (old, 3), (old + 59 * MINUTE, 4), (old + HOUR, 5)] {
        world.vote(paredao, start, participant, votes).await;
    }
    world.vote(paredao, older, participant, 6).await;
    world.vote(paredao, older + DAY - MINUTE, participant, 7).await;
    world.vote(paredao, older + DAY, participant, 8).await;

    let run = world.run().await;
    assert_eq!((run.compacted.minutes, run.compacted.hours), (6, 3));
    let rows: Vec<_> = world.buckets(paredao).await.into_iter().map(|row| (row.0, row.1, row.4)).collect();
    let recent = recent / MINUTE * MINUTE;
    let expected = [
        (older, "day", 13),
        (older + DAY, "day", 8),
        (old, "hour", 7),
        (old + HOUR, "hour", 5),
        (recent, "minute", 1),
        (recent + MINUTE, "minute", 2),
    ];
    assert_eq!(rows, expected.map(|(start, grain, votes)| (start, grain.to_owned(), votes)));

    let again = world.run().await;
    assert_eq!((again.compacted.minutes, again.compacted.hours, again.panoramas), (0, 0, 0));
    assert_eq!(world.shown(paredao).await.total, 36);
}

#[tokio::test]
async fn sums_per_participant_and_partition_stay() {
    let world = World::new().await;
    let (paredao, participants) = world.paredao("a", 3, None).await;
    let now = world.now().await;
    for minute in 0..300 {
        let participant = participants[usize::try_from(minute % 3).unwrap()];
        let start = now - 15 * DAY - minute * 97 * MINUTE;
        upsert(&world.database.pool, paredao, start, participant, i32::try_from(minute % 5).unwrap(), minute + 1).await;
    }
    let before = sums(&world, paredao).await;
    while world.run().await.compacted.minutes > 0 {}
    assert_eq!(sums(&world, paredao).await, before);
    assert_eq!(world.shown(paredao).await.total, (1..=300).sum::<i64>());
}

async fn sums(world: &World, paredao: i32) -> BTreeMap<(i32, i32), i64> {
    let mut sums = BTreeMap::new();
    for (_, _, participant, partition, votes) in world.buckets(paredao).await {
        *sums.entry((participant, partition)).or_default() += votes;
    }
    sums
}

#[tokio::test]
async fn nothing_is_merged_across_a_closing() {
    let world = World::new().await;
    let now = world.now().await;
    let day = floor(now - 60 * DAY, DAY);
    let closes_at = day + 10 * HOUR + 30 * MINUTE;
    let (paredao, participants) = world.paredao("a", 1, Some(closes_at)).await;
    let offsets = [
        9 * HOUR,
        9 * HOUR + MINUTE,
        10 * HOUR + 29 * MINUTE,
        10 * HOUR + 30 * MINUTE,
        11 * HOUR,
        11 * HOUR + MINUTE,
        DAY,
        DAY + HOUR,
    ];
    for offset in offsets {
        world.vote(paredao, day + offset, participants[0], 1).await;
    }
    for _ in 0..3 {
        world.run().await;
    }
    let rows: Vec<_> = world.buckets(paredao).await.into_iter().map(|row| (row.0 - day, row.1, row.4)).collect();
    let expected = [
        (9 * HOUR, "hour", 2),
        (10 * HOUR + 29 * MINUTE, "minute", 1),
        (10 * HOUR + 30 * MINUTE, "minute", 1),
        (11 * HOUR, "hour", 2),
        (DAY, "day", 2),
    ];
    assert_eq!(rows, expected.map(|(start, grain, votes)| (start, grain.to_owned(), votes)));
    let shown = world.shown(paredao).await;
    assert_eq!((shown.total, shown.after_closing), (3, 5));
}

#[tokio::test]
async fn a_closing_between_hours_lets_hours_merge_and_one_between_days_lets_days() {
    let world = World::new().await;
    let day = floor(world.now().await - 60 * DAY, DAY);
    for (slug, closes_at, grain) in [("hour", day + 10 * HOUR, "hour"), ("day", day, "day")] {
        let (paredao, participants) = world.paredao(slug, 1, Some(closes_at)).await;
        for offset in [9 * HOUR, 9 * HOUR + MINUTE, 10 * HOUR, 10 * HOUR + MINUTE] {
            world.vote(paredao, day + offset, participants[0], 1).await;
        }
        world.run().await;
        assert!(world.buckets(paredao).await.iter().all(|row| row.1 == grain), "{slug}");
    }
}

#[tokio::test]
async fn days_are_those_of_sao_paulo() {
    let world = World::new().await;
    let (paredao, participants) = world.paredao("a", 1, None).await;
    // 2026-01-10 02:59 UTC is still the 9th in São Paulo; in 2018 the clocks were two hours behind UTC in summer.
    let midnight = timestamp("2026-01-10T03:00:00Z");
    world.vote(paredao, midnight - MINUTE, participants[0], 1).await;
    world.vote(paredao, midnight, participants[0], 2).await;
    let summer_midnight = timestamp("2018-12-10T02:00:00Z");
    world.vote(paredao, summer_midnight - MINUTE, participants[0], 4).await;
    world.vote(paredao, summer_midnight, participants[0], 8).await;
    world.run().await;
    let rows: Vec<_> = world.buckets(paredao).await.into_iter().map(|row| (row.0, row.1, row.4)).collect();
    let expected = [
        (timestamp("2018-12-09T02:00:00Z"), 4),
        (summer_midnight, 8),
        (timestamp("2026-01-09T03:00:00Z"), 1),
        (midnight, 2),
    ];
    assert_eq!(rows, expected.map(|(start, votes)| (start, "day".to_owned(), votes)));
}

fn timestamp(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_second()
}

#[tokio::test]
async fn latecomers_join_what_was_compacted() {
    let world = World::new().await;
    let (paredao, participants) = world.paredao("a", 1, None).await;
    let day = floor(world.now().await - 40 * DAY, DAY);
    for round in 1..=3 {
        world.vote(paredao, day + 5 * HOUR, participants[0], 10).await;
        world.run().await;
        assert_eq!(world.shown(paredao).await.total, round * 10);
        let rows = world.buckets(paredao).await;
        assert_eq!((rows.len(), rows[0].4), (1, round * 10));
    }
    world.run().await;
    assert_eq!(world.shown(paredao).await.total, 30);
    let hours: Vec<i64> = sqlx::query_scalar("SELECT extract(epoch FROM hour)::bigint FROM hour_total")
        .fetch_all(&world.database.pool)
        .await
        .unwrap();
    assert_eq!(hours, [day], "the hours that the day replaced are gone from the totals too");
}

#[tokio::test]
async fn registers_that_write_meanwhile_lose_nothing() {
    let world = World::new().await;
    let (paredao, participants) = world.paredao("a", 1, None).await;
    let (pool, participant) = (world.database.pool.clone(), participants[0]);
    let hour = floor(world.now().await - 20 * DAY, HOUR);
    let stop = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn({
        let stop = stop.clone();
        async move {
            let mut written = 0;
            while !stop.load(Ordering::Relaxed) {
                upsert(&pool, paredao, hour + written % 3 * MINUTE, participant, 0, 1).await;
                written += 1;
            }
            written
        }
    });
    for _ in 0..100 {
        world.aggregator.compact().await.unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    let written = writer.await.unwrap();
    world.run().await;
    world.run().await;
    assert!(written > 50, "{written}");
    assert_eq!(world.shown(paredao).await.total, written);
}
