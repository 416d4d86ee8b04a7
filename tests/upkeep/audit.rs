use crate::OnFile;
use regain::audit::{Anchor, AuditReport, AuditTrail, Finding};
use regain::clock::Timestamp;
use regain::events::RecoveryEvent;
use regain::identity::Identifier;
use regain::keys::KeyRing;
use regain::testing::World;
use std::sync::Arc;
use time::Duration;

const FOR_EVER: Timestamp = Timestamp::from_millis(i64::MIN);

async fn verify(world: &World) -> AuditReport {
    world.recovery.audit_trail().verify(FOR_EVER, None).await.unwrap()
}

async fn findings(world: &World) -> Vec<Finding> {
    verify(world).await.findings
}

/// Two people get a link each, five minutes apart, and the record is closed after each.
async fn two_batches(world: &World) {
    for name in ["Ana", "Bo"] {
        let someone = world.person(name).await;
        world.fresh_link(&someone).await;
        world.clock.advance(Duration::minutes(5));
        world.work().await;
    }
}

pub(crate) async fn on_file() -> (OnFile, World) {
    let file = OnFile::new().await;
    // One record of another realm, so that positions of this one do not begin at 1.
    let library = file.node().await.realm("library").build();
    library.recovery.ask_password(&Identifier::parse("nobody"), &library.client()).await.unwrap();
    let world = file.node().await.build();
    two_batches(&world).await;
    (file, world)
}

#[tokio::test]
async fn an_untouched_record_is_whole() {
    let world = World::new();
    two_batches(&world).await;
    let report = verify(&world).await;
    assert_eq!(report.findings, []);
    assert_eq!((report.records, report.open), (world.audit().await.len() as u64, 0));
    assert!(report.checkpoints >= 2, "{report:?}");
}

#[tokio::test]
async fn what_is_not_closed_yet_is_told() {
    let world = World::new();
    two_batches(&world).await;
    let ana = world.person("Cora").await;
    world.recovery.ask_password(&ana.identifier(), &world.client()).await.unwrap();
    assert_eq!(verify(&world).await.open, 1);
    world.clock.advance(Duration::minutes(1));
    world.work().await;
    world.clock.advance(Duration::minutes(1));
    world.work().await;
    assert_eq!((verify(&world).await.open, findings(&world).await), (0, vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_altered_record_is_found() {
    for change in [
        "UPDATE regain_audit SET event = 'password.completed' WHERE position = 3",
        "UPDATE regain_audit SET reason = '' WHERE position = 3",
        "UPDATE regain_audit SET at = at + 1 WHERE position = 3",
        "UPDATE regain_audit SET version = version + 1 WHERE position = 3",
        "UPDATE regain_audit SET actor = 'host' WHERE position = 3",
        "UPDATE regain_audit SET account = zeroblob(16) WHERE position = 3",
        "UPDATE regain_audit SET client = zeroblob(16) WHERE position = 3",
        "UPDATE regain_audit SET flow = zeroblob(16) WHERE position = 3",
    ] {
        let (file, world) = on_file().await;
        assert_eq!(file.change(change).await, 1);
        assert_eq!(findings(&world).await, [Finding::Altered(3)], "{change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_an_added_and_a_swapped_record_are_found() {
    let cases: [(&[&str], &[Finding]); 4] = [
        (&["DELETE FROM regain_audit WHERE position = 4"], &[Finding::Missing(4)]),
        (&["DELETE FROM regain_audit WHERE position <= 3"], &[Finding::Missing(2), Finding::Missing(3)]),
        (&["UPDATE regain_audit SET realm = 'clinic' WHERE realm = 'library'"], &[Finding::Added(1)]),
        (
            &[
                "UPDATE regain_audit SET position = 99 WHERE position = 2",
                "UPDATE regain_audit SET position = 2 WHERE position = 3",
                "UPDATE regain_audit SET position = 3 WHERE position = 99",
            ],
            &[Finding::Moved { at: 2, was: 3 }, Finding::Moved { at: 3, was: 2 }],
        ),
    ];
    for (changes, found) in cases {
        let (file, world) = on_file().await;
        for change in changes {
            assert!(file.change(change).await > 0);
        }
        assert_eq!(findings(&world).await, found, "{changes:?}");
    }
}

/// Whoever can write the tables can compute plain hashes too; a mark needs a key.
#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_is_made_anew_without_the_key_is_found() {
    let (file, world) = on_file().await;
    file.change("UPDATE regain_audit SET event = 'password.completed' WHERE position = 2").await;
    file.change("DELETE FROM regain_checkpoint").await;
    let thief = AuditTrail::new(world.realm().clone(), &KeyRing::new(1, [8; 32]), world.flows.clone());
    while thief.close(world.clock.timestamp()).await.unwrap().is_some() {}
    assert_eq!(thief.verify(FOR_EVER, None).await.unwrap().findings, []);
    assert_eq!(findings(&world).await, [Finding::BrokenCheckpoint(1)]);
    // Under a number that the ring does not have, nobody vouches for it.
    let thief = AuditTrail::new(world.realm().clone(), &KeyRing::new(9, [8; 32]), world.flows.clone());
    file.change("DELETE FROM regain_checkpoint").await;
    while thief.close(world.clock.timestamp()).await.unwrap().is_some() {}
    assert_eq!(findings(&world).await, [Finding::NotVouchedFor { number: 1, key: 9 }]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_altered_and_a_missing_checkpoint_are_found() {
    for (change, found) in [
        ("UPDATE regain_checkpoint SET at = at - 1 WHERE number = 1", Finding::BrokenCheckpoint(1)),
        ("UPDATE regain_checkpoint SET through = through - 1 WHERE number = 1", Finding::BrokenCheckpoint(1)),
        ("UPDATE regain_checkpoint SET mac = zeroblob(32) WHERE number = 2", Finding::BrokenCheckpoint(2)),
        ("UPDATE regain_checkpoint SET hash = zeroblob(32) WHERE number = 1", Finding::BrokenCheckpoint(1)),
        ("UPDATE regain_checkpoint SET marks = zeroblob(24) WHERE number = 1", Finding::BrokenCheckpoint(1)),
        ("DELETE FROM regain_checkpoint WHERE number = 1", Finding::MissingCheckpoint(1)),
    ] {
        let (file, world) = on_file().await;
        assert_eq!(file.change(change).await, 1);
        assert!(findings(&world).await.contains(&found), "{change}: {:?}", findings(&world).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_that_was_cut_off_is_found_by_an_anchor_that_was_noted_elsewhere() {
    let (file, world) = on_file().await;
    let mut anchors = world.events.take().into_iter().filter_map(|event| match event {
        RecoveryEvent::AuditClosed { anchor } => Some(anchor),
        _ => None,
    });
    let noted = anchors.next_back().unwrap();
    assert_eq!(Some(noted), Anchor::parse(&noted.to_string()));
    let verify = async || world.recovery.audit_trail().verify(FOR_EVER, Some(noted)).await.unwrap();
    let whole = verify().await;
    assert_eq!((whole.findings, whole.last), (vec![], Some(noted)));
    let last = "DELETE FROM regain_checkpoint WHERE number = (SELECT max(number) FROM regain_checkpoint)";
    assert_eq!(file.change(last).await, 1);
    file.change("DELETE FROM regain_audit WHERE position > (SELECT max(through) FROM regain_checkpoint)")
        .await;
    assert_eq!(findings(&world).await, [], "without the anchor nothing can be seen");
    assert_eq!(verify().await.findings, [Finding::NotAsNoted(noted.number())]);
}

/// Two nodes that both think it is theirs to do close each record once.
#[tokio::test(flavor = "multi_thread")]
async fn many_who_close_at_once_close_everything_once() {
    let world = Arc::new(World::new());
    for n in 0..20 {
        let someone = world.person(&format!("Ana{n}")).await;
        world.fresh_link(&someone).await;
        let closing: Vec<_> = (0..8)
            .map(|_| {
                let world = world.clone();
                tokio::spawn(async move {
                    world.recovery.audit_trail().close(world.clock.timestamp()).await.unwrap();
                })
            })
            .collect();
        for closed in closing {
            closed.await.unwrap();
        }
    }
    let report = verify(&world).await;
    assert_eq!((report.findings, report.open), (vec![], 0));
    assert_eq!(report.records, world.audit().await.len() as u64);
}

#[tokio::test]
async fn a_key_may_leave_the_ring_once_a_newer_one_has_vouched() {
    let world = World::new();
    two_batches(&world).await;
    let before = verify(&world).await.checkpoints;
    let trail = |keys| AuditTrail::new(world.realm().clone(), &keys, world.flows.clone());
    let alone = trail(KeyRing::new(2, [9; 32]));
    let found = alone.verify(FOR_EVER, None).await.unwrap().findings;
    assert_eq!(found, [Finding::NotVouchedFor { number: 1, key: 1 }]);
    let both = trail(KeyRing::new(1, [7; 32]).with_key(2, [9; 32]).unwrap());
    assert!(both.close(world.clock.timestamp()).await.unwrap().is_some(), "with nothing new to close");
    assert_eq!(both.close(world.clock.timestamp()).await.unwrap(), None, "once");
    let report = alone.verify(FOR_EVER, None).await.unwrap();
    assert_eq!((report.findings, report.checkpoints), (vec![], before + 1));
}
