//! Each inequality, held and broken.

use std::time::{Duration, Instant};

use voting_commons::UnixMillis;
use voting_commons::accounts::{Account, BootId, Statement};

use super::*;
use crate::reconcile::claims::DEAD_AFTER;
use crate::reconcile::log_count::MinuteCount;

const MINUTE: i32 = 1_000;
const PLACE: Place = (1, MINUTE);

/// Frontend 1 sent `sent` votes, of which `accepted` were acknowledged, and lives.
fn claims(sent: i64, accepted: i64, heard: Instant) -> Claims {
    let mut claims = Claims::default();
    let (paredao, minute) = (1.try_into().unwrap(), i64::from(MINUTE).try_into().unwrap());
    let account = Account { sent, accepted };
    claims.take(Statement::Account { boot: BootId(1), paredao, minute, account }, heard);
    let at = UnixMillis(i64::from(MINUTE) * MINUTE_MILLIS);
    claims.take(Statement::Heartbeat { boot: BootId(1), at, ended: false }, heard);
    claims
}

/// Partition 0 holds as many votes of the one place, all of them countable.
fn log(votes: i64) -> Log {
    let minute = MinuteCount { records: votes, countable: votes, imported: 0 };
    let minutes = [(PLACE, minute)].into();
    [(0, PartitionCount { next_offset: votes, countable: votes, minutes, ..PartitionCount::default() })].into()
}

/// Tables that counted as many.
fn tables(votes: i64) -> Tables {
    let of = PartitionTables { next_offset: votes, counted: votes, votes, ..PartitionTables::default() };
    Tables { partitions: [(0, of)].into(), minutes: [((0, PLACE), votes)].into(), minutes_from: 0 }
}

fn kinds(findings: &[Finding]) -> Vec<Kind> {
    findings.iter().map(|finding| finding.kind).collect()
}

#[test]
fn accepted_votes_are_in_the_topic() {
    let now = Instant::now();
    assert_eq!(lost(&claims(12, 10, now), &log(10)), []);
    let findings = lost(&claims(12, 11, now), &log(10));
    assert_eq!(findings[0].to_string(), "lost paredao=1 minute=1000 expected=11 found=10");
    assert_eq!(verdict(&findings, None), Verdict::Red);
}

#[test]
fn votes_from_before_the_count_began_are_no_loss() {
    let mut log = log(0);
    let count = log.get_mut(&0).unwrap();
    (count.start_offset, count.next_offset) = (7, 7);
    count.first_stamp = (i64::from(MINUTE) + 1) * MINUTE_MILLIS;
    assert_eq!(lost(&claims(1, 1, Instant::now()), &log), []);
    count_from(&mut log, (i64::from(MINUTE) - 2) * MINUTE_MILLIS);
    assert_eq!(kinds(&lost(&claims(1, 1, Instant::now()), &log)), [Kind::Lost]);
}

fn count_from(log: &mut Log, first_stamp: i64) {
    log.get_mut(&0).unwrap().first_stamp = first_stamp;
}

#[test]
fn the_topic_holds_no_more_than_was_sent() {
    let claims = claims(12, 10, Instant::now());
    assert_eq!(unaccounted(&claims, &[], &countable_by_place(&log(12))), []);
    let findings = unaccounted(&claims, &[], &countable_by_place(&log(13)));
    assert_eq!(findings[0].to_string(), "unaccounted paredao=1 minute=1000 expected=12 found=13");
    assert_eq!(verdict(&findings, Some(3)), Verdict::Red);
}

#[test]
fn copies_that_nobody_sent_are_held_against_nobody() {
    let (claims, mut log) = (claims(12, 12, Instant::now()), log(12));
    let count = log.get_mut(&0).unwrap();
    count.minutes.get_mut(&PLACE).unwrap().records += 3;
    (count.duplicate, count.next_offset) = (3, count.next_offset + 3);
    assert_eq!(unaccounted(&claims, &[], &countable_by_place(&log)), []);
    assert_eq!(lost(&claims, &log), []);
}

#[test]
fn minutes_before_any_account_are_not_judged() {
    let claims = claims(1, 1, Instant::now());
    let records = [((1, MINUTE - 1), 5), (PLACE, 1)].into();
    assert_eq!(unaccounted(&claims, &[], &records), []);
    assert_eq!(unaccounted(&Claims::default(), &[], &records), []);
}

#[test]
fn the_last_interval_of_a_dead_frontend_is_unknown() {
    let heard = Instant::now();
    let claims = claims(12, 10, heard);
    let unknown = claims.unknown(heard + DEAD_AFTER + Duration::from_secs(1));
    assert_eq!(unknown.len(), 1);
    let records = countable_by_place(&log(13));
    assert_eq!(unaccounted(&claims, &unknown, &records), []);
    // Said as such, and green.
    let findings: Vec<Finding> = unknown.iter().cloned().map(Finding::from).collect();
    assert_eq!(kinds(&findings), [Kind::FrontendUnknown]);
    assert_eq!(findings[0].boot.as_deref(), Some("0000000000000001"));
    assert_eq!(verdict(&findings, None), Verdict::Green);
    // Long after its death nothing more is excused, and a loss never is.
    let later = [((1, MINUTE + 2), 1)].into();
    assert_eq!(kinds(&unaccounted(&claims, &unknown, &later)), [Kind::Unaccounted]);
    assert_eq!(kinds(&lost(&claims, &log(9))), [Kind::Lost]);
}

#[test]
fn a_topic_that_equals_the_tables_is_green() {
    let findings = differing(&log(10), &tables(10));
    assert_eq!(findings, []);
    assert_eq!(verdict(&findings, None), Verdict::Green);
}

#[test]
fn what_could_not_be_compared_is_catching_up() {
    assert_eq!(differing(&log(10), &tables(7)), []);
    assert_eq!(verdict(&[], Some(4)), Verdict::CatchingUp { seconds: 4 });
}

#[test]
fn a_bucket_that_was_changed_is_found_in_its_minute() {
    let mut tables = tables(10);
    tables.partitions.get_mut(&0).unwrap().votes = 9;
    tables.minutes.insert((0, PLACE), 9);
    let found: Vec<String> = differing(&log(10), &tables).iter().map(ToString::to_string).collect();
    let expected =
        ["buckets partition=0 expected=10 found=9", "minute partition=0 paredao=1 minute=1000 expected=10 found=9"];
    assert_eq!(found, expected);
}

#[test]
fn a_vote_in_the_wrong_minute_is_found_though_the_sums_agree() {
    let mut tables = tables(10);
    tables.minutes.insert((0, PLACE), 9);
    tables.minutes.insert((0, (1, MINUTE + 1)), 1);
    assert_eq!(kinds(&differing(&log(10), &tables)), [Kind::Minute, Kind::Minute]);
    tables.minutes_from = MINUTE + 2;
    assert_eq!(differing(&log(10), &tables), []);
}

type Change = fn(&mut PartitionCount);

#[test]
fn each_kind_of_record_is_compared() {
    let change: [(Kind, Change); 4] = [
        (Kind::Counted, |count| count.countable += 1),
        (Kind::Duplicate, |count| count.duplicate += 1),
        (Kind::Untimely, |count| count.untimely += 1),
        (Kind::Undecodable, |count| count.undecodable += 1),
    ];
    for (kind, change) in change {
        let mut log = log(10);
        change(log.get_mut(&0).unwrap());
        assert_eq!(kinds(&differing(&log, &tables(10))), [kind]);
        // What an operator passed over explains as much, and not more.
        let mut tables = tables(10);
        tables.partitions.get_mut(&0).unwrap().skipped = 1;
        assert_eq!(differing(&log, &tables), []);
        change(log.get_mut(&0).unwrap());
        assert_eq!(kinds(&differing(&log, &tables)), [kind]);
    }
}

#[test]
fn votes_that_were_made_late_explain_as_many_and_not_more() {
    let (log, mut tables) = (log(10), tables(7));
    let of = tables.partitions.get_mut(&0).unwrap();
    (of.next_offset, of.parked, of.untimely) = (10, 3, 3);
    let unexplained = [Kind::Counted, Kind::Untimely, Kind::Minute];
    assert_eq!(kinds(&differing(&log, &tables)), unexplained);
    tables.partitions.get_mut(&0).unwrap().made_late = 3;
    assert_eq!(differing(&log, &tables), []);
    tables.partitions.get_mut(&0).unwrap().made_late = 2;
    assert_eq!(kinds(&differing(&log, &tables)), unexplained);
}

#[test]
fn parked_and_replayed_votes_reconcile() {
    let mut log = log(10);
    let mut tables = tables(9);
    let count = log.get_mut(&0).unwrap();
    (count.untimely, count.undecodable, count.next_offset) = (2, 3, 15);
    let of = tables.partitions.get_mut(&0).unwrap();
    of.next_offset = 15;
    (of.parked, of.refused, of.untimely, of.undecodable) = (6, 1, 2, 3);
    (of.replayed, of.votes) = (1, 10);
    // The snapshot's minutes leave the replayed vote out and hold the refused one.
    tables.minutes.insert((0, PLACE), 10);
    assert_eq!(differing(&log, &tables), []);
    tables.partitions.get_mut(&0).unwrap().undecodable = 2;
    assert_eq!(kinds(&differing(&log, &tables)), [Kind::DeadLetters, Kind::Undecodable]);
}
