//! Who asks, for limits only: an address is written nowhere.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderMap;
use ipnet::IpNet;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// Whoever asks, as far as it can be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// The address nearest to whoever asks that doesn't stand there on their own word.
    pub address: IpAddr,
    /// Whether a trusted proxy asks for them, so that the address isn't the proxy's.
    pub is_forwarded: bool,
}

impl Client {
    /// Who sent `request`; `None` for one that came over no connection.
    pub(super) fn of(request: &Request, trusted: &[IpNet]) -> Option<Self> {
        let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
        Some(Self::behind(peer.ip(), request.headers(), trusted))
    }

    /// Each proxy adds the address that it saw at the end of the list. So the list is read from there, for as long as
    /// trusted proxies vouch for it; what lies before was written by whoever asks.
    fn behind(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
        let lists = headers.get_all(FORWARDED_FOR).into_iter().rev();
        let mut entries = lists.flat_map(|list| list.to_str().unwrap_or_default().rsplit(','));
        let mut address = peer.to_canonical();
        while is_trusted(&address) {
            match entries.next().and_then(|entry| address_in(entry.trim())) {
                Some(before) => address = before,
                None => return Self { address, is_forwarded: false },
            }
        }
        Self { address, is_forwarded: address != peer.to_canonical() }
    }
}

/// Some proxies write the port too.
fn address_in(entry: &str) -> Option<IpAddr> {
    let address = entry.parse().or_else(|_| entry.parse().map(|address: SocketAddr| address.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

/// What counts as one client: an IPv4 address, or the IPv6 network of 64 bits that every subscriber has to send from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl Network {
    /// The network of `address`.
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn client(peer: &str, lists: &[&str]) -> (String, bool) {
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap());
        let mut headers = HeaderMap::new();
        for list in lists {
            headers.append(FORWARDED_FOR, list.parse().unwrap());
        }
        let client = Client::behind(address(peer), &headers, &trusted);
        (client.address.to_string(), client.is_forwarded)
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let said = |address: &str| (address.to_owned(), true);
        let seen = |address: &str| (address.to_owned(), false);
        assert_eq!(client("192.0.2.1", &["198.51.100.7"]), seen("192.0.2.1"), "anybody can write that");
        assert_eq!(client("10.0.0.1", &["198.51.100.7"]), said("198.51.100.7"));
        assert_eq!(client("::ffff:10.0.0.1", &["198.51.100.7"]), said("198.51.100.7"));
        assert_eq!(client("fd00::1", &["2001:db8::7"]), said("2001:db8::7"));
        assert_eq!(client("10.0.0.1", &["203.0.113.9, 198.51.100.7"]), said("198.51.100.7"), "the first is made up");
        assert_eq!(client("10.0.0.1", &["203.0.113.9", "198.51.100.7,10.0.0.2"]), said("198.51.100.7"), "two proxies");
        assert_eq!(client("10.0.0.1", &["198.51.100.7:4711"]), said("198.51.100.7"));
        assert_eq!(client("10.0.0.1", &["[2001:db8::7]:4711"]), said("2001:db8::7"));
        for nothing in [&[][..], &["unknown"], &[""], &["198.51.100.7, nobody"]] {
            assert_eq!(client("10.0.0.1", nothing), seen("10.0.0.1"), "{nothing:?}");
        }
    }

    #[test]
    fn an_ipv6_network_is_one_client() {
        let network = |text: &str| Network::of(address(text));
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_eq!(network("192.0.2.1"), network("::ffff:192.0.2.1"));
    }
}
