//! What has to be true of the remains: at any moment, and at the end of the story.

use crate::check_helped::{cases_are_whole, factors_are_as_told, factors_are_bound, helped};
use crate::people::{DEE, EVERYBODY, email, is, nth_password};
use crate::remains::Remains;
use crate::stories::{Asker, Does};
use regain::audit::AuditRecord;
use regain::clock::Timestamp;
use regain::flow::{FlowRecord, RecoveryFlow, StateKind};
use regain::store::Depth;
use std::collections::BTreeMap;

/// What was found to be wrong.
#[derive(Default)]
pub struct Findings(pub Vec<String>);

impl Findings {
    pub fn expect(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.0.push(otherwise());
        }
    }
}

/// The state that a line says its flow moved to.
fn state(line: &AuditRecord) -> &str {
    line.event.split_once('.').map_or("", |(_, state)| state)
}

/// Whether one state may follow another one.
fn may_follow(before: &str, next: &str) -> bool {
    match before {
        "requested" => {
            ["dismissed", "escalated", "username_sent", "link_sent", "shared", "expired"].contains(&next)
        }
        "link_sent" => ["link_sent", "factor_proven", "password_chosen", "expired", "superseded", "disowned"]
            .contains(&next),
        "factor_proven" => ["password_chosen", "expired", "superseded", "disowned"].contains(&next),
        "password_chosen" => ["completed", "superseded"].contains(&next),
        _ => false,
    }
}

fn is_end(state: &str) -> bool {
    StateKind::from_code(state).is_some_and(StateKind::is_end)
}

/// True at any moment, a process may have exited a moment ago.
pub fn at_any_moment(remains: &Remains, findings: &mut Findings) {
    let lines = remains.lines();
    audit_is_whole(remains, &lines, findings);
    for (id, flow) in &remains.flows {
        flow_is_legal(flow, lines.get(id).map_or(&[], Vec::as_slice), findings);
        mail_is_somewhere(remains, id, flow, findings);
    }
    asks_are_whole(remains, findings);
    nobody_got_two(remains, findings);
    passwords_are_chosen(remains, findings);
    for who in remains.story.cast {
        factors_are_bound(remains, who, findings);
        cases_are_whole(remains, who, findings);
    }
}

/// One line for each version of each flow, in order, and no flow without lines.
fn audit_is_whole(remains: &Remains, lines: &BTreeMap<Vec<u8>, Vec<&AuditRecord>>, findings: &mut Findings) {
    let positions: Vec<u64> = remains.audit.iter().map(|(position, _)| *position).collect();
    let expected: Vec<u64> = (1..).take(positions.len()).collect();
    findings.expect(positions == expected, || format!("the audit record has gaps: {positions:?}"));
    let report = &remains.report;
    findings.expect(report.findings.is_empty(), || format!("the audit record was changed: {report:?}"));
    for (id, lines) in lines {
        let versions: Vec<u64> = lines.iter().map(|line| line.version).collect();
        let whole: Vec<u64> = (1..).take(versions.len()).collect();
        findings.expect(versions == whole, || format!("a flow's lines are for versions {versions:?}"));
        for pair in lines.windows(2) {
            let (before, next) = (state(pair[0]), state(pair[1]));
            findings.expect(may_follow(before, next), || format!("{next} came after {before}"));
        }
        let last = lines[lines.len() - 1];
        let swept = is_end(state(last)) && lines[0].at < Timestamp::from(remains.story.youth_begins());
        let there = remains.flows.contains_key(id);
        findings.expect(there || swept, || format!("a flow is gone that was {}", last.event));
    }
}

fn flow_is_legal(flow: &FlowRecord, lines: &[&AuditRecord], findings: &mut Findings) {
    let told = lines.last().map(|line| (line.version, state(line)));
    let stored = (flow.version, flow.state.as_str());
    findings.expect(told == Some(stored), || format!("a flow is {stored:?}, its last line says {told:?}"));
    findings.expect(RecoveryFlow::try_from(flow.clone()).is_ok(), || format!("no flow is like {flow:?}"));
    let carries = flow.sealed.is_some() || flow.digest.is_some() || flow.epoch.is_some();
    let ended = is_end(&flow.state);
    findings.expect(!(ended && (carries || flow.live_link)), || format!("{stored:?} still carries secrets"));
    findings.expect(ended == flow.due_at.is_none(), || format!("{stored:?}, due at {:?}", flow.due_at));
    let keeps_typed = matches!(flow.state.as_str(), "requested" | "password_chosen");
    findings.expect(keeps_typed == flow.sealed.is_some(), || format!("{stored:?}: what is sealed in it?"));
}

/// A mail that is due waits, was handed over, or was given up where the host sees it.
fn mail_is_somewhere(remains: &Remains, id: &[u8], flow: &FlowRecord, findings: &mut Findings) {
    let arrived = match flow.state.as_str() {
        "link_sent" => arrived_for(remains, id).len(),
        // These mails do not name their flow: those of `end` count them for each person.
        "username_sent" => remains.arrived(|mail| mail.subject.contains("username")).len(),
        "completed" => remains.arrived(|mail| mail.subject.contains("changed")).len(),
        _ => return,
    };
    // The mail that lists several links is that of the ask.
    let lists = |flow: &Vec<u8>| remains.flows.get(flow).is_some_and(|flow| flow.state == "shared");
    let listed = remains.lines()[id].first().is_some_and(|line| state(line) == "link_sent");
    let waits = remains.waiting.iter().any(|flow| flow == id || (listed && lists(flow)));
    let dead = remains.dead.iter().any(|letter| letter.flow.as_bytes() == id);
    let state = &flow.state;
    findings.expect(arrived > 0 || waits || dead, || format!("{state}, and its mail is nowhere"));
}

/// The `Message-ID`s of the mails with this flow's link.
fn arrived_for<'a>(remains: &'a Remains, id: &[u8]) -> Vec<&'a str> {
    remains.arrived(|mail| mail.tokens().iter().any(|token| token.flow().as_bytes() == id))
}

/// An ask that was answered is there; one whose answer was lost is there or not.
fn asks_are_whole(remains: &Remains, findings: &mut Findings) {
    let (tried, answered) = remains.tries(|does| matches!(does, Does::AskPassword(_) | Does::AskUsername(_)));
    let requested = remains.audit.iter().filter(|(_, line)| state(line) == "requested").count();
    findings.expect((answered..=tried).contains(&requested), || {
        format!("{answered} asks were answered, {tried} tried, {requested} are on record")
    });
}

fn nobody_got_two(remains: &Remains, findings: &mut Findings) {
    for id in remains.lines().keys() {
        let ids = arrived_for(remains, id);
        findings.expect(ids.len() < 2, || format!("one link came as {ids:?}"));
    }
    for id in &remains.delivered {
        findings.expect(remains.mails.contains_key(id), || format!("mail {id} was taken over and is gone"));
    }
    findings.expect(remains.mails.values().all(|mail| mail.to != email(DEE)), || "Dee got mail".into());
}

/// Set once at most, and nothing but what was chosen.
fn passwords_are_chosen(remains: &Remains, findings: &mut Findings) {
    for who in remains.story.cast {
        let times = remains.passwords.iter().filter(|(account, _)| account == who).count();
        let begun = remains.acts_tried(|does| does.sets_password_of() == Some(who));
        findings.expect(times <= begun, || format!("the password of {who} was stored {times} times"));
        let stored = remains.accounts[who].password.as_ref();
        let wanted = nth_password(times);
        findings.expect(stored.is_some_and(|stored| is(&wanted, stored)), || {
            format!("{who} has another password than the right one")
        });
    }
}

/// True when the story has ended.
pub fn at_the_end(remains: &Remains, findings: &mut Findings) {
    let depth = remains.depth;
    findings.expect(depth == Depth::default(), || format!("something waits for ever: {depth:?}"));
    let (lines, report) = (remains.audit.len() as u64, &remains.report);
    findings.expect((report.records, report.open) == (lines, 0), || format!("not all is closed: {report:?}"));
    let (_, answered) = remains.tries(|_| true);
    findings.expect(answered == remains.story.acts.len(), || format!("{answered} acts were answered"));
    let month = Timestamp::from(remains.story.youth_begins());
    let old = remains.flows.values().filter(|flow| flow.created_at < month).count();
    findings.expect(old == 0, || format!("{old} flows were not swept"));
    for asker in remains.story.askers {
        ended_as_they_should(remains, asker, findings);
    }
    let disowned = remains.audit.iter().filter(|(_, line)| line.event == "account.disowned").count();
    findings
        .expect(disowned == remains.story.disowned, || format!("one letter was disowned {disowned} times"));
    for (who, end) in remains.story.listed {
        listed_each_time(remains, who, end, findings);
    }
    for who in remains.story.cast {
        finished(remains, who, findings);
        factors_are_as_told(remains, who, findings);
    }
    for (who, end) in remains.story.cases {
        helped(remains, who, end, findings);
    }
}

impl Asker {
    fn asks(&self, does: Does) -> bool {
        match does {
            Does::AskUsername(who) => self.purpose == "username" && self.who == Some(who),
            Does::AskPassword(typed) => {
                let name = typed.split('@').next();
                let who = EVERYBODY.into_iter().find(|who| name == Some(who));
                self.purpose == "password" && self.who == who
            }
            _ => false,
        }
    }
}

/// Of all flows of one asker, one ended so; the others, of asks that were tried again, in a way that may be.
fn ended_as_they_should(remains: &Remains, asker: &Asker, findings: &mut Findings) {
    let Asker { ends, end, .. } = asker;
    let name = format!("{}, {}", asker.who.unwrap_or("nobody"), asker.purpose);
    let account = asker.who.map(|who| remains.pseudonyms[who]);
    let all = remains.lines();
    let mine = all.iter().filter(|(_, lines)| {
        let ended = state(lines[lines.len() - 1]);
        let of_purpose = lines[0].event == format!("{}.requested", asker.purpose) && ended != "shared";
        of_purpose && lines[lines.len() - 1].account == account
    });
    let (mut count, mut as_told) = (0, 0);
    for (id, lines) in mine {
        let last = state(lines[lines.len() - 1]);
        count += 1;
        as_told += usize::from(last == *end);
        findings.expect(ends.contains(&last), || format!("{name}: a flow ended as {last}"));
        link_came_once(remains, id, lines, findings);
    }
    let (tried, answered) = remains.tries(|does| asker.asks(does));
    findings.expect((answered..=tried).contains(&count), || {
        format!("{name}: {answered} asks answered, {tried} tried, {count} flows")
    });
    let expected = if ends.len() == 1 { count } else { 1 };
    findings.expect(as_told == expected, || format!("{name}: {as_told} of {count} flows ended as {end}"));
    if asker.purpose == "username" {
        let to = |who| {
            move |mail: &crate::folder::Mail| mail.to == email(who) && mail.subject.contains("username")
        };
        let ids = asker.who.map_or(0, |who| remains.arrived(to(who)).len());
        findings.expect(ids == count, || format!("{name}: {ids} reminders for {count} flows"));
    }
}

/// Of an address that is shared, every ask has a link for each; one ended so, and newer ones took the place of the rest.
fn listed_each_time(remains: &Remains, who: &'static str, end: &str, findings: &mut Findings) {
    let lines = remains.lines();
    let asks = lines.values().filter(|lines| state(lines[lines.len() - 1]) == "shared").count();
    let (tried, answered) = remains.tries(|does| does == Does::AskPassword("fay@example.org"));
    findings.expect((answered..=tried).contains(&asks), || {
        format!("{answered} lists answered, {tried} tried, {asks} on record")
    });
    let account = Some(remains.pseudonyms[who]);
    let begins = |lines: &Vec<&AuditRecord>| lines[0].account == account && state(lines[0]) == "link_sent";
    let mine: Vec<_> = lines.iter().filter(|(_, lines)| begins(lines)).collect();
    findings.expect(mine.len() == asks, || format!("{who}: {} links for {asks} lists", mine.len()));
    let ended = mine.iter().filter(|(_, lines)| state(lines[lines.len() - 1]) == end).count();
    findings.expect(ended == 1, || format!("{who}: {ended} links of lists ended as {end}"));
    for (id, lines) in mine {
        let last = state(lines[lines.len() - 1]);
        findings.expect([end, "superseded"].contains(&last), || format!("{who}: a link ended as {last}"));
        link_came_once(remains, id, lines, findings);
    }
}

/// A link goes out once, unless a newer one overtook it, or the mail system refused it.
fn link_came_once(remains: &Remains, id: &[u8], lines: &[&AuditRecord], findings: &mut Findings) {
    if !lines.iter().any(|line| state(line) == "link_sent") {
        return;
    }
    let dee = remains.pseudonyms.get(DEE);
    let refused = lines.iter().any(|line| dee.is_some() && line.account.as_ref() == dee);
    let last = state(lines[lines.len() - 1]);
    let came = arrived_for(remains, id).len();
    let expected = usize::from(!refused);
    findings.expect(came == expected || (came == 0 && last == "superseded"), || {
        format!("the link of a flow that ended as {last} came {came} times")
    });
}

/// Whoever chose has the new password, and one notice of it.
fn finished(remains: &Remains, who: &'static str, findings: &mut Findings) {
    let times = remains.passwords.iter().filter(|(account, _)| account == who).count();
    let chosen = remains.acts_tried(|does| does.sets_password_of() == Some(who));
    findings.expect(times == chosen, || format!("the password of {who} was stored {times} times"));
    let notices = remains.arrived(|mail| mail.to == email(who) && mail.subject.contains("Your password"));
    let at_address = |does: Does| does.sets_password_of().is_some_and(|name| email(name) == email(who));
    let expected = remains.acts_tried(at_address);
    findings.expect(notices.len() == expected, || format!("notices to {who}: {notices:?}"));
    let sessions = remains.sessions[who];
    let left = u32::from(chosen == 0);
    findings.expect(sessions == left, || format!("{sessions} sessions of {who} went on"));
}
