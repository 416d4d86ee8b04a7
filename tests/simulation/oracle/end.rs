//! At the end, when nothing has gone wrong for hours: nothing is stuck, nothing is missing.

use super::{Book, Oracle, short};
use crate::stage::{Doing, counted};
use futures_util::FutureExt as _;
use regain::audit::AuditRecord;
use regain::flow::StateKind;
use regain::ids::{AccountId, FlowId};
use regain::store::{Depth, FlowStore as _};
use std::collections::BTreeMap;
use std::sync::Arc;

impl Oracle {
    /// Everything has had the time to come to its end.
    pub fn all_is_over(&self) {
        let book = self.book();
        for (id, seen) in &book.flows {
            let ended = StateKind::from_code(&seen.row.state).is_some_and(StateKind::is_end);
            self.hold("nothing is stuck", ended, || {
                format!("{} is {}, due {:?}", short(id), seen.row.state, seen.row.due_at)
            });
            let late = seen.link.as_ref().is_some_and(|link| book.told_late.contains(&link.account));
            // Who set it late is the only one who knows: if its calls fail just then, nobody is told.
            let silenced = |(doing, before): &(Arc<Doing>, u64)| counted(&doing.errors) > *before;
            let silenced = seen.set_late_by.as_ref().is_some_and(silenced);
            let completed = seen.set.is_none() || seen.row.state == "completed";
            let told = completed || late || silenced || self.overtaken(&book, seen);
            self.hold("a password that was set is completed", told, || {
                format!("{} is {}", short(id), seen.row.state)
            });
            self.notices_went_to_all(&book, *id);
        }
        self.every_mail_is_settled(&book);
        self.rates_held(&book);
        self.tables_agree(&book);
        self.audit_is_complete(&book);
        self.cases_are_over(&book);
    }

    fn tables_agree(&self, book: &Book) {
        let depth = self.store.depth(&self.realm).now_or_never().and_then(Result::ok).unwrap_or_default();
        let empty = Depth { dead_letters: depth.dead_letters, ..Depth::default() };
        self.hold("nothing is stuck", depth == empty, || format!("{depth:?}, {} flows", book.flows.len()));
    }

    fn audit_is_complete(&self, book: &Book) {
        let lines = self.store.audit_after(&self.realm, 0, u32::MAX).now_or_never().and_then(Result::ok);
        let mut told: BTreeMap<(FlowId, u64), u32> = BTreeMap::new();
        let of_flow = |line: &AuditRecord| line.version > 0 && !line.event.starts_with("case.");
        for (_, line) in lines.unwrap_or_default().into_iter().filter(|(_, line)| of_flow(line)) {
            *told.entry((line.flow, line.version)).or_default() += 1;
        }
        let expected =
            book.flows.iter().flat_map(|(id, seen)| (1..=seen.row.version).map(|version| (*id, version)));
        let expected: BTreeMap<(FlowId, u64), u32> = expected.map(|line| (line, 1)).collect();
        self.hold("each version of a flow has one audit line", told == expected, || {
            format!("{} lines, {} versions", told.len(), expected.len())
        });
    }

    /// Everybody, with the password that the account has now; `None` for an account that is not in use.
    pub fn everybody(&self) -> Vec<(AccountId, String)> {
        let book = self.book();
        let active =
            book.accounts.iter().filter(|(_, seen)| seen.facts.last().is_some_and(|facts| facts.active));
        active.filter_map(|(id, seen)| Some((id.clone(), seen.password()?.to_owned()))).collect()
    }
}
