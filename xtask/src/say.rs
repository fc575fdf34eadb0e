//! What the developer sees. Progress goes to stderr, so that results on stdout can be piped.

use std::io::{self, IsTerminal};
use std::time::Instant;

use anyhow::{Error, Result};

/// Runs `work` under a heading, and says how long it took.
pub(crate) fn step<T>(heading: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("{} {heading}", paint("36", "•"));
    let start = Instant::now();
    let result = work();
    if result.is_ok() {
        let seconds = start.elapsed().as_secs_f64();
        eprintln!("  {}", paint("2", &format!("{seconds:.1} s")));
    }
    result
}

/// One line by the way.
pub(crate) fn note(text: &str) {
    eprintln!("  {text}");
}

/// Why the task failed.
pub(crate) fn error(error: &Error) {
    eprintln!("{} {error:#}", paint("31", "error:"));
}

fn paint(code: &str, text: &str) -> String {
    if io::stderr().is_terminal() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}
