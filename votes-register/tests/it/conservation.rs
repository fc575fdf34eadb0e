//! Every record is counted, a duplicate or parked, exactly once (P1 to P3).

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::harness::{Scene, Totals};

/// A clean stop takes less than this.
const STOP_MAX: Duration = Duration::from_secs(10);

#[tokio::test]
async fn votes_sent_twice_or_more_count_once() {
    let scene = Scene::new(12).await;
    let mut votes: Vec<_> =
        (0..2_000).map(|sequence| scene.vote(sequence, 1 + i64::try_from(sequence % 3).unwrap())).collect();
    let again: Vec<_> = votes.iter().step_by(5).copied().collect();
    votes.extend(&again);
    votes.extend(&again);
    let _register = scene.register();
    scene.cast_all(&votes).await;
    let totals = scene.written(2_800).await;
    assert_eq!(totals, Totals { votes: 2_000, counted: 2_000, duplicate: 800, parked: 0 });
}

#[tokio::test]
async fn a_ballot_retried_after_a_restart_counts_once() {
    let scene = Scene::new(1).await;
    let votes: Vec<_> = (0..50).map(|sequence| scene.vote(sequence, 1)).collect();
    let mut first = scene.register();
    scene.cast_all(&votes).await;
    scene.written(50).await;
    first.kill();
    scene.cast_all(&votes).await;
    scene.cast(&scene.vote(50, 1)).await;
    let _second = scene.register();
    let totals = scene.written(101).await;
    assert_eq!(totals, Totals { votes: 51, counted: 51, duplicate: 50, parked: 0 });
}

#[tokio::test]
async fn sigterm_writes_what_is_held_leaves_and_ends_in_time() {
    let scene = Scene::new(12).await;
    let mut register = scene.register();
    register.wait_until_ready().await;
    let votes: Vec<_> = (0..500).map(|sequence| scene.vote(sequence, 1)).collect();
    scene.cast_all(&votes).await;
    scene.written(1).await;
    let start = Instant::now();
    register.signal(Signal::SIGTERM);
    assert!(register.ended().await);
    assert!(start.elapsed() < STOP_MAX, "stopping took {:?}", start.elapsed());
    // The next one owns everything at once, because the first has left the group and not merely died.
    let _next = scene.register();
    assert_eq!(scene.written(500).await.votes, 500);
}
