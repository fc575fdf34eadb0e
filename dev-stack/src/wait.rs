//! Waiting for a condition, with a deadline.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

const POLL_INTERVAL: Duration = Duration::from_millis(25);

/// Asks `check` again and again until it gives a value, fails, or `patience` is over.
///
/// `what` completes the sentence "… within 30 s" of the error.
pub fn wait_until<T>(what: &str, patience: Duration, mut check: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(value) = check()? {
            return Ok(value);
        }
        if Instant::now() >= deadline {
            bail!("{what} within {} s", patience.as_secs());
        }
        thread::sleep(POLL_INTERVAL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_until_there_is_a_value() {
        let mut asked = 0;
        let value = wait_until("no value", Duration::from_secs(5), || {
            asked += 1;
            Ok((asked == 3).then_some(asked))
        });
        assert_eq!(value.unwrap(), 3);
    }

    #[test]
    fn says_what_it_waited_for() {
        let error = wait_until::<()>("the broker did not answer", Duration::ZERO, || Ok(None));
        assert_eq!(error.unwrap_err().to_string(), "the broker did not answer within 0 s");
    }
}
