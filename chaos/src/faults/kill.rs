//! `kill -9`.

use anyhow::{Result, bail};

use crate::services::Kind;
use crate::world::{World, blocking, pass};

/// How long what was killed stays away, in seconds.
const AWAY_SECONDS: f64 = 2.0;

pub(super) async fn service(world: &mut World, kind: Kind, rng: &mut fastrand::Rng) -> Result<String> {
    let service = world.services.draw(kind, rng);
    let before = service.pid();
    blocking(|| service.kill())?;
    pass(AWAY_SECONDS).await;
    if service.is_running() {
        bail!("{} survived SIGKILL", service.name);
    }
    service.start_again(&[])?;
    blocking(|| service.wait_until_ready())?;
    Ok(format!("{}: process {before} gone, {} ready", service.name, service.pid()))
}

pub(super) async fn postgres(world: &mut World) -> Result<String> {
    let primary = &mut world.database.primary;
    let before = primary.pid();
    blocking(|| primary.kill())?;
    pass(AWAY_SECONDS).await;
    if primary.sql("SELECT 1").is_ok() {
        bail!("Postgres survived SIGKILL");
    }
    blocking(|| primary.start_again())?;
    Ok(format!("process {before} and its sessions gone, {} recovered from the write-ahead log", primary.pid()))
}
