//! regain gives people back a forgotten username or password, and tells nobody who has an account.
//!
//! A service embeds it: it implements [`AccountStore`](account::AccountStore) over its own accounts, takes a
//! [`FlowStore`](store::FlowStore) and a [`Mailer`](mail::Mailer), builds a [`Recovery`], and lets a [`Worker`] run.
//! The README has a quick start, the defaults with their sources, and what regain does not do.
//!
//! # The story
//!
//! 1. Somebody asks: [`Recovery::ask_username`] or [`Recovery::ask_password`]. One row is written; no account is looked at.
//! 2. The [`Worker`] finds the account, if there is one, and mails the username or a link to the address on file.
//!    Who cannot follow the link types the code beside it where they asked: [`Recovery::exchange_code`].
//! 3. The bearer of the link looks at it, [`Recovery::look`], and chooses a password, [`Recovery::choose_password`].
//!    Where the account has a second factor, the link needs it too: [`Recovery::prove_factor`].
//! 4. The person signs in with it: [`Recovery::sign_in`], and [`Recovery::sign_in_factor`].
//!
//! # The map
//!
//! | pure rules | ports | adapters |
//! |---|---|---|
//! | [`flow`], [`desk::case`], [`token`], [`identity`], [`password`], [`factor`], [`budget`], [`audit`], [`origin`], [`language`] | [`account`], [`security`], [`store`], [`mail`], [`clock`], [`entropy`], [`events`] | [`memory`]; `sqlite`, `postgres`, `web`, `api`, `mail::EmlMailer`, `mail::SmtpMailer`, `mail::PrintMailer`, `mail::WebhookMailer` by feature |
//!
//! Who is stuck gets help from people: [`desk`].
//!
//! Features: `api`, `desk`, `sqlite`, `postgres`, `web`, `templates`, `qr`, `eml`, `smtp`, `print`, `webhook`, `testing`, and `tokio` for `Worker::run`. None is on by default.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod account;
#[cfg(feature = "api")]
pub mod api;
pub mod audit;
pub mod budget;
mod characters;
pub mod client;
pub mod clock;
pub mod desk;
pub mod entropy;
pub mod error;
pub mod events;
pub mod factor;
pub mod flow;
pub mod identity;
pub mod ids;
#[cfg(feature = "templates")]
mod jinja;
#[cfg(any(feature = "web", feature = "webhook"))]
mod json;
pub mod keys;
pub mod language;
pub mod mail;
pub mod memory;
pub mod origin;
pub mod password;
#[cfg(not(regain_planted))]
mod planted;
#[cfg(regain_planted)]
pub mod planted;
#[cfg(feature = "postgres")]
pub mod postgres;
pub mod recovery;
pub mod security;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
#[cfg(feature = "sqlite")]
pub mod sqlite;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod token;
mod wake;
#[cfg(feature = "web")]
pub mod web;
mod wire;
pub mod worker;

pub use client::Client;
pub use error::{Fault, RecoveryError};
pub use recovery::Recovery;
pub use token::RecoveryToken;
pub use worker::Worker;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
