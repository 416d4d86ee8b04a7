//! Attacks on pages and API over a real socket, in raw bytes: what an HTTP library would never send.
//!
//! The other suites hand requests to the router. Here a server listens, so that what the server makes of broken
//! requests counts too: which bytes are one request, whose address it is, and what goes back to the last byte.

mod bodies;
mod clinic;
mod desk;
mod doubled;
mod enumeration;
mod leak;
mod members;
mod naive;
mod redirects;
mod site;
mod smuggling;
mod tricks;
mod vectors;
