//! The metrics of this service: their names, their units, and what they mean.

use crate::problem::Problem;
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};

/// Ballots given out.
pub const BALLOTS_ISSUED: &str = "ballots_issued_total";
/// Ballots not given out, by reason.
pub const BALLOTS_REFUSED: &str = "ballots_refused_total";
/// Votes answered with success, repeats included.
pub const VOTES_ACCEPTED: &str = "votes_accepted_total";
/// Votes refused, by reason.
pub const VOTES_REFUSED: &str = "votes_refused_total";
/// Votes that Kafka acknowledged.
pub const VOTES_PRODUCED: &str = "votes_produced_total";
/// Captchas checked, by provider and outcome.
pub const CAPTCHA_CHECKED: &str = "captcha_checked_total";
/// 1 while votes are taken without a captcha.
pub const CAPTCHA_OFF: &str = "captcha_off";
/// Age of the oldest panorama of an open paredão.
pub const PANORAMA_AGE: &str = "panorama_age_seconds";
/// Age of what is known of Postgres.
pub const SNAPSHOT_AGE: &str = "snapshot_age_seconds";
/// Time to answer a vote.
pub const VOTE_POST: &str = "vote_post_seconds";
/// Streams that follow a paredão now.
pub const LIVE_STREAMS: &str = "live_streams_open";
/// Share pictures drawn.
pub const SHARE_PICTURES: &str = "share_pictures_drawn_total";
/// Bytes of pictures kept in memory.
pub const PHOTOS_BYTES: &str = "photos_bytes";

/// Says what each metric means. Call it after the recorder was installed.
pub fn describe() {
    describe_counter!(BALLOTS_ISSUED, Unit::Count, "Ballots given out");
    describe_counter!(BALLOTS_REFUSED, Unit::Count, "Ballots not given out, by the name of the problem");
    describe_counter!(VOTES_ACCEPTED, Unit::Count, "Votes answered with success, repeats of one ballot included");
    describe_counter!(VOTES_REFUSED, Unit::Count, "Votes refused, by the name of the problem");
    describe_counter!(VOTES_PRODUCED, Unit::Count, "Votes that Kafka acknowledged");
    describe_counter!(CAPTCHA_CHECKED, Unit::Count, "Captchas checked, by provider and outcome");
    describe_gauge!(CAPTCHA_OFF, Unit::Count, "1 while votes are taken without a captcha");
    describe_gauge!(PANORAMA_AGE, Unit::Seconds, "Age of the oldest panorama of an open paredão");
    describe_gauge!(SNAPSHOT_AGE, Unit::Seconds, "Time since paredões were last read from Postgres");
    describe_histogram!(VOTE_POST, Unit::Seconds, "Time to answer a vote");
    describe_gauge!(LIVE_STREAMS, Unit::Count, "Streams that follow a paredão now");
    describe_counter!(SHARE_PICTURES, Unit::Count, "Share pictures drawn");
    describe_gauge!(PHOTOS_BYTES, Unit::Bytes, "Pictures kept in memory");

    gauge!(LIVE_STREAMS).set(0.0);
    // What hasn't happened yet is 0: a rate needs the first step from there.
    for name in [BALLOTS_ISSUED, VOTES_ACCEPTED, VOTES_PRODUCED, SHARE_PICTURES] {
        counter!(name).increment(0);
    }
    for problem in Problem::ALL {
        counter!(BALLOTS_REFUSED, "reason" => problem.name()).increment(0);
        counter!(VOTES_REFUSED, "reason" => problem.name()).increment(0);
    }
}
