//! Passwords: argon2id, which costs memory and time on purpose, so few at once and never on the async threads.

use std::time::Duration;

use anyhow::Context;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use sqlx::PgPool;
use tokio::sync::Semaphore;

use super::{Kind, Producer, Role};
use crate::error::Error;

/// The shortest password, in bytes.
pub(crate) const PASSWORD_BYTES_MIN: usize = 8;
/// The longest password, in bytes.
pub(crate) const PASSWORD_BYTES_MAX: usize = 1024;
/// Passwords checked at once, 19 MiB each; more wait.
const CHECKS_AT_ONCE_MAX: usize = 2;
/// The longest a check waits for its turn.
const TURN_TIMEOUT: Duration = Duration::from_secs(5);

/// Hashes and checks passwords, a few at once.
#[derive(Debug)]
pub(crate) struct Passwords {
    turns: Semaphore,
    /// Checked for a user who doesn't exist, so that both answers take the same time.
    decoy: String,
}

/// Somebody who has proved to be this user.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) id: i32,
    /// Of the password that they know.
    pub(crate) password_hash: String,
    /// Whether that is one that somebody else chose for them.
    pub(crate) must_change_password: bool,
    pub(crate) producer: Producer,
}

/// The hash of a password, with its salt and cost, as text.
pub(crate) fn hash(password: &str) -> anyhow::Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes()).context("the password can't be hashed")?;
    Ok(hash.to_string())
}

/// Whether a password is neither too short nor too long.
pub(crate) fn is_usable(password: &str) -> bool {
    (PASSWORD_BYTES_MIN..=PASSWORD_BYTES_MAX).contains(&password.len())
}

impl Passwords {
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self { turns: Semaphore::new(CHECKS_AT_ONCE_MAX), decoy: hash("decoy")? })
    }

    /// The hash of a password that is to be somebody's.
    pub(crate) async fn hash(&self, password: String) -> Result<String, Error> {
        if !is_usable(&password) {
            return Err(Error::PasswordInvalid);
        }
        self.in_turn(move || hash(&password)).await
    }

    /// The user with this name and password. Whoever asks writes into the audit that somebody tried in vain.
    pub(crate) async fn check(&self, pool: &PgPool, name: &str, password: String) -> Result<User, Error> {
        // Postgres's text holds no NUL, so nobody is called that.
        let found = if name.contains('\0') {
            None
        } else {
            sqlx::query!(
                r#"SELECT id, password_hash, role, one_time_until IS NOT NULL AS "is_one_time!",
                          coalesce(one_time_until <= now(), false) AS "is_expired!"
                   FROM producer WHERE name = $1 AND active"#,
                name
            )
            .fetch_optional(pool)
            .await?
        };
        let hash = found.as_ref().map_or(&self.decoy, |found| &found.password_hash).clone();
        let is_right = self.in_turn(move || is_right(&password, &hash)).await?;
        match found {
            Some(found) if is_right && found.is_expired => Err(Error::PasswordExpired),
            Some(found) if is_right => Ok(User {
                id: found.id,
                producer: Producer { name: name.to_owned(), kind: Kind::User, role: Role::stored(&found.role)? },
                password_hash: found.password_hash,
                must_change_password: found.is_one_time,
            }),
            _ => Err(Error::WrongPassword),
        }
    }

    /// Does what costs much off the async threads, few at once.
    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let turn = tokio::time::timeout(TURN_TIMEOUT, self.turns.acquire()).await.map_err(|_| Error::Busy)?;
        let _turn = turn.map_err(anyhow::Error::from)?;
        Ok(tokio::task::spawn_blocking(work).await.context("work on a password was cut off")??)
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
