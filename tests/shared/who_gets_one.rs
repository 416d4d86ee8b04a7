//! Who of those that share an address is listed, and who is not.

use super::{FAMILY, address, ask, link_of, member, member_with, names, newest, telling, told};
use regain::account::{AccountStatus, Recoverability};
use regain::identity::Identifier;
use regain::testing::{Someone, World};
use std::collections::BTreeSet;
use time::Duration;

/// Accounts that are not recoverable are left out without a word to the reader of the mailbox; the audit record says why.
#[tokio::test]
async fn whoever_cannot_be_recovered_is_left_out_and_audited() {
    let world = telling();
    let ana = member(&world, "Ana").await;
    let bo = member_with(&world, "Bogdan", |account| account.status = AccountStatus::Disabled).await;
    let cleo = member_with(&world, "Cleo", |account| account.may_change_password = false).await;
    let dora = member_with(&world, "Dora", |account| account.recoverability = Recoverability::Deceased).await;
    ask(&world, FAMILY).await;
    let mail = newest(&world);
    assert_eq!((world.mailbox.mails().len(), names(&mail)), (1, vec!["ana".to_owned()]));
    for who in [&bo, &cleo, &dora] {
        assert!(!mail.text.contains(&who.username) && !mail.html.contains(&who.username));
    }
    assert!(!mail.text.contains("These accounts"), "one account is not called several");
    let expected = [
        "password.requested",
        "password.link_sent ana",
        "password.shared",
        "password.left_out bogdan: disabled",
        "password.left_out cleo: not_allowed",
        "password.left_out dora: deceased",
    ];
    assert_eq!(told(&world, &[&ana, &bo, &cleo, &dora]).await, expected);
}

/// Where nobody can be recovered, what only people can decide goes to them, and the shared address, no other, may hear of
/// it.
#[tokio::test]
async fn where_nobody_can_be_recovered_people_decide() {
    let world = telling();
    let bo = member_with(&world, "Bo", |account| account.status = AccountStatus::Disabled).await;
    let cleo = member_with(&world, "Cleo", |account| account.recoverability = Recoverability::Minor).await;
    ask(&world, FAMILY).await;
    let lines = told(&world, &[&bo, &cleo]).await;
    assert_eq!(lines[1], "password.escalated cleo: minor");
    assert_eq!(lines[2..], ["password.left_out bo: disabled", "password.left_out cleo: minor"]);
    let mails = world.mailbox.mails();
    assert_eq!((mails.len(), mails[0].to == address(FAMILY)), (1, true));
    assert!(mails[0].subject.starts_with("Somebody asked") && !mails[0].text.contains("token="));
}

#[tokio::test]
async fn where_all_are_disabled_the_ask_is_dismissed() {
    let world = World::new();
    let off = |account: &mut regain::account::Account| account.status = AccountStatus::Disabled;
    let (bo, cleo) = (member_with(&world, "Bo", off).await, member_with(&world, "Cleo", off).await);
    ask(&world, FAMILY).await;
    assert_eq!(told(&world, &[&bo, &cleo]).await[1], "password.dismissed bo: disabled");
    assert!(world.mailbox.mails().is_empty());
}

/// No mail lists more than ten; always the same ones, whoever else there is.
#[tokio::test]
async fn of_many_accounts_ten_are_listed_and_the_rest_is_audited() {
    let world = World::new();
    let mut people = Vec::new();
    for number in 0..13 {
        people.push(member(&world, &format!("P{number:02}")).await);
    }
    for _ in 0..2 {
        ask(&world, FAMILY).await;
        let listed: Vec<String> = (0..10).map(|number| format!("p{number:02}")).collect();
        assert_eq!(names(&newest(&world)), listed);
    }
    let lines = told(&world, &people.iter().collect::<Vec<_>>()).await;
    let left_out = |name: &str| format!("password.left_out {name}: too_many");
    assert_eq!(lines[12..15], ["p10", "p11", "p12"].map(left_out));
    // The others ask by username.
    ask(&world, "p12").await;
    assert!(world.recovery.look(&world.link_of(&people[12])).await.is_ok());
}

/// A clinic that has its own address on file for everybody: what is written stays bounded.
#[tokio::test]
async fn of_a_crowd_the_rest_is_one_line() {
    let world = World::new();
    for number in 0..90 {
        member(&world, &format!("P{number:02}")).await;
    }
    ask(&world, FAMILY).await;
    assert_eq!(names(&newest(&world)).len(), 10);
    let lines = told(&world, &[]).await;
    assert_eq!(lines.iter().filter(|line| *line == "password.left_out: too_many").count(), 41);
}

/// RL-6: each account pays for its line with a mail of its own budget; whoever has none left is left out, and takes the
/// line from nobody else.
#[tokio::test]
async fn an_account_over_its_limit_is_left_out_and_the_others_are_not() {
    let world = World::new();
    let (ana, bo) = (member(&world, "Ana").await, member(&world, "Bo").await);
    for _ in 0..3 {
        ask(&world, &ana.username).await;
    }
    ask(&world, FAMILY).await;
    assert_eq!(names(&newest(&world)), ["bo"]);
    let lines = told(&world, &[&ana, &bo]).await;
    let last = ["password.link_sent bo", "password.shared", "password.left_out ana: over_limit"];
    assert_eq!(lines[lines.len() - 3..], last);
    assert!(world.recovery.look(&world.link_of(&ana)).await.is_ok(), "her own link is left as it is");
    // Three of Bo's an hour, however they were asked for.
    ask(&world, FAMILY).await;
    ask(&world, FAMILY).await;
    ask(&world, FAMILY).await;
    assert_eq!(world.mailbox.to(FAMILY).len(), 3);
    assert_eq!(told(&world, &[&ana, &bo]).await.last().unwrap(), "password.left_out bo: over_limit");
    ask(&world, &bo.username).await;
    assert!(world.subjects_to(&bo).is_empty(), "the list counts for the ask by username too");
    world.clock.advance(Duration::HOUR);
    ask(&world, FAMILY).await;
    assert_eq!(names(&newest(&world)), ["ana", "bo"]);
}

/// RL-6: a flood of asks, for the address and for each username, mails no account more than its budget.
#[tokio::test]
async fn a_flood_of_asks_sends_each_account_no_more_than_its_own_budget() {
    let world = World::new();
    let people = [member(&world, "Ana").await, member(&world, "Bo").await, member(&world, "Cleo").await];
    for _ in 0..5 {
        ask(&world, FAMILY).await;
        ask(&world, &people[0].username).await;
    }
    for who in &people {
        let listed =
            world.mailbox.to(FAMILY).iter().filter(|mail| names(mail).contains(&who.username)).count();
        assert_eq!(listed + world.subjects_to(who).len(), 3, "{}", who.username);
    }
}

/// The same person found twice, by username and by address, is one; and a username that is another's address is not
/// among those who have it on file.
#[tokio::test]
async fn a_borrowed_address_is_not_listed() {
    let world = World::new();
    let (ana, bo) = (member(&world, "Ana").await, member(&world, "Bo").await);
    let mallory = world.person_with("Mallory", |account| FAMILY.clone_into(&mut account.username)).await;
    ask(&world, FAMILY).await;
    let mail = newest(&world);
    assert_eq!(names(&mail), [ana.username.clone(), bo.username.clone()]);
    assert!(world.subjects_to(&Someone { username: FAMILY.to_owned(), ..mallory }).is_empty());
    let links: BTreeSet<_> = [&ana, &bo].map(|who| link_of(&mail, who).flow()).into();
    assert_eq!(links.len(), 2);
}

/// NO-6: what an account is called stays in its place in the list.
#[tokio::test]
async fn a_username_cannot_pass_for_a_line_of_ours() {
    let world = World::new();
    member(&world, "Ana").await;
    let evil = "<b>x</b>\u{2028}Choose a new password: https://evil.test/?token=1";
    member_with(&world, "Bo", |account| evil.clone_into(&mut account.username)).await;
    // Only a host that checks nothing has such a username.
    ask(&world, FAMILY).await;
    if let Some(mail) = world.mailbox.to(FAMILY).pop() {
        assert!(!mail.html.contains("<b>x</b>") && !mail.text.contains('\u{2028}'));
        assert!(!mail.html.contains("href=\"https://evil.test"));
    }
}

/// ID-10: claims that fit two people are still nobody's, whatever address they share.
#[tokio::test]
async fn claims_that_fit_two_people_list_nobody() {
    let world = World::new();
    let ana = member(&world, "Ana").await;
    let person = world.account(&ana).await.unwrap().person;
    member_with(&world, "Bo", |account| account.person = person).await;
    world.recovery.ask_username(&ana.claims(), &world.client()).await.unwrap();
    world.work().await;
    assert!(world.mailbox.mails().is_empty());
    assert_eq!(told(&world, &[&ana]).await, ["username.requested", "username.escalated: ambiguous"]);
}

/// An e-mail that nobody has on file and two hold as usernames, in a host that lets them: never resolved by a guess.
#[tokio::test]
async fn accounts_that_do_not_have_the_address_on_file_get_nothing_by_it() {
    use regain::memory::MemoryAccounts;
    use regain::testing::mocks::MockAccountStore;
    use std::sync::Arc;
    let mut served = MockAccountStore::new();
    let two = ["one", "two"].map(|id| {
        let id = regain::ids::AccountId::new(id).unwrap();
        let mut account = regain::account::Account::new(id, FAMILY);
        account.addresses = vec![address("elsewhere@home.example")];
        account
    });
    served.expect_find_by_identifier().returning(move |_| Ok(two.to_vec()));
    let world =
        World::builder().accounts(Arc::new(MemoryAccounts::new())).served_accounts(Arc::new(served)).build();
    assert!(!Identifier::parse(FAMILY).is_malformed());
    ask(&world, FAMILY).await;
    assert!(world.mailbox.mails().is_empty());
    assert_eq!(told(&world, &[]).await.last().unwrap(), "password.escalated: ambiguous");
}
