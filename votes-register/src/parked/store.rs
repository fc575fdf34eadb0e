//! Parked records in Postgres.

use std::collections::HashMap;
use std::ops::Range;

use deadpool_postgres::Pool;
use tokio_postgres::types::ToSql;
use voting_commons::adapters::postgres::PostgresArgs;
use voting_commons::{BallotId, ParedaoId, Rejection, UnixMillis, Vote};

use super::letter::Letter;
use super::refusal::Refusal;
use super::replay::Selection;
use crate::store::{self, BadDatabase, StoreError, answer};

/// The dead letters of one topic.
#[derive(Clone)]
pub struct DeadLetters {
    pool: Pool,
    topic: String,
}

/// Which dead letters. What isn't set doesn't narrow them down.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Those with these ids.
    pub ids: Option<Vec<i64>>,
    /// Those that were parked for one of these reasons.
    pub reasons: Option<Vec<String>>,
    /// Those of one partition.
    pub partition: Option<i32>,
    /// Those that were replayed, or those that weren't.
    pub replayed: Option<bool>,
    /// Those with greater ids than this; ids begin at 1.
    pub after: i64,
}

/// How much of them is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Keys and values of good votes only.
    Votes,
    /// All keys and values.
    Records,
}

/// Where a partition's counting stands.
pub(super) struct CursorRow {
    pub(super) start_offset: i64,
    pub(super) next_offset: i64,
    pub(super) log_clock: UnixMillis,
}

impl DeadLetters {
    /// The dead letters of `topic`.
    ///
    /// # Errors
    /// When the database's URL or certificate can't be read.
    pub fn new(args: &PostgresArgs, topic: &str) -> Result<Self, BadDatabase> {
        Ok(Self { pool: store::pool(args, "votes-register-parked", 2)?, topic: topic.to_owned() })
    }

    /// The first `letters_max` of them by id, without keys and values of what isn't a vote.
    ///
    /// # Errors
    /// When Postgres is away.
    pub async fn list(&self, filter: &Filter, letters_max: i64) -> Result<Vec<Letter>, StoreError> {
        self.select(filter, letters_max, Wanted::Votes).await
    }

    /// One of them, with all that is kept of its record.
    ///
    /// # Errors
    /// When Postgres is away.
    pub async fn show(&self, id: i64) -> Result<Option<Letter>, StoreError> {
        let filter = Filter { ids: Some(vec![id]), ..Filter::default() };
        Ok(self.select(&filter, 1, Wanted::Records).await?.pop())
    }

    async fn select(&self, filter: &Filter, letters_max: i64, wanted: Wanted) -> Result<Vec<Letter>, StoreError> {
        let votes: Vec<&str> = Rejection::REPLAYABLE.iter().map(|rejection| rejection.code()).collect();
        let wanted = (wanted == Wanted::Votes).then_some(votes);
        let Filter { ids, reasons, partition, replayed, after } = filter;
        let client = self.pool.get().await?;
        let statement = answer(client.prepare_cached(include_str!("letters.sql"))).await?;
        let parameters: [&(dyn ToSql + Sync); 8] =
            [&self.topic, ids, reasons, partition, replayed, after, &letters_max, &wanted];
        let rows = answer(client.query(&statement, &parameters)).await?;
        Ok(rows.iter().map(Letter::of).collect::<Result<_, _>>()?)
    }

    pub(super) async fn cursor(&self, partition: i32) -> Result<Option<CursorRow>, StoreError> {
        let client = self.pool.get().await?;
        let query = "SELECT start_offset, next_offset, log_clock FROM register_cursor
                     WHERE topic = $1 AND partition = $2";
        let row = answer(client.query_opt(query, &[&self.topic, &partition])).await?;
        Ok(row.map(|row| CursorRow {
            start_offset: row.get("start_offset"),
            next_offset: row.get("next_offset"),
            log_clock: UnixMillis(row.get("log_clock")),
        }))
    }

    pub(super) async fn skipped(&self, partition: i32) -> Result<Vec<Range<i64>>, StoreError> {
        let client = self.pool.get().await?;
        let query = "SELECT from_offset, to_offset FROM skipped WHERE topic = $1 AND partition = $2";
        let rows = answer(client.query(query, &[&self.topic, &partition])).await?;
        Ok(rows.iter().map(|row| row.get("from_offset")..row.get("to_offset")).collect())
    }

    /// Where copies of these votes' ballots were parked.
    pub(super) async fn parked_copies(
        &self,
        partition: i32,
        votes: &[Vote],
    ) -> Result<HashMap<BallotId, Vec<i64>>, StoreError> {
        let minutes: Vec<i32> = votes.iter().map(|vote| vote.group.minute.get()).collect();
        let issuers: Vec<i64> = votes.iter().map(|vote| vote.ballot.issuer.cast_signed()).collect();
        let sequences: Vec<i64> = votes.iter().map(|vote| vote.ballot.sequence.cast_signed()).collect();
        let client = self.pool.get().await?;
        let statement = answer(client.prepare_cached(include_str!("copies.sql"))).await?;
        let parameters: [&(dyn ToSql + Sync); 5] = [&self.topic, &partition, &minutes, &issuers, &sequences];
        let mut copies = HashMap::<_, Vec<_>>::new();
        for row in answer(client.query(&statement, &parameters)).await? {
            let (issuer, sequence): (i64, i64) = (row.get("ballot_issuer"), row.get("ballot_sequence"));
            let ballot = BallotId { issuer: issuer.cast_unsigned(), sequence: sequence.cast_unsigned() };
            copies.entry(ballot).or_default().push(row.get("record_offset"));
        }
        Ok(copies)
    }

    /// Writes down, before it begins, that `who` has these replayed by a command.
    ///
    /// # Errors
    /// When Postgres is away.
    pub async fn audit_replay(&self, selection: &Selection, who: &str) -> Result<(), StoreError> {
        let (ids, reason) = match selection {
            Selection::Ids(ids) => (Some(ids), None),
            Selection::Reason(reason) => (None, Some(reason)),
            Selection::All => (None, None),
        };
        let client = self.pool.get().await?;
        let statement = "INSERT INTO audit (who, action, subject, detail)
                         VALUES ($1, 'replay', $2, jsonb_strip_nulls(jsonb_build_object('ids', $3::bigint[], 'reason', $4::text)))";
        answer(client.execute(statement, &[&who, &self.topic, &ids, &reason])).await?;
        Ok(())
    }

    /// The dead letter from which this ballot was replayed.
    pub(super) async fn replayed_from(&self, ballot: BallotId) -> Result<Option<i64>, StoreError> {
        let client = self.pool.get().await?;
        let query = "SELECT dead_letter FROM replayed WHERE ballot_issuer = $1 AND ballot_sequence = $2";
        let (issuer, sequence) = (ballot.issuer.cast_signed(), ballot.sequence.cast_signed());
        let row = answer(client.query_opt(query, &[&issuer, &sequence])).await?;
        Ok(row.map(|row| row.get("dead_letter")))
    }

    /// Whether the result of this paredão was published.
    pub(super) async fn is_published(&self, paredao: ParedaoId) -> Result<bool, StoreError> {
        let client = self.pool.get().await?;
        let query = "SELECT EXISTS (SELECT FROM publication WHERE paredao = $1)";
        Ok(answer(client.query_one(query, &[&paredao.get()])).await?.get(0))
    }

    /// Counts the vote, unless its ballot was replayed meanwhile, a copy may be counted again or the result was published: `false` then. `closes`
    /// is where its window ends, `next_offset` where the cursor stood.
    pub(super) async fn replay(
        &self,
        id: i64,
        vote: &Vote,
        who: &str,
        closes: UnixMillis,
        next_offset: i64,
    ) -> Result<Result<bool, Refusal>, StoreError> {
        let client = self.pool.get().await?;
        let statement = answer(client.prepare_cached(include_str!("replay.sql"))).await?;
        let group = vote.group;
        let (paredao, participant, minute) = (group.paredao.get(), group.participant.get(), group.minute.get());
        let (issuer, sequence) = (vote.ballot.issuer.cast_signed(), vote.ballot.sequence.cast_signed());
        let parameters: [&(dyn ToSql + Sync); 9] =
            [&id, &paredao, &participant, &minute, &issuer, &sequence, &who, &closes.0, &next_offset];
        match answer(client.query_one(&statement, &parameters)).await {
            Ok(row) => Ok(Ok(row.try_get::<_, i64>(0)? == 1)),
            Err(error) => match store::data_error(&error) {
                Some(detail) => Ok(Err(Refusal::RefusedByStore(detail))),
                None => Err(error),
            },
        }
    }

    pub(super) fn pool(&self) -> &Pool {
        &self.pool
    }
}
