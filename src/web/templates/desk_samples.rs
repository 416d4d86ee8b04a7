//! The pages of the support desk, and of whoever writes to it, in each of their states.

use super::samples::Samples;
use crate::desk::{LONGEST_REACH, LONGEST_TEXT};
use crate::web::Site;
use crate::web::desk::page::{CasePage, Choice, QueuePage, Row, Written};
use crate::web::help::HelpForm;

pub(super) fn all(site: &Site) -> Samples<'_> {
    let mut all: Samples<'_> = vec![Box::new(bare(site)), Box::new(whole(site))];
    for refused in [false, true] {
        let (longest, longest_reach) = (LONGEST_TEXT, LONGEST_REACH);
        all.push(Box::new(HelpForm { frame: site.frame(), longest, longest_reach, refused }));
    }
    for (is_first, cases, next) in
        [(true, Vec::new(), None), (false, Vec::new(), None), (true, rows(), Some("1.2".to_owned()))]
    {
        all.push(Box::new(QueuePage { frame: site.frame(), cases, next, is_first }));
    }
    all
}

fn rows() -> Vec<Row> {
    let row = |overdue: Option<&str>| Row {
        id: "0a".repeat(16),
        number: "K7QW-2MZD".to_owned(),
        age: "3 hours".to_owned(),
        line: "Nobody has taken it yet. A person wrote.".to_owned(),
        overdue: overdue.map(str::to_owned),
    };
    vec![row(None), row(Some("Overdue: nobody has taken it"))]
}

/// A case that has ended, of which nothing is known.
fn bare(site: &Site) -> CasePage<'_> {
    CasePage {
        frame: site.frame(),
        id: "0a".repeat(16),
        version: 7,
        number: "K7QW-2MZD".to_owned(),
        state: "Lapsed".to_owned(),
        origin: "A person wrote".to_owned(),
        opened: "27 March 1985 at 10:30 UTC".to_owned(),
        overdue: None,
        assignee: None,
        me: "ida".to_owned(),
        account: None,
        level_needed: None,
        plea: None,
        reach: None,
        approval: Vec::new(),
        evidence: Vec::new(),
        notes: Vec::new(),
        log: Vec::new(),
        kinds: Vec::new(),
        levels: Vec::new(),
        needs: Vec::new(),
        destinations: Vec::new(),
        longest: LONGEST_TEXT,
        may_concern: false,
        may_assign: false,
        may_note: false,
        may_record: false,
        may_approve: false,
        may_end: false,
    }
}

/// All that a case can have, and all that can follow.
pub(super) fn whole(site: &Site) -> CasePage<'_> {
    let text = |text: &str| text.to_owned();
    let written = || Written { words: text("Called <back>."), by: text("jon"), at: text("27 March 1985") };
    let choice = || Choice { code: text("code"), words: text("Its words") };
    CasePage {
        overdue: Some(text("Overdue: nobody has decided it")),
        assignee: Some(text("ida")),
        account: Some(text("id-<ana>")),
        level_needed: Some(text("IAL1")),
        plea: Some(text("My phone is <gone>.")),
        reach: Some(text("555 0100")),
        approval: vec![text("A new password")],
        evidence: vec![written()],
        notes: vec![written()],
        log: vec![written()],
        kinds: vec![choice()],
        levels: vec![choice()],
        needs: vec![choice()],
        destinations: vec![choice()],
        may_concern: true,
        may_assign: true,
        may_note: true,
        may_record: true,
        may_approve: true,
        may_end: true,
        ..bare(site)
    }
}
