//! What a run shows: on the terminal, as a page, and for programs.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use askama::Template;
use serde::{Deserialize, Serialize};

use crate::curve::Curve;
use crate::tally::Sums;
use crate::voting::Voted;

/// What rlt measured.
#[derive(Debug, Deserialize)]
pub struct Measured {
    summary: Summary,
    latency: Option<Latency>,
    status: BTreeMap<String, u64>,
    errors: BTreeMap<String, u64>,
}

#[derive(Debug, Deserialize)]
struct Summary {
    total_time: f64,
}

#[derive(Debug, Deserialize)]
struct Latency {
    stats: Stats,
    percentiles: BTreeMap<String, f64>,
}

#[derive(Debug, Deserialize)]
struct Stats {
    max: f64,
}

impl Measured {
    /// How long it took, in seconds.
    pub fn seconds(&self) -> f64 {
        self.summary.total_time
    }

    /// The latency of this percentile, like `p99`, in milliseconds.
    pub fn millis(&self, percentile: &str) -> Option<f64> {
        Some(self.latency.as_ref()?.percentiles.get(percentile)? * 1000.0)
    }
}

/// The report; as JSON just so.
#[derive(Debug, Serialize)]
pub struct Report {
    profile: String,
    paredao: String,
    /// Votes per second at the top.
    rate_asked: u32,
    /// Votes per second that were accepted, over the whole run.
    rate_accepted: f64,
    seconds: f64,
    #[serde(flatten)]
    votes: Sums,
    /// From when a vote was due to its answer, in milliseconds, by percentile.
    latency_millis: Vec<Percentile>,
    answers: BTreeMap<String, u64>,
    errors: BTreeMap<String, u64>,
    counted: u64,
    agrees: bool,
}

/// The same for people.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
    verdict: String,
}

#[derive(Debug, Serialize)]
struct Percentile {
    name: &'static str,
    millis: f64,
}

impl Report {
    /// What `voted` and `counted` come to.
    pub fn new(profile: &str, paredao: &str, curve: Curve, voted: &Voted, counted: u64) -> Self {
        let Voted { tally, silences, measured } = voted;
        #[expect(clippy::cast_precision_loss, reason = "a rate needs no more digits")]
        let rate_accepted = tally.accepted as f64 / measured.summary.total_time;
        Self {
            profile: profile.to_owned(),
            paredao: paredao.to_owned(),
            rate_asked: curve.peak,
            rate_accepted,
            seconds: measured.summary.total_time,
            votes: *tally,
            latency_millis: measured.latency.as_ref().map(Latency::shown).unwrap_or_default(),
            answers: measured.status.clone(),
            errors: silences.iter().chain(&measured.errors).map(|(error, times)| (error.clone(), *times)).collect(),
            counted,
            agrees: agrees(tally, counted),
        }
    }

    /// Whether each accepted vote was counted, and nothing else than what may have been stored.
    pub fn agrees(&self) -> bool {
        self.agrees
    }

    /// Whether it agrees, and there was something to agree on.
    pub fn passed(&self) -> bool {
        self.agrees && self.votes.accepted > 0
    }

    /// Writes `report.html` and `report.json` into `folder`.
    ///
    /// # Errors
    /// When they can't be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
        fs::write(folder.join("report.json"), serde_json::to_vec_pretty(self)?)?;
        fs::write(folder.join("report.html"), Page { report: self, verdict: self.verdict() }.render()?)?;
        Ok(())
    }

    /// The verdict in a sentence.
    fn verdict(&self) -> String {
        let Sums { accepted, unknown, .. } = self.votes;
        let counted = self.counted;
        if self.agrees && accepted == 0 {
            return "NOT ONE VOTE WAS ACCEPTED".to_owned();
        }
        match (self.agrees, counted.cmp(&accepted)) {
            (true, std::cmp::Ordering::Equal) => format!("2xx = counted: {counted} votes"),
            (true, _) => format!("{counted} votes were counted: {accepted} with 2xx, and some of {unknown} unknown"),
            (false, std::cmp::Ordering::Less) => {
                format!(
                    "{} ACCEPTED VOTES ARE NOT COUNTED: parked, still in the topic, or lost. Production's page says which",
                    accepted - counted
                )
            }
            (false, _) => format!("{} VOTES TOO MANY WERE COUNTED", counted - accepted - unknown),
        }
    }
}

impl Latency {
    fn shown(&self) -> Vec<Percentile> {
        let named = [("p50", "p50"), ("p90", "p90"), ("p99", "p99"), ("p99.9", "p99.9")];
        let percentiles = named.into_iter().filter_map(|(name, key)| Some((name, *self.percentiles.get(key)?)));
        percentiles
            .chain([("longest", self.stats.max)])
            .map(|(name, seconds)| Percentile { name, millis: seconds * 1000.0 })
            .collect()
    }
}

/// A vote without an answer may have been stored.
fn agrees(votes: &Sums, counted: u64) -> bool {
    (votes.accepted..=votes.accepted + votes.unknown).contains(&counted)
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Sums { sent, accepted, refused, unknown, no_ballot } = self.votes;
        writeln!(f, "{}: {:.0} votes/s accepted, {} asked for", self.profile, self.rate_accepted, self.rate_asked)?;
        writeln!(f, "sent {sent}, 2xx {accepted}, refused {refused}, unknown {unknown}, without a ballot {no_ballot}")?;
        let latencies: Vec<_> =
            self.latency_millis.iter().map(|Percentile { name, millis }| format!("{name} {millis:.1} ms")).collect();
        writeln!(f, "latency from when a vote was due: {}", latencies.join(", "))?;
        for (error, times) in &self.errors {
            writeln!(f, "{times} × {error}")?;
        }
        writeln!(f, "{}", self.verdict())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_must_be_what_was_accepted_but_for_what_nobody_knows() {
        let sums = |accepted, unknown| Sums { sent: accepted + unknown, accepted, refused: 0, unknown, no_ballot: 0 };
        assert!(agrees(&sums(10, 0), 10));
        assert!(!agrees(&sums(10, 0), 9));
        assert!(!agrees(&sums(10, 0), 11));
        assert!(agrees(&sums(10, 2), 12));
        assert!(!agrees(&sums(10, 2), 13));
    }
}
