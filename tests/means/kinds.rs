use super::{Asked, ask, asked, code_in, exchange, latest, not_usable, reference_in};
use regain::account::{Account, AddressKind, AddressOnFile};
use regain::flow::{Dismissal, StateKind};
use regain::identity::PostalAddress;
use regain::mail::{ByKind, Delivery, Mailer};
use regain::memory::Mailbox;
use regain::password::{Password, Reason};
use regain::recovery::{Chosen, ConfigError, Means};
use regain::testing::{Someone, World};
use regain::{Recovery, RecoveryError};
use std::sync::Arc;
use time::Duration;

const PHONE: &str = "+15550100123";
const POST: &str = "Ana Lindqvist\nRua das Flores 7\n1200-195 Lisboa";
const REASON: &str = "risk assessment of 2026-03-02, section 4";
const NEW: &str = "nine green lamps at noon";

fn phone() -> AddressOnFile {
    AddressOnFile::parse(AddressKind::Phone, PHONE).unwrap()
}

fn post() -> AddressOnFile {
    AddressOnFile::parse(AddressKind::Post, POST).unwrap()
}

fn world(means: Means) -> World {
    World::builder().configure(|builder| builder.means(means)).build()
}

async fn ana_at(world: &World, addresses: Vec<AddressOnFile>) -> Someone {
    world.person_with("Ana", |account: &mut Account| account.addresses = addresses).await
}

async fn state_of(world: &World, flow: regain::ids::FlowId) -> (String, Option<String>) {
    let row = world.flows.load(world.realm(), flow).await.unwrap().unwrap();
    (row.state, row.reason)
}

async fn is_without_address(world: &World, who: &Someone) {
    let ticket = ask(world, who).await;
    world.work().await;
    assert!(world.mailbox.mails().is_empty());
    let state = (StateKind::Escalated.code().to_owned(), Some(Dismissal::NoAddress.code().to_owned()));
    assert_eq!(state_of(world, ticket.flow()).await, state);
}

/// MF-14: nothing goes out by text message unless the host says why.
#[tokio::test]
async fn without_a_reason_no_code_goes_out_by_text_message() {
    for means in [Means::email_only(), Means::email_only().letters()] {
        let world = world(means);
        let ana = ana_at(&world, vec![phone()]).await;
        is_without_address(&world, &ana).await;
    }
}

#[test]
fn a_reason_of_a_word_or_of_control_characters_does_not_build() {
    for reason in ["", "   ", "because", "\u{7}risk assessment of 2026-03-02", &"x".repeat(501)] {
        let built = Recovery::builder(World::builder().setup())
            .means(Means::email_only().danger_allow_sms(reason))
            .build();
        assert!(matches!(built.map(drop), Err(ConfigError::Invalid { .. })), "{reason:?}");
    }
    assert!(
        Recovery::builder(World::builder().setup())
            .means(Means::email_only().danger_allow_sms(REASON))
            .build()
            .is_ok()
    );
}

#[test]
fn a_letter_that_works_for_too_long_or_too_short_does_not_build() {
    for (days, weaker) in [(22, true), (1, false)] {
        let means = Means::email_only().letter_life(Duration::days(days));
        let built = Recovery::builder(World::builder().setup()).means(means).build().map(drop);
        assert_eq!(matches!(built, Err(ConfigError::Weaker { .. })), weaker, "{built:?}");
        assert!(built.is_err());
    }
}

#[tokio::test]
async fn a_text_message_has_a_code_and_no_link_and_works_for_ten_minutes() {
    let world = world(Means::email_only().danger_allow_sms(REASON));
    let ana = ana_at(&world, vec![phone()]).await;
    let Asked { ticket, code } = asked(&world, &ana, PHONE).await;
    let message = latest(&world, PHONE);
    assert!(message.text.starts_with("Mercy Clinic: ") && message.text.ends_with(&code), "{}", *message.text);
    assert!(
        message.text.len() <= 160 && !message.text.contains("://") && message.html.is_empty(),
        "{}",
        *message.text
    );
    world.clock.advance(Duration::minutes(10) - Duration::MILLISECOND);
    let token = exchange(&world, &ticket, &code).await.unwrap();
    assert!(world.recovery.look(&token).await.is_ok());
    let late = asked(&world, &ana, PHONE).await;
    world.clock.advance(Duration::minutes(10));
    not_usable(exchange(&world, &late.ticket, &late.code).await);
}

#[tokio::test]
async fn a_username_goes_to_the_phone_as_well() {
    let world = world(Means::email_only().danger_allow_sms(REASON));
    let ana = ana_at(&world, vec![phone()]).await;
    world.recovery.ask_username(&ana.claims(), &world.client()).await.unwrap();
    world.work().await;
    assert_eq!(&**latest(&world, PHONE).text, "Mercy Clinic: your username is ana");
}

#[tokio::test]
async fn a_letter_is_typed_in_any_browser_for_three_weeks() {
    let world = world(Means::email_only().letters());
    let ana = ana_at(&world, vec![post()]).await;
    let Asked { ticket, code } = asked(&world, &ana, POST).await;
    let letter = latest(&world, POST);
    assert!(
        letter.text.contains("https://portal.mercy.example/recovery/code") && !letter.text.contains("token=")
    );
    let (reference, client) = (reference_in(&letter), world.client());
    not_usable(exchange(&world, &ticket, &code).await);
    world.clock.advance(Duration::days(21) - Duration::MILLISECOND);
    let token = world.recovery.exchange_letter_code(&reference, &code, &client).await.unwrap();
    not_usable(world.recovery.exchange_letter_code(&reference, &code, &client).await);
    let chosen = world.recovery.choose_password(&token, &Password::new(NEW), &client).await;
    assert_eq!(chosen, Ok(Chosen::Done));
}

#[tokio::test]
async fn after_three_weeks_a_letter_is_worth_nothing_and_its_token_lives_no_longer_than_a_link() {
    let world = world(Means::email_only().letters());
    let ana = ana_at(&world, vec![post()]).await;
    asked(&world, &ana, POST).await;
    let letter = latest(&world, POST);
    world.clock.advance(Duration::days(3));
    let token = world
        .recovery
        .exchange_letter_code(&reference_in(&letter), &code_in(&letter), &world.client())
        .await
        .unwrap();
    world.clock.advance(Duration::minutes(30) - Duration::MILLISECOND);
    assert!(world.recovery.look(&token).await.is_ok());
    world.clock.advance(Duration::MILLISECOND);
    assert_eq!(world.recovery.look(&token).await, Err(RecoveryError::LinkNotUsable));

    asked(&world, &ana, POST).await;
    let letter = latest(&world, POST);
    world.clock.advance(Duration::days(21));
    not_usable(
        world.recovery.exchange_letter_code(&reference_in(&letter), &code_in(&letter), &world.client()).await,
    );
}

/// Five tries in three weeks, not five a day.
#[tokio::test]
async fn a_letters_five_tries_do_not_come_back() {
    let world = world(Means::email_only().letters());
    let ana = ana_at(&world, vec![post()]).await;
    asked(&world, &ana, POST).await;
    let letter = latest(&world, POST);
    let (reference, code) = (reference_in(&letter), code_in(&letter));
    for _ in 0..5 {
        not_usable(world.recovery.exchange_letter_code(&reference, "CCCC-CCCC", &world.client()).await);
    }
    for _ in 0..20 {
        world.clock.advance(Duration::DAY);
        let answer = world.recovery.exchange_letter_code(&reference, &code, &world.client()).await;
        assert!(matches!(answer, Err(RecoveryError::TooManyAttempts { .. })));
    }
}

/// Whoever asks again and again ends no letter that is under way, and costs no more postage.
#[tokio::test]
async fn two_letters_in_three_weeks_and_the_second_stays_good() {
    let world = world(Means::email_only().letters());
    let ana = ana_at(&world, vec![post()]).await;
    for _ in 0..6 {
        ask(&world, &ana).await;
        world.work().await;
        world.clock.advance(Duration::hours(12));
    }
    assert_eq!(world.mailbox.to(POST).len(), 2);
    let letter = latest(&world, POST);
    let token =
        world.recovery.exchange_letter_code(&reference_in(&letter), &code_in(&letter), &world.client()).await;
    assert!(token.is_ok());
}

#[tokio::test]
async fn the_first_address_that_is_carried_is_used() {
    let carried = Arc::new(Mailbox::new());
    let only_post = ByKind::new().with(AddressKind::Post, carried.clone());
    let means = Means::email_only().letters().danger_allow_sms(REASON);
    let world =
        World::builder().mailer(Arc::new(only_post)).configure(|builder| builder.means(means)).build();
    let ana = ana_at(&world, vec![phone(), post()]).await;
    ask(&world, &ana).await;
    world.work().await;
    let sent: Vec<_> = carried.mails().into_iter().map(|mail| mail.to).collect();
    assert_eq!(sent, [post()]);
}

#[tokio::test]
async fn an_account_whose_addresses_no_mailer_carries_has_none() {
    let emails = ByKind::new().with(AddressKind::Email, Arc::new(Mailbox::new()));
    let means = Means::email_only().letters().danger_allow_sms(REASON);
    let world = World::builder().mailer(Arc::new(emails)).configure(|builder| builder.means(means)).build();
    let ana = ana_at(&world, vec![phone(), post()]).await;
    is_without_address(&world, &ana).await;
}

/// NO-2
#[tokio::test]
async fn a_notice_goes_to_every_address_and_by_post_only_where_there_is_one_other() {
    for (others, letters) in [(vec![], 0), (vec![phone()], 0)] {
        let world = world(Means::email_only());
        let ana = world.person_with("Ana", |account| {
            account.addresses.extend(others.clone());
            account.addresses.push(AddressOnFile::parse(AddressKind::Email, "ana@work.example").unwrap());
            account.addresses.push(post());
        });
        let ana = ana.await;
        let link = world.fresh_link(&ana).await;
        world.recovery.choose_password(&link, &Password::new(NEW), &world.client()).await.unwrap();
        world.work().await;
        assert_eq!(world.mailbox.to(POST).len(), letters);
        assert_eq!(world.mailbox.to("ana@work.example").len(), 1);
        assert_eq!(world.mailbox.to(PHONE).len(), others.len());
    }
    let world = world(Means::email_only());
    let ana = world.person_with("Ana", |account| account.addresses.push(post())).await;
    let link = world.fresh_link(&ana).await;
    world.recovery.choose_password(&link, &Password::new(NEW), &world.client()).await.unwrap();
    world.work().await;
    let letter = latest(&world, POST);
    assert!(letter.text.contains("was changed on") && letter.html.is_empty(), "{}", *letter.text);
}

/// What nobody carries is dropped: it neither waits nor is given up with noise.
#[tokio::test]
async fn a_notice_that_no_mailer_carries_is_no_dead_letter() {
    let mailbox = Arc::new(Mailbox::new());
    let emails = ByKind::new().with(AddressKind::Email, mailbox.clone());
    let world = World::builder().mailer(Arc::new(emails)).build();
    let ana = world.person_with("Ana", |account| account.addresses.push(phone())).await;
    ask(&world, &ana).await;
    world.work().await;
    let (_, rest) =
        mailbox.mails()[0].text.split_once("?token=").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let link = world.recovery.read_token(rest.split_whitespace().next().unwrap()).unwrap();
    world.recovery.choose_password(&link, &Password::new(NEW), &world.client()).await.unwrap();
    world.work().await;
    assert_eq!(mailbox.mails().len(), 2);
    let depth = world.worker.depth().await.unwrap();
    assert_eq!((depth.waiting_mails, depth.dead_letters), (0, 0));
}

#[tokio::test]
async fn a_mailer_by_kind_hands_each_kind_to_its_own() {
    let (mails, letters) = (Arc::new(Mailbox::new()), Arc::new(Mailbox::new()));
    let by_kind =
        ByKind::new().with(AddressKind::Email, mails.clone()).with(AddressKind::Post, letters.clone());
    let world = world(Means::email_only().letters().danger_allow_sms(REASON));
    for address in [phone(), post(), AddressOnFile::parse(AddressKind::Email, "ana@home.example").unwrap()] {
        let name = address.kind().code();
        let somebody = world.person_with(name, |account| account.addresses = vec![address]).await;
        ask(&world, &somebody).await;
        world.work().await;
    }
    let [text, letter, mail] = &world.mailbox.mails()[..] else { panic!("three were sent") };
    assert!(matches!(by_kind.send(text).await, Delivery::Refused(_)), "nobody carries text messages");
    assert!(matches!(by_kind.send(letter).await, Delivery::Sent));
    assert!(matches!(by_kind.send(mail).await, Delivery::Sent));
    assert_eq!((mails.mails().len(), letters.mails().len()), (1, 1));
    assert_eq!(letters.mails()[0].to, post());
    assert_eq!(format!("{by_kind:?}"), "[\"email\", \"post\"]");
}

/// RC-7: another number, or another line of the address, is another account state.
#[test]
fn phone_and_post_are_in_the_epoch() {
    let with = |addresses: Vec<AddressOnFile>| {
        let mut account = Account::new(regain::ids::AccountId::new("a").unwrap(), "ana");
        account.addresses = addresses;
        *account.epoch().as_bytes()
    };
    let moved = AddressOnFile::Post(PostalAddress::parse("Ana Lindqvist\nRua Nova 1\nLisboa").unwrap());
    let ported = AddressOnFile::parse(AddressKind::Phone, "+15550100124").unwrap();
    let all = [with(vec![]), with(vec![phone()]), with(vec![ported]), with(vec![post()]), with(vec![moved])];
    for (number, epoch) in all.iter().enumerate() {
        assert!(!all[number + 1..].contains(epoch));
    }
}

/// The example store keeps every kind, and finds nobody by a number or a street.
#[tokio::test]
async fn every_kind_of_address_comes_back_from_sqlite() {
    let folder = tempfile::TempDir::new().unwrap();
    let accounts =
        Arc::new(regain::sqlite::SqliteAccounts::open(folder.path().join("accounts.db")).await.unwrap());
    let world = World::with(Arc::new(regain::memory::MemoryFlows::new()), accounts);
    let email = AddressOnFile::parse(AddressKind::Email, "ana@home.example").unwrap();
    let all = vec![post(), email, phone()];
    let ana = ana_at(&world, all.clone()).await;
    assert_eq!(world.account(&ana).await.unwrap().addresses, all);
    for typed in [PHONE, POST, "phone", "post"] {
        let found =
            world.accounts.find_by_identifier(&regain::identity::Identifier::parse(typed)).await.unwrap();
        assert!(found.is_empty(), "{typed}");
    }
}

/// PW: who knows the number or the street knows no password.
#[tokio::test]
async fn a_password_of_the_own_phone_or_street_is_refused() {
    let world = World::new();
    let ana = world
        .person_with("Ana", |account| {
            account.addresses.extend([phone(), post()]);
        })
        .await;
    let link = world.fresh_link(&ana).await;
    for typed in ["+15550100123+15550100123", "05550100123 5550100123", "rua das flores 7 1200-195 lisboa"] {
        match world.recovery.choose_password(&link, &Password::new(typed), &world.client()).await {
            Err(RecoveryError::PasswordRefused(reasons)) => {
                assert!(reasons.contains(&Reason::OwnData), "{typed}: {reasons:?}")
            }
            other => panic!("{typed}: {other:?}"),
        }
    }
}
