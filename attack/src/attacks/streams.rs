//! Following a paredão by more streams than there is room for.

use super::{WAVE, by};
use crate::tally::{Outcome, Tally};
use crate::target::{STREAMS_MAX, Target};
use crate::wire::Wire;

const STREAMS: usize = STREAMS_MAX + 100;

/// All of them stay for as long as they are let.
pub(super) async fn too_many(target: &Target) -> Tally {
    let slug = &target.honest.slug;
    let request = format!("GET /api/v1/paredoes/{slug}/live HTTP/1.1\r\nhost: x\r\n\r\n");
    let mut tally = by(STREAMS, |_| follow(target, &request)).await;
    let (open, refused) = (tally.answered(200..=200), tally.answered(503..=503));
    if open > u64::try_from(STREAMS_MAX).unwrap_or(u64::MAX) || refused == 0 {
        tally.break_once(format!("{open} streams are open, and there is room for {STREAMS_MAX}"));
    }
    tally
}

async fn follow(target: &Target, request: &str) -> Outcome {
    let Ok(mut wire) = Wire::to(target.voters).await else { return Outcome::Ended };
    if wire.say(request.as_bytes()).await.is_err() {
        return Outcome::Ended;
    }
    let outcome = wire.outcome(WAVE).await;
    if matches!(outcome, Outcome::Answered { status: 200, .. }) {
        wire.end(WAVE).await;
    }
    outcome
}
