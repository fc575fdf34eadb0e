//! Replaying parked votes, a batch at a time.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;
use rdkafka::error::KafkaError;
use tokio_util::sync::CancellationToken;
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::{BallotId, Minute, Rejection, Vote, window};

use super::evidence::{self, Standing};
use super::letter::Letter;
use super::refusal::Refusal;
use super::scan::Scan;
use super::store::{DeadLetters, Filter};
use crate::log_index::LogIndex;
use crate::log_reader::{LogError, LogReader};
use crate::store::StoreError;

/// The most dead letters judged at once, and the most ids of one selection.
const BATCH_LETTERS_MAX: i64 = 1_000;
const CLIENT_ID: &str = "votes-register-replay";

/// What to replay.
#[derive(Debug, Clone)]
pub enum Selection {
    /// These dead letters, at most 1000: as many as one batch.
    Ids(Vec<i64>),
    /// Those parked for this reason and not yet replayed.
    Reason(String),
    /// All those that are good votes and not yet replayed.
    All,
}

/// What became of a dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The dead letter's id.
    pub id: i64,
    /// What became of it.
    pub verdict: Verdict,
}

/// What became of a dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is counted now.
    Replayed,
    /// It would be, were this not a dry run.
    WouldReplay,
    /// It was replayed before.
    AlreadyReplayed,
    /// It can't be replayed.
    Refused(Refusal),
}

impl Verdict {
    /// The stable name of this verdict; a refusal has its reason's.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Replayed => "replayed",
            Self::WouldReplay => "would_replay",
            Self::AlreadyReplayed => "already_replayed",
            Self::Refused(refusal) => refusal.code(),
        }
    }

    /// What happened, in a sentence.
    pub fn detail(&self) -> String {
        match self {
            Self::Replayed => "it is counted now".to_owned(),
            Self::WouldReplay => "it can be replayed".to_owned(),
            Self::AlreadyReplayed => "it was replayed before".to_owned(),
            Self::Refused(refusal) => refusal.to_string(),
        }
    }
}

/// Why replaying broke off. What was replayed stays so, and replaying again is safe.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// Postgres failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log can't be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Somebody took the cursor away.
    #[error("partition {partition} has no cursor, though records of it were parked")]
    NoCursor {
        /// The partition.
        partition: i32,
    },
}

impl From<KafkaError> for ReplayError {
    fn from(error: KafkaError) -> Self {
        Self::Log(error.into())
    }
}

/// A replay under way.
pub struct Replay {
    letters: DeadLetters,
    index: LogIndex,
    reader: Arc<LogReader>,
    selection: Selection,
    who: String,
    dry_run: bool,
    after: i64,
    /// Ballots that a dry run would have replayed.
    pretended: HashMap<BallotId, i64>,
}

/// A parked vote.
struct Candidate {
    letter: Letter,
    vote: Vote,
}

/// What was found out about a partition's candidates.
struct Judged {
    next_offset: i64,
    verdicts: Vec<(Candidate, Result<(), Refusal>)>,
}

impl Replay {
    /// A replay of `selection` in the name of `who`. It breaks off once `stop` is cancelled.
    ///
    /// # Errors
    /// When Kafka's client can't be set up.
    pub fn new(
        kafka: &KafkaArgs,
        letters: DeadLetters,
        selection: Selection,
        who: &str,
        dry_run: bool,
        stop: CancellationToken,
    ) -> Result<Self, ReplayError> {
        let index = LogIndex::new(kafka, CLIENT_ID)?;
        let reader = Arc::new(LogReader::new(kafka, CLIENT_ID, stop)?);
        let (who, pretended) = (who.to_owned(), HashMap::new());
        Ok(Self { letters, index, reader, selection, who, dry_run, after: 0, pretended })
    }

    /// Goes on with the next dead letters, at most 1000, and says what became of them, by id; `None` at the end.
    ///
    /// # Errors
    /// When Postgres or Kafka fails.
    pub async fn next_batch(&mut self) -> Result<Option<Vec<Outcome>>, ReplayError> {
        let letters = self.letters.list(&self.filter(), BATCH_LETTERS_MAX).await?;
        let mut verdicts = self.unknown(&letters);
        let mut candidates = BTreeMap::<i32, Vec<Candidate>>::new();
        self.after = letters.last().map_or(i64::MAX, |last| last.id);
        for letter in letters {
            if letter.replayed.is_some() {
                verdicts.insert(letter.id, Verdict::AlreadyReplayed);
                continue;
            }
            match letter.vote() {
                Ok(vote) => candidates.entry(letter.partition).or_default().push(Candidate { letter, vote }),
                Err(refusal) => drop(verdicts.insert(letter.id, Verdict::Refused(refusal))),
            }
        }
        for (partition, candidates) in candidates {
            let judged = self.judge(partition, candidates).await?;
            for (candidate, verdict) in judged.verdicts {
                let verdict = match verdict {
                    Ok(()) => self.write(&candidate, judged.next_offset).await?,
                    Err(refusal) => Verdict::Refused(refusal),
                };
                verdicts.insert(candidate.letter.id, verdict);
            }
        }
        let outcomes: Vec<_> = verdicts.into_iter().map(|(id, verdict)| Outcome { id, verdict }).collect();
        Ok((!outcomes.is_empty()).then_some(outcomes))
    }

    fn filter(&self) -> Filter {
        let filter = Filter { after: self.after, ..Filter::default() };
        match &self.selection {
            Selection::Ids(ids) => Filter { ids: Some(ids.clone()), ..filter },
            Selection::Reason(reason) => {
                Filter { reasons: Some(vec![reason.clone()]), replayed: Some(false), ..filter }
            }
            Selection::All => {
                let reasons = Rejection::REPLAYABLE.iter().map(|rejection| rejection.code().to_owned());
                Filter { reasons: Some(reasons.collect()), replayed: Some(false), ..filter }
            }
        }
    }

    /// The ids asked for that aren't among the `letters` found. All ids fit the first batch.
    fn unknown(&self, letters: &[Letter]) -> BTreeMap<i64, Verdict> {
        let Selection::Ids(ids) = &self.selection else { return BTreeMap::new() };
        let found: HashSet<i64> = letters.iter().map(|letter| letter.id).collect();
        let unknown = ids.iter().filter(|id| self.after == 0 && !found.contains(id));
        unknown.map(|id| (*id, Verdict::Refused(Refusal::Unknown))).collect()
    }

    /// Decides about parked votes of one partition.
    async fn judge(&self, partition: i32, candidates: Vec<Candidate>) -> Result<Judged, ReplayError> {
        let standing = self.standing(partition).await?;
        let next_offset = standing.next_offset;
        if standing.high < next_offset {
            let refusal = Refusal::LogChanged { offset: standing.high };
            let verdicts = candidates.into_iter().map(|candidate| (candidate, Err(refusal.clone()))).collect();
            return Ok(Judged { next_offset, verdicts });
        }
        let mut stretches = HashMap::new();
        let mut refused = Vec::new();
        let mut readable = Vec::new();
        for candidate in candidates {
            let minute = candidate.vote.group.minute;
            let stretch = match stretches.entry(minute) {
                Entry::Occupied(found) => found.into_mut(),
                Entry::Vacant(vacant) => vacant.insert(self.stretch(partition, &standing, minute).await?),
            };
            match stretch {
                Ok(_) => readable.push(candidate),
                Err(refusal) => refused.push((candidate, Err(refusal.clone()))),
            }
        }
        let windows: Vec<Range<i64>> = stretches.into_values().flatten().collect();
        let mut verdicts = self.look_for_copies(partition, &standing, windows, readable).await?;
        verdicts.extend(refused);
        Ok(Judged { next_offset, verdicts })
    }

    /// The time is read before the log's end, and that before the cursor, as [`Standing`] asks.
    async fn standing(&self, partition: i32) -> Result<Standing, ReplayError> {
        let now = Timestamp::now().into();
        let ends = self.index.ends(partition).await?;
        let cursor = self.letters.cursor(partition).await?;
        let cursor = cursor.ok_or(ReplayError::NoCursor { partition })?;
        Ok(Standing {
            now,
            low: ends.low,
            high: ends.high,
            start_offset: cursor.start_offset,
            next_offset: cursor.next_offset,
            log_clock: cursor.log_clock,
        })
    }

    /// Which offsets may hold counted copies of ballots of `minute`.
    async fn stretch(
        &self,
        partition: i32,
        standing: &Standing,
        minute: Minute,
    ) -> Result<Result<Range<i64>, Refusal>, ReplayError> {
        let closes = window::closes(minute);
        if !standing.window_is_closed(minute) {
            return Ok(Err(Refusal::WindowOpen { partition, closes }));
        }
        let from = self.index.offset_at(partition, Standing::first_stamp(minute)).await?;
        let to = self.index.offset_at(partition, Standing::last_stamp(minute)).await?;
        Ok(standing.stretch(from, to).map_err(|low| Refusal::LogGone { low }))
    }

    /// Reads the windows and the parked records themselves again.
    async fn look_for_copies(
        &self,
        partition: i32,
        standing: &Standing,
        mut stretches: Vec<Range<i64>>,
        candidates: Vec<Candidate>,
    ) -> Result<Vec<(Candidate, Result<(), Refusal>)>, ReplayError> {
        if candidates.is_empty() {
            return Ok(Vec::new());
        }
        let letters = candidates.iter().map(|candidate| &candidate.letter);
        stretches
            .extend(letters.map(|letter| letter.offset..letter.offset + 1).filter(|own| own.start >= standing.low));
        let skipped = self.letters.skipped(partition).await?;
        let scan = Scan {
            partition,
            stretches: evidence::merged(stretches),
            skipped: skipped.clone(),
            parked: candidates.iter().map(|c| (c.letter.offset, (c.letter.appended_at, c.vote))).collect(),
        };
        let reader = Arc::clone(&self.reader);
        let found = tokio::task::spawn_blocking(move || scan.run(&reader)).await.map_err(|_| LogError::Stopped)??;
        let votes: Vec<Vote> = candidates.iter().map(|candidate| candidate.vote).collect();
        let parked = self.letters.parked_copies(partition, &votes).await?;
        let judge = |candidate: &Candidate| {
            if let Some(offset) = found.changed {
                return Err(Refusal::LogChanged { offset });
            }
            let of =
                |copies: &HashMap<BallotId, Vec<i64>>| copies.get(&candidate.vote.ballot).cloned().unwrap_or_default();
            match evidence::counted_copy(&of(&found.copies), &of(&parked), &skipped) {
                Some(offset) => Err(Refusal::Counted { offset }),
                None => Ok(()),
            }
        };
        let judged = candidates.into_iter().map(|candidate| {
            let verdict = judge(&candidate);
            (candidate, verdict)
        });
        Ok(judged.collect())
    }

    /// Counts the vote, or says that it would.
    async fn write(&mut self, candidate: &Candidate, next_offset: i64) -> Result<Verdict, ReplayError> {
        let Candidate { letter, vote } = candidate;
        if let Some(verdict) = self.replayed_before(letter.id, vote.ballot).await? {
            return Ok(verdict);
        }
        if self.letters.is_published(vote.group.paredao).await? {
            return Ok(Verdict::Refused(Refusal::Published));
        }
        if self.dry_run {
            self.pretended.insert(vote.ballot, letter.id);
            return Ok(Verdict::WouldReplay);
        }
        let closes = window::closes(vote.group.minute);
        match self.letters.replay(letter.id, vote, &self.who, closes, next_offset).await? {
            Ok(true) => {
                metrics::counter!("votes_replayed_total").increment(1);
                Ok(Verdict::Replayed)
            }
            // Somebody else was faster, or published meanwhile, or else the cursor has moved.
            Ok(false) => {
                if self.letters.is_published(vote.group.paredao).await? {
                    return Ok(Verdict::Refused(Refusal::Published));
                }
                let before = self.replayed_before(letter.id, vote.ballot).await?;
                let open = Refusal::WindowOpen { partition: letter.partition, closes };
                Ok(before.unwrap_or(Verdict::Refused(open)))
            }
            Err(refusal) => Ok(Verdict::Refused(refusal)),
        }
    }

    async fn replayed_before(&self, id: i64, ballot: BallotId) -> Result<Option<Verdict>, ReplayError> {
        let from = self.letters.replayed_from(ballot).await?.or_else(|| self.pretended.get(&ballot).copied());
        Ok(from.map(|from| match from == id {
            true => Verdict::AlreadyReplayed,
            false => Verdict::Refused(Refusal::BallotReplayed { id: from }),
        }))
    }
}
