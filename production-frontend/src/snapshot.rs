//! Reading several things as they were at one moment.

use sqlx::{PgPool, Postgres, Transaction};

/// Begins a transaction that only reads, and sees the database as it is at its first query.
pub(crate) async fn begin(pool: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
}
