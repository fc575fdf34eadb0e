//! The one statement's parameters.

use deadpool_postgres::Object;
use tokio_postgres::types::ToSql;

use super::{StoreError, answer};
use crate::core::{Batch, DeadLetter};

/// A batch's counts, column by column, in the order of the buckets' key.
#[derive(Default)]
struct Counts {
    paredao: Vec<i32>,
    minute: Vec<i32>,
    participant: Vec<i32>,
    votes: Vec<i64>,
}

/// A batch's dead letters, column by column.
#[derive(Default)]
struct Letters<'a> {
    offset: Vec<i64>,
    appended_at: Vec<i64>,
    reason: Vec<&'static str>,
    detail: Vec<Option<&'a str>>,
    attempts: Vec<i32>,
    key: Vec<Option<&'a [u8]>>,
    value: Vec<Option<&'a [u8]>>,
    key_bytes: Vec<Option<i64>>,
    value_bytes: Vec<Option<i64>>,
    ballot_issuer: Vec<Option<i64>>,
    ballot_sequence: Vec<Option<i64>>,
    ballot_minute: Vec<Option<i32>>,
}

/// Runs the statement; the number of cursors that it moved, 1 or 0.
pub(super) async fn execute(
    client: &Object,
    topic: &str,
    partition: i32,
    batch: &Batch,
    epoch: i64,
) -> Result<i64, StoreError> {
    let counts = Counts::of(batch);
    let letters = Letters::of(&batch.parked);
    let counted = batch.counted();
    let parked = as_bigint(batch.parked.len());
    let imports: Vec<i32> = batch.imports.keys().map(|import| import.get()).collect();
    let (next_lines, lines_counted): (Vec<i64>, Vec<i64>) =
        batch.imports.values().map(|progress| (progress.next_line, progress.counted)).unzip();
    let parameters: [&(dyn ToSql + Sync); 30] = [
        &topic,
        &partition,
        &batch.from_offset,
        &epoch,
        &batch.to.next_offset,
        &batch.to.ballots_from,
        &batch.to.log_clock.0,
        &batch.to.fingerprint,
        &counted,
        &batch.duplicate,
        &parked,
        &counts.paredao,
        &counts.minute,
        &counts.participant,
        &counts.votes,
        &letters.offset,
        &letters.appended_at,
        &letters.reason,
        &letters.detail,
        &letters.key,
        &letters.value,
        &letters.key_bytes,
        &letters.value_bytes,
        &letters.ballot_issuer,
        &letters.ballot_sequence,
        &letters.ballot_minute,
        &letters.attempts,
        &imports,
        &next_lines,
        &lines_counted,
    ];
    let statement = answer(client.prepare_cached(include_str!("flush.sql"))).await?;
    let row = answer(client.query_one(&statement, &parameters)).await?;
    Ok(row.try_get(0)?)
}

impl Counts {
    fn of(batch: &Batch) -> Self {
        let mut counts = Self::default();
        for (group, votes) in batch.tally.sorted() {
            counts.paredao.push(group.paredao.get());
            counts.minute.push(group.minute.get());
            counts.participant.push(group.participant.get());
            counts.votes.push(votes);
        }
        counts
    }
}

impl<'a> Letters<'a> {
    fn of(parked: &'a [DeadLetter]) -> Self {
        let mut letters = Self::default();
        for letter in parked {
            letters.offset.push(letter.offset);
            letters.appended_at.push(letter.appended_at.0);
            letters.reason.push(letter.rejection.code());
            letters.detail.push(letter.detail.as_deref());
            letters.attempts.push(letter.attempts.cast_signed());
            letters.key.push(letter.key.as_deref());
            letters.value.push(letter.value.as_deref());
            letters.key_bytes.push(letter.key_bytes.map(as_bigint));
            letters.value_bytes.push(letter.value_bytes.map(as_bigint));
            let ballot = letter.vote.map(|vote| vote.ballot);
            letters.ballot_issuer.push(ballot.map(|ballot| ballot.issuer.cast_signed()));
            letters.ballot_sequence.push(ballot.map(|ballot| ballot.sequence.cast_signed()));
            letters.ballot_minute.push(letter.vote.map(|vote| vote.group.minute.get()));
        }
        letters
    }
}

/// A length as a column of type `bigint` holds it.
fn as_bigint(length: usize) -> i64 {
    i64::try_from(length).expect("nothing in memory is 2^63 long")
}
