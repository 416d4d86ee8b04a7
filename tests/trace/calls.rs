use super::{KINDS, MAILED, Scene, Stores, here, is_linked};
use regain::RecoveryError;
use regain::identity::{Identifier, IdentityClaims};
use regain::password::Password;

/// Three budgets, one flow, one line of audit, three draws of randomness, and no look at any account.
const CALLS: [&str; 4] = [
    "entropy.fill(16)",
    "entropy.fill(32)",
    "entropy.fill(24)",
    "flows.commit(spends=3,flows=1 insert 0 update,mails=0,settled=0,audit=1)",
];

async fn asking_for_a_link_makes_the_same_calls(stores: Stores) {
    for kind in KINDS {
        let scene = Scene::of(kind, stores).await;
        let answer = scene.world.recovery.ask_password(&Identifier::parse(&scene.typed), &here()).await;
        assert!(answer.is_ok(), "{kind}");
        assert_eq!(scene.trace.take(), CALLS, "{kind}");
        assert_eq!(scene.mails_after_work().await, usize::from(is_linked(kind)), "{kind}");
    }
}

async fn asking_for_a_username_makes_the_same_calls(stores: Stores) {
    for kind in KINDS {
        let scene = Scene::of(kind, stores).await;
        let claims = IdentityClaims::new(scene.claims.clone());
        let answer = scene.world.recovery.ask_username(&claims, &here()).await;
        assert!(answer.is_ok(), "{kind}");
        assert_eq!(scene.trace.take(), CALLS, "{kind}");
        assert_eq!(scene.mails_after_work().await, usize::from(MAILED.contains(&kind)), "{kind}");
    }
}

/// EN-1, EN-2
#[tokio::test]
async fn asking_for_a_link_makes_the_same_calls_whoever_is_asked_about() {
    asking_for_a_link_makes_the_same_calls(Stores::Memory).await;
}

/// EN-1, EN-2
#[tokio::test(flavor = "multi_thread")]
async fn asking_for_a_link_makes_the_same_calls_whoever_is_asked_about_on_sqlite() {
    asking_for_a_link_makes_the_same_calls(Stores::Sqlite).await;
}

/// EN-1, EN-2
#[tokio::test]
async fn asking_for_a_username_makes_the_same_calls_whoever_is_asked_about() {
    asking_for_a_username_makes_the_same_calls(Stores::Memory).await;
}

/// EN-1, EN-2
#[tokio::test(flavor = "multi_thread")]
async fn asking_for_a_username_makes_the_same_calls_whoever_is_asked_about_on_sqlite() {
    asking_for_a_username_makes_the_same_calls(Stores::Sqlite).await;
}

/// EN-1: refused aloud is only what is the same for any account and none.
#[tokio::test]
async fn being_refused_comes_at_the_same_ask_whoever_is_asked_about() {
    let mut histories = Vec::new();
    for kind in KINDS {
        let scene = Scene::of(kind, Stores::Memory).await;
        let (recovery, typed) = (&scene.world.recovery, Identifier::parse(&scene.typed));
        let mut answers = Vec::new();
        for _ in 0..8 {
            answers.push(recovery.ask_password(&typed, &scene.world.client()).await);
            scene.world.work().await;
        }
        histories.push((kind, answers));
    }
    let (_, first) = &histories[0];
    assert!(first[4].is_ok() && matches!(first[5], Err(RecoveryError::TooManyAttempts { .. })));
    for (kind, answers) in &histories {
        assert_eq!(answers, first, "{kind}");
    }
}

async fn a_failing_sign_in_makes_the_same_calls(stores: Stores) {
    for kind in KINDS {
        let scene = Scene::of(kind, stores).await;
        let password = Password::new("nine wrong guesses in a row");
        let answer = scene.world.recovery.sign_in(&Identifier::parse(&scene.typed), &password, &here()).await;
        assert_eq!(answer.map(drop), Err(RecoveryError::NotAccepted), "{kind}");
        let expected = [
            "flows.commit(spends=3,flows=0 insert 0 update,mails=0,settled=0,audit=0)",
            "accounts.find_by_identifier",
            "flows.commit(spends=1,flows=0 insert 0 update,mails=0,settled=0,audit=0)",
            "hasher.verify",
        ];
        assert_eq!(scene.trace.take(), expected, "{kind}");
    }
}

/// EN-2, EN-3
#[tokio::test]
async fn a_failing_sign_in_makes_the_same_calls_whoever_it_is() {
    a_failing_sign_in_makes_the_same_calls(Stores::Memory).await;
}

/// EN-2, EN-3
#[tokio::test(flavor = "multi_thread")]
async fn a_failing_sign_in_makes_the_same_calls_whoever_it_is_on_sqlite() {
    a_failing_sign_in_makes_the_same_calls(Stores::Sqlite).await;
}

/// EN-5: what is wrong with a link is told to the operator only; and looking at it writes nothing (RC-17).
#[tokio::test]
async fn links_that_cannot_be_used_are_answered_alike_and_nothing_is_written() {
    let Scene { world, trace, .. } = Scene::of("known", Stores::Memory).await;
    let bea = world.person("Bea").await;
    let used = world.fresh_link(&bea).await;
    world.recovery.disown(&used, &here()).await.unwrap();
    world.clock.advance(time::Duration::DAY);
    let replaced = world.fresh_link(&bea).await;
    let outdated = world.fresh_link(&bea).await;
    world.change(&bea, |account| account.factors.push("totp".to_owned())).await;
    let unknown = regain::RecoveryToken::parse(&"A".repeat(64)).unwrap();
    let events = world.events.take();
    assert!(!events.is_empty());
    trace.take();
    for (link, why) in [
        (&unknown, "unknown"),
        (&used, "dead"),
        (&replaced, "dead"),
        (&outdated, "wrong_secret_or_account_changed"),
    ] {
        assert_eq!(world.recovery.look(link).await, Err(RecoveryError::LinkNotUsable), "{why}");
        let looked = trace.take();
        let weighed = world.recovery.weigh_password(link, &Password::new("short")).await;
        assert_eq!(weighed, Err(RecoveryError::LinkNotUsable), "{why}");
        assert_eq!(trace.take(), looked, "{why}: the meter does something else");
        world.events.take();
        assert_eq!(world.recovery.look(link).await, Err(RecoveryError::LinkNotUsable), "{why}");
        let told = format!("{:?}", world.events.take());
        assert!(told.contains(why), "{told}");
        let writes = trace.take().into_iter().filter(|call| call.contains("commit")).count();
        assert_eq!(writes, 0, "{why}");
    }
}

/// A meter asks with each pause of whoever types: it reads, and neither writes, nor hashes, nor tells anybody.
#[tokio::test]
async fn weighing_a_password_only_reads() {
    let Scene { world, trace, .. } = Scene::of("known", Stores::Memory).await;
    let bea = world.person("Bea").await;
    let link = world.fresh_link(&bea).await;
    let authenticated_at = world.clock.timestamp();
    let (account, level) = (bea.id.clone(), regain::factor::AuthLevel::Password);
    let session = regain::security::AuthSession { account, level, authenticated_at, binding: [7; 32] };
    world.recovery.look(&link).await.unwrap();
    world.events.take();
    trace.take();
    world.recovery.look(&link).await.unwrap();
    let looked = trace.take();
    assert!(!looked.is_empty() && looked.iter().all(|call| !call.contains("commit")), "{looked:?}");
    for typed in ["", "short", "Bea 1961-04-02", &bea.password, "nine green lamps at noon"] {
        let typed = Password::new(typed);
        world.recovery.weigh_password(&link, &typed).await.unwrap();
        assert_eq!(trace.take(), looked);
        world.recovery.weigh_change(&session, &typed).await.unwrap();
        assert_eq!(trace.take(), ["accounts.get", "flows.document"]);
    }
    assert_eq!(world.events.take(), []);
}
