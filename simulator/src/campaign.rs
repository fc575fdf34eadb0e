//! Many seeds, on all processors.

use std::fmt::{self, Display, Formatter};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::fault::Fault;
use crate::seed::{self, Failure, Outcome};

/// How often progress is told.
const PROGRESS_EVERY: Duration = Duration::from_secs(2);

/// Which seeds to run.
#[derive(Debug, Clone, Copy)]
pub struct Campaign {
    /// The first seed.
    pub from: u64,
    /// How many.
    pub seeds: u64,
    /// How many events to show of a seed that fails.
    pub events_max: usize,
}

/// What the seeds of a campaign did.
#[derive(Debug, Clone)]
pub struct Summary {
    /// How many ran to their end.
    pub seeds: u64,
    /// Steps of them all.
    pub steps: u64,
    /// The fewest steps that one of them took.
    pub steps_fewest: u32,
    /// How long it took.
    pub took: Duration,
    /// In how many seeds each fault took effect, in the order of [`Fault::ALL`].
    pub fired: Vec<u64>,
}

impl Campaign {
    /// Runs the seeds, and tells `progress` every two seconds how many are done. Stops at the first that fails.
    ///
    /// # Errors
    /// The failure of the lowest seed that was seen to fail.
    pub fn run(&self, progress: impl Fn(u64) + Sync) -> Result<Summary, Box<Failure>> {
        let start = Instant::now();
        let next = AtomicU64::new(0);
        let (stop, done) = (AtomicBool::new(false), AtomicBool::new(false));
        let result = Mutex::new((Summary::none(), None::<u64>));
        let work = || {
            while !stop.load(Ordering::Relaxed) {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= self.seeds {
                    return;
                }
                let seed = self.from.wrapping_add(index);
                let outcome = seed::run(seed, 0);
                let mut result = result.lock().expect("no thread panics while it holds this");
                match outcome {
                    Ok(outcome) => result.0.add(&outcome),
                    Err(_) => {
                        stop.store(true, Ordering::Relaxed);
                        result.1 = Some(result.1.map_or(seed, |lowest| lowest.min(seed)));
                    }
                }
            }
        };
        thread::scope(|scope| {
            let workers = thread::available_parallelism().map_or(1, usize::from);
            let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            let teller = scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    thread::park_timeout(PROGRESS_EVERY);
                    progress(next.load(Ordering::Relaxed).min(self.seeds));
                }
            });
            for worker in workers {
                // A panic is a failure like any other; the scope passes it on.
                _ = worker.join();
            }
            done.store(true, Ordering::Relaxed);
            teller.thread().unpark();
        });
        let (mut summary, failed) = result.into_inner().expect("no thread panics while it holds this");
        summary.took = start.elapsed();
        match failed {
            Some(seed) => Err(Box::new(seed::run(seed, self.events_max).expect_err("a seed decides everything"))),
            None => Ok(summary),
        }
    }
}

impl Summary {
    fn none() -> Self {
        Self { seeds: 0, steps: 0, steps_fewest: u32::MAX, took: Duration::ZERO, fired: vec![0; Fault::ALL.len()] }
    }

    fn add(&mut self, outcome: &Outcome) {
        self.seeds += 1;
        self.steps += u64::from(outcome.steps);
        self.steps_fewest = self.steps_fewest.min(outcome.steps);
        for (count, fault) in self.fired.iter_mut().zip(Fault::ALL) {
            *count += u64::from(outcome.fired.has(*fault));
        }
    }

    /// In which share of the seeds `fault` took effect, in percent.
    #[expect(clippy::cast_precision_loss, reason = "a share to one decimal")]
    pub fn percent(&self, fault: Fault) -> f64 {
        100.0 * self.fired[fault as usize] as f64 / self.seeds.max(1) as f64
    }

    /// The faults that took effect in less than `percent` of the seeds.
    pub fn rarer_than(&self, percent: f64) -> Vec<Fault> {
        Fault::ALL.iter().copied().filter(|fault| self.percent(*fault) < percent).collect()
    }
}

impl Display for Summary {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (fault, count) in Fault::ALL.iter().zip(&self.fired) {
            writeln!(f, "{:<40}{count:>9} seeds{:>7.1} %", fault.text(), self.percent(*fault))?;
        }
        let seconds = self.took.as_secs_f64();
        write!(
            f,
            "{} seeds, {} steps, {} or more each, {seconds:.1} s: every promise held",
            self.seeds, self.steps, self.steps_fewest
        )
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for line in &self.trace {
            writeln!(f, "{line}")?;
        }
        let Self { seed, step, violation, .. } = self;
        writeln!(f, "seed {seed}, step {step}: {} is broken: {}", violation.promise, violation.text)?;
        write!(f, "again: cargo xtask simulate --seeds 1 --from {seed}")
    }
}
