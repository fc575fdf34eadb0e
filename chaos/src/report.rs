//! What a run shows.

use std::fmt::Write as _;
use std::time::Duration;

use crate::checker::Verdict;
use crate::faults::Fault;
use crate::nemesis::{Strike, proven};
use crate::throughput::{Rates, Throughput};

/// The votes per second that must flow.
pub(crate) const FLOOR_PER_SECOND: u32 = 1_000;

/// The faults in the order of their names, with what flowed while they were at work.
pub(crate) fn faults(strikes: &[Strike], throughput: &Throughput) -> String {
    let mut text = String::new();
    let proven = proven(strikes);
    let _ = writeln!(
        text,
        "{:<28}{:>7}{:>8}{:>9}{:>12}{:>12}{:>12}",
        "fault", "struck", "proven", "seconds", "2xx/s mean", "2xx/s min", "sent/s mean"
    );
    for fault in Fault::ALL {
        let of_fault: Vec<_> = strikes.iter().filter(|strike| strike.fault == fault).collect();
        if of_fault.is_empty() {
            continue;
        }
        let rates: Vec<Rates> =
            of_fault.iter().filter_map(|strike| throughput.rates(strike.seconds.clone(), FLOOR_PER_SECOND)).collect();
        let seconds: usize = rates.iter().map(|rates| rates.seconds).sum();
        let min = rates.iter().map(|rates| rates.acknowledged_min).min().unwrap_or_default();
        let _ = writeln!(
            text,
            "{:<28}{:>7}{:>8}{seconds:>9}{:>12.0}{min:>12}{:>12.0}",
            fault.name(),
            of_fault.len(),
            proven.get(&fault).copied().unwrap_or_default(),
            weighted(&rates, |rates| rates.acknowledged_mean),
            weighted(&rates, |rates| rates.attempted_mean),
        );
    }
    text
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a run fit")]
fn weighted(rates: &[Rates], of: fn(&Rates) -> f64) -> f64 {
    let seconds: usize = rates.iter().map(|rates| rates.seconds).sum();
    rates.iter().map(|rates| of(rates) * rates.seconds as f64).sum::<f64>() / seconds.max(1) as f64
}

/// Votes per second over the whole run.
pub(crate) fn rates(rates: &Rates) -> String {
    format!(
        "2xx per second: mean {:.0}, least {} ({} of {} seconds below {FLOOR_PER_SECOND})\n\
         sent per second: mean {:.0}, least {} ({} seconds below {FLOOR_PER_SECOND})\n",
        rates.acknowledged_mean,
        rates.acknowledged_min,
        rates.acknowledged_below,
        rates.seconds,
        rates.attempted_mean,
        rates.attempted_min,
        rates.attempted_below,
    )
}

/// The checker's numbers and its verdict.
pub(crate) fn verdict(verdict: &Verdict) -> String {
    let n = &verdict.numbers;
    let mut text = format!(
        "op log: {} ok, {} indeterminate ({} of them stored), {} refused; {} ballots sent more than once\n\
         topic: {} records = {} counted + {} duplicate + {} parked; {} acknowledged and parked\n",
        n.ok,
        n.indeterminate,
        n.indeterminate_stored,
        n.refused,
        n.sent_more_than_once,
        n.records,
        n.counted,
        n.duplicate,
        n.parked,
        n.ok_parked,
    );
    for (what, quantiles) in [("bucket", verdict.to_bucket), ("screens", verdict.to_screens)] {
        let _ = match quantiles {
            Some([p50, p99, max]) => {
                let [p50, p99, max] = [p50, p99, max].map(millis);
                writeln!(text, "2xx to {what} in quiet times: p50 {p50} ms, p99 {p99} ms, longest {max} ms")
            }
            None => writeln!(text, "2xx to {what}: not measured"),
        };
    }
    for broken in &verdict.broken {
        let _ = writeln!(text, "BROKEN {broken}");
    }
    text
}

fn millis(duration: Duration) -> u128 {
    duration.as_millis()
}
