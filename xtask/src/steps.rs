//! The steps of a check. Each is timed, and others follow also where one has failed.

use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::{interrupt, say};

/// How one step went.
struct Step {
    name: &'static str,
    took: Duration,
    passed: bool,
}

/// The steps that were run, in the order of their ends.
pub(crate) struct Steps {
    start: Instant,
    ended: Mutex<Vec<Step>>,
}

impl Steps {
    pub(crate) fn begin() -> Self {
        Self { start: Instant::now(), ended: Mutex::default() }
    }

    /// Runs one, also beside another; whether it passed. What it fails of is said at once.
    ///
    /// # Errors
    /// When we are interrupted.
    pub(crate) fn run(&self, name: &'static str, work: impl FnOnce() -> Result<()>) -> Result<bool> {
        interrupt::check()?;
        eprintln!("\n── {name}");
        let start = Instant::now();
        let result = work();
        self.ended().push(Step { name, took: start.elapsed(), passed: result.is_ok() });
        interrupt::check()?;
        if let Err(error) = &result {
            say::error(error);
        }
        Ok(result.is_ok())
    }

    /// The names of those that failed.
    pub(crate) fn failures(&self) -> Vec<&'static str> {
        self.ended().iter().filter(|step| !step.passed).map(|step| step.name).collect()
    }

    /// A line per step, and how long all took until now.
    pub(crate) fn table(&self) -> String {
        table(&self.ended(), self.start.elapsed())
    }

    fn ended(&self) -> MutexGuard<'_, Vec<Step>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn table(steps: &[Step], total: Duration) -> String {
    let mut text = String::new();
    for step in steps {
        let verdict = if step.passed { "ok" } else { "FAILED" };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{:<20}{verdict:<8}{:>8.1} s", step.name, step.took.as_secs_f64());
    }
    let _ = writeln!(text, "{:<28}{:>8.1} s", "total", total.as_secs_f64());
    text
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn what_fails_is_named_and_the_next_is_run() {
        let steps = Steps::begin();
        assert!(!steps.run("one", || bail!("it can't be")).unwrap());
        assert!(steps.run("two", || Ok(())).unwrap());
        assert_eq!(steps.failures(), ["one"]);
        assert_eq!(steps.table().lines().count(), 3);
    }

    #[test]
    fn the_table_says_what_failed() {
        let steps = [
            Step { name: "fmt", took: Duration::from_millis(1500), passed: true },
            Step { name: "test", took: Duration::from_secs(61), passed: false },
        ];
        let expected = "\
fmt                 ok           1.5 s
test                FAILED      61.0 s
total                           62.5 s
";
        assert_eq!(table(&steps, Duration::from_millis(62_500)), expected);
    }
}
