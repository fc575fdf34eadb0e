//! Exact totals of a paredão, computed from its buckets when they are asked for.

pub(crate) mod api;
pub(crate) mod comparison;
mod span;
pub(crate) mod store;
pub mod table;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use voting_commons::percentages::{Percent, percentages};

use crate::paredao::ParticipantView;

/// How long a span one count covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Grain {
    /// A minute.
    Minute,
    /// Five minutes.
    #[serde(rename = "5min")]
    FiveMinutes,
    /// A quarter of an hour.
    #[serde(rename = "15min")]
    QuarterHour,
    /// An hour of the configured zone.
    #[default]
    Hour,
    /// A civil day of the configured zone.
    Day,
}

impl Grain {
    /// All of them, the finest first.
    pub(crate) const ALL: [Self; 5] = [Self::Minute, Self::FiveMinutes, Self::QuarterHour, Self::Hour, Self::Day];

    /// As the API and the queries write it. Postgres's type `grain` knows those that buckets have: minute, hour and day.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::FiveMinutes => "5min",
            Self::QuarterHour => "15min",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// From what the queries write.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grain| grain.name() == name)
    }
}

/// The totals of a paredão, all of one snapshot of the database.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TotalsView {
    /// Votes of minutes before the closing, within the range asked for.
    pub total: i64,
    /// Votes of minutes at or after the closing, within the range; no other number here includes them.
    pub after_closing: i64,
    /// When the database was read.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
    /// The grain asked for.
    pub granularity: Grain,
    /// Whether a compacted hour or day that began before `from` reaches into the range. Its votes aren't in here: nobody
    /// knows any more which of them lie in the range.
    pub is_cut: bool,
    /// Everybody who stands in the paredão, in order.
    pub participants: Vec<ParticipantTotal>,
    /// Votes before the closing by time and participant; where there are none there is no item.
    pub series: Vec<SeriesItem>,
}

/// A participant's total.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ParticipantTotal {
    /// The participant's id.
    pub id: i32,
    /// Their name.
    pub name: String,
    /// Their votes.
    pub total: i64,
    /// Their share in the total, with two decimals; all of them sum to 100.
    #[schema(value_type = f64)]
    pub percent: Percent,
}

/// A participant's votes in one span of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SeriesItem {
    /// When the span begins.
    #[schema(value_type = String, format = DateTime)]
    pub start: Timestamp,
    /// The participant's id.
    pub participant: i32,
    /// Their votes.
    pub votes: i64,
    /// The span's length: coarser than asked for where old buckets were compacted.
    pub grain: Grain,
}

impl ParticipantTotal {
    /// The totals of those who stand in a paredão, with their shares; `totals` are in their order.
    ///
    /// # Panics
    /// When a total is negative, which the table of buckets forbids.
    pub fn of(standing: &[ParticipantView], totals: &[i64]) -> Vec<Self> {
        let counts: Vec<u64> =
            totals.iter().map(|&votes| u64::try_from(votes).expect("buckets hold positive counts")).collect();
        let all = standing.iter().zip(totals).zip(percentages(&counts));
        let total = |((participant, &total), percent): ((&ParticipantView, &i64), Percent)| Self {
            id: participant.id,
            name: participant.name.clone(),
            total,
            percent,
        };
        all.map(total).collect()
    }
}

impl TotalsView {
    /// The totals that `series` adds up to, of a range that cuts nothing.
    ///
    /// # Panics
    /// When a count is negative, which the table of buckets forbids.
    pub fn of(
        standing: &[ParticipantView],
        granularity: Grain,
        as_of: Timestamp,
        after_closing: i64,
        series: Vec<SeriesItem>,
    ) -> Self {
        let votes_of = |id| series.iter().filter(|item| item.participant == id).map(|item| item.votes).sum::<i64>();
        let totals: Vec<i64> = standing.iter().map(|participant| votes_of(participant.id)).collect();
        let participants = ParticipantTotal::of(standing, &totals);
        let total = totals.iter().sum();
        Self { total, after_closing, as_of, granularity, is_cut: false, participants, series }
    }
}
