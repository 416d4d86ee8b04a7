//! The queue, its ages, and the record of what was done.

use super::{Office, finding, ida, jon};
use regain::audit::Actor;
use regain::desk::case::{CaseStateKind, Need, OriginKind};
use regain::desk::{CaseText, Overdue, Plea, QueuePlace, Seen, ServiceLevels};
use regain::events::RecoveryEvent;
use regain::testing::World;
use time::Duration;

#[tokio::test]
async fn the_queue_is_read_page_by_page_the_oldest_case_first() {
    let office = Office::new();
    for number in 0..7 {
        let plea = Plea::new(&format!("case {number}"), "").unwrap();
        office.desk.ask_for_help(plea, &office.world.client()).await.unwrap();
        office.world.clock.advance(Duration::MINUTE);
    }
    let (mut place, mut ages, mut pages) = (None, Vec::new(), 0);
    loop {
        let page = office.desk.queue(&ida(), place, 3).await.unwrap();
        ages.extend(page.cases.iter().map(|case| case.age.whole_minutes()));
        pages += 1;
        let Some(next) = page.next else { break };
        place = QueuePlace::parse(&next.to_string());
        assert_eq!(place, Some(next));
    }
    assert_eq!((ages, pages), (vec![7, 6, 5, 4, 3, 2, 1], 3));
    for text in ["", "-", "7", "x-00", "1-zz", "1-0000000000000000000000000000000g"] {
        assert_eq!(QueuePlace::parse(text), None, "{text:?}");
    }
}

#[tokio::test]
async fn what_waits_too_long_is_called_overdue_to_the_millisecond() {
    let levels = ServiceLevels::new(Duration::hours(4), Duration::days(2));
    let office = Office::with(World::new(), |builder| builder.service_levels(levels));
    let ana = office.world.person("Ana").await;
    let view = office.opened(&ana).await;
    let overdue = async || office.desk.queue(&ida(), None, 1).await.unwrap().cases.first().unwrap().overdue;
    office.world.clock.advance(Duration::hours(4) - Duration::MILLISECOND);
    assert_eq!(overdue().await, None);
    office.world.clock.advance(Duration::MILLISECOND);
    assert_eq!(overdue().await, Some(Overdue::Answer));
    let view = office.desk.assign(&ida(), Seen::of(&view), &ida().id).await.unwrap();
    assert_eq!(overdue().await, None);
    office.world.clock.advance(Duration::hours(44));
    assert_eq!(overdue().await, Some(Overdue::Decision));
    let view = office.desk.record_evidence(&ida(), Seen::of(&view), finding(Need::Password)).await.unwrap();
    assert_eq!(overdue().await, Some(Overdue::Decision));
    let view = office.approve(&view, Need::Password).await.unwrap();
    assert_eq!(overdue().await, None, "now it waits for nobody of the staff");
    office.desk.refuse(&jon(), Seen::of(&view)).await.unwrap();
    assert!(office.desk.queue(&ida(), None, 1).await.unwrap().cases.is_empty());
}

/// LG: every step has its line, with who did it under a pseudonym, and its event.
#[tokio::test]
async fn the_audit_record_has_every_step_and_who_took_it() {
    let office = Office::new();
    let ana = office.world.person("Ana").await;
    let view = office.opened(&ana).await;
    let view = office.desk.assign(&ida(), Seen::of(&view), &ida().id).await.unwrap();
    let view = office.desk.note(&ida(), Seen::of(&view), CaseText::new("called").unwrap()).await.unwrap();
    let view = office.desk.record_evidence(&ida(), Seen::of(&view), finding(Need::Password)).await.unwrap();
    office.approve(&view, Need::Password).await.unwrap();
    office.world.clock.advance(Duration::DAY);
    office.world.work().await;
    let (ida, jon) = (office.desk.pseudonym(&ida().id), office.desk.pseudonym(&jon().id));
    let account = office.world.recovery.pseudonym(&ana.id);
    let lines = office.world.audit().await;
    let told: Vec<_> = lines.iter().map(|line| (line.event.as_str(), line.actor, line.client)).collect();
    let staff = |event, who| (event, Actor::Staff, Some(who));
    assert_eq!(
        told,
        [
            staff("case.opened", ida),
            staff("case.assigned", ida),
            staff("case.noted", ida),
            staff("case.evidence_recorded", ida),
            staff("case.approved", jon),
            ("case.waiting", Actor::Worker, None),
            staff("password.link_sent", jon),
            ("case.acted", Actor::Worker, None),
        ]
    );
    assert!(lines.iter().all(|line| line.account == Some(account)));
    let versions: Vec<u64> =
        lines.iter().filter(|line| line.event.starts_with("case.")).map(|line| line.version).collect();
    assert_eq!(versions, [1, 2, 3, 4, 5, 6, 7]);
    let told: Vec<_> = office
        .world
        .events
        .take()
        .into_iter()
        .filter_map(|event| match event {
            RecoveryEvent::Case { event, state, staff, .. } => Some((event.code(), state, staff)),
            _ => None,
        })
        .collect();
    assert_eq!(
        told,
        [
            ("opened", CaseStateKind::Opened, Some(ida)),
            ("assigned", CaseStateKind::Assigned, Some(ida)),
            ("noted", CaseStateKind::Assigned, Some(ida)),
            ("evidence_recorded", CaseStateKind::EvidenceRecorded, Some(ida)),
            ("approved", CaseStateKind::Approved, Some(jon)),
            ("waiting", CaseStateKind::Approved, None),
            ("acted", CaseStateKind::Acted, None),
        ]
    );
    let log: Vec<_> = office.desk.view(&super::ida(), view.case.id()).await.unwrap().case.log().to_vec();
    assert_eq!(log.len(), 7);
    assert_eq!(view.case.origin().kind(), OriginKind::Staff);
}
