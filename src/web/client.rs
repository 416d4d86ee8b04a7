//! Who asks: taken from where the host says, and never from a header.

use crate::client::Client;
use axum::extract::ConnectInfo;
use axum::http::Extensions;
use std::net::SocketAddr;
use std::sync::Once;

/// Where the address of a client is taken from. A header is never read: whoever can reach the service can forge
/// one (RL-9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientAddress {
    /// From the connection, as axum's `ConnectInfo<SocketAddr>` has it: right when clients connect directly. Behind a
    /// proxy that the host trusts, a layer of the host's own puts the client's address there instead.
    Socket,
    /// Nowhere. All clients share one budget: right behind a proxy that limits clients itself, with
    /// `asks_per_client`, `sign_ins_per_client` and `sign_ins_per_identifier_and_client` of
    /// [`Limits`](crate::recovery::Limits) raised to what all clients together may do.
    None,
}

static WARNED: Once = Once::new();

impl ClientAddress {
    /// The client of a request, by what the server put into its extensions.
    pub(crate) fn client(self, extensions: &Extensions) -> Client {
        if self == Self::None {
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
        Client::at(address.ip())
    }
}
