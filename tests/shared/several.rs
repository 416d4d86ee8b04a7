//! One mail, a link for each.

use super::{
    FAMILY, NEW, address, ask, choose, link_of, listed, member, member_with, names, newest, signs_in, told,
};
use regain::RecoveryError;
use regain::identity::Identifier;
use regain::mail::Delivery;
use regain::testing::World;
use regain::testing::mocks::MockMailer;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use time::Duration;

/// Shared addresses: one mail to the address that was typed, not to anybody's first one, names each account and carries
/// a link of its own.
#[tokio::test]
async fn everybody_who_shares_an_address_is_listed_in_one_mail_to_it() {
    let world = World::new();
    let (ana, bo, cleo) =
        (member(&world, "Ana").await, member(&world, "Bo").await, member(&world, "Cleo").await);
    world.person("Dora").await;
    ask(&world, FAMILY).await;
    let mails = world.mailbox.mails();
    assert_eq!((mails.len(), mails[0].to == address(FAMILY)), (1, true), "one mail, to that very address");
    assert_eq!(names(&mails[0]), ["ana", "bo", "cleo"]);
    for who in [&ana, &bo, &cleo] {
        assert!(world.subjects_to(who).is_empty(), "{} gets nothing elsewhere", who.username);
        let link = link_of(&mails[0], who);
        assert!(mails[0].html.contains(&format!("?token={}", *link.expose())), "both parts say the same");
        assert!(world.recovery.look(&link).await.is_ok());
    }
}

/// RC-8: each link gives a password to the account that it stands under, and to no other.
#[tokio::test]
async fn a_link_of_the_list_opens_its_own_account_only() {
    let world = World::new();
    let (ana, bo, cleo) =
        (member(&world, "Ana").await, member(&world, "Bo").await, member(&world, "Cleo").await);
    ask(&world, FAMILY).await;
    let mail = newest(&world);
    assert!(choose(&world, &link_of(&mail, &bo), NEW).await);
    assert!(signs_in(&world, &bo, NEW).await);
    for who in [&ana, &cleo] {
        assert!(!signs_in(&world, who, NEW).await, "{} has no new password", who.username);
        assert!(world.recovery.look(&link_of(&mail, who)).await.is_ok(), "and their link is as it was");
    }
    assert!(signs_in(&world, &ana, &ana.password).await);
    // RC-7: signing in ends her own link, and nobody else's.
    let dead = Err(RecoveryError::LinkNotUsable);
    assert_eq!(world.recovery.look(&link_of(&mail, &ana)).await.map(drop), dead);
    assert!(world.recovery.look(&link_of(&mail, &cleo)).await.is_ok());
    assert_eq!(world.recovery.look(&link_of(&mail, &bo)).await.map(drop), dead, "a used link is used up");
}

/// NO-1, NO-2: the changed password is told to all addresses of that account, and says nothing to those of the others.
#[tokio::test]
async fn a_password_set_by_a_listed_link_is_told_to_its_account() {
    let world = World::new();
    let (ana, bo) = (member(&world, "Ana").await, member(&world, "Bo").await);
    ask(&world, FAMILY).await;
    assert!(choose(&world, &link_of(&newest(&world), &bo), NEW).await);
    world.work().await;
    assert_eq!((world.subjects_to(&ana).len(), world.subjects_to(&bo).len()), (0, 1));
    assert_eq!(world.mailbox.to(FAMILY).len(), 2);
}

/// Asking by username sends that one only, to where its links always go.
#[tokio::test]
async fn asking_by_username_sends_that_one_only() {
    let world = World::new();
    let (ana, bo) = (member(&world, "Ana").await, member(&world, "Bo").await);
    ask(&world, &bo.username).await;
    assert_eq!((world.mailbox.mails().len(), world.subjects_to(&bo).len()), (1, 1));
    assert!(world.mailbox.to(FAMILY).is_empty() && world.subjects_to(&ana).is_empty());
    assert!(choose(&world, &world.link_of(&bo), NEW).await);
    assert!(!signs_in(&world, &ana, NEW).await);
}

/// A mailbox that only one account has keeps its behaviour: the mail goes to the account's first address.
#[tokio::test]
async fn an_address_of_one_account_sends_an_ordinary_link() {
    let world = World::new();
    let ana = member(&world, "Ana").await;
    ask(&world, FAMILY).await;
    assert_eq!((world.subjects_to(&ana).len(), world.mailbox.mails().len()), (1, 1));
    assert_eq!(told(&world, &[&ana]).await, ["password.requested", "password.link_sent ana"]);
}

/// RC-7: the newer list kills the older one, and what each account has out besides; the others' links go on.
#[tokio::test]
async fn a_newer_mail_ends_the_older_links_of_each_account() {
    let world = World::new();
    let (ana, bo) = (member(&world, "Ana").await, member(&world, "Bo").await);
    let dora = world.person("Dora").await;
    let (single, bystander) = (world.fresh_link(&ana).await, world.fresh_link(&dora).await);
    ask(&world, FAMILY).await;
    let first = newest(&world);
    assert_eq!(world.recovery.look(&single).await.map(drop), Err(RecoveryError::LinkNotUsable));
    ask(&world, FAMILY).await;
    let second = newest(&world);
    for who in [&ana, &bo] {
        let old = world.recovery.look(&link_of(&first, who)).await.map(drop);
        assert_eq!(old, Err(RecoveryError::LinkNotUsable), "the older link of {}", who.username);
        assert!(world.recovery.look(&link_of(&second, who)).await.is_ok());
    }
    // And an ordinary link ends the one of the list, for this account alone.
    let newer = world.fresh_link(&bo).await;
    assert!(world.recovery.look(&newer).await.is_ok());
    assert!(world.recovery.look(&link_of(&second, &bo)).await.is_err());
    assert!(world.recovery.look(&link_of(&second, &ana)).await.is_ok());
    assert!(world.recovery.look(&bystander).await.is_ok());
}

/// "This wasn't me" on one link ends that account's, and leaves the others theirs.
#[tokio::test]
async fn disowning_one_link_of_the_list_is_for_its_account() {
    let world = World::new();
    let (ana, bo) = (member(&world, "Ana").await, member(&world, "Bo").await);
    ask(&world, FAMILY).await;
    let mail = newest(&world);
    world.recovery.disown(&link_of(&mail, &ana), &world.client()).await.unwrap();
    assert!(world.recovery.look(&link_of(&mail, &ana)).await.is_err());
    assert!(world.recovery.look(&link_of(&mail, &bo)).await.is_ok());
}

/// MF-1: sharing an address takes the second factor from nobody.
#[tokio::test]
async fn a_listed_link_still_asks_for_the_factor_of_its_account() {
    let world = World::new();
    let ana = member_with(&world, "Ana", |account| account.factors = vec!["totp-1".to_owned()]).await;
    let bo = member(&world, "Bo").await;
    ask(&world, FAMILY).await;
    let mail = newest(&world);
    assert!(world.recovery.look(&link_of(&mail, &ana)).await.unwrap().factor_needed);
    assert!(!world.recovery.look(&link_of(&mail, &bo)).await.unwrap().factor_needed);
    assert!(!choose(&world, &link_of(&mail, &ana), NEW).await);
}

/// NO-7, UN-3: a mail goes to the bytes on file. Two spellings of one address may be two mailboxes: each gets the links
/// of those who have it on file, and no other.
#[tokio::test]
async fn each_spelling_on_file_gets_the_links_of_its_own_accounts() {
    const SPELLED: &str = "Lindqvists@home.example";
    let world = World::new();
    let (ana, bo) = (member(&world, "Ana").await, member(&world, "Bo").await);
    let cleo = world.person_with("Cleo", |account| account.addresses = vec![address(SPELLED)]).await;
    ask(&world, "LINDQVISTS@home.example").await;
    assert_eq!(names(&newest(&world)), ["ana", "bo"]);
    assert_eq!(world.mailbox.to(SPELLED).iter().map(names).collect::<Vec<_>>(), [["cleo"]]);
    assert_eq!(world.mailbox.mails().len(), 2);
    let lines = told(&world, &[&ana, &bo, &cleo]).await;
    assert_eq!(lines[1..4], ["password.link_sent ana", "password.link_sent bo", "password.link_sent cleo"]);
}

/// RC-4: the links of the list end together with their time, and a mail whose links are all over is not sent.
#[tokio::test]
async fn a_list_that_waited_too_long_is_not_sent() {
    let tries = Arc::new(AtomicUsize::new(0));
    let (mut mailer, count) = (MockMailer::new(), tries.clone());
    mailer.expect_send().returning(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        Delivery::RetryLater("the mail system is down".into())
    });
    let world = World::builder().mailer(Arc::new(mailer)).build();
    member(&world, "Ana").await;
    member(&world, "Bo").await;
    ask(&world, FAMILY).await;
    world.clock.advance(Duration::minutes(30) - Duration::MILLISECOND);
    world.work().await;
    assert_eq!(tries.load(Ordering::SeqCst), 2, "while a link may open, it is tried");
    world.clock.advance(Duration::MILLISECOND);
    world.clock.advance(Duration::minutes(1));
    world.work().await;
    assert_eq!(tries.load(Ordering::SeqCst), 2, "no mail with links that are dead");
    let dead = world.worker.dead_letters(9).await.unwrap();
    assert_eq!(dead.iter().map(|letter| letter.why.as_str()).collect::<Vec<_>>(), ["expired"]);
}

/// EN-1, EN-6: what the asker gets is the same; so is what it costs (the trace of calls is compared in `tests/trace`).
#[tokio::test]
async fn whoever_asks_learns_nothing_of_a_shared_address() {
    let world = World::new();
    member(&world, "Ana").await;
    member(&world, "Bo").await;
    for typed in [FAMILY, "nobody@home.example", "ana", "nobody"] {
        for round in 1..=6 {
            let asked = world.recovery.ask_password(&Identifier::parse(typed), &world.client()).await;
            let refused = matches!(asked, Err(RecoveryError::TooManyAttempts { .. }));
            assert_eq!((asked.is_ok(), refused), (round <= 5, round > 5), "{typed}, ask {round}");
            world.work().await;
        }
    }
}

/// LG-1: one line for the ask, one for each link, all at one time; and the ask's own line names nobody.
#[tokio::test]
async fn the_audit_record_names_each_account_that_got_a_link() {
    let world = World::new();
    let (ana, bo) = (member(&world, "Ana").await, member(&world, "Bo").await);
    ask(&world, FAMILY).await;
    let lines = told(&world, &[&ana, &bo]).await;
    let sent = ["password.link_sent ana", "password.link_sent bo"];
    assert_eq!(lines, ["password.requested", sent[0], sent[1], "password.shared"]);
    assert_eq!(listed(&newest(&world)).len(), 2);
}
