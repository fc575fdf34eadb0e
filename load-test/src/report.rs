//! What a run shows: on the terminal, as a page, and for programs.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};
use askama::Template;
use serde::Serialize;

use crate::curve::Curve;
use crate::tally::{Latencies, Sums};
use crate::voting::Voted;

const PAGE: &str = "report.html";
const JSON: &str = "report.json";
/// Which percentiles of latencies are shown, and of how late votes were sent.
const OF_LATENCY: &[(&str, f64)] = &[("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("longest", 1.0)];
const OF_LATENESS: &[(&str, f64)] = &[("p99", 0.99), ("longest", 1.0)];

/// The report; as JSON just so.
#[derive(Debug, Serialize)]
pub struct Report {
    profile: String,
    paredao: String,
    /// Whether each vote that was due was accepted and counted, and the paredão closed.
    passed: bool,
    /// Whether a signal ended it early.
    interrupted: bool,
    /// Whether production closed the paredão afterwards.
    closed: bool,
    /// Votes per second at the top.
    rate_asked: u32,
    /// Votes per second that were accepted, over the whole run.
    rate_accepted: f64,
    /// From when the first vote was due.
    seconds: f64,
    /// Votes that the profile asks for.
    due: u64,
    #[serde(flatten)]
    votes: Sums,
    /// Due, but not come to before the end.
    unsent: u64,
    /// From when an accepted vote was due to its answer, in milliseconds, by percentile.
    latency_millis: Vec<Percentile>,
    /// From when a vote was due to when it was sent, in milliseconds, by percentile: this generator's part of the latency.
    sent_late_millis: Vec<Percentile>,
    /// How many votes were answered with each HTTP status.
    answers: BTreeMap<u16, u64>,
    /// Why votes weren't answered or not even sent, and how many.
    errors: BTreeMap<String, u64>,
    /// None where production doesn't say.
    counted: Option<u64>,
    /// Whether each accepted vote was counted, and nothing else than what may have been stored; none where nobody knows.
    agrees: Option<bool>,
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

/// Makes sure that a report can be written into `folder`, and removes an earlier run's: it must not be taken for this one's.
///
/// # Errors
/// When the folder can't be made or written to.
pub fn prepare(folder: &Path) -> Result<()> {
    let cannot = || format!("can't write into {}", folder.display());
    fs::create_dir_all(folder).with_context(cannot)?;
    tempfile::tempfile_in(folder).with_context(cannot)?;
    for name in [PAGE, JSON] {
        match fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error).with_context(cannot),
            _ => {}
        }
    }
    Ok(())
}

impl Report {
    /// What `voted` and `counted` come to; `counted` is none where production doesn't say. `closed` says whether it closed the
    /// paredão.
    pub fn new(profile: &str, paredao: &str, curve: Curve, voted: Voted, counted: Option<u64>, closed: bool) -> Self {
        let Voted { tally, answers, errors, latencies, sent_late, seconds, interrupted } = voted;
        let due = curve.votes();
        let agrees = counted.map(|counted| agrees(&tally, counted));
        #[expect(clippy::cast_precision_loss, reason = "a rate needs no more digits")]
        let rate_accepted = tally.accepted as f64 / seconds;
        Self {
            profile: profile.to_owned(),
            paredao: paredao.to_owned(),
            passed: agrees == Some(true) && tally.accepted == due && closed,
            interrupted,
            closed,
            rate_asked: curve.peak,
            rate_accepted,
            seconds,
            due,
            votes: tally,
            unsent: due - tally.sent - tally.no_ballot,
            latency_millis: Percentile::of(&latencies, OF_LATENCY),
            sent_late_millis: Percentile::of(&sent_late, OF_LATENESS),
            answers,
            errors,
            counted,
            agrees,
        }
    }

    /// Whether each vote that was due was accepted and counted, and the paredão closed.
    pub fn passed(&self) -> bool {
        self.passed
    }

    /// Writes `report.html` and `report.json` into `folder`.
    ///
    /// # Errors
    /// When they can't be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let page = Page { report: self, verdict: self.verdict() }.render()?;
        for (name, text) in [(PAGE, page), (JSON, serde_json::to_string_pretty(self)?)] {
            let path = folder.join(name);
            fs::write(&path, text).with_context(|| format!("can't write {}", path.display()))?;
        }
        Ok(())
    }

    /// The verdict in a sentence or two: what became of the votes, and of the paredão where that stays open.
    fn verdict(&self) -> String {
        let interrupted = if self.interrupted { "INTERRUPTED. " } else { "" };
        let open = match self.closed {
            true => String::new(),
            false => format!(". THE PAREDÃO COULD NOT BE CLOSED: close {} yourself", self.paredao),
        };
        format!("{interrupted}{}{open}", self.verdict_of_votes())
    }

    /// What became of the accepted votes, and why others weren't accepted.
    fn verdict_of_votes(&self) -> String {
        let (due, missing) = (self.due, self.due - self.votes.accepted);
        let why: Vec<_> = self.not_accepted().map(|(what, votes)| format!("{votes} {what}")).collect();
        let (counted, why) = (self.verdict_of_accepted(), why.join(", "));
        if missing == due && self.agrees != Some(false) {
            return format!("NOT ONE VOTE OF {due} WAS ACCEPTED: {why}");
        }
        let were = if missing == 1 { "WAS" } else { "WERE" };
        match (missing, self.agrees) {
            (0, _) => counted,
            (_, Some(true)) => format!("{counted}, BUT {missing} OF {due} {were} NOT ACCEPTED: {why}"),
            _ => format!("{counted}, AND {missing} OF {due} {were} NOT ACCEPTED: {why}"),
        }
    }

    fn verdict_of_accepted(&self) -> String {
        let Sums { accepted, unknown, .. } = self.votes;
        match self.counted {
            None => format!(
                "NOBODY KNOWS WHETHER {} COUNTED: there is no count from production",
                number(accepted, "ACCEPTED VOTE WAS", "ACCEPTED VOTES WERE")
            ),
            Some(counted) if counted < accepted => format!(
                "{} NOT COUNTED: parked, still in the topic, or lost (production's page says which)",
                number(accepted - counted, "ACCEPTED VOTE IS", "ACCEPTED VOTES ARE")
            ),
            Some(counted) if counted == accepted => format!("2xx = counted: {}", number(counted, "vote", "votes")),
            Some(counted) if counted <= accepted + unknown => format!(
                "{counted} votes were counted: {accepted} with 2xx, and {} of {unknown} unknown",
                counted - accepted
            ),
            Some(counted) => {
                let too_many = counted - accepted - unknown;
                format!("{} COUNTED", number(too_many, "VOTE TOO MANY WAS", "VOTES TOO MANY WERE"))
            }
        }
    }

    /// Why votes weren't accepted, and how many.
    fn not_accepted(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let Sums { refused, unknown, no_ballot, .. } = self.votes;
        [
            ("refused (3xx or 4xx)", refused),
            ("without an answer, or answered with an error (5xx)", unknown),
            ("without a ballot", no_ballot),
            ("never sent", self.unsent),
        ]
        .into_iter()
        .filter(|(_, votes)| *votes > 0)
    }
}

impl Percentile {
    fn of(times: &Latencies, named: &[(&'static str, f64)]) -> Vec<Self> {
        let percentile = |&(name, quantile)| Some(Self { name, millis: times.millis(quantile)? });
        named.iter().filter_map(percentile).collect()
    }
}

impl Display for Percentile {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:.1} ms", self.name, self.millis)
    }
}

fn listed(percentiles: &[Percentile]) -> String {
    percentiles.iter().map(Percentile::to_string).collect::<Vec<_>>().join(", ")
}

/// So many of what `one` is the singular and `more` the plural of.
fn number(of: u64, one: &str, more: &str) -> String {
    format!("{of} {}", if of == 1 { one } else { more })
}

/// A vote without an answer may have been stored.
fn agrees(votes: &Sums, counted: u64) -> bool {
    (votes.accepted..=votes.accepted + votes.unknown).contains(&counted)
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Sums { sent, accepted, refused, unknown, no_ballot } = self.votes;
        let Self { profile, rate_accepted, rate_asked, .. } = self;
        writeln!(f, "{profile}: {rate_accepted:.0} votes/s accepted in the mean, {rate_asked} asked for at the top")?;
        writeln!(f, "{} due: sent {sent}, without a ballot {no_ballot}, never sent {}", self.due, self.unsent)?;
        writeln!(f, "{sent} sent: 2xx {accepted}, refused {refused}, without an answer or 5xx {unknown}")?;
        if !self.latency_millis.is_empty() {
            writeln!(f, "latency of accepted votes, from when each was due: {}", listed(&self.latency_millis))?;
        }
        if !self.sent_late_millis.is_empty() {
            writeln!(f, "sent late, which is the generator's part of a latency: {}", listed(&self.sent_late_millis))?;
        }
        for (status, times) in &self.answers {
            writeln!(f, "{times} × HTTP {status}")?;
        }
        for (error, times) in &self.errors {
            writeln!(f, "{times} × {error}")?;
        }
        writeln!(f, "{}", self.verdict())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::tally::Tally;

    const CURVE: Curve = Curve { rise_seconds: 0, hold_seconds: 1, peak: 10 };

    fn report(sums: [u64; 4], counted: Option<u64>) -> Report {
        report_of(sums, counted, true)
    }

    fn report_of(sums: [u64; 4], counted: Option<u64>, closed: bool) -> Report {
        let [accepted, refused, unknown, no_ballot] = sums;
        let tally = Sums { sent: accepted + refused + unknown, accepted, refused, unknown, no_ballot };
        let times = Tally::default();
        times.note_sent(Duration::from_millis(7));
        let (answers, errors) = (BTreeMap::from([(202, accepted), (503, unknown)]), BTreeMap::new());
        Report::new(
            "smoke",
            "final",
            CURVE,
            Voted {
                tally,
                answers,
                errors,
                latencies: times.latencies(),
                sent_late: times.sent_late(),
                seconds: 1.0,
                interrupted: false,
            },
            counted,
            closed,
        )
    }

    #[test]
    fn what_was_counted_must_be_what_was_accepted_but_for_what_nobody_knows() {
        let sums = |accepted, unknown| Sums { sent: accepted + unknown, accepted, refused: 0, unknown, no_ballot: 0 };
        assert!(agrees(&sums(10, 0), 10));
        assert!(!agrees(&sums(10, 0), 9));
        assert!(!agrees(&sums(10, 0), 11));
        assert!(agrees(&sums(10, 2), 12));
        assert!(!agrees(&sums(10, 2), 13));
    }

    #[test]
    fn only_a_run_in_which_each_vote_was_accepted_and_counted_passes() {
        for (sums, counted, verdict) in [
            ([10, 0, 0, 0], Some(10), "2xx = counted: 10 votes"),
            ([10, 0, 0, 0], Some(9), "1 ACCEPTED VOTE IS NOT COUNTED"),
            ([10, 0, 0, 0], Some(8), "2 ACCEPTED VOTES ARE NOT COUNTED"),
            ([10, 0, 0, 0], Some(11), "1 VOTE TOO MANY WAS COUNTED"),
            ([10, 0, 0, 0], None, "NOBODY KNOWS WHETHER 10 ACCEPTED"),
            ([9, 1, 0, 0], Some(9), "2xx = counted: 9 votes, BUT 1 OF 10 WAS NOT ACCEPTED: 1 refused (3xx or 4xx)"),
            ([9, 0, 1, 0], Some(9), "1 OF 10 WAS NOT ACCEPTED: 1 without an answer"),
            ([9, 0, 1, 0], Some(10), "10 votes were counted: 9 with 2xx, and 1 of 1 unknown, BUT 1 OF 10"),
            ([9, 0, 0, 1], Some(9), "NOT ACCEPTED: 1 without a ballot"),
            ([7, 0, 0, 1], Some(7), "NOT ACCEPTED: 1 without a ballot, 2 never sent"),
            ([0, 0, 10, 0], Some(0), "NOT ONE VOTE OF 10 WAS ACCEPTED: 10 without an answer"),
            ([0, 0, 1, 0], Some(2), "1 VOTE TOO MANY WAS COUNTED, AND 10 OF 10 WERE NOT ACCEPTED"),
            ([0, 0, 10, 0], None, "NOT ONE VOTE OF 10 WAS ACCEPTED"),
        ] {
            let report = report(sums, counted);
            assert!(report.verdict().contains(verdict), "{report}");
            assert_eq!(report.passed(), (sums, counted) == ([10, 0, 0, 0], Some(10)), "{report}");
        }
    }

    #[test]
    fn a_paredao_that_stays_open_fails_the_test() {
        let report = report_of([10, 0, 0, 0], Some(10), false);
        assert!(!report.passed());
        let verdict = "2xx = counted: 10 votes. THE PAREDÃO COULD NOT BE CLOSED: close final yourself";
        assert_eq!(report.verdict(), verdict);
    }

    #[test]
    fn the_terminal_shows_answers_by_status_too_and_what_the_generator_delayed() {
        let text = report([0, 0, 10, 0], Some(0)).to_string();
        assert!(text.contains("10 × HTTP 503"), "{text}");
        assert!(text.contains("the generator's part of a latency: p99 7.0 ms, longest 7.0 ms"), "{text}");
    }

    #[test]
    fn a_count_that_nobody_knows_is_null() {
        let json = serde_json::to_value(report([10, 0, 0, 0], None)).unwrap();
        assert_eq!((&json["counted"], &json["due"]), (&serde_json::Value::Null, &10.into()));
    }

    #[test]
    fn an_earlier_report_is_removed_and_a_folder_that_cannot_be_written_to_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("a/b");
        prepare(&out).unwrap();
        report([10, 0, 0, 0], Some(10)).write(&out).unwrap();
        prepare(&out).unwrap();
        assert_eq!(fs::read_dir(&out).unwrap().count(), 0);
        fs::write(out.join("file"), "").unwrap();
        assert!(prepare(&out.join("file")).is_err());
    }
}
