//! The key that signs results.

use std::path::Path;

use anyhow::Context;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePublicKey};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};

use super::counted::sha256;

/// How much of the public key's hash names it, in hexadecimal digits.
const KEY_ID_DIGITS: usize = 16;

/// Signs results. Another key in its place is all it takes to rotate: its name follows from it.
pub(crate) struct ResultKey(SigningKey);

impl std::fmt::Debug for ResultKey {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ResultKey").field(&self.id()).finish()
    }
}

impl ResultKey {
    /// Reads a PEM file as `openssl genpkey -algorithm ed25519` writes it.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let pem = std::fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))?;
        let key = SigningKey::from_pkcs8_pem(&pem);
        Ok(Self(key.with_context(|| format!("{} isn't an Ed25519 key in PEM", path.display()))?))
    }

    /// Its name.
    pub(crate) fn id(&self) -> String {
        key_id(&self.0.verifying_key())
    }

    /// The 32 bytes by which anybody can check what it signed.
    pub(crate) fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// The signature of `bytes`.
    pub(crate) fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).to_bytes()
    }
}

/// The name of a public key: the first digits of the SHA-256 of its DER.
pub(crate) fn key_id(key: &VerifyingKey) -> String {
    let der = key.to_public_key_der().expect("a public key of fixed size can be written");
    sha256(der.as_bytes())[..KEY_ID_DIGITS].to_owned()
}

/// A public key as `openssl` reads it.
pub(crate) fn public_pem(public: &[u8]) -> anyhow::Result<String> {
    let key = VerifyingKey::try_from(public).context("a stored public key isn't one")?;
    key.to_public_key_pem(LineEnding::LF).context("a public key can't be written")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_openssls_is_read_and_named() {
        let folder = std::env::temp_dir().join(format!("result-key-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("key.pem");
        // From RFC 8410, 10.3.
        std::fs::write(
            &path,
            "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
             -----END PRIVATE KEY-----\n",
        )
        .unwrap();
        let key = ResultKey::read(&path).unwrap();
        let pem = public_pem(&key.public()).unwrap();
        assert!(pem.contains("MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="), "{pem}");
        assert_eq!(key.id(), "a1e9156054e04fac");
        std::fs::write(&path, "not a key").unwrap();
        assert!(ResultKey::read(&path).is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
