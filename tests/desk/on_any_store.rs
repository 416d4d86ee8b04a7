//! What the desk promises on every store.

use super::office::{NEW, Office, button_of, finding, ida, jon, press, staff, to_first};
use regain::desk::case::{CaseStateKind, Need};
use regain::desk::{CaseText, DeskError, Plea, Seen};
use regain::password::Password;
use std::sync::Arc;
use time::Duration;

/// From being stuck to a new password.
pub(crate) async fn whoever_is_stuck(office: &Office) {
    let (world, desk) = (&office.world, &office.desk);
    let ana = world.person("Ana").await;
    let plea = Plea::new("I am Ana Lindqvist and nothing works", "call +1 555 0142").unwrap();
    let receipt = desk.ask_for_help(plea, &world.client()).await.unwrap();

    let page = desk.queue(&ida(), None, 10).await.unwrap();
    assert_eq!((page.cases.len(), page.cases[0].number.as_str()), (1, receipt.number.as_str()));
    let view = desk.view(&ida(), page.cases[0].id).await.unwrap();
    assert_eq!(view.case.plea().unwrap().text.as_str(), "I am Ana Lindqvist and nothing works");
    let view = desk.assign(&ida(), Seen::of(&view), &ida().id).await.unwrap();
    let text = CaseText::new("called back, she knows her record").unwrap();
    let view = desk.note(&ida(), Seen::of(&view), text).await.unwrap();
    let view = desk.concern(&ida(), Seen::of(&view), &ana.id).await.unwrap();
    let view = desk.record_evidence(&ida(), Seen::of(&view), finding(Need::Password)).await.unwrap();
    assert!(!view.may_decide);
    let view = desk.view(&jon(), view.case.id()).await.unwrap();
    assert!(view.may_decide);
    desk.approve(&jon(), Seen::of(&view), to_first(&view, Need::Password)).await.unwrap();
    world.work().await;
    assert_eq!(office.links_to(&ana.email).await, 0);
    let mut subjects = world.subjects_to(&ana);
    subjects.sort();
    assert_eq!(
        subjects,
        [
            "Our support has a case about your account at Mercy Clinic",
            "Somebody is about to get access to your account at Mercy Clinic"
        ]
    );

    world.clock.advance(Duration::DAY);
    world.work().await;
    assert_eq!(office.state(view.case.id()).await, CaseStateKind::Acted);
    let link = world.link_of(&ana);
    assert!(office.choose(&link).await);
    let signed_in = world.recovery.sign_in(&ana.identifier(), &Password::new(NEW), &world.client()).await;
    assert!(signed_in.is_ok());
    world.work().await;
    assert!(
        world.subjects_to(&ana).contains(&"The case about your account at Mercy Clinic is closed".into())
    );
    // Once, and no more.
    world.clock.advance(Duration::days(3));
    world.work().await;
    assert_eq!(office.links_to(&ana.email).await, 1);
}

/// Six people decide one case at once.
pub(crate) async fn of_many_deciders(office: Office) {
    let office = Arc::new(office);
    let ana = office.world.person("Ana").await;
    let view = office.evidenced(&ana, finding(Need::Password)).await;
    let decisions: Vec<_> = (0..6)
        .map(|number| {
            let (office, view) = (office.clone(), view.clone());
            let who = staff(&format!("decider-{number}"), 10);
            tokio::spawn(async move {
                if number % 2 == 0 {
                    let decision = to_first(&view, Need::Password);
                    office.desk.approve(&who, Seen::of(&view), decision).await.map(drop)
                } else {
                    office.desk.refuse(&who, Seen::of(&view)).await.map(drop)
                }
            })
        })
        .collect();
    let mut won = 0;
    for decision in decisions {
        match decision.await.unwrap() {
            Ok(()) => won += 1,
            Err(error) => assert_eq!(error, DeskError::Changed),
        }
    }
    assert_eq!(won, 1);
    let decided = office.count("case.approved: password on_file").await + office.count("case.refused").await;
    assert_eq!(decided, 1);
}

/// The person says "this wasn't me" while two workers carry the case out: no link, or one that is dead at once.
pub(crate) async fn dispute_against_the_end(office: Office) {
    let office = Arc::new(office);
    let ana = office.world.person("Ana").await;
    let view = office.approved(&ana).await;
    office.world.work().await;
    let letter = button_of(&office.world, &ana);
    office.world.clock.advance(Duration::DAY);
    let workers: Vec<_> = (0..2)
        .map(|_| {
            let worker = office.world.worker.clone();
            tokio::spawn(async move { worker.drain().await })
        })
        .collect();
    assert!(press(&office.world, &letter).await);
    for worker in workers {
        worker.await.unwrap().unwrap();
    }
    office.world.work().await;
    // A mail with a link that has ended meanwhile does not go out.
    let (links, ends) = (office.links_to(&ana.email).await, office.count("case.acted").await);
    assert!(links <= ends && ends <= 1, "{links} links of {ends} ends");
    let state = office.state(view.case.id()).await;
    assert!(state.is_end() && (state == CaseStateKind::Acted) == (ends == 1), "{state:?}");
    if links == 1 {
        assert!(!office.choose(&office.world.link_of(&ana)).await, "the link has ended before it was opened");
    }
    assert!(
        office
            .world
            .recovery
            .sign_in(&ana.identifier(), &Password::new(NEW), &office.world.client())
            .await
            .is_err()
    );
}
