//! What a seed decides before its first step: how big the world is and which faults it has.

use fastrand::Rng;
use votes_register::core::Limits;

use crate::topic::BROKERS;

/// A step of every seed is one event: a statement takes effect, an answer comes, a record is handed over, ….
pub const STEPS_MIN: u32 = 200;
const STEPS_MAX: u32 = 1_000;
/// By how much a clock that is right may be off, in milliseconds; two of them make the 30 s that the window allows.
const SKEW_MILLIS: i64 = 15_000;

/// Something that is done to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Infliction {
    Crash,
    Freeze,
    Evict,
    Rebalance,
    Stop,
    StoreOutage,
    SlowStore,
    LogOutage,
    RefuseForAWhile,
    ChangeLeader,
    SetLeadersClock,
    LeapLeadersClock,
    SetFrontendsClock,
    AddPartition,
    Close,
    Trim,
    Garbage,
    RetryAtTheEdge,
    PassTime,
    ReplaceFrontend,
    Import,
}

const ALWAYS: [Infliction; 5] =
    [Infliction::Crash, Infliction::Rebalance, Infliction::RetryAtTheEdge, Infliction::PassTime, Infliction::Trim];

/// Each of these is part of some seeds only, so that none always hides another.
const SOMETIMES: [Infliction; 16] = [
    Infliction::Freeze,
    Infliction::Evict,
    Infliction::Stop,
    Infliction::StoreOutage,
    Infliction::SlowStore,
    Infliction::LogOutage,
    Infliction::RefuseForAWhile,
    Infliction::ChangeLeader,
    Infliction::SetLeadersClock,
    Infliction::LeapLeadersClock,
    Infliction::SetFrontendsClock,
    Infliction::AddPartition,
    Infliction::Close,
    Infliction::Garbage,
    Infliction::ReplaceFrontend,
    Infliction::Import,
];

/// How likely it is, in thousandths, that a statement or a vote meets a fault.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chances {
    pub(crate) flush_answer_lost: u32,
    pub(crate) flush_lost: u32,
    pub(crate) flush_late: u32,
    pub(crate) claim_answer_lost: u32,
    pub(crate) vote_lost: u32,
    pub(crate) data_refused: u32,
}

impl Chances {
    pub(crate) const NONE: Self = Self {
        flush_answer_lost: 0,
        flush_lost: 0,
        flush_late: 0,
        claim_answer_lost: 0,
        vote_lost: 0,
        data_refused: 0,
    };
}

/// A seed's decisions.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) steps: u32,
    pub(crate) nodes_ahead: Vec<i64>,
    pub(crate) frontends_ahead: Vec<i64>,
    pub(crate) brokers_ahead: [i64; BROKERS],
    pub(crate) partitions: usize,
    pub(crate) limits: Limits,
    /// How many times likelier a vote is than any other single event.
    pub(crate) votes_weight: usize,
    pub(crate) inflictions: Vec<Infliction>,
    pub(crate) infliction_permille: u32,
    pub(crate) chances: Chances,
}

impl Plan {
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        let clocks_differ = rng.bool();
        let skews = |count: usize, rng: &mut Rng| -> Vec<i64> {
            (0..count).map(|_| if clocks_differ { skew(rng) } else { 0 }).collect()
        };
        let (nodes, frontends) = (rng.usize(1..=3), rng.usize(1..=2));
        let mut inflictions = ALWAYS.to_vec();
        inflictions.extend(SOMETIMES.into_iter().filter(|_| rng.u32(..100) < 40));
        let mut sometimes = |permille_max: u32| if rng.u32(..100) < 50 { rng.u32(1..=permille_max) } else { 0 };
        let chances = Chances {
            flush_answer_lost: sometimes(400),
            flush_lost: sometimes(400),
            flush_late: sometimes(300),
            claim_answer_lost: sometimes(300),
            vote_lost: sometimes(200),
            data_refused: sometimes(40),
        };
        let brokers_ahead = skews(BROKERS, rng).try_into().expect("as many as were asked for");
        Self {
            steps: rng.u32(STEPS_MIN..=STEPS_MAX),
            nodes_ahead: skews(nodes, rng),
            frontends_ahead: skews(frontends, rng),
            brokers_ahead,
            partitions: rng.usize(1..=3),
            limits: Limits {
                batch_records_max: rng.i64(1..=12),
                batch_parked_bytes_max: rng.usize(64..=4096),
                batch_age_millis_max: rng.i64(1..=400),
                ballots_max: if rng.u32(..100) < 30 { rng.u64(4..=30) } else { 100_000 },
                ..Limits::default()
            },
            votes_weight: rng.usize(1..=4),
            inflictions,
            infliction_permille: rng.u32(10..=120),
            chances,
        }
    }
}

/// By how much a clock is off that is right as far as clocks go.
pub(crate) fn skew(rng: &mut Rng) -> i64 {
    rng.i64(-SKEW_MILLIS..=SKEW_MILLIS)
}
