//! The calls to the support desk: of people who are stuck, and of those who work there.

use crate::calls::client;
use crate::oracle::Does;
use crate::town::Town;
use async_trait::async_trait;
use regain::desk::{
    CaseSummary, CaseView, Desk, DeskError, DeskHost, Ial, Plea, PleaReceipt, Staff, StaffId, StaffRole,
    Subject,
};
use regain::ids::AccountId;
use regain::store::StoreError;
use regain::{Recovery, RecoveryError};
use std::collections::BTreeMap;
use std::sync::Arc;
use time::Duration;

/// How long an approved case waits.
pub const WAIT: Duration = Duration::HOUR;
/// At which everybody was enrolled.
pub const ENROLLED: Ial = Ial::Two;

/// Which accounts belong to those who work at the desk.
#[derive(Default)]
pub struct Clinic(pub BTreeMap<AccountId, Staff>);

#[async_trait]
impl DeskHost for Clinic {
    async fn subject(&self, account: &AccountId) -> Result<Option<Subject>, StoreError> {
        Ok(Some(Subject { staff: self.0.get(account).cloned(), enrolled_at: ENROLLED }))
    }
}

pub fn staff(name: &str, rank: u16) -> Staff {
    Staff::new(StaffId::new(name).expect("an id"), StaffRole::ranked(rank))
}

/// A desk on these lines.
pub fn desk(recovery: &Recovery, clinic: Arc<Clinic>) -> Desk {
    let desk = Desk::builder(recovery.clone(), clinic).waiting_time(WAIT);
    desk.risk_analysis("Risk analysis of the simulation").build().expect("a desk")
}

impl Town {
    pub async fn ask_for_help(
        self: &Arc<Self>,
        node: usize,
        text: &str,
        from: u64,
    ) -> Option<Result<PleaReceipt, RecoveryError>> {
        let (town, desk) = (self.clone(), self.desk_of(node)?);
        let plea = Plea::new(text, "").expect("a text");
        self.call(node, "ask for help", |_, _| async move {
            let answer = desk.ask_for_help(plea, &client(from)).await;
            town.oracle.asked_for_help(&answer);
            let said = answer.as_ref().map(drop);
            town.stage.note(&format!("n{node} help #{} answers {said:?}", town.stage.doing().id));
            answer
        })
        .await
    }

    /// Somebody of the staff does something.
    pub async fn at_the_desk<F>(
        self: &Arc<Self>,
        node: usize,
        does: Does,
        act: impl FnOnce(Desk, Staff) -> F,
    ) -> Option<Result<CaseView, DeskError>>
    where
        F: Future<Output = Result<CaseView, DeskError>> + Send + 'static,
    {
        let (town, desk) = (self.clone(), self.desk_of(node)?);
        let acting = act(desk, does.staff.clone());
        self.call(node, "desk", |_, _| async move {
            let said = format!("{} {}", does.staff.id.as_str(), does.what);
            town.oracle.staff_acts(does);
            let answer = acting.await;
            town.oracle.staff_answered(&answer);
            let told = answer.as_ref().map(|view| view.case.state().kind());
            town.stage.note(&format!("n{node} {said} #{} answers {told:?}", town.stage.doing().id));
            answer
        })
        .await
    }

    /// The oldest open cases.
    pub async fn queue(self: &Arc<Self>, node: usize, by: &Staff) -> Option<Vec<CaseSummary>> {
        let (desk, by) = (self.desk_of(node)?, by.clone());
        let page = self.call(node, "queue", |_, _| async move { desk.queue(&by, None, 12).await });
        page.await?.ok().map(|page| page.cases)
    }

    /// "This wasn't me", said with a letter about a case.
    pub async fn dispute(
        self: &Arc<Self>,
        node: usize,
        account: &AccountId,
        letter: &str,
        from: u64,
    ) -> Option<Result<(), RecoveryError>> {
        let (town, account, letter) = (self.clone(), account.clone(), letter.to_owned());
        self.call(node, "disown", |recovery, _| async move {
            let answer = match recovery.read_disown_token(&letter) {
                Ok(token) => recovery.disown_all(&token, &client(from)).await.map(drop),
                Err(error) => Err(error),
            };
            town.oracle.disputed(&account, &letter, &answer);
            town.stage.note(&format!("n{node} dispute #{} answers {answer:?}", town.stage.doing().id));
            answer
        })
        .await
    }
}
