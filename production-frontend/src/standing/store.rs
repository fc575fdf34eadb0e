//! Standings from Postgres, all of one snapshot.

use std::time::Instant;

use jiff::Timestamp;
use sqlx::PgConnection;

use super::{LeaderView, MinuteView, StandingView};
use crate::app::App;
use crate::error::Error;
use crate::paredao::store::{self, Paredao};
use crate::reconciliation::ReconciliationView;
use crate::totals::ParticipantTotal;
use crate::{finality, pipeline, publication, reconciliation, snapshot};

/// How the paredão with this slug stands now.
pub(crate) async fn standing(app: &App, slug: &str) -> Result<StandingView, Error> {
    let began = Instant::now();
    let mut snapshot = snapshot::begin(&app.pool).await?;
    let paredao = store::find(&mut *snapshot, slug).await?;
    let verdict = reconciliation::store::read(&mut snapshot).await?;
    let standing = read(&mut snapshot, &paredao, &verdict).await?;
    snapshot.commit().await?;
    Ok(StandingView { age_millis: millis_since(began), ..standing })
}

/// How a paredão stands that was found in the same snapshot, as the verdict was.
pub(crate) async fn read(
    snapshot: &mut PgConnection,
    paredao: &Paredao,
    verdict: &ReconciliationView,
) -> Result<StandingView, Error> {
    let minute = last_minute(paredao.as_of)?;
    let rows =
        sqlx::query_file!("src/standing/votes.sql", paredao.id, minute.as_second()).fetch_all(&mut *snapshot).await?;
    let totals: Vec<i64> = rows.iter().map(|row| row.votes).collect();
    let participants = ParticipantTotal::of(&paredao.view.participants, &totals);
    let finality = finality::store::read(&mut *snapshot, paredao, verdict).await?;
    Ok(StandingView {
        as_of: paredao.as_of,
        age_millis: 0,
        status: paredao.view.status,
        total: totals.iter().sum(),
        after_closing: rows.iter().map(|row| row.after_closing).sum(),
        leader: LeaderView::of(&participants),
        participants,
        last_minute: MinuteView { start: minute, votes: rows.iter().map(|row| row.in_minute).sum() },
        lag: pipeline::store::lag(&mut *snapshot).await?,
        reconciliation: verdict.into(),
        finality: finality.state,
        is_proposed: publication::store::is_proposed(&mut *snapshot, paredao.id).await?,
    })
}

/// How long ago that was, in milliseconds.
pub(crate) fn millis_since(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// When the minute before the one of `as_of` began.
fn last_minute(as_of: Timestamp) -> Result<Timestamp, Error> {
    let minute = as_of.as_second().div_euclid(60) - 1;
    Timestamp::from_second(minute * 60).map_err(|error| Error::Internal(error.into()))
}
