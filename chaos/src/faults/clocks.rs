//! Frontends whose clocks are wrong, by a library loaded before the C library.

use std::time::Duration;

use anyhow::{Result, bail};
use dev_stack::wait_until;

use crate::clock_skew;
use crate::services::Kind;
use crate::world::{World, blocking, pass};

/// Within the tolerance of 30 s.
const SKEW_SECONDS: i64 = 20;
/// What `/readyz` says of it.
const WRONG_CLOCK: &str = "this machine's clock is wrong by about";
/// Far past it, so that no ballot's minute fits.
const WRONG_SECONDS: i64 = 300;
const SKEWED_SECONDS: f64 = 10.0;
const PROBES: usize = 20;
/// How long a frontend may take to start and to see that its clock is wrong.
const SEEN_PATIENCE: Duration = Duration::from_secs(60);

/// One frontend is ahead and the other behind, and both go on taking votes that count.
pub(super) async fn skew(world: &mut World, rng: &mut fastrand::Rng) -> Result<String> {
    let ahead = rng.usize(..2);
    let mut proof = Vec::new();
    for frontend in 0..2 {
        let seconds = if frontend == ahead { SKEW_SECONDS } else { -SKEW_SECONDS };
        restart(world, frontend, Some(seconds))?;
        blocking(|| service(world, frontend).wait_until_ready())?;
    }
    pass(SKEWED_SECONDS).await;
    for frontend in 0..2 {
        let mut taken = 0;
        for _ in 0..PROBES {
            taken += usize::from(world.generator.cast_once(frontend, &world.probe).await);
        }
        let shown = shown_skew(world, frontend).await?;
        if taken == 0 || shown.abs() < SKEW_SECONDS / 2 {
            bail!("frontend {} is off by {shown} s and took {taken} of {PROBES} votes", frontend + 1);
        }
        proof.push(format!("frontend {} off by {shown:+} s took {taken} of {PROBES} votes", frontend + 1));
    }
    for frontend in 0..2 {
        restart(world, frontend, None)?;
        blocking(|| service(world, frontend).wait_until_ready())?;
    }
    Ok(proof.join(", "))
}

/// A frontend whose clock is minutes off says so before any vote comes, and answers none with 2xx.
pub(super) async fn break_one(world: &mut World, rng: &mut fastrand::Rng) -> Result<String> {
    let frontend = rng.usize(..2);
    let seconds = if rng.bool() { WRONG_SECONDS } else { -WRONG_SECONDS };
    restart(world, frontend, Some(seconds))?;
    let broken = service(world, frontend);
    let report = blocking(|| {
        wait_until("the frontend didn't see that its clock is wrong", SEEN_PATIENCE, || {
            Ok(broken.unready().filter(|report| report.contains(WRONG_CLOCK)))
        })
    })?;
    let mut taken = 0;
    for _ in 0..PROBES {
        taken += usize::from(world.generator.cast_once(frontend, &world.probe).await);
        // A ballot from a clock that is right.
        if let Some(token) =
            world.generator.api.ballot(1 - frontend, &world.probe.slug, world.probe.participants[0]).await
        {
            taken += usize::from(world.generator.cast_token_once(frontend, &world.probe, &token).await);
        }
    }
    if taken > 0 {
        world.watch.add("P1", format!("frontend {} with a clock off by {seconds} s took {taken} votes", frontend + 1));
    }
    restart(world, frontend, None)?;
    blocking(|| service(world, frontend).wait_until_ready())?;
    let asked = 2 * PROBES;
    Ok(format!("frontend {} off by {seconds:+} s took {taken} of {asked} votes, not ready: {report}", frontend + 1))
}

fn service(world: &mut World, frontend: usize) -> &mut crate::services::Service {
    let mut frontends = world.services.all().iter_mut().filter(|service| service.kind == Kind::Frontend);
    frontends.nth(frontend).expect("there are two")
}

/// Ends a frontend cleanly and starts it again, its clock off by `seconds`.
fn restart(world: &mut World, frontend: usize, seconds: Option<i64>) -> Result<()> {
    let environment = seconds.map(|seconds| clock_skew::environment(&world.skew, seconds)).unwrap_or_default();
    let service = service(world, frontend);
    blocking(|| {
        service.terminate()?;
        service.start_again(&environment)
    })
}

/// By how many seconds a frontend's clock is off, from the expiry of a ballot that it gives out.
async fn shown_skew(world: &World, frontend: usize) -> Result<i64> {
    let expires_at = world.generator.api.expiry(frontend, &world.probe.slug, world.probe.participants[0]).await?;
    Ok(expires_at.as_second() - jiff::Timestamp::now().as_second() - 180)
}
