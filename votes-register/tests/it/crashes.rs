//! Registers that die, freeze or lose Postgres while votes flow.

use std::time::Duration;

use dev_stack::postgres::{Postgres, Stop};
use nix::sys::signal::Signal;
use test_support::{eventually, fresh_database_on, fresh_topic};
use voting_commons::Vote;

use crate::harness::{Register, Scene, Totals};

fn votes(scene: &Scene, from: u64, to: u64) -> Vec<Vote> {
    (from..to).map(|sequence| scene.vote(sequence, 1 + i64::try_from(sequence % 5).unwrap())).collect()
}

#[tokio::test]
async fn one_of_two_registers_killed_while_votes_flow() {
    let scene = Scene::new(12).await;
    let (mut first, second) = (scene.register(), scene.register());
    scene.cast_all(&votes(&scene, 0, 1_000)).await;
    scene.written(1_000).await;
    both_own_partitions(&scene).await;
    let flow = async {
        for from in (1_000..20_000).step_by(1_000) {
            scene.cast_all(&votes(&scene, from, from + 1_000)).await;
        }
    };
    let death = async {
        scene.written(4_000).await;
        first.kill();
    };
    tokio::join!(flow, death);
    assert_eq!(scene.written(20_000).await, Totals { votes: 20_000, counted: 20_000, duplicate: 0, parked: 0 });
    drop(second);
}

async fn both_own_partitions(scene: &Scene) {
    eventually("both registers to own partitions", async || {
        let owners: i64 = sqlx::query_scalar("SELECT count(DISTINCT owner) FROM register_cursor")
            .fetch_one(&scene.database.pool)
            .await
            .unwrap();
        (owners == 2).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_frozen_register_that_wakes_up_is_fenced_and_counts_nothing_twice() {
    let scene = Scene::new(1).await;
    let frozen = scene.register();
    scene.cast_all(&votes(&scene, 0, 100)).await;
    scene.written(100).await;
    let epoch = epoch(&scene).await;
    // Frozen with votes on their way to it: whatever it holds when it wakes up is stale by then.
    let more = votes(&scene, 100, 3_000);
    let freeze = async {
        scene.written(200).await;
        frozen.signal(Signal::SIGSTOP);
    };
    tokio::join!(scene.cast_all(&more), freeze);
    let _second = scene.register();
    eventually("the second register to take over", async || (self::epoch(&scene).await > epoch).then_some(())).await;
    scene.written(3_000).await;
    frozen.signal(Signal::SIGCONT);
    scene.cast_all(&votes(&scene, 3_000, 4_000)).await;
    assert_eq!(scene.written(4_000).await, Totals { votes: 4_000, counted: 4_000, duplicate: 0, parked: 0 });
}

async fn epoch(scene: &Scene) -> i64 {
    sqlx::query_scalar("SELECT max(epoch) FROM register_cursor").fetch_one(&scene.database.pool).await.unwrap()
}

#[tokio::test]
async fn of_a_partition_that_went_to_another_a_register_knows_no_lag() {
    let scene = Scene::new(3).await;
    let first = scene.register();
    let lag = |register: &Register| [0, 1, 2].map(|partition| register.gauge("register_lag_records", partition));
    let known = |lag: [Option<f64>; 3]| lag.map(|lag| lag.is_some_and(|lag| !lag.is_nan()));
    eventually("the first to know all", async || (known(lag(&first)) == [true; 3]).then_some(())).await;
    let second = scene.register();
    eventually("each lag to be known once", async || {
        let (first, second) = (known(lag(&first)), known(lag(&second)));
        (second != [false; 3] && first == second.map(|known| !known)).then_some(())
    })
    .await;
    assert!(lag(&first).into_iter().flatten().any(f64::is_nan), "what went away is no number");
}

/// How many registers have a partition.
async fn owners(scene: &Scene) -> i64 {
    let owners = "SELECT count(DISTINCT owner) FROM register_cursor";
    sqlx::query_scalar(owners).fetch_one(&scene.database.pool).await.unwrap()
}

#[tokio::test]
async fn a_register_takes_no_partition_before_its_migrations_are_made() {
    let scene = Scene::new(1).await;
    scene.database.forget_newest_migration().await;
    let register = scene.register();
    register.wait_until_blocked("this version's migrations haven't been made").await;
    scene.cast_all(&votes(&scene, 0, 100)).await;
    assert_eq!(owners(&scene).await, 0);

    scene.database.remember_newest_migration().await;
    scene.written(100).await;
    register.wait_until_ready().await;
}

#[tokio::test]
async fn a_cursor_claimed_by_a_stranger_makes_the_owner_count_again_what_it_had_held() {
    let scene = Scene::new(1).await;
    let _register = scene.register();
    scene.cast_all(&votes(&scene, 0, 100)).await;
    scene.written(100).await;
    sqlx::query("UPDATE register_cursor SET epoch = epoch + 1").execute(&scene.database.pool).await.unwrap();
    scene.cast_all(&votes(&scene, 50, 200)).await;
    assert_eq!(scene.written(250).await, Totals { votes: 200, counted: 200, duplicate: 50, parked: 0 });
}

#[tokio::test]
async fn votes_wait_in_the_topic_while_postgres_is_away() {
    let mut postgres = tokio::task::spawn_blocking(Postgres::temporary).await.unwrap().unwrap();
    let database = fresh_database_on(&postgres.url()).await;
    let scene = Scene::on(fresh_topic(3).await, database, 3);
    let register = scene.register();
    scene.cast_all(&votes(&scene, 0, 100)).await;
    scene.written(100).await;

    postgres.stop(Stop::Immediate).unwrap();
    scene.cast_all(&votes(&scene, 50, 1_000)).await;
    register.wait_until_blocked("waiting for Postgres").await;
    postgres.start_again().unwrap();

    assert_eq!(scene.written(1_050).await, Totals { votes: 1_000, counted: 1_000, duplicate: 50, parked: 0 });
    register.wait_until_ready().await;
}

#[tokio::test]
async fn a_register_that_gave_its_partitions_up_counts_once_postgres_is_back_and_stops_when_told() {
    let mut postgres = tokio::task::spawn_blocking(Postgres::temporary).await.unwrap().unwrap();
    let database = fresh_database_on(&postgres.url()).await;
    let scene = Scene::on(fresh_topic(3).await, database, 3);
    let (mut register, leaving) = (scene.register(), scene.register());
    eventually("both to have partitions", async || (owners(&scene).await == 2).then_some(())).await;
    postgres.stop(Stop::Immediate).unwrap();
    leaving.signal(Signal::SIGTERM);
    scene.cast_all(&votes(&scene, 0, 100)).await;
    register.wait_until_blocked("couldn't say in time where to go on").await;
    postgres.start_again().unwrap();

    assert_eq!(scene.written(100).await, Totals { votes: 100, counted: 100, duplicate: 0, parked: 0 });
    register.wait_until_ready().await;
    register.signal(Signal::SIGTERM);
    assert!(register.ended().await);
}

#[tokio::test]
async fn connections_cut_while_votes_flow_lose_and_double_nothing() {
    let scene = Scene::new(12).await;
    let _register = scene.register();
    let flow = async {
        for from in (0..10_000).step_by(500) {
            scene.cast_all(&votes(&scene, from, from + 500)).await;
        }
    };
    let cuts = async {
        for _ in 0..20 {
            sqlx::query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = current_database() AND application_name = 'votes-register'",
            )
            .execute(&scene.database.pool)
            .await
            .unwrap();
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    };
    tokio::join!(flow, cuts);
    assert_eq!(scene.written(10_000).await, Totals { votes: 10_000, counted: 10_000, duplicate: 0, parked: 0 });
}
