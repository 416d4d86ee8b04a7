//! Who has lost the factor too, and the staff who help.

use crate::people::{TELLER, email, id, sam, tess};
use crate::player::{Player, client};
use regain::RecoveryError;
use regain::desk::case::{CaseStateKind, EvidenceKind, Finding, Need, Whither};
use regain::desk::{CaseView, Decision, DeskError, Ial, Plea, Seen, Staff};

impl Player {
    pub async fn ask_for_help(&self) {
        let ask = async || {
            let plea = Plea::new("I have lost my phone and my papers", TELLER).unwrap();
            self.site.desk.ask_for_help(plea, &client()).await
        };
        self.until_answered(ask).await.unwrap();
    }

    /// Staff, too, do it once more when no answer came, and may find it done.
    async fn until_done(
        &self,
        who: &str,
        by: &Staff,
        done: CaseStateKind,
        act: impl AsyncFn(CaseView) -> Result<CaseView, DeskError>,
    ) {
        loop {
            self.first_try();
            let seen = match self.case_of(who, by).await {
                Ok(case) => case.expect("the case is in the queue"),
                Err(DeskError::Unavailable) => continue,
                Err(error) => panic!("{error:?}"),
            };
            if seen.case.state().kind() == done {
                return;
            }
            match act(seen).await {
                Ok(view) if view.case.state().kind() == done => return,
                Ok(_) | Err(DeskError::Unavailable) => {}
                Err(error) => panic!("{who} is helped: {error:?}"),
            }
        }
    }

    /// The open case about somebody, or one that may be.
    async fn case_of(&self, who: &str, by: &Staff) -> Result<Option<CaseView>, DeskError> {
        let mut unnamed = None;
        for case in self.site.desk.queue(by, None, 10).await?.cases {
            let view = self.site.desk.view(by, case.id).await?;
            match view.case.account() {
                Some(account) if *account == id(who) => return Ok(Some(view)),
                Some(_) => {}
                None => unnamed = Some(view),
            }
        }
        Ok(unnamed)
    }

    pub async fn open_case(&self, who: &str) {
        loop {
            self.first_try();
            match self.site.desk.open(&sam(), &id(who)).await {
                Err(DeskError::Unavailable) => {}
                Ok(_) | Err(DeskError::AlreadyOpen) => break,
                Err(error) => panic!("{error:?}"),
            }
        }
        self.take_case(who).await;
    }

    /// Says whose case it is, and takes it.
    pub async fn take_case(&self, who: &str) {
        self.until_done(who, &sam(), CaseStateKind::Assigned, async |view| {
            let named = match view.case.account() {
                Some(_) => view,
                None => self.site.desk.concern(&sam(), Seen::of(&view), &id(who)).await?,
            };
            self.site.desk.assign(&sam(), Seen::of(&named), &sam().id).await
        })
        .await;
    }

    pub async fn record_evidence(&self, who: &str) {
        let finding = || Finding {
            kind: EvidenceKind::PhotoIdInPerson,
            level: Ial::Two,
            need: Need::LostFactor,
            new_address: None,
        };
        self.until_done(who, &sam(), CaseStateKind::EvidenceRecorded, async |view| {
            self.site.desk.record_evidence(&sam(), Seen::of(&view), finding()).await
        })
        .await;
    }

    pub async fn approve(&self, who: &str) {
        let need = if who == crate::people::JO { Need::Password } else { Need::LostFactor };
        self.until_done(who, &tess(), CaseStateKind::Approved, async |view| {
            let to = Whither::OnFile(view.addresses[0].address);
            self.site.desk.approve(&tess(), Seen::of(&view), Decision { need, to }).await
        })
        .await;
    }

    pub async fn disown_case(&self, who: &str) {
        let mails = self.folder.mails_to(&email(who));
        let told = mails.iter().find(|mail| mail.subject.contains("about to get access"));
        let button = told.and_then(|mail| mail.button()).expect("who is told of the waiting has a button");
        let token = self.site.recovery.read_disown_token(&button).unwrap();
        let disown = async || self.site.recovery.disown_all(&token, &client()).await;
        let disowned: Result<_, RecoveryError> = self.until_answered(disown).await;
        assert!(disowned.is_ok(), "{disowned:?}");
    }
}
