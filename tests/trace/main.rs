//! What an asker can see and measure is the same, whoever is asked about: equal answers, equal calls.

mod calls;
mod pages;
mod sign_in;
mod slow;

use regain::account::{AccountStore, Recoverability};
use regain::client::Client;
use regain::entropy::SystemEntropy;
use regain::identity::TypedClaims;
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::password::Argon2Hasher;
use regain::sqlite::{SqliteAccounts, SqliteFlows};
use regain::store::FlowStore;
use regain::testing::{Layered, SeedAccounts, Someone, Trace, World};
use slow::{Slow, SlowFlows};
use std::sync::Arc;
use tempfile::TempDir;

const KINDS: [&str; 15] = [
    "known",
    "known by address",
    "unknown",
    "unknown address",
    "disabled",
    "no password",
    "no address",
    "several",
    "legal hold",
    "deceased",
    "minor",
    "over limit",
    "other realm",
    "malformed",
    "slow store",
];

/// Those for whom asking comes to a mail.
const MAILED: [&str; 4] = ["known", "known by address", "no password", "slow store"];

/// Whether asking for a link comes to a mail: those who share an address are listed in one.
fn is_linked(kind: &str) -> bool {
    kind == "several" || MAILED.contains(&kind)
}

#[derive(Debug, Clone, Copy)]
enum Stores {
    Memory,
    Sqlite,
}

impl Stores {
    async fn flows(self, folder: &TempDir) -> Arc<dyn FlowStore> {
        match self {
            Self::Memory => Arc::new(MemoryFlows::new()),
            Self::Sqlite => Arc::new(SqliteFlows::open(folder.path().join("flows.db")).await.unwrap()),
        }
    }

    async fn accounts(self, folder: &TempDir, realm: &str) -> Arc<dyn SeedAccounts> {
        let file = folder.path().join(format!("{realm}.db"));
        match self {
            Self::Memory => Arc::new(MemoryAccounts::new()),
            Self::Sqlite => Arc::new(SqliteAccounts::open(file).await.unwrap()),
        }
    }
}

/// A world of which every port is written down, with somebody of one kind; and what is typed for that kind.
struct Scene {
    world: World,
    trace: Trace,
    typed: String,
    claims: TypedClaims,
    _folder: TempDir,
}

impl Scene {
    async fn of(kind: &str, stores: Stores) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let flows = stores.flows(&folder).await;
        let (world, trace) = traced(kind, flows.clone(), stores.accounts(&folder, "clinic").await);
        let who = match kind {
            "disabled" => world.disabled("Ana").await,
            "no password" => world.person_without_password("Ana").await,
            "no address" => world.no_address("Ana").await,
            "legal hold" => world.not_recoverable("Ana", Recoverability::LegalHold).await,
            "deceased" => world.not_recoverable("Ana", Recoverability::Deceased).await,
            "minor" => world.not_recoverable("Ana", Recoverability::Minor).await,
            "several" => two_who_are_alike(&world).await,
            "other realm" => {
                a_patient_of_the_pharmacy(flows, stores.accounts(&folder, "pharmacy").await).await
            }
            _ => world.person("Ana").await,
        };
        if kind == "over limit" {
            for _ in 0..3 {
                world.fresh_link(&who).await;
            }
        }
        trace.take();
        world.events.take();
        let (typed, claims) = typed_for(kind, who);
        Self { world, trace, typed, claims, _folder: folder }
    }

    /// Lets the worker do what was asked for. Nothing of it is written down.
    async fn mails_after_work(&self) -> usize {
        let before = self.world.mailbox.mails().len();
        self.world.work().await;
        self.trace.take();
        self.world.mailbox.mails().len() - before
    }
}

fn traced(kind: &str, flows: Arc<dyn FlowStore>, accounts: Arc<dyn SeedAccounts>) -> (World, Trace) {
    let trace = Trace::new();
    let is_slow = kind == "slow store";
    let flows: Arc<dyn FlowStore> = if is_slow { Arc::new(Layered(SlowFlows(flows))) } else { flows };
    let seen: Arc<dyn AccountStore> =
        if is_slow { Arc::new(Slow(accounts.clone())) } else { accounts.clone() };
    let (entropy, hasher) =
        (trace.entropy(Arc::new(SystemEntropy)), trace.hasher(Arc::new(Argon2Hasher::danger_for_tests())));
    let builder = World::builder().flows(trace.flows(flows)).accounts(accounts);
    let builder = builder.served_accounts(trace.accounts(seen));
    (builder.configure(move |builder| builder.entropy(entropy).hasher(hasher)).build(), trace)
}

/// Two people with one address and one record number.
async fn two_who_are_alike(world: &World) -> Someone {
    let (first, second) = world.sharing_an_email("Ana", "Bea").await;
    let person = world.account(&first).await.unwrap().person;
    world.change(&second, |account| account.person = person).await;
    first
}

/// Somebody whom only another realm knows, on the same tables; they have a link out there.
async fn a_patient_of_the_pharmacy(flows: Arc<dyn FlowStore>, accounts: Arc<dyn SeedAccounts>) -> Someone {
    let pharmacy = World::builder().realm("pharmacy").flows(flows).accounts(accounts).build();
    let ana = pharmacy.person("Ana").await;
    pharmacy.recovery.ask_username(&ana.claims(), &here()).await.unwrap();
    pharmacy.fresh_link(&ana).await;
    ana
}

fn typed_for(kind: &str, who: Someone) -> (String, TypedClaims) {
    let typed = match kind {
        // Whoever is over the limit asked by username before.
        "known by address" | "several" | "over limit" => who.email,
        "unknown" => "nobody".to_owned(),
        "unknown address" => "nobody@home.example".to_owned(),
        "malformed" => "a\u{7}@@b".to_owned(),
        _ => who.username,
    };
    let mut claims = who.claims;
    match kind {
        "unknown" | "unknown address" => claims.record_number = "MRN-99999".to_owned(),
        "malformed" => claims.birth_date = "1961-02-31".to_owned(),
        _ => {}
    }
    (typed, claims)
}

fn here() -> Client {
    Client::at("192.0.2.7".parse().unwrap())
}
