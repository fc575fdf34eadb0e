//! What depends on the clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use test_support::eventually;
use voters_frontend::ballot::{Ballot, Issuer};
use voters_frontend::clock::Clock;
use voters_frontend::seal::{Purpose, Sealer};
use voting_commons::{Minute, Shards, UnixMillis};

use crate::streams::Events;
use crate::support::{KEY, PARTITIONS, SLUG, Service, close_at};

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

/// A ballot for the first participant of [`SLUG`], issued at `now` by a frontend whose clock said so.
fn issued_at(now: Timestamp) -> Ballot {
    Issuer::random().issue(1.try_into().unwrap(), 1.try_into().unwrap(), Shards::ONE, now.into(), PARTITIONS).unwrap()
}

fn sealed(ballot: &Ballot) -> Value {
    json!({"ballot": Sealer::parse(&KEY.to_owned().into()).unwrap().seal(Purpose::Ballot, ballot)})
}

#[tokio::test]
async fn a_ballot_can_be_cast_for_three_minutes_and_not_before_its_time() {
    let (service, _database) = Service::fresh().await;
    let now = Timestamp::now();
    let expires_at: Timestamp = service.ballot().await["expires_at"].as_str().unwrap().parse().unwrap();
    // It says milliseconds, and this clock nanoseconds.
    assert!((179..=190).contains(&(expires_at - now).get_seconds()), "{expires_at}");

    let ago = |seconds| sealed(&issued_at(Timestamp::now() - SignedDuration::from_secs(seconds)));
    assert_eq!(service.cast(&ago(150), "").await.status, 202);
    service.cast(&ago(180), "").await.assert_problem(410, "ballot-expired");
    service.cast(&ago(-120), "").await.assert_problem(422, "ballot-from-future");
}

#[tokio::test]
async fn a_vote_stamped_outside_its_ballots_window_is_no_2xx() {
    let (service, _database) = Service::fresh().await;
    let right = issued_at(Timestamp::now());
    let minute = Minute::try_from(i64::from(right.minute.get()) - 10).unwrap();
    service.cast(&sealed(&Ballot { minute, ..right }), "").await.assert_problem(503, "clock-wrong");
}

#[tokio::test]
async fn a_frontend_whose_clock_is_ten_minutes_wrong_refuses_nobody_for_good_and_is_not_ready_until_it_is_right() {
    let (clock, hands) = hands(Timestamp::now());
    let (service, _database) = Service::fresh_with(|options| options.clock = clock).await;
    for wrong_by in [SignedDuration::from_mins(10), SignedDuration::from_mins(-10)] {
        let good = sealed(&issued_at(Timestamp::now()));
        set(&hands, Timestamp::now() + wrong_by);
        // No vote has to come: it finds out by itself.
        eventually("it isn't ready", async || (!service.is_ready().await).then_some(())).await;
        let reason = service.readiness().await;
        let seconds = reason.strip_prefix("clock: this machine's clock is wrong by about ").unwrap();
        // The clock that was set stands still while the test runs.
        let seconds: i64 = seconds.trim_end().strip_suffix(" s").unwrap().parse().unwrap();
        assert!((540..=660).contains(&seconds), "{reason}");
        service.cast(&good, "").await.assert_problem(503, "clock-wrong");
        service.ask_ballot(SLUG, 1).await.assert_problem(503, "clock-wrong");

        set(&hands, Timestamp::now());
        eventually("it is ready again", async || service.is_ready().await.then_some(())).await;
        assert_eq!(service.cast(&good, "").await.status, 202);
    }
}

#[tokio::test]
async fn a_ballot_cast_just_before_closing_is_accepted_when_it_is_retried_after_it() {
    let (service, database) = Service::fresh().await;
    let closing = this_minute();
    let before = closing - SignedDuration::from_millis(100);
    let (ballot, never_cast) = (sealed(&issued_at(before)), sealed(&issued_at(before)));
    let first = service.cast(&ballot, "").await;
    assert_eq!(first.status, 202, "{first:?}");

    // A frontend that has never seen the ballot takes the retry.
    close_at(&service, &database.pool, closing).await;
    let other = Service::start(crate::support::options(&service.kafka, &database.as_service("voters-frontend"))).await;
    let retried = other.cast(&ballot, "").await;
    assert_eq!((retried.status, &retried.body), (202, &first.body));
    assert_eq!(other.cast(&never_cast, "").await.status, 202);
    other.ask_ballot(SLUG, 1).await.assert_problem(409, "paredao-closed");
}

#[tokio::test]
async fn a_receipt_without_javascript_invites_nobody_to_a_closed_paredao() {
    let (service, database) = Service::fresh().await;
    let closing = this_minute();
    let form = sealed(&issued_at(closing - SignedDuration::from_millis(100)));
    let receipt = async || {
        let request = service.client.post(format!("{}/paredoes/{SLUG}/votes", service.url)).form(&form);
        request.send().await.unwrap().text().await.unwrap()
    };
    let open = receipt().await;
    assert!(open.contains("Votar de novo") && !open.contains("A votação terminou."), "{open}");
    close_at(&service, &database.pool, closing).await;
    let closed = receipt().await;
    assert!(closed.contains("A votação terminou.") && !closed.contains("Votar de novo"), "{closed}");
    assert!(closed.contains(&format!(r#"id="paredao" href="/paredoes/{SLUG}""#)), "{closed}");
}

#[tokio::test]
async fn time_alone_closes_a_paredao_for_whoever_follows_it() {
    let (clock, hands) = hands(Timestamp::now());
    let (service, database) = Service::fresh_with(|options| options.clock = clock).await;
    let closing = this_minute() + SignedDuration::from_mins(1);
    close_at(&service, &database.pool, closing).await;
    set(&hands, closing - SignedDuration::from_millis(100));
    let mut events = Events::of(&service, &format!("/api/v1/paredoes/{SLUG}/live"), "").await;
    assert_eq!(events.next_of("state").await.json()["status"], "open");
    set(&hands, closing);
    assert_eq!(events.next_of("state").await.json()["status"], "closed");
}

#[tokio::test]
async fn a_ballot_issued_at_or_after_the_closing_is_refused() {
    let (service, database) = Service::fresh().await;
    let closing = this_minute();
    let ballot = sealed(&issued_at(closing));
    close_at(&service, &database.pool, closing).await;
    service.cast(&ballot, "").await.assert_problem(409, "paredao-closed");
}
