use super::{ask, told};
use regain::mail::Delivery;
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::testing::mocks::MockMailer;
use regain::testing::{Cut, Trace, World};
use std::sync::{Arc, Mutex};
use time::Duration;

type Tries = Arc<Mutex<Vec<String>>>;

/// A world whose mails are answered so, and the `Message-ID` of every try.
fn answering(answer: impl Fn(usize) -> Delivery + Send + 'static) -> (World, Tries) {
    let tries = Tries::default();
    let (mut mailer, log) = (MockMailer::new(), tries.clone());
    mailer.expect_send().returning(move |message| {
        let mut log = log.lock().unwrap();
        log.push(message.message_id.clone());
        answer(log.len())
    });
    (World::builder().mailer(Arc::new(mailer)).build(), tries)
}

fn later() -> Delivery {
    Delivery::RetryLater("the mail system is down".into())
}

async fn ask_for_ana(world: &World) {
    let ana = world.person("Ana").await;
    ask(world, &ana.username).await;
}

#[tokio::test]
async fn a_worker_that_runs_twice_sends_one_mail() {
    let world = World::new();
    ask_for_ana(&world).await;
    world.work().await;
    assert!(world.work().await.is_idle());
    assert_eq!(world.mailbox.mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_workers_at_once_send_one_mail_for_each_ask() {
    let world = World::new();
    for name in ["Ana", "Bea", "Cora", "Dana", "Edda", "Fay", "Gita", "Hana"] {
        let someone = world.person(name).await;
        ask(&world, &someone.username).await;
    }
    let workers: Vec<_> = (0..4).map(|_| world.worker.clone()).collect();
    let running: Vec<_> =
        workers.into_iter().map(|worker| tokio::spawn(async move { worker.drain().await })).collect();
    for worker in running {
        worker.await.unwrap().unwrap();
    }
    world.work().await;
    assert_eq!(world.mailbox.mails().len(), 8);
}

/// NO-8: doubles can be told by their `Message-ID`.
#[tokio::test]
async fn a_mail_is_tried_again_further_and_further_apart_under_one_message_id() {
    let (world, tries) = answering(|attempt| if attempt < 4 { later() } else { Delivery::Sent });
    ask_for_ana(&world).await;
    // At least 5, 10, 20 s, and at most a quarter more.
    for (wait, expected) in [(0, 1), (4, 1), (3, 2), (9, 2), (4, 3), (19, 3), (6, 4), (86_400, 4)] {
        world.clock.advance(Duration::seconds(wait));
        world.work().await;
        assert_eq!(tries.lock().unwrap().len(), expected, "after {wait} s more");
    }
    let mut ids = tries.lock().unwrap().clone();
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert!(ids[0].ends_with("@mercy.example"), "{}", ids[0]);
    assert_eq!(world.worker.depth().await.unwrap().waiting_mails, 0);
}

/// The clock stepping back must not turn the back-off into a hammer.
#[tokio::test]
async fn a_clock_that_stepped_back_does_not_make_a_mail_be_tried_without_pause() {
    let (world, tries) = answering(|attempt| {
        assert!(attempt < 50, "the mail system is hammered");
        later()
    });
    world.work().await;
    world.clock.advance(-Duration::minutes(10));
    ask_for_ana(&world).await;
    world.work().await;
    assert_eq!(tries.lock().unwrap().len(), 1);
    world.clock.advance(Duration::minutes(10) + Duration::seconds(5));
    world.work().await;
    assert_eq!(tries.lock().unwrap().len(), 2);
}

/// One leap of the clock, put right again, must not make what failed once wait for a year.
#[tokio::test]
async fn after_a_leap_that_was_corrected_what_failed_once_is_tried_again() {
    let (trace, leap) = (Trace::new(), Duration::days(365));
    let world = World::with(trace.flows(Arc::new(MemoryFlows::new())), Arc::new(MemoryAccounts::new()));
    world.clock.advance(leap);
    world.work().await;
    world.clock.advance(-leap);
    ask_for_ana(&world).await;
    for lost in [
        "flows.commit(spends=2,flows=0 insert 1 update",
        "flows.commit(spends=0,flows=0 insert 0 update,mails=0,settled=1",
    ] {
        trace.cut(lost, Cut::OnTheWayThere);
        assert_eq!(world.work().await.faults, 1, "{lost}");
        world.clock.advance(Duration::seconds(61));
    }
    world.work().await;
    assert_eq!(world.mailbox.mails().len(), 2, "once before the settling was lost, and once after");
    assert_eq!(world.worker.depth().await.unwrap().waiting_mails, 0);
}

#[tokio::test]
async fn a_mail_that_cannot_be_delivered_for_a_day_is_given_up_and_shown_to_the_host() {
    let (world, tries) = answering(|_| later());
    let ana = world.person("Ana").await;
    world.recovery.ask_username(&ana.claims(), &world.client()).await.unwrap();
    let minutes = 24 * 60;
    for _ in 0..minutes {
        world.work().await;
        assert!(world.worker.dead_letters(9).await.unwrap().is_empty());
        world.clock.advance(Duration::MINUTE);
    }
    // The longest back-off there is: 15 min and a quarter.
    world.clock.advance(Duration::minutes(19));
    world.work().await;
    let dead = world.worker.dead_letters(9).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].letter.as_str(), dead[0].why.as_str()), ("username_reminder", "too_old"));
    let tried = tries.lock().unwrap().len();
    assert!((80..=110).contains(&tried), "{tried} tries in a day");
    let depth = world.worker.depth().await.unwrap();
    assert_eq!((depth.waiting_mails, depth.dead_letters), (0, 1));
}

/// A mail with a dead link would only confuse.
#[tokio::test]
async fn a_link_that_expires_while_its_mail_waits_is_given_up_and_shown_to_the_host() {
    let (world, tries) = answering(|tried| if tried < 3 { later() } else { Delivery::Sent });
    ask_for_ana(&world).await;
    world.work().await;
    world.clock.advance(Duration::minutes(30));
    world.work().await;
    assert_eq!(tries.lock().unwrap().len(), 1, "it is not sent any more");
    let dead = world.worker.dead_letters(9).await.unwrap();
    assert_eq!(dead.iter().map(|letter| letter.why.as_str()).collect::<Vec<_>>(), ["expired"]);
}

/// Whatever order they arrive in: of two mails with links, the one that waited does not come after the newer one.
#[tokio::test]
async fn a_link_that_was_replaced_while_its_mail_waited_is_not_sent() {
    let (world, tries) = answering(|tried| if tried == 1 { later() } else { Delivery::Sent });
    let ana = world.person("Ana").await;
    for _ in 0..2 {
        world.recovery.ask_password(&ana.identifier(), &world.client()).await.unwrap();
        world.work().await;
    }
    world.clock.advance(Duration::MINUTE);
    world.work().await;
    let depth = world.worker.depth().await.unwrap();
    assert_eq!((depth.waiting_mails, depth.dead_letters), (0, 0));
    assert_eq!(tries.lock().unwrap().len(), 2, "the first was tried once, the second once");
}

#[tokio::test]
async fn an_address_that_is_refused_for_good_is_given_up_at_once() {
    let (world, tries) = answering(|_| Delivery::Refused("550 no such mailbox".into()));
    ask_for_ana(&world).await;
    world.work().await;
    world.clock.advance(Duration::DAY);
    world.work().await;
    assert_eq!(tries.lock().unwrap().len(), 1);
    assert_eq!(world.worker.dead_letters(9).await.unwrap()[0].why, "refused");
}

/// A mail that the mail system took, while the table was not told: it goes again, and can be dropped as a double.
#[tokio::test]
async fn a_mail_whose_settling_was_lost_goes_out_again_under_the_same_message_id() {
    let trace = Trace::new();
    let world = World::with(trace.flows(Arc::new(MemoryFlows::new())), Arc::new(MemoryAccounts::new()));
    ask_for_ana(&world).await;
    trace.cut("flows.commit(spends=0,flows=0 insert 0 update,mails=0,settled=1", Cut::OnTheWayThere);
    world.work().await;
    world.clock.advance(Duration::seconds(61));
    world.work().await;
    let mails = world.mailbox.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0].message_id, mails[1].message_id);
    assert_eq!(mails[0].date, mails[1].date);
}

/// Dead letters and ended flows stay for the host to look into, and are then swept.
#[tokio::test]
async fn what_has_ended_is_swept_after_thirty_days() {
    let (world, _) = answering(|_| Delivery::Refused("550 no such mailbox".into()));
    ask_for_ana(&world).await;
    ask(&world, "nobody").await;
    world.work().await;
    world.clock.advance(Duration::days(29));
    world.work().await;
    assert_eq!(world.worker.dead_letters(9).await.unwrap().len(), 1);
    world.clock.advance(Duration::days(2));
    let swept = world.work().await.swept;
    assert!(swept >= 3, "{swept} rows: two flows and a dead letter");
    assert!(world.worker.dead_letters(9).await.unwrap().is_empty());
    assert_eq!(told(&world).await.len(), 5, "the audit record is kept");
}
