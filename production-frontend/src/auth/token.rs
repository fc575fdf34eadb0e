//! Random tokens, of which only the hash is stored: a stolen database opens no door.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use sqlx::PgExecutor;

use super::{Kind, Producer, Role};
use crate::error::Error;

/// 256 random bits: too many to guess, so that a fast hash protects them.
const TOKEN_BYTES: usize = 32;

/// A session's or a script's secret.
pub(crate) struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

impl From<&str> for Token {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Token {
    pub(crate) fn random() -> Self {
        Self(URL_SAFE_NO_PAD.encode(rand::random::<[u8; TOKEN_BYTES]>()))
    }

    /// What is stored and looked up.
    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// The secret itself, for its owner.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

/// The script that this token belongs to.
pub(crate) async fn find_api_token(executor: impl PgExecutor<'_>, token: &Token) -> Result<Option<Producer>, Error> {
    let found = sqlx::query!("SELECT name, role FROM api_token WHERE token_hash = $1", &token.hash()[..])
        .fetch_optional(executor)
        .await?;
    let producer = found.map(|found| {
        Ok::<_, Error>(Producer { name: found.name, kind: Kind::Token, role: Role::stored(&found.role)? })
    });
    producer.transpose()
}
