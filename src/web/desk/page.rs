//! The desk's pages as templates. Everything that somebody typed is escaped.

use super::act::RECORDED;
use super::words;
use crate::clock::Timestamp;
use crate::desk::case::{Case, CaseEventKind, CaseState, Destination, Evidence, EvidenceKind, Need, Origin};
use crate::desk::{CaseSummary, CaseView, Ial, LONGEST_TEXT, Page, Staff, StaffId};
use crate::language::Language;
use crate::web::page::Frame;
use askama::Template;

#[derive(Template)]
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
#[template(path = "web/desk_queue.html")]
pub(in crate::web) struct QueuePage<'a> {
    pub(in crate::web) frame: Frame<'a>,
    pub(in crate::web) cases: Vec<Row>,
    pub(in crate::web) next: Option<String>,
    pub(in crate::web) is_first: bool,
}

/// A case in the queue, in words.
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
pub(in crate::web) struct Row {
    pub(in crate::web) id: String,
    pub(in crate::web) number: String,
    pub(in crate::web) age: String,
    pub(in crate::web) line: String,
    pub(in crate::web) overdue: Option<String>,
}

impl<'a> QueuePage<'a> {
    pub(in crate::web) fn new(frame: Frame<'a>, said: &Language, page: &Page, goes_on: bool) -> Self {
        let next = page.next.map(|place| place.to_string());
        let cases = page.cases.iter().map(|case| Row::of(case, said)).collect();
        Self { frame, cases, next, is_first: !goes_on }
    }
}

impl Row {
    fn of(case: &CaseSummary, said: &Language) -> Self {
        let mut state = said.text(words::state(case.state)).to_owned();
        if let Some(until) = case.waits_until {
            state = said.fill("desk.state-until", &[("state", &state), ("until", &said.moment(until))]);
        }
        if let Some(assignee) = &case.assignee {
            state = format!("{state} ({})", assignee.as_str());
        }
        let origin = said.text(words::origin(case.origin));
        Self {
            id: case.id.to_string(),
            number: case.number.clone(),
            age: said.length(case.age),
            line: said.fill("desk.line", &[("state", &state), ("origin", origin)]),
            overdue: case.overdue.map(|overdue| said.text(words::overdue(overdue)).to_owned()),
        }
    }
}

/// Something to choose: its code and its words.
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
pub(in crate::web) struct Choice {
    pub(in crate::web) code: String,
    pub(in crate::web) words: String,
}

/// Something with who wrote it and when.
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
pub(in crate::web) struct Written {
    pub(in crate::web) words: String,
    pub(in crate::web) by: String,
    pub(in crate::web) at: String,
}

#[derive(Template)]
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
#[template(path = "web/desk_case.html")]
pub(in crate::web) struct CasePage<'a> {
    pub(in crate::web) frame: Frame<'a>,
    pub(in crate::web) id: String,
    pub(in crate::web) version: u64,
    pub(in crate::web) number: String,
    pub(in crate::web) state: String,
    pub(in crate::web) origin: String,
    pub(in crate::web) opened: String,
    pub(in crate::web) overdue: Option<String>,
    pub(in crate::web) assignee: Option<String>,
    pub(in crate::web) me: String,
    pub(in crate::web) account: Option<String>,
    pub(in crate::web) level_needed: Option<String>,
    pub(in crate::web) plea: Option<String>,
    pub(in crate::web) reach: Option<String>,
    pub(in crate::web) approval: Vec<String>,
    pub(in crate::web) evidence: Vec<Written>,
    pub(in crate::web) notes: Vec<Written>,
    pub(in crate::web) log: Vec<Written>,
    pub(in crate::web) kinds: Vec<Choice>,
    pub(in crate::web) levels: Vec<Choice>,
    pub(in crate::web) needs: Vec<Choice>,
    pub(in crate::web) destinations: Vec<Choice>,
    pub(in crate::web) longest: usize,
    pub(in crate::web) may_concern: bool,
    pub(in crate::web) may_assign: bool,
    pub(in crate::web) may_note: bool,
    pub(in crate::web) may_record: bool,
    pub(in crate::web) may_approve: bool,
    pub(in crate::web) may_end: bool,
}

impl<'a> CasePage<'a> {
    pub(in crate::web) fn new(frame: Frame<'a>, said: &Language, view: &CaseView, me: &Staff) -> Self {
        let case = &view.case;
        let follows = |event: CaseEventKind| view.takes(event);
        let plea = case.plea();
        Self {
            frame,
            id: case.id().to_string(),
            version: case.version(),
            number: case.number(),
            state: state(case, said),
            origin: origin(case.origin(), said),
            opened: at(case.opened_at(), said),
            overdue: view.overdue.map(|overdue| said.text(words::overdue(overdue)).to_owned()),
            assignee: case.assignee().map(name),
            me: name(&me.id),
            account: case.account().map(|account| account.as_str().to_owned()),
            level_needed: view.level_needed.map(|level| said.text(words::level(level)).to_owned()),
            plea: plea.map(|plea| plea.text.as_str().to_owned()),
            reach: plea.and_then(|plea| plea.reach.as_ref()).map(|reach| reach.as_str().to_owned()),
            approval: approval(view, said),
            evidence: case.evidence().iter().map(|shown| evidence(shown, said)).collect(),
            notes: notes(case, said),
            log: log(case, said),
            kinds: choices(EvidenceKind::ALL, said, |kind| (kind.code(), words::evidence(kind))),
            levels: choices(Ial::ALL, said, |level| (level.code(), words::level(level))),
            needs: choices(Need::ALL, said, |need| (need.code(), words::need(need))),
            destinations: destinations(view, said),
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

fn at(at: Timestamp, said: &Language) -> String {
    said.moment(at.to_datetime())
}

fn choices<T: Copy>(
    all: &[T],
    said: &Language,
    words: impl Fn(T) -> (&'static str, &'static str),
) -> Vec<Choice> {
    let choice =
        |(code, key): (&str, &str)| Choice { code: code.to_owned(), words: said.text(key).to_owned() };
    all.iter().map(|one| choice(words(*one))).collect()
}

fn state(case: &Case, said: &Language) -> String {
    let words = said.text(words::state(case.state().kind()));
    match case.state() {
        CaseState::Approved(approval) => {
            said.fill("desk.state-until", &[("state", words), ("until", &at(approval.until, said))])
        }
        CaseState::Lapsed(why) => format!("{words}: {}", said.text(words::lapse(*why))),
        _ => words.to_owned(),
    }
}

fn origin(origin: &Origin, said: &Language) -> String {
    let words = said.text(words::origin(origin.kind()));
    match origin {
        Origin::Staff(opener) => format!("{words}: {}", opener.as_str()),
        Origin::Escalated(why) => {
            said.fill("desk.escalated", &[("origin", words), ("reason", said.text(words::reason(*why)))])
        }
        _ => words.to_owned(),
    }
}

/// What was agreed on, while it waits.
fn approval(view: &CaseView, said: &Language) -> Vec<String> {
    let CaseState::Approved(approval) = view.case.state() else { return Vec::new() };
    let to = match &approval.to {
        Destination::New(address) => said.fill("desk.to-new", &[("address", address.as_str())]),
        Destination::OnFile(wanted) => {
            let hint = view.addresses.iter().find(|hint| hint.address == *wanted);
            hint.map_or_else(
                || said.text("desk.to-gone").to_owned(),
                |hint| {
                    let kind = said.text(words::kind(hint.kind));
                    said.fill("desk.to-on-file", &[("address", &hint.hint), ("kind", kind)])
                },
            )
        }
    };
    let by = said.fill("desk.decided-by", &[("by", approval.by.as_str())]);
    vec![said.text(words::need(approval.need)).to_owned(), to, by]
}

fn evidence(evidence: &Evidence, said: &Language) -> Written {
    let finding = &evidence.finding;
    let shown = [
        ("evidence", said.text(words::evidence(finding.kind))),
        ("level", said.text(words::level(finding.level))),
        ("need", said.text(words::need(finding.need))),
    ];
    let mut words = said.fill("desk.shown", &shown);
    if let Some(address) = &finding.new_address {
        let named = [("kind", said.text(words::kind(address.kind()))), ("address", address.as_str())];
        words.push(' ');
        words.push_str(&said.fill("desk.shown-address", &named));
    }
    Written { words, by: name(&evidence.by), at: at(evidence.at, said) }
}

fn notes(case: &Case, said: &Language) -> Vec<Written> {
    let note = |note: &crate::desk::case::Note| Written {
        words: note.text.as_str().to_owned(),
        by: name(&note.by),
        at: at(note.at, said),
    };
    case.notes().iter().map(note).collect()
}

fn log(case: &Case, said: &Language) -> Vec<Written> {
    let entry = |entry: &crate::desk::case::Entry| Written {
        words: said.text(words::event(entry.event)).to_owned(),
        by: entry.by.as_ref().map_or_else(|| said.text("desk.by-itself").to_owned(), name),
        at: at(entry.at, said),
    };
    case.log().iter().map(entry).collect()
}

fn destinations(view: &CaseView, said: &Language) -> Vec<Choice> {
    let on_file = view.addresses.iter().filter(|hint| hint.takes_links);
    let mut choices: Vec<Choice> = on_file
        .map(|hint| {
            let kind = said.text(words::kind(hint.kind));
            let words = said.fill("desk.choice-on-file", &[("address", &hint.hint), ("kind", kind)]);
            Choice { code: hint.address.to_string(), words }
        })
        .collect();
    let new = view.case.evidence().iter().rev().find_map(|next| next.finding.new_address.as_ref());
    choices.extend(new.map(|address| Choice {
        code: RECORDED.to_owned(),
        words: said.fill("desk.choice-new", &[("address", address.as_str())]),
    }));
    choices
}
