//! Totals, percentages and revisions.

use std::process::Command;

use votes_aggregator::Outcome;

use crate::support::{DAY, HOUR, LEADER_LOCK, MINUTE, World, upsert};

#[tokio::test]
async fn a_paredao_without_votes_has_a_panorama_of_zeros() {
    let world = World::new().await;
    let (paredao, participants) = world.paredao("a", 2, None).await;
    world.run().await;
    let shown = world.shown(paredao).await;
    assert_eq!((shown.total, shown.after_closing), (0, 0));
    assert_eq!(shown.shares, [(participants[0], 0, 0), (participants[1], 0, 0)]);
}

#[tokio::test]
async fn percentages_sum_to_exactly_a_hundred() {
    let world = World::new().await;
    let (paredao, participants) = world.paredao("a", 3, None).await;
    let now = world.now().await;
    for &participant in &participants {
        world.vote(paredao, now, participant, 1).await;
    }
    world.run().await;
    let hundredths: Vec<i16> = world.shown(paredao).await.shares.iter().map(|share| share.2).collect();
    assert_eq!(hundredths, [3334, 3333, 3333]);
}

#[tokio::test]
async fn running_again_changes_nothing_but_the_time() {
    let world = World::new().await;
    let (paredao, participants) = world.paredao("a", 2, None).await;
    let now = world.now().await;
    world.vote(paredao, now, participants[0], 7).await;
    world.run().await;
    let (shown, as_of) = (world.shown(paredao).await, as_of(&world, paredao).await);
    for _ in 0..10 {
        let run = world.run().await;
        assert_eq!((run.everything, run.panoramas), (false, 0));
    }
    assert_eq!(world.shown(paredao).await, shown);
    assert!(as_of < self::as_of(&world, paredao).await);
}

async fn as_of(world: &World, paredao: i32) -> i64 {
    sqlx::query_scalar("SELECT (extract(epoch FROM as_of) * 1000000)::bigint FROM panorama WHERE paredao = $1")
        .bind(paredao)
        .fetch_one(&world.database.pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn only_paredoes_that_changed_get_a_new_revision() {
    let world = World::new().await;
    let (first, participants) = world.paredao("a", 2, None).await;
    let (second, _) = world.paredao("b", 2, None).await;
    world.run().await;
    let (before_first, before_second) = (world.shown(first).await, world.shown(second).await);
    world.vote(first, world.now().await, participants[0], 1).await;
    world.run().await;
    assert!(world.shown(first).await.revision > before_first.revision);
    assert_eq!(world.shown(second).await, before_second);
    assert_eq!(before_first.revision >> 32, 1, "the upper half is the timeline of a cluster that never failed over");
}

#[tokio::test]
async fn what_was_in_flight_is_counted_once_it_commits() {
    let world = World::new().await;
    let (paredao, participants) = world.paredao("a", 2, None).await;
    let now = world.now().await;
    world.run().await;

    let mut in_flight = world.database.pool.begin().await.unwrap();
    upsert(&mut *in_flight, paredao, now, participants[0], 1, 5).await;
    // A later transaction commits first, so the last id seen is above the one in flight.
    world.vote(paredao, now - 2 * HOUR, participants[1], 3).await;
    world.run().await;
    world.run().await;
    assert_eq!(world.shown(paredao).await.total, 3);

    in_flight.commit().await.unwrap();
    world.run().await;
    assert_eq!(world.shown(paredao).await.total, 8);
}

#[tokio::test]
async fn of_two_at_once_one_skips() {
    let world = World::new().await;
    let mut leader = world.database.pool.begin().await.unwrap();
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LEADER_LOCK).execute(&mut *leader).await.unwrap();
    assert_eq!(world.aggregator.once().await.unwrap(), Outcome::Busy);

    let output = once(&world);
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().contains("another aggregator is at work"));

    leader.rollback().await.unwrap();
    assert!(matches!(world.aggregator.once().await.unwrap(), Outcome::Done(_)));
}

fn once(world: &World) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_votes-aggregator"))
        .arg("once")
        .env("DATABASE_URL", world.database.as_service("votes-aggregator").database_url)
        .output()
        .unwrap()
}

#[tokio::test]
async fn many_at_once_agree() {
    let world = World::new().await;
    let (paredao, participants) = world.paredao("a", 2, None).await;
    let now = world.now().await;
    for round in 1..=20 {
        world.vote(paredao, now, participants[0], 1).await;
        let (one, other) = tokio::join!(world.aggregator.once(), world.aggregator.once());
        assert!([one.unwrap(), other.unwrap()].iter().any(|outcome| matches!(outcome, Outcome::Done(_))));
        world.run().await;
        assert_eq!(world.shown(paredao).await.total, round);
    }
}

#[tokio::test]
async fn a_failing_command_says_one_sentence() {
    let output = Command::new(env!("CARGO_BIN_EXE_votes-aggregator"))
        .args(["--zone", "Lua/Cratera", "once"])
        .env("DATABASE_URL", "postgres://localhost/none")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("votes-aggregator: the zone \"Lua/Cratera\" isn't known"), "{said}");
}

#[tokio::test]
async fn a_moved_closing_moves_votes_out_of_the_total_and_back() {
    let world = World::new().await;
    let (paredao, participants) = world.paredao("a", 2, None).await;
    let hour = world.now().await / HOUR * HOUR;
    world.vote(paredao, hour - MINUTE, participants[0], 1).await;
    world.vote(paredao, hour, participants[0], 10).await;
    world.vote(paredao, hour + MINUTE, participants[1], 100).await;
    world.run().await;
    assert_eq!(world.shown(paredao).await.total, 111);

    let close = async |at: Option<i64>| {
        sqlx::query("UPDATE paredao SET closes_at = to_timestamp($1::bigint)")
            .bind(at)
            .execute(&world.database.pool)
            .await
            .unwrap();
        world.run().await;
        let shown = world.shown(paredao).await;
        (shown.total, shown.after_closing)
    };
    assert_eq!(close(Some(hour + MINUTE)).await, (11, 100));
    assert_eq!(close(Some(hour)).await, (1, 110));
    assert_eq!(close(None).await, (111, 0));
}

#[tokio::test]
async fn another_database_than_last_time_is_recomputed_whole() {
    let world = World::new().await;
    let (paredao, participants) = world.paredao("a", 2, None).await;
    world.vote(paredao, world.now().await, participants[0], 4).await;
    world.run().await;
    let before = world.shown(paredao).await;
    for elsewhere in [
        "UPDATE aggregator_state SET system_identifier = 1",
        "UPDATE aggregator_state SET timeline = 9",
        // Ids went back: seen up to where no transaction is yet.
        "UPDATE aggregator_state SET seen_below = '9223372036854775807'",
    ] {
        // What a restore might leave: totals that nothing justifies, and rows from ids of the future.
        world
            .execute(
                "UPDATE hour_total SET votes = 99;
                 INSERT INTO hour_total VALUES (1, '2020-01-01', 1, 5, 5);
                 UPDATE bucket SET written_by = '9000000000000000000'",
            )
            .await;
        world.execute(elsewhere).await;
        assert!(world.run().await.everything, "{elsewhere}");
        assert_eq!(world.shown(paredao).await, before, "{elsewhere}");
        let rows: i64 =
            sqlx::query_scalar("SELECT count(*) FROM hour_total").fetch_one(&world.database.pool).await.unwrap();
        assert_eq!(rows, 1, "{elsewhere}");
        let run = world.run().await;
        assert!(!run.everything && run.hours == 0, "rows with ids of the future aren't recomputed for ever: {run}");
    }
}

#[tokio::test]
async fn a_revision_never_goes_down() {
    let world = World::new().await;
    let (paredao, participants) = world.paredao("a", 2, None).await;
    world.execute("UPDATE aggregator_state SET revision = (7::bigint << 32) | 41").await;
    world.run().await;
    assert_eq!(world.shown(paredao).await.revision, (7 << 32) | 42);
    world.vote(paredao, world.now().await, participants[0], 1).await;
    world.run().await;
    assert_eq!(world.shown(paredao).await.revision, (7 << 32) | 43);
}

#[tokio::test]
async fn hours_without_a_bucket_any_more_are_removed() {
    let world = World::new().await;
    let (paredao, participants) = world.paredao("a", 2, None).await;
    let now = world.now().await;
    world.vote(paredao, now, participants[0], 4).await;
    world.vote(paredao, now - 3 * DAY, participants[0], 5).await;
    world.run().await;
    // A recount replaces buckets, and says so by writing the paredão.
    world.execute("DELETE FROM bucket WHERE votes = 5; UPDATE paredao SET title = title").await;
    world.run().await;
    assert_eq!(world.shown(paredao).await.total, 4);
}
