//! Reasons and outcomes, in words for people.

use voting_commons::adapters::texts::{Text, Texts};

/// Why a record was parked: the texts' ids.
pub(super) struct Reason {
    name: &'static str,
    why: &'static str,
    remedy: &'static str,
}

impl Reason {
    /// Of the reason with this stable name. Most say which part of a record isn't as a vote's is: to people that is one.
    fn of(code: &str) -> Self {
        let (name, why, remedy) = match code {
            "too_late" => ("parked-too-late", "parked-too-late-why", "parked-too-late-do"),
            "from_future" => ("parked-from-future", "parked-from-future-why", "parked-from-future-do"),
            "refused_by_store" => ("parked-refused", "parked-refused-why", "parked-refused-do"),
            "import_unknown" => ("parked-import", "parked-import-why", "parked-import-do"),
            "version_unknown" => ("parked-version", "parked-version-why", "parked-version-do"),
            "wrong_partition" => ("parked-wrong-partition", "parked-wrong-partition-why", "parked-not-a-vote-do"),
            code if code.ends_with("disagrees") => ("parked-disagrees", "parked-disagrees-why", "parked-not-a-vote-do"),
            code if code.starts_with("key_") => ("parked-key", "parked-key-why", "parked-not-a-vote-do"),
            _ => ("parked-value", "parked-value-why", "parked-not-a-vote-do"),
        };
        Self { name, why, remedy }
    }
}

/// The reason in a few words.
pub(in crate::pages) fn reason(t: &Texts, code: &str) -> Text {
    t.text(Reason::of(code).name)
}

/// What the reason means.
pub(super) fn why(t: &Texts, code: &str) -> Text {
    t.text(Reason::of(code).why)
}

/// What to do about it.
pub(super) fn remedy(t: &Texts, code: &str) -> Text {
    t.text(Reason::of(code).remedy)
}

/// What became of a record in a replay, or would become of it.
pub(super) fn outcome(t: &Texts, code: &str) -> Text {
    t.text(match code {
        "replayed" => "outcome-replayed",
        "would_replay" => "outcome-would-replay",
        "already_replayed" => "outcome-already-replayed",
        "counted" => "outcome-counted",
        "ballot_replayed" => "outcome-ballot-replayed",
        "window_open" => "outcome-window-open",
        "undecodable" => "outcome-undecodable",
        "log_gone" => "outcome-log-gone",
        "log_changed" => "outcome-log-changed",
        "refused_by_store" => "outcome-refused",
        "published" => "outcome-published",
        _ => "outcome-unknown",
    })
}

/// The badge's class: what is or will be counted, what counts already, what waits, what never will be.
pub(super) fn outcome_class(code: &str) -> &'static str {
    match code {
        "replayed" | "would_replay" => "aberto",
        "already_replayed" | "counted" | "ballot_replayed" => "",
        "window_open" => "agendado",
        _ => "encerrado",
    }
}
