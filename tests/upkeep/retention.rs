use crate::OnFile;
use regain::audit::Finding;
use regain::mail::Delivery;
use regain::recovery::{ConfigError, Retention};
use regain::testing::World;
use regain::testing::mocks::MockMailer;
use std::sync::Arc;
use time::Duration;

fn keeping(change: impl FnOnce(&mut Retention)) -> Retention {
    let mut retention = Retention::default();
    change(&mut retention);
    retention
}

async fn live_a_day(world: &World, people: std::ops::Range<usize>) {
    for n in people {
        let someone = world.person(&format!("Ana{n}")).await;
        world.fresh_link(&someone).await;
    }
    world.clock.advance(Duration::DAY);
    world.work().await;
}

/// HIPAA, 45 CFR 164.316(b)(2)(i)
#[test]
fn the_audit_record_is_kept_for_six_years_by_default() {
    assert!(Retention::default().audit >= Duration::days(6 * 365 + 2));
}

#[test]
fn a_retention_under_an_hour_does_not_build() {
    let short = Duration::minutes(59);
    for retention in [
        keeping(|keep| keep.audit = short),
        keeping(|keep| keep.ended_flows = short),
        keeping(|keep| keep.dead_letters = short),
    ] {
        let built = regain::Recovery::builder(World::builder().setup()).retention(retention).build();
        assert!(matches!(built.err(), Some(ConfigError::Invalid { .. })), "{retention:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_flows_and_budgets_go_and_the_audit_record_stays() {
    let file = OnFile::new().await;
    let world = file.node().await.build();
    live_a_day(&world, 0..3).await;
    assert_eq!(file.count("SELECT count(*) FROM regain_flow").await, 3);
    let lines = file.count("SELECT count(*) FROM regain_audit").await;
    world.clock.advance(Duration::days(30));
    world.work().await;
    for table in ["SELECT count(*) FROM regain_flow", "SELECT count(*) FROM regain_budget"] {
        assert_eq!(file.count(table).await, 0, "{table}");
    }
    assert_eq!(file.count("SELECT count(*) FROM regain_audit").await, lines);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_flow_names_nobody() {
    let file = OnFile::new().await;
    let world = file.node().await.build();
    live_a_day(&world, 3..5).await;
    let named = "SELECT count(*) FROM regain_flow WHERE account IS NOT NULL OR sealed IS NOT NULL
                 OR digest IS NOT NULL OR epoch IS NOT NULL";
    assert_eq!((file.count(named).await, file.count("SELECT count(*) FROM regain_flow").await), (0, 2));
}

/// The chain goes on after its oldest records were deleted in their time.
#[tokio::test(flavor = "multi_thread")]
async fn old_audit_records_go_and_the_chain_holds() {
    let file = OnFile::new().await;
    let year = keeping(|keep| keep.audit = Duration::days(365));
    let world = file.node().await.configure(move |builder| builder.retention(year)).build();
    let trail = world.recovery.audit_trail();
    let kept_since = |days| world.clock.timestamp().plus(-Duration::days(days));
    live_a_day(&world, 0..3).await;
    world.clock.advance(Duration::days(364));
    world.work().await;
    let old = file.count("SELECT count(*) FROM regain_audit").await;
    live_a_day(&world, 3..5).await;
    world.clock.advance(Duration::minutes(5));
    world.work().await;
    let left = file.count("SELECT count(*) FROM regain_audit").await;
    assert!(0 < left && left < old, "{left} of {old}");
    let report = trail.verify(kept_since(365), None).await.unwrap();
    assert_eq!(report.findings, []);
    assert!(report.emptied >= 1 && report.records == u64::try_from(left).unwrap(), "{report:?}");
    let stricter = trail.verify(kept_since(366), None).await.unwrap();
    assert_eq!(stricter.findings, [Finding::DeletedEarly(2)], "one that was closed between the two");
}

/// Somebody who deletes records cannot pass it off as retention.
#[tokio::test(flavor = "multi_thread")]
async fn records_that_were_deleted_before_their_time_are_found() {
    let file = OnFile::new().await;
    let world = file.node().await.build();
    live_a_day(&world, 0..3).await;
    file.change("UPDATE regain_checkpoint SET marks = x''").await;
    file.change("DELETE FROM regain_audit WHERE position <= (SELECT max(through) FROM regain_checkpoint)")
        .await;
    let since = world.clock.timestamp().plus(-Duration::days(365));
    let report = world.recovery.audit_trail().verify(since, None).await.unwrap();
    assert!(report.findings.contains(&Finding::DeletedEarly(1)), "{report:?}");
}

/// The sweep goes in batches, one after the other, and nothing else waits for it.
#[tokio::test]
async fn a_long_backlog_is_swept_in_batches() {
    let world = World::new();
    for n in 0..1_100 {
        let identifier = regain::identity::Identifier::parse(&format!("nobody-{n}"));
        world.recovery.ask_password(&identifier, &world.client()).await.unwrap();
        if n % 500 == 0 {
            world.clock.advance(Duration::minutes(10));
            world.work().await;
        }
    }
    world.clock.advance(Duration::days(31));
    let mut swept = 0;
    for _ in 0..50 {
        let round = world.worker.step().await.unwrap();
        assert!(round.swept <= 3 * 500, "{round:?}");
        swept += round.swept;
    }
    assert!(swept >= 1_100, "{swept}");
}

#[tokio::test]
async fn dead_letters_go_after_their_time() {
    let mut mailer = MockMailer::new();
    mailer.expect_send().returning(|_| Delivery::Refused("no such mailbox".into()));
    let world = World::builder().mailer(Arc::new(mailer)).build();
    let ana = world.person("Ana").await;
    world.recovery.ask_password(&ana.identifier(), &world.client()).await.unwrap();
    world.work().await;
    for (days, left) in [(29, 1), (2, 0)] {
        world.clock.advance(Duration::days(days));
        world.work().await;
        assert_eq!(world.worker.dead_letters(9).await.unwrap().len(), left, "after {days} days more");
    }
}
