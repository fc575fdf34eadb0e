//! The production's exact totals, as its API gives them, by minute, hour and day.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use dev_stack::daemon::{Daemon, Lifetime};
use dev_stack::{port, wait_until};
use nix::sys::signal::Signal;
use serde::Deserialize;

use crate::http;

const PROGRAM: &str = "production-frontend";
const START_PATIENCE: Duration = Duration::from_secs(60);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// The grains and their lengths in minutes. The zone of civil days, São Paulo's, knows no summer time.
const GRAINS: [(&str, i32); 3] = [("minute", 1), ("hour", 60), ("day", 24 * 60)];

/// One answer of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExactTotals {
    pub(crate) paredao: i32,
    /// The length of each span, in minutes.
    pub(crate) span_minutes: i32,
    pub(crate) total: i64,
    /// By participant.
    pub(crate) participants: BTreeMap<i32, i64>,
    /// Hundredths of a percent, summed over all participants.
    pub(crate) hundredths: i64,
    /// By participant and the span's first minute since the Unix epoch.
    pub(crate) series: BTreeMap<(i32, i32), i64>,
}

#[derive(Deserialize)]
struct View {
    total: i64,
    participants: Vec<ParticipantView>,
    series: Vec<Item>,
}

#[derive(Deserialize)]
struct ParticipantView {
    id: i32,
    total: i64,
    percent: f64,
}

#[derive(Deserialize)]
struct Item {
    start: jiff::Timestamp,
    participant: i32,
    votes: i64,
}

/// Starts the production's frontend on `database_url`, asks for the totals of `paredoes` (id and slug) and ends it.
pub(crate) fn ask(
    binaries: &Path,
    folder: &Path,
    database_url: &str,
    paredoes: &[(i32, String)],
) -> Result<Vec<ExactTotals>> {
    let command = || {
        let mut command = Command::new(binaries.join(PROGRAM));
        command.env("DATABASE_URL", database_url).env("RUST_LOG", "warn");
        command
    };
    let added = command().args(["token", "add", "--name", "chaos"]).output()?;
    if !added.status.success() {
        bail!("no token was made: {}", String::from_utf8_lossy(&added.stderr).trim());
    }
    let token = String::from_utf8(added.stdout)?.trim().to_owned();

    let (listen, admin) = (port::free()?, port::free()?);
    let mut serve = command();
    serve.arg("serve");
    serve.env("LISTEN", format!("127.0.0.1:{listen}")).env("ADMIN_LISTEN", format!("127.0.0.1:{admin}"));
    let log = folder.join(format!("{PROGRAM}.log"));
    let mut daemon = Daemon::spawn(serve, PROGRAM, &log, &Lifetime::Parent, Signal::SIGKILL)?;
    let agent = http::agent(REQUEST_TIMEOUT);
    let ready = format!("http://127.0.0.1:{admin}/readyz");
    wait_until("the production's frontend was not ready", START_PATIENCE, || {
        Ok(http::get(&agent, &ready).is_some_and(|(status, _)| status == 200).then_some(()))
    })?;
    let mut all = Vec::new();
    for (paredao, slug) in paredoes {
        for (grain, span_minutes) in GRAINS {
            let url = format!("http://127.0.0.1:{listen}/api/v1/paredoes/{slug}/totals?granularity={grain}");
            let mut answer = agent.get(&url).header("authorization", format!("Bearer {token}")).call()?;
            let view: View = answer.body_mut().read_json().with_context(|| format!("{url} gave no totals"))?;
            all.push(of(*paredao, span_minutes, &view)?);
        }
    }
    daemon.kill()?;
    Ok(all)
}

fn of(paredao: i32, span_minutes: i32, view: &View) -> Result<ExactTotals> {
    let mut series = BTreeMap::new();
    for item in &view.series {
        let minute = i32::try_from(item.start.as_second().div_euclid(60))?;
        *series.entry((item.participant, minute)).or_default() += item.votes;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a percentage is at most 100")]
    let hundredths = view.participants.iter().map(|participant| (participant.percent * 100.0).round() as i64).sum();
    let participants = view.participants.iter().map(|participant| (participant.id, participant.total)).collect();
    Ok(ExactTotals { paredao, span_minutes, total: view.total, participants, hundredths, series })
}
