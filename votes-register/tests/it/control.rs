//! What operators do to running registers: pause, resume, pass over, derive again, accept a new log.

use test_support::{delete_records_below, eventually, make_topic_anew};
use voting_commons::{Minute, Vote};

use crate::harness::{Scene, Totals, this_minute};
use crate::replay::conserved;

/// What a command said: its exit code, and its standard output or its error.
async fn run(scene: &Scene, arguments: &[&str]) -> (i32, String) {
    let output = scene.command(arguments).await;
    conserved(scene).await;
    let said = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

/// A command in maria's name that is carried out.
async fn done(scene: &Scene, arguments: &[&str]) -> String {
    let (code, said) = run(scene, &[arguments, &["--who", "maria"]].concat()).await;
    assert_eq!(code, 0, "{said}");
    said
}

/// A command in maria's name that is refused.
async fn refused(scene: &Scene, arguments: &[&str], why: &str) {
    let (code, said) = run(scene, &[arguments, &["--who", "maria"]].concat()).await;
    assert!(code == 1 && said.contains(why), "{code} {said}");
}

fn votes(scene: &Scene, from: u64, to: u64) -> Vec<Vote> {
    (from..to).map(|sequence| scene.vote(sequence, 1 + i64::try_from(sequence % 3).unwrap())).collect()
}

/// Waits until the owner of partition 0 says that it is in `state` and that the log ends at `high` or later.
async fn wait_until(scene: &Scene, state: &str, high: i64) {
    eventually(&format!("{state} with the log's end at {high}"), async || {
        let said: Option<(String, i64)> = sqlx::query_as(
            "SELECT s.state, coalesce(s.high_offset, 0) FROM register_status s JOIN register_cursor c
             USING (topic, partition, epoch) WHERE s.partition = 0",
        )
        .fetch_optional(&scene.database.pool)
        .await
        .unwrap();
        said.filter(|(said, end)| said == state && *end >= high)
    })
    .await;
}

async fn audit(scene: &Scene) -> Vec<(String, String, String)> {
    sqlx::query_as("SELECT who, action, subject FROM audit ORDER BY id").fetch_all(&scene.database.pool).await.unwrap()
}

async fn numbers(scene: &Scene) -> (i64, i64, i64) {
    sqlx::query_as("SELECT next_offset, skipped, epoch FROM register_cursor WHERE topic = $1 AND partition = 0")
        .bind(&scene.kafka.kafka_topic)
        .fetch_one(&scene.database.pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_pause_holds_the_count_and_nothing_is_lost_or_doubled_when_it_goes_on() {
    let scene = Scene::with_paredao(1).await;
    let _register = scene.register();
    let all = votes(&scene, 0, 200);
    scene.cast_all(&all[..100]).await;
    scene.written(100).await;
    assert_eq!(done(&scene, &["pause"]).await, "paused: all partitions\n");
    refused(&scene, &["resume", "--partition", "0"], "all partitions are paused").await;
    wait_until(&scene, "paused", 100).await;
    scene.cast_all(&all[50..]).await;
    wait_until(&scene, "paused", 250).await;
    assert_eq!(scene.totals().await.counted, 100);
    let (_, shown) = run(&scene, &["partitions"]).await;
    assert!(shown.lines().nth(1).unwrap().contains("\tpaused\t100\t250\t150\t"), "{shown}");
    assert_eq!(done(&scene, &["resume"]).await, "resumed: all partitions\n");
    assert_eq!(scene.written(250).await, Totals { votes: 200, counted: 200, duplicate: 50, parked: 0 });
    let row = |action: &str| ("maria".to_owned(), action.to_owned(), scene.kafka.kafka_topic.clone());
    assert_eq!(audit(&scene).await, [row("pause"), row("resume")]);
}

#[tokio::test]
async fn a_slip_of_the_hand_is_refused_and_leaves_no_trace() {
    let scene = Scene::with_paredao(1).await;
    let register = scene.register();
    scene.cast_all(&votes(&scene, 0, 10)).await;
    scene.written(10).await;
    for command in ["pause", "resume"] {
        refused(&scene, &[command, "--partition", "99"], "partition 99 was never counted from").await;
    }
    let skip = ["skip", "--partition", "0", "--to", "5", "--reason", " ", "--who", "maria"];
    let (code, said) = run(&scene, &skip).await;
    assert!(code == 2 && said.contains("say why"), "{code} {said}");
    assert_eq!(audit(&scene).await, []);
    wait_until(&scene, "counting", 0).await;
    drop(register);
    sqlx::query("UPDATE register_status SET seen_at = seen_at - interval '1 minute'")
        .execute(&scene.database.pool)
        .await
        .unwrap();
    let (_, shown) = run(&scene, &["partitions"]).await;
    assert!(shown.lines().nth(1).unwrap().contains("\tsilent\t"), "{shown}");
}

#[tokio::test]
async fn a_lag_that_nobody_knows_is_not_shown_as_none() {
    let scene = Scene::with_paredao(1).await;
    {
        let _register = scene.register();
        scene.cast_all(&votes(&scene, 0, 10)).await;
        scene.written(10).await;
    }
    sqlx::query("DELETE FROM register_status").execute(&scene.database.pool).await.unwrap();
    let (_, shown) = run(&scene, &["partitions"]).await;
    assert!(shown.lines().nth(1).unwrap().contains("\tunowned\t10\t-\t-\t-\t-\t"), "{shown}");
}

#[tokio::test]
async fn one_paused_partition_stands_still_and_a_register_that_starts_then_leaves_it_so() {
    let scene = Scene::new(2).await;
    let of = |partition: i32, from: u64| -> Vec<Vote> {
        let votes = (1..1_000).map(|participant| scene.vote(from + u64::try_from(participant).unwrap(), participant));
        votes.filter(|vote| vote.partition == partition).take(10).collect()
    };
    let first = scene.register();
    scene.cast_all(&of(0, 0)).await;
    scene.cast_all(&of(1, 0)).await;
    scene.written(20).await;
    done(&scene, &["pause", "--partition", "0"]).await;
    wait_until(&scene, "paused", 10).await;
    drop(first);
    let _second = scene.register();
    scene.cast_all(&of(0, 2_000)).await;
    scene.cast_all(&of(1, 2_000)).await;
    scene.written(30).await;
    wait_until(&scene, "paused", 20).await;
    assert_eq!(numbers(&scene).await.0, 10);
    done(&scene, &["resume", "--partition", "0"]).await;
    assert_eq!(scene.written(40).await.votes, 40);
}

#[tokio::test]
async fn a_partition_that_lost_records_counts_on_once_an_operator_passes_over_them() {
    let scene = Scene::with_paredao(1).await;
    let mut register = scene.register();
    let all = votes(&scene, 0, 20);
    scene.cast_all(&all[..10]).await;
    scene.written(10).await;
    refused(&scene, &["skip", "--partition", "0", "--to", "10", "--reason", "slip"], "neither halted nor paused").await;
    register.kill();
    scene.cast_all(&all[10..]).await;
    delete_records_below(&scene.kafka, 15).await;
    let register = scene.register();
    register.wait_until_blocked("uncounted records are gone").await;
    wait_until(&scene, "halted", 20).await;

    for (to, why) in [("10", "not forward"), ("3", "not forward"), ("14", "outside"), ("21", "outside")] {
        refused(&scene, &["skip", "--partition", "0", "--to", to, "--reason", "retention"], why).await;
    }
    let said = done(&scene, &["skip", "--partition", "0", "--to", "15", "--reason", "retention"]).await;
    assert!(said.starts_with("skipped: offsets 10 to 14 of partition 0, 5 records\n"), "{said}");
    assert!(said.contains("parked as too late"), "{said}");
    register.wait_until_ready().await;
    // Whether these were counted before can't be told any more, so they aren't counted.
    scene.cast(&all[1]).await;
    assert_eq!(scene.written(16).await, Totals { votes: 10, counted: 10, duplicate: 0, parked: 6 });
    // Ballots of a minute that the lost log can't have known are.
    let later = Minute::try_from(i64::from(this_minute().get() + 2)).unwrap();
    for sequence in 30..35 {
        scene.cast(&scene.vote_in(later, sequence, 1)).await;
    }
    assert_eq!(scene.written(21).await, Totals { votes: 15, counted: 15, duplicate: 0, parked: 6 });
    assert_eq!(numbers(&scene).await.1, 5);
    let skipped: (i64, i64, String, String) = sqlx::query_as("SELECT from_offset, to_offset, reason, who FROM skipped")
        .fetch_one(&scene.database.pool)
        .await
        .unwrap();
    assert_eq!(skipped, (10, 15, "retention".to_owned(), "maria".to_owned()));
    conserved(&scene).await;
}

#[tokio::test]
async fn passing_over_fences_the_running_owner_and_remembers_the_ballots() {
    let scene = Scene::with_paredao(1).await;
    let _register = scene.register();
    let all = votes(&scene, 0, 21);
    scene.cast_all(&all[..10]).await;
    scene.written(10).await;
    done(&scene, &["pause", "--partition", "0"]).await;
    wait_until(&scene, "paused", 10).await;
    scene.cast_all(&all[10..20]).await;
    wait_until(&scene, "paused", 20).await;
    let epoch = numbers(&scene).await.2;
    done(&scene, &["skip", "--partition", "0", "--to", "15", "--reason", "a test"]).await;
    assert_eq!(numbers(&scene).await, (15, 5, epoch + 1));
    done(&scene, &["resume", "--partition", "0"]).await;
    scene.cast_all(&all).await;
    // Of those passed over, nothing more is known than that they were seen.
    let totals = scene.written(36).await;
    assert_eq!(totals, Totals { votes: 16, counted: 16, duplicate: 20, parked: 0 });
    assert!(numbers(&scene).await.2 > epoch + 1, "the owner has claimed again");
    let (code, said) = run(&scene, &["recount", "--paredao", "final"]).await;
    assert_eq!(code, 0, "{said}");
}

#[tokio::test]
async fn deriving_again_says_what_the_log_says_however_often() {
    let scene = Scene::with_paredao(1).await;
    let _register = scene.register();
    let now = this_minute().get();
    let all = votes(&scene, 0, 320);
    scene.cast_all(&all[..300]).await;
    scene.cast_all(&all[..50]).await;
    scene.append(0, Some(b"1:2:3"), Some(b"{}")).await;
    scene.cast(&scene.vote_in(Minute::try_from(i64::from(now - 10)).unwrap(), 1_000, 2)).await;
    assert_eq!(scene.written(352).await, Totals { votes: 300, counted: 300, duplicate: 50, parked: 2 });
    let (_, said) = run(&scene, &["parked", "replay", "--execute", "--reason", "too_late"]).await;
    assert_eq!(audit(&scene).await.last().unwrap().1, "replay");
    assert!(said.contains("1 replayed"), "{said}");
    refused(&scene, &["rederive", "--partition", "0"], "neither halted nor paused").await;
    done(&scene, &["pause"]).await;
    wait_until(&scene, "paused", 352).await;
    let epoch = numbers(&scene).await.2;

    for plant in [
        "UPDATE bucket SET votes = votes + 7 WHERE participant = 1",
        "DELETE FROM bucket WHERE participant = 3",
        "INSERT INTO bucket (paredao, start, participant, partition, votes) VALUES (1, '2020-01-01', 9, 0, 5)",
    ] {
        sqlx::query(plant).execute(&scene.database.pool).await.unwrap();
    }
    for before in [None, Some(301)] {
        // It isn't conserved before the first.
        let output = scene.command(&["rederive", "--partition", "0", "--who", "maria"]).await;
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.success() && said.contains("and has 301, 1 of them replayed"), "{said}");
        assert!(before.is_none_or(|votes: i64| said.contains(&format!("had {votes} votes"))), "{said}");
        assert_eq!(scene.totals().await, Totals { votes: 301, counted: 300, duplicate: 50, parked: 2 });
        let (code, said) = run(&scene, &["recount", "--paredao", "final"]).await;
        assert_eq!(code, 0, "{said}");
    }
    assert_eq!(numbers(&scene).await.2, epoch + 2);

    scene.cast_all(&all[290..]).await;
    done(&scene, &["resume"]).await;
    assert_eq!(scene.written(382).await, Totals { votes: 321, counted: 320, duplicate: 60, parked: 2 });
    assert!(numbers(&scene).await.2 > epoch + 2, "the owner was fenced and has claimed again");
    conserved(&scene).await;
}

#[tokio::test]
async fn nothing_is_derived_from_a_log_that_lacks_what_was_counted() {
    let scene = Scene::with_paredao(1).await;
    let _register = scene.register();
    scene.cast_all(&votes(&scene, 0, 20)).await;
    scene.written(20).await;
    done(&scene, &["pause"]).await;
    delete_records_below(&scene.kafka, 5).await;
    refused(&scene, &["rederive", "--partition", "0"], "lacks the offsets from 0 up to 5").await;
    assert_eq!(scene.totals().await.votes, 20);
    assert_eq!(audit(&scene).await.len(), 1);
}

#[tokio::test]
async fn a_topic_made_anew_is_counted_once_an_operator_accepts_it() {
    let scene = Scene::new(1).await;
    let mut register = scene.register();
    let counted = votes(&scene, 0, 5);
    scene.cast_all(&counted).await;
    scene.written(5).await;
    refused(&scene, &["accept-new-log", "--partition", "0"], "hasn't halted").await;
    register.kill();
    make_topic_anew(&scene.kafka).await;
    // Copies of what was counted, and later ballots.
    scene.cast_all(&counted[..3]).await;
    let later = Minute::try_from(i64::from(this_minute().get() + 2)).unwrap();
    for sequence in 10..14 {
        scene.cast(&scene.vote_in(later, sequence, 1)).await;
    }
    let register = scene.register();
    register.wait_until_blocked("halted").await;
    wait_until(&scene, "halted", 7).await;
    let epoch = numbers(&scene).await.2;
    let said = done(&scene, &["accept-new-log", "--partition", "0"]).await;
    assert!(said.contains("counted from offset 0 of its new log"), "{said}");
    register.wait_until_ready().await;
    let totals = scene.written(12).await;
    assert_eq!(totals, Totals { votes: 9, counted: 9, duplicate: 0, parked: 3 });
    let (next_offset, _, now) = numbers(&scene).await;
    assert!(next_offset == 7 && now > epoch + 1);
    conserved(&scene).await;
}
