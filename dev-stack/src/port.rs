//! TCP ports on the loopback interface.

use std::net::{Ipv4Addr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Result, bail};

/// Below the range that the kernel gives to outgoing connections, so that no client takes the port of a broker
/// between its stop and its start.
const FIRST: u32 = 20_000;
const COUNT: u32 = 12_000;

/// Whether nothing listens on this port of 127.0.0.1.
pub fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Fails if somebody listens on the port that `what` needs.
pub fn require_free(port: u16, what: &str) -> Result<()> {
    if !is_free(port) {
        bail!("port {port}, which {what} needs, is in use by another program");
    }
    Ok(())
}

/// A port nobody listens on, and never the same twice in one process.
pub fn free() -> Result<u16> {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    // Processes that run at the same time start their search far from each other.
    let offset = process::id().wrapping_mul(61);
    for _ in 0..COUNT {
        let candidate = offset.wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(FIRST + candidate % COUNT)?;
        if is_free(port) {
            return Ok(port);
        }
    }
    bail!("no port from {FIRST} to {} of 127.0.0.1 is free", FIRST + COUNT - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_gives_a_port_twice() {
        assert_ne!(free().unwrap(), free().unwrap());
    }

    #[test]
    fn sees_a_listener() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        assert!(!is_free(listener.local_addr().unwrap().port()));
    }
}
