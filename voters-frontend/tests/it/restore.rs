//! A database that was restored from a backup gets back what frontends know.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool};
use test_support::eventually;

use crate::support::Service;

const SCRIPT: &str = include_str!("../../../docs/restore-paredoes.sql");

/// Back to a time before the closing was moved, a participant replaced, and `later` made.
const OLDER: &str = "
    UPDATE paredao SET closes_at = opens_at + interval '2 minutes', title = 'Antes' WHERE slug = 'paredao-1';
    INSERT INTO panorama VALUES (1, 7, '2026-11-21T12:00:00Z', 3);
    INSERT INTO participant (paredao, name, position) VALUES (1, 'Zeca', 4);
    INSERT INTO panorama_share SELECT 1, id, 1, 10000 FROM participant WHERE name = 'Zeca';
    DELETE FROM participant WHERE name = 'Bia';
    UPDATE participant SET position = 2 WHERE name = 'Zeca';
    DELETE FROM participant WHERE paredao = 7;
    DELETE FROM paredao WHERE id = 7";

#[tokio::test]
async fn a_restored_database_gets_back_what_frontends_know_by_the_same_numbers() {
    let (service, database) = Service::fresh().await;
    run(
        &database.pool,
        "INSERT INTO paredao (id, slug, title, opens_at, visibility, shards) OVERRIDING SYSTEM VALUE
         VALUES (7, 'later', 'D''Ávila \"sai\"?', '2026-01-01T00:00Z', 'after_closing', 16);
         INSERT INTO participant (id, paredao, name, position) OVERRIDING SYSTEM VALUE VALUES (70, 7, 'Gal', 2), (71, 7, 'Hugo', 1)",
    )
    .await;
    let known = eventually("the newest to be known", async || {
        let known = paredoes(&service).await;
        known.as_array()?.iter().any(|one| one["slug"] == "later").then_some(known)
    })
    .await;
    run(&database.pool, OLDER).await;
    eventually("the older ones to be known", async || (paredoes(&service).await != known).then_some(())).await;

    let document = format!("CREATE TEMPORARY TABLE saved_document AS SELECT $json${known}$json$::jsonb AS paredoes;");
    run(&database.pool, &format!("BEGIN; {document} {SCRIPT} COMMIT")).await;
    eventually("all to be as it was", async || (paredoes(&service).await == known).then_some(())).await;
    let later = known.as_array().unwrap().iter().find(|one| one["id"] == 7).unwrap();
    assert_eq!((&later["shards"], &later["participants"][0]["id"]), (&json!(16), &json!(71)));
    let next: i32 = sqlx::query_scalar("INSERT INTO paredao (slug, title) VALUES ('next', 'Quem?') RETURNING id")
        .fetch_one(&database.pool)
        .await
        .unwrap();
    assert!(next > 1_000, "{next} may have been given out before");
}

async fn paredoes(service: &Service) -> Value {
    service.get("/api/v1/paredoes").await.json().await.unwrap()
}

async fn run(pool: &PgPool, script: &str) {
    sqlx::raw_sql(AssertSqlSafe(script)).execute(pool).await.unwrap();
}
