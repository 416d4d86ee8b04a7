//! Every commit: versions grow, the dead stay dead, each version has its line, each link its mail.

use super::legal::Passage;
use super::{Book, FlowSeen, LinkSeen, Oracle, short};
use crate::clock::NodeClock;
use crate::stage::{MINUTE, count};
use futures_util::FutureExt as _;
use regain::audit::AuditRecord;
use regain::clock::Timestamp;
use regain::flow::{FlowRecord, StateKind};
use regain::ids::AccountId;
use regain::store::{Claim, Commit, Committed, FlowStore as _, FlowWrite, Sweep};

fn is_end(state: &str) -> bool {
    StateKind::from_code(state).is_none_or(StateKind::is_end)
}

/// Whether a commit came soon after the reading of the clock that its budgets are counted by. One that was held up for
/// minutes in between finds older entries forgotten, and its own is forgotten early: rates are a little higher then.
pub(super) fn is_prompt(clock: &NodeClock, read: Timestamp) -> bool {
    clock.peek() - read.millis() < MINUTE
}

impl Oracle {
    /// A commit has reached the tables; `outcome` is what they made of it.
    pub fn committed(&self, clock: &NodeClock, commit: &Commit, outcome: &Committed) {
        let doing = self.stage.doing();
        let mut book = self.book();
        self.budgets_decided(&mut book, commit, outcome);
        match outcome {
            Committed::OverBudget { .. } => return count(&doing.over_budget, 1),
            Committed::Conflict => {
                self.stage.tally("commits in conflict");
                return;
            }
            Committed::Done => {}
        }
        count(&doing.commits, 1);
        count(&doing.spends, commit.spends.len());
        count(&doing.flow_writes, commit.flows.len());
        if doing.what == "look" {
            self.stage.broken("opening a link writes nothing", format!("{commit:?}"));
        }
        let disowned = commit.audit.iter().filter(|line| line.event == "account.disowned");
        let disowned = disowned.filter_map(|line| book.pseudonyms.get(line.account?.as_bytes()).cloned());
        let disowned: Vec<_> = disowned.collect();
        book.disowned.extend(disowned);
        let late = commit.audit.iter().filter(|line| line.event == "password.set_late");
        let late = late.filter_map(|line| book.pseudonyms.get(line.account?.as_bytes()).cloned());
        let late: Vec<_> = late.collect();
        for id in late {
            self.told_late(&mut book, commit, &id, doing.since);
        }
        self.cases_decided(&mut book, clock, commit);
        self.factors_decided(&mut book, commit);
        self.questions_decided(&mut book, commit);
        self.queued(&mut book, clock, commit);
        for write in &commit.flows {
            self.written(&mut book, clock, commit, write);
        }
        self.one_line_for_each_version(commit);
        self.one_live_link(&book, commit);
        self.settled(&mut book, clock, commit);
        drop(book);
        if !commit.flows.is_empty() || !commit.mails.is_empty() {
            self.stage.ring();
        }
    }

    /// A password was set after its flow had ended: every address on file hears of it.
    fn told_late(&self, book: &mut Book, commit: &Commit, id: &AccountId, since: u64) {
        let event = self.stage.event();
        let notices = commit.mails.iter().filter(|mail| mail.letter == "password_changed").count();
        let Some(account) = book.accounts.get(id) else { return };
        let told = account.between(since, event).any(|facts| facts.addresses.len() == notices);
        self.hold("a password that was set late is told to every address on file", told, || {
            format!("{} with {notices} notices", id.as_str())
        });
        book.told_late.insert(id.clone());
        self.stage.tally("passwords told of late");
    }

    fn written(&self, book: &mut Book, clock: &NodeClock, commit: &Commit, write: &FlowWrite) {
        let (FlowWrite::Insert(row) | FlowWrite::Update(row)) = write;
        self.stage.note(&format!("  flow {} v{} {}", short(row.id), row.version, row.state));
        self.stored_as_written(row);
        let event = self.stage.event();
        if matches!(write, FlowWrite::Insert(_)) {
            self.hold("a flow is inserted once", !book.flows.contains_key(&row.id), || short(row.id));
            let (typed, key) = book.asking.get(&self.stage.doing().id).cloned().unzip();
            if let Some(key) = key.filter(|_| is_prompt(clock, row.created_at)) {
                book.asks.entry(key).or_default().push(row.created_at.millis());
            }
            // A flow that begins with its link goes on where the ask of a shared address ends.
            let link = link(row, event).filter(|_| row.live_link);
            let by_desk = self.desk_link(book, commit, row).filter(|_| link.is_some());
            let asked = by_desk.as_ref().map(|link| link.approved);
            let asked = asked.or(self.asked_with(book, commit)).filter(|_| link.is_some());
            self.hold("a link begins with an ask", link.is_none() || asked.is_some(), || short(row.id));
            let acting = book.acting.get(&self.stage.doing().id).filter(|_| row.state == "password_chosen");
            let (acting, begun) = (acting.cloned(), self.stage.doing().since);
            let change = acting.as_ref().and_then(|acting| self.legal_change(book, acting, event));
            let by_owner = change.is_some();
            let (link, asked) = if by_owner { (change, Some(begun)) } else { (link, asked) };
            let whole = by_owner || row.state != "password_chosen";
            self.hold("a choice without a link is its owner's", whole, || short(row.id));
            let seen = FlowSeen {
                row: row.clone(),
                asked: asked.unwrap_or(event),
                typed,
                link,
                by_owner,
                by_desk,
                proven: false,
                consumed: u32::from(by_owner),
                chosen_since: if by_owner { event } else { 0 },
                choices: acting.and_then(|acting| acting.chooses).into_iter().collect(),
                set: None,
                set_late_by: None,
            };
            book.flows.insert(row.id, seen);
            return;
        }
        let Some(before) = book.flows.get(&row.id).map(|seen| seen.row.clone()) else {
            return self.stage.broken("only a flow that is there is updated", short(row.id));
        };
        self.hold("a dead flow stays dead", !is_end(&before.state), || {
            format!("{} was {} and is {}", short(row.id), before.state, row.state)
        });
        self.hold("versions grow one by one", row.version == before.version + 1, || {
            format!("{} from {} to {}", short(row.id), before.version, row.version)
        });
        self.legal(book, &Passage { before: &before, after: row, clock, commit, event });
        let Some(seen) = book.flows.get_mut(&row.id) else { return };
        match row.state.as_str() {
            "link_sent" if before.state == "requested" => seen.link = link(row, event),
            "factor_proven" => seen.proven = true,
            "password_chosen" => {
                seen.consumed += 1;
                seen.chosen_since = event;
            }
            _ => {}
        }
        seen.row = row.clone();
    }

    /// When the ask that a commit shares out was made.
    fn asked_with(&self, book: &Book, commit: &Commit) -> Option<u64> {
        commit.flows.iter().find_map(|write| {
            let FlowWrite::Update(row) = write else { return None };
            let is_shared = row.state == StateKind::Shared.code();
            book.flows.get(&row.id).filter(|_| is_shared).map(|seen| seen.asked)
        })
    }

    fn stored_as_written(&self, row: &FlowRecord) {
        let stored = self.store.load(&self.realm, row.id).now_or_never().and_then(Result::ok).flatten();
        let Some(stored) = stored else {
            return self.stage.broken("what is committed is stored", short(row.id));
        };
        if is_end(&stored.state) {
            let nothing_left = stored.sealed.is_none()
                && stored.digest.is_none()
                && stored.epoch.is_none()
                && stored.account.is_none()
                && !stored.live_link
                && stored.due_at.is_none();
            self.hold("an ended flow keeps nothing that was typed, chosen or sent", nothing_left, || {
                format!("{} {}", short(stored.id), stored.state)
            });
        }
        self.hold("what is committed is stored", stored == *row, || format!("{stored:?}"));
    }

    fn one_line_for_each_version(&self, commit: &Commit) {
        for write in &commit.flows {
            let (FlowWrite::Insert(row) | FlowWrite::Update(row)) = write;
            let lines = commit.audit.iter().filter(|line| line.flow == row.id && line.version == row.version);
            let told: Vec<&str> = lines.map(|line| line.event.as_str()).collect();
            let as_it_is = told.len() == 1 && told[0].ends_with(&format!(".{}", row.state));
            self.hold("each version of a flow has one audit line", as_it_is, || {
                format!("{} v{} {}: {told:?}", short(row.id), row.version, row.state)
            });
        }
        let of_flow = |line: &&AuditRecord| line.version > 0 && !line.event.starts_with("case.");
        let of_flows = commit.audit.iter().filter(of_flow).count();
        self.hold("each audit line has a version of a flow", of_flows == commit.flows.len(), || {
            format!("{of_flows} lines for {} writes", commit.flows.len())
        });
    }

    fn one_live_link(&self, book: &Book, commit: &Commit) {
        for write in &commit.flows {
            let (FlowWrite::Insert(row) | FlowWrite::Update(row)) = write;
            if row.live_link {
                let rivals = book.flows.values().filter(|seen| {
                    seen.row.live_link && seen.row.account == row.account && seen.row.purpose == row.purpose
                });
                let rivals = rivals.count();
                self.hold("one live link for an account and purpose", rivals <= 1, || {
                    format!("{rivals} links")
                });
            }
        }
    }

    /// Work was handed to a worker.
    pub fn flows_claimed(&self, claim: &Claim, rows: &[FlowRecord]) {
        let mut book = self.book();
        for row in rows {
            let Some(seen) = book.flows.get_mut(&row.id) else {
                self.stage.broken("only what was committed is handed out", short(row.id));
                return;
            };
            let due = seen.row.due_at;
            self.hold(
                "what is under a lease goes to nobody else",
                due.is_some_and(|due| due <= claim.due_by),
                || format!("flow {} due {due:?}, claimed by {:?}", short(row.id), claim.due_by),
            );
            seen.row.due_at = Some(claim.lease_until);
            self.hold("what is handed out is what is stored", seen.row == *row, || format!("{row:?}"));
        }
        if !rows.is_empty() {
            let names: Vec<String> = rows.iter().map(|row| short(row.id)).collect();
            self.stage.note(&format!("  claimed flows {}", names.join(" ")));
        }
    }

    pub fn swept(&self, sweep: &Sweep) {
        let full = sweep.budgets_full_at.millis();
        self.book().budgets.retain(|_, (quota, log)| {
            let period = i64::try_from(quota.period().whole_milliseconds()).unwrap_or(i64::MAX / 4);
            log.iter().any(|at| at + period > full)
        });
    }
}

fn link(row: &FlowRecord, since: u64) -> Option<LinkSeen> {
    let (account, expires_at, high) = (row.account.clone()?, row.expires_at?.millis(), row.high?.millis());
    Some(LinkSeen { account, since, expires_at, high })
}
