//! The desk's pages as templates. Everything that somebody typed is escaped.

use super::act::RECORDED;
use super::words;
use crate::account::AddressKind;
use crate::clock::Timestamp;
use crate::desk::case::{Case, CaseEventKind, CaseState, Destination, Evidence, EvidenceKind, Need, Origin};
use crate::desk::{CaseSummary, CaseView, Ial, LONGEST_TEXT, Page, Staff, StaffId};
use crate::mail::{date, length};
use crate::web::page::Frame;
use askama::Template;

#[derive(Template)]
#[template(path = "web/desk_queue.html")]
pub(super) struct QueuePage<'a> {
    frame: Frame<'a>,
    cases: Vec<Row>,
    next: Option<String>,
    is_first: bool,
}

/// A case in the queue, in words.
struct Row {
    id: String,
    number: String,
    state: &'static str,
    origin: &'static str,
    age: String,
    overdue: Option<&'static str>,
    assignee: Option<String>,
    waits_until: Option<String>,
}

impl<'a> QueuePage<'a> {
    pub(super) fn new(frame: Frame<'a>, page: &Page, goes_on: bool) -> Self {
        let next = page.next.map(|place| place.to_string());
        Self { frame, cases: page.cases.iter().map(Row::of).collect(), next, is_first: !goes_on }
    }
}

impl Row {
    fn of(case: &CaseSummary) -> Self {
        Self {
            id: case.id.to_string(),
            number: case.number.clone(),
            state: words::state(case.state),
            origin: words::origin(case.origin),
            age: length(case.age),
            overdue: case.overdue.map(words::overdue),
            assignee: case.assignee.as_ref().map(|staff| staff.as_str().to_owned()),
            waits_until: case.waits_until.map(date),
        }
    }
}

/// Something to choose: its code and its words.
struct Choice {
    code: String,
    words: String,
}

/// Something with who wrote it and when.
struct Written {
    words: String,
    by: String,
    at: String,
}

#[derive(Template)]
#[template(path = "web/desk_case.html")]
pub(super) struct CasePage<'a> {
    frame: Frame<'a>,
    id: String,
    version: u64,
    number: String,
    state: String,
    origin: String,
    opened: String,
    overdue: Option<&'static str>,
    assignee: Option<String>,
    me: String,
    account: Option<String>,
    level_needed: Option<&'static str>,
    plea: Option<String>,
    reach: Option<String>,
    approval: Vec<String>,
    evidence: Vec<Written>,
    notes: Vec<Written>,
    log: Vec<Written>,
    kinds: Vec<Choice>,
    levels: Vec<Choice>,
    needs: Vec<Choice>,
    destinations: Vec<Choice>,
    longest: usize,
    may_concern: bool,
    may_assign: bool,
    may_note: bool,
    may_record: bool,
    may_approve: bool,
    may_end: bool,
}

impl<'a> CasePage<'a> {
    pub(super) fn new(
        frame: Frame<'a>,
        view: &CaseView,
        me: &Staff,
        follows: impl Fn(CaseEventKind) -> bool,
    ) -> Self {
        let case = &view.case;
        let plea = case.plea();
        Self {
            frame,
            id: case.id().to_string(),
            version: case.version(),
            number: case.number(),
            state: state(case),
            origin: origin(case.origin()),
            opened: at(case.opened_at()),
            overdue: view.overdue.map(words::overdue),
            assignee: case.assignee().map(name),
            me: name(&me.id),
            account: case.account().map(|account| account.as_str().to_owned()),
            level_needed: view.level_needed.map(words::level),
            plea: plea.map(|plea| plea.text.as_str().to_owned()),
            reach: plea.and_then(|plea| plea.reach.as_ref()).map(|reach| reach.as_str().to_owned()),
            approval: approval(view),
            evidence: case.evidence().iter().map(evidence).collect(),
            notes: notes(case),
            log: log(case),
            kinds: choices(EvidenceKind::ALL, |kind| (kind.code(), words::evidence(kind))),
            levels: choices(Ial::ALL, |level| (level.code(), words::level(level))),
            needs: choices(Need::ALL, |need| (need.code(), words::need(need))),
            destinations: destinations(view),
            longest: LONGEST_TEXT,
            may_concern: follows(CaseEventKind::Concern),
            may_assign: follows(CaseEventKind::Assign),
            may_note: follows(CaseEventKind::Note),
            may_record: follows(CaseEventKind::RecordEvidence),
            may_approve: follows(CaseEventKind::Approve),
            may_end: follows(CaseEventKind::Refuse),
        }
    }
}

fn name(staff: &StaffId) -> String {
    staff.as_str().to_owned()
}

fn at(at: Timestamp) -> String {
    date(at.to_datetime())
}

fn choices<T: Copy>(all: &[T], words: impl Fn(T) -> (&'static str, &'static str)) -> Vec<Choice> {
    let choice = |(code, words): (&str, &str)| Choice { code: code.to_owned(), words: words.to_owned() };
    all.iter().map(|one| choice(words(*one))).collect()
}

fn state(case: &Case) -> String {
    let words = words::state(case.state().kind());
    match case.state() {
        CaseState::Approved(approval) => format!("{words} until {}", at(approval.until)),
        CaseState::Lapsed(why) => format!("{words}: {}", words::lapse(*why)),
        _ => words.to_owned(),
    }
}

fn origin(origin: &Origin) -> String {
    let words = words::origin(origin.kind());
    match origin {
        Origin::Staff(opener) => format!("{words}: {}", opener.as_str()),
        Origin::Escalated(why) => format!("{words} ({})", why.code().replace('_', " ")),
        _ => words.to_owned(),
    }
}

fn kind(kind: AddressKind) -> &'static str {
    match kind {
        AddressKind::Email => "e-mail",
        AddressKind::Phone => "phone",
        AddressKind::Post => "post",
    }
}

/// What was agreed on, while it waits.
fn approval(view: &CaseView) -> Vec<String> {
    let CaseState::Approved(approval) = view.case.state() else { return Vec::new() };
    let to = match &approval.to {
        Destination::New(address) => format!("to a new address: {}", address.as_str()),
        Destination::OnFile(wanted) => {
            let hint = view.addresses.iter().find(|hint| hint.address == *wanted);
            hint.map_or("to an address that is not on file any more".to_owned(), |hint| {
                format!("to {} ({})", hint.hint, kind(hint.kind))
            })
        }
    };
    vec![words::need(approval.need).to_owned(), to, format!("decided by {}", approval.by.as_str())]
}

fn evidence(evidence: &Evidence) -> Written {
    let finding = &evidence.finding;
    let mut words = format!(
        "{} ({}). {}.",
        words::evidence(finding.kind),
        words::level(finding.level),
        words::need(finding.need)
    );
    if let Some(address) = &finding.new_address {
        words.push_str(&format!(" New address ({}): {}", kind(address.kind()), address.as_str()));
    }
    Written { words, by: name(&evidence.by), at: at(evidence.at) }
}

fn notes(case: &Case) -> Vec<Written> {
    let note = |note: &crate::desk::case::Note| Written {
        words: note.text.as_str().to_owned(),
        by: name(&note.by),
        at: at(note.at),
    };
    case.notes().iter().map(note).collect()
}

fn log(case: &Case) -> Vec<Written> {
    let entry = |entry: &crate::desk::case::Entry| Written {
        words: words::event(entry.event).to_owned(),
        by: entry.by.as_ref().map_or_else(|| "by itself".to_owned(), name),
        at: at(entry.at),
    };
    case.log().iter().map(entry).collect()
}

fn destinations(view: &CaseView) -> Vec<Choice> {
    let on_file = view.addresses.iter().filter(|hint| hint.takes_links);
    let mut choices: Vec<Choice> = on_file
        .map(|hint| Choice {
            code: hint.address.to_string(),
            words: format!("{} ({}, on file)", hint.hint, kind(hint.kind)),
        })
        .collect();
    let new = view.case.evidence().iter().rev().find_map(|next| next.finding.new_address.as_ref());
    choices.extend(new.map(|address| Choice {
        code: RECORDED.to_owned(),
        words: format!("{} (the new address of the evidence)", address.as_str()),
    }));
    choices
}
