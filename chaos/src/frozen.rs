//! Which processes stand still and wouldn't notice that this one ends.
//!
//! A stopped process dies of SIGKILL only, and Postgres is told to end by SIGQUIT, for its sessions' sake.

use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

static FROZEN: Mutex<Vec<i32>> = Mutex::new(Vec::new());

fn frozen() -> MutexGuard<'static, Vec<i32>> {
    FROZEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// These are about to be stopped.
pub(crate) fn add(pids: &[i32]) {
    frozen().extend(pids);
}

/// They go on.
pub(crate) fn clear() {
    frozen().clear();
}

/// Lets all go on, because this process ends.
pub(crate) fn thaw() {
    for &pid in frozen().iter() {
        // It may have ended already.
        let _ = signal::kill(Pid::from_raw(pid), Signal::SIGCONT);
    }
}
