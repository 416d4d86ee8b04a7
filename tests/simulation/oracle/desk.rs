//! Cases of the support desk: two people and a waiting time before anything goes out, then one thing, once; and nothing after
//! "this wasn't me".

use super::{Book, Oracle, short};
use crate::clock::NodeClock;
use crate::desk::{ENROLLED, WAIT};
use crate::profile::Clocks;
use crate::stage::{SECOND, counted};
use futures_util::FutureExt as _;
use regain::RecoveryError;
use regain::audit::AuditRecord;
use regain::desk::case::{Finding, Need, Whither};
use regain::desk::{CaseView, DeskError, PleaReceipt, Staff};
use regain::flow::FlowRecord;
use regain::ids::{AccountId, DocumentId, FlowId};
use regain::store::{Commit, Document, DocumentKind, FlowStore as _, FlowWrite};
use std::collections::{BTreeMap, BTreeSet};

/// What somebody of the staff is doing.
#[derive(Clone)]
pub struct Does {
    pub staff: Staff,
    pub what: &'static str,
    pub finding: Option<Finding>,
    pub decision: Option<Decided>,
}

type Decided = regain::desk::Decision;

impl Does {
    pub fn new(staff: &Staff, what: &'static str) -> Self {
        Self { staff: staff.clone(), what, finding: None, decision: None }
    }
}

/// A case, by the lines of the audit record and by what staff said when they called.
pub struct CaseSeen {
    version: u64,
    state: String,
    account: Option<AccountId>,
    /// Who opened it, named its account or recorded evidence.
    involved: BTreeSet<String>,
    evidence: Vec<(String, Finding)>,
    approval: Option<ApprovalSeen>,
}

#[derive(Clone)]
struct ApprovalSeen {
    since: u64,
    /// When, by the node's clock and truly.
    reading: i64,
    truly: i64,
    decision: Decided,
    /// The address that the evidence names, for a link that goes to a new one.
    to: Option<String>,
}

/// What a link of the desk rests on.
#[derive(Clone)]
pub struct DeskLink {
    pub(super) approved: u64,
    /// The account's factor was found to be lost.
    pub(super) waives: bool,
    /// Where it goes, if that is no address on file.
    pub(super) to: Option<String>,
}

fn is_end(state: &str) -> bool {
    matches!(state, "acted" | "refused" | "disputed" | "lapsed" | "withdrawn")
}

impl Oracle {
    /// An account belongs to one of the staff.
    pub fn employs(&self, account: &AccountId, own: &Staff) {
        self.book().employed.insert(account.clone(), own.clone());
    }

    pub fn staff_acts(&self, does: Does) {
        self.book().staffing.insert(self.stage.doing().id, does);
    }

    /// Nobody acts on an account of their own, or of somebody above them; nor sees a case about one.
    fn may_act(&self, book: &Book, does: &Does, account: Option<&AccountId>) {
        let own = account.and_then(|account| book.employed.get(account));
        let fits = own.is_none_or(|own| own.id != does.staff.id && own.role <= does.staff.role);
        self.hold("nobody acts on an account of their own or above their role", fits, || {
            format!("{} {} on {account:?}", does.staff.id.as_str(), does.what)
        });
    }

    pub fn staff_answered(&self, answer: &Result<CaseView, DeskError>) {
        let book = self.book();
        let Some(does) = book.staffing.get(&self.stage.doing().id) else { return };
        match answer {
            Ok(view) => self.may_act(&book, does, view.case.account()),
            Err(DeskError::Unavailable) => {
                self.hold("the desk fails for a cause", self.failed(), || does.what.to_owned());
            }
            Err(DeskError::Refused(why)) => {
                self.stage.tally("steps of cases refused");
                self.stage.note(&format!("  {why}"));
            }
            Err(_) => {}
        }
    }

    /// Somebody wrote to the desk. Nothing of it is looked up: it is the same whoever it is.
    pub fn asked_for_help(&self, answer: &Result<PleaReceipt, RecoveryError>) {
        let doing = self.stage.doing();
        let none = counted(&doing.account_calls) == 0 && counted(&doing.flow_writes) == 0;
        self.hold("asking for help looks at no account", none, || format!("{answer:?}"));
        let fits = match answer {
            Ok(_) => counted(&doing.commits) == 1,
            Err(RecoveryError::TooManyAttempts { .. }) => counted(&doing.over_budget) == 1,
            Err(RecoveryError::Unavailable) => counted(&doing.errors) == 1,
            Err(_) => false,
        };
        self.hold("an asker learns nothing but what was committed", fits, || format!("{answer:?}"));
        self.stage.tally("pleas");
    }

    /// "This wasn't me", with a letter: what was approved before that is over. A letter does so once.
    pub fn disputed(&self, account: &AccountId, letter: &str, answer: &Result<(), RecoveryError>) {
        let since = self.stage.doing().since;
        let mut book = self.book();
        let first = book.letters.insert(letter.to_owned());
        let left = book.cases.iter().find(|(_, case)| {
            let approved = case.approval.as_ref().is_some_and(|approval| approval.since < since);
            case.account.as_ref() == Some(account) && case.state == "approved" && approved
        });
        let over = !first || answer.is_err() || left.is_none();
        self.hold("a disputed case is over", over, || format!("{:?}", left.map(|(id, _)| short(id))));
        let fits = match answer {
            Err(RecoveryError::Unavailable) => self.failed(),
            Ok(()) | Err(RecoveryError::LinkNotUsable | RecoveryError::TooManyAttempts { .. }) => true,
            Err(_) => false,
        };
        self.hold("a letter is disowned, refused, or fails for a cause", fits, || format!("{answer:?}"));
        self.stage.tally("letters disowned");
    }

    pub(super) fn cases_decided(&self, book: &mut Book, clock: &NodeClock, commit: &Commit) {
        let lines = commit.audit.iter().filter(|line| line.event.starts_with("case."));
        let cases = commit.documents.iter().map(|write| write.document());
        let cases = cases.filter(|row| row.kind == DocumentKind::Case).count();
        let told = lines.clone().count();
        self.hold("each version of a case has one audit line", cases == told, || {
            format!("{told} lines for {cases} cases")
        });
        for line in lines {
            let id = DocumentId::from_bytes(*line.flow.as_bytes());
            let mut rows = commit.documents.iter().map(|write| write.document());
            let row = rows.find(|row| row.kind == DocumentKind::Case && row.id == id);
            match row {
                Some(row) if row.version == line.version => self.case_step(book, clock, commit, line, row),
                _ => self.stage.broken("each version of a case has one audit line", short(line.flow)),
            }
        }
    }

    fn case_step(
        &self,
        book: &mut Book,
        clock: &NodeClock,
        commit: &Commit,
        line: &AuditRecord,
        row: &Document,
    ) {
        let (event, id) = (self.stage.event(), line.flow);
        let step = line.event.trim_start_matches("case.").to_owned();
        let does = book.staffing.get(&self.stage.doing().id).cloned();
        self.stage.note(&format!("  case {} v{} {step}", short(id), row.version));
        self.stage.tally(tally_of(&step));
        let mut case = match book.cases.remove(&id) {
            Some(case) => case,
            None => CaseSeen::begin(),
        };
        let said = || format!("{} from {} to {step}", short(id), case.state);
        self.hold("versions of a case grow one by one", row.version == case.version + 1, said);
        self.hold("a case that has ended stays so", !is_end(&case.state), said);
        let by_staff = line.actor.code() == "staff";
        if by_staff {
            match &does {
                Some(does) => self.may_act(book, does, row.account.as_ref()),
                None => self.stage.broken("staff do what they were seen to do", said()),
            }
        }
        let who = does.as_ref().map(|does| does.staff.id.as_str().to_owned()).unwrap_or_default();
        match step.as_str() {
            "opened" | "concerned" if by_staff => drop(case.involved.insert(who)),
            "evidence_recorded" => {
                case.involved.insert(who.clone());
                let finding = does.as_ref().and_then(|does| does.finding.clone());
                case.evidence.extend(finding.map(|finding| (who, finding)));
            }
            "approved" => {
                self.told_of_case(book, commit, line, row, event);
                let decision = does.as_ref().and_then(|does| does.decision);
                self.legal_approval(&case, &who, decision, id);
                case.approval = decision.map(|decision| ApprovalSeen {
                    since: event,
                    reading: line.at.millis(),
                    truly: self.stage.now(),
                    decision,
                    to: case.new_address().filter(|_| decision.to == Whither::Recorded),
                });
            }
            "acted" => self.legal_release(book, &case, clock, commit, line),
            "lapsed" => {
                self.hold("only what waits is overtaken", case.state == "approved", || {
                    format!("{} was {}, {:?}", short(id), case.state, line.reason)
                });
            }
            _ => {}
        }
        let is_stay = matches!(step.as_str(), "noted" | "concerned" | "waiting") && !case.state.is_empty();
        if !is_stay {
            case.state = step;
        }
        case.version = row.version;
        case.account.clone_from(&row.account);
        book.cases.insert(id, case);
    }

    /// Every address on file hears that a case waits.
    fn told_of_case(&self, book: &Book, commit: &Commit, line: &AuditRecord, row: &Document, event: u64) {
        let letters = commit.mails.iter().filter(|mail| mail.letter == "case_waiting").count();
        let account = row.account.as_ref().and_then(|account| book.accounts.get(account));
        let since = self.stage.doing().since;
        let told = account
            .is_some_and(|seen| seen.between(since, event).any(|facts| facts.addresses.len() == letters));
        self.hold("a case that waits is told to every address on file", told, || {
            format!("case {} with {letters} notices", short(line.flow))
        });
    }

    /// Somebody signed in, or recovered: what waited for the same account before is over.
    pub(super) fn no_older_case(&self, book: &Book, account: &AccountId, began: u64) {
        let left = book.cases.iter().find(|(_, case)| {
            let before = case.approval.as_ref().is_some_and(|approval| approval.since < began);
            case.account.as_ref() == Some(account) && case.state == "approved" && before
        });
        self.hold("a sign-in ends what waits for the account", left.is_none(), || {
            format!("case {:?} of {}", left.map(|(id, _)| short(id)), account.as_str())
        });
    }

    /// SD-3, SD-4.
    fn legal_approval(&self, case: &CaseSeen, who: &str, decision: Option<Decided>, id: FlowId) {
        let said = || format!("case {} by {who}, involved {:?}", short(id), case.involved);
        let Some(decision) = decision else {
            return self.stage.broken("a case is approved by somebody who decides", said());
        };
        self.hold("two people decide", !case.involved.contains(who) && !case.involved.is_empty(), said);
        let strong = case.evidence.iter().filter(|(_, finding)| finding.level >= ENROLLED);
        let fits = |finding: &Finding| decision.need == Need::Password || finding.need == Need::LostFactor;
        let shown = strong.clone().any(|(_, finding)| fits(finding));
        self.hold("evidence is as strong as the enrolment, and for just this", shown, said);
    }

    /// SD-5: the waiting is over, nobody objected, and one link goes out to where two people agreed.
    fn legal_release(
        &self,
        book: &Book,
        case: &CaseSeen,
        clock: &NodeClock,
        commit: &Commit,
        line: &AuditRecord,
    ) {
        let said = || format!("case {} was {}", short(line.flow), case.state);
        self.hold("what is released was approved, once", case.state == "approved", said);
        let Some(approval) = &case.approval else { return };
        let until = approval.reading + i64::try_from(WAIT.whole_milliseconds()).unwrap_or(i64::MAX);
        let reading = clock.highest_since(approval.since);
        self.hold("nothing is released before the waiting is over", reading >= until, || {
            format!("case {} waits until {until}, the clock showed {reading}", short(line.flow))
        });
        let waited = self.stage.now() - approval.truly + 3 * SECOND >= until - approval.reading;
        let steady = self.clocks == Clocks::Steady;
        self.hold("nothing is released before the waiting is over", waited || !steady, said);
        let disputed = case.account.as_ref().is_some_and(|account| book.disowned.contains(account));
        self.hold("nothing is released after this wasn't me", !disputed, said);
        let begun: Vec<&FlowRecord> = commit
            .flows
            .iter()
            .filter_map(|write| match write {
                FlowWrite::Insert(row) => Some(row),
                FlowWrite::Update(_) => None,
            })
            .collect();
        let one = begun.len() == 1 && begun[0].live_link && begun[0].account == case.account;
        self.hold("a release begins one link of the account", one, said);
        let mails = begun.first().map_or(0, |row| {
            let of_link =
                |mail: &&regain::store::OutboxMail| mail.flow == row.id && mail.letter == "recovery_link";
            commit.mails.iter().filter(of_link).count()
        });
        self.hold("a release sends one link", mails == 1, || format!("{}, {mails} mails", said()));
    }

    /// What a link rests on that begins in this commit without an ask.
    pub(super) fn desk_link(&self, book: &Book, commit: &Commit, row: &FlowRecord) -> Option<DeskLink> {
        let acted = commit.audit.iter().filter(|line| line.event == "case.acted");
        let mut cases = acted.filter_map(|line| book.cases.get(&line.flow));
        let case = cases.find(|case| row.account.is_some() && case.account == row.account)?;
        let approval = case.approval.as_ref()?;
        Some(DeskLink {
            approved: approval.since,
            waives: approval.decision.need == Need::LostFactor,
            to: approval.to.clone(),
        })
    }

    /// At the end: what was approved has come to its end, and the tables have each case as it was written last.
    pub(super) fn cases_are_over(&self, book: &Book) {
        for (id, case) in &book.cases {
            let held = case.account.as_ref().is_some_and(|account| book.disowned.contains(account));
            self.hold("an approved case comes to its end", case.state != "approved" || held, || {
                format!("case {} of {:?}", short(id), case.account)
            });
            let name = DocumentId::from_bytes(*id.as_bytes());
            let stored = self.store.document(&self.realm, DocumentKind::Case, name);
            let stored = stored.now_or_never().and_then(Result::ok).flatten();
            let as_written = stored.as_ref().is_some_and(|row| {
                row.version == case.version && row.open != is_end(&case.state) && row.account == case.account
            });
            self.hold("what is committed is stored", as_written, || format!("case {} {stored:?}", short(id)));
        }
        let lines = self.store.audit_after(&self.realm, 0, u32::MAX).now_or_never().and_then(Result::ok);
        let mut told: BTreeMap<FlowId, u64> = BTreeMap::new();
        for (_, line) in lines.into_iter().flatten().filter(|(_, line)| line.event.starts_with("case.")) {
            *told.entry(line.flow).or_default() += 1;
        }
        let expected = book.cases.iter().map(|(id, case)| (*id, case.version)).collect();
        self.hold("each version of a case has one audit line", told == expected, || {
            format!("{} of {} cases", told.len(), book.cases.len())
        });
    }
}

impl CaseSeen {
    fn begin() -> Self {
        Self {
            version: 0,
            state: String::new(),
            account: None,
            involved: BTreeSet::new(),
            evidence: Vec::new(),
            approval: None,
        }
    }

    fn new_address(&self) -> Option<String> {
        let mut named = self.evidence.iter().rev().filter_map(|(_, finding)| finding.new_address.as_ref());
        named.next().map(|address| super::text(address).to_owned())
    }
}

fn tally_of(step: &str) -> &'static str {
    match step {
        "opened" => "cases opened",
        "approved" => "cases approved",
        "acted" => "cases released",
        "disputed" => "cases disputed",
        "lapsed" => "cases overtaken",
        "refused" | "withdrawn" => "cases refused or withdrawn",
        _ => "other steps of cases",
    }
}
