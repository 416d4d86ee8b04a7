//! Those who work at the desk. Two are honest: they look into cases, and believe who they see. The third has a role more
//! than they should, and tries to do alone what takes two.

use crate::desk::{ENROLLED, staff};
use crate::oracle::Does;
use crate::people::{Resident, email};
use crate::stage::{MINUTE, SECOND};
use crate::town::Town;
use regain::desk::case::{CaseStateKind as State, EvidenceKind, Finding, Need, Whither};
use regain::desk::{CaseText, CaseView, Decision, Ial, Seen, Staff};
use regain::ids::CaseId;
use std::sync::Arc;

pub const HONEST: [&str; 2] = ["sam", "tess"];
pub const DISHONEST: &str = "max";
/// Where the dishonest one reads mail.
pub const ELSEWHERE: &str = "max@elsewhere.example";
const RANK: u16 = 10;
const SECOND_ROLE: u16 = 15;
/// Higher than anybody at the desk.
const SUPERIOR: u16 = 30;

/// Two of the residents work at the clinic: the dishonest one, and a superior.
pub fn employ(town: &mut Town) {
    let mut clinic = crate::desk::Clinic::default();
    for (resident, own) in town.residents.iter().zip([staff(DISHONEST, SECOND_ROLE), staff("una", SUPERIOR)])
    {
        town.oracle.employs(&resident.account, &own);
        clinic.0.insert(resident.account.clone(), own);
    }
    town.clinic = Arc::new(clinic);
}

async fn pause(town: &Town) -> bool {
    let pause = town.stage.dice().between(10 * SECOND, 9 * MINUTE);
    town.stage.sleep(pause).await;
    town.weather.is_on()
}

/// What somebody at the desk is about to do with a case.
struct Hand<'a> {
    town: &'a Arc<Town>,
    me: Staff,
    node: usize,
}

impl Hand<'_> {
    async fn view(&self, case: CaseId) -> Option<CaseView> {
        let does = Does::new(&self.me, "view");
        let view =
            self.town.at_the_desk(self.node, does, move |desk, me| async move { desk.view(&me, case).await });
        view.await?.ok()
    }

    async fn open(&self, about: &Resident) -> Option<CaseView> {
        let (does, id) = (Does::new(&self.me, "open"), about.account.clone());
        let view =
            self.town.at_the_desk(self.node, does, |desk, me| async move { desk.open(&me, &id).await });
        view.await?.ok()
    }

    async fn concern(&self, view: &CaseView, about: &Resident) -> Option<CaseView> {
        let (does, id, seen) = (Does::new(&self.me, "concern"), about.account.clone(), Seen::of(view));
        let view = self
            .town
            .at_the_desk(self.node, does, move |desk, me| async move { desk.concern(&me, seen, &id).await });
        view.await?.ok()
    }

    async fn assign(&self, view: &CaseView) -> Option<CaseView> {
        let (does, seen) = (Does::new(&self.me, "assign"), Seen::of(view));
        let view = self.town.at_the_desk(self.node, does, move |desk, me| async move {
            desk.assign(&me, seen, &me.id).await
        });
        view.await?.ok()
    }

    async fn note(&self, view: &CaseView) -> Option<CaseView> {
        let (does, seen) = (Does::new(&self.me, "note"), Seen::of(view));
        let text = CaseText::new("called, nobody there").expect("a text");
        let view = self
            .town
            .at_the_desk(self.node, does, move |desk, me| async move { desk.note(&me, seen, text).await });
        view.await?.ok()
    }

    async fn record(&self, view: &CaseView, finding: Finding) -> Option<CaseView> {
        let does = Does { finding: Some(finding.clone()), ..Does::new(&self.me, "record evidence") };
        let seen = Seen::of(view);
        let view = self.town.at_the_desk(self.node, does, move |desk, me| async move {
            desk.record_evidence(&me, seen, finding).await
        });
        view.await?.ok()
    }

    async fn approve(&self, view: &CaseView, decision: Decision) -> Option<CaseView> {
        let does = Does { decision: Some(decision), ..Does::new(&self.me, "approve") };
        let seen = Seen::of(view);
        let view = self.town.at_the_desk(self.node, does, move |desk, me| async move {
            desk.approve(&me, seen, decision).await
        });
        view.await?.ok()
    }

    async fn end(&self, view: &CaseView, refuse: bool) -> Option<CaseView> {
        let does = Does::new(&self.me, if refuse { "refuse" } else { "withdraw" });
        let seen = Seen::of(view);
        let view = self.town.at_the_desk(self.node, does, move |desk, me| async move {
            if refuse { desk.refuse(&me, seen).await } else { desk.withdraw(&me, seen).await }
        });
        view.await?.ok()
    }
}

/// A working day of somebody honest.
pub async fn help(town: Arc<Town>, name: &'static str) {
    let me = staff(name, RANK);
    while pause(&town).await {
        let hand = Hand { town: &town, me: me.clone(), node: town.any_node() };
        let Some(queue) = town.queue(hand.node, &me).await else { continue };
        let mut cases = queue.iter().filter(|case| case.state != State::Approved);
        let skip = town.stage.dice().index(cases.clone().count().max(1));
        let waiting = queue.iter().find(|case| case.state == State::Approved);
        let case = match (cases.nth(skip), waiting) {
            (None, _) if town.stage.dice().permille(300) => {
                let about = town.stage.dice().pick(&town.residents).clone();
                hand.open(&about).await;
                continue;
            }
            // Now and then somebody thinks better of it.
            (_, Some(waits)) if town.stage.dice().permille(30) => waits.id,
            (Some(case), _) => case.id,
            _ => continue,
        };
        if let Some(view) = hand.view(case).await {
            look_into(&hand, view).await;
        }
    }
}

async fn look_into(hand: &Hand<'_>, view: CaseView) {
    let town = hand.town;
    let (roll, mine) = (town.stage.dice().below(100), view.case.assignee() == Some(&hand.me.id));
    match view.case.state().kind() {
        State::Approved => drop(hand.end(&view, roll < 50).await),
        _ if roll < 4 => drop(hand.end(&view, roll < 2).await),
        _ if roll < 10 => drop(hand.note(&view).await),
        State::Opened => {
            if let (Some(plea), None) = (view.case.plea(), view.case.account()) {
                let about = town.residents.iter().find(|it| plea.text.as_str() == plea_of(it));
                match about.cloned() {
                    Some(about) => drop(hand.concern(&view, &about).await),
                    // Somebody whom nobody knows, or who is not who they say.
                    None => return drop(hand.end(&view, true).await),
                }
            }
            let Some(view) = hand.view(view.case.id()).await else { return };
            // Some are called away before they have seen anybody.
            let away = roll < 30;
            if let Some(view) = hand.assign(&view).await.filter(|_| !away) {
                evidence(hand, &view).await;
            }
        }
        State::Assigned if mine => evidence(hand, &view).await,
        State::EvidenceRecorded if view.may_decide => agree(hand, &view).await,
        // Left lying by somebody.
        State::Assigned if roll < 60 => drop(hand.assign(&view).await),
        State::EvidenceRecorded if roll < 20 && mine => evidence(hand, &view).await,
        _ => {}
    }
}

/// What somebody writes who is stuck.
pub fn plea_of(who: &Resident) -> String {
    format!("I am {} and nothing works", who.username)
}

async fn evidence(hand: &Hand<'_>, view: &CaseView) {
    let account = view.case.account().cloned();
    let Some(about) = hand.town.residents.iter().find(|it| Some(&it.account) == account.as_ref()) else {
        return;
    };
    let finding = {
        let mut dice = hand.town.stage.dice();
        let need = if dice.permille(500) { Need::LostFactor } else { Need::Password };
        let level = if dice.permille(150) { Ial::One } else { ENROLLED };
        let new = dice.permille(350).then(|| about.emails.last().map(|new| email(new))).flatten();
        let kind = if new.is_some() { EvidenceKind::ProofedAnew } else { EvidenceKind::PhotoIdInPerson };
        Finding { kind, level, need, new_address: new }
    };
    hand.record(view, finding).await;
}

/// Agrees to what an honest colleague has seen, and to nothing that the other one claims.
async fn agree(hand: &Hand<'_>, view: &CaseView) {
    let Some(last) = view.case.evidence().last().cloned() else { return };
    if view.case.evidence().iter().any(|it| it.by.as_str() == DISHONEST) {
        return drop(hand.end(view, true).await);
    }
    let on_file = view.addresses.iter().find(|it| it.takes_links).map(|it| Whither::OnFile(it.address));
    let recorded = last.finding.new_address.is_some().then_some(Whither::Recorded);
    let Some(to) = recorded.or(on_file) else { return };
    let need = last.finding.need;
    if hand.approve(view, Decision { need, to }).await.is_none() && need == Need::LostFactor {
        // There was none to lose.
        let Some(view) = hand.view(view.case.id()).await else { return };
        hand.approve(&view, Decision { need: Need::Password, to }).await;
    }
}

/// A working day of the dishonest one: in either role, and about anybody.
pub async fn cheat(town: Arc<Town>) {
    while pause(&town).await && pause(&town).await {
        let role = |town: &Town| if town.stage.dice().permille(500) { RANK } else { SECOND_ROLE };
        let hand = Hand { town: &town, me: staff(DISHONEST, role(&town)), node: town.any_node() };
        let queue = town.queue(hand.node, &hand.me).await.unwrap_or_default();
        let any = town.stage.dice().index(queue.len().max(1));
        let view = match queue.get(any) {
            Some(case) if town.stage.dice().permille(700) => hand.view(case.id).await,
            _ => {
                let about = town.stage.dice().pick(&town.residents).clone();
                hand.open(&about).await
            }
        };
        let Some(mut view) = view else { continue };
        for _ in 0..3 {
            let hand = Hand { town: &town, me: staff(DISHONEST, role(&town)), node: town.any_node() };
            if let Some(next) = scheme(&hand, &view).await {
                view = next;
            }
        }
        town.stage.tally("cases that one person tried to decide");
    }
}

async fn scheme(hand: &Hand<'_>, view: &CaseView) -> Option<CaseView> {
    let town = hand.town;
    if view.case.account().is_none() {
        let about = town.stage.dice().pick(&town.residents).clone();
        return hand.concern(view, &about).await;
    }
    let what = town.stage.dice().below(10);
    let need = if what.is_multiple_of(2) { Need::LostFactor } else { Need::Password };
    let on_file = view.addresses.iter().find(|it| it.takes_links).map(|it| Whither::OnFile(it.address));
    match view.case.state().kind() {
        State::Opened => hand.assign(view).await,
        State::Assigned if what < 8 => {
            let (kind, new_address) = (EvidenceKind::ProofedAnew, Some(email(ELSEWHERE)));
            hand.record(view, Finding { kind, level: Ial::Three, need, new_address }).await
        }
        State::EvidenceRecorded if what < 5 => {
            hand.approve(view, Decision { need, to: Whither::Recorded }).await
        }
        State::EvidenceRecorded => hand.approve(view, Decision { need, to: on_file? }).await,
        _ => hand.assign(view).await,
    }
}
