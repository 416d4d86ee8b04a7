use super::{Asked, ask, asked, code_in, exchange, latest, not_usable, other_than};
use async_trait::async_trait;
use regain::RecoveryError;
use regain::client::Client;
use regain::events::RecoveryEvent;
use regain::flow::FlowRecord;
use regain::identity::Identifier;
use regain::ids::{FlowId, Realm};
use regain::mail::Delivery;
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::password::Password;
use regain::recovery::{AskTicket, Chosen, LetterReference};
use regain::store::{FlowStore, StoreError};
use regain::testing::mocks::MockMailer;
use regain::testing::{FlowStoreLayer, Layered, World};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use time::Duration;
use tokio::sync::Barrier;

const NEW: &str = "nine green lamps at noon";

/// Another browser's ticket for the same ask.
fn stolen_flow(ticket: &AskTicket) -> AskTicket {
    let own = ticket.expose();
    AskTicket::parse(&format!("{}{}", &own[..32], "A".repeat(32))).unwrap()
}

#[tokio::test]
async fn the_right_code_is_as_good_as_the_link_and_ends_it() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let Asked { ticket, code } = asked(&world, &ana, &ana.email).await;
    let mailed = world.link_of(&ana);
    let until = world.recovery.look(&mailed).await.unwrap().expires_at;
    world.clock.advance(Duration::minutes(10));
    let token = exchange(&world, &ticket, &code.to_ascii_lowercase().replace('-', " ")).await.unwrap();
    assert_eq!(world.recovery.look(&token).await.unwrap().expires_at, until, "no time is won");
    assert_eq!(world.recovery.look(&mailed).await, Err(RecoveryError::LinkNotUsable));
    not_usable(exchange(&world, &ticket, &code).await);
    let chosen = world.recovery.choose_password(&token, &Password::new(NEW), &world.client()).await;
    assert_eq!(chosen, Ok(Chosen::Done));
}

#[tokio::test]
async fn a_used_link_leaves_no_code_behind() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let Asked { ticket, code } = asked(&world, &ana, &ana.email).await;
    let link = world.link_of(&ana);
    world.recovery.choose_password(&link, &Password::new(NEW), &world.client()).await.unwrap();
    not_usable(exchange(&world, &ticket, &code).await);
}

/// BIND: flow, browser, account and realm.
#[tokio::test]
async fn a_code_works_nowhere_but_in_the_browser_that_asked() {
    let world = World::new();
    let (ana, ben) = (world.person("Ana").await, world.person("Ben").await);
    let first = asked(&world, &ana, &ana.email).await;
    let others = asked(&world, &ben, &ben.email).await;
    not_usable(exchange(&world, &others.ticket, &first.code).await);
    not_usable(exchange(&world, &first.ticket, &others.code).await);
    not_usable(exchange(&world, &stolen_flow(&first.ticket), &first.code).await);
    let reference: LetterReference = {
        let bits = u128::from_be_bytes(*first.ticket.flow().as_bytes());
        let symbols = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let digit = |n: u32| if n == 25 { bits << 2 & 31 } else { bits >> (123 - 5 * n) & 31 };
        let typed: String = (0..26).map(|n| char::from(symbols[digit(n) as usize])).collect();
        LetterReference::parse(&typed).unwrap()
    };
    not_usable(world.recovery.exchange_letter_code(&reference, &first.code, &world.client()).await);
    let twin = World::builder().realm("other").flows(world.flows.clone()).clock(world.clock.clone()).build();
    not_usable(exchange(&twin, &first.ticket, &first.code).await);
    assert!(exchange(&world, &first.ticket, &first.code).await.is_ok());
    assert!(exchange(&world, &others.ticket, &others.code).await.is_ok());
}

#[tokio::test]
async fn a_newer_ask_takes_the_place_of_the_code() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let first = asked(&world, &ana, &ana.email).await;
    let second = asked(&world, &ana, &ana.email).await;
    not_usable(exchange(&world, &first.ticket, &first.code).await);
    not_usable(exchange(&world, &second.ticket, &first.code).await);
    assert!(exchange(&world, &second.ticket, &second.code).await.is_ok());
}

/// EXP: to the millisecond, and also when the clock steps back afterwards.
#[tokio::test]
async fn a_code_lives_as_long_as_its_link() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let early = asked(&world, &ana, &ana.email).await;
    world.clock.advance(Duration::minutes(30) - Duration::MILLISECOND);
    let token = exchange(&world, &early.ticket, &early.code).await.unwrap();
    world.clock.advance(Duration::MILLISECOND);
    assert_eq!(world.recovery.look(&token).await, Err(RecoveryError::LinkNotUsable), "no time is won");
    let late = asked(&world, &ana, &ana.email).await;
    world.clock.advance(Duration::minutes(30));
    not_usable(exchange(&world, &late.ticket, &late.code).await);
    world.clock.advance(-Duration::minutes(20));
    not_usable(exchange(&world, &late.ticket, &late.code).await);
}

/// A life that was shortened since binds the codes that are out.
#[tokio::test]
async fn a_life_that_was_shortened_binds_codes_that_are_out() {
    let (flows, accounts) = (Arc::new(MemoryFlows::new()), Arc::new(MemoryAccounts::new()));
    let world = World::with(flows.clone(), accounts.clone());
    let ana = world.person("Ana").await;
    let Asked { ticket, code } = asked(&world, &ana, &ana.email).await;
    let shorter = World::builder().flows(flows).accounts(accounts).clock(world.clock.clone());
    let shorter = shorter.configure(|builder| builder.link_life(Duration::minutes(10))).build();
    world.clock.advance(Duration::minutes(10));
    not_usable(exchange(&shorter, &ticket, &code).await);
    assert!(exchange(&world, &ticket, &code).await.is_ok());
}

#[tokio::test]
async fn a_clock_from_before_the_mail_opens_nothing() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let Asked { ticket, code } = asked(&world, &ana, &ana.email).await;
    world.clock.advance(-Duration::minutes(6));
    not_usable(exchange(&world, &ticket, &code).await);
    world.clock.advance(Duration::minutes(6));
    assert!(exchange(&world, &ticket, &code).await.is_ok());
}

/// RC-7: the account changed between the mail and the code.
#[tokio::test]
async fn a_changed_account_gets_nothing_by_a_code() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let Asked { ticket, code } = asked(&world, &ana, &ana.email).await;
    world.change(&ana, |account| account.factors = vec!["totp".to_owned()]).await;
    if let Ok(token) = exchange(&world, &ticket, &code).await {
        let chosen = world.recovery.choose_password(&token, &Password::new(NEW), &world.client()).await;
        assert_eq!(chosen, Err(RecoveryError::LinkNotUsable));
    }
}

/// MF-13: a mailed code is no second factor.
#[tokio::test]
async fn a_code_does_without_no_factor() {
    let world = World::new();
    let ana = world.with_factor("Ana").await;
    let Asked { ticket, code } = asked(&world, &ana, &ana.email).await;
    let token = exchange(&world, &ticket, &code).await.unwrap();
    assert!(world.recovery.look(&token).await.unwrap().factor_needed);
    let chosen = world.recovery.choose_password(&token, &Password::new(NEW), &world.client()).await;
    assert_eq!(chosen, Err(RecoveryError::FactorNeeded));
}

/// Holds up who loads a flow until all five whose tries are compared have loaded it: nobody is first.
struct Meeting {
    flows: MemoryFlows,
    /// How many are still to be waited for; none before a race.
    expected: AtomicUsize,
    all: Barrier,
}

#[async_trait]
impl FlowStoreLayer for Meeting {
    fn inner(&self) -> &dyn FlowStore {
        &self.flows
    }

    async fn load(&self, realm: &Realm, id: FlowId) -> Result<Option<FlowRecord>, StoreError> {
        let loaded = self.flows.load(realm, id).await;
        let one_less = |left: usize| left.checked_sub(1);
        if self.expected.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
            self.all.wait().await;
        }
        loaded
    }
}

/// RACE
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_browsers_with_one_code_one_gets_through() {
    for _ in 0..10 {
        let (flows, expected) = (MemoryFlows::new(), AtomicUsize::new(0));
        let meeting = Arc::new(Layered(Meeting { flows, expected, all: Barrier::new(5) }));
        let world = Arc::new(World::builder().flows(meeting.clone()).build());
        let ana = world.person("Ana").await;
        let Asked { ticket, code } = asked(&world, &ana, &ana.email).await;
        meeting.0.expected.store(5, Ordering::SeqCst);
        let tries = (0..64).map(|_| {
            let (world, ticket, code) = (world.clone(), ticket.clone(), code.clone());
            tokio::spawn(async move { exchange(&world, &ticket, &code).await })
        });
        let mut tokens = Vec::new();
        for attempt in tries.collect::<Vec<_>>() {
            tokens.extend(attempt.await.unwrap().ok());
        }
        assert_eq!(meeting.0.expected.load(Ordering::SeqCst), 0, "five were compared");
        assert_eq!(counted(&world, ["used_or_replaced"]), [4]);
        assert_eq!(tokens.len(), 1, "one code, one token");
        assert!(world.recovery.look(&tokens[0]).await.is_ok());
    }
}

/// How often a code was refused for each of these reasons.
fn counted<const N: usize>(world: &World, reasons: [&str; N]) -> [usize; N] {
    let told = world.events.take();
    let is = |event: &RecoveryEvent, why| matches!(event, RecoveryEvent::CodeRefused { why: told, .. } if *told == why);
    reasons.map(|why| told.iter().filter(|event| is(event, why)).count())
}

/// RL-7: count first. Whoever stole the ticket compares five codes, from however many places.
#[tokio::test]
async fn of_ten_thousand_guesses_five_are_compared() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let Asked { ticket, code } = asked(&world, &ana, &ana.email).await;
    let symbols = b"3479CDFGHJKMNPRTVWXY";
    let mut limited = 0;
    for number in 0..10_000_usize {
        let digits = [number / 8_000, number / 400, number / 20, number].map(|n| char::from(symbols[n % 20]));
        let guess = format!("CCCC-{}", String::from_iter(digits));
        let guess = if guess == code { other_than(&code) } else { guess };
        match exchange(&world, &ticket, &guess).await {
            Err(RecoveryError::TooManyAttempts { .. }) => limited += 1,
            other => not_usable(other),
        }
    }
    assert_eq!((counted(&world, ["wrong"]), limited), ([5], 9_995));
    let late = exchange(&world, &ticket, &code).await;
    assert!(
        matches!(late, Err(RecoveryError::TooManyAttempts { .. })),
        "the right one is not compared either"
    );
    assert!(world.recovery.look(&world.link_of(&ana)).await.is_ok(), "the owner of the mail goes on");
    let own = Password::new(ana.password.clone());
    assert!(world.recovery.sign_in(&ana.identifier(), &own, &world.client()).await.is_ok());
}

/// The tries of one ask never come back while its code may live.
#[tokio::test]
async fn no_wait_gives_an_ask_new_tries() {
    let world = World::builder().configure(|builder| builder.link_life(Duration::hours(24))).build();
    let ana = world.person("Ana").await;
    let ticket = ask(&world, &ana).await;
    for _ in 0..5 {
        not_usable(exchange(&world, &ticket, "CCCC-CCCC").await);
    }
    world.clock.advance(Duration::minutes(59));
    world.work().await;
    let code = code_in(&latest(&world, &ana.email));
    for _ in 0..24 {
        world.clock.advance(Duration::minutes(59));
        assert!(matches!(exchange(&world, &ticket, &code).await, Err(RecoveryError::TooManyAttempts { .. })));
    }
}

/// RC-12: an account's tries go on over all asks about it, in silence.
#[tokio::test]
async fn ten_tries_a_day_are_compared_for_one_account_whoever_asks() {
    let world = World::new();
    let ana = world.person("Ana").await;
    for _ in 0..2 {
        let Asked { ticket, code } = asked(&world, &ana, &ana.email).await;
        for _ in 0..5 {
            not_usable(exchange(&world, &ticket, &other_than(&code)).await);
        }
    }
    let third = asked(&world, &ana, &ana.email).await;
    not_usable(exchange(&world, &third.ticket, &third.code).await);
    assert_eq!(counted(&world, ["wrong", "over_limit"]), [10, 1]);
    assert!(world.recovery.look(&world.link_of(&ana)).await.is_ok(), "the link works on");
    world.clock.advance(Duration::DAY);
    let next_day = asked(&world, &ana, &ana.email).await;
    assert!(exchange(&world, &next_day.ticket, &next_day.code).await.is_ok());
}

#[tokio::test]
async fn what_cannot_be_a_code_is_not_counted() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let Asked { ticket, code } = asked(&world, &ana, &ana.email).await;
    let huge = "C".repeat(1_000_000);
    for typed in ["", "CDFG", "OOOO-0000", "\0\0\0\0\0\0\0\0", &huge, "🙂🙂🙂🙂🙂🙂🙂🙂"] {
        for _ in 0..6 {
            not_usable(exchange(&world, &ticket, typed).await);
        }
    }
    assert!(exchange(&world, &ticket, &code).await.is_ok());
}

#[tokio::test]
async fn one_network_types_thirty_codes_in_five_minutes() {
    let world = World::new();
    let client = Client::at("192.0.2.1".parse().unwrap());
    for number in 0..40 {
        let somebody = Identifier::parse(&format!("n{number}"));
        let ticket = world.recovery.ask_password(&somebody, &world.client()).await.unwrap().ticket;
        let answer = world.recovery.exchange_code(&ticket, "CCCC-CCCC", &client).await;
        match number {
            0..30 => not_usable(answer),
            _ => assert!(matches!(answer, Err(RecoveryError::TooManyAttempts { .. }))),
        }
    }
}

/// LG-3: neither ticket nor code is in a row, an event, an audit line or a `Debug` text.
#[tokio::test]
async fn neither_ticket_nor_code_is_written_down() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let receipt = world.recovery.ask_password(&ana.identifier(), &world.client()).await.unwrap();
    world.work().await;
    let (code, ticket) = (code_in(&latest(&world, &ana.email)), receipt.ticket.expose());
    let row = world.flows.load(world.realm(), receipt.ticket.flow()).await.unwrap().unwrap();
    let told = format!("{receipt:?} {row:?} {:?} {:?}", world.events.take(), world.audit().await);
    for secret in [&code, &code.replace('-', ""), &ticket[32..], &ticket[22..]] {
        assert!(!told.contains(secret));
    }
    let bytes = row.code.expect("what is stored of the code");
    assert!(!bytes.windows(8).any(|part| part == code.replace('-', "").as_bytes()));
    exchange(&world, &receipt.ticket, &code).await.unwrap();
    let after = world.flows.load(world.realm(), receipt.ticket.flow()).await.unwrap().unwrap();
    assert_eq!((after.code, after.epoch), (None, None));
}

/// RC-9: whoever looks into a dead letter sees no code.
#[tokio::test]
async fn a_dead_letter_shows_no_code() {
    let mut mailer = MockMailer::new();
    mailer.expect_send().returning(|_| Delivery::Refused("no such mailbox".into()));
    let world = World::builder().mailer(Arc::new(mailer)).build();
    let ana = world.person("Ana").await;
    ask(&world, &ana).await;
    world.work().await;
    let letter = world.worker.dead_letters(1).await.unwrap().remove(0);
    let opened = world.worker.open_dead_letter(letter.id).await.unwrap().unwrap();
    assert!(opened.text.contains("[the link]") && opened.text.contains("[the code]"), "{}", opened.text);
}

#[test]
fn a_ticket_is_no_token_and_has_one_spelling() {
    let text = "A".repeat(64);
    assert_eq!(*AskTicket::parse(&text).unwrap().expose(), text);
    for other in ["", "A", &"A".repeat(63), &"A".repeat(65), &format!("{}=", "A".repeat(63)), &"+".repeat(64)]
    {
        assert!(AskTicket::parse(other).is_err());
    }
    assert_eq!(format!("{:?}", AskTicket::parse(&text).unwrap()), "AskTicket(..)");
}
