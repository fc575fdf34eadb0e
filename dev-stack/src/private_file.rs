//! Files that only their owner may read.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};

/// Writes a file that only its owner may read, whole or not at all, in a folder that is made where it isn't there.
///
/// # Errors
/// When it can't be written.
pub fn write_private(path: &Path, text: &str) -> Result<()> {
    let write = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let draft = path.with_extension("new");
        let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(text.as_bytes())?;
        fs::rename(draft, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
