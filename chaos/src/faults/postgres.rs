//! Postgres restarts, loses sessions, is locked, and fails over.

use anyhow::{Result, bail};
use dev_stack::postgres::Stop;

use crate::database::{TIMELINE, number};
use crate::world::{World, blocking, pass};

/// How often sessions are ended, and the seconds between.
const ROUNDS: usize = 8;
const ROUND_SECONDS: f64 = 0.4;
/// Longer than the services' lock time-out of 5 s.
const LOCKED_SECONDS: f64 = 7.0;
/// How long the standby is cut off before it takes over: what was committed meanwhile is lost.
const LOST_SECONDS: f64 = 4.0;
const SERVICES: &str = "application_name IN ('votes-register', 'votes-aggregator', 'voters-frontend')";
const POSITION: &str = "SELECT sum(next_offset)::bigint FROM register_cursor";

pub(super) async fn restart(world: &mut World) -> Result<String> {
    let primary = &mut world.database.primary;
    let before = primary.pid();
    blocking(|| primary.stop(Stop::Immediate))?;
    blocking(|| primary.start_again())?;
    Ok(format!("process {before} became {}", primary.pid()))
}

pub(super) async fn end_backends(world: &mut World) -> Result<String> {
    let client = world.database.place().connect().await?;
    let statement = format!(
        "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity WHERE {SERVICES}) AS s
         WHERE ended"
    );
    let busy = format!("SELECT count(*) FROM pg_stat_activity WHERE {SERVICES} AND state = 'active'");
    let (mut ended, mut at_work) = (0, 0);
    for _ in 0..ROUNDS {
        at_work += number(&client, &busy).await?;
        ended += number(&client, &statement).await?;
        pass(ROUND_SECONDS).await;
    }
    if ended == 0 {
        bail!("no session was ended");
    }
    Ok(format!("{ended} sessions ended, {at_work} of them at work"))
}

pub(super) async fn lock(world: &mut World) -> Result<String> {
    let mut client = world.database.place().connect().await?;
    let other = world.database.place().connect().await?;
    let transaction = client.transaction().await?;
    transaction.batch_execute("LOCK TABLE bucket IN ACCESS EXCLUSIVE MODE").await?;
    let waiting = format!("SELECT count(*) FROM pg_stat_activity WHERE {SERVICES} AND wait_event_type = 'Lock'");
    let mut most = 0;
    let start = std::time::Instant::now();
    while start.elapsed().as_secs_f64() < LOCKED_SECONDS {
        pass(0.5).await;
        most = number(&other, &waiting).await?.max(most);
    }
    transaction.rollback().await?;
    if most == 0 {
        bail!("no session waited for the lock");
    }
    Ok(format!("the buckets were locked for {LOCKED_SECONDS} s, {most} sessions waited at once"))
}

/// The standby is cut off, then takes over: commits of some seconds are lost, and the cursors go back with the counts.
pub(super) async fn fail_over(world: &mut World) -> Result<String> {
    let timeline = format!("SELECT {TIMELINE}::bigint");
    world.proxy.close(&world.database.replication)?;
    pass(LOST_SECONDS).await;
    let old = world.database.place().connect().await?;
    let (position, old_timeline) = (number(&old, POSITION).await?, number(&old, &timeline).await?);
    blocking(|| world.database.promote_standby())?;
    // Nobody has been led here yet.
    let new = world.database.place().connect().await?;
    let (recovered, new_timeline) = (number(&new, POSITION).await?, number(&new, &timeline).await?);
    let routes = world.services.postgres_routes();
    blocking(|| world.database.lead_clients(&world.proxy, &routes))?;
    blocking(|| world.database.renew_standby())?;
    let lost = position - recovered;
    if new_timeline <= old_timeline || lost <= 0 {
        bail!("timeline {old_timeline} became {new_timeline}, and the cursors went back by {lost}");
    }
    Ok(format!("timeline {old_timeline} became {new_timeline}; commits lost: the cursors went back by {lost} records"))
}
