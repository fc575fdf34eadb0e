//! Each backlog is measured on a machine at rest: what the one before left to be written or tidied up isn't this one's work.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::unistd::sync;

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The share of the processors' time that a machine at rest may use.
const BUSY_MAX: f64 = 0.1;
const PATIENCE: Duration = Duration::from_secs(60);

/// All processors' time since the system started, in ticks.
struct Ticks {
    all: u64,
    idle: u64,
}

/// Waits until what was written is on the disk and the processors have next to nothing to do.
pub(crate) fn wait() -> Result<()> {
    sync();
    let begin = Instant::now();
    let mut before = Ticks::now()?;
    loop {
        std::thread::sleep(LOOK_EVERY);
        let now = Ticks::now()?;
        if now.busy_since(&before)? <= BUSY_MAX {
            return Ok(());
        }
        if begin.elapsed() > PATIENCE {
            bail!("something else keeps this machine busy, which would be measured too");
        }
        before = now;
    }
}

impl Ticks {
    fn now() -> Result<Self> {
        let stat = fs::read_to_string("/proc/stat")?;
        let line = stat.lines().next().context("/proc/stat is empty")?;
        // user, nice, system, idle, waiting for the disk, and others.
        let fields: Vec<u64> = line.split_whitespace().skip(1).map(str::parse).collect::<Result<_, _>>()?;
        let [_, _, _, idle, waiting, ..] = fields[..] else { bail!("/proc/stat has another form") };
        Ok(Self { all: fields.iter().sum(), idle: idle + waiting })
    }

    /// The share of the time since `before` that was used.
    fn busy_since(&self, before: &Self) -> Result<f64> {
        let (all, idle) = (
            u32::try_from(self.all.saturating_sub(before.all))?,
            u32::try_from(self.idle.saturating_sub(before.idle))?,
        );
        Ok(1.0 - f64::from(idle) / f64::from(all.max(1)))
    }
}
