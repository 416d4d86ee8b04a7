//! Who asks, as far as limits care: the network that the host says a request came from.
//!
//! regain never reads a header. A host behind a proxy decides itself which address it trusts (RL-9).

use std::fmt;
use std::net::IpAddr;

/// The client of a request, as the host knows it. `Debug` leaves the address out: it is a personal datum.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Client {
    address: Option<IpAddr>,
}

impl Client {
    /// A client at an address that the host trusts to be true.
    #[must_use]
    pub fn at(address: IpAddr) -> Self {
        Self { address: Some(address) }
    }

    /// A client nothing is known of. All of these share one budget.
    #[must_use]
    pub fn unknown() -> Self {
        Self::default()
    }

    /// The network that shares a budget: an IPv4 address, or the first 64 bits of an IPv6 one.
    pub(crate) fn network(&self) -> Vec<u8> {
        match self.address.map(|address| address.to_canonical()) {
            None => b"unknown".to_vec(),
            Some(IpAddr::V4(v4)) => v4.octets().to_vec(),
            Some(IpAddr::V6(v6)) => v6.octets()[..8].to_vec(),
        }
    }

    pub(crate) fn is_known(&self) -> bool {
        self.address.is_some()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_known() { "Client(..)" } else { "Client(unknown)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_one_v4_address_or_a_v6_64() {
        let at = |text: &str| Client::at(text.parse().unwrap()).network();
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
        assert_eq!(at("2001:db8:1:2::1"), at("2001:db8:1:2:ffff::9"));
        assert_ne!(at("2001:db8:1:2::1"), at("2001:db8:1:3::1"));
        assert_ne!(Client::unknown().network(), at("192.0.2.1"));
    }
}
