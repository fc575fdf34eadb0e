//! The attacks. They all come at the same time.

mod flood;
mod http2;
mod malformed;
mod slow;
mod streams;

use std::time::Duration;

use futures::FutureExt;
use futures::future::{LocalBoxFuture, join_all};

use crate::tally::{Outcome, Tally};
use crate::target::Target;

pub(crate) use flood::Flooded;

/// How long the attacks last that could go on for ever: until the slowest time-out of the services has passed.
pub(crate) const WAVE: Duration = Duration::from_secs(40);

/// An attack and what came of it.
pub(crate) type Told = (&'static str, Tally);

/// Has all attacks come once, and waits for the end of the last.
pub(crate) async fn wave(target: &Target, flooded: &Flooded) -> Vec<Told> {
    let attacks: Vec<(&'static str, LocalBoxFuture<'_, Tally>)> = vec![
        ("silent connections", slow::silent(target).boxed_local()),
        ("silent HTTP/2", slow::silent_http2(target).boxed_local()),
        ("slow headers", slow::headers(target).boxed_local()),
        ("slow bodies", slow::bodies(target).boxed_local()),
        ("slow bodies, production", slow::bodies_of_production(target).boxed_local()),
        ("answers not read", slow::unread(target).boxed_local()),
        ("too many streams", streams::too_many(target).boxed_local()),
        ("too many connections", flood::connections(target).boxed_local()),
        ("a flood of pages", flood::pages(target).boxed_local()),
        ("a flood of votes", flood::votes(target, flooded).boxed_local()),
        ("a flood of sign-ins", flood::sign_ins(target).boxed_local()),
        ("malformed, voters", malformed::all(target.voters).boxed_local()),
        ("malformed, production", malformed::all(target.production).boxed_local()),
        ("HTTP/2: requests taken back", http2::taken_back(target).boxed_local()),
        ("HTTP/2: headers without end", http2::endless_headers(target).boxed_local()),
        ("HTTP/2: pings and settings", http2::chatter(target).boxed_local()),
        ("HTTP/2: malformed", http2::malformed(target).boxed_local()),
    ];
    let (names, attacks): (Vec<_>, Vec<_>) = attacks.into_iter().unzip();
    names.into_iter().zip(join_all(attacks).await).collect()
}

/// The same by so many at once.
async fn by<F: Future<Output = Outcome>>(count: usize, attack: impl Fn(usize) -> F) -> Tally {
    join_all((0..count).map(attack)).await.into_iter().collect()
}

/// A tally that is broken where a connection was still held in the end.
fn none_held(mut tally: Tally) -> Tally {
    if tally.held > 0 {
        tally.break_once(format!("{} connections were left open", tally.held));
    }
    tally
}
