//! What nobody can guess.

use std::fs::File;
use std::io::Read as _;

use anyhow::Result;

/// So many random bytes, from the kernel.
///
/// # Errors
/// When it gives none.
pub fn bytes<const LENGTH: usize>() -> Result<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}
