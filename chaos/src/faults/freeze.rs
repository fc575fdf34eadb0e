//! SIGSTOP, long enough that the others stop waiting, and SIGCONT.

use std::fs;
use std::time::Duration;

use anyhow::{Result, bail};
use nix::sys::signal::Signal;

use crate::database::number;
use crate::frozen;
use crate::services::Kind;
use crate::world::{World, blocking, pass};

/// Past the registers' session time-out of 6 s and the brokers' of 4 s.
const FROZEN_SECONDS: f64 = 9.0;
const FRONTEND_FROZEN_SECONDS: f64 = 14.0;
const OTHERS_PATIENCE: Duration = Duration::from_secs(40);

pub(super) async fn service(world: &mut World, kind: Kind, rng: &mut fastrand::Rng) -> Result<String> {
    let service = world.services.draw(kind, rng);
    let (name, pid) = (service.name.clone(), service.pid());
    // Voters must stop waiting too.
    let seconds = if kind == Kind::Frontend { FRONTEND_FROZEN_SECONDS } else { FROZEN_SECONDS };
    service.signal(Signal::SIGSTOP)?;
    pass(seconds).await;
    let state = state_of(pid);
    service.signal(Signal::SIGCONT)?;
    if state != Some('T') {
        bail!("{name} was not stopped but in state {state:?}");
    }
    Ok(format!("{name} stood still for {seconds} s"))
}

/// Proves that others took over what the frozen one had.
pub(super) async fn register(world: &mut World, rng: &mut fastrand::Rng) -> Result<String> {
    let client = world.database.place().connect().await?;
    let service = world.services.draw(Kind::Register, rng);
    let (name, pid) = (service.name.clone(), service.pid());
    let owned = format!("SELECT count(*) FROM register_cursor WHERE owner = '{name}'");
    let before = number(&client, &owned).await?;
    service.signal(Signal::SIGSTOP)?;
    pass(FROZEN_SECONDS).await;
    let deadline = std::time::Instant::now() + OTHERS_PATIENCE;
    let mut left = before;
    while left > 0 && std::time::Instant::now() < deadline {
        pass(0.25).await;
        left = number(&client, &owned).await?;
    }
    let state = state_of(pid);
    service.signal(Signal::SIGCONT)?;
    if state != Some('T') || left > 0 || before == 0 {
        bail!("{name} was in state {state:?}, had {before} partitions and kept {left}");
    }
    Ok(format!("{name} stood still until others had claimed its {before} partitions"))
}

/// Proves that other brokers took over the lead.
pub(super) async fn broker(world: &mut World) -> Result<String> {
    let (index, led) = blocking(|| world.cluster.leader_of_most())?;
    let pid = world.cluster.brokers[index].kafka.pid();
    world.cluster.brokers[index].kafka.freeze()?;
    pass(FROZEN_SECONDS).await;
    let waited = blocking(|| world.cluster.wait_until_others_lead(index));
    let state = state_of(pid);
    world.cluster.brokers[index].kafka.thaw()?;
    waited?;
    if state != Some('T') {
        bail!("the broker was not stopped but in state {state:?}");
    }
    Ok(format!("broker {} stood still until others led its {led} partitions", world.cluster.brokers[index].id))
}

pub(super) async fn postgres(world: &mut World) -> Result<String> {
    let pids = world.database.primary.processes();
    let primary = &mut world.database.primary;
    frozen::add(&pids);
    primary.freeze()?;
    pass(FROZEN_SECONDS).await;
    let stopped = pids.iter().filter(|&&pid| state_of(pid) == Some('T')).count();
    primary.thaw()?;
    frozen::clear();
    if stopped == 0 || state_of(pids[0]) == Some('T') {
        bail!("{stopped} of Postgres's processes were stopped");
    }
    Ok(format!("{stopped} processes of Postgres stood still for {FROZEN_SECONDS} s"))
}

/// The letter by which the kernel says what a process does; `T` when it is stopped.
fn state_of(pid: i32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.trim_start().chars().next()
}
