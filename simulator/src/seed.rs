//! One seed from its first step to its end.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::fault::Fired;
use crate::model::{NO_PANIC, Violation};
use crate::trace::Trace;
use crate::world::World;

/// What a seed did.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    /// Steps, those of draining included.
    pub steps: u32,
    /// The faults that it met.
    pub fired: Fired,
}

/// A promise broken by a seed.
#[derive(Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// At which step.
    pub step: u32,
    /// What was broken, and how.
    pub violation: Violation,
    /// The last events, oldest first; empty unless they were asked for.
    pub trace: Vec<String>,
}

/// Runs a seed, and keeps its last `events_max` events in words; the same happens with or without them.
///
/// # Errors
/// The first promise that it breaks.
pub fn run(seed: u64, events_max: usize) -> Result<Outcome, Failure> {
    let mut world = World::new(seed, Trace::of(events_max));
    let lived = catch_unwind(AssertUnwindSafe(|| live(&mut world)));
    match lived.unwrap_or_else(|panic| Err(Violation::of(NO_PANIC, message_of(&*panic)))) {
        Ok(()) => Ok(Outcome { steps: world.steps, fired: world.fired }),
        Err(violation) => Err(Failure { seed, step: world.steps, violation, trace: world.trace.into_lines() }),
    }
}

fn live(world: &mut World) -> Result<(), Violation> {
    for _ in 0..world.plan.steps {
        world.step()?;
    }
    world.heal_and_drain()
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}
