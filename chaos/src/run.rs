//! One run: start everything, break it for a while, heal it, and decide.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustc_hash::FxHashSet;
use tokio::signal::unix::{SignalKind, signal};

use crate::checker::{self, Broken, Evidence, Verdict};
use crate::cluster::{BROKERS, Cluster, PARTITIONS};
use crate::database::{Database, Place, number};
use crate::deck::Deck;
use crate::faults::Fault;
use crate::freshness::{Prober, Quiet};
use crate::generator::{Generator, Keys, Paredao};
use crate::nemesis::{self, Strike, proven, say};
use crate::options::Options;
use crate::proxy::Proxy;
use crate::services::{Kind, Services};
use crate::throughput::Throughput;
use crate::voters_api::VotersApi;
use crate::world::{World, blocking, pass};
use crate::{clock_skew, exact_totals, frozen, report, tables, topic};

/// Paredões that voters vote in, beside the one for single votes.
const PAREDOES: usize = 3;
const PARTICIPANTS: usize = 3;
const PROGRESS_SECONDS: f64 = 5.0;
const OPEN_PATIENCE: Duration = Duration::from_secs(30);
/// How long voters, registers, aggregator and reconciliation may take to be done once all is healed.
const VOTERS_PATIENCE: Duration = Duration::from_secs(190);
const LAG_PATIENCE: Duration = Duration::from_secs(120);
const AGGREGATE_PATIENCE: Duration = Duration::from_secs(30);
/// It compares topic and frontends 20 s after the topic was read.
const RECONCILE_PATIENCE: Duration = Duration::from_secs(60);
/// What the longest run may need beyond its time.
const TIME_MORE: Duration = Duration::from_secs(900);

/// Runs; whether every promise held. Ctrl-C and SIGTERM end this process and all that it started.
///
/// # Errors
/// When something can't be started, healed or read: then nothing is known.
pub async fn run(options: &Options) -> Result<bool> {
    end_all_on_signal()?;
    if options.faults().is_empty() {
        bail!("no fault is called {}", options.only.as_deref().unwrap_or_default());
    }
    let start = Instant::now();
    let mut world = start_world(options).await?;
    println!("      everything runs after {:.0} s", start.elapsed().as_secs_f64());

    let (quiet, place) = (Quiet::default(), world.database.place());
    let prober = Arc::new(Prober::new(Arc::clone(&world.generator), place.clone(), world.probe.clone(), quiet.clone()));
    let slugs = vec![world.probe.slug.clone(), "chaos-1".to_owned()];
    let helpers = [
        tokio::spawn(Arc::clone(&world.generator).run(options.votes_per_second)),
        tokio::spawn(watch_health(Arc::clone(&world.generator))),
        tokio::spawn(Arc::clone(&world.watch).cursors(place.clone())),
        tokio::spawn(Arc::clone(&world.watch).screens(Api(Arc::clone(&world.generator)), place.clone(), slugs)),
        tokio::spawn(Arc::clone(&prober).run()),
        tokio::spawn(progress(Arc::clone(&world.generator), place.clone())),
    ];
    let mut strikes = Vec::new();
    let faults = options.faults();
    let mut deck = Deck::new(options.seed, &faults);
    let strikes_min = faults.len() * options.strikes_min();
    let begin = world.generator.throughput.now();
    nemesis::strike_for(&mut world, &mut deck, &quiet, options.time(), strikes_min, &mut strikes).await;
    let end = world.generator.throughput.now();

    settle(&mut world).await?;
    for helper in helpers {
        helper.abort();
    }
    let evidence = gather(options, &world, &prober).await?;
    let mut verdict = checker::check(&evidence);
    verdict.broken.extend(judge_run(options, &faults, &strikes));
    verdict.broken.extend(judge_rates(&world, begin + 1..end));
    verdict.broken.extend(self_test(&evidence, &verdict));
    print_all(&world, &strikes, begin + 1..end, &verdict, evidence.freshness.len());
    println!(
        "{} after {:.0} s (seed {}, {} min)",
        if verdict.broken.is_empty() { "EVERY PROMISE HELD" } else { "PROMISES BROKEN" },
        start.elapsed().as_secs_f64(),
        options.seed,
        options.minutes
    );
    Ok(verdict.broken.is_empty())
}

/// Ends at once when asked to. Every process that was started dies with this one.
fn end_all_on_signal() -> Result<()> {
    for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
        let mut signals = signal(kind)?;
        tokio::spawn(async move {
            signals.recv().await;
            frozen::thaw();
            std::process::exit(130);
        });
    }
    Ok(())
}

async fn start_world(options: &Options) -> Result<World> {
    let dir = &options.dir;
    let proxy = Proxy::start(&options.toxiproxy, dir)?;
    let cluster = blocking(|| Cluster::start(&options.kafka_libs, dir, &proxy))?;
    let replication = i32::try_from(BROKERS)?;
    cluster.args().create_topic(PARTITIONS, replication).await?;
    let database = Database::start(&options.postgres_dir, &proxy).await?;
    let place = database.place();
    let mut paredoes = make_paredoes(&place).await?;
    let probe = paredoes.pop().context("one is for single votes")?;

    let keys = Arc::new(Keys::random());
    let kafka = cluster.args();
    let environment = [
        ("KAFKA_BROKERS", kafka.kafka_brokers),
        ("KAFKA_TOPIC", kafka.kafka_topic),
        ("CAPTCHA", "off".to_owned()),
        ("CAPTCHA_OFF_CONFIRMED", "yes".to_owned()),
        ("BALLOT_KEYS", keys.text.clone()),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    let port = database.primary.port();
    let services = blocking(|| Services::start(&options.binaries, dir, &environment, &proxy, port))?;
    let frontends: Vec<_> = services
        .of(Kind::Frontend)
        .map(|service| (format!("http://127.0.0.1:{}", service.listen), service.ready_url()))
        .collect();
    let api = VotersApi::new(&frontends)?;
    let throughput = Throughput::new(options.time() + TIME_MORE);
    let mut world = World {
        services,
        cluster,
        database,
        proxy,
        generator: Arc::new(Generator::new(api, throughput, keys, paredoes)),
        watch: Arc::default(),
        probe,
        planted: FxHashSet::default(),
        skew: clock_skew::compile(dir)?,
        ended: Vec::new(),
    };
    blocking(|| world.heal())?;
    wait_until_open(&world).await?;
    Ok(world)
}

async fn make_paredoes(place: &Place) -> Result<Vec<Paredao>> {
    let client = place.connect().await?;
    let mut paredoes = Vec::new();
    // Open for long, also by a clock that is behind.
    for number in 1..=PAREDOES + 1 {
        let slug = format!("chaos-{number}");
        let row = client
            .query_one(
                "INSERT INTO paredao (slug, title, opens_at)
                 VALUES ($1, $1, date_trunc('hour', now() - interval '1 day')) RETURNING id",
                &[&slug],
            )
            .await?;
        let id: i32 = row.try_get(0)?;
        let participants = client
            .query(
                "INSERT INTO participant (paredao, name, position)
                 SELECT $1, 'Participant ' || n, n FROM generate_series(1, $2::integer) AS n RETURNING id",
                &[&id, &i32::try_from(PARTICIPANTS)?],
            )
            .await?;
        let participants = participants.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        paredoes.push(Paredao { id, slug, participants });
    }
    Ok(paredoes)
}

async fn wait_until_open(world: &World) -> Result<()> {
    let start = Instant::now();
    for frontend in 0..world.generator.api.frontends() {
        while world.generator.api.expiry(frontend, &world.probe.slug, world.probe.participants[0]).await.is_err() {
            if start.elapsed() > OPEN_PATIENCE {
                bail!("frontend {} gives out no ballots", frontend + 1);
            }
            pass(0.1).await;
        }
    }
    Ok(())
}

/// The API, for those who know nothing of the generator.
struct Api(Arc<Generator>);

impl AsRef<VotersApi> for Api {
    fn as_ref(&self) -> &VotersApi {
        &self.0.api
    }
}

async fn watch_health(generator: Arc<Generator>) {
    generator.api.watch_health().await;
}

async fn progress(generator: Arc<Generator>, place: Place) {
    loop {
        pass(PROGRESS_SECONDS).await;
        let now = generator.throughput.now();
        let Some(rates) = generator.throughput.rates(now.saturating_sub(5)..now, 0) else { continue };
        let counted = counted(&place).await.map_or("?".to_owned(), |counted| counted.to_string());
        say(
            now,
            &format!(
                "    {:.0} 2xx/s, {:.0} sent/s, {} voters under way, {counted} records written off",
                rates.acknowledged_mean,
                rates.attempted_mean,
                generator.under_way(),
            ),
        );
    }
}

async fn counted(place: &Place) -> Result<i64> {
    let client = tokio::time::timeout(Duration::from_secs(2), place.connect()).await??;
    let statement = "SELECT coalesce(sum(next_offset - start_offset), 0)::bigint FROM register_cursor";
    tokio::time::timeout(Duration::from_secs(2), number(&client, statement)).await?
}

impl World {
    /// Records of the topic that aren't written off.
    pub(crate) async fn lag(&self) -> Result<i64> {
        let kafka = self.cluster.args();
        let ends: i64 = blocking(|| topic::ends(&kafka))?.iter().map(|ends| ends.high - ends.low).sum();
        Ok(ends - counted(&self.database.place()).await?)
    }
}

/// Waits until every voter has an answer, every record is written off and every total is up to date.
async fn settle(world: &mut World) -> Result<()> {
    world.generator.stop();
    if let Err(error) = blocking(|| world.heal()) {
        world.watch.add("run", format!("not healed in the end: {error:#}"));
    }
    wait("voters still have no answer", VOTERS_PATIENCE, async || Ok(world.generator.is_done())).await?;
    wait("records are still to be counted", LAG_PATIENCE, async || Ok(world.lag().await.is_ok_and(|lag| lag == 0)))
        .await?;
    let client = world.database.place().connect().await?;
    let statement = "SELECT (SELECT coalesce(sum(votes), 0) FROM bucket WHERE paredao IN (SELECT id FROM paredao))
                          - (SELECT coalesce(sum(total + after_closing), 0) FROM panorama)";
    let statement = format!("SELECT ({statement})::bigint");
    wait("panoramas are still behind", AGGREGATE_PATIENCE, async || Ok(number(&client, &statement).await? == 0))
        .await?;
    let green = "SELECT (state = 'green')::integer::bigint FROM reconciliation
                 WHERE checked_at > clock_timestamp() - interval '10 s' UNION ALL SELECT 0 LIMIT 1";
    wait("the reconciliation isn't green", RECONCILE_PATIENCE, async || Ok(number(&client, green).await? == 1)).await
}

async fn wait(what: &str, patience: Duration, mut done: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while !done().await? {
        if start.elapsed() > patience {
            // The checker says what is missing.
            println!("      {what} after {} s", patience.as_secs());
            break;
        }
        pass(0.25).await;
    }
    Ok(())
}

async fn gather(options: &Options, world: &World, prober: &Prober) -> Result<Evidence> {
    let kafka = world.cluster.args();
    let (ends, topic) = blocking(|| {
        let ends = topic::ends(&kafka)?;
        let topic = topic::read(&kafka, &ends)?;
        Ok::<_, anyhow::Error>((ends, topic))
    })?;
    let mut client = world.database.place().connect().await?;
    let tables = tables::read(&mut client).await?;
    let url = Database::url_at(world.database.primary.port());
    let paredoes = world.generator.paredoes().iter().chain([&world.probe]);
    let paredoes: Vec<_> = paredoes.map(|paredao| (paredao.id, paredao.slug.clone())).collect();
    Ok(Evidence {
        op_log: world.generator.op_log.entries().clone(),
        planted: world.planted.clone(),
        topic,
        ends,
        tables,
        exact: blocking(|| exact_totals::ask(&options.binaries, &options.dir, &url, &paredoes))?,
        receipts_differ: world.generator.receipts_differ.load(Ordering::Relaxed),
        seen: world.watch.broken().clone(),
        freshness: prober.measured(),
    })
}

/// A run that didn't do what it is for proves nothing.
fn judge_run(options: &Options, faults: &[Fault], strikes: &[Strike]) -> Vec<Broken> {
    let mut broken = Vec::new();
    for strike in strikes {
        if let Err(error) = &strike.proof {
            broken.push(Broken { promise: "run", what: format!("{} proved nothing: {error}", strike.fault.name()) });
        }
    }
    let proven = proven(strikes);
    for fault in faults {
        let times = proven.get(fault).copied().unwrap_or_default();
        if times < options.strikes_min() {
            broken.push(Broken { promise: "run", what: format!("{} struck {times} times only", fault.name()) });
        }
    }
    broken
}

fn judge_rates(world: &World, range: std::ops::Range<usize>) -> Option<Broken> {
    let rates = world.generator.throughput.rates(range, report::FLOOR_PER_SECOND)?;
    let floor = f64::from(report::FLOOR_PER_SECOND);
    (rates.acknowledged_mean < floor).then(|| Broken {
        promise: "run",
        what: format!("{:.0} votes per second were acknowledged, fewer than {floor}", rates.acknowledged_mean),
    })
}

/// The checker must find one vote that is removed and one that is doubled, in what this very run has left.
fn self_test(evidence: &Evidence, verdict: &Verdict) -> Vec<Broken> {
    let mut evidence = evidence.clone();
    let Some((key, votes)) = evidence.tables.buckets.iter().next().map(|(key, votes)| (*key, *votes)) else {
        return vec![Broken { promise: "run", what: "no votes were counted".to_owned() }];
    };
    let mut blind = Vec::new();
    for (falsified, promise, what) in [(votes - 1, "P1", "removed"), (votes + 1, "P2", "doubled")] {
        evidence.tables.buckets.insert(key, falsified);
        let of_promise = |verdict: &Verdict| verdict.broken.iter().filter(|broken| broken.promise == promise).count();
        let found = checker::check(&evidence);
        let is_found = of_promise(&found) > of_promise(verdict);
        println!("      the checker finds one vote {what} by hand: {}", if is_found { "yes" } else { "NO" });
        if !is_found {
            blind.push(Broken { promise: "run", what: format!("the checker misses one vote {what} by hand") });
        }
    }
    blind
}

fn print_all(
    world: &World,
    strikes: &[Strike],
    range: std::ops::Range<usize>,
    verdict: &Verdict,
    looks_at_votes: usize,
) {
    let generator = &world.generator;
    println!("\n{}", report::faults(strikes, &generator.throughput));
    if let Some(rates) = generator.throughput.rates(range, report::FLOOR_PER_SECOND) {
        print!("{}", report::rates(&rates));
    }
    println!(
        "voters turned away: {}; voters without a ballot: {}; ballots sent again on purpose: {}",
        generator.turned_away.load(Ordering::Relaxed),
        generator.without_ballot.load(Ordering::Relaxed),
        generator.repeated.load(Ordering::Relaxed),
    );
    println!(
        "looks: {} at cursors, {} at screens, {} at a vote's way; failovers: {}",
        world.watch.cursor_looks.load(Ordering::Relaxed),
        world.watch.screen_looks.load(Ordering::Relaxed),
        looks_at_votes,
        world.database.place().failovers(),
    );
    for ended in &world.ended {
        println!("ended by itself: {ended}");
    }
    print!("{}", report::verdict(verdict));
}
