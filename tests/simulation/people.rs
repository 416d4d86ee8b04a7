//! Those who live in the town: what they know of themselves, and what they do when they have forgotten something.

use crate::factors::Kit;
use crate::hasher::{new_hash, old_hash};
use crate::oracle::Typed;
use crate::questions::answer_for_link;
use crate::security::{look_after, prove_for_link, sign_in};
use crate::staff::plea_of;
use crate::stage::{MINUTE, Owner, SECOND};
use crate::town::Town;
use regain::Recovery;
use regain::account::{Account, AccountStatus, AddressOnFile, Recoverability};
use regain::identity::{EmailAddress, Person, TypedClaims};
use regain::ids::AccountId;
use std::sync::Arc;
use time::macros::date;

const NAMES: [&str; 5] = ["ana", "bo", "chidi", "dora", "emil"];
/// Passwords that the policy accepts, told apart by their number.
const STRONG: &str = "copper kettles whistle over";
const WEAK: [&str; 3] = ["password", "lindqvist 1961", "aaaaaaaaaaaaaaaaaaaa"];

/// Somebody with an account.
#[derive(Debug, Clone)]
pub struct Resident {
    pub account: AccountId,
    pub username: String,
    /// Every mailbox that they can read, the one on file first.
    pub emails: Vec<String>,
    pub claims: TypedClaims,
    pub password: String,
    /// Whether they ever bind a second factor.
    pub careful: bool,
    /// Whether they have forgotten all, and only the support desk can help.
    pub stuck: bool,
    pub kit: Arc<Kit>,
    /// The network they come from.
    pub network: u64,
}

pub fn email(text: &str) -> AddressOnFile {
    AddressOnFile::Email(EmailAddress::parse(text).expect("an address"))
}

/// The accounts of a seed, each a little out of the ordinary.
pub fn settle(town: &mut Town, recovery: &Recovery) {
    let count = 2 + town.stage.dice().index(NAMES.len() - 2);
    for (number, name) in NAMES.iter().take(count).enumerate() {
        let (resident, account) = someone(town, number, name);
        town.oracle.meet(&account, recovery.pseudonym(&account.id), &resident.password);
        town.accounts.put(account, recovery.blind_index());
        town.residents.push(resident);
    }
}

fn someone(town: &Town, number: usize, name: &str) -> (Resident, Account) {
    let mut dice = town.stage.dice();
    let place = number as u64;
    let id = AccountId::new(&format!("id-{name}")).expect("an id");
    let claims = TypedClaims {
        given_name: name.to_owned(),
        family_name: "Lindqvist".to_owned(),
        birth_date: "1961-04-02".to_owned(),
        record_number: format!("MRN-{number:05}"),
        ..TypedClaims::default()
    };
    let password = format!("{STRONG} {name} at first");
    let mut emails = vec![format!("{name}@home.example")];
    let mut account = Account::new(id.clone(), name);
    let hash = if dice.permille(300) { old_hash(&password, place) } else { new_hash(&password, place) };
    account.password = Some(hash);
    if dice.permille(300) {
        emails.push(format!("{name}@work.example"));
    }
    account.addresses = emails.iter().map(|address| email(address)).collect();
    match dice.below(24) {
        0 => account.status = AccountStatus::Disabled,
        1 => account.may_change_password = false,
        2 => account.addresses.clear(),
        5 => account.recoverability = Recoverability::LegalHold,
        3 => account.factors = vec!["totp-1".to_owned()],
        4 | 6 | 7 => account.addresses = vec![email("ana@home.example")],
        _ => {}
    }
    let person = Person::new(name, "Lindqvist").with_birth_date(date!(1961 - 04 - 02));
    account.person = Some(person.with_record_number(&claims.record_number));
    emails.push(format!("{name}@new.example"));
    let (careful, kit) = (dice.permille(400), Arc::default());
    let (username, network) = (name.to_owned(), 1_000 + place);
    let stuck = town.weather.profile.desk && number > 1 && dice.permille(600);
    if stuck && dice.permille(500) {
        // Lost, with all the rest.
        account.factors = vec!["totp-1".to_owned()];
    }
    (Resident { account: id, username, emails, claims, password, careful, stuck, kit, network }, account)
}

/// A resident's day. They may be impatient: two of these go on at a time.
pub async fn live(town: Arc<Town>, me: Resident) {
    let mut mine = me.password.clone();
    loop {
        let pause = pause(&town);
        town.stage.sleep(pause).await;
        if !town.weather.is_on() {
            return;
        }
        let node = town.any_node();
        if town.weather.profile.desk && at_the_desk(&town, &me, node, &mut mine).await {
            continue;
        }
        let what = town.stage.dice().below(100);
        match what {
            0..30 => ask(&town, &me, node).await,
            30..38 => ask_for_username(&town, &me, node).await,
            38..85 => follow_a_link(&town, &me, node, &mut mine).await,
            _ => {
                let wrong = town.stage.dice().permille(200);
                let typed = if wrong { "not my password at all".to_owned() } else { mine.clone() };
                let typed = typed.as_str();
                if let Some(session) = sign_in(&town, &me, node, typed).await {
                    look_after(&town, &me, &mut mine, &session).await;
                }
            }
        }
    }
}

/// What there is to do where there is a support desk; whoever is stuck does nothing else.
async fn at_the_desk(town: &Arc<Town>, me: &Resident, node: usize, mine: &mut String) -> bool {
    let what = town.stage.dice().below(100);
    match what {
        0..3 => drop(town.ask_for_help(node, &plea_of(me), me.network).await),
        3..5 => {
            if let Some(letter) = town.boxes.case_letters_to(&me.emails).pop() {
                town.dispute(node, &me.account, &letter, me.network).await;
            }
        }
        5..12 if me.stuck => drop(town.ask_for_help(node, &plea_of(me), me.network).await),
        12..60 if me.stuck => follow_a_link(town, me, node, mine).await,
        _ => return me.stuck,
    }
    true
}

fn pause(town: &Town) -> i64 {
    let mut dice = town.stage.dice();
    match dice.below(10) {
        0..4 => dice.between(0, 10 * SECOND),
        4..7 => dice.between(10 * SECOND, 3 * MINUTE),
        7..9 => dice.between(3 * MINUTE, 20 * MINUTE),
        _ => dice.between(20 * MINUTE, 50 * MINUTE),
    }
}

async fn ask(town: &Arc<Town>, me: &Resident, node: usize) {
    let (typed, text) = {
        let mut dice = town.stage.dice();
        match dice.below(10) {
            0..5 => (Typed::Username(me.account.clone()), me.username.clone()),
            5..7 => (Typed::Username(me.account.clone()), me.username.to_uppercase()),
            7..9 => (Typed::Email(me.emails[0].clone()), me.emails[0].clone()),
            _ => (Typed::Nobody, format!("{}x", me.username)),
        }
    };
    // Some click twice, and the second click goes to another node.
    if town.stage.dice().permille(250) {
        let (other, town, me) = (town.any_node(), town.clone(), me.clone());
        let (typed, text) = (typed.clone(), text.clone());
        let stage = town.stage.clone();
        stage.begin(Owner::World, "second click", async move {
            town.ask_password(other, typed, &text, me.network).await;
        });
    }
    town.ask_password(node, typed, &text, me.network).await;
}

async fn ask_for_username(town: &Arc<Town>, me: &Resident, node: usize) {
    let mut claims = me.claims.clone();
    let right = !town.stage.dice().permille(300);
    if !right {
        claims.birth_date = "1987-11-30".to_owned();
    }
    town.ask_username(node, Typed::Claims(me.account.clone(), right), claims, me.network).await;
}

/// The newest link most of the time, and now and then one that was used or replaced long ago.
async fn follow_a_link(town: &Arc<Town>, me: &Resident, node: usize, mine: &mut String) {
    let links = town.boxes.links_to(&me.emails);
    let Some(newest) = links.last() else { return };
    let token = {
        let mut dice = town.stage.dice();
        if dice.permille(200) { dice.pick(&links).clone() } else { newest.clone() }
    };
    let what = town.stage.dice().below(100);
    match what {
        0..15 => drop(town.look(node, &token).await),
        15..20 => drop(town.disown(node, &token, me.network).await),
        20..35 => {
            let weak = (*town.stage.dice().pick(&WEAK)).to_owned();
            town.choose(node, &token, &weak, me.network).await;
        }
        35..50 => {
            prove_for_link(town, me, &token).await;
            answer_for_link(town, me, &token).await;
            choose_twice_at_once(town, me, &token, mine).await;
        }
        _ => {
            prove_for_link(town, me, &token).await;
            answer_for_link(town, me, &token).await;
            let chosen = fresh(town, me);
            if let Some(Ok(_)) = town.choose(node, &token, &chosen, me.network).await {
                mine.clone_from(&chosen);
                let node = town.any_node();
                if let Some(session) = sign_in(town, me, node, mine).await {
                    look_after(town, me, mine, &session).await;
                }
            }
        }
    }
}

async fn choose_twice_at_once(town: &Arc<Town>, me: &Resident, token: &str, mine: &mut String) {
    let (one, other) = (fresh(town, me), fresh(town, me));
    let (here, there) = (town.any_node(), town.any_node());
    let first = town.choose(here, token, &one, me.network);
    let second = town.choose(there, token, &other, me.network);
    match futures_util::future::join(first, second).await {
        (Some(Ok(_)), Some(Ok(_))) => {
            town.stage
                .broken("of two choices with one link, one gets through", format!("{one:?} and {other:?}"));
        }
        (Some(Ok(_)), _) => *mine = one,
        (_, Some(Ok(_))) => *mine = other,
        _ => {}
    }
}

pub fn fresh(town: &Town, me: &Resident) -> String {
    const DAYS: [&str; 6] = ["maples", "granite", "harbours", "violins", "meadows", "lanterns"];
    let mut dice = town.stage.dice();
    format!("{STRONG} {} {}", dice.pick(&DAYS), me.username.len() as u64 * 1_000 + dice.below(900))
}
