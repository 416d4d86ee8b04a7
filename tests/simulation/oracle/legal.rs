//! Each passage of a flow from one state to another, and what has to come with it.

use super::{Book, Oracle, Typed, short};
use crate::clock::NodeClock;
use crate::stage::counted;
use regain::flow::FlowRecord;
use regain::ids::{AccountId, FlowId};
use regain::store::{Commit, FlowWrite};

/// A flow goes from one state to another, in a commit of a node.
pub struct Passage<'a> {
    pub before: &'a FlowRecord,
    pub after: &'a FlowRecord,
    pub clock: &'a NodeClock,
    pub commit: &'a Commit,
    pub event: u64,
}

impl Passage<'_> {
    fn flow(&self) -> FlowId {
        self.after.id
    }

    fn letters(&self, code: &str) -> usize {
        let of_flow = |mail: &&regain::store::OutboxMail| mail.flow == self.flow() && mail.letter == code;
        self.commit.mails.iter().filter(of_flow).count()
    }

    fn writes(&self, other: &FlowRecord) -> bool {
        self.commit.flows.iter().any(|write| {
            let (FlowWrite::Insert(row) | FlowWrite::Update(row)) = write;
            row.id == other.id
        })
    }

    /// Whether the commit moves another flow to one of these states.
    fn along_with(&self, states: &[&str]) -> bool {
        self.commit.flows.iter().any(|write| {
            let (FlowWrite::Insert(row) | FlowWrite::Update(row)) = write;
            row.id != self.flow() && states.contains(&row.state.as_str())
        })
    }
}

impl Oracle {
    pub(super) fn legal(&self, book: &Book, passage: &Passage<'_>) {
        let (from, to) = (passage.before.state.as_str(), passage.after.state.as_str());
        let said = || format!("{} from {from} to {to}", short(passage.flow()));
        match (from, to) {
            ("requested", "link_sent") => {
                self.hold("a link goes out with its mail", passage.letters("recovery_link") == 1, said);
                self.stage.tally("links sent");
            }
            ("requested", "username_sent") => {
                self.hold("a username goes out by mail", passage.letters("username_reminder") == 1, said);
                self.stage.tally("usernames sent");
            }
            ("requested", "shared") => self.legal_sharing(book, passage),
            ("requested", "dismissed" | "escalated") => self.legal_dismissal(book, passage),
            ("link_sent", "link_sent" | "exhausted") => self.legal_failure(book, passage),
            ("link_sent", "factor_proven") => self.legal_proof(book, passage),
            ("link_sent" | "factor_proven", "password_chosen") => self.legal_choice(book, passage),
            ("password_chosen", "completed") => self.legal_completion(book, passage),
            ("password_chosen", "superseded") => self.legal_conflict(book, passage),
            ("requested" | "link_sent" | "factor_proven", "expired") => self.legal_expiry(passage),
            ("link_sent" | "factor_proven", "superseded") => {
                let by_a_flow = passage.along_with(&["link_sent", "completed", "disowned"]);
                let what = self.stage.doing().what;
                let by_the_person = matches!(
                    what,
                    "sign in"
                        | "sign in with factor"
                        | "credential changed"
                        | "disown"
                        | "bind factor"
                        | "unbind factor"
                        | "make codes"
                        | "set questions"
                );
                // A call to the host that hung, and set a password after its flow had ended.
                let late = passage.commit.audit.iter().any(|line| line.event == "password.set_late");
                self.hold("a link is replaced for a reason", by_a_flow || by_the_person || late, said);
                self.stage.tally("links superseded");
            }
            ("link_sent" | "factor_proven", "disowned") => {
                let doing = self.stage.doing();
                let choice = book.choosing.get(&doing.id);
                let by_its_bearer = choice.is_some_and(|choice| choice.true_for == Some(passage.flow()));
                self.hold("a link is disowned by its bearer", by_its_bearer, said);
                self.stage.tally("links disowned");
            }
            _ => self.stage.broken("no way leads there", said()),
        }
    }

    /// Every account that has the address on file, and no other, has a link with it.
    fn legal_sharing(&self, book: &Book, passage: &Passage<'_>) {
        let said = || format!("flow {}", short(passage.flow()));
        let Some(Some(typed)) = book.flows.get(&passage.flow()).map(|seen| &seen.typed) else { return };
        let begun = passage.commit.flows.iter().filter_map(|write| match write {
            FlowWrite::Insert(row) if row.live_link => row.account.clone(),
            _ => None,
        });
        let begun: Vec<AccountId> = begun.collect();
        let asked = book.flows.get(&passage.flow()).map_or(0, |seen| seen.asked);
        let about = self.about(book, typed, asked, passage.event);
        let is_email = matches!(typed, Typed::Email(_));
        self.hold("only an e-mail is shared out", is_email && about.len() > 1, said);
        self.hold("a shared ask gives links", (1..=10).contains(&begun.len()), said);
        self.hold("links go to those who share the address", begun.iter().all(|id| about.contains(id)), said);
        self.hold("what is shared out goes out by one mail", passage.letters("shared_links") == 1, said);
        self.stage.tally("asks shared out");
    }

    fn legal_choice(&self, book: &Book, passage: &Passage<'_>) {
        let said = || format!("flow {}", short(passage.flow()));
        let Some(seen) = book.flows.get(&passage.flow()) else { return };
        self.hold("a token is consumed at most once", seen.consumed == 0, said);
        let choice = book.choosing.get(&self.stage.doing().id);
        let choice = choice.filter(|choice| choice.true_for == Some(passage.flow()));
        let Some(choice) = choice else {
            return self.stage.broken("no password is chosen without the token that was mailed", said());
        };
        let Some(link) = &seen.link else { return };
        let (protected, _) = self.protected(book, &link.account, choice.began, passage.event);
        let waived = seen.by_desk.as_ref().is_some_and(|link| link.waives);
        let whole = !protected || seen.proven || waived;
        self.hold("no password is chosen without the factor that is bound", whole, said);
        let account = book.accounts.get(&link.account);
        let open = account
            .is_none_or(|account| account.questions.stood_open(passage.flow(), choice.began, passage.event));
        self.hold("no password is chosen before the question is answered", open || waived, said);
        if seen.by_desk.is_some() {
            self.stage.tally(if waived {
                "passwords chosen without a lost factor"
            } else {
                "passwords chosen by a case"
            });
        }
        self.hold("no password is chosen after the link's end", choice.clock < link.expires_at, || {
            format!("{} at {}, ended {}", short(passage.flow()), choice.clock, link.expires_at)
        });
        // A leap that was corrected before the link was issued hides a later one of less: see `Window::is_over`.
        let passed = choice.highest_since_issue >= link.expires_at && link.high < choice.highest_since_issue;
        self.hold("an end that was seen is not undone by a clock that steps back", !passed, || {
            format!("{} ended {}, saw {}", short(passage.flow()), link.expires_at, choice.highest_since_issue)
        });
        self.stage.tally("passwords chosen");
    }

    /// A wrong factor was counted for a link.
    fn legal_failure(&self, book: &Book, passage: &Passage<'_>) {
        let said = || format!("flow {}", short(passage.flow()));
        let tries = book.choosing.get(&self.stage.doing().id);
        let by_its_bearer = tries.is_some_and(|choice| choice.true_for == Some(passage.flow()));
        self.hold("a link is worn out by its bearer only", by_its_bearer, said);
        let refused = passage.commit.audit.iter().any(|line| line.event == "account.factor_refused");
        self.hold("a link is worn out by a wrong factor", refused, said);
        let ended = passage.after.state == "exhausted";
        self.stage.tally(if ended { "links worn out" } else { "factors refused for a link" });
    }

    /// The second factor was proven for a link.
    fn legal_proof(&self, book: &Book, passage: &Passage<'_>) {
        let said = || format!("flow {}", short(passage.flow()));
        let choice = book.choosing.get(&self.stage.doing().id);
        let by_its_bearer = choice.is_some_and(|choice| choice.true_for == Some(passage.flow()));
        self.hold("a factor is proven for a link by its bearer", by_its_bearer, said);
        let accepted = passage.commit.audit.iter().any(|line| line.event == "account.factor_accepted");
        let used_up = !passage.commit.documents.is_empty();
        self.hold("a link is proven in the commit that uses the code up", accepted && used_up, said);
        self.stage.tally("factors proven for a link");
    }

    fn legal_completion(&self, book: &Book, passage: &Passage<'_>) {
        let said = || format!("flow {}", short(passage.flow()));
        let Some(seen) = book.flows.get(&passage.flow()) else { return };
        self.hold("a flow is completed once the account has its password", seen.set.is_some(), said);
        let Some(link) = &seen.link else { return };
        let notices = passage.letters("password_changed");
        let Some(account) = book.accounts.get(&link.account) else { return };
        let fits = |facts: &super::Facts| facts.addresses.len() == notices;
        let told = account.between(seen.chosen_since, passage.event).any(fits);
        self.hold("a changed password is told to every address on file", told, || {
            format!("flow {} with {notices} notices", short(passage.flow()))
        });
        // A link that came after the task had read which links there are was issued for an account that is no more.
        let reads = book.links_read.get(&(self.stage.doing().id, link.account.clone()));
        let read = reads.and_then(|reads| reads.iter().find(|read| **read > seen.chosen_since));
        let known = |other: &super::FlowSeen| {
            other.link.as_ref().is_some_and(|link| read.is_none_or(|read| link.since < *read))
        };
        let left = book.flows.values().filter(|other| {
            other.row.live_link
                && other.row.account.as_ref() == Some(&link.account)
                && other.row.id != passage.flow()
                && !passage.writes(&other.row)
                && known(other)
        });
        let left = left.count();
        self.hold("a completion ends every other link of the account", left == 0, || {
            format!("flow {} leaves {left}", short(passage.flow()))
        });
        self.stage.tally("passwords set");
        if self.stage.doing().what == "worker" {
            self.stage.tally("passwords completed by a worker");
        }
    }

    fn legal_conflict(&self, book: &Book, passage: &Passage<'_>) {
        let Some(seen) = book.flows.get(&passage.flow()) else { return };
        let kept = seen.set.is_none() || self.overtaken(book, seen);
        self.hold("a password that was set is not called superseded", kept, || short(passage.flow()));
        let Some(link) = &seen.link else { return };
        let changed = book.accounts.get(&link.account).and_then(|account| account.facts.last());
        let since = if seen.by_owner || seen.by_desk.is_some() { seen.asked } else { link.since };
        let changed = changed.is_some_and(|facts| facts.since > since);
        let changed = changed || book.disowned.contains(&link.account);
        self.hold("a choice gives way only to a changed account", changed, || short(passage.flow()));
        self.stage.tally("choices that gave way");
    }

    fn legal_expiry(&self, passage: &Passage<'_>) {
        let end = passage.before.expires_at.map_or(i64::MAX, |end| end.millis());
        self.hold("nothing expires before its time", passage.clock.highest_since(0) >= end, || {
            format!("{} ends {end}", short(passage.flow()))
        });
        let asked = passage.before.state == "requested";
        self.hold("where nothing is out of order, every ask is resolved", !(asked && self.calm), || {
            format!("{} expired", short(passage.flow()))
        });
        self.stage.tally(if asked { "asks expired" } else { "links expired" });
    }

    fn legal_dismissal(&self, book: &Book, passage: &Passage<'_>) {
        let Some(seen) = book.flows.get(&passage.flow()) else { return };
        let Some(typed) = &seen.typed else { return };
        let reason = passage.after.reason.as_deref().unwrap_or_default();
        let ever = |id: &AccountId, what: fn(&super::Facts) -> bool| {
            book.accounts.get(id).is_some_and(|account| account.between(seen.asked, passage.event).any(what))
        };
        let about = self.about(book, typed, seen.asked, passage.event);
        let legal = match reason {
            "no_account" => match typed {
                Typed::Nobody | Typed::Claims(_, false) => true,
                Typed::Username(_) | Typed::Claims(_, true) => false,
                Typed::Email(_) => {
                    about.is_empty() || self.moved_house(book, typed, seen.asked, passage.event)
                }
            },
            "malformed" => *typed == Typed::Nobody,
            "disabled" => about.iter().any(|id| ever(id, |facts| !facts.active)),
            "legal_hold" => about.iter().any(|id| ever(id, |facts| facts.held)),
            "not_allowed" => about.iter().any(|id| ever(id, |facts| !facts.may_change)),
            "on_hold" => about.iter().any(|id| book.disowned.contains(id)),
            "no_address" => about.iter().any(|id| ever(id, |facts| facts.addresses.is_empty())),
            "over_limit" => counted(&self.stage.doing().over_budget) > 0,
            _ => false,
        };
        self.hold("an ask is turned down for a reason that is true", legal, || {
            format!("{} {reason}, typed {typed:?}", short(passage.flow()))
        });
        self.stage.tally(match reason {
            "over_limit" => "asks over the account's limit",
            "legal_hold" | "no_address" => "asks that need people",
            _ => "asks dismissed",
        });
    }

    /// The accounts that what was typed may have meant between two events.
    fn about(&self, book: &Book, typed: &Typed, from: u64, to: u64) -> Vec<AccountId> {
        match typed {
            Typed::Nobody => Vec::new(),
            Typed::Username(id) | Typed::Claims(id, _) => vec![id.clone()],
            Typed::Email(email) => {
                let has = |account: &super::AccountSeen| {
                    account.between(from, to).any(|facts| facts.addresses.contains(email))
                };
                let owners = book.accounts.iter().filter(|(_, account)| has(account));
                owners.map(|(id, _)| id.clone()).collect()
            }
        }
    }

    /// Whether an address was taken off some account meanwhile.
    fn moved_house(&self, book: &Book, typed: &Typed, from: u64, to: u64) -> bool {
        let Typed::Email(email) = typed else { return false };
        let owners = book
            .accounts
            .values()
            .filter(|account| account.between(from, to).any(|facts| facts.addresses.contains(email)));
        owners
            .into_iter()
            .any(|account| account.between(from, to).any(|facts| !facts.addresses.contains(email)))
    }
}

/// The tokens in a mail's text.
pub fn tokens_in(text: &str) -> Vec<String> {
    let token = |rest: &str| rest.split_whitespace().next().map(str::to_owned);
    text.split("?token=").skip(1).filter_map(token).collect()
}
