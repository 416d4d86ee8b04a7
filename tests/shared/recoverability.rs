//! Accounts that their owners cannot recover alone.

use super::{NEW, ask, choose, telling, told};
use regain::RecoveryError;
use regain::account::{Account, Applied, PasswordChange, Recoverability};
use regain::ids::{AccountId, FlowId};
use regain::testing::World;
use std::collections::BTreeSet;

/// What an ask comes to, and whether the address on file hears of it, where the host wants that.
fn comes_to(why: Recoverability) -> (&'static str, bool) {
    match why {
        Recoverability::Possible => ("link_sent", true),
        Recoverability::Deceased => ("escalated ana: deceased", false),
        Recoverability::LockedByHost => ("escalated ana: locked_by_host", true),
        Recoverability::LegalHold => ("escalated ana: legal_hold", true),
        Recoverability::Minor => ("escalated ana: minor", true),
        Recoverability::ManagedElsewhere => ("dismissed ana: managed_elsewhere", true),
        other => panic!("{} has no place in the tests yet", other.code()),
    }
}

/// EN-1, ID-2: uniform outside; inside people decide, or the right mail goes out.
#[tokio::test]
async fn what_cannot_be_recovered_goes_to_people_or_is_told_to_its_address() {
    for &why in Recoverability::ALL.iter().filter(|why| **why != Recoverability::Possible) {
        for (world, tells) in [(World::new(), false), (telling(), true)] {
            let ana = world.not_recoverable("Ana", why).await;
            ask(&world, &ana.username).await;
            let (line, is_told) = comes_to(why);
            let lines = told(&world, &[&ana]).await;
            assert_eq!(lines, ["password.requested".to_owned(), format!("password.{line}")]);
            let subjects = world.subjects_to(&ana);
            assert_eq!(subjects.len(), usize::from(tells && is_told), "{}", why.code());
            assert!(subjects.iter().all(|subject| subject.starts_with("Somebody asked")));
            assert!(world.mailbox.mails().iter().all(|mail| !mail.text.contains("token=")));
        }
    }
}

/// The username may be mailed where only the password is kept elsewhere; in every other case it is kept back too.
#[tokio::test]
async fn a_username_goes_out_only_where_nothing_but_the_password_is_kept_elsewhere() {
    for &why in Recoverability::ALL {
        let world = World::new();
        let ana = world.not_recoverable("Ana", why).await;
        world.recovery.ask_username(&ana.claims(), &world.client()).await.unwrap();
        world.work().await;
        let goes_out = matches!(why, Recoverability::Possible | Recoverability::ManagedElsewhere);
        assert_eq!(world.subjects_to(&ana).len(), usize::from(goes_out), "{}", why.code());
    }
}

/// RL-6: however often somebody asks, people hear of it each time, and the mailbox no more than its budget allows.
#[tokio::test]
async fn people_hear_of_every_ask_and_the_mailbox_of_three() {
    let world = telling();
    let ana = world.not_recoverable("Ana", Recoverability::Minor).await;
    for _ in 0..5 {
        ask(&world, &ana.username).await;
    }
    let lines = told(&world, &[&ana]).await;
    let escalated = lines.iter().filter(|line| *line == "password.escalated ana: minor").count();
    assert_eq!((escalated, world.subjects_to(&ana).len()), (5, 3));
}

/// RC-7, RC-8: a link that is out dies with the host's word, and does not come back to life by itself.
#[tokio::test]
async fn a_link_that_is_out_dies_when_the_host_says_no() {
    for &why in Recoverability::ALL.iter().filter(|why| **why != Recoverability::Possible) {
        let world = World::new();
        let ana = world.person("Ana").await;
        let link = world.fresh_link(&ana).await;
        world.change(&ana, |account| account.recoverability = why).await;
        let looked = world.recovery.look(&link).await.map(drop);
        assert_eq!(looked, Err(RecoveryError::LinkNotUsable), "{}", why.code());
        assert!(!choose(&world, &link, NEW).await);
        // Also where the link was made for just this state: the rule does not rest on the epoch alone.
        let now = world.account(&ana).await.unwrap();
        assert!(!now.takes_a_new_password());
    }
}

/// A choice that was made before the host said no is not applied after it.
#[tokio::test]
async fn no_password_is_set_for_an_account_that_cannot_be_recovered() {
    let hash = World::new().hash(NEW);
    for &why in Recoverability::ALL {
        let mut account = Account::new(AccountId::new("ana").unwrap(), "ana");
        account.recoverability = why;
        let change = PasswordChange {
            flow: FlowId::from_bytes([1; 16]),
            account: account.id.clone(),
            expected: account.epoch(),
            hash: hash.clone(),
        };
        let expected = if why == Recoverability::Possible { Applied::Done } else { Applied::Conflict };
        assert_eq!(change.against(Some(&account)), expected, "{}", why.code());
    }
}

/// The epoch tells every one from every other, and is what it was for whoever has nothing out of the ordinary.
#[test]
fn each_is_an_epoch_of_its_own() {
    let epoch = |why| {
        let mut account = Account::new(AccountId::new("ana").unwrap(), "ana");
        account.recoverability = why;
        *account.epoch().as_bytes()
    };
    let epochs: BTreeSet<[u8; 32]> = Recoverability::ALL.iter().map(|why| epoch(*why)).collect();
    assert_eq!(epochs.len(), Recoverability::ALL.len());
    let before: String =
        epoch(Recoverability::Possible)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(before, "590b69412afdbf31", "links that were mailed before an upgrade still open");
}

/// It bars recovery, not signing in: that is what the account's status is for.
#[tokio::test]
async fn signing_in_is_another_matter() {
    let world = World::new();
    let ana = world.not_recoverable("Ana", Recoverability::LegalHold).await;
    assert!(super::signs_in(&world, &ana, &ana.password).await);
}

/// Codes are stored and audited: they are here to stay.
#[test]
fn codes_are_stable() {
    let codes: Vec<&str> = Recoverability::ALL.iter().map(|why| why.code()).collect();
    let known = ["possible", "deceased", "locked_by_host", "legal_hold", "minor", "managed_elsewhere"];
    assert_eq!(codes, known);
    assert_eq!(Recoverability::default(), Recoverability::Possible);
    for code in codes {
        assert_eq!(Recoverability::from_code(code).map(|why| why.code()), Some(code));
    }
    assert_eq!(Recoverability::from_code("Possible"), None);
}
