//! How much memory a process holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::task::JoinHandle;

const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Looks at a process for as long as it isn't dropped.
#[derive(Debug)]
pub(crate) struct Memory {
    process: u32,
    peak_kib: Arc<AtomicU64>,
    look: JoinHandle<()>,
}

impl Memory {
    pub(crate) fn watch(process: u32) -> Self {
        let peak_kib = Arc::new(AtomicU64::new(0));
        let peak = Arc::clone(&peak_kib);
        let look = tokio::spawn(async move {
            while let Ok(now) = resident_kib(process) {
                peak.fetch_max(now, Ordering::Relaxed);
                tokio::time::sleep(LOOK_EVERY).await;
            }
        });
        Self { process, peak_kib, look }
    }

    /// What it holds now, in MiB.
    ///
    /// # Errors
    /// When the process is gone.
    pub(crate) fn now_mib(&self) -> Result<u64> {
        Ok(resident_kib(self.process)? / 1024)
    }

    /// The most that it held at a time, in MiB.
    pub(crate) fn peak_mib(&self) -> u64 {
        self.peak_kib.load(Ordering::Relaxed) / 1024
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.look.abort();
    }
}

fn resident_kib(process: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).context("the process is gone")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the process has ended")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_holds_some_memory() {
        assert!(resident_kib(std::process::id()).unwrap() > 100);
    }
}
