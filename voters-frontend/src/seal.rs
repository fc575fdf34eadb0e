//! Sealing: what leaves this service and comes back unread and unchanged (PASETO v4.local).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pasetors::keys::SymmetricKey;
use pasetors::token::{Local, UntrustedToken};
use pasetors::version4::{LocalToken, V4};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use voting_commons::adapters::secret::Secret;

/// What a sealed token starts with.
pub const TOKEN_PREFIX: &str = "v4.local.";

/// What a token is for. One sealed for one purpose doesn't open for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A ballot to be cast.
    Ballot,
    /// Stands in for a captcha that was passed already.
    Pass,
    /// Shows that its browser has voted in a paredão.
    Voted,
}

impl Purpose {
    /// PASETO's implicit assertion: authenticated, and never sent.
    fn assertion(self) -> &'static [u8] {
        match self {
            Self::Ballot => b"voters-frontend ballot v1",
            Self::Pass => b"voters-frontend pass v1",
            Self::Voted => b"voters-frontend voted v1",
        }
    }
}

/// The footer says by which key a token was sealed, so that keys can be rotated.
#[derive(Serialize, Deserialize)]
struct Footer<'a> {
    kid: &'a str,
}

/// Why the keys can't be used. Never shows them.
#[derive(Debug, thiserror::Error)]
#[error("BALLOT_KEYS must be kid:base64-of-32-bytes[,kid:...], and entry {entry} isn't")]
pub struct KeysMalformed {
    entry: usize,
}

/// The token wasn't sealed here for this purpose, or was changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a token sealed here for this purpose")]
pub struct Forged;

/// The keys: the first seals, each of them opens.
#[derive(Debug)]
pub struct Sealer {
    keys: Vec<(String, SymmetricKey<V4>)>,
}

impl Sealer {
    /// Reads `kid:base64-of-32-bytes[,kid:...]`.
    ///
    /// # Errors
    /// When there is no key, or an entry isn't one.
    pub fn parse(keys: &Secret) -> Result<Self, KeysMalformed> {
        let read = |(index, entry): (usize, &str)| read_key(entry).ok_or(KeysMalformed { entry: index + 1 });
        let keys = keys.reveal().split(',').enumerate().map(read).collect::<Result<_, _>>()?;
        Ok(Self { keys })
    }

    /// Seals `content` with the first key.
    pub fn seal<T: Serialize>(&self, purpose: Purpose, content: &T) -> String {
        let (kid, key) = &self.keys[0];
        let footer = serde_json::to_vec(&Footer { kid }).expect("a string always serializes");
        let content = serde_json::to_vec(content).expect("what is sealed always serializes");
        LocalToken::encrypt(key, &content, Some(&footer), Some(purpose.assertion()))
            .expect("the content isn't empty, and the system gives random bytes")
    }

    /// Opens what any of the keys sealed for `purpose`.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn open<T: DeserializeOwned>(&self, purpose: Purpose, token: &str) -> Result<T, Forged> {
        let token = UntrustedToken::<Local, V4>::try_from(token).map_err(|_| Forged)?;
        let footer: Footer<'_> = serde_json::from_slice(token.untrusted_footer()).map_err(|_| Forged)?;
        let (_, key) = self.keys.iter().find(|(kid, _)| kid == footer.kid).ok_or(Forged)?;
        let opened = LocalToken::decrypt(key, &token, None, Some(purpose.assertion())).map_err(|_| Forged)?;
        serde_json::from_str(opened.payload()).map_err(|_| Forged)
    }
}

fn read_key(entry: &str) -> Option<(String, SymmetricKey<V4>)> {
    let (kid, key) = entry.trim().split_once(':').filter(|(kid, _)| !kid.is_empty())?;
    let bytes = STANDARD.decode(key).ok()?;
    Some((kid.to_owned(), SymmetricKey::from(&bytes).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(entries: &[(&str, u8)]) -> Sealer {
        let entries: Vec<_> =
            entries.iter().map(|(kid, byte)| format!("{kid}:{}", STANDARD.encode([*byte; 32]))).collect();
        Sealer::parse(&Secret::from(entries.join(","))).unwrap()
    }

    #[test]
    fn what_was_sealed_opens_for_its_purpose_only() {
        let sealer = keys(&[("a", 1)]);
        let token = sealer.seal(Purpose::Ballot, &"vote");
        assert!(token.starts_with(TOKEN_PREFIX));
        assert_eq!(sealer.open(Purpose::Ballot, &token), Ok("vote".to_owned()));
        assert_eq!(sealer.open::<String>(Purpose::Pass, &token), Err(Forged));
    }

    #[test]
    fn the_first_key_seals_and_all_of_them_open() {
        let (old, rotated, new) = (keys(&[("a", 1)]), keys(&[("b", 2), ("a", 1)]), keys(&[("b", 2)]));
        let by_old = old.seal(Purpose::Ballot, &1);
        assert_eq!(rotated.open(Purpose::Ballot, &by_old), Ok(1));
        assert_eq!(new.open(Purpose::Ballot, &rotated.seal(Purpose::Ballot, &2)), Ok(2));
        assert_eq!(new.open::<i32>(Purpose::Ballot, &by_old), Err(Forged));
    }

    #[test]
    fn anything_else_is_forged() {
        let sealer = keys(&[("a", 1)]);
        let token = sealer.seal(Purpose::Ballot, &1);
        let other_key = keys(&[("a", 9)]).seal(Purpose::Ballot, &1);
        let cut = &token[..token.len() - 1];
        for forged in ["", "v4.local.", "v4.local.AAAA", "v4.local.AAAA.AAAA", "..", cut, &other_key] {
            assert_eq!(sealer.open::<i32>(Purpose::Ballot, forged), Err(Forged), "{forged}");
        }
    }

    #[test]
    fn malformed_keys_are_refused_without_being_shown() {
        for wrong in ["", "a", "a:", ":AAAA", "a:AAAA"] {
            let error = Sealer::parse(&Secret::from(wrong.to_owned())).unwrap_err().to_string();
            assert!(error.contains("entry 1") && !error.contains("AAAA"), "{error}");
        }
    }
}
