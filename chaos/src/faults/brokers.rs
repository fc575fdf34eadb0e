//! Brokers that die and come back.

use anyhow::Result;

use crate::world::{World, blocking, pass};

const AWAY_SECONDS: f64 = 3.0;

pub(super) async fn kill_leader(world: &mut World) -> Result<String> {
    let cluster = &mut world.cluster;
    let (index, led) = blocking(|| cluster.leader_of_most())?;
    blocking(|| cluster.brokers[index].kafka.kill())?;
    pass(AWAY_SECONDS).await;
    blocking(|| cluster.wait_until_others_lead(index))?;
    blocking(|| cluster.brokers[index].kafka.start_again())?;
    Ok(format!("broker {} killed, others lead its {led} partitions", cluster.brokers[index].id))
}

/// Each in turn is stopped cleanly and comes back whole before the next.
pub(super) async fn restart_in_turn(world: &mut World, rng: &mut fastrand::Rng) -> Result<String> {
    let cluster = &mut world.cluster;
    let mut order: Vec<_> = (0..cluster.brokers.len()).collect();
    rng.shuffle(&mut order);
    let mut proof = Vec::new();
    for index in order {
        let broker = &mut cluster.brokers[index];
        let before = broker.kafka.pid();
        blocking(|| broker.kafka.stop())?;
        blocking(|| broker.kafka.start_again())?;
        proof.push(format!("broker {}: process {before} became {}", broker.id, broker.kafka.pid()));
        blocking(|| cluster.make_whole())?;
    }
    Ok(proof.join(", "))
}

/// All die at once: for a while there is no Kafka.
pub(super) async fn restart_all(world: &mut World) -> Result<String> {
    world.generator.set_outage(true);
    let cluster = &mut world.cluster;
    for broker in &mut cluster.brokers {
        blocking(|| broker.kafka.kill())?;
    }
    let running = cluster.brokers.iter_mut().filter_map(|broker| broker.kafka.is_running().then_some(())).count();
    pass(AWAY_SECONDS).await;
    blocking(|| cluster.make_whole())?;
    world.generator.set_outage(false);
    Ok(format!("{running} of 3 brokers ran for {AWAY_SECONDS} s"))
}
