//! One run: start everything, attack it while voters vote, count, and decide.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use end_to_end::{Plan, System};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::attacks::{self, Flooded, Told};
use crate::honest::{Honest, Votes};
use crate::memory::Memory;
use crate::target::{CONNECTIONS_MAX, REQUESTS_MAX, STREAMS_MAX, Target};
use crate::{Options, schemathesis, summary};

/// How long voters vote before the first attack.
const QUIET: Duration = Duration::from_secs(3);
/// How long services have after a wave to give back what it took.
const REST: Duration = Duration::from_secs(3);
/// How long a long run's waves follow each other.
const LONG: Duration = Duration::from_secs(600);
/// How much more memory a frontend may take at any moment of an attack than before it, in MiB: what its limits for
/// connections, requests and bodies add up to, and as much again for allocators.
const GROWTH_MIB_MAX: u64 = 192;
/// How much more it may hold after the last wave of a long run than after the second, in MiB: nothing, but allocators
/// aren't exact.
const LEAK_MIB_MAX: u64 = 32;
/// What services say of panics, and of what they answer with 500.
const CONFESSIONS: [&str; 3] = ["panicked at", "a request met a defect", "can't be drawn"];

/// Runs; whether everything held.
///
/// # Errors
/// When something can't be started or read: then nothing is known.
pub(crate) async fn run(options: &Options) -> Result<bool> {
    let (_, files) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, files, files)?;
    let start = Instant::now();
    let log = options.dir.join("services.log");
    let mut system = System::start(&plan(&log)?).await;
    let (honest, flooded) = (system.open_paredao("honest").await, system.open_paredao("flooded").await);
    let target = Target::new(&system, honest, flooded)?;
    println!("everything runs after {:.0} s", start.elapsed().as_secs_f64());

    let mut broken = Vec::new();
    let (told, votes, flooded, memories) = attack(options, &system, &target, &mut broken).await?;
    broken.extend(told.iter().flat_map(|(name, tally)| tally.broken.iter().map(move |what| format!("{name}: {what}"))));
    broken.extend(votes.broken.iter().cloned());
    system.settle().await;
    broken.extend(judge_counts(&system, &target, &votes, &flooded).await);

    println!("schemathesis");
    let (voters, production) = (&system.voters.url, &system.production.url);
    let (voters, production) = tokio::try_join!(
        schemathesis::holds(options, "voters", voters, None),
        schemathesis::holds(options, "production", production, Some(&system.production.token)),
    )?;
    for (held, name) in [(voters, "voters"), (production, "production")] {
        println!("{name}'s API: {}", if held { "no 5xx but 503" } else { "BROKEN" });
        broken.extend((!held).then(|| format!("schemathesis: {name}'s API answers what it must not")));
    }
    broken.extend(judge_services(&mut system, &log)?);

    println!("\n{}{}\n{memories}", summary::table(&told), summary::votes(&votes));
    for what in &broken {
        println!("BROKEN  {what}");
    }
    println!(
        "{} after {:.0} s",
        if broken.is_empty() { "EVERYTHING HELD" } else { "NOT EVERYTHING HELD" },
        start.elapsed().as_secs_f64()
    );
    Ok(broken.is_empty())
}

fn plan(log: &Path) -> Result<Plan> {
    std::fs::File::create(log).with_context(|| format!("can't write {}", log.display()))?;
    let more =
        [("REQUESTS_MAX", REQUESTS_MAX), ("CONNECTIONS_MAX", CONNECTIONS_MAX), ("LIVE_STREAMS_MAX", STREAMS_MAX)];
    let more = more.map(|(name, value)| (name, value.to_string())).to_vec();
    Ok(Plan { more, log: Some(log.to_owned()), ..Plan::shared() })
}

/// Waves of attacks while voters vote; and a line about memory.
async fn attack(
    options: &Options,
    system: &System,
    target: &Target,
    broken: &mut Vec<String>,
) -> Result<(Vec<Told>, Votes, Flooded, String)> {
    let honest = Honest::begin(target)?;
    tokio::time::sleep(QUIET).await;
    let watched = [("voters-frontend", &system.frontend), ("production-frontend", &system.production_frontend)]
        .map(|(name, service)| (name, Memory::watch(service.process_id())));
    let now = || watched.iter().map(|(_, memory)| memory.now_mib()).collect::<Result<Vec<_>>>();
    let mut rests = vec![now()?];
    let (start, flooded, mut told) = (Instant::now(), Flooded::default(), Vec::<Told>::new());
    loop {
        for (name, tally) in attacks::wave(target, &flooded).await {
            match told.iter_mut().find(|(known, _)| *known == name) {
                Some((_, sum)) => sum.merge(tally),
                None => told.push((name, tally)),
            }
        }
        tokio::time::sleep(REST).await;
        rests.push(now().context("a frontend ended")?);
        println!("wave {} ends after {:.0} s", rests.len() - 1, start.elapsed().as_secs_f64());
        if !options.long || start.elapsed() > LONG {
            break;
        }
    }
    let votes = honest.end().await;
    let mut lines = String::new();
    for (index, (name, memory)) in watched.iter().enumerate() {
        let at: Vec<_> = rests.iter().map(|rest| rest[index]).collect();
        let (peak, last) = (memory.peak_mib(), at[at.len() - 1]);
        lines += &format!("{name}: {} MiB before, {peak} MiB at most, {last} MiB after\n", at[0]);
        if peak > at[0] + GROWTH_MIB_MAX {
            broken.push(format!("{name} took more than {GROWTH_MIB_MAX} MiB"));
        }
        if at.get(2).is_some_and(|second| last > second + LEAK_MIB_MAX) {
            broken.push(format!("{name} loses memory: {at:?} MiB after the waves"));
        }
    }
    Ok((told, votes, flooded, lines))
}

/// Each vote that was taken is counted, and none that wasn't cast.
async fn judge_counts(system: &System, target: &Target, votes: &Votes, flooded: &Flooded) -> Vec<String> {
    let mut broken = Vec::new();
    let total = async |slug: &str| system.production.totals(slug, "granularity=hour").await.body["total"].as_u64();
    let (counted, taken) = (total(&target.honest.slug).await, u64::try_from(votes.waits.len()).unwrap_or(u64::MAX));
    println!("honest votes: {taken} taken, {counted:?} counted");
    if counted != Some(taken) || taken == 0 {
        broken.push(format!("{taken} honest votes were taken, and {counted:?} counted"));
    }
    let counted = total(&target.flooded.slug).await.unwrap_or_default();
    let (accepted, unsure) = (flooded.accepted.load(Ordering::Relaxed), flooded.unsure.load(Ordering::Relaxed));
    println!("votes of the flood: {accepted} taken and {unsure} refused or cut off, {counted} counted");
    if !(accepted..=accepted + unsure).contains(&counted) {
        broken.push(format!("of a flood {accepted} votes were taken and {unsure} weren't, and {counted} counted"));
    }
    broken
}

/// Whether each is still the process that it was, and has nothing to confess.
fn judge_services(system: &mut System, log: &Path) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    for (name, service) in
        [("voters-frontend", &mut system.frontend), ("production-frontend", &mut system.production_frontend)]
    {
        if !service.is_running() {
            broken.push(format!("{name} ended"));
        }
    }
    let log = std::fs::read(log).context("the services' log is gone")?;
    let log = String::from_utf8_lossy(&log);
    let confessions = log.lines().filter(|line| CONFESSIONS.iter().any(|confession| line.contains(confession)));
    broken.extend(confessions.take(5).map(|line| format!("log: {line}")));
    Ok(broken)
}
