//! A service with a support desk, and what its staff do.

use async_trait::async_trait;
use regain::account::{Account, AddressKind, AddressOnFile};
use regain::desk::case::{CaseStateKind, EvidenceKind, Finding, Need, Whither};
use regain::desk::{CaseView, Decision, Desk, DeskBuilder, DeskError, DeskHost, Ial, Seen};
use regain::desk::{Staff, StaffId, StaffRole, Subject};
use regain::ids::{AccountId, CaseId};
use regain::memory::Mailbox;
use regain::password::Password;
use regain::store::StoreError;
use regain::testing::{Someone, World, WorldBuilder};
use regain::token::RecoveryToken;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

pub(crate) const RISKS: &str = "Recovery by the service desk, risk analysis of 2026-03-02";
pub(crate) const NEW: &str = "forty-one copper kettles whistle";

/// The host: everybody is a patient who enrolled at level 2, unless something else is said.
#[derive(Default)]
pub(crate) struct Clinic(pub(crate) Mutex<BTreeMap<String, Subject>>);

#[async_trait]
impl DeskHost for Clinic {
    async fn subject(&self, account: &AccountId) -> Result<Option<Subject>, StoreError> {
        let known = self.0.lock().unwrap().get(account.as_str()).cloned();
        Ok(Some(known.unwrap_or(Subject { staff: None, enrolled_at: Ial::Two })))
    }
}

pub(crate) struct Office {
    pub(crate) world: World,
    pub(crate) desk: Desk,
    pub(crate) clinic: Arc<Clinic>,
}

impl Office {
    pub(crate) fn new() -> Self {
        Self::of(World::new())
    }

    pub(crate) fn of(world: World) -> Self {
        Self::with(world, |builder| builder)
    }

    pub(crate) fn build(builder: WorldBuilder) -> Self {
        Self::of(builder.build())
    }

    pub(crate) fn with(world: World, configure: impl FnOnce(DeskBuilder) -> DeskBuilder) -> Self {
        let clinic = Arc::new(Clinic::default());
        let builder = Desk::builder(world.recovery.clone(), clinic.clone()).risk_analysis(RISKS);
        let desk = configure(builder).build().unwrap();
        Self { world, desk, clinic }
    }

    /// Somebody is of the staff, too.
    pub(crate) fn employ(&self, who: &Someone, staff: &Staff) {
        let subject = Subject { staff: Some(staff.clone()), enrolled_at: Ial::Two };
        self.clinic.0.lock().unwrap().insert(who.id.as_str().to_owned(), subject);
    }

    /// Ida opens a case about somebody.
    pub(crate) async fn opened(&self, who: &Someone) -> CaseView {
        self.desk.open(&ida(), &who.id).await.unwrap()
    }

    /// Ida opens a case about somebody, looks after it and records evidence.
    pub(crate) async fn evidenced(&self, who: &Someone, finding: Finding) -> CaseView {
        let view = self.opened(who).await;
        let view = self.desk.assign(&ida(), Seen::of(&view), &ida().id).await.unwrap();
        self.desk.record_evidence(&ida(), Seen::of(&view), finding).await.unwrap()
    }

    /// Jon agrees: to the first address on file.
    pub(crate) async fn approve(&self, view: &CaseView, need: Need) -> Result<CaseView, DeskError> {
        self.desk.approve(&jon(), Seen::of(view), to_first(view, need)).await
    }

    /// All of it: the case waits.
    pub(crate) async fn approved(&self, who: &Someone) -> CaseView {
        let view = self.evidenced(who, finding(Need::Password)).await;
        self.approve(&view, Need::Password).await.unwrap()
    }

    pub(crate) async fn state(&self, case: CaseId) -> CaseStateKind {
        self.desk.view(&jon(), case).await.unwrap().case.state().kind()
    }

    pub(crate) async fn lines(&self) -> Vec<String> {
        let line = |line: regain::audit::AuditRecord| match line.reason {
            Some(reason) => format!("{}: {reason}", line.event),
            None => line.event,
        };
        self.world.audit().await.into_iter().map(line).collect()
    }

    pub(crate) async fn count(&self, wanted: &str) -> usize {
        self.lines().await.iter().filter(|line| *line == wanted).count()
    }

    pub(crate) async fn choose(&self, link: &RecoveryToken) -> bool {
        let client = self.world.client();
        self.world.recovery.choose_password(link, &Password::new(NEW), &client).await.is_ok()
    }

    pub(crate) async fn links_to(&self, address: &str) -> usize {
        links_in(&self.world.mailbox, address)
    }
}

pub(crate) fn links_in(mailbox: &Mailbox, address: &str) -> usize {
    mailbox.to(address).iter().filter(|mail| mail.text.contains("?token=")).count()
}

pub(crate) fn staff(name: &str, rank: u16) -> Staff {
    Staff::new(StaffId::new(name).unwrap(), StaffRole::ranked(rank))
}

pub(crate) fn ida() -> Staff {
    staff("ida", 10)
}

pub(crate) fn jon() -> Staff {
    staff("jon", 10)
}

pub(crate) fn finding(need: Need) -> Finding {
    Finding { kind: EvidenceKind::PhotoIdInPerson, level: Ial::Two, need, new_address: None }
}

pub(crate) fn to_first(view: &CaseView, need: Need) -> Decision {
    Decision { need, to: Whither::OnFile(view.addresses[0].address) }
}

pub(crate) fn email(text: &str) -> AddressOnFile {
    AddressOnFile::parse(AddressKind::Email, text).unwrap()
}

/// The address of the button in the latest mail to somebody that has one.
pub(crate) fn button_of(world: &World, who: &Someone) -> String {
    let mails = world.mailbox.to(&who.email);
    let text = &mails.last().expect("a mail").text;
    let (_, rest) = text.split_once("/recovery/disown?letter=").expect("every mail has the button");
    rest.split_whitespace().next().expect("a token").to_owned()
}

pub(crate) async fn press(world: &World, letter: &str) -> bool {
    let token = world.recovery.read_disown_token(letter).unwrap();
    world.recovery.disown_all(&token, &world.client()).await.is_ok()
}

pub(crate) fn with_factor(account: &mut Account) {
    account.factors = vec!["totp-1".to_owned()];
}
