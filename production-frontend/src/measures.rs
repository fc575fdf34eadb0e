//! The metrics of this service: their names, their units, and what they mean.

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};

/// Requests answered, by method, route and status.
pub(crate) const HTTP_REQUESTS: &str = "http_requests_total";
/// Time to answer a request, by route.
pub(crate) const HTTP_REQUEST: &str = "http_request_seconds";
/// Attempts to sign in, by outcome.
pub(crate) const SIGN_INS: &str = "sign_ins_total";
/// Time to read exact totals.
pub(crate) const TOTALS_QUERY: &str = "totals_query_seconds";

/// Time to read the numbers of a paredão that somebody watches.
pub(crate) const LIVE_READ: &str = "live_read_seconds";
/// Streams of live numbers that are open.
pub(crate) const LIVE_WATCHERS: &str = "live_watchers";

/// How an attempt to sign in ended.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SignIn {
    /// A session began.
    SignedIn,
    /// Name or password was wrong.
    WrongPassword,
    /// It wasn't checked: there were too many.
    TooMany,
    /// It couldn't be checked.
    Failed,
}

impl SignIn {
    const ALL: [Self; 4] = [Self::SignedIn, Self::WrongPassword, Self::TooMany, Self::Failed];

    /// Counts one more of these.
    pub(crate) fn count(self) {
        self.increment(1);
    }

    fn increment(self, by: u64) {
        let outcome = match self {
            Self::SignedIn => "signed_in",
            Self::WrongPassword => "wrong_password",
            Self::TooMany => "too_many",
            Self::Failed => "failed",
        };
        counter!(SIGN_INS, "outcome" => outcome).increment(by);
    }
}

/// Says what each metric means. Call it after the recorder was installed.
pub(crate) fn describe() {
    describe_counter!(HTTP_REQUESTS, Unit::Count, "Requests answered, by method, route and status");
    describe_histogram!(HTTP_REQUEST, Unit::Seconds, "Time to answer a request, by route");
    describe_counter!(SIGN_INS, Unit::Count, "Attempts to sign in, by outcome");
    describe_histogram!(TOTALS_QUERY, Unit::Seconds, "Time to read a paredão's exact totals from Postgres");
    describe_histogram!(LIVE_READ, Unit::Seconds, "Time to read the numbers of a paredão that somebody watches");
    describe_gauge!(LIVE_WATCHERS, Unit::Count, "Streams of live numbers that are open");

    // What hasn't happened yet is 0: a rate needs the first step from there.
    for outcome in SignIn::ALL {
        outcome.increment(0);
    }
    gauge!(LIVE_WATCHERS).set(0.0);
}
