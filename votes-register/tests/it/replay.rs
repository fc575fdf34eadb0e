//! Replaying parked votes: each once, none that was counted, and the law of conservation after every step.

use std::process::Output;

use test_support::{delete_records_below, eventually};
use voting_commons::{Minute, Vote, codec, window};

use crate::harness::{Scene, this_minute};

/// What a command said: its exit code and its standard output.
async fn run(scene: &Scene, arguments: &[&str]) -> (i32, String) {
    let Output { status, stdout, .. } = scene.command(&[&["parked"], arguments].concat()).await;
    conserved(scene).await;
    (status.code().unwrap(), String::from_utf8(stdout).unwrap())
}

async fn replay(scene: &Scene, arguments: &[&str]) -> (i32, String) {
    run(scene, &[&["replay", "--execute"], arguments].concat()).await
}

/// Promise P3; its first half is a constraint of the table.
pub(crate) async fn conserved(scene: &Scene) {
    let (votes, counted): (i64, i64) = sqlx::query_as(
        "SELECT (SELECT coalesce(sum(votes), 0) FROM bucket)::bigint,
                ((SELECT coalesce(sum(counted), 0) FROM register_cursor) + (SELECT count(*) FROM replayed))::bigint",
    )
    .fetch_one(&scene.database.pool)
    .await
    .unwrap();
    assert_eq!(votes, counted);
}

async fn number(scene: &Scene, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(&scene.database.pool).await.unwrap()
}

async fn replayed(scene: &Scene) -> i64 {
    number(scene, "SELECT count(*) FROM replayed").await
}

async fn execute(scene: &Scene, statement: &'static str) {
    sqlx::query(statement).execute(&scene.database.pool).await.unwrap();
}

fn minutes_ago(minutes: i32) -> Minute {
    Minute::try_from(i64::from(this_minute().get() - minutes)).unwrap()
}

/// Has the register park votes of ten minutes ago, and count one of now.
async fn park_late(scene: &Scene, votes: &[Vote]) {
    let mut register = scene.register();
    scene.cast(&scene.vote(1_000, 1)).await;
    scene.cast_all(votes).await;
    let records = i64::try_from(votes.len()).unwrap() + 1;
    assert_eq!(scene.written(records).await.parked, records - 1);
    register.kill();
}

/// As if the record at `offset`, which was a duplicate, had come too late and been parked.
async fn park_duplicate(scene: &Scene, offset: i64, vote: &Vote) {
    let (key, value) = codec::encode(vote);
    let (key_bytes, value_bytes) = (i64::try_from(key.len()).unwrap(), i64::try_from(value.len()).unwrap());
    let appended_at = scene.appended_at(vote.partition, offset).await;
    sqlx::query(
        "WITH moved AS (UPDATE register_cursor SET duplicate = duplicate - 1, parked = parked + 1 WHERE partition = $2)
         INSERT INTO dead_letter (topic, partition, record_offset, appended_at, reason, key, value, key_bytes, value_bytes,
                                  ballot_issuer, ballot_sequence, ballot_minute)
         VALUES ($1, $2, $3, $4, 'too_late', $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(&scene.kafka.kafka_topic)
    .bind(vote.partition)
    .bind(offset)
    .bind(appended_at)
    .bind(key.into_bytes())
    .bind(value)
    .bind(key_bytes)
    .bind(value_bytes)
    .bind(vote.ballot.issuer.cast_signed())
    .bind(vote.ballot.sequence.cast_signed())
    .bind(vote.group.minute.get())
    .execute(&scene.database.pool)
    .await
    .unwrap();
}

/// As if the log had gone on until the windows of this minute's and the next ones' ballots were closed.
async fn let_windows_close(scene: &Scene) {
    let later = window::closes(this_minute()).plus(600_000);
    sqlx::query("UPDATE register_cursor SET log_clock = $1").bind(later.0).execute(&scene.database.pool).await.unwrap();
}

#[tokio::test]
async fn a_dry_run_changes_nothing_and_a_replay_twice_is_a_replay_once() {
    let scene = Scene::with_paredao(1).await;
    park_late(&scene, &[scene.vote_in(minutes_ago(10), 1, 2)]).await;
    let before = scene.totals().await;

    let id = number(&scene, "SELECT id FROM dead_letter").await.to_string();
    let dry = (0, format!("{id}\twould_replay\tit can be replayed\n"));
    for arguments in [vec!["replay", "--all"], vec!["replay", "--dry-run", &id], vec!["replay", "--reason", "too_late"]]
    {
        let (code, said) = run(&scene, &arguments).await;
        assert_eq!((code, said.lines().next().unwrap().to_owned() + "\n"), dry);
        assert_eq!(
            said.lines().last(),
            Some("1 would be replayed, 0 replayed before, 0 refused; --execute counts them")
        );
        assert_eq!((scene.totals().await, replayed(&scene).await), (before, 0));
    }

    let (code, said) = replay(&scene, &["--who", "maria", &id]).await;
    assert_eq!((code, said.lines().last()), (0, Some("1 replayed, 0 replayed before, 0 refused")));
    let after = scene.totals().await;
    assert_eq!((after.votes, after.counted, after.parked), (before.votes + 1, before.counted, before.parked));

    let (code, said) = replay(&scene, &[&id]).await;
    assert_eq!((code, said.lines().last()), (0, Some("0 replayed, 1 replayed before, 0 refused")));
    let (code, said) = replay(&scene, &["--all"]).await;
    assert_eq!((code, said.as_str()), (0, "0 replayed, 0 replayed before, 0 refused\n"));
    assert_eq!((scene.totals().await, replayed(&scene).await), (after, 1));
    let who = number(&scene, "SELECT count(*) FROM replayed WHERE who = 'maria'").await;
    assert_eq!(who, 1);

    let recount = scene.command(&["recount", "--paredao", "final"]).await;
    let said = String::from_utf8(recount.stdout).unwrap();
    assert_eq!(said, "equal: final has 2 votes in 2 buckets, 1 of them replayed\n");
}

#[tokio::test]
async fn a_vote_whose_other_copy_was_counted_is_refused() {
    let scene = Scene::with_paredao(1).await;
    let mut register = scene.register();
    let vote = scene.vote(1, 2);
    let first = scene.cast(&vote).await;
    let again = scene.cast(&vote).await;
    scene.written(2).await;
    register.kill();
    park_duplicate(&scene, again, &vote).await;
    let_windows_close(&scene).await;

    let (code, said) = replay(&scene, &["--all"]).await;
    assert_eq!(code, 1);
    assert!(
        said.contains(&format!("\tcounted\tanother copy of its ballot was counted, at offset {first}\n")),
        "{said}"
    );
    assert_eq!(replayed(&scene).await, 0);
}

#[tokio::test]
async fn a_vote_whose_other_copies_were_all_parked_or_skipped_is_replayed() {
    let scene = Scene::with_paredao(1).await;
    let mut register = scene.register();
    // Parked from the future; its retry is a duplicate. Neither is counted.
    let early = scene.vote_in(minutes_ago(-3), 1, 2);
    scene.cast(&early).await;
    scene.cast(&early).await;
    assert_eq!(scene.written(2).await.duplicate, 1);
    register.kill();
    let_windows_close(&scene).await;
    let (code, said) = replay(&scene, &["--reason", "from_future"]).await;
    assert_eq!((code, replayed(&scene).await), (0, 1), "{said}");
}

#[tokio::test]
async fn of_several_parked_copies_one_is_replayed() {
    let scene = Scene::new(1).await;
    let vote = scene.vote_in(minutes_ago(10), 1, 2);
    park_late(&scene, &[vote, vote, vote]).await;
    for arguments in [vec!["replay", "--all"], vec!["replay", "--all", "--execute"]] {
        let (code, said) = run(&scene, &arguments).await;
        assert_eq!(code, 1);
        assert_eq!(said.matches("\tballot_replayed\tanother copy of its ballot was replayed").count(), 2, "{said}");
        assert!(said.lines().last().unwrap().starts_with("1 "), "{said}");
    }
    assert_eq!(replayed(&scene).await, 1);
}

#[tokio::test]
async fn a_vote_whose_window_is_open_waits() {
    let scene = Scene::new(1).await;
    let mut register = scene.register();
    scene.cast(&scene.vote_in(minutes_ago(-3), 1, 2)).await;
    scene.written(1).await;
    register.kill();
    let (code, said) = replay(&scene, &["--all"]).await;
    assert_eq!((code, replayed(&scene).await), (1, 0));
    assert!(said.contains("\twindow_open\tits ballot's window is open: try again once partition 0"), "{said}");
}

#[tokio::test]
async fn a_vote_whose_window_is_gone_from_the_log_is_refused() {
    let scene = Scene::new(1).await;
    let vote = scene.vote_in(minutes_ago(10), 1, 2);
    park_late(&scene, &[vote]).await;
    delete_records_below(&scene.kafka, 1).await;
    let (code, said) = replay(&scene, &["--all"]).await;
    assert_eq!((code, replayed(&scene).await), (1, 0));
    assert!(said.contains("\tlog_gone\tthe log begins at offset 1, within its ballot's window"), "{said}");
}

#[tokio::test]
async fn a_log_that_is_not_the_one_counted_is_refused() {
    let scene = Scene::new(1).await;
    park_late(&scene, &[scene.vote_in(minutes_ago(10), 1, 2)]).await;
    execute(&scene, "UPDATE dead_letter SET appended_at = appended_at - 1").await;
    let (code, said) = replay(&scene, &["--all"]).await;
    assert_eq!((code, replayed(&scene).await), (1, 0));
    assert!(said.contains("\tlog_changed\tthe log isn't the one that was counted: it disagrees at offset"), "{said}");
}

#[tokio::test]
async fn of_many_replays_at_once_one_counts() {
    let scene = Scene::new(1).await;
    let votes: Vec<_> = (0..20).map(|sequence| scene.vote_in(minutes_ago(10), sequence, 2)).collect();
    park_late(&scene, &votes).await;
    let replays = (0..4).map(|_| scene.command(&["parked", "replay", "--all", "--execute"]));
    for output in futures::future::join_all(replays).await {
        assert!(output.status.success());
    }
    conserved(&scene).await;
    assert_eq!((replayed(&scene).await, scene.totals().await.votes), (20, 21));
}

#[tokio::test]
async fn a_unique_index_holds_the_replayed_ballot() {
    let scene = Scene::new(1).await;
    let vote = scene.vote_in(minutes_ago(10), 1, 2);
    park_late(&scene, &[vote, vote]).await;
    replay(&scene, &["--all"]).await;
    let again = sqlx::query(
        "INSERT INTO replayed (dead_letter, topic, partition, paredao, participant, minute, ballot_issuer,
                               ballot_sequence, who)
         SELECT (SELECT max(id) FROM dead_letter), topic, partition, paredao, participant, minute, ballot_issuer,
                ballot_sequence, who FROM replayed",
    );
    let error = again.execute(&scene.database.pool).await.unwrap_err();
    assert_eq!(error.as_database_error().unwrap().constraint(), Some("replayed_ballot"));
}

#[tokio::test]
async fn what_is_no_vote_is_refused_with_its_reason_and_left_out_of_all() {
    let scene = Scene::new(1).await;
    park_late(&scene, &[scene.vote_in(minutes_ago(10), 1, 2)]).await;
    let mut register = scene.register();
    scene.append(0, None, Some(b"{}")).await;
    scene.append(0, Some(b"1:2:3"), Some(b"{}")).await;
    scene.written(4).await;
    register.kill();

    let (code, said) = replay(&scene, &["--reason", "key_null"]).await;
    assert_eq!(code, 1);
    assert!(said.contains("\tundecodable\tit was parked as key_null: it can't be read as a vote"), "{said}");
    assert_eq!(
        replay(&scene, &["999"]).await.1.lines().next(),
        Some("999\tunknown\tno record of this topic was parked under this id")
    );
    let (code, said) = replay(&scene, &["--all"]).await;
    assert_eq!((code, said.lines().last()), (0, Some("1 replayed, 0 replayed before, 0 refused")));
}

#[tokio::test]
async fn what_the_database_refused_says_how_often_and_is_replayed_once_it_is_mended() {
    let scene = Scene::with_paredao(1).await;
    let vote = scene.vote(1, 2);
    sqlx::query(
        "INSERT INTO bucket (paredao, start, participant, partition, votes)
         VALUES (1, to_timestamp($1::bigint * 60), 2, 0, 9223372036854775807)",
    )
    .bind(i64::from(vote.group.minute.get()))
    .execute(&scene.database.pool)
    .await
    .unwrap();
    let mut register = scene.register();
    scene.cast(&vote).await;
    eventually("the vote to be parked", async || {
        (number(&scene, "SELECT count(*) FROM dead_letter").await == 1).then_some(())
    })
    .await;
    register.kill();
    let_windows_close(&scene).await;
    let told = "SELECT count(*) FROM dead_letter
                WHERE reason = 'refused_by_store' AND attempts = 5 AND detail LIKE '%(SQLSTATE 22003)'";
    assert_eq!(number(&scene, told).await, 1);

    let Output { status, stdout, .. } = scene.command(&["parked", "replay", "--all", "--execute"]).await;
    let said = String::from_utf8(stdout).unwrap();
    assert_eq!((status.code(), replayed(&scene).await), (Some(1), 0));
    assert!(
        said.contains("\trefused_by_store\tthe database refuses it: bigint out of range (SQLSTATE 22003)"),
        "{said}"
    );

    execute(&scene, "DELETE FROM bucket").await;
    let (code, said) = replay(&scene, &["--all"]).await;
    assert_eq!((code, replayed(&scene).await), (0, 1), "{said}");
    let recount = scene.command(&["recount", "--paredao", "final"]).await;
    assert_eq!(recount.status.code(), Some(0));
}

#[tokio::test]
async fn parked_records_are_listed_and_shown() {
    let scene = Scene::new(1).await;
    park_late(&scene, &[scene.vote_in(minutes_ago(10), 1, 2)]).await;
    let mut register = scene.register();
    scene.append(0, None, Some(b"\x00voto")).await;
    scene.written(3).await;
    register.kill();

    let (_, all) = run(&scene, &["list"]).await;
    assert_eq!(all.lines().count(), 3, "{all}");
    let (_, late) = run(&scene, &["list", "--reason", "too_late", "--partition", "0", "--replayed", "false"]).await;
    assert_eq!(late.lines().count(), 2, "{late}");
    assert!(late.contains("\ttoo_late\t0\tno\n"), "{late}");
    replay(&scene, &["--who", "maria", "--all"]).await;
    let (_, late) = run(&scene, &["list", "--replayed", "true"]).await;
    assert!(late.contains(" by maria\n"), "{late}");

    let id = number(&scene, "SELECT id FROM dead_letter WHERE reason = 'key_null'").await.to_string();
    let (code, shown) = run(&scene, &["show", &id]).await;
    assert_eq!(code, 0);
    assert!(shown.contains("reason: key_null\n") && shown.contains("key: none\n"), "{shown}");
    assert!(shown.contains("value: \\x00voto (5 of 5 bytes)\n"), "{shown}");
}

#[tokio::test]
async fn commands_that_fail_say_one_sentence() {
    let scene = Scene::new(1).await;
    let missing = scene.command(&["parked", "show", "7"]).await;
    let topic = &scene.kafka.kafka_topic;
    assert_eq!(missing.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(missing.stderr).unwrap(),
        format!("votes-register: no record of the topic {topic} was parked under the id 7\n")
    );
    let nowhere = ["parked", "list", "--database-url", "postgres://postgres@127.0.0.1:1/none"];
    let unreachable = scene.command(&nowhere).await;
    let said = String::from_utf8(unreachable.stderr).unwrap();
    assert_eq!((unreachable.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert!(said.starts_with("votes-register: no connection to Postgres"), "{said}");
}

/// What production asks for is carried out by a register.
#[tokio::test]
async fn requests_are_carried_out_once_and_taken_over_from_the_dead() {
    let scene = Scene::new(1).await;
    park_late(&scene, &[scene.vote_in(minutes_ago(10), 1, 2), scene.vote_in(minutes_ago(10), 2, 2)]).await;
    execute(
        &scene,
        "INSERT INTO replay_request (ids, reason, dry_run, who, node, lease_until)
         VALUES (NULL, NULL, true, 'maria', NULL, NULL),
                ((SELECT array_agg(id) || 999 FROM dead_letter), NULL, false, 'maria', 'dead', now() - interval '1 s'),
                (NULL, 'too_late', false, 'joana', NULL, NULL)",
    )
    .await;
    let _registers = (scene.register(), scene.register());
    let finished = "SELECT count(*) FROM replay_request WHERE finished_at IS NOT NULL AND error IS NULL";
    eventually("the requests to be carried out", async || (number(&scene, finished).await == 3).then_some(())).await;
    conserved(&scene).await;
    let outcomes: Vec<(i64, String, i64)> = sqlx::query_as(
        "SELECT request, outcome, count(*) FROM replay_outcome WHERE request < 3 GROUP BY 1, 2 ORDER BY 1, 2",
    )
    .fetch_all(&scene.database.pool)
    .await
    .unwrap();
    let outcome = |request, outcome: &str, count| (request, outcome.to_owned(), count);
    assert!(outcomes.contains(&outcome(2, "unknown", 1)), "{outcomes:?}");
    assert_eq!((replayed(&scene).await, scene.totals().await.votes), (2, 3));
}

#[tokio::test]
async fn a_vote_of_a_published_paredao_stays_out() {
    let scene = Scene::with_paredao(1).await;
    park_late(&scene, &[scene.vote_in(minutes_ago(10), 1, 2)]).await;
    let publish = "WITH proposal AS (
                       INSERT INTO publication_proposal (paredao, result, counted_hash, proposed_by)
                       SELECT id, '{}', repeat('0', 64), 'ana' FROM paredao RETURNING id, paredao
                   )
                   INSERT INTO publication
                   SELECT paredao, id, 'bia', now(), '', repeat('0', 64), '', decode(repeat('00', 64), 'hex'), 'k',
                          decode(repeat('00', 32), 'hex')
                   FROM proposal";
    execute(&scene, publish).await;
    for arguments in [vec!["replay", "--all"], vec!["replay", "--execute", "--reason", "too_late"]] {
        let (_, said) = run(&scene, &arguments).await;
        assert!(said.contains("\tpublished\tthe result of its paredão was published\n"), "{said}");
    }
    assert_eq!(replayed(&scene).await, 0);
}
