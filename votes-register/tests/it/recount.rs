//! Recounting from the log: equal, different by one vote, or no answer.

use std::process::Output;

use test_support::delete_records_below;
use voting_commons::{Minute, window};

use crate::harness::{Scene, this_minute};

async fn recount(scene: &Scene) -> (i32, String, String) {
    let Output { status, stdout, stderr } = scene.command(&["recount", "--paredao", "final"]).await;
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// Votes of several participants, with retries, votes from the future and late ones, and noise.
async fn vote(scene: &Scene) -> i64 {
    let now = this_minute().get();
    let minute = |ahead: i32| Minute::try_from(i64::from(now + ahead)).unwrap();
    let votes: Vec<_> =
        (0..500).map(|sequence| scene.vote(sequence, 1 + i64::try_from(sequence % 3).unwrap())).collect();
    scene.cast_all(&votes).await;
    scene.cast_all(&votes[..100]).await;
    for (sequence, ahead) in [(1_000, 90), (1_001, -90), (1_002, -1), (1_003, -2)] {
        scene.cast(&scene.vote_in(minute(ahead), sequence, 1)).await;
    }
    scene.append(0, Some(b"1:2:3"), Some(b"{}")).await;
    scene.written(605).await.votes
}

async fn plant(scene: &Scene, statement: &'static str) {
    assert_eq!(sqlx::query(statement).execute(&scene.database.pool).await.unwrap().rows_affected(), 1);
}

#[tokio::test]
async fn what_was_counted_is_what_the_log_says() {
    let scene = Scene::with_paredao(3).await;
    let _register = scene.register();
    assert_eq!(vote(&scene).await, 502);
    let (code, said, progress) = recount(&scene).await;
    assert!(said.starts_with("equal: final has 502 votes in"), "{said}");
    assert_eq!(code, 0);
    assert!(progress.contains("recount: 100.00 %, 605 of 605 records"), "{progress}");
}

#[tokio::test]
async fn votes_counted_while_it_reads_make_no_difference() {
    let scene = Scene::with_paredao(2).await;
    let _register = scene.register();
    let votes: Vec<_> = (0..6_000).map(|sequence| scene.vote(sequence, 1)).collect();
    scene.cast_all(&votes[..1_000]).await;
    scene.written(1_000).await;
    let recounts = async {
        for _ in 0..3 {
            let (code, said, _) = recount(&scene).await;
            assert_eq!(code, 0, "{said}");
        }
    };
    tokio::join!(recounts, scene.cast_all(&votes[1_000..]));
}

#[tokio::test]
async fn a_difference_of_one_vote_is_found() {
    let scene = Scene::with_paredao(3).await;
    let _register = scene.register();
    vote(&scene).await;
    let one = "UPDATE bucket SET votes = votes + 1
               WHERE ctid = (SELECT ctid FROM bucket WHERE votes > 1 ORDER BY participant, start LIMIT 1)";
    plant(&scene, one).await;
    let (code, said, _) = recount(&scene).await;
    assert_eq!(code, 1, "{said}");
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(said.contains("participant 1, minute ") && said.contains("different: 1 of "), "{said}");
    assert!(said.contains("the log says 502 votes, 0 of them replayed, and the table 503"), "{said}");
}

#[tokio::test]
async fn compacted_rows_are_compared_as_a_whole() {
    let scene = Scene::with_paredao(1).await;
    let _register = scene.register();
    vote(&scene).await;
    // As the aggregator compacts, though these rows are young; and a latecomer stays a minute.
    let compact = "WITH taken AS (DELETE FROM bucket WHERE participant < 3 RETURNING *)
         INSERT INTO bucket (paredao, start, participant, grain, partition, votes)
         SELECT paredao, date_trunc('day', start AT TIME ZONE 'America/Sao_Paulo') AT TIME ZONE 'America/Sao_Paulo',
                participant, 'day', partition, sum(votes) FROM taken GROUP BY 1, 2, 3, 5";
    let late = "UPDATE bucket SET votes = votes - 1
         WHERE ctid = (SELECT ctid FROM bucket WHERE participant = 1 AND grain = 'day' ORDER BY start DESC LIMIT 1)";
    sqlx::query(compact).execute(&scene.database.pool).await.unwrap();
    let (code, said, _) = recount(&scene).await;
    assert_eq!(code, 0, "{said}");

    plant(&scene, late).await;
    let (code, said, _) = recount(&scene).await;
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("participant 1, 1440 minutes from ") && said.contains(", compacted: the log says"), "{said}");
}

#[tokio::test]
async fn without_the_first_records_there_is_no_answer() {
    let scene = Scene::with_paredao(1).await;
    let _register = scene.register();
    vote(&scene).await;
    delete_records_below(&scene.kafka, 5).await;
    let (code, said, error) = recount(&scene).await;
    assert_eq!((code, said.as_str()), (2, ""));
    let last = error.lines().last().unwrap();
    assert!(last.starts_with("votes-register: partition 0: the log begins at offset 5"), "{error}");
}

#[tokio::test]
async fn records_older_than_the_paredao_may_be_gone() {
    let scene = Scene::with_paredao(1).await;
    let _register = scene.register();
    scene.append(0, None, Some(b"of another time")).await;
    scene.cast(&scene.vote(1, 1)).await;
    scene.written(2).await;
    delete_records_below(&scene.kafka, 1).await;
    assert_eq!(recount(&scene).await.0, 2);
    // As if the first record lay long before the paredão, whose votes are all there.
    let skews_later = f64::from(i32::try_from(window::CLOCK_SKEW_MILLIS).unwrap()) / 1000.0 * 10.0;
    sqlx::query("UPDATE paredao SET created_at = created_at + make_interval(secs => $1)")
        .bind(skews_later)
        .execute(&scene.database.pool)
        .await
        .unwrap();
    let (code, said, _) = recount(&scene).await;
    assert_eq!(code, 0, "{said}");
    assert!(said.starts_with("equal: final has 1 votes"), "{said}");
}

#[tokio::test]
async fn an_unknown_paredao_is_one_sentence() {
    let scene = Scene::new(1).await;
    let (code, said, error) = recount(&scene).await;
    assert_eq!((code, said.as_str(), error.as_str()), (2, "", "votes-register: there is no paredão \"final\"\n"));
}
