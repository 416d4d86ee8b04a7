//! NULLTOK: no token is no token, and never the one of an account that has none.

use crate::kit::{
    FORGOT_PASSWORD, FORGOT_USERNAME, NEW, Site, Verdict, form, holds_and_catches, mailed_token,
};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use regain::account::Account;
use regain::flow::FlowRecord;
use regain::identity::Person;
use regain::ids::FlowId;
use regain::store::{Commit, FlowWrite};
use regain::testing::Someone;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use time::macros::date;

rows! { "NULLTOK":
    "CVE-2016-6317" => nulltok_cve_2016_6317_rails_nil_in_a_list,
    "CVE-2019-16109" => nulltok_cve_2019_16109_devise_blank_token_in_a_row,
    "CVE-2017-7615" => nulltok_cve_2017_7615_mantisbt_empty_hash_for_any_id,
    "CVE-2019-18818" => nulltok_cve_2019_18818_strapi_operator_for_a_token,
    "CVE-2023-32243" => nulltok_cve_2023_32243_essential_addons_no_key_at_all,
}

/// Sets passwords by token.
trait Redeemer {
    /// Somebody's real token.
    async fn token(&self) -> String;
    /// Posts a form that has everything but a token, which is `field`; whether anybody's password changed.
    async fn redeem(&self, field: &str) -> bool;
}

struct Regain {
    site: Site,
    people: Vec<Someone>,
    before: Mutex<Vec<Option<String>>>,
    count: AtomicU32,
}

impl Regain {
    /// A thousand people without a token or a password, some flows in every state, and rows with blank digests.
    async fn new() -> Self {
        let site = Site::new();
        let mut people = Vec::new();
        for n in 0..1_000 {
            people.push(site.world.person_without_password(&format!("Idle{n}")).await);
        }
        for name in ["Zoe", "Yan", "Xia"] {
            people.push(site.world.person(name).await);
        }
        let [.., zoe, yan, _] = &people[..] else { unreachable!("there are a thousand and three") };
        site.world.fresh_link(yan).await;
        site.world.fresh_link(zoe).await;
        plant(&site, zoe, &people[..3]).await;
        site.ask("nobody").await;
        let regain = Self { site, people, before: Mutex::default(), count: AtomicU32::new(0) };
        *regain.before.lock().unwrap() = regain.passwords().await;
        regain
    }

    async fn passwords(&self) -> Vec<Option<String>> {
        let mut all = Vec::new();
        for who in &self.people {
            let account = self.site.world.accounts.get(&who.id).await.unwrap().expect("nobody was removed");
            all.push(account.password.as_ref().map(|hash| hash.as_str().to_owned()));
        }
        all
    }
}

/// Rows with a live link and nothing, or only zeros, for a digest: what a careless migration could leave.
async fn plant(site: &Site, model: &Someone, whose: &[Someone]) {
    let world = &site.world;
    let row = world
        .flows
        .load(world.realm(), world.link_of(model).flow())
        .await
        .unwrap()
        .expect("the link is live");
    for ((digest, id), who) in
        [(None, [0; 16]), (Some([0; 32]), [1; 16]), (Some([255; 32]), [2; 16])].into_iter().zip(whose)
    {
        let planted = FlowRecord {
            id: FlowId::from_bytes(id),
            digest,
            account: Some(who.id.clone()),
            version: 1,
            ..row.clone()
        };
        let mut commit = Commit::new(world.realm().clone());
        commit.flows.push(FlowWrite::Insert(planted));
        world.flows.commit(commit).await.unwrap();
    }
}

impl Redeemer for Regain {
    async fn token(&self) -> String {
        mailed_token(&self.site.world, &self.people[1_000])
    }

    async fn redeem(&self, field: &str) -> bool {
        let password =
            form(&[("password", &format!("{NEW} {}", self.count.fetch_add(1, Ordering::Relaxed)))]);
        for body in [format!("{field}&{password}"), format!("{password}&{field}&id=1&user_id=1&login=zoe")] {
            self.site.post("/recovery/new-password", &[], body).await;
        }
        for page in ["/recovery/link", "/recovery/disown", FORGOT_PASSWORD] {
            self.site.post(page, &[], field.to_owned()).await;
        }
        let now = self.passwords().await;
        let mut before = self.before.lock().unwrap();
        std::mem::replace(&mut *before, now.clone()) != now
    }
}

/// A parameter as a web framework hands it over.
#[derive(Debug, PartialEq)]
enum Param {
    Missing,
    Text(String),
    List,
    Object,
}

fn param(field: &str) -> Param {
    match field.split_once('=') {
        Some(("token[]", _)) => Param::List,
        Some((name, _)) if name.starts_with("token[") => Param::Object,
        Some(("token", value)) if value.starts_with("%7B") => Param::Object,
        Some(("token", value)) => Param::Text(value.replace("%20", " ")),
        _ => Param::Missing,
    }
}

/// A twin decides by parameter and stored token whether an account gets the new password.
struct Twin {
    /// What is stored where no token is out.
    none: Option<&'static str>,
    matches: fn(&Param, Option<&str>) -> bool,
}

const REAL: &str = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfGhIjKlMnOpQrStUvWxYz01";

impl Redeemer for Twin {
    async fn token(&self) -> String {
        REAL.to_owned()
    }

    async fn redeem(&self, field: &str) -> bool {
        [self.none, Some(REAL)].into_iter().any(|stored| (self.matches)(&param(field), stored))
    }
}

/// No blank, null-like, half or nearly right token sets a password. A real one does, so the form itself is right.
async fn check_tokens(subject: &impl Redeemer) -> Verdict {
    let real = subject.token().await;
    let mut fields: Vec<String> = [
        "",
        "token",
        "token=",
        "token=%00",
        "token=%20",
        "token=%20%20",
        "token=%09",
        "token=%0A",
        "token=%E2%80%8B",
        "token=null",
        "token=NULL",
        "token=nil",
        "token=None",
        "token=undefined",
        "token=NaN",
        "token=false",
        "token=true",
        "token=0",
        "token=1",
        "token=-1",
        "token=[]",
        "token={}",
        "token=%5Bnull%5D",
        "token=%5Bnil%5D",
        "token=%7B%7D",
        "token=%7B%22%24gt%22%3A0%7D",
        "token[]",
        "token[]=",
        "token[]=null",
        "token[$ne]=x",
        "token[$gt]=",
        "token[$exists]=false",
        "token[0]=",
        "token=%25",
        "token=*",
        "token=.*",
        "token=%27%20OR%201%3D1--",
        "token=%%%",
        "token=%ff",
        "Token=x",
        "key=&login=zoe",
        "confirm_hash=&id=1",
        "reset_password_token=",
        "code=0",
        "token=&token=",
    ]
    .map(str::to_owned)
    .to_vec();
    let texts = ["A", "_", "0", "f", "-"].map(|one| one.repeat(64));
    fields.extend(texts.iter().map(|text| format!("token={text}")));
    fields.extend((0..3).map(|id| format!("token={}", planted_token(id))));
    fields.extend(near(&real).iter().map(|text| format!("token={text}")));
    fields.push(format!("token={real}&token={real}"));
    for field in fields {
        ensure!(!subject.redeem(&field).await, "{field:?} set a password");
    }
    ensure!(subject.redeem(&format!("token={real}")).await, "the real token sets none");
    Ok(())
}

/// The token that a planted row would take, had it a secret of zeros.
fn planted_token(id: u8) -> String {
    let mut bytes = [0; 48];
    bytes[..16].fill(id);
    Base64UrlUnpadded::encode_string(&bytes)
}

/// Half a token, one too long, in other case, and with each character changed in turn.
fn near(real: &str) -> Vec<String> {
    let mut near = vec![real[..22].to_owned(), real[..63].to_owned(), format!("{real}A"), format!("{real}=")];
    near.extend([
        format!("{}{}", &real[..21], "A".repeat(43)),
        real.chars().rev().collect(),
        format!("{real}%00"),
    ]);
    near.extend([real.to_ascii_lowercase(), real.to_ascii_uppercase()]);
    near.extend((0..real.len()).map(|at| {
        let other = if real.as_bytes()[at] == b'A' { "B" } else { "A" };
        format!("{}{other}{}", &real[..at], &real[at + 1..])
    }));
    near
}

fn is_real(param: &Param, stored: Option<&str>) -> bool {
    matches!((param, stored), (Param::Text(typed), Some(stored)) if typed == stored)
}

/// Rails: `[nil]` became `IS NULL`, which is true of everybody who has no token.
#[tokio::test]
async fn nulltok_cve_2016_6317_rails_nil_in_a_list() {
    let matches = |param: &Param, stored: Option<&str>| match param {
        Param::List => stored.is_none(),
        _ => is_real(param, stored),
    };
    let twin = Twin { none: None, matches };
    holds_and_catches(check_tokens(&Regain::new().await).await, check_tokens(&twin).await, "token[]=");
}

/// Devise: a blank token was looked for, and rows with a blank token were found.
#[tokio::test]
async fn nulltok_cve_2019_16109_devise_blank_token_in_a_row() {
    let matches = |param: &Param, stored: Option<&str>| match param {
        Param::Text(typed) => Some(typed.trim()) == stored,
        _ => false,
    };
    let twin = Twin { none: Some(""), matches };
    holds_and_catches(
        check_tokens(&Regain::new().await).await,
        check_tokens(&twin).await,
        "token=\" set a password",
    );
}

/// MantisBT up to 2.3.0: the stored hash was null without a request, and the comparison with an empty one was loose.
#[tokio::test]
async fn nulltok_cve_2017_7615_mantisbt_empty_hash_for_any_id() {
    let matches = |param: &Param, stored: Option<&str>| {
        let typed = if let Param::Text(typed) = param { typed } else { "" };
        typed == stored.unwrap_or_default()
    };
    let twin = Twin { none: None, matches };
    holds_and_catches(
        check_tokens(&Regain::new().await).await,
        check_tokens(&twin).await,
        "\"\" set a password",
    );
}

/// Strapi: the code went into the query as it came, so `{"$gt": 0}` was any token there was.
#[tokio::test]
async fn nulltok_cve_2019_18818_strapi_operator_for_a_token() {
    let matches = |param: &Param, stored: Option<&str>| match param {
        Param::Object => stored.is_some(),
        _ => is_real(param, stored),
    };
    let twin = Twin { none: None, matches };
    holds_and_catches(check_tokens(&Regain::new().await).await, check_tokens(&twin).await, "token=%7B%7D");
}

/// Essential Addons: the handler set the password without a look at any key.
#[tokio::test]
async fn nulltok_cve_2023_32243_essential_addons_no_key_at_all() {
    let twin = Twin { none: None, matches: |_, _| true };
    holds_and_catches(check_tokens(&Regain::new().await).await, check_tokens(&twin).await, "set a password");
}

/// Of the class, though no row: what is blank, or reads like nothing, names nobody whose attribute is blank.
#[tokio::test]
async fn nulltok_a_blank_attribute_is_nobodys() {
    let blanks = ["", " ", "-", "--", "/", "\u{a0}", "\u{200b}", "#", "."];
    for on_file in blanks {
        let site = Site::new();
        let blank = |account: &mut Account| {
            account.person = Some(
                Person::new("Ana", "Lindqvist")
                    .with_birth_date(date!(1961 - 04 - 02))
                    .with_record_number(on_file),
            );
        };
        site.world.person_with("Ana", blank).await;
        for typed in blanks {
            let names = [("given_name", "Ana"), ("family_name", "Lindqvist"), ("record_number", typed)];
            let born = [("birth_day", "2"), ("birth_month", "4"), ("birth_year", "1961")];
            site.post(FORGOT_USERNAME, &[], form(&[&names[..], &born].concat())).await;
            site.ask(typed).await;
            site.world.work().await;
            let mails = site.world.mailbox.mails().len();
            assert_eq!(mails, 0, "{typed:?} is {on_file:?}");
        }
    }
}
