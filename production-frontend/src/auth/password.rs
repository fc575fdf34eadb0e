//! Passwords: argon2id, which costs memory and time on purpose, so few at once and never on the async threads.

use std::time::Duration;

use anyhow::Context;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use sqlx::PgPool;
use tokio::sync::Semaphore;

use crate::error::Error;

/// Passwords checked at once, 19 MiB each; more wait.
const CHECKS_AT_ONCE_MAX: usize = 2;
/// The longest a check waits for its turn.
const TURN_TIMEOUT: Duration = Duration::from_secs(5);

/// Checks passwords, a few at once.
#[derive(Debug)]
pub(crate) struct Passwords {
    turns: Semaphore,
    /// Checked for a user who doesn't exist, so that both answers take the same time.
    decoy: String,
}

/// The hash of a password, with its salt and cost, as text.
pub(crate) fn hash(password: &str) -> anyhow::Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes()).context("the password can't be hashed")?;
    Ok(hash.to_string())
}

impl Passwords {
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self { turns: Semaphore::new(CHECKS_AT_ONCE_MAX), decoy: hash("decoy")? })
    }

    /// The id of the user with this name and password.
    pub(crate) async fn check(&self, pool: &PgPool, name: &str, password: String) -> Result<i32, Error> {
        let turn = tokio::time::timeout(TURN_TIMEOUT, self.turns.acquire()).await.map_err(|_| Error::Busy)?;
        let _turn = turn.map_err(anyhow::Error::from)?;
        // Postgres's text holds no NUL, so nobody is called that.
        let found = if name.contains('\0') {
            None
        } else {
            sqlx::query!("SELECT id, password_hash FROM producer WHERE name = $1", name).fetch_optional(pool).await?
        };
        let (producer, hash) = match found {
            Some(found) => (Some(found.id), found.password_hash),
            None => (None, self.decoy.clone()),
        };
        let is_right = tokio::task::spawn_blocking(move || is_right(&password, &hash))
            .await
            .context("the check of a password was cut off")??;
        producer.filter(|_| is_right).ok_or(Error::WrongPassword)
    }
}

fn is_right(password: &str, hash: &str) -> anyhow::Result<bool> {
    let hash = PasswordHash::new(hash).context("a stored password hash can't be read")?;
    Ok(Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_password_is_right() {
        let hash = hash("correta").unwrap();
        assert!(is_right("correta", &hash).unwrap());
        assert!(!is_right("errada", &hash).unwrap());
    }
}
