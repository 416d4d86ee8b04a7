//! BIND: a token is good for one flow, one account, one address and one purpose.

use crate::kit::{
    FORGOT_PASSWORD, FORGOT_USERNAME, NEW, Site, Verdict, fingerprint, form, holds_and_catches, mailed_token,
    on_file,
};
use crate::own_address::check_purpose_of_regain_and_discourse;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use regain::RecoveryToken;
use regain::account::AccountEpoch;
use regain::flow::{Event, FlowRecord, Purpose, RecoveryFlow};
use regain::ids::Realm;
use regain::testing::Someone;
use std::cell::{Cell, RefCell};
use time::Duration;

rows! { "BIND":
    "CVE-2021-37693" => bind_cve_2021_37693_discourse_token_of_a_removed_address,
    "CVE-2025-64175" => bind_cve_2025_64175_gogs_code_of_anybody,
    "CVE-2026-27946" => bind_cve_2026_27946_zitadel_own_address_marked_verified,
}

/// Ana has two addresses; a token is mailed to the first.
trait Addresses {
    /// For one purpose or another.
    async fn mail_token(&self, purpose: Purpose);
    async fn remove_first_address(&self);
    /// Whether the token that was mailed sets a password.
    async fn resets(&self) -> bool;
}

struct Regain {
    site: Site,
    ana: Someone,
}

impl Regain {
    async fn new() -> Self {
        let site = Site::new();
        let ana = site
            .world
            .person_with("Ana", |account| account.addresses.push(on_file("second@home.example")))
            .await;
        Self { site, ana }
    }
}

impl Addresses for Regain {
    async fn mail_token(&self, purpose: Purpose) {
        if purpose == Purpose::Password {
            self.site.world.fresh_link(&self.ana).await;
        } else {
            self.site
                .world
                .recovery
                .ask_username(&self.ana.claims(), &self.site.world.client())
                .await
                .unwrap();
            self.site.world.work().await;
        }
    }

    async fn remove_first_address(&self) {
        self.site.world.change(&self.ana, |account| drop(account.addresses.remove(0))).await;
    }

    async fn resets(&self) -> bool {
        let mails = self.site.world.mailbox.to(&self.ana.email);
        let token = mails.iter().rev().find_map(|mail| mail.text.split_once("?token="));
        let Some(token) = token.and_then(|(_, rest)| rest.split_whitespace().next()) else { return false };
        self.site.choose(token, NEW).await
    }
}

/// Discourse: a token row names the user only, and whatever redeems tokens takes any of them.
#[derive(Default)]
struct Discourse {
    token: Cell<bool>,
}

impl Addresses for Discourse {
    async fn mail_token(&self, _: Purpose) {
        self.token.set(true);
    }

    async fn remove_first_address(&self) {}

    async fn resets(&self) -> bool {
        self.token.replace(false)
    }
}

async fn check_addresses<A: Addresses>(fresh: impl AsyncFn() -> A) -> Verdict {
    let subject = fresh().await;
    subject.mail_token(Purpose::Password).await;
    ensure!(subject.resets().await, "a token that was mailed is refused");
    let subject = fresh().await;
    subject.mail_token(Purpose::Username).await;
    ensure!(!subject.resets().await, "what was mailed for a username sets a password");
    let subject = fresh().await;
    subject.mail_token(Purpose::Password).await;
    subject.remove_first_address().await;
    ensure!(!subject.resets().await, "the token of a removed address sets a password");
    Ok(())
}

/// One secret, and every one of what it is bound to changed in turn: the digest matches in no other place.
async fn assert_digests_are_bound(regain: &Regain) {
    regain.mail_token(Purpose::Password).await;
    let token = RecoveryToken::parse(&mailed_token(&regain.site.world, &regain.ana)).unwrap();
    let (here, there) = (Realm::new("clinic").unwrap(), Realm::new("clinic2").unwrap());
    let [epoch, later] = [1, 2].map(|byte| AccountEpoch::from_bytes([byte; 32]));
    let digest = token.digest(&here, Purpose::Password, &epoch);
    assert!(digest.matches(&token.digest(&here, Purpose::Password, &epoch)));
    assert!(!digest.matches(&token.digest(&there, Purpose::Password, &epoch)));
    assert!(!digest.matches(&token.digest(&here, Purpose::Username, &epoch)));
    assert!(!digest.matches(&token.digest(&here, Purpose::Password, &later)));
    // Nor does a row change its purpose: neither by hand, nor by an event.
    let world = &regain.site.world;
    let row = world.flows.load(world.realm(), token.flow()).await.unwrap().unwrap();
    let forged = FlowRecord { purpose: "username".into(), ..row.clone() };
    assert!(RecoveryFlow::try_from(forged).is_err());
    let flow = RecoveryFlow::try_from(row).unwrap();
    let now = regain::clock::Moment::at(world.clock.timestamp());
    assert!(flow.apply(Event::RemindUsername, now).is_err());
}

/// Discourse: see [`Discourse`].
#[tokio::test]
async fn bind_cve_2021_37693_discourse_token_of_a_removed_address() {
    assert_digests_are_bound(&Regain::new().await).await;
    let regain = check_addresses(async || Regain::new().await).await;
    let twin = check_addresses(async || Discourse::default()).await;
    holds_and_catches(regain, twin, "what was mailed for a username");
    check_purpose_of_regain_and_discourse().await;
}

/// Two people, each with a token.
trait Two {
    async fn tokens(&self) -> [String; 2];
    /// Somebody presents a token as the first or the second.
    async fn redeem(&self, whose: usize, token: &str) -> bool;
}

struct TwoPeople(Site);

impl TwoPeople {
    async fn new() -> Self {
        let site = Site::new();
        for name in ["Ana", "Bob"] {
            let who = site.world.person(name).await;
            site.world.fresh_link(&who).await;
        }
        Self(site)
    }
}

impl Two for TwoPeople {
    async fn tokens(&self) -> [String; 2] {
        ["ana@home.example", "bob@home.example"].map(|to| {
            let mail = self.0.world.mailbox.to(to).pop().unwrap();
            let (_, rest) = mail.text.split_once("?token=").unwrap();
            rest.split_whitespace().next().unwrap().to_owned()
        })
    }

    /// The flow that a token names is what says whose it is, so the other's name is put before the secret.
    async fn redeem(&self, whose: usize, token: &str) -> bool {
        let name = Base64UrlUnpadded::decode_vec(&self.tokens().await[whose]).unwrap();
        let secret = Base64UrlUnpadded::decode_vec(token).unwrap();
        let spliced = Base64UrlUnpadded::encode_string(&[&name[..16], &secret[16..]].concat());
        self.0.choose(&spliced, NEW).await
    }
}

/// Gogs: a code was looked up by itself, without the user, and burnt.
struct Gogs(RefCell<Vec<String>>);

impl Two for Gogs {
    async fn tokens(&self) -> [String; 2] {
        ["code-of-ana".to_owned(), "code-of-bob".to_owned()]
    }

    async fn redeem(&self, _: usize, token: &str) -> bool {
        let mut codes = self.0.borrow_mut();
        let at = codes.iter().position(|code| code == token);
        at.map(|at| codes.remove(at)).is_some()
    }
}

async fn check_owner(subject: &impl Two) -> Verdict {
    let [ana, bob] = subject.tokens().await;
    ensure!(!subject.redeem(1, &ana).await, "Ana's token is good for Bob");
    ensure!(!subject.redeem(0, &bob).await, "Bob's token is good for Ana");
    ensure!(subject.redeem(0, &ana).await, "Ana's token is burnt");
    ensure!(subject.redeem(1, &bob).await, "Bob's token is burnt");
    Ok(())
}

/// Gogs: see [`Gogs`].
#[tokio::test]
async fn bind_cve_2025_64175_gogs_code_of_anybody() {
    let codes = ["code-of-ana", "code-of-bob"].map(str::to_owned).to_vec();
    let twin = check_owner(&Gogs(RefCell::new(codes))).await;
    holds_and_catches(check_owner(&TwoPeople::new().await).await, twin, "Ana's token is good for Bob");
}

/// Posts a form on a page, as somebody with a link of their own; what is on file of them then.
trait Profile {
    async fn post(&self, page: &str, fields: &[(&str, &str)]) -> String;
}

impl Profile for Regain {
    async fn post(&self, page: &str, fields: &[(&str, &str)]) -> String {
        let world = &self.site.world;
        world.clock.advance(Duration::days(2));
        world.fresh_link(&self.ana).await;
        let token = mailed_token(world, &self.ana);
        let own = [("token", token.as_str()), ("identifier", self.ana.username.as_str())];
        for body in [form(fields), form(&[&own[..1], fields].concat()), form(&[&own[1..], fields].concat())] {
            self.site.post(page, &[], body).await;
            world.work().await;
        }
        fingerprint(&world.account(&self.ana).await.unwrap())
    }
}

/// ZITADEL: an update of one's own profile took `isVerified` along with the address.
struct Zitadel(RefCell<String>);

impl Profile for Zitadel {
    async fn post(&self, _: &str, fields: &[(&str, &str)]) -> String {
        let value = |name| fields.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        if let (Some(email), Some("true")) = (value("email"), value("isVerified")) {
            self.0.replace(format!("confirmed: {email}"));
        }
        self.0.borrow().clone()
    }
}

/// Whatever a form says of addresses and their confirmation, what is on file stays as it is.
async fn check_profile(subject: &impl Profile) -> Verdict {
    let before = subject.post(FORGOT_PASSWORD, &[]).await;
    let pages =
        [FORGOT_PASSWORD, FORGOT_USERNAME, "/recovery/link", "/recovery/new-password", "/recovery/disown"];
    for page in pages {
        for flag in
            ["isVerified", "verified", "email_verified", "emailVerified", "confirmed", "is_email_verified"]
        {
            let fields = [("email", "mallory@evil.test"), (flag, "true"), ("addresses", "mallory@evil.test")];
            let after = subject.post(page, &fields).await;
            ensure!(after == before, "{page} with {flag}: {after} is on file");
        }
    }
    Ok(())
}

/// ZITADEL: see [`Zitadel`].
#[tokio::test]
async fn bind_cve_2026_27946_zitadel_own_address_marked_verified() {
    let twin = Zitadel(RefCell::new("confirmed: ana@home.example".to_owned()));
    let regain = check_profile(&Regain::new().await).await;
    holds_and_catches(regain, check_profile(&twin).await, "confirmed: mallory@evil.test is on file");
}
