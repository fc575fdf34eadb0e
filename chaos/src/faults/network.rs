//! Cut and slow networks.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use tokio_postgres::NoTls;

use crate::database::Database;
use crate::proxy::Route;
use crate::services::Kind;
use crate::world::{World, blocking, pass};

const CUT_SECONDS: f64 = 8.0;
const SLOW_SECONDS: f64 = 10.0;
const PATIENCE: Duration = Duration::from_secs(3);
const KAFKA_DELAY: (Duration, Duration) = (Duration::from_millis(120), Duration::from_millis(40));
const POSTGRES_DELAY: (Duration, Duration) = (Duration::from_millis(250), Duration::from_millis(100));

/// The broker goes on and leads, but no client reaches it.
pub(super) async fn cut_broker(world: &mut World) -> Result<String> {
    let (index, led) = blocking(|| world.cluster.leader_of_most())?;
    let broker = &world.cluster.brokers[index];
    world.proxy.swallow(&broker.route)?;
    pass(CUT_SECONDS).await;
    let answer = blocking(|| ask_kafka(&broker.route));
    world.proxy.mend(&broker.route)?;
    if answer.is_some() {
        bail!("broker {} answered all the same", broker.id);
    }
    Ok(format!("broker {}, which led {led} partitions, gave no answer after {CUT_SECONDS} s", broker.id))
}

pub(super) async fn delay_brokers(world: &mut World) -> Result<String> {
    let (latency, jitter) = KAFKA_DELAY;
    for broker in &world.cluster.brokers {
        world.proxy.delay(&broker.route, latency, jitter)?;
    }
    pass(SLOW_SECONDS).await;
    let took = blocking(|| ask_kafka(&world.cluster.brokers[0].route));
    for broker in &world.cluster.brokers {
        world.proxy.mend(&broker.route)?;
    }
    match took {
        Some(took) if took < latency => bail!("an answer took {took:?} only"),
        Some(took) => Ok(format!("{latency:?} each way for {SLOW_SECONDS} s; an answer took {took:?}")),
        None => Ok(format!("{latency:?} each way for {SLOW_SECONDS} s; no answer within {PATIENCE:?}")),
    }
}

/// One register, all registers, or everybody is cut off.
pub(super) async fn cut_postgres(world: &mut World, rng: &mut fastrand::Rng) -> Result<String> {
    let registers = world.services.of(Kind::Register).map(|service| service.postgres.clone());
    let (who, routes): (_, Vec<Route>) = match rng.u8(..3) {
        0 => ("one register", registers.take(1).collect()),
        1 => ("all registers", registers.collect()),
        _ => ("all services", world.services.postgres_routes()),
    };
    for route in &routes {
        world.proxy.swallow(route)?;
    }
    pass(CUT_SECONDS).await;
    let answer = ask_postgres(&routes[0]).await;
    for route in &routes {
        world.proxy.mend(route)?;
    }
    if answer.is_some() {
        bail!("Postgres answered all the same");
    }
    Ok(format!("{who} cut off, no answer after {CUT_SECONDS} s"))
}

pub(super) async fn slow_postgres(world: &mut World) -> Result<String> {
    let routes = world.services.postgres_routes();
    let (latency, jitter) = POSTGRES_DELAY;
    for route in &routes {
        world.proxy.delay(route, latency, jitter)?;
    }
    pass(SLOW_SECONDS).await;
    let took = ask_postgres(&routes[0]).await;
    for route in &routes {
        world.proxy.mend(route)?;
    }
    match took {
        Some(took) if took < latency => bail!("an answer took {took:?} only"),
        took => Ok(format!("{latency:?} each way for {SLOW_SECONDS} s; an answer took {took:?}")),
    }
}

/// How long a new client waits for an answer; `None` when none comes in time.
fn ask_kafka(route: &Route) -> Option<Duration> {
    let broker = format!("127.0.0.1:{}", route.port);
    let client: BaseConsumer = ClientConfig::new().set("bootstrap.servers", broker).create().ok()?;
    let start = Instant::now();
    client.fetch_metadata(Some(crate::cluster::TOPIC), PATIENCE).ok()?;
    Some(start.elapsed())
}

async fn ask_postgres(route: &Route) -> Option<Duration> {
    let asked = async {
        let (client, connection) = tokio_postgres::connect(&Database::url_at(route.port), NoTls).await.ok()?;
        tokio::spawn(connection);
        let start = Instant::now();
        client.simple_query("SELECT 1").await.ok()?;
        Some(start.elapsed())
    };
    tokio::time::timeout(PATIENCE, asked).await.ok()?
}
