//! Signing in: one hash whoever it is, budgets that tell nothing, and links that die with it.

mod factor;

use async_trait::async_trait;
use regain::account::{Account, AccountStatus, AccountStore, Applied, HashUpgrade, PasswordChange};
use regain::budget::Quota;
use regain::client::Client;
use regain::factor::AuthLevel;
use regain::identity::{Identifier, IdentityKey};
use regain::ids::AccountId;
use regain::password::{Argon2Hasher, Password, PasswordHash, PasswordHasher as _};
use regain::recovery::{ChangeReason, Limits, RecoveryBuilder, SignedIn};
use regain::store::StoreError;
use regain::testing::{Someone, World, signed_in};
use regain::{RecoveryError, memory::MemoryAccounts};
use std::sync::Arc;
use time::Duration;

const WRONG: &str = "nine wrong guesses in a row";

async fn try_with(world: &World, typed: &str, password: &str) -> Result<SignedIn, RecoveryError> {
    let identifier = Identifier::parse(typed);
    world.recovery.sign_in(&identifier, &Password::new(password), &world.client()).await.map(signed_in)
}

async fn sign_in(world: &World, who: &Someone) -> Result<SignedIn, RecoveryError> {
    try_with(world, &who.username, &who.password).await
}

/// Only what works in silence is left in the way.
fn no_aloud_limits(builder: RecoveryBuilder) -> RecoveryBuilder {
    let mut limits = Limits::default();
    limits.sign_ins_per_identifier = Quota::new(2_400, Duration::DAY);
    builder.limits(limits)
}

/// A hash at a cost that was once usual: other than the one of [`World`]'s hasher.
fn old_hash(password: &str) -> PasswordHash {
    Argon2Hasher::default().hash(&Password::new(password).prepare().unwrap(), [9; 16]).unwrap()
}

/// A hash as another system left it.
fn foreign_hash() -> PasswordHash {
    PasswordHash::parse("$scrypt$ln=14,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA").unwrap()
}

#[tokio::test]
async fn the_right_password_signs_in_by_username_and_by_email() {
    let world = World::new();
    let ana = world.person("Ana").await;
    for typed in [&ana.username, &ana.email, &" ANA ".to_owned()] {
        let signed_in = try_with(&world, typed, &ana.password).await.expect("it is the right password");
        assert_eq!(signed_in.account, ana.id);
        assert_eq!((signed_in.level, signed_in.change_required), (AuthLevel::Password, None));
    }
    assert_eq!(try_with(&world, &ana.username, WRONG).await, Err(RecoveryError::NotAccepted));
}

#[tokio::test]
async fn the_host_is_told_of_a_password_that_must_change() {
    let world = World::new();
    let ana = world.person_with("Ana", |account| account.must_change_password = true).await;
    let signed_in = sign_in(&world, &ana).await.expect("it is the right password");
    assert_eq!(signed_in.change_required, Some(ChangeReason::ByHost));
}

/// PW-6
#[tokio::test]
async fn a_recovered_password_need_not_be_changed_again() {
    let world = World::new();
    let ana = world.person_with("Ana", |account| account.must_change_password = true).await;
    let link = world.fresh_link(&ana).await;
    let new = "forty-one copper kettles whistle";
    world.recovery.choose_password(&link, &Password::new(new), &world.client()).await.unwrap();
    assert_eq!(try_with(&world, &ana.username, new).await.unwrap().change_required, None);
}

/// EN-1, EN-3: unknown, wrong, disabled, no password, two with one e-mail, a hash of another algorithm.
#[tokio::test]
async fn every_failing_sign_in_costs_one_hash_and_is_answered_alike() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let disabled = world.disabled("Dora").await;
    let without = world.person_without_password("Nora").await;
    let (shared, _) = world.sharing_an_email("Eva", "Emil").await;
    let kinds = [
        ("wrong", ana.username.as_str(), WRONG),
        ("unknown", "nobody", WRONG),
        ("unknown address", "nobody@home.example", WRONG),
        ("malformed", "a\u{7}b", WRONG),
        ("disabled, right", &disabled.username, &disabled.password),
        ("without password", &without.username, &without.password),
        ("shared address, right", &shared.email, &shared.password),
    ];
    for (kind, typed, password) in kinds {
        assert_eq!(try_with(&world, typed, password).await, Err(RecoveryError::NotAccepted), "{kind}");
        assert_eq!((world.hasher.take_verifications(), world.hasher.take_hashes()), (1, 0), "{kind}");
    }
    sign_in(&world, &ana).await.expect("it is the right password");
    assert_eq!((world.hasher.take_verifications(), world.hasher.take_hashes()), (1, 0), "right");
}

/// EN-1: an account that was taken over from another system must not answer `Unavailable` where others do not.
#[tokio::test]
async fn a_stored_hash_that_cannot_be_read_is_answered_like_a_wrong_password() {
    let world = World::new();
    let ana = world.person_with("Ana", |account| account.password = Some(foreign_hash())).await;
    assert_eq!(sign_in(&world, &ana).await, Err(RecoveryError::NotAccepted));
    assert_eq!(world.hasher.take_verifications(), 2, "one that failed at once, one against the dummy");
}

/// Whoever has a hash that nobody can check gets in by recovery only.
#[tokio::test]
async fn a_stored_hash_that_cannot_be_read_is_replaced_by_recovery() {
    let world = World::new();
    let ana = world.person_with("Ana", |account| account.password = Some(foreign_hash())).await;
    let link = world.fresh_link(&ana).await;
    let new = "forty-one copper kettles whistle";
    let chosen = world.recovery.choose_password(&link, &Password::new(new), &world.client()).await;
    assert!(chosen.is_ok(), "{chosen:?}");
    assert!(try_with(&world, &ana.username, new).await.is_ok());
}

/// PW-15, PW-16: what cannot be a password is nobody's, and costs nothing.
#[tokio::test]
async fn what_cannot_be_a_password_is_not_hashed() {
    let world = World::new();
    let ana = world.person("Ana").await;
    for password in [String::new(), " ".to_owned(), "a\0b".to_owned(), "a".repeat(1 << 20)] {
        for typed in [ana.username.as_str(), "nobody"] {
            assert_eq!(try_with(&world, typed, &password).await, Err(RecoveryError::NotAccepted));
        }
    }
    assert_eq!(world.hasher.take_verifications(), 0);
}

/// HA-7, EN-3
#[tokio::test]
async fn an_old_cost_is_hashed_anew_once_at_sign_in() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let old = old_hash(&ana.password);
    world.change(&ana, |account| account.password = Some(old.clone())).await;

    sign_in(&world, &ana).await.expect("it is the right password");
    assert_eq!((world.hasher.take_verifications(), world.hasher.take_hashes()), (1, 1));
    let stored = world.account(&ana).await.unwrap().password.unwrap();
    assert!(stored != old && stored.as_str().contains("m=8,t=1,p=1"));

    sign_in(&world, &ana).await.expect("it is the same password");
    assert_eq!((world.hasher.take_verifications(), world.hasher.take_hashes()), (1, 0));
    assert!(world.account(&ana).await.unwrap().password.unwrap() == stored);
}

/// HA-7: the hash is replaced only if it is still the one that was verified.
#[tokio::test]
async fn an_upgrade_never_overwrites_a_password_that_was_changed_meanwhile() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let changed = world.hash("a password changed meanwhile");
    world.change(&ana, |account| account.password = Some(changed.clone())).await;
    let upgrade =
        HashUpgrade { account: ana.id.clone(), from: old_hash(&ana.password), to: world.hash(&ana.password) };
    world.accounts.upgrade_hash(&upgrade).await.unwrap();
    assert!(world.account(&ana).await.unwrap().password == Some(changed));
}

/// Accounts that cannot store a new hash.
struct ReadOnly(Arc<MemoryAccounts>);

#[async_trait]
impl AccountStore for ReadOnly {
    async fn find_by_identifier(&self, identifier: &Identifier) -> Result<Vec<Account>, StoreError> {
        self.0.find_by_identifier(identifier).await
    }
    async fn find_by_identity(&self, key: &IdentityKey) -> Result<Vec<Account>, StoreError> {
        self.0.find_by_identity(key).await
    }
    async fn get(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        self.0.get(id).await
    }
    async fn set_password(&self, _: &PasswordChange) -> Result<Applied, StoreError> {
        Err(StoreError::plain("set_password"))
    }
    async fn upgrade_hash(&self, _: &HashUpgrade) -> Result<(), StoreError> {
        Err(StoreError::plain("upgrade_hash"))
    }
}

/// HA-7
#[tokio::test]
async fn a_sign_in_goes_on_when_the_new_hash_cannot_be_stored() {
    let accounts = Arc::new(MemoryAccounts::new());
    let served = Arc::new(ReadOnly(accounts.clone()));
    let world = World::builder().accounts(accounts).served_accounts(served).build();
    let ana = world.person("Ana").await;
    let old = old_hash(&ana.password);
    world.change(&ana, |account| account.password = Some(old)).await;
    assert!(sign_in(&world, &ana).await.is_ok());
}

/// EN-4: the answers and the waiting times of a hundred failures are the same for a known and an unknown identifier.
#[tokio::test]
async fn budgets_tell_nothing_of_whether_an_account_is_there() {
    let mut answers = Vec::new();
    for typed in ["ana", "nobody", "dora"] {
        let world = World::new();
        world.person("Ana").await;
        world.disabled("Dora").await;
        let client = Client::at("192.0.2.1".parse().unwrap());
        let mut told = Vec::new();
        for _ in 0..120 {
            let identifier = Identifier::parse(typed);
            let answer = world.recovery.sign_in(&identifier, &Password::new(WRONG), &client).await;
            told.push(answer.map(drop));
            world.clock.advance(Duration::seconds(7));
        }
        assert!(told.iter().any(|answer| matches!(answer, Err(RecoveryError::TooManyAttempts { .. }))));
        answers.push(told);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
}

/// RL-4: the count belongs to what is typed; other networks do not make it larger.
#[tokio::test]
async fn guesses_from_many_networks_share_the_budget_of_the_identifier() {
    let world = World::new();
    world.person("Ana").await;
    let mut tried = 0;
    while try_with(&world, "ana", WRONG).await == Err(RecoveryError::NotAccepted) {
        tried += 1;
    }
    assert_eq!(tried, 100);
    let right = try_with(&world, "ANA", "any other guess of all").await;
    assert!(matches!(right, Err(RecoveryError::TooManyAttempts { .. })), "another spelling, the same budget");
}

/// RL-5, RC-14
#[tokio::test]
async fn a_storm_of_recovery_requests_does_not_keep_anybody_from_signing_in() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let before = world.account(&ana).await.unwrap().epoch();
    let mut refused = 0;
    for _ in 0..1_000 {
        let asked = world.recovery.ask_password(&ana.identifier(), &world.client()).await;
        refused += u32::from(asked.is_err());
    }
    world.work().await;
    assert!(refused > 0, "the storm was no storm");
    assert!(world.account(&ana).await.unwrap().epoch() == before, "asking changes nothing of the account");
    assert!(sign_in(&world, &ana).await.is_ok());
}

/// RC-7: somebody who signs in did not need the link.
#[tokio::test]
async fn signing_in_kills_the_link_that_is_out_and_failing_to_does_not() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    assert!(try_with(&world, &ana.username, WRONG).await.is_err());
    assert!(world.recovery.look(&link).await.is_ok());
    assert!(sign_in(&world, &ana).await.is_ok());
    assert_eq!(world.recovery.look(&link).await, Err(RecoveryError::LinkNotUsable));
}

#[tokio::test]
async fn an_account_that_was_disabled_is_in_use_again_once_it_is_enabled() {
    let world = World::new();
    let ana = world.disabled("Ana").await;
    assert_eq!(sign_in(&world, &ana).await, Err(RecoveryError::NotAccepted));
    world.change(&ana, |account| account.status = AccountStatus::Active).await;
    assert!(sign_in(&world, &ana).await.is_ok());
}

/// RL-1: a hundred wrong ones in a row, by whatever name and from wherever; and nobody is told.
#[tokio::test]
async fn a_hundred_wrong_passwords_shut_it_and_only_a_recovery_opens_it() {
    let world = World::builder().configure(no_aloud_limits).build();
    let ana = world.person("Ana").await;
    for number in 0..99 {
        let typed = if number % 2 == 0 { &ana.username } else { &ana.email };
        assert_eq!(try_with(&world, typed, WRONG).await, Err(RecoveryError::NotAccepted));
    }
    assert!(
        sign_in(&world, &ana).await.is_ok(),
        "after 99 the right one signs in, and the count begins anew"
    );
    for _ in 0..100 {
        assert_eq!(try_with(&world, &ana.username, WRONG).await, Err(RecoveryError::NotAccepted));
    }
    world.hasher.take_verifications();
    for _ in 0..3 {
        assert_eq!(sign_in(&world, &ana).await, Err(RecoveryError::NotAccepted), "shut");
        assert_eq!(world.hasher.take_verifications(), 1, "one hash all the same");
        world.clock.advance(Duration::days(365));
    }
    assert!(format!("{:?}", world.events.take()).contains("PasswordShut"));
    let link = world.fresh_link(&ana).await;
    assert_eq!(
        sign_in(&world, &ana).await,
        Err(RecoveryError::NotAccepted),
        "a link that is out opens nothing"
    );
    let new = "forty-one copper kettles whistle";
    world.recovery.choose_password(&link, &Password::new(new), &world.client()).await.unwrap();
    assert!(try_with(&world, &ana.username, new).await.is_ok());
}
