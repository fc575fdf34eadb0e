//! One fault after the other, with healing and a quiet time between.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use crate::deck::Deck;
use crate::faults::Fault;
use crate::freshness::Quiet;
use crate::services::REGISTERS;
use crate::world::{World, blocking, pass};

/// Between a fault and the next.
const QUIET_SECONDS: f64 = 5.0;
/// After a beginning or a healing, each partition gets an owner and what has piled up is worked off before quiet begins.
const CATCH_UP_PATIENCE: Duration = Duration::from_secs(60);
/// So few votes under way and records to be counted are the usual flow.
const UNDER_WAY_USUAL: usize = 300;
const LAG_USUAL: i64 = 1_500;

/// One time that a fault struck.
#[derive(Debug, Clone)]
pub(crate) struct Strike {
    pub(crate) fault: Fault,
    /// What proved it, or why nothing did.
    pub(crate) proof: Result<String, String>,
    /// The seconds of the run in which it was at work, its healing included.
    pub(crate) seconds: Range<usize>,
}

/// Strikes for `time`, and on until there were `strikes_min` strikes, at the most half as long again. Ends early when
/// the system can't be healed.
pub(crate) async fn strike_for(
    world: &mut World,
    deck: &mut Deck,
    quiet: &Quiet,
    time: Duration,
    strikes_min: usize,
    strikes: &mut Vec<Strike>,
) {
    let end = Instant::now() + time;
    let last_end = end + time / 2;
    // The first votes find nothing connected and nothing cached.
    pass(QUIET_SECONDS).await;
    catch_up(world).await;
    quiet.begin();
    pass(QUIET_SECONDS).await;
    loop {
        let (fault, mut rng) = deck.draw();
        let done = Instant::now() + Duration::from_secs(fault.seconds());
        let is_enough = strikes.len() >= strikes_min.max(1);
        if done > if is_enough { end } else { last_end } {
            break;
        }
        quiet.end();
        let begin = world.generator.throughput.now();
        say(begin, &format!("▶ {}", fault.name()));
        let proof = fault.strike(world, &mut rng).await.map_err(|error| format!("{error:#}"));
        let struck = world.generator.throughput.now();
        match &proof {
            Ok(proof) => say(struck, &format!("  proof: {proof}")),
            Err(error) => say(struck, &format!("  NO PROOF: {error}")),
        }
        let healed = blocking(|| world.heal());
        let seconds = begin..world.generator.throughput.now() + 1;
        strikes.push(Strike { fault, proof, seconds });
        if let Err(error) = healed {
            // Nothing more can be learnt from breaking it further; the checker says what was lost.
            say(world.generator.throughput.now(), &format!("  NOT HEALED: {error:#}"));
            world.watch.add("run", format!("not healed after {}: {error:#}", fault.name()));
            return;
        }
        catch_up(world).await;
        say(world.generator.throughput.now(), "  healed");
        quiet.begin();
        pass(QUIET_SECONDS).await;
    }
    // What is left of the time is quiet.
    pass(end.saturating_duration_since(Instant::now()).as_secs_f64()).await;
    quiet.end();
}

async fn catch_up(world: &World) {
    let start = Instant::now();
    while start.elapsed() < CATCH_UP_PATIENCE {
        let has_owners = blocking(|| world.cluster.group_is_stable(REGISTERS)).unwrap_or(false);
        let lag = world.lag().await.unwrap_or(i64::MAX);
        if has_owners && world.generator.under_way() < UNDER_WAY_USUAL && lag < LAG_USUAL {
            return;
        }
        pass(0.5).await;
    }
    say(world.generator.throughput.now(), "  NOT CAUGHT UP");
}

/// How often each fault struck and proved it.
pub(crate) fn proven(strikes: &[Strike]) -> BTreeMap<Fault, usize> {
    let mut counts = BTreeMap::new();
    for strike in strikes.iter().filter(|strike| strike.proof.is_ok()) {
        *counts.entry(strike.fault).or_default() += 1;
    }
    counts
}

/// A line of progress, at a second of the run.
pub(crate) fn say(second: usize, text: &str) {
    println!("{:>3}:{:02}  {text}", second / 60, second % 60);
}
