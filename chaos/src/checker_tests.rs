//! Evidence of a run in which all is well, and what is found once it is falsified.

use super::*;

const MINUTE: i32 = 29_395_760;
const STAMP: i64 = 29_395_760 * MINUTE_MILLIS + 5_000;
const GROUP: Group = Group { paredao: 1, participant: 2, minute: MINUTE };

fn record(offset: i64, vote: Option<(BallotId, Group)>) -> TopicRecord {
    TopicRecord { partition: 0, offset, stamp: STAMP + offset, vote }
}

fn entry(ballot: BallotId, outcome: Outcome) -> Entry {
    Entry { ballot, group: GROUP, outcome, attempts: 1 }
}

/// Ballots 1 to 4 are counted, 1 of them stored twice; a record that nobody can read is parked, and so are two votes
/// that came when they couldn't count.
fn sound() -> Evidence {
    let late = Group { minute: MINUTE - 10, ..GROUP };
    let future = Group { minute: MINUTE + 2, ..GROUP };
    let votes = [(1, GROUP), (2, GROUP), (1, GROUP), (3, GROUP), (4, GROUP), (8, late), (9, future)];
    let mut topic: Vec<_> = (0..).zip(votes).map(|(offset, vote)| record(offset, Some(vote))).collect();
    topic.push(record(7, None));
    let cursor = CursorRow { start_offset: 0, next_offset: 8, counted: 4, duplicate: 1, parked: 3, skipped: 0 };
    let panorama = PanoramaRow { total: 4, after_closing: 0, shares: [(2, (4, 10_000)), (3, (0, 0))].into() };
    Evidence {
        op_log: vec![
            entry(1, Outcome::Ok),
            entry(2, Outcome::Ok),
            entry(3, Outcome::Ok),
            entry(4, Outcome::Indeterminate),
            entry(5, Outcome::Indeterminate),
            entry(6, Outcome::Refused),
        ],
        planted: [8, 9].into_iter().collect(),
        topic,
        ends: vec![Ends { low: 0, high: 8 }],
        tables: Tables {
            cursors: [(0, cursor)].into(),
            buckets: [((GROUP, 0), 4)].into(),
            dead_letters: [
                ((0, 5), "too_late".to_owned()),
                ((0, 6), "from_future".to_owned()),
                ((0, 7), "value_not_json".to_owned()),
            ]
            .into(),
            hours: [((1, 2, MINUTE / 60), (4, 0))].into(),
            panoramas: [(1, panorama)].into(),
            replayed: BTreeMap::new(),
            reconciliation: ReconciliationRow { state: "green".to_owned(), findings: vec![] },
        },
        exact: vec![ExactTotals {
            paredao: 1,
            span_minutes: 60,
            total: 4,
            participants: [(2, 4), (3, 0)].into(),
            hundredths: 10_000,
            series: [((2, MINUTE - MINUTE % 60), 4)].into(),
        }],
        receipts_differ: 0,
        seen: vec![],
        freshness: vec![Freshness {
            second: 7,
            to_bucket: Duration::from_millis(300),
            to_screens: Duration::from_millis(900),
        }],
    }
}

/// The promises that are found broken.
fn promises(evidence: &Evidence) -> Vec<&'static str> {
    let mut promises: Vec<_> = check(evidence).broken.iter().map(|broken| broken.promise).collect();
    promises.dedup();
    promises
}

#[test]
fn finds_nothing_where_all_is_well() {
    let verdict = check(&sound());
    assert_eq!(verdict.broken, []);
    let expected = Numbers {
        ok: 3,
        indeterminate: 2,
        indeterminate_stored: 1,
        refused: 1,
        sent_more_than_once: 0,
        records: 8,
        counted: 4,
        duplicate: 1,
        parked: 3,
        ok_parked: 0,
    };
    assert_eq!(verdict.numbers, expected);
}

#[test]
fn a_reconciliation_that_isnt_green_is_found() {
    let mut evidence = sound();
    evidence.tables.reconciliation.state = "red".to_owned();
    assert_eq!(promises(&evidence), ["P3"]);
}

#[test]
fn finds_one_vote_removed() {
    let mut evidence = sound();
    evidence.tables.buckets.insert((GROUP, 0), 3);
    assert_eq!(promises(&evidence), ["P1", "P3", "P5"]);
}

#[test]
fn finds_one_vote_doubled() {
    let mut evidence = sound();
    evidence.tables.buckets.insert((GROUP, 0), 5);
    assert_eq!(promises(&evidence), ["P2", "P3", "P5"]);
}

#[test]
fn finds_a_vote_removed_or_doubled_wherever_all_tables_agree() {
    for (votes, promise) in [(3, "P1"), (5, "P2")] {
        let mut evidence = sound();
        evidence.exact.clear();
        let tables = &mut evidence.tables;
        tables.buckets.insert((GROUP, 0), votes);
        tables.hours.insert((1, 2, MINUTE / 60), (votes, 0));
        tables
            .panoramas
            .insert(1, PanoramaRow { total: votes, after_closing: 0, shares: [(2, (votes, 10_000))].into() });
        let cursor = tables.cursors.get_mut(&0).unwrap();
        (cursor.counted, cursor.duplicate) = (votes, 5 - votes);
        assert_eq!(promises(&evidence), [promise, "P3"]);
    }
}

#[test]
fn finds_an_acknowledged_vote_that_was_never_stored() {
    let mut evidence = sound();
    evidence.op_log.push(entry(7, Outcome::Ok));
    assert_eq!(promises(&evidence), ["P1"]);
}

#[test]
fn finds_a_vote_that_became_another() {
    let mut evidence = sound();
    evidence.op_log[0].group.participant = 3;
    assert_eq!(promises(&evidence), ["P1"]);
}

#[test]
fn finds_a_vote_that_nobody_cast_and_one_that_was_refused() {
    let mut evidence = sound();
    evidence.op_log.remove(3);
    assert_eq!(promises(&evidence), ["P2"]);
    let mut evidence = sound();
    evidence.op_log[3].outcome = Outcome::Refused;
    assert_eq!(promises(&evidence), ["P2"]);
}

#[test]
fn finds_a_record_that_vanished_from_the_dead_letters() {
    let mut evidence = sound();
    evidence.tables.dead_letters.remove(&(0, 7));
    assert_eq!(promises(&evidence), ["P1"]);
}

#[test]
fn finds_votes_still_to_be_counted() {
    let mut evidence = sound();
    evidence.tables.cursors.get_mut(&0).unwrap().next_offset = 7;
    assert_eq!(promises(&evidence), ["P1", "P3"]);
}

#[test]
fn finds_percentages_that_sum_to_less() {
    let mut evidence = sound();
    evidence.tables.panoramas.get_mut(&1).unwrap().shares.insert(2, (4, 9_999));
    assert_eq!(promises(&evidence), ["P5"]);
}

#[test]
fn finds_exact_totals_that_differ_in_one_span() {
    for falsify in [
        |exact: &mut ExactTotals| exact.total = 5,
        |exact: &mut ExactTotals| exact.hundredths = 9_999,
        |exact: &mut ExactTotals| exact.participants = [(2, 3), (3, 1)].into(),
        |exact: &mut ExactTotals| exact.series = [((2, MINUTE + 1), 4)].into(),
    ] {
        let mut evidence = sound();
        falsify(&mut evidence.exact[0]);
        assert_eq!(promises(&evidence), ["P5"]);
    }
}

#[test]
fn finds_stale_screens_beyond_what_chance_brings() {
    let mut evidence = sound();
    evidence.freshness = vec![evidence.freshness[0]; 36];
    for slow in 0..3 {
        evidence.freshness[slow].to_screens = Duration::from_millis(2_001);
    }
    assert_eq!(promises(&evidence), [""; 0], "three of 36 come once in two hundred runs");
    evidence.freshness[3].to_screens = Duration::from_millis(2_001);
    assert_eq!(promises(&evidence), ["P6"], "four come once in two thousand");
}

#[test]
fn of_many_votes_the_99th_percentile_decides() {
    let mut evidence = sound();
    evidence.freshness = vec![evidence.freshness[0]; 1_001];
    for slow in 0..11 {
        assert_eq!(promises(&evidence), [""; 0], "{slow} of 1,001 are slow");
        evidence.freshness[slow].to_bucket = Duration::from_millis(1_001);
    }
    assert_eq!(promises(&evidence), ["P6"]);
}

#[test]
fn a_log_read_in_part_proves_nothing() {
    let mut evidence = sound();
    evidence.ends[0].high = 9;
    assert!(promises(&evidence).contains(&"run"));
}
