//! What depends on the clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use test_support::eventually;
use voters_frontend::clock::Clock;
use voting_commons::UnixMillis;

use crate::support::{SLUG, Service, close_at};

/// A clock that a test sets, and its hands.
fn hands(now: Timestamp) -> (Clock, Arc<AtomicI64>) {
    let hands = Arc::new(AtomicI64::new(UnixMillis::from(now).0));
    (Clock::Set(Arc::clone(&hands)), hands)
}

fn set(hands: &AtomicI64, now: Timestamp) {
    hands.store(UnixMillis::from(now).0, Ordering::Relaxed);
}

fn this_minute() -> Timestamp {
    let minute = UnixMillis::from(Timestamp::now()).minute().unwrap();
    minute.timestamp()
}

#[tokio::test]
async fn a_ballot_can_be_cast_for_three_minutes_and_not_before_its_time() {
    let now = Timestamp::now();
    let (clock, hands) = hands(now);
    let (service, _database) = Service::fresh_with(|options| options.clock = clock).await;
    let ballot = service.ballot().await;
    assert_eq!(ballot["expires_at"].as_str().unwrap().parse::<Timestamp>().unwrap().as_second(), now.as_second() + 180);

    set(&hands, now + SignedDuration::from_secs(180));
    service.cast(&ballot, "").await.assert_problem(410, "ballot-expired");
    set(&hands, now - SignedDuration::from_secs(180));
    service.cast(&ballot, "").await.assert_problem(422, "ballot-from-future");
    set(&hands, now);
    assert_eq!(service.cast(&ballot, "").await.status, 202);
}

#[tokio::test]
async fn a_frontend_whose_clock_is_ten_minutes_wrong_answers_no_2xx_and_is_not_ready_until_it_is_right() {
    for wrong_by in [SignedDuration::from_mins(10), SignedDuration::from_mins(-10)] {
        let (clock, hands) = hands(Timestamp::now() + wrong_by);
        let (service, _database) = Service::fresh_with(|options| options.clock = clock).await;
        let ballot = service.ballot().await;
        let answer = service.cast(&ballot, "").await;
        answer.assert_problem(503, "clock-wrong");
        let reason = service.readiness().await;
        let seconds = reason.strip_prefix("clock: this machine's clock is wrong by about ").unwrap();
        // The clock that was set stands still while the test runs.
        let seconds: i64 = seconds.trim_end().strip_suffix(" s").unwrap().parse().unwrap();
        assert!((540..=660).contains(&seconds), "{reason}");

        // No vote comes while it isn't ready: it finds out by itself.
        set(&hands, Timestamp::now());
        eventually("it is ready again", async || service.is_ready().await.then_some(())).await;
        let ballot = service.ballot().await;
        assert_eq!(service.cast(&ballot, "").await.status, 202);
        assert!(service.is_ready().await);
    }
}

#[tokio::test]
async fn a_ballot_cast_just_before_closing_is_accepted_when_it_is_retried_after_it() {
    let start = this_minute();
    let closing = start + SignedDuration::from_secs(60);
    let (clock, hands) = hands(start + SignedDuration::from_millis(59_900));
    let (service, database) = Service::fresh_with(|options| options.clock = clock.clone()).await;
    close_at(&service, &database.pool, closing).await;
    let ballot = service.ballot().await;
    let never_cast = service.ballot().await;
    let first = service.cast(&ballot, "").await;
    assert_eq!(first.status, 202, "{first:?}");

    // A frontend that has never seen the ballot takes the retry.
    let other_options = crate::support::options(&service.kafka, &database.args);
    let other = Service::start(voters_frontend::options::Options { clock, ..other_options }).await;
    set(&hands, closing + SignedDuration::from_secs(20));
    let retried = other.cast(&ballot, "").await;
    assert_eq!((retried.status, &retried.body), (202, &first.body));
    assert_eq!(other.cast(&never_cast, "").await.status, 202);
    other.ask_ballot(SLUG, 1).await.assert_problem(409, "paredao-closed");
}

#[tokio::test]
async fn a_ballot_issued_at_or_after_the_closing_is_refused() {
    let start = this_minute();
    let (clock, _hands) = hands(start + SignedDuration::from_secs(1));
    let (service, database) = Service::fresh_with(|options| options.clock = clock).await;
    let ballot = service.ballot().await;
    close_at(&service, &database.pool, start).await;
    service.cast(&ballot, "").await.assert_problem(409, "paredao-closed");
}
