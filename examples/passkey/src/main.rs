//! Passkeys as a host's own second factors: registered, asked for at a sign-in and beside a link, forged, and worn out.
//!
//! The server's side is `webauthn_rp`; a software authenticator plays the device and the browser. Each claim is printed, and
//! one that does not hold fails the process.
//!
//!     cargo run --locked --manifest-path examples/passkey/Cargo.toml

mod authenticator;
mod claims;
mod forged;
mod recovering;
mod relying_party;
mod signing_in;
mod stage;

use claims::Claims;
use stage::Stage;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let claims = Claims::default();
    let stage = Stage::new();
    let (ana, mut phone) = signing_in::scenes(&stage, &claims).await;
    recovering::scenes(&stage, &claims, &ana, &mut phone).await;
    forged::scenes(&stage, &claims).await;
    claims.end()
}
