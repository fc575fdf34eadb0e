//! One task at a time changes what runs.

use std::fs::{self, File, TryLockError};
use std::time::Duration;

use anyhow::Result;
use dev_stack::wait_until;

use crate::{folder, interrupt, say};

/// Longer than the longest first build or test run.
const PATIENCE: Duration = Duration::from_secs(3600);

/// Waits until no other task holds this lock; it is given back when dropped, or when this process ends.
pub(crate) fn take(name: &str) -> Result<File> {
    let folder = folder::dev();
    fs::create_dir_all(&folder)?;
    let file = File::create(folder.join(format!("{name}.lock")))?;
    let mut waiting = false;
    wait_until("the other task did not end", PATIENCE, || {
        interrupt::check()?;
        match file.try_lock() {
            Ok(()) => return Ok(Some(())),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        if !waiting {
            say::note("waiting for another task in this folder to end");
            waiting = true;
        }
        Ok(None)
    })?;
    Ok(file)
}
