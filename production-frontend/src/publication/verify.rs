//! Whether a result package is genuine, for whoever holds its files and the public key.

use ed25519_dalek::pkcs8::DecodePublicKey;
use ed25519_dalek::{Signature, VerifyingKey};

use super::key::key_id;
use super::package::{FORMAT, SignedResult};

/// A package's files.
#[derive(Debug, Clone, Copy)]
pub struct Package<'a> {
    /// The signed result.
    pub json: &'a [u8],
    /// Its signature: 64 bytes.
    pub signature: &'a [u8],
    /// The CSV, if it is to be checked too.
    pub csv: Option<&'a [u8]>,
}

/// Why a package isn't genuine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotGenuine {
    /// The key's file isn't one.
    #[error("the key isn't an Ed25519 public key in PEM")]
    NoKey,
    /// Whoever signed doesn't have this key, or something was changed after.
    #[error("the signature isn't this key's for this result: the file was changed, or somebody else signed it")]
    Signature,
    /// It was signed, and is no result.
    #[error("what was signed isn't a result")]
    NoResult,
    /// It is of another time.
    #[error("the result is of a format that this program doesn't know")]
    Format,
    /// The CSV isn't the one that was published.
    #[error("the CSV file isn't the one that was published with this result")]
    Csv,
}

/// The result, if `package` is genuine by the key in `pem`.
///
/// # Errors
/// When it isn't.
pub fn verify(package: &Package<'_>, pem: &str) -> Result<SignedResult, NotGenuine> {
    let key = VerifyingKey::from_public_key_pem(pem).map_err(|_| NotGenuine::NoKey)?;
    let signature = Signature::from_slice(package.signature).map_err(|_| NotGenuine::Signature)?;
    key.verify_strict(package.json, &signature).map_err(|_| NotGenuine::Signature)?;
    let result = SignedResult::read(package.json).map_err(|_| NotGenuine::NoResult)?;
    if result.result.format != FORMAT {
        return Err(NotGenuine::Format);
    }
    if result.key_id != key_id(&key) {
        return Err(NotGenuine::NoResult);
    }
    if package.csv.is_some_and(|csv| !result.has_csv(csv)) {
        return Err(NotGenuine::Csv);
    }
    Ok(result)
}
