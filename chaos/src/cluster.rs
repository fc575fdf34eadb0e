//! Three Kafka brokers: each record lies on all three, and two of them make an acknowledgement.

use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use dev_stack::daemon::Lifetime;
use dev_stack::kafka::{Kafka, KafkaOptions, Member};
use dev_stack::{port, wait_until};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use voting_commons::adapters::kafka::KafkaArgs;

use crate::proxy::{Proxy, Route};

/// How many brokers there are, and copies of each record.
pub(crate) const BROKERS: usize = 3;
/// Partitions of the topic of the votes.
pub(crate) const PARTITIONS: i32 = 12;
/// The topic of the votes.
pub(crate) const TOPIC: &str = "votes";

/// The registers' consumer group, by default.
const GROUP: &str = "votes-register";
const HEAP_MIB_MAX: u32 = 320;
/// A broker that is frozen takes the question and gives no answer: then another one is asked.
const OBSERVER_TIMEOUT_MILLIS: &str = "1000";
const METADATA_TIMEOUT: Duration = Duration::from_secs(5);
const GROUP_TIMEOUT: Duration = Duration::from_secs(5);
const WHOLE_PATIENCE: Duration = Duration::from_secs(120);
const ELECTION_PATIENCE: Duration = Duration::from_secs(40);

/// A broker and the way that clients take to it.
pub(crate) struct Broker {
    pub(crate) id: i32,
    pub(crate) kafka: Kafka,
    pub(crate) route: Route,
}

/// The brokers.
pub(crate) struct Cluster {
    pub(crate) brokers: Vec<Broker>,
    /// Asks for metadata only, and not through the proxy.
    observer: BaseConsumer,
}

/// A partition's leader and the brokers whose copies are complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartitionState {
    pub(crate) partition: i32,
    pub(crate) leader: i32,
    pub(crate) in_sync: usize,
}

impl Cluster {
    /// Starts all brokers and waits until they serve.
    pub(crate) fn start(libs: &Path, folder: &Path, proxy: &Proxy) -> Result<Self> {
        let ids = 1..=u32::try_from(BROKERS)?;
        let controllers: Vec<(u32, u16)> = ids.map(|id| Ok((id, port::free()?))).collect::<Result<_>>()?;
        let mut plans = Vec::new();
        for &(id, controller_port) in &controllers {
            let port = port::free()?;
            let route = proxy.route(&format!("kafka-{id}"), port)?;
            let options = KafkaOptions {
                dir: folder.join(format!("kafka-{id}")),
                libs: libs.to_owned(),
                port,
                controller_port,
                lifetime: Lifetime::Parent,
                cluster: Some(Member {
                    id,
                    controllers: controllers.clone(),
                    replication_port: port::free()?,
                    advertised_port: route.port,
                    heap_mib_max: HEAP_MIB_MAX,
                }),
                keyring: None,
            };
            plans.push((id, route, options));
        }
        let direct: Vec<_> = plans.iter().map(|(_, _, options)| format!("127.0.0.1:{}", options.port)).collect();
        // Formatting takes each a second of its own.
        let launches: Vec<_> = plans
            .into_iter()
            .map(|(id, route, options)| {
                thread::spawn(move || Ok::<_, anyhow::Error>((id, route, Kafka::launch(options)?)))
            })
            .collect();
        let mut brokers = Vec::new();
        for launch in launches {
            let (id, route, kafka) = launch.join().map_err(|_| anyhow!("a broker's start panicked"))??;
            brokers.push(Broker { id: i32::try_from(id)?, kafka, route });
        }
        for broker in &mut brokers {
            broker.kafka.wait_until_ready()?;
        }
        let observer = ClientConfig::new()
            .set("bootstrap.servers", direct.join(","))
            .set("socket.timeout.ms", OBSERVER_TIMEOUT_MILLIS)
            .create()?;
        Ok(Self { brokers, observer })
    }

    /// What services connect to: the proxy's ports.
    pub(crate) fn args(&self) -> KafkaArgs {
        let brokers: Vec<_> = self.brokers.iter().map(|broker| format!("127.0.0.1:{}", broker.route.port)).collect();
        KafkaArgs::open(brokers.join(","), TOPIC.to_owned())
    }

    /// Who leads each partition of the votes.
    pub(crate) fn partitions(&self) -> Result<Vec<PartitionState>> {
        let metadata = self.observer.fetch_metadata(Some(TOPIC), METADATA_TIMEOUT)?;
        let topic = metadata.topics().first().context("the topic of the votes isn't there")?;
        Ok(topic
            .partitions()
            .iter()
            .map(|partition| PartitionState {
                partition: partition.id(),
                leader: partition.leader(),
                in_sync: partition.isr().len(),
            })
            .collect())
    }

    /// The broker that leads most partitions, and how many those are.
    pub(crate) fn leader_of_most(&self) -> Result<(usize, usize)> {
        let partitions = self.partitions()?;
        let led = |broker: &Broker| partitions.iter().filter(|partition| partition.leader == broker.id).count();
        let (index, count) =
            self.brokers.iter().map(led).enumerate().max_by_key(|(_, count)| *count).context("there are brokers")?;
        Ok((index, count))
    }

    /// How many partitions the broker leads now.
    fn led_by(&self, index: usize) -> Result<usize> {
        let id = self.brokers[index].id;
        Ok(self.partitions()?.iter().filter(|partition| partition.leader == id).count())
    }

    /// Waits until the broker leads nothing any more.
    pub(crate) fn wait_until_others_lead(&self, index: usize) -> Result<()> {
        wait_until("no other broker took over", ELECTION_PATIENCE, || {
            Ok(self.led_by(index).is_ok_and(|led| led == 0).then_some(()))
        })
    }

    /// Whether the registers' group has exactly `members`, and each its partitions. A member that was killed belongs to
    /// it until its session has timed out: till then nothing of its partitions is counted.
    pub(crate) fn group_is_stable(&self, members: usize) -> Result<bool> {
        let groups = self.observer.fetch_group_list(Some(GROUP), GROUP_TIMEOUT)?;
        Ok(groups.groups().iter().any(|group| group.state() == "Stable" && group.members().len() == members))
    }

    /// Starts those that don't run, and waits until every copy of every partition is complete.
    pub(crate) fn make_whole(&mut self) -> Result<()> {
        for broker in &mut self.brokers {
            broker.kafka.thaw()?;
            if !broker.kafka.is_running() {
                broker.kafka.launch_again()?;
            }
        }
        for broker in &mut self.brokers {
            broker.kafka.wait_until_ready()?;
        }
        wait_until("the brokers' copies did not become complete", WHOLE_PATIENCE, || {
            // A broker that has just come up doesn't answer at once.
            let Ok(partitions) = self.partitions() else { return Ok(None) };
            let whole = !partitions.is_empty()
                && partitions.iter().all(|partition| partition.in_sync == BROKERS && partition.leader > 0);
            Ok(whole.then_some(()))
        })
    }
}
