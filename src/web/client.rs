//! Who asks: taken from where the host says, and from a header only if proxies are named that write it.

use crate::client::Client;
use crate::web::Proxies;
use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};
use std::net::SocketAddr;
use std::sync::Once;

/// Where the address of a client is taken from. A header is read only from proxies that are named: whoever can reach the
/// service can forge one (RL-9).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientAddress {
    /// From the connection, as axum's `ConnectInfo<SocketAddr>` has it: right when clients connect directly.
    Socket,
    /// From the connection too; but where that is one of these proxies, from the header that they add to.
    Behind(Proxies),
    /// Nowhere. All clients share one budget: right behind a proxy that limits clients itself, with
    /// `asks_per_client`, `sign_ins_per_client` and `sign_ins_per_identifier_and_client` of
    /// [`Limits`](crate::recovery::Limits) raised to what all clients together may do.
    None,
}

static WARNED: Once = Once::new();

impl ClientAddress {
    /// The client of a request, by what the server put into its extensions and what proxies of the host's wrote.
    pub(crate) fn client(&self, extensions: &Extensions, headers: &HeaderMap) -> Client {
        if *self == Self::None {
            return Client::unknown();
        }
        let Some(ConnectInfo(address)) = extensions.get::<ConnectInfo<SocketAddr>>() else {
            WARNED.call_once(|| {
                tracing::warn!(
                    "no client address: all clients share one budget; serve with into_make_service_with_connect_info"
                );
            });
            return Client::unknown();
        };
        match self {
            Self::Behind(proxies) => {
                proxies.client(address.ip(), headers).map_or_else(Client::unknown, Client::at)
            }
            _ => Client::at(address.ip()),
        }
    }
}
