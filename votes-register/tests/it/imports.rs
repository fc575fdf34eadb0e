//! Imported votes: each line counts once, in its minute, if production registered its file.

use voting_commons::{Group, ImportedVote, codec, partitioner};

use crate::harness::{Scene, Totals};

/// A minute of which no ballot can be cast any more.
const MINUTE: i64 = 29_000_000;

async fn registered(scene: &Scene) -> i64 {
    let sql = "INSERT INTO import (paredao, what, registered_by) VALUES (1, 'a test', 'test') RETURNING id::bigint";
    sqlx::query_scalar(sql).fetch_one(&scene.database.pool).await.unwrap()
}

async fn lines_counted(scene: &Scene, import: i64) -> i64 {
    let sql = "SELECT sum(counted)::bigint FROM import_position WHERE import = $1";
    sqlx::query_scalar(sql).bind(import).fetch_one(&scene.database.pool).await.unwrap()
}

async fn write(scene: &Scene, import: i64, lines: std::ops::RangeInclusive<i64>) {
    for number in lines {
        let group = Group {
            paredao: 1.try_into().unwrap(),
            minute: (MINUTE + number % 2).try_into().unwrap(),
            participant: (1 + number % 3).try_into().unwrap(),
        };
        let partition = partitioner::partition_of(group.to_string().as_bytes(), scene.partitions);
        let (import, line) = (import.try_into().unwrap(), number.try_into().unwrap());
        let (key, value) = codec::encode_imported(&ImportedVote { import, line, group, partition });
        scene.append(partition, Some(key.as_bytes()), Some(&value)).await;
    }
}

#[tokio::test]
async fn a_line_counts_once_however_often_and_under_whom_it_comes() {
    let scene = Scene::with_paredao(3).await;
    let mut first = scene.register();
    first.wait_until_ready().await;
    let import = registered(&scene).await;
    write(&scene, import, 1..=20).await;
    scene.written(20).await;
    first.kill();
    write(&scene, import, 1..=25).await;
    let _second = scene.register();
    let totals = scene.written(45).await;
    assert_eq!(totals, Totals { votes: 25, counted: 25, duplicate: 20, parked: 0 });
    assert_eq!(lines_counted(&scene, import).await, 25);
    let recount = scene.command(&["recount", "--paredao", "final"]).await;
    assert_eq!(recount.status.code(), Some(0), "{}", String::from_utf8_lossy(&recount.stdout));
}

#[tokio::test]
async fn lines_of_a_file_that_nobody_registered_are_parked() {
    let scene = Scene::with_paredao(1).await;
    let import = registered(&scene).await;
    let _register = scene.register();
    write(&scene, import + 1, 1..=2).await;
    write(&scene, import, 1..=1).await;
    let totals = scene.written(3).await;
    assert_eq!(totals, Totals { votes: 1, counted: 1, duplicate: 0, parked: 2 });
    assert_eq!(scene.reasons().await, ["import_unknown", "import_unknown"]);
}
