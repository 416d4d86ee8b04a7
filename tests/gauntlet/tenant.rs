//! TENANT: nothing of one realm opens anything in another, and no one else gets a name that was given once.

use crate::kit::{NEW, Site, Verdict, holds_and_catches, on_file};
use regain::account::Account;
use regain::identity::Person;
use regain::memory::MemoryFlows;
use regain::testing::World;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

rows! { "TENANT":
    "CVE-2026-55670" => tenant_cve_2026_55670_zitadel_recycled_ids_across_tenants,
}

/// Two tenants, 0 and 1, on one set of tables, who give their accounts the same ids.
trait Tenants {
    /// Adds an account with id 1 and this address, in place of an older one.
    async fn add(&self, tenant: usize, email: &str);
    async fn delete(&self, tenant: usize);
    async fn token(&self, tenant: usize, email: &str) -> String;
    async fn redeem(&self, tenant: usize, token: &str) -> bool;
}

struct Regain([Site; 2]);

impl Regain {
    fn new() -> Self {
        let flows = Arc::new(MemoryFlows::new());
        let clock = Arc::default();
        Self(["north", "south"].map(|realm| {
            Site::build(World::builder().realm(realm).flows(flows.clone()).clock(Arc::clone(&clock)))
        }))
    }
}

fn account(email: &str) -> Account {
    let mut account = Account::new(regain::ids::AccountId::new("1").unwrap(), "ana");
    account.addresses = vec![on_file(email)];
    account
}

impl Tenants for Regain {
    async fn add(&self, tenant: usize, email: &str) {
        self.0[tenant].world.put(account(email)).await;
    }

    async fn delete(&self, tenant: usize) {
        self.0[tenant].world.accounts.remove(&account("a@home.example").id).await;
    }

    async fn token(&self, tenant: usize, email: &str) -> String {
        let site = &self.0[tenant];
        let before = site.world.mailbox.mails().len();
        site.ask(email).await;
        site.world.work().await;
        let mail = site.world.mailbox.mails().into_iter().nth(before).expect("a link was mailed");
        let (_, rest) = mail.text.split_once("?token=").unwrap();
        rest.split_whitespace().next().unwrap().to_owned()
    }

    async fn redeem(&self, tenant: usize, token: &str) -> bool {
        self.0[tenant].choose(token, NEW).await
    }
}

/// ZITADEL: rows point to a user by id alone, and outlive the user; ids are given again, in any tenant.
#[derive(Default)]
struct Zitadel {
    users: RefCell<BTreeMap<usize, String>>,
    tokens: RefCell<Vec<String>>,
}

impl Tenants for Zitadel {
    async fn add(&self, tenant: usize, email: &str) {
        self.users.borrow_mut().insert(tenant, email.to_owned());
    }

    async fn delete(&self, tenant: usize) {
        self.users.borrow_mut().remove(&tenant);
    }

    async fn token(&self, tenant: usize, email: &str) -> String {
        let token = format!("{tenant}-{email}-1");
        self.tokens.borrow_mut().push(token.clone());
        token
    }

    async fn redeem(&self, tenant: usize, token: &str) -> bool {
        self.users.borrow().contains_key(&tenant) && self.tokens.borrow().iter().any(|known| known == token)
    }
}

async fn check_tenants<T: Tenants>(fresh: impl Fn() -> T) -> Verdict {
    let both = fresh();
    both.add(0, "ana@home.example").await;
    both.add(1, "ana@home.example").await;
    let ours = both.token(0, "ana@home.example").await;
    ensure!(!both.redeem(1, &ours).await, "a token of one tenant is good in the other");
    let theirs = both.token(1, "ana@home.example").await;
    ensure!(!both.redeem(0, &theirs).await, "a token of the other tenant is good in the one");
    both.delete(0).await;
    ensure!(!both.redeem(0, &ours).await, "a token outlives its account");
    both.add(0, "somebody.else@home.example").await;
    ensure!(!both.redeem(0, &ours).await, "a token is good for whoever got the id next");
    ensure!(both.redeem(1, &theirs).await, "a token is no longer good where it belongs");
    Ok(())
}

/// ZITADEL: see [`Zitadel`].
#[tokio::test]
async fn tenant_cve_2026_55670_zitadel_recycled_ids_across_tenants() {
    a_second_tenant_has_its_own_links().await;
    let twin = check_tenants(Zitadel::default).await;
    holds_and_catches(check_tenants(Regain::new).await, twin, "is good in the other");
}

/// One tenant's sign-in, ask or disowning ends no link of the other's account of the same id.
async fn a_second_tenant_has_its_own_links() {
    let both = Regain::new();
    for tenant in [0, 1] {
        both.add(tenant, "ana@home.example").await;
    }
    let ours = both.token(0, "ana@home.example").await;
    both.token(1, "ana@home.example").await;
    let [_, south] = &both.0;
    south.world.recovery.signed_in(&account("ana@home.example").id).await.unwrap();
    assert!(both.redeem(0, &ours).await, "the other tenant's sign-in ended our link");
    // One person, known to both under one record number: nothing in the two indexes shows it.
    let person = Person::new("Ana", "Lindqvist").with_record_number("MRN-00001");
    let [north, south] = both.0.each_ref().map(|site| site.world.recovery.blind_index().entries_for(&person));
    assert!(!north.is_empty());
    assert!(north.iter().all(|entry| south.iter().all(|other| entry.value != other.value)));
}
