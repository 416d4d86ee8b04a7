//! SKIP: no order of steps leads round the link.

use crate::kit::{FORGOT_PASSWORD, NEW, Site, Verdict, form, holds_and_catches};
use regain::testing::Someone;
use std::cell::{Cell, RefCell};

rows! { "SKIP":
    "CVE-2026-18963" => skip_cve_2026_18963_keycloak_step_of_another_way_reported_done,
}

/// What Mallory does in one browser. She has an account and a mailbox of her own, and wants Ana's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    AskForAna,
    AskForHerself,
    /// Opens the link that came for herself, or types the code beside it.
    OpenOwnLink,
    TypeOwnCode,
    TryAnotherWay,
    /// Sets a password with whatever she holds by now.
    Choose,
}

const ACTS: [Act; 6] =
    [Act::AskForAna, Act::AskForHerself, Act::OpenOwnLink, Act::TypeOwnCode, Act::TryAnotherWay, Act::Choose];

trait Steps {
    async fn act(&self, act: Act);
    /// Whether Ana's password, and Mallory's, is no longer the one of before.
    async fn changed(&self) -> [bool; 2];
    /// Whether a code comes beside the link.
    fn has_codes(&self) -> bool;
}

struct Regain {
    site: Site,
    ana: Someone,
    mallory: Someone,
    /// The newest token that a page or a mail gave her.
    held: RefCell<String>,
}

impl Regain {
    async fn new() -> Self {
        let site = Site::new();
        let ana = site.world.person_without_password("Ana").await;
        let mallory = site.world.person_without_password("Mallory").await;
        Self { site, ana, mallory, held: RefCell::default() }
    }

    async fn post(&self, page: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.site.post(page, &[("cookie", &self.site.cookie())], form(fields)).await;
        self.site.world.work().await;
        answer.body
    }

    async fn ask_for(&self, who: &Someone) {
        self.post(FORGOT_PASSWORD, &[("identifier", &who.username)]).await;
    }

    fn own_mail(&self) -> String {
        self.site
            .world
            .mailbox
            .to(&self.mallory.email)
            .pop()
            .map_or(String::new(), |mail| mail.text.to_string())
    }
}

fn after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(mark)?;
    rest.split(|c: char| c == '"' || c.is_whitespace()).next()
}

fn code_in(text: &str) -> Option<&str> {
    text.split_whitespace().find(|word| word.len() == 9 && word.as_bytes()[4] == b'-')
}

impl Steps for Regain {
    async fn act(&self, act: Act) {
        match act {
            Act::AskForAna => self.ask_for(&self.ana).await,
            Act::AskForHerself => self.ask_for(&self.mallory).await,
            Act::OpenOwnLink => {
                if let Some(token) = after(&self.own_mail(), "?token=") {
                    self.site.get(&format!("/recovery/link?token={token}"), &[]).await;
                    self.post("/recovery/link", &[("token", token)]).await;
                    self.held.replace(token.to_owned());
                }
            }
            Act::TypeOwnCode => {
                let mail = self.own_mail();
                let page = self.post("/recovery/code", &[("code", code_in(&mail).unwrap_or_default())]).await;
                if let Some(token) = after(&page, "name=\"token\" value=\"") {
                    self.held.replace(token.to_owned());
                }
            }
            Act::TryAnotherWay => {
                let fields = [("tryAnotherWay", "on"), ("identifier", "ana"), ("step", "new-password")];
                for page in ["/recovery/link", "/recovery/code", "/recovery/new-password"] {
                    self.post(page, &fields).await;
                    self.post(page, &[]).await;
                }
            }
            Act::Choose => {
                let held = self.held.borrow().clone();
                let fields = [("token", held.as_str()), ("password", NEW), ("identifier", "ana")];
                self.post("/recovery/new-password", &fields).await;
                self.post("/recovery/new-password", &fields[..2]).await;
                self.post("/recovery/new-password", &fields[1..2]).await;
            }
        }
    }

    async fn changed(&self) -> [bool; 2] {
        let world = &self.site.world;
        let has = async |who| world.account(who).await.unwrap().password.is_some();
        [has(&self.ana).await, has(&self.mallory).await]
    }

    fn has_codes(&self) -> bool {
        true
    }
}

/// Keycloak: one session remembered that the step with the link was done; `Try another way` kept the note, and the user
/// could then be another one.
#[derive(Default)]
struct Keycloak {
    for_ana: Cell<bool>,
    mailed: Cell<bool>,
    link_done: Cell<bool>,
    keep_notes: Cell<bool>,
    changed: Cell<[bool; 2]>,
}

impl Keycloak {
    fn begin(&self, for_ana: bool) {
        self.for_ana.set(for_ana);
        self.mailed.set(self.mailed.get() || !for_ana);
        let kept = self.link_done.get() && self.keep_notes.replace(false);
        self.link_done.set(kept);
    }
}

impl Steps for Keycloak {
    async fn act(&self, act: Act) {
        match act {
            Act::AskForAna => self.begin(true),
            Act::AskForHerself => self.begin(false),
            Act::OpenOwnLink if self.mailed.get() && !self.for_ana.get() => self.link_done.set(true),
            Act::OpenOwnLink | Act::TypeOwnCode => {}
            Act::TryAnotherWay => self.keep_notes.set(true),
            Act::Choose => {
                let [ana, mallory] = self.changed.get();
                let (done, for_ana) = (self.link_done.replace(false), self.for_ana.get());
                self.changed.set([ana || (done && for_ana), mallory || (done && !for_ana)]);
            }
        }
    }

    async fn changed(&self) -> [bool; 2] {
        self.changed.get()
    }

    fn has_codes(&self) -> bool {
        false
    }
}

/// Every order of five steps that begins with an ask and ends with a choice.
async fn check<S: Steps>(fresh: impl AsyncFn() -> S) -> Verdict {
    let own = fresh().await;
    for act in [Act::AskForHerself, Act::OpenOwnLink, Act::Choose] {
        own.act(act).await;
    }
    ensure!(own.changed().await == [false, true], "her own link does not set her own password");
    let own = fresh().await;
    for act in [Act::AskForHerself, Act::TypeOwnCode, Act::Choose] {
        own.act(act).await;
    }
    ensure!(own.changed().await[1] == own.has_codes(), "her own code does not set her own password");
    for number in 0..2 * ACTS.len().pow(3) {
        let pick = |place: u32| ACTS[number / 2 / ACTS.len().pow(place) % ACTS.len()];
        let order = [ACTS[number % 2], pick(0), pick(1), pick(2), Act::Choose];
        let subject = fresh().await;
        for act in order {
            subject.act(act).await;
        }
        let [ana, _] = subject.changed().await;
        ensure!(!ana, "Ana's password is set without her link, by {order:?}");
    }
    Ok(())
}

/// Keycloak: see [`Keycloak`]. SD-7
#[tokio::test]
async fn skip_cve_2026_18963_keycloak_step_of_another_way_reported_done() {
    let regain = check(async || Regain::new().await).await;
    let twin = check(async || Keycloak::default()).await;
    holds_and_catches(regain, twin, "Ana's password is set without her link");
}
