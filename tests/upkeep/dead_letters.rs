use crate::OnFile;
use regain::identity::EmailAddress;
use regain::ids::MailId;
use regain::mail::Delivery;
use regain::memory::Mailbox;
use regain::password::Password;
use regain::store::DeadLetter;
use regain::testing::mocks::MockMailer;
use regain::testing::{Someone, World, WorldBuilder};
use regain::worker::SentAgain;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use time::Duration;

/// A mailbox that refuses for good until it is told otherwise, and notes each `Message-ID`.
#[derive(Clone, Default)]
struct Moody {
    kind: Arc<AtomicBool>,
    ids: Arc<Mutex<Vec<String>>>,
    mailbox: Arc<Mailbox>,
}

impl Moody {
    fn world(&self, builder: WorldBuilder) -> World {
        let (moody, mut mailer) = (self.clone(), MockMailer::new());
        mailer.expect_send().returning(move |message| {
            moody.ids.lock().unwrap().push(message.message_id.clone());
            if !moody.kind.load(Ordering::SeqCst) {
                return Delivery::Refused("no such mailbox".into());
            }
            futures_util::future::FutureExt::now_or_never(regain::mail::Mailer::send(
                &*moody.mailbox,
                message,
            ))
            .unwrap()
        });
        builder.mailer(Arc::new(mailer)).build()
    }

    fn relent(&self) {
        self.kind.store(true, Ordering::SeqCst);
    }
}

async fn refused_link(world: &World) -> (Someone, DeadLetter) {
    let ana = world.person("Ana").await;
    world.recovery.ask_password(&ana.identifier(), &world.client()).await.unwrap();
    world.work().await;
    let letters = world.worker.dead_letters(9).await.unwrap();
    assert_eq!(letters.len(), 1);
    (ana, letters[0].clone())
}

#[tokio::test]
async fn a_dead_letter_can_be_looked_into_but_the_link_is_not_shown() {
    let world = Moody::default().world(World::builder());
    let (ana, letter) = refused_link(&world).await;
    let open = world.worker.open_dead_letter(letter.id).await.unwrap().unwrap();
    assert_eq!(open.to, regain::account::AddressOnFile::Email(EmailAddress::parse(&ana.email).unwrap()));
    assert!(open.subject.contains("Choose a new password"), "{}", open.subject);
    assert!(open.text.contains("[the link]") && open.text.contains("minutes"), "{}", open.text);
    assert!(!open.text.contains("token") && !open.text.contains("https://portal"), "{}", open.text);
    assert_eq!(world.worker.open_dead_letter(MailId::from_bytes([0; 16])).await.unwrap().map(drop), None);
}

async fn a_letter_is_sent_again_and_its_link_works(builder: WorldBuilder) {
    let moody = Moody::default();
    let world = moody.world(builder);
    let (ana, letter) = refused_link(&world).await;
    moody.relent();
    world.clock.advance(Duration::minutes(29));
    assert_eq!(world.worker.send_again(letter.id).await.unwrap(), SentAgain::Queued);
    assert_eq!(world.worker.send_again(letter.id).await.unwrap(), SentAgain::NotThere, "it is dead no more");
    world.work().await;
    let ids = moody.ids.lock().unwrap().clone();
    assert!(ids.len() == 2 && ids[0] == ids[1], "one mail, one Message-ID: {ids:?}");
    let mails = moody.mailbox.to(&ana.email);
    let (_, token) = mails[0].text.split_once("?token=").unwrap();
    let token = regain::RecoveryToken::parse(token.split_whitespace().next().unwrap()).unwrap();
    let password = Password::new("violet harbour tin whistle 7");
    world.recovery.choose_password(&token, &password, &world.client()).await.unwrap();
    let lines = world.audit().await;
    let again: Vec<_> = lines.iter().filter(|line| line.event == "mail.sent_again").collect();
    assert_eq!((again.len(), again[0].actor.code()), (1, "host"));
}

#[tokio::test]
async fn a_refused_link_is_sent_again_and_works() {
    a_letter_is_sent_again_and_its_link_works(World::builder()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_link_is_sent_again_and_works_on_sqlite() {
    let file = OnFile::new().await;
    a_letter_is_sent_again_and_its_link_works(file.node().await).await;
}

#[tokio::test]
async fn a_link_that_is_over_is_not_sent_again() {
    let moody = Moody::default();
    let world = moody.world(World::builder());
    let (_, letter) = refused_link(&world).await;
    moody.relent();
    world.clock.advance(Duration::minutes(30));
    assert_eq!(world.worker.send_again(letter.id).await.unwrap(), SentAgain::LinkOver);
    world.work().await;
    assert_eq!(moody.mailbox.mails().len(), 0);
}

#[tokio::test]
async fn a_link_that_a_newer_one_replaced_is_not_sent_again() {
    let moody = Moody::default();
    let world = moody.world(World::builder());
    let (ana, letter) = refused_link(&world).await;
    world.recovery.ask_password(&ana.identifier(), &world.client()).await.unwrap();
    world.work().await;
    assert_eq!(world.worker.send_again(letter.id).await.unwrap(), SentAgain::LinkOver);
}

/// What is sealed in it goes with the link's life, the letter itself stays for the host to see.
#[tokio::test(flavor = "multi_thread")]
async fn the_secret_in_a_dead_letter_is_erased_when_its_link_is_over() {
    let file = OnFile::new().await;
    let world = Moody::default().world(file.node().await);
    let (_, letter) = refused_link(&world).await;
    let sealed = "SELECT count(*) FROM regain_dead_letter WHERE sealed IS NOT NULL";
    assert_eq!(file.count(sealed).await, 1);
    assert!(letter.keep_until <= Some(world.clock.timestamp().plus(Duration::minutes(30))));
    world.clock.advance(Duration::minutes(35));
    world.work().await;
    assert_eq!((file.count(sealed).await, world.worker.dead_letters(9).await.unwrap().len()), (0, 1));
    assert_eq!(world.worker.send_again(letter.id).await.unwrap(), SentAgain::LinkOver);
    assert_eq!(world.worker.open_dead_letter(letter.id).await.unwrap().map(drop), None);
}

/// A notice has no link: it can be sent for as long as dead letters are kept.
#[tokio::test]
async fn a_notice_that_was_refused_can_be_sent_again_for_days() {
    let moody = Moody::default();
    let world = moody.world(World::builder());
    let ana = world.person("Ana").await;
    world
        .recovery
        .ask_username(&regain::identity::IdentityClaims::new(ana.claims.clone()), &world.client())
        .await
        .unwrap();
    world.work().await;
    let letter = world.worker.dead_letters(9).await.unwrap().remove(0);
    assert_eq!(letter.letter, "username_reminder");
    moody.relent();
    world.clock.advance(Duration::days(20));
    world.work().await;
    assert_eq!(world.worker.send_again(letter.id).await.unwrap(), SentAgain::Queued);
    world.work().await;
    assert_eq!(moody.mailbox.to(&ana.email).len(), 1);
}
