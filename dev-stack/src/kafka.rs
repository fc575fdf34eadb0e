//! A Kafka broker in KRaft mode, its own controller: alone, or one of several.

use std::env;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::daemon::{Daemon, Lifetime};
use crate::keyring::{ADMIN, BROKER, Keyring};
use crate::private_file::write_private;
use crate::{kafka_rights, port};

/// Generous: on a busy machine with two cores a JVM takes its time.
const START_PATIENCE: Duration = Duration::from_secs(120);
const STOP_PATIENCE: Duration = Duration::from_secs(60);
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// A cluster of one needs no name of its own; Kafka wants 16 bytes in base64.
const CLUSTER_ID: &str = "dm90aW5nLWRldi1zdGFjaw";
/// What the broker logs once it serves.
const STARTED: &str = "Kafka Server started";

/// Quiet but for the line that says that the broker serves.
const LOG4J: &str = "\
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
logger.server.name = kafka.server.KafkaRaftServer
logger.server.level = info
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{yyyy-MM-dd'T'HH:mm:ss.SSS} %p %m (%c)%n
";

/// Where a broker lives.
#[derive(Clone, Debug)]
pub struct KafkaOptions {
    /// Its folder: settings, log and data.
    pub dir: PathBuf,
    /// Kafka's jars.
    pub libs: PathBuf,
    /// Where clients connect, on 127.0.0.1.
    pub port: u16,
    /// Where the controller listens, on 127.0.0.1.
    pub controller_port: u16,
    /// Whether it may outlive this process.
    pub lifetime: Lifetime,
    /// What makes it one of several; `None` for a broker that stands alone.
    pub cluster: Option<Member>,
    /// Whose passwords are asked for, and by which certificate it shows itself; `None` where everybody may do everything,
    /// as in a cluster.
    pub keyring: Option<Keyring>,
}

/// One broker of a cluster that keeps each record three times and acknowledges what two of them hold.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its number among the others.
    pub id: u32,
    /// Number and controller port of every member, this one included.
    pub controllers: Vec<(u32, u16)>,
    /// Where the other brokers reach it, on 127.0.0.1.
    pub replication_port: u16,
    /// The port that clients are told, on 127.0.0.1: its own, or that of a proxy before it.
    pub advertised_port: u16,
    /// The most memory its heap may take, in MiB.
    pub heap_mib_max: u32,
}

/// A running broker; one that lives no longer than its parent is killed when dropped.
#[derive(Debug)]
pub struct Kafka {
    options: KafkaOptions,
    daemon: Daemon,
    /// Kept for its `Drop`, which removes the folder.
    _temporary: Option<TempDir>,
}

impl Kafka {
    /// Starts a broker and returns once it serves; a detached one that already runs is taken as it is.
    pub fn start(options: KafkaOptions) -> Result<Self> {
        let kafka = match Self::find(&options)? {
            Some(daemon) => Self::new(options, daemon, None),
            None => {
                let mut kafka = Self::launch(options)?;
                kafka.wait_until_ready()?;
                kafka
            }
        };
        if let Some(keyring) = &kafka.options.keyring {
            kafka_rights::grant(|| tool(&kafka.options), &kafka.options.dir, &kafka.brokers(), keyring)?;
        }
        Ok(kafka)
    }

    fn find(options: &KafkaOptions) -> Result<Option<Daemon>> {
        match &options.lifetime {
            Lifetime::Detached { pidfile } => Daemon::find("Kafka", &log(options), pidfile),
            Lifetime::Parent => Ok(None),
        }
    }

    /// Starts a broker without waiting: the first of a cluster isn't ready before the second.
    pub fn launch(options: KafkaOptions) -> Result<Self> {
        prepare(&options)?;
        let daemon = spawn(&options)?;
        Ok(Self::new(options, daemon, None))
    }

    /// Waits until it serves, and kills it when it doesn't.
    pub fn wait_until_ready(&mut self) -> Result<()> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.options.port));
        let ready = self.daemon.wait_until_ready(START_PATIENCE, |daemon| {
            Ok(daemon.output()?.contains(STARTED) && TcpStream::connect_timeout(&address, CONNECT_PATIENCE).is_ok())
        });
        if let Err(error) = ready {
            self.daemon.kill()?;
            return Err(error);
        }
        Ok(())
    }

    /// A broker of one's own for a test, on free ports and in a temporary folder.
    ///
    /// `KAFKA_LIBS` says where Kafka's jars are; `cargo xtask test` sets it.
    pub fn temporary() -> Result<Self> {
        Self::temporary_with(None)
    }

    /// The same, guarded.
    pub fn temporary_guarded(keyring: &Keyring) -> Result<Self> {
        Self::temporary_with(Some(keyring.clone()))
    }

    fn temporary_with(keyring: Option<Keyring>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut kafka = Self::start(KafkaOptions {
            dir: folder.path().join("kafka"),
            libs: libs_from_env()?,
            port: port::free()?,
            controller_port: port::free()?,
            lifetime: Lifetime::Parent,
            cluster: None,
            keyring,
        })?;
        kafka._temporary = Some(folder);
        Ok(kafka)
    }

    fn new(options: KafkaOptions, daemon: Daemon, temporary: Option<TempDir>) -> Self {
        Self { options, daemon, _temporary: temporary }
    }

    /// What clients take as `bootstrap.servers`.
    pub fn brokers(&self) -> String {
        format!("127.0.0.1:{}", self.options.port)
    }

    /// Stops it cleanly and waits until it has ended.
    pub fn stop(&mut self) -> Result<()> {
        self.daemon.stop(Signal::SIGTERM, STOP_PATIENCE)
    }

    /// Kills it with SIGKILL.
    pub fn kill(&mut self) -> Result<()> {
        self.daemon.kill()
    }

    /// Starts it again on the same ports and data, after [`Self::stop`] or [`Self::kill`].
    pub fn start_again(&mut self) -> Result<()> {
        self.launch_again()?;
        self.wait_until_ready()
    }

    /// Like [`Self::start_again`], without waiting.
    pub fn launch_again(&mut self) -> Result<()> {
        if self.daemon.is_running() {
            bail!("Kafka already runs");
        }
        self.daemon = spawn(&self.options)?;
        Ok(())
    }

    /// Its process id.
    pub fn pid(&self) -> i32 {
        self.daemon.pid()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.daemon.is_running()
    }

    /// Freezes it with SIGSTOP: connections stay open and nothing answers.
    pub fn freeze(&mut self) -> Result<()> {
        self.daemon.signal(Signal::SIGSTOP)
    }

    /// Lets a frozen one go on.
    pub fn thaw(&mut self) -> Result<()> {
        self.daemon.signal(Signal::SIGCONT)
    }
}

impl Drop for Kafka {
    fn drop(&mut self) {
        if matches!(self.options.lifetime, Lifetime::Parent) {
            // Nothing is left to do about a failure here.
            let _ = self.daemon.kill();
        }
    }
}

/// The folder of Kafka's jars, as `cargo xtask test` tells it to tests.
pub fn libs_from_env() -> Result<PathBuf> {
    env::var_os("KAFKA_LIBS")
        .map(PathBuf::from)
        .context("KAFKA_LIBS is not set: run the tests through `cargo xtask test`")
}

/// The signal that ends a broker cleanly, and how long it may take.
pub const STOP: (Signal, Duration) = (Signal::SIGTERM, STOP_PATIENCE);

fn log(options: &KafkaOptions) -> PathBuf {
    options.dir.join("kafka.log")
}

/// Writes the settings and, once, formats the data folder.
fn prepare(options: &KafkaOptions) -> Result<()> {
    let dir = &options.dir;
    fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    write_private(&dir.join("server.properties"), &settings(options)?)?;
    fs::write(dir.join("log4j2.properties"), LOG4J)?;

    // Written last, so that a format that was cut short is done again.
    let formatted = dir.join("formatted");
    if formatted.exists() {
        return Ok(());
    }
    let mut format = java(options);
    format.args(["kafka.tools.StorageTool", "format", "--ignore-formatted"]);
    format.args(["-t", CLUSTER_ID, "-c", "server.properties"]);
    if let Some(keyring) = &options.keyring {
        // In a file, because everybody sees the arguments of a process.
        write_private(&dir.join("users"), &users(keyring)?)?;
        format.arg("@users");
    }
    let output = format.output().context("java could not be started")?;
    if !output.status.success() {
        bail!(
            "Kafka's data folder could not be formatted: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    fs::write(formatted, CLUSTER_ID)?;
    Ok(())
}

/// The passwords of all who sign in, as arguments of the tool that formats.
fn users(keyring: &Keyring) -> Result<String> {
    let mut arguments = String::new();
    for user in kafka_rights::users() {
        let password = keyring.password(user)?;
        arguments += &format!("--add-scram\nSCRAM-SHA-512=[name={user},password={password}]\n");
    }
    Ok(arguments)
}

fn settings(options: &KafkaOptions) -> Result<String> {
    let data = options.dir.join("data");
    let own = match (&options.cluster, &options.keyring) {
        (Some(member), _) => settings_of_member(options, member),
        (None, None) => settings_open(options) + SETTINGS_ALONE,
        (None, Some(keyring)) => settings_guarded(options, keyring)? + SETTINGS_ALONE,
    };
    let settings = format!(
        "\
process.roles=broker,controller
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
{own}\
# Few partitions for fast starts, and small index files because each is mapped whole.
offsets.topic.num.partitions=3
transaction.state.log.num.partitions=3
share.coordinator.state.topic.num.partitions=3
log.index.size.max.bytes=1048576
# A broker that was killed may come back once its old session is over.
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=500
# Groups form at once, and tests may choose short sessions.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
group.consumer.min.session.timeout.ms=1000
group.consumer.min.heartbeat.interval.ms=200
",
        data = data.display()
    );
    Ok(settings)
}

/// One broker has no replicas.
const SETTINGS_ALONE: &str = "\
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
";

fn settings_open(options: &KafkaOptions) -> String {
    let KafkaOptions { port, controller_port, .. } = options;
    format!(
        "\
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
"
    )
}

/// Clients sign in by password. The broker and its controller know each other by certificate, because passwords are among what the
/// controller keeps. What nobody was given a right to is refused.
fn settings_guarded(options: &KafkaOptions, keyring: &Keyring) -> Result<String> {
    let KafkaOptions { port, controller_port, .. } = options;
    Ok(format!(
        "\
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=CLIENTS://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=CLIENTS://127.0.0.1:{port}
listener.security.protocol.map=CLIENTS:SASL_SSL,CONTROLLER:SSL
inter.broker.listener.name=CLIENTS
sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
listener.name.clients.scram-sha-512.sasl.jaas.config={sign_in}
listener.name.controller.ssl.client.auth=required
ssl.keystore.type=PEM
ssl.keystore.location={server}
ssl.truststore.type=PEM
ssl.truststore.location={ca}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:{ADMIN};User:CN={BROKER}
",
        sign_in = kafka_rights::sign_in(keyring)?,
        server = keyring.key_and_certificate().display(),
        ca = keyring.ca().display(),
    ))
}

fn settings_of_member(options: &KafkaOptions, member: &Member) -> String {
    let KafkaOptions { port, controller_port, .. } = options;
    let Member { id, controllers, replication_port, advertised_port, .. } = member;
    let voters: Vec<_> = controllers.iter().map(|(id, port)| format!("{id}@127.0.0.1:{port}")).collect();
    let voters = voters.join(",");
    format!(
        "\
node.id={id}
controller.quorum.voters={voters}
listeners=CLIENTS://127.0.0.1:{port},BROKERS://127.0.0.1:{replication_port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=CLIENTS://127.0.0.1:{advertised_port},BROKERS://127.0.0.1:{replication_port}
listener.security.protocol.map=CLIENTS:PLAINTEXT,BROKERS:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKERS
default.replication.factor=3
min.insync.replicas=2
unclean.leader.election.enable=false
offsets.topic.replication.factor=3
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
share.coordinator.state.topic.replication.factor=3
share.coordinator.state.topic.min.isr=2
# A broker that lags holds up acknowledgements until it is no longer counted on.
replica.lag.time.max.ms=5000
# Each vote is acknowledged once two brokers have it: fetching a few together saves processors for some milliseconds.
replica.fetch.min.bytes=2048
replica.fetch.wait.max.ms=8
# Leaders go home soon after their broker is back.
leader.imbalance.check.interval.seconds=10
"
    )
}

/// Starts the process; it serves a few seconds later.
fn spawn(options: &KafkaOptions) -> Result<Daemon> {
    let replication_port = options.cluster.as_ref().map(|member| member.replication_port);
    for port in [options.port, options.controller_port].into_iter().chain(replication_port) {
        port::require_free(port, "Kafka")?;
    }
    let mut command = java(options);
    command.args(["kafka.Kafka", "server.properties"]);
    Daemon::spawn(command, "Kafka", &log(options), &options.lifetime, Signal::SIGKILL)
}

fn java(options: &KafkaOptions) -> Command {
    let mut command = Command::new(java_program());
    match &options.cluster {
        None => command.args(["-Xms128m", "-Xmx512m"]),
        // Several on one machine: start fast and leave the processors to others.
        Some(member) => command
            .args(["-Xms128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
            .arg(format!("-Xmx{}m", member.heap_mib_max)),
    };
    with_jars(&mut command, options);
    command
}

/// A program of Kafka's that ends soon.
fn tool(options: &KafkaOptions) -> Command {
    let mut command = Command::new(java_program());
    command.args(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx128m"]);
    with_jars(&mut command, options);
    command
}

fn with_jars(command: &mut Command, options: &KafkaOptions) {
    command
        .current_dir(&options.dir)
        .arg("-Dlog4j2.configurationFile=log4j2.properties")
        .arg("-cp")
        .arg(options.libs.join("*"));
}

/// `java` of `JAVA_HOME`, or the one in the path.
pub fn java_program() -> PathBuf {
    env::var_os("JAVA_HOME")
        .map(|home| Path::new(&home).join("bin/java"))
        .filter(|java| java.exists())
        .unwrap_or_else(|| PathBuf::from("java"))
}
