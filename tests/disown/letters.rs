//! Every letter that goes out has a button that works, and no other secret than its own.

use super::{ask, choose, letter_in, look, press};
use async_trait::async_trait;
use regain::account::AccountStatus;
use regain::mail::{Delivery, Mailer, Message};
use regain::recovery::{AskedNotice, Credential};
use regain::testing::World;
use std::sync::Arc;
use time::Duration;

#[tokio::test]
async fn every_letter_has_a_button_that_works_in_both_parts() {
    let notice =
        |builder: regain::recovery::RecoveryBuilder| builder.asked_notice(AskedNotice::WhenNotPossible);
    let world = World::builder().configure(notice).build();
    let ana = world.person("Ana").await;
    world.recovery.ask_username(&ana.claims(), &world.client()).await.unwrap();
    world.work().await;
    let link = world.fresh_link(&ana).await;
    assert!(choose(&world, &link).await);
    world.recovery.credential_changed(&ana.id, Credential::Password).await.unwrap();
    world.work().await;
    world.change(&ana, |account| account.status = AccountStatus::Disabled).await;
    ask(&world, &ana).await;
    world.change(&ana, |account| account.status = AccountStatus::Active).await;

    let mails = world.mailbox.to(&ana.email);
    assert_eq!(mails.len(), 5, "reminder, link, two notices, somebody asked");
    for mail in &mails {
        let letter = letter_in(&mail.text);
        assert!(
            mail.html
                .contains(&format!("href=\"https://portal.mercy.example/recovery/disown?letter={letter}\"")),
            "{}",
            mail.subject
        );
        assert!(look(&world, &letter).await.is_ok(), "{}", mail.subject);
        let secrets = mail.text.matches("letter=").count() + mail.text.matches("token=").count();
        let own = 1 + usize::from(mail.subject.starts_with("Choose a new password"));
        assert_eq!(secrets, own, "{}: {}", mail.subject, *mail.text);
        assert!(press(&world, &letter).await.is_ok(), "{}", mail.subject);
    }
    world.work().await;
    let last = world.mailbox.to(&ana.email).pop().unwrap();
    assert!(last.subject.starts_with("We have stopped"), "{}", last.subject);
    assert!(look(&world, &letter_in(&last.text)).await.is_ok());
    assert_eq!(world.mailbox.to(&ana.email).len(), 6, "one hold, one notice");
}

/// A machine that presses every button of every mail that comes does not keep itself busy.
#[tokio::test]
async fn a_notice_of_a_hold_that_is_disowned_brings_forth_no_other() {
    let world = World::new();
    let ana = world.person("Ana").await;
    ask(&world, &ana).await;
    for _ in 0..10 {
        for mail in world.mailbox.to(&ana.email) {
            press(&world, &letter_in(&mail.text)).await.unwrap();
        }
        world.work().await;
        world.clock.advance(Duration::minutes(1));
    }
    assert_eq!(world.mailbox.to(&ana.email).len(), 2);
}

/// Takes no mail.
struct Refusing;

#[async_trait]
impl Mailer for Refusing {
    async fn send(&self, _: &Message) -> Delivery {
        Delivery::Refused("no".into())
    }
}

/// The host may look into dead letters, and must not be able to say "this wasn't me" for anybody.
#[tokio::test]
async fn a_dead_letter_shows_no_button() {
    let world = World::builder().mailer(Arc::new(Refusing)).build();
    let ana = world.person("Ana").await;
    ask(&world, &ana).await;
    let dead = world.worker.dead_letters(10).await.unwrap();
    let opened = world.worker.open_dead_letter(dead[0].id).await.unwrap().unwrap();
    assert_eq!(opened.text.matches("[the link]").count(), 2, "{}", opened.text);
    assert!(!opened.text.contains("disown?"), "{}", opened.text);
}
