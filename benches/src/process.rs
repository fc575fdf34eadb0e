//! What a process has used, as Linux says it.

use std::fs;

use anyhow::{Context, Result};
use nix::unistd::{SysconfVar, sysconf};

/// Seconds of processor time, of all threads.
pub(crate) fn cpu_seconds(pid: i32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in front is in parentheses and may hold anything.
    let (_, fields) = stat.rsplit_once(')').context("/proc/stat has another form")?;
    let field = |index: usize| -> Result<u32> {
        Ok(fields.split_whitespace().nth(index).context("/proc/stat has another form")?.parse()?)
    };
    let ticks_per_second = sysconf(SysconfVar::CLK_TCK)?.context("the system has no clock tick")?;
    // utime and stime are the fields 14 and 15, of which 2 come before the parenthesis.
    Ok(f64::from(field(11)? + field(12)?) / f64::from(u32::try_from(ticks_per_second)?))
}

/// The most memory it ever had, in MiB.
pub(crate) fn memory_mib_max(pid: i32) -> Result<u64> {
    status_mib(pid, "VmHWM:")
}

/// The memory that it has now, in MiB.
pub(crate) fn memory_mib(pid: i32) -> Result<u64> {
    status_mib(pid, "VmRSS:")
}

fn status_mib(pid: i32, name: &str) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).context("/proc/status has another form")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024)
}
