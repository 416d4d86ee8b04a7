//! RC-19, SD-2: nothing that staff do yields a credential.

use super::{Office, finding, ida, jon};
use regain::desk::case::Need;
use regain::desk::{CaseText, Seen};
use regain::testing::World;
use time::Duration;

/// A canary over all that the desk ever gives back, logs or tells, up to and after the link is out.
#[tokio::test]
async fn no_answer_of_the_desk_holds_a_link_a_token_a_code_or_a_password() {
    let office = Office::new();
    let ana = office.world.person("Ana").await;
    let mut told = String::new();
    let view = office.opened(&ana).await;
    told += &format!("{view:?}");
    let view = office.desk.assign(&ida(), Seen::of(&view), &ida().id).await.unwrap();
    let view = office.desk.note(&ida(), Seen::of(&view), CaseText::new("called").unwrap()).await.unwrap();
    let view = office.desk.record_evidence(&ida(), Seen::of(&view), finding(Need::Password)).await.unwrap();
    told += &format!("{view:?}");
    told += &format!("{:?}", office.approve(&view, Need::Password).await.unwrap());
    office.world.clock.advance(Duration::DAY);
    office.world.work().await;
    let after = office.desk.view(&jon(), view.case.id()).await.unwrap();
    told += &format!("{after:?} {:?}", office.desk.queue(&jon(), None, 100).await.unwrap());
    told += &format!("{:?} {:?}", office.world.events.take(), office.world.audit().await);
    let link = office.world.link_of(&ana).expose().to_string();
    for mail in office.world.mailbox.mails() {
        let (_, rest) = mail.text.split_once("/recovery/disown?letter=").unwrap();
        let button = rest.split_whitespace().next().unwrap();
        assert!(!told.contains(button), "a button of a mail is told");
    }
    for secret in [&link[..], &link[22..], &ana.password, &ana.email, ana.id.as_str()] {
        assert!(!told.contains(secret), "{secret}");
    }
    assert!(!told.contains("token="));
}

/// By type: neither the desk nor a case nor what is handed to them knows of such things.
#[test]
fn no_type_of_the_desk_names_a_secret() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/desk");
    let mut read = 0;
    for part in ["service/mod.rs", "service/act.rs", "service/help.rs", "service/queue.rs", "case/mod.rs"]
        .into_iter()
        .chain(["case/event.rs", "case/state.rs", "case/record.rs", "staff.rs", "text.rs", "rules.rs"])
    {
        let text = std::fs::read_to_string(format!("{folder}/{part}")).unwrap();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            for secret in
                ["RecoveryToken", "DisownToken", "TypedCode", "password::", "PasswordHash", "set_password"]
            {
                assert!(!line.contains(secret), "{part}: {line}");
            }
        }
        read += 1;
    }
    assert_eq!(read, 11);
}

/// Staff cannot choose a password for somebody by recording it anywhere: only the bearer of the link chooses.
#[tokio::test]
async fn until_the_bearer_chooses_the_password_stays_what_it_was() {
    let world = World::new();
    let office = Office::of(world);
    let ana = office.world.person("Ana").await;
    let before = office.world.account(&ana).await.unwrap().epoch();
    office.approved(&ana).await;
    office.world.clock.advance(Duration::DAY);
    office.world.work().await;
    assert_eq!(office.world.account(&ana).await.unwrap().epoch(), before);
}
