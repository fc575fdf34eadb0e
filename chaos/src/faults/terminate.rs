//! SIGTERM while votes flow: a service must end by itself, in time and without a complaint.

use anyhow::Result;

use crate::services::Kind;
use crate::world::{World, blocking};

pub(super) async fn service(world: &mut World, kind: Kind, rng: &mut fastrand::Rng) -> Result<String> {
    let service = world.services.draw(kind, rng);
    let took = match blocking(|| service.terminate()) {
        Ok(took) => took,
        Err(error) => {
            world.watch.add("P1", format!("not a clean end: {error:#}"));
            return Err(error);
        }
    };
    service.start_again(&[])?;
    blocking(|| service.wait_until_ready())?;
    Ok(format!("{} ended with 0 after {:.1} s", service.name, took.as_secs_f64()))
}
