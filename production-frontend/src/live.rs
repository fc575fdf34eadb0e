//! Numbers, live: a reader for each thing that somebody watches, and a stream of its readings per watcher. A paredão's are
//! read here.

pub(crate) mod api;
pub(crate) mod feeds;
pub(crate) mod watch;

use std::ops::Range;
use std::time::Instant;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;
use voting_commons::adapters::texts::Texts;

use crate::app::{App, Zone};
use crate::error::Error;
use crate::paredao::store::{self, Paredao};
use crate::standing::StandingView;
use crate::standing::store::{self as standing_store, millis_since};
use crate::totals::store::{self as totals_store, Selection};
use crate::totals::table::{RowView, open_range, rows};
use crate::totals::{Grain, TotalsView};
use crate::{reconciliation, snapshot};

/// A vote comes at most this long after its ballot's minute began, unless it is replayed or imported: a ballot's life, the
/// minute itself, and time to be counted. Spans that ended longer ago don't change.
const LATE_SECONDS_MAX: i64 = 10 * 60;
/// More rows than the newest spans of any grain can be.
const TAIL_ROWS_MAX: usize = 100;

/// What a stream says each second: how the paredão stands, and the newest rows of the table of its totals.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LiveView {
    /// How the paredão stands.
    pub standing: StandingView,
    /// The rows that may have changed since the last event.
    pub tail: TailView,
}

/// The newest rows of the table of totals, of the same snapshot.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TailView {
    /// The grain asked for.
    pub granularity: Grain,
    /// These are all rows from here on; earlier ones change only when votes are replayed or imported.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// The oldest first.
    pub rows: Vec<RowView>,
}

/// What was read at one moment, for all who watch.
#[derive(Debug)]
pub(crate) struct Reading {
    read_at: Instant,
    standing: StandingView,
    /// One for each grain.
    tails: Vec<Tail>,
    tz: TimeZone,
}

/// The newest totals, of which each watcher gets the rows in their language.
#[derive(Debug)]
struct Tail {
    since: Timestamp,
    totals: TotalsView,
    /// When the paredão was open in that time.
    open: Range<Timestamp>,
}

impl Reading {
    /// What somebody is told now who follows the totals by `granularity`, in the language of `t`.
    fn view(&self, granularity: Grain, t: Texts) -> Option<LiveView> {
        let standing = StandingView { age_millis: millis_since(self.read_at), ..self.standing.clone() };
        let Tail { since, totals, open } = self.tails.iter().find(|tail| tail.totals.granularity == granularity)?;
        let rows = rows(totals, open.clone(), TAIL_ROWS_MAX, &self.tz, t).rows;
        Some(LiveView { standing, tail: TailView { granularity, since: *since, rows } })
    }
}

/// When the first span begins that may still change at `as_of`.
pub(crate) fn tail_start(granularity: Grain, as_of: Timestamp, tz: &TimeZone) -> Timestamp {
    let late = Timestamp::from_second(as_of.as_second() - LATE_SECONDS_MAX).unwrap_or(Timestamp::MIN);
    granularity.start_of(late, tz)
}

/// Reads everything that anybody who watches this paredão may be told.
async fn read(app: &App, slug: &str) -> Result<Reading, Error> {
    let read_at = Instant::now();
    let mut snapshot = snapshot::begin(&app.pool).await?;
    let paredao = store::find(&mut *snapshot, slug).await?;
    let verdict = reconciliation::store::read(&mut snapshot).await?;
    let standing = standing_store::read(&mut snapshot, &paredao, &verdict).await?;
    let mut tails = Vec::with_capacity(Grain::ALL.len());
    for granularity in Grain::ALL {
        tails.push(tail(&mut snapshot, &paredao, granularity, &app.zone).await?);
    }
    snapshot.commit().await?;
    Ok(Reading { read_at, standing, tails, tz: app.zone.tz.clone() })
}

async fn tail(snapshot: &mut PgConnection, paredao: &Paredao, granularity: Grain, zone: &Zone) -> Result<Tail, Error> {
    let since = tail_start(granularity, paredao.as_of, &zone.tz);
    let selection = Selection { granularity, from: Some(since), to: None };
    let totals = totals_store::read(snapshot, paredao, selection, &zone.name).await?;
    let open = open_range(paredao, &selection, &totals);
    Ok(Tail { since, totals, open })
}
