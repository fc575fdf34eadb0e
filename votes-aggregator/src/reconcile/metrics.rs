//! What reconciliation shows of itself.

use metrics::{Unit, describe_gauge, gauge};

use super::verdict::{Finding, Kind, Verdict};

const STATE: &str = "reconciliation_state";
const BEHIND: &str = "reconciliation_behind_seconds";
const FINDINGS: &str = "reconciliation_findings";
const CHECKED: &str = "reconciliation_checked_timestamp_seconds";

/// Says what each metric means.
pub(super) fn describe() {
    describe_gauge!(
        STATE,
        Unit::Count,
        "Of the last look: 0 green, 1 catching up, 2 red; NaN while another reader looks"
    );
    describe_gauge!(BEHIND, Unit::Seconds, "For how long topic and tables couldn't be compared, 0 when they could");
    describe_gauge!(FINDINGS, Unit::Count, "What doesn't agree, or can't be known, by kind");
    describe_gauge!(CHECKED, Unit::Seconds, "When the last look was, since the Unix epoch");
}

/// Shows that another reader looks: what this one found last says nothing of now, which is no number.
pub(super) fn stand_by() {
    gauge!(STATE).set(f64::NAN);
    gauge!(BEHIND).set(f64::NAN);
    for kind in Kind::ALL {
        gauge!(FINDINGS, "kind" => kind.code()).set(f64::NAN);
    }
}

/// Shows the last look.
#[expect(clippy::cast_precision_loss, reason = "a gauge needn't be exact past 2^53")]
pub(super) fn show(verdict: Verdict, findings: &[Finding]) {
    let (state, behind) = match verdict {
        Verdict::Green => (0.0, 0),
        Verdict::CatchingUp { seconds } => (1.0, seconds),
        Verdict::Red => (2.0, 0),
    };
    gauge!(STATE).set(state);
    gauge!(BEHIND).set(behind as f64);
    for kind in Kind::ALL {
        let count = findings.iter().filter(|finding| finding.kind == kind).count();
        gauge!(FINDINGS, "kind" => kind.code()).set(count as f64);
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    gauge!(CHECKED).set(now.as_secs_f64());
}
