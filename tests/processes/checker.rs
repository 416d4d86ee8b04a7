//! The checker: of everything that was promised, what was not kept.

use crate::evidence::{Evidence, Flow, Line, Stored, User};
use crate::mails::{About, Mail};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Something that should be is not.
    Lost(String),
    /// Something is there more often than it should be.
    Doubled(String),
    /// Something went to the wrong place.
    Astray(String),
}

#[derive(Debug)]
pub struct Verdict {
    pub findings: Vec<Finding>,
    counts: String,
}

impl Verdict {
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    fn number(&self, kind: fn(&Finding) -> bool) -> usize {
        self.findings.iter().filter(|finding| kind(finding)).count()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.counts)?;
        let lost = self.number(|finding| matches!(finding, Finding::Lost(_)));
        let doubled = self.number(|finding| matches!(finding, Finding::Doubled(_)));
        let astray = self.number(|finding| matches!(finding, Finding::Astray(_)));
        write!(f, "lost {lost}, doubled {doubled}, astray {astray}")
    }
}

pub fn judge(evidence: &Evidence) -> Verdict {
    let mut judge = Judge { evidence, findings: Vec::new() };
    judge.audit_is_whole();
    judge.audit_is_chained();
    judge.flows_have_ended_or_live();
    judge.asks_that_were_answered_are_there();
    judge.mails_are_one_for_each_reason();
    judge.mails_went_to_their_owners();
    judge.passwords_are_what_people_were_told();
    Verdict { findings: judge.findings, counts: counts(evidence) }
}

type Pseudonym = Vec<u8>;

struct Judge<'a> {
    evidence: &'a Evidence,
    findings: Vec<Finding>,
}

impl<'a> Judge<'a> {
    fn lost(&mut self, what: String) {
        self.findings.push(Finding::Lost(what));
    }

    fn doubled(&mut self, what: String) {
        self.findings.push(Finding::Doubled(what));
    }

    fn astray(&mut self, what: String) {
        self.findings.push(Finding::Astray(what));
    }

    /// Fewer than wanted are lost, more are doubled.
    fn expect(&mut self, there: usize, wanted: usize, what: &str) {
        match there.cmp(&wanted) {
            std::cmp::Ordering::Less => self.lost(format!("{what}: {there} of {wanted}")),
            std::cmp::Ordering::Greater => self.doubled(format!("{what}: {there} for {wanted}")),
            std::cmp::Ordering::Equal => {}
        }
    }

    /// One line for each version of each flow, and none besides.
    fn audit_is_whole(&mut self) {
        let mut lines: BTreeMap<(&[u8], i64), usize> = BTreeMap::new();
        for line in self.evidence.audit.iter().filter(|line| line.version > 0) {
            *lines.entry((&line.flow, line.version)).or_default() += 1;
        }
        for flow in &self.evidence.flows {
            for version in 1..=flow.version {
                let there = lines.remove(&(&flow.id, version)).unwrap_or(0);
                self.expect(there, 1, &format!("audit lines of version {version} of {}", name(flow)));
            }
        }
        for ((flow, version), _) in lines {
            self.lost(format!("the flow {} of an audit line for its version {version}", hex(flow)));
        }
    }

    /// What regain says of it itself.
    fn audit_is_chained(&mut self) {
        for found in &self.evidence.breaks {
            self.lost(format!("a link of the audit's chain: {found}"));
        }
    }

    fn flows_have_ended_or_live(&mut self) {
        for flow in &self.evidence.flows {
            let live = flow.state == "link_sent" && flow.is_open;
            let unfinished = matches!(
                flow.state.as_str(),
                "requested" | "link_sent" | "factor_proven" | "password_chosen"
            );
            if unfinished && !live {
                self.lost(format!("the end of {}", name(flow)));
            }
        }
        let (waiting, dead) = (self.evidence.waiting_mails, self.evidence.dead_letters);
        if waiting + dead > 0 {
            self.lost(format!("mails: {waiting} still wait, {dead} were given up"));
        }
    }

    fn asks_that_were_answered_are_there(&mut self) {
        for (purpose, answered, unclear) in asks(self.evidence) {
            let flows = self.evidence.flows.iter().filter(|flow| flow.purpose == purpose).count();
            if flows < answered {
                self.lost(format!("asks for a {purpose}: {answered} were answered, {flows} are there"));
            }
            if flows > answered + unclear {
                self.doubled(format!(
                    "asks for a {purpose}: {} were sent, {flows} are there",
                    answered + unclear
                ));
            }
        }
    }

    /// Several files may hold one mail; then they are the same mail.
    fn distinct_mails(&mut self) -> Vec<&'a Mail> {
        let mut by_id: BTreeMap<&str, &Mail> = BTreeMap::new();
        for mail in &self.evidence.mails {
            if by_id.insert(&mail.id, mail).is_some_and(|known| known != mail) {
                self.doubled(format!("two mails under the id {}", mail.id));
            }
        }
        by_id.into_values().collect()
    }

    fn mails_are_one_for_each_reason(&mut self) {
        let mails = self.distinct_mails();
        let links = |id: &[u8]| {
            mails.iter().filter(|mail| matches!(&mail.about, About::Link { flow, .. } if flow == id)).count()
        };
        let sent = events(self.evidence, "password.link_sent");
        for flow in &self.evidence.flows {
            let (there, wanted) = (links(&flow.id), usize::from(sent.contains_key(flow.id.as_slice())));
            // A link that a newer one replaced need not go out any more.
            if !(there == 0 && flow.state == "superseded") {
                self.expect(there, wanted, &format!("link mails of {}", name(flow)));
            }
        }
        for (event, is_of, what) in LETTERS {
            let wanted = self.evidence.audit.iter().filter(|line| line.event == event).count();
            let there = mails.iter().filter(|mail| is_of(&mail.about)).count();
            self.expect(there, wanted, what);
        }
    }

    /// Audit lines name an account by a pseudonym. Each address has one, and each its own.
    fn mails_went_to_their_owners(&mut self) {
        let mails = self.distinct_mails();
        let users: BTreeMap<&str, &User> =
            self.evidence.users.iter().map(|user| (user.email.as_str(), user)).collect();
        let sent = events(self.evidence, "password.link_sent");
        let mut owners: BTreeMap<&Pseudonym, &str> = BTreeMap::new();
        for mail in &mails {
            match (&mail.about, users.get(mail.to.as_str())) {
                (_, None) => self.astray(format!("a mail to {}, who is nobody", mail.to)),
                (_, Some(user)) if user.told.is_none() || user.mistaken => {
                    self.astray(format!("a mail to {}, who did not ask", mail.to));
                }
                (About::Reminder(username), Some(user)) if *username != user.username => {
                    self.astray(format!("the username {username} to {}", mail.to));
                }
                (About::Link { flow, .. }, _) => {
                    let account = sent.get(flow.as_slice()).and_then(|line| line.account.as_ref());
                    let Some(account) = account else { continue };
                    if *owners.entry(account).or_insert(&mail.to) != mail.to {
                        self.astray(format!("the link {} to {}", hex(flow), mail.to));
                    }
                }
                _ => {}
            }
        }
        let addresses: BTreeSet<&&str> = owners.values().collect();
        if addresses.len() < owners.len() {
            self.astray("links of two accounts to one address".to_owned());
        }
        let completed = self.evidence.audit.iter().filter(|line| line.event == "password.completed");
        let mut notices: BTreeMap<&str, usize> = BTreeMap::new();
        for line in completed {
            let Some(owner) = line.account.as_ref().and_then(|account| owners.get(account)) else { continue };
            *notices.entry(owner).or_default() += 1;
        }
        for (owner, wanted) in notices {
            let there = mails.iter().filter(|mail| mail.to == owner && mail.about == About::Changed).count();
            self.expect(there, wanted, &format!("notices to {owner}"));
        }
    }

    fn passwords_are_what_people_were_told(&mut self) {
        let completed = completions(self.evidence);
        for user in &self.evidence.users {
            let (email, done) = (&user.email, completed.get(user.email.as_str()).copied().unwrap_or(0));
            self.expect(
                usize::try_from(user.times_set).unwrap(),
                done,
                &format!("passwords set for {email}"),
            );
            let should_be = if done > 0 { Stored::New } else { Stored::Old };
            if user.stored != should_be {
                self.lost(format!("the password of {email}: {:?} is stored, not {should_be:?}", user.stored));
            }
            let Some(told) = &user.told else { continue };
            for complaint in &told.complaints {
                self.lost(format!("the way of {email}: {complaint}"));
            }
            if (told.done || told.signed_in) && done == 0 {
                self.lost(format!("the choice of {email}, who was told that it is set"));
            }
            if told.signs_in != (done > 0) {
                self.lost(format!("the way in of {email}: {} recoveries are complete", done));
            }
        }
    }
}

type IsOf = fn(&About) -> bool;

const LETTERS: [(&str, IsOf, &str); 2] = [
    ("username.username_sent", |about| matches!(about, About::Reminder(_)), "mails with a username"),
    ("password.completed", |about| *about == About::Changed, "notices in all"),
];

/// The lines of one event, by flow.
fn events<'a>(evidence: &'a Evidence, event: &str) -> BTreeMap<&'a [u8], &'a Line> {
    let lines = evidence.audit.iter().filter(|line| line.event == event);
    lines.map(|line| (line.flow.as_slice(), line)).collect()
}

/// Completed recoveries, by the address that their link went to.
fn completions(evidence: &Evidence) -> BTreeMap<&str, usize> {
    let ended = evidence.flows.iter().filter(|flow| flow.state == "completed");
    let ended: BTreeSet<&[u8]> = ended.map(|flow| flow.id.as_slice()).collect();
    let mut links: BTreeMap<&[u8], &str> = BTreeMap::new();
    for mail in &evidence.mails {
        if let About::Link { flow, .. } = &mail.about {
            links.insert(flow, &mail.to);
        }
    }
    let mut completions: BTreeMap<&str, usize> = BTreeMap::new();
    for owner in ended.iter().filter_map(|flow| links.get(flow)) {
        *completions.entry(owner).or_default() += 1;
    }
    completions
}

/// By purpose: asks that were answered, and asks that were not.
fn asks(evidence: &Evidence) -> [(&'static str, usize, usize); 2] {
    let told = || evidence.users.iter().filter_map(|user| user.told.as_ref());
    let sum = |numbers: &mut dyn Iterator<Item = u32>| usize::try_from(numbers.sum::<u32>()).unwrap();
    let password = told().map(|told| told.asks_for_password);
    let username = told().map(|told| told.asks_for_username);
    [
        (
            "password",
            sum(&mut password.clone().map(|asks| asks.answered)),
            sum(&mut password.map(|asks| asks.unclear)),
        ),
        (
            "username",
            sum(&mut username.clone().map(|asks| asks.answered)),
            sum(&mut username.map(|asks| asks.unclear)),
        ),
    ]
}

fn counts(evidence: &Evidence) -> String {
    let told = || evidence.users.iter().filter_map(|user| user.told.as_ref());
    let state = |wanted: &str| evidence.flows.iter().filter(|flow| flow.state == wanted).count();
    let ids: BTreeSet<&str> = evidence.mails.iter().map(|mail| mail.id.as_str()).collect();
    let [password, username] = asks(evidence);
    format!(
        "{} people, {} got through, {} were told so, {} choices without an answer; {} asks answered, {} not; \
         {} flows: {} completed, {} superseded, {} open; {} audit lines; {} mails, {} of them twice under one id; \
         {} bystanders",
        told().count(),
        told().filter(|told| told.signed_in).count(),
        told().filter(|told| told.done).count(),
        told().filter(|told| told.unclear_choice).count(),
        password.1 + username.1,
        password.2 + username.2,
        evidence.flows.len(),
        state("completed"),
        state("superseded"),
        state("link_sent"),
        evidence.audit.len(),
        ids.len(),
        evidence.mails.len() - ids.len(),
        evidence.users.iter().filter(|user| user.told.is_none()).count(),
    )
}

fn name(flow: &Flow) -> String {
    format!("{} ({})", hex(&flow.id), flow.state)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
