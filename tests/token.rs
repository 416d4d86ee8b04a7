//! Recovery tokens: one spelling, one binding, and nothing to be read in logs.

use proptest::prelude::*;
use regain::account::{Account, AccountEpoch, AccountStatus, AddressOnFile};
use regain::client::Client;
use regain::flow::Purpose;
use regain::identity::EmailAddress;
use regain::ids::{AccountId, Realm};
use regain::password::{Password, PasswordHash};
use regain::testing::World;
use regain::token::TOKEN_LENGTH;
use regain::{RecoveryError, RecoveryToken};
use std::collections::BTreeSet;

const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn id(name: &str) -> AccountId {
    AccountId::new(name).unwrap()
}

fn email(address: &str) -> AddressOnFile {
    AddressOnFile::Email(EmailAddress::parse(address).unwrap())
}

fn hash(salt: &str) -> PasswordHash {
    let tag = "A".repeat(43);
    PasswordHash::parse(&format!("$argon2id$v=19$m=8,t=1,p=1${salt}${tag}")).unwrap()
}

fn is_token(text: &str) -> bool {
    RecoveryToken::parse(text).is_ok()
}

/// RC-1: 128 bits of name and 256 bits of secret.
#[test]
fn a_token_is_64_characters_of_base64url() {
    assert_eq!(TOKEN_LENGTH, (16 + 32) * 8 / 6);
    assert!(is_token(ALPHABET));
}

#[test]
fn every_other_length_is_refused() {
    for length in (0..200).filter(|length| *length != TOKEN_LENGTH) {
        assert!(!is_token(&"A".repeat(length)), "{length} characters");
    }
    assert!(!is_token(&"A".repeat(1 << 20)));
}

#[test]
fn every_other_spelling_is_refused() {
    let plain = "A".repeat(TOKEN_LENGTH);
    let odd =
        ["=", "+", "/", " ", "\t", "\n", "\r", "\0", ".", "%", "\u{7f}", "é", "\u{200b}", "А", "Ａ", "🔑"];
    for character in odd {
        for place in [0, 1, 31, TOKEN_LENGTH - character.len()] {
            let replaced = format!("{}{character}{}", &plain[..place], &plain[place + character.len()..]);
            assert_eq!(replaced.len(), TOKEN_LENGTH);
            assert!(!is_token(&replaced), "{replaced:?}");
            let added = format!("{}{character}{}", &plain[..place], &plain[place..]);
            assert!(!is_token(&added), "{added:?}");
        }
    }
    for wrapped in [format!(" {plain}"), format!("{plain} "), format!("{plain}\n"), format!("{plain}==")] {
        assert!(!is_token(&wrapped), "{wrapped:?}");
    }
}

/// No secret in it is as good as any other that nobody was sent.
#[tokio::test]
async fn tokens_of_one_repeated_byte_open_nothing() {
    let world = World::new();
    let ana = world.person("Ana").await;
    world.fresh_link(&ana).await;
    for character in ["A", "_", "0", "-"] {
        let token =
            RecoveryToken::parse(&character.repeat(TOKEN_LENGTH)).expect("it is spelled like a token");
        let client = Client::unknown();
        let password = Password::new("forty-one copper kettles whistle");
        assert_eq!(world.recovery.look(&token).await, Err(RecoveryError::LinkNotUsable));
        let chosen = world.recovery.choose_password(&token, &password, &client).await;
        assert_eq!(chosen, Err(RecoveryError::LinkNotUsable));
        assert_eq!(world.recovery.disown(&token, &client).await, Err(RecoveryError::LinkNotUsable));
    }
}

/// RC-8: the right flow with another secret is no better, and is answered alike.
#[tokio::test]
async fn a_token_with_one_bit_changed_opens_nothing() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let token = world.fresh_link(&ana).await;
    let text = token.expose();
    for place in 0..TOKEN_LENGTH {
        let old = ALPHABET.find(&text[place..=place]).expect("a token is base64url");
        let new = &ALPHABET[old ^ 1..=(old ^ 1)];
        let changed = format!("{}{new}{}", &text[..place], &text[place + 1..]);
        let changed = RecoveryToken::parse(&changed).expect("it is spelled like a token");
        assert_eq!(world.recovery.look(&changed).await, Err(RecoveryError::LinkNotUsable), "at {place}");
    }
    assert!(world.recovery.look(&token).await.is_ok());
}

/// RC-8: bound to realm, flow, purpose and epoch; every other combination gives another digest.
#[test]
fn a_digest_is_good_for_one_realm_flow_purpose_and_epoch() {
    let realms = ["clinic", "clinic-2", "c"].map(|name| Realm::new(name).unwrap());
    // The first 16 bytes name the flow, the other 32 are the secret.
    let tokens = ["A", "B", "_"].map(|c| RecoveryToken::parse(&(c.repeat(21) + &"A".repeat(43))).unwrap());
    let other_secret = RecoveryToken::parse(&("A".repeat(63) + "B")).unwrap();
    let epochs = [[0; 32], [1; 32], [255; 32]].map(AccountEpoch::from_bytes);
    let mut digests = BTreeSet::new();
    let mut combinations = 0;
    for realm in &realms {
        for token in tokens.iter().chain([&other_secret]) {
            for &purpose in Purpose::ALL {
                for epoch in &epochs {
                    digests.insert(*token.digest(realm, purpose, epoch).as_bytes());
                    combinations += 1;
                }
            }
        }
    }
    assert_eq!(digests.len(), combinations);
}

/// RC-7: whatever a recovery rests on is in the epoch.
#[test]
fn everything_that_a_recovery_rests_on_changes_the_epoch() {
    let changes: [fn(&mut Account); 9] = [
        |account| account.password = Some(hash("AAAAAAAAAAAAAAAAAAAAAA")),
        |account| account.password = Some(hash("BAAAAAAAAAAAAAAAAAAAAA")),
        |account| account.addresses = vec![email("a@x.example")],
        |account| account.addresses = vec![email("a@x.example"), email("b@x.example")],
        |account| account.addresses = vec![email("b@x.example"), email("a@x.example")],
        |account| account.status = AccountStatus::Disabled,
        |account| account.factors = vec!["totp".to_owned()],
        |account| account.may_change_password = false,
        |account| account.revision = vec![1],
    ];
    let mut epochs = BTreeSet::from([
        *Account::new(id("1"), "ana").epoch().as_bytes(),
        *Account::new(id("2"), "ana").epoch().as_bytes(),
        *Account::new(id("1"), "bea").epoch().as_bytes(),
    ]);
    for change in changes {
        let mut account = Account::new(id("1"), "ana");
        change(&mut account);
        epochs.insert(*account.epoch().as_bytes());
    }
    assert_eq!(epochs.len(), 3 + changes.len());
}

/// RC-16
#[tokio::test]
async fn debug_shows_neither_token_nor_digest() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let token = world.fresh_link(&ana).await;
    let digest = token.digest(world.realm(), Purpose::Password, &AccountEpoch::from_bytes([0; 32]));
    assert_eq!(format!("{token:?} {digest:?}"), "RecoveryToken(..) VerifierDigest(..)");
}

proptest! {
    /// There is one spelling: what is read is printed the same, so no two texts are one token.
    #[test]
    fn what_is_read_is_printed_the_same(text in "[A-Za-z0-9_-]{64}") {
        let token = RecoveryToken::parse(&text).unwrap();
        prop_assert_eq!(&*token.expose(), &text);
    }

    #[test]
    fn whatever_else_is_typed_is_no_token(text in prop_oneof![any::<String>(), "[A-Za-z0-9_=+/ -]{60,68}"]) {
        let canonical = text.len() == TOKEN_LENGTH && text.chars().all(|c| ALPHABET.contains(c));
        prop_assert_eq!(is_token(&text), canonical);
    }
}
