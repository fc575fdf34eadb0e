//! Voters: so many arrive each second, each gets a ballot and casts it until an answer is final.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use voters_frontend::ballot::Ballot;
use voters_frontend::seal::{Purpose, Sealer};

use crate::op_log::{BallotId, Entry, Group, OpLog, Outcome};
use crate::throughput::Throughput;
use crate::voters_api::{Cast, Receipt, VotersApi};

/// Voters under way at once; more that arrive are turned away at the door and counted. Were there more, a machine that
/// is slow for a moment would be kept busy with votes that have been given up.
const VOTERS_MAX: usize = 3_000;
/// The same while no vote can be stored: each waits for the frontends' time-out, and as many shall be sent per second.
const VOTERS_IN_OUTAGE_MAX: usize = 8_000;
const TICK: Duration = Duration::from_millis(10);
/// Of a thousand ballots, so many are sent to both frontends at the same moment.
const TWINS_PER_MILLE: u32 = 80;
/// Of a thousand acknowledged ballots, so many are sent once more later.
const REPEATS_PER_MILLE: u32 = 40;
const REPEAT_AFTER_MAX: Duration = Duration::from_secs(20);
/// Before a failed request is sent again: what the frontends' `Retry-After` says, more or less.
const PAUSE: std::ops::Range<u64> = 1_000..2_500;
/// Attempts to get a ballot, after which a voter goes home without one.
const BALLOT_ATTEMPTS_MAX: u32 = 20;
/// After this long a ballot is as good as expired.
const VOTER_PATIENCE: Duration = Duration::from_secs(175);

/// A paredão to vote in.
#[derive(Debug, Clone)]
pub(crate) struct Paredao {
    pub(crate) id: i32,
    pub(crate) slug: String,
    pub(crate) participants: Vec<i32>,
}

/// The keys that ballots are sealed with, made for this run.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) text: String,
    sealer: Sealer,
}

impl Keys {
    pub(crate) fn random() -> Self {
        let text = format!("chaos:{}", STANDARD.encode(rand::random::<[u8; 32]>()));
        let sealer = Sealer::parse(&text.clone().into()).expect("32 bytes are a key");
        Self { text, sealer }
    }

    /// The id and the minute of a ballot whose receipt never came.
    fn open(&self, token: &str) -> Option<(BallotId, i32)> {
        let ballot: Ballot = self.sealer.open(Purpose::Ballot, token).ok()?;
        Some((u128::from(ballot.id.issuer) << 64 | u128::from(ballot.id.sequence), ballot.minute.get()))
    }
}

/// What all voters share.
#[derive(Debug)]
pub(crate) struct Generator {
    pub(crate) api: VotersApi,
    pub(crate) op_log: OpLog,
    pub(crate) throughput: Throughput,
    keys: Arc<Keys>,
    paredoes: Vec<Paredao>,
    stopped: AtomicBool,
    is_outage: AtomicBool,
    under_way: AtomicUsize,
    /// Voters who have an answer and will send their ballot once more.
    repeating: AtomicUsize,
    /// Voters for whom there was no room.
    pub(crate) turned_away: AtomicU64,
    /// Voters who got no ballot.
    pub(crate) without_ballot: AtomicU64,
    /// Ballots sent on purpose after their acknowledgement, or twice at once.
    pub(crate) repeated: AtomicU64,
    /// Copies of one ballot that got different receipts: there must be none.
    pub(crate) receipts_differ: AtomicU64,
}

impl Generator {
    pub(crate) fn new(api: VotersApi, throughput: Throughput, keys: Arc<Keys>, paredoes: Vec<Paredao>) -> Self {
        Self {
            api,
            op_log: OpLog::default(),
            throughput,
            keys,
            paredoes,
            stopped: AtomicBool::new(false),
            is_outage: AtomicBool::new(false),
            under_way: AtomicUsize::new(0),
            repeating: AtomicUsize::new(0),
            turned_away: AtomicU64::new(0),
            without_ballot: AtomicU64::new(0),
            repeated: AtomicU64::new(0),
            receipts_differ: AtomicU64::new(0),
        }
    }

    pub(crate) fn paredoes(&self) -> &[Paredao] {
        &self.paredoes
    }

    /// Lets `per_second` voters arrive until [`Self::stop`].
    pub(crate) async fn run(self: Arc<Self>, per_second: u32) {
        let start = Instant::now();
        let mut arrived: u64 = 0;
        let mut ticks = tokio::time::interval(TICK);
        while !self.stopped.load(Ordering::Relaxed) {
            ticks.tick().await;
            let due = start.elapsed().as_millis() * u128::from(per_second) / 1000;
            while u128::from(arrived) < due {
                arrived += 1;
                if self.under_way.load(Ordering::Relaxed) >= self.voters_max() {
                    self.turned_away.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                self.under_way.fetch_add(1, Ordering::Relaxed);
                let generator = Arc::clone(&self);
                tokio::spawn(async move {
                    let taken = generator.vote().await;
                    generator.repeating.fetch_add(1, Ordering::Relaxed);
                    generator.under_way.fetch_sub(1, Ordering::Relaxed);
                    if let Some((token, receipt)) = taken {
                        generator.repeat_sometimes(&token, &receipt).await;
                    }
                    generator.repeating.fetch_sub(1, Ordering::Relaxed);
                });
            }
        }
    }

    fn voters_max(&self) -> usize {
        if self.is_outage.load(Ordering::Relaxed) { VOTERS_IN_OUTAGE_MAX } else { VOTERS_MAX }
    }

    /// Whether no vote can be stored now, whatever frontends and voters do.
    pub(crate) fn set_outage(&self, is_outage: bool) {
        self.is_outage.store(is_outage, Ordering::Relaxed);
    }

    /// No more voters arrive.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Voters who have no final answer yet.
    pub(crate) fn under_way(&self) -> usize {
        self.under_way.load(Ordering::Relaxed)
    }

    /// Whether nothing more will be sent.
    pub(crate) fn is_done(&self) -> bool {
        self.under_way() + self.repeating.load(Ordering::Relaxed) == 0
    }

    /// Has one ballot given out and cast, once, both at `frontend`; whether it was acknowledged.
    pub(crate) async fn cast_once(&self, frontend: usize, paredao: &Paredao) -> bool {
        let Some(token) = self.api.ballot(frontend, &paredao.slug, paredao.participants[0]).await else { return false };
        self.cast_token_once(frontend, paredao, &token).await
    }

    /// Casts a ballot once at `frontend`; whether it was acknowledged.
    pub(crate) async fn cast_token_once(&self, frontend: usize, paredao: &Paredao, token: &str) -> bool {
        let (outcome, receipt) = match self.cast(frontend, token).await {
            Cast::Taken(receipt) => (Outcome::Ok, Some(receipt)),
            Cast::Unsure => (Outcome::Indeterminate, None),
            Cast::NotStored | Cast::Refused => (Outcome::Refused, None),
        };
        let ballot = receipt.as_ref().map_or_else(|| self.keys.open(token), ballot_of);
        if let Some((ballot, minute)) = ballot {
            let group = Group { paredao: paredao.id, participant: paredao.participants[0], minute };
            self.op_log.push(Entry { ballot, group, outcome, attempts: 1 });
        }
        outcome == Outcome::Ok
    }

    /// One voter; the ballot and the receipt if the vote was taken.
    async fn vote(&self) -> Option<(String, Receipt)> {
        let paredao = &self.paredoes[fastrand::usize(..self.paredoes.len())];
        let participant = paredao.participants[fastrand::usize(..paredao.participants.len())];
        let Some(token) = self.ballot(&paredao.slug, participant).await else {
            self.without_ballot.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        let (outcome, receipt, attempts) = self.cast_until_final(&token).await;
        let ballot = match &receipt {
            Some(receipt) => ballot_of(receipt),
            None => self.keys.open(&token),
        };
        let Some((ballot, minute)) = ballot else {
            // A ballot or a receipt that can't be read: as bad as a wrong one.
            self.receipts_differ.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        let group = Group { paredao: paredao.id, participant, minute };
        self.op_log.push(Entry { ballot, group, outcome, attempts });
        Some((token, receipt?))
    }

    async fn ballot(&self, slug: &str, participant: i32) -> Option<String> {
        for _ in 0..BALLOT_ATTEMPTS_MAX {
            if let Some(token) = self.api.ballot(self.api.draw(), slug, participant).await {
                return Some(token);
            }
            if self.stopped.load(Ordering::Relaxed) {
                return None;
            }
            pause().await;
        }
        None
    }

    async fn cast_until_final(&self, token: &str) -> (Outcome, Option<Receipt>, u32) {
        let start = Instant::now();
        let mut may_be_stored = false;
        let mut attempts = 0;
        if fastrand::u32(..1000) < TWINS_PER_MILLE && self.api.frontends() > 1 {
            attempts = 2;
            self.repeated.fetch_add(1, Ordering::Relaxed);
            let (one, other) = tokio::join!(self.cast(0, token), self.cast(1, token));
            may_be_stored = [&one, &other].iter().any(|cast| matches!(cast, Cast::Unsure));
            match (one, other) {
                (Cast::Taken(one), Cast::Taken(other)) => {
                    self.compare(&one, &other);
                    return self.taken(one, attempts);
                }
                (Cast::Taken(receipt), _) | (_, Cast::Taken(receipt)) => return self.taken(receipt, attempts),
                _ => pause().await,
            }
        }
        while start.elapsed() < VOTER_PATIENCE {
            attempts += 1;
            match self.cast(self.api.draw(), token).await {
                Cast::Taken(receipt) => return self.taken(receipt, attempts),
                Cast::Refused => break,
                Cast::Unsure => may_be_stored = true,
                Cast::NotStored => {}
            }
            pause().await;
        }
        (if may_be_stored { Outcome::Indeterminate } else { Outcome::Refused }, None, attempts)
    }

    fn taken(&self, receipt: Receipt, attempts: u32) -> (Outcome, Option<Receipt>, u32) {
        self.throughput.acknowledged();
        (Outcome::Ok, Some(receipt), attempts)
    }

    async fn cast(&self, frontend: usize, token: &str) -> Cast {
        self.throughput.attempted();
        self.api.cast(frontend, token).await
    }

    /// Sends some acknowledged ballots once more, some time later.
    async fn repeat_sometimes(&self, token: &str, receipt: &Receipt) {
        if fastrand::u32(..1000) >= REPEATS_PER_MILLE {
            return;
        }
        let millis = u64::try_from(REPEAT_AFTER_MAX.as_millis()).unwrap_or(u64::MAX);
        tokio::time::sleep(Duration::from_millis(fastrand::u64(..millis))).await;
        self.repeated.fetch_add(1, Ordering::Relaxed);
        if let Cast::Taken(other) = self.cast(fastrand::usize(..self.api.frontends()), token).await {
            self.compare(receipt, &other);
        }
    }

    fn compare(&self, one: &Receipt, other: &Receipt) {
        if one != other {
            self.receipts_differ.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A receipt's ballot and minute.
pub(crate) fn ballot_of(receipt: &Receipt) -> Option<(BallotId, i32)> {
    let ballot = u128::from_str_radix(&receipt.receipt, 16).ok()?;
    Some((ballot, i32::try_from(receipt.minute.as_second().div_euclid(60)).ok()?))
}

async fn pause() {
    tokio::time::sleep(Duration::from_millis(fastrand::u64(PAUSE))).await;
}
