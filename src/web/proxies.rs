//! Proxies that the host trusts, and the header in which they say whom they speak for.

use axum::http::{HeaderMap, HeaderName};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// More than any chain of proxies adds; whoever sends more is not believed.
const MOST_HOPS: usize = 32;

/// Named proxies, and the one header of theirs that is read.
///
/// The header is a list as `X-Forwarded-For` is: each proxy adds, at its end, the address that it was reached from. What
/// stands before the entry of the outermost trusted proxy was written by whoever came, and is not looked at. A proxy that
/// does not add to the header but passes it on as it came must not be named here.
///
/// ```
/// use regain::web::{ClientAddress, Proxies};
///
/// let balancers = Proxies::new("x-forwarded-for", ["10.2.0.0/16", "fd00:2::/32"])?;
/// let address = ClientAddress::Behind(balancers);
/// # let _ = address;
/// # Ok::<(), regain::web::ProxiesError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxies {
    header: HeaderName,
    networks: Arc<[Network]>,
}

/// Why proxies cannot be named so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxiesError {
    /// The header has no name that HTTP allows.
    #[error("the name of the header is none")]
    Header,
    /// Not an address, nor an address and a prefix length such as `10.2.0.0/16`.
    #[error("proxy {0} of the list is neither an IP address nor a network such as 10.2.0.0/16")]
    Network(usize),
    /// The list is empty, or a network holds every address there is: then anybody could say who they are.
    #[error("no proxies are named, or a network holds every address")]
    Everybody,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Proxies {
    /// Proxies at these addresses or networks, such as `192.0.2.7`, `10.2.0.0/16` or `fd00:2::/32`, and the header that each
    /// of them adds to.
    ///
    /// # Errors
    /// [`ProxiesError`].
    pub fn new<'n>(header: &str, networks: impl IntoIterator<Item = &'n str>) -> Result<Self, ProxiesError> {
        let header = header.parse().map_err(|_| ProxiesError::Header)?;
        let parsed = networks.into_iter().enumerate();
        let networks = parsed
            .map(|(at, network)| Network::parse(network).ok_or(ProxiesError::Network(at + 1)))
            .collect::<Result<Arc<[_]>, _>>()?;
        if networks.is_empty() || networks.iter().any(|network| network.prefix == 0) {
            return Err(ProxiesError::Everybody);
        }
        Ok(Self { header, networks })
    }

    /// Whom the request comes from: the peer, unless it is one of ours; then the nearest address that is not. Nobody is named
    /// where our own proxies say nothing that can be read.
    pub(super) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
        if !self.are_ours(peer) {
            return Some(peer);
        }
        let lines = headers.get_all(&self.header).iter().rev();
        let hops = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        for hop in hops.take(MOST_HOPS) {
            let address = std::str::from_utf8(hop).ok().and_then(address)?;
            if !self.are_ours(address) {
                return Some(address);
            }
        }
        None
    }

    fn are_ours(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.holds(address.to_canonical()))
    }
}

/// An entry of the header: an address, with its port or without.
fn address(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    let bare = entry.strip_prefix('[').and_then(|entry| entry.strip_suffix(']')).unwrap_or(entry);
    let with_port = || entry.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare.parse().ok().or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) =
            text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let digits = |prefix: &str| prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix = match prefix {
            Some(prefix) if digits(prefix) => prefix.parse().ok()?,
            Some(_) => return None,
            None => most,
        };
        (prefix <= most).then_some(Self { address, prefix })
    }

    fn holds(self, other: IpAddr) -> bool {
        match (self.address, other) {
            (IpAddr::V4(ours), IpAddr::V4(other)) => {
                (ours.to_bits() ^ other.to_bits()).leading_zeros() >= self.prefix
            }
            (IpAddr::V6(ours), IpAddr::V6(other)) => {
                (ours.to_bits() ^ other.to_bits()).leading_zeros() >= self.prefix
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, lines: &[&str]) -> Option<String> {
        let proxies = Proxies::new("x-forwarded-for", ["10.2.0.0/16", "192.0.2.7", "fd00:2::/32"]).unwrap();
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        // What other proxies write is not read.
        headers.append("x-real-ip", "203.0.113.99".parse().unwrap());
        proxies.client(peer.parse().unwrap(), &headers).map(|address| address.to_string())
    }

    /// RL-9: who is not a proxy of ours says nothing about whom it speaks for.
    #[test]
    fn a_stranger_who_forges_the_header_stays_who_they_are() {
        for stranger in ["198.51.100.4", "10.3.0.1", "192.0.2.8", "fd00:3::1", "2001:db8::1"] {
            assert_eq!(client(stranger, &["203.0.113.5"]).as_deref(), Some(stranger));
        }
    }

    #[test]
    fn behind_our_proxies_the_nearest_stranger_counts() {
        let stranger = Some("203.0.113.5".to_owned());
        for peer in ["10.2.3.4", "192.0.2.7", "fd00:2::9", "::ffff:10.2.3.4"] {
            assert_eq!(client(peer, &["203.0.113.5"]), stranger, "{peer}");
            assert_eq!(client(peer, &["203.0.113.5, 10.2.9.9,192.0.2.7"]), stranger, "{peer}");
            assert_eq!(client(peer, &["203.0.113.5", "10.2.9.9"]), stranger, "lines are one list, {peer}");
            assert_eq!(
                client(peer, &["1.1.1.1, 10.2.0.1, 203.0.113.5"]),
                stranger,
                "forged on the left, {peer}"
            );
            assert_eq!(client(peer, &["::ffff:203.0.113.5"]), stranger, "{peer}");
            assert_eq!(client(peer, &["203.0.113.5:4711"]), stranger, "{peer}");
        }
        assert_eq!(client("10.2.3.4", &["[2001:db8::7]:4711"]).as_deref(), Some("2001:db8::7"));
        assert_eq!(client("10.2.3.4", &["[2001:db8::7]"]).as_deref(), Some("2001:db8::7"));
    }

    /// All of them share one budget then, which is tight; nobody chooses a budget of their own.
    #[test]
    fn what_our_proxies_say_and_cannot_be_read_names_nobody() {
        for line in
            ["", "unknown", "203.0.113.5, _hidden", "203.0.113.5,", "203.0.113.256", "10.2.0.1, 10.2.0.2"]
        {
            assert_eq!(client("10.2.3.4", &[line]), None, "{line:?}");
        }
        assert_eq!(client("10.2.3.4", &[]), None);
        let many = "10.2.0.1,".repeat(1_000);
        assert_eq!(client("10.2.3.4", &[&format!("203.0.113.5,{}", many.trim_end_matches(','))]), None);
    }

    #[test]
    fn networks_are_named_with_care() {
        for network in [
            "",
            "10.2.0.0/33",
            "fd00::/129",
            "10.2/16",
            "10.2.0.0/",
            "10.2.0.0/+8",
            "example.org",
            "10.2.0.0/16/8",
        ] {
            assert_eq!(
                Proxies::new("x-forwarded-for", ["::1", network]),
                Err(ProxiesError::Network(2)),
                "{network:?}"
            );
        }
        for everybody in [&["0.0.0.0/0"][..], &["::/0"], &[]] {
            assert_eq!(
                Proxies::new("x", everybody.iter().copied()),
                Err(ProxiesError::Everybody),
                "{everybody:?}"
            );
        }
        assert_eq!(Proxies::new("x forwarded", ["::1"]), Err(ProxiesError::Header));
        let whole = Proxies::new("X-Forwarded-For", ["::1", "0.0.0.0/1"]).unwrap();
        assert!(
            whole.are_ours("127.0.0.1".parse().unwrap()) && !whole.are_ours("128.0.0.1".parse().unwrap())
        );
    }
}
