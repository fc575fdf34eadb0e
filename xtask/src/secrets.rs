//! What must not be guessed, made once and kept in `.dev/secrets`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use dev_stack::private_file::write_private;
use dev_stack::random;

use crate::folder;

/// The secrets of this clone's development stack.
pub(crate) struct Secrets {
    path: PathBuf,
    values: BTreeMap<String, String>,
}

impl Secrets {
    /// Reads those kept.
    pub(crate) fn load() -> Result<Self> {
        Self::load_from(folder::dev().join("secrets"))
    }

    fn load_from(path: PathBuf) -> Result<Self> {
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text.with_context(|| format!("cannot read {}", path.display()))?,
        };
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        let values = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(Self { path, values })
    }

    /// The keys that seal ballots, as voters-frontend takes them.
    pub(crate) fn ballot_keys(&mut self) -> Result<String> {
        self.get_or_make("BALLOT_KEYS", || Ok(format!("dev:{}", STANDARD.encode(random::bytes::<32>()?))))
    }

    /// The key that signs proof-of-work challenges.
    pub(crate) fn altcha_key(&mut self) -> Result<String> {
        self.get_or_make("ALTCHA_KEY", || Ok(URL_SAFE_NO_PAD.encode(random::bytes::<32>()?)))
    }

    /// The file of the key that signs results: Ed25519 in PEM, as `openssl genpkey` would make it.
    pub(crate) fn result_signing_key(&self) -> Result<PathBuf> {
        let path = self.path.with_file_name("result-signing-key.pem");
        if !path.exists() {
            // PKCS #8 (RFC 8410) of such a key is always these bytes, and then the key's.
            let mut der = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".to_vec();
            der.extend(random::bytes::<32>()?);
            let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der));
            write_private(&path, &pem)?;
        }
        Ok(path)
    }

    /// The password of the production team's user.
    pub(crate) fn production_password(&mut self) -> Result<String> {
        self.get_or_make("PRODUCTION_PASSWORD", || Ok(URL_SAFE_NO_PAD.encode(random::bytes::<12>()?)))
    }

    /// The bearer token for the production API, once there is one.
    pub(crate) fn production_token(&self) -> Option<&str> {
        self.values.get("PRODUCTION_TOKEN").map(String::as_str)
    }

    /// Keeps a new bearer token.
    pub(crate) fn set_production_token(&mut self, token: String) -> Result<()> {
        self.values.insert("PRODUCTION_TOKEN".to_owned(), token);
        self.save()
    }

    fn get_or_make(&mut self, name: &str, make: impl FnOnce() -> Result<String>) -> Result<String> {
        if let Some(value) = self.values.get(name) {
            return Ok(value.clone());
        }
        let value = make()?;
        self.values.insert(name.to_owned(), value.clone());
        self.save()?;
        Ok(value)
    }

    fn save(&self) -> Result<()> {
        let lines = self.values.iter().map(|(name, value)| format!("{name}={value}\n"));
        write_private(&self.path, &lines.collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn are_made_once_and_kept_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets");
        let mut secrets = Secrets::load_from(path.clone()).unwrap();
        let keys = secrets.ballot_keys().unwrap();
        secrets.set_production_token("a=b".to_owned()).unwrap();

        let mut again = Secrets::load_from(path.clone()).unwrap();
        assert_eq!(again.ballot_keys().unwrap(), keys);
        assert_eq!(again.production_token(), Some("a=b"));
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_key_that_signs_results_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = Secrets::load_from(folder.path().join("secrets")).unwrap();
        let path = secrets.result_signing_key().unwrap();
        let pem = fs::read_to_string(&path).unwrap();
        assert!(pem.contains("\nMC4CAQAwBQYDK2VwBCIEI"), "{pem}");
        assert_eq!(fs::read_to_string(secrets.result_signing_key().unwrap()).unwrap(), pem);
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_ballot_key_has_32_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let mut secrets = Secrets::load_from(folder.path().join("secrets")).unwrap();
        let keys = secrets.ballot_keys().unwrap();
        let (_, key) = keys.split_once(':').unwrap();
        assert_eq!(STANDARD.decode(key).unwrap().len(), 32);
    }
}
