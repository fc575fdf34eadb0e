//! Passwords: argon2id, which costs memory and time on purpose, so few at once and never on the async threads.

use std::time::Duration;

use anyhow::Context;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use sqlx::PgPool;
use tokio::sync::Semaphore;

use super::{Kind, Producer, Role};
use crate::audit;
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

/// Somebody who has proved to be this user.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) id: i32,
    pub(crate) producer: Producer,
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

    /// The user with this name and password; the audit keeps who tried in vain.
    pub(crate) async fn check(&self, pool: &PgPool, name: &str, password: String) -> Result<User, Error> {
        let turn = tokio::time::timeout(TURN_TIMEOUT, self.turns.acquire()).await.map_err(|_| Error::Busy)?;
        let _turn = turn.map_err(anyhow::Error::from)?;
        // Postgres's text holds no NUL, so nobody is called that.
        let found = if name.contains('\0') {
            None
        } else {
            sqlx::query!("SELECT id, password_hash, role FROM producer WHERE name = $1 AND active", name)
                .fetch_optional(pool)
                .await?
        };
        let hash = found.as_ref().map_or(&self.decoy, |found| &found.password_hash).clone();
        let is_right = tokio::task::spawn_blocking(move || is_right(&password, &hash))
            .await
            .context("the check of a password was cut off")??;
        match found {
            Some(user) if is_right => {
                let producer = Producer { name: name.to_owned(), kind: Kind::User, role: Role::stored(&user.role)? };
                Ok(User { id: user.id, producer })
            }
            known => {
                audit::write_refused_sign_in(pool, known.map(|_| name)).await?;
                Err(Error::WrongPassword)
            }
        }
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
