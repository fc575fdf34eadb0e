//! What the register shows of itself.

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use voting_commons::Rejection;

use crate::core::Batch;

/// Says what each metric means.
pub(crate) fn describe() {
    describe_counter!(
        "votes_consumed_total",
        Unit::Count,
        "Records of the topic that were written off: counted, duplicate or parked"
    );
    describe_counter!("votes_counted_total", Unit::Count, "Votes added to buckets");
    describe_counter!("votes_duplicate_total", Unit::Count, "Records of ballots that were counted before");
    describe_counter!("votes_parked_total", Unit::Count, "Records parked as dead letters, by reason");
    describe_counter!("votes_replayed_total", Unit::Count, "Parked votes that were counted after all");
    describe_counter!(
        "register_fenced_total",
        Unit::Count,
        "Times that everything held was discarded because another register owned the partition"
    );
    describe_gauge!("register_lag_records", Unit::Count, "Records of the partition not yet counted");
    describe_gauge!(
        "register_lag_seconds",
        Unit::Seconds,
        "How far the partition's log clock is behind, 0 when nothing waits"
    );
    describe_gauge!("register_ballots_remembered", Unit::Count, "Ballots that can still be retried");
    describe_gauge!("register_halted", Unit::Count, "1 while the partition stands still until an operator decides");
    describe_gauge!("register_paused", Unit::Count, "1 while somebody wants the partition to stand still");
    describe_histogram!("register_flush_seconds", Unit::Seconds, "From a flush's start to its answer");
    describe_histogram!("register_batch_records", Unit::Count, "Records per flush");
    // What hasn't happened yet is 0: a rate, and an alert on it, needs the first step from there.
    for name in [
        "votes_consumed_total",
        "votes_counted_total",
        "votes_duplicate_total",
        "votes_replayed_total",
        "register_fenced_total",
    ] {
        counter!(name).increment(0);
    }
    for rejection in [Rejection::TooLate, Rejection::FromFuture, Rejection::RefusedByStore] {
        counter!("votes_parked_total", "reason" => rejection.code()).increment(0);
    }
}

/// A batch was written.
#[expect(clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "a batch's numbers are small and not negative")]
pub(crate) fn applied(batch: &Batch) {
    counter!("votes_consumed_total").increment(batch.records() as u64);
    counter!("votes_counted_total").increment(batch.counted() as u64);
    counter!("votes_duplicate_total").increment(batch.duplicate as u64);
    for letter in &batch.parked {
        counter!("votes_parked_total", "reason" => letter.rejection.code()).increment(1);
    }
    histogram!("register_batch_records").record(batch.records() as f64);
}

/// A partition's gauges.
#[expect(clippy::cast_precision_loss, reason = "a gauge needn't be exact past 2^53")]
pub(crate) fn partition(partition: i32, lag_records: i64, lag_millis: i64, ballots: u64) {
    set(partition, lag_records as f64, lag_millis as f64 / 1000.0, ballots as f64);
}

/// That a partition is another register's now. Of its lag nothing is known here, which is no number: 0 would hide the
/// other's.
pub(crate) fn revoked(partition: i32) {
    halted(partition, false);
    paused(partition, false);
    set(partition, f64::NAN, f64::NAN, f64::NAN);
}

fn set(partition: i32, lag_records: f64, lag_seconds: f64, ballots: f64) {
    let partition = partition.to_string();
    gauge!("register_lag_records", "partition" => partition.clone()).set(lag_records);
    gauge!("register_lag_seconds", "partition" => partition.clone()).set(lag_seconds);
    gauge!("register_ballots_remembered", "partition" => partition).set(ballots);
}

/// Whether a partition stands still.
pub(crate) fn halted(partition: i32, halted: bool) {
    gauge!("register_halted", "partition" => partition.to_string()).set(f64::from(u8::from(halted)));
}

/// Whether somebody wants a partition to stand still.
pub(crate) fn paused(partition: i32, paused: bool) {
    gauge!("register_paused", "partition" => partition.to_string()).set(f64::from(u8::from(paused)));
}
