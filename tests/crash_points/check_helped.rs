//! What has to be true of second factors, and of cases of the support desk.

use crate::check::Findings;
use crate::people::email;
use crate::remains::Remains;
use regain::audit::AuditRecord;
use regain::factor::{FactorKind, FactorState};

/// Letters, by a part of their subjects, and the line of the audit record that each goes with.
const NOTICES: [(&str, &str); 6] = [
    ("account.factor_added", "step was added"),
    ("account.factor_removed", "step was removed"),
    ("account.codes_made", "recovery codes were made"),
    ("case.concerned", "has a case"),
    ("case.approved", "about to get access"),
    ("case.acted", "is closed"),
];

fn of_kind(remains: &Remains, who: &str, kind: FactorKind) -> usize {
    let bound = remains.factors[who].iter().filter(|it| it.state != FactorState::Pending);
    bound.filter(|it| it.kind == kind).count()
}

/// A factor is bound exactly when the audit record says so, each code was used once at most, and every change is told.
pub fn factors_are_bound(remains: &Remains, who: &str, findings: &mut Findings) {
    let count = |event| remains.told(who, event).len();
    let added = count("account.factor_added");
    let lost = count("account.factors_lost") > 0;
    let expected = if lost { 0 } else { added - count("account.factor_removed") };
    let apps = of_kind(remains, who, FactorKind::Totp);
    findings.expect(apps == expected, || format!("{who} has {apps} apps and was told of {expected}"));
    let codes = of_kind(remains, who, FactorKind::RecoveryCodes);
    findings.expect(codes == usize::from(expected > 0), || format!("{who} has {codes} sets of codes"));
    let by_factor = |event| remains.told(who, event).into_iter().filter(|line| line.reason.is_some()).count();
    let accepted = added + by_factor("account.signed_in") + by_factor("account.factor_accepted");
    let shown = remains.shown(who);
    findings.expect(accepted <= shown, || format!("{who} has shown {shown} codes, {accepted} were accepted"));
    let left = remains.factors[who].iter().find_map(|it| it.remaining);
    let paper = remains.told(who, "account.signed_in").into_iter();
    let paper = paper.filter(|line| line.reason.as_deref() == Some("recovery_codes")).count();
    findings.expect(left.is_none_or(|left| left as usize + paper == 10), || {
        format!("{who} has {left:?} codes left and used {paper}")
    });
    for (event, subject) in NOTICES {
        for line in remains.told(who, event) {
            let waits = remains.waiting.iter().any(|flow| flow == line.flow.as_bytes());
            let arrived = remains.arrived(|mail| mail.to == email(who) && mail.subject.contains(subject));
            // The letters of cases do not share a name with the case.
            let some_wait = event.starts_with("case.") && !remains.waiting.is_empty();
            findings.expect(waits || some_wait || !arrived.is_empty(), || {
                format!("{event} of {who}, and its mail is nowhere")
            });
        }
    }
}

/// At the end each change was told once.
pub fn factors_are_as_told(remains: &Remains, who: &str, findings: &mut Findings) {
    let expected = remains.story.apps.iter().find(|(name, _)| *name == who).map_or(0, |(_, apps)| *apps);
    let apps = of_kind(remains, who, FactorKind::Totp);
    findings.expect(apps == expected, || format!("{who} has {apps} apps at the end"));
    for (event, subject) in NOTICES {
        let lines = remains.told(who, event).len();
        let by_staff = |line: &&AuditRecord| line.reason.as_deref() == Some("staff");
        let opened = remains.told(who, "case.opened").into_iter().filter(by_staff).count();
        let lines = lines + if event == "case.concerned" { opened } else { 0 };
        let notices = remains.arrived(|mail| mail.to == email(who) && mail.subject.contains(subject));
        findings
            .expect(notices.len() == lines, || format!("{who}: {lines} times {event}, notices {notices:?}"));
    }
}

/// A case is what its last line says, and a link of the desk goes out with a release.
pub fn cases_are_whole(remains: &Remains, who: &str, findings: &mut Findings) {
    let mine: Vec<&AuditRecord> = remains.audit.iter().map(|(_, line)| line).collect();
    for case in &remains.cases[who] {
        let of_case = |line: &&&AuditRecord| {
            line.event.starts_with("case.") && line.flow.as_bytes() == case.id.as_bytes()
        };
        let versions: Vec<u64> = mine.iter().filter(of_case).map(|line| line.version).collect();
        let whole: Vec<u64> = (1..=case.version).collect();
        findings.expect(versions == whole, || format!("a case's lines are for versions {versions:?}"));
        let last = mine.iter().rfind(|line| of_case(line)).map(|line| line.event.clone());
        let last = last.unwrap_or_default();
        let ended = matches!(last.as_str(), "case.acted" | "case.disputed" | "case.lapsed");
        findings.expect(ended != case.open, || format!("a case is open: {}, after {last}", case.open));
    }
    if remains.story.cases.iter().any(|(name, _)| *name == who) {
        let released = remains.told(who, "case.acted").len();
        let links = remains.told(who, "password.link_sent").len();
        findings.expect(links == released && released <= 1, || {
            format!("{released} cases of {who} were acted on, and {links} links went out")
        });
        let waived = remains.told(who, "account.factors_lost").len();
        let set = remains.told(who, "password.completed").len();
        findings
            .expect(waived == set, || format!("{who}: {set} passwords, {waived} times without the factor"));
    }
}

/// One case ended so, and nobody else of the cast was helped.
pub fn helped(remains: &Remains, who: &str, end: &str, findings: &mut Findings) {
    let ends = remains.told(who, end).len();
    let cases = remains.cases[who].len();
    // "This wasn't me" begins one of its own.
    findings.expect((ends, cases) == (1, 1 + remains.story.disowned), || {
        format!("{who}: {cases} cases, {ends} times {end}")
    });
}
