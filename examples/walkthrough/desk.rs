//! The support desk: phone and recovery codes are lost, two people agree, a day passes; and a case that its owner disputes.

use crate::people::{Patient, choose};
use crate::protection::{code, security, session};
use crate::{Outcome, Portal, asker, expect, somewhere, step};
use async_trait::async_trait;
use regain::RecoveryError;
use regain::desk::case::{EvidenceKind, Finding, Need, Whither};
use regain::desk::{CaseText, CaseView, Decision, Desk, DeskHost, Ial, Plea, Seen};
use regain::desk::{Staff, StaffId, StaffRole, Subject};
use regain::factor::TotpSecret;
use regain::ids::AccountId;
use regain::recovery::SignInStep;
use regain::security::FactorLabel;
use regain::store::StoreError;
use std::sync::Arc;
use time::Duration;

const RISKS: &str = "Recovery by the service desk, risk analysis of 2026-03-02";
const NEW: &str = "nine ladders against a barn wall";

/// The host: everybody is a patient who showed a document when they enrolled.
struct Clinic;

#[async_trait]
impl DeskHost for Clinic {
    async fn subject(&self, _: &AccountId) -> Result<Option<Subject>, StoreError> {
        Ok(Some(Subject { staff: None, enrolled_at: Ial::Two }))
    }
}

pub async fn scenes(portal: &Portal) -> Outcome {
    let desk = Desk::builder(portal.recovery.clone(), Arc::new(Clinic)).risk_analysis(RISKS).build()?;
    both_are_lost(portal, &desk).await?;
    disputed(portal, &desk).await
}

async fn both_are_lost(portal: &Portal, desk: &Desk) -> Outcome {
    step("Elif loses her phone and the paper with her recovery codes, and has forgotten her password");
    let addresses = &["elif@home.example", "elif@work.example"];
    let elif = with_app(portal, "elif.kaya", ("Elif", "Kaya"), addresses).await?;
    let link = elif.link(portal).await?;
    let alone = choose(portal, &link, NEW).await;
    println!("  with the link alone: {alone:?}");
    expect(alone == Err(RecoveryError::FactorNeeded), "the link alone does not help her")?;

    step("She writes to the support desk; Ida sees her passport, and Jon decides");
    let view = evidenced(desk, &elif, Need::LostFactor).await?;
    let own = desk.approve(&ida()?, Seen::of(&view), to_first(&view, Need::LostFactor)).await;
    println!("  if Ida decides as well: {:?}", own.as_ref().map(drop));
    expect(own.is_err(), "whoever recorded the evidence does not decide")?;
    approve(desk, &view, Need::LostFactor).await?;
    let before = portal.mailbox.mails().len();
    portal.work().await?;
    for address in elif.addresses {
        let told =
            portal.mailbox.to(address).iter().any(|mail| mail.subject.starts_with("Somebody is about"));
        expect(told, "every address is told that somebody is about to get access")?;
    }
    expect(!any_link_after(portal, before), "nothing that opens the account goes out yet")?;
    a_day_later(portal, &elif).await
}

async fn a_day_later(portal: &Portal, elif: &Patient) -> Outcome {
    step("A day passes");
    let before = portal.mailbox.mails().len();
    portal.wait(Duration::DAY - Duration::SECOND);
    portal.work().await?;
    expect(!any_link_after(portal, before), "a second before its end nothing has gone out")?;
    portal.wait(Duration::SECOND);
    portal.work().await?;
    expect(any_link_after(portal, before), "then a link goes to the address on file")?;
    let mails = portal.mailbox.mails();
    let mail = mails.iter().rev().find(|mail| mail.text.contains("?token=")).ok_or("a mail with a link")?;
    expect(mail.to.as_str() == elif.addresses[0], "to the one that was chosen")?;
    let link = portal.link_in(&mail.text)?;
    let view = portal.recovery.look(&link).await?;
    asker(&view);
    expect(!view.factor_needed, "this link does without what was lost")?;
    choose(portal, &link, NEW).await?;
    let step = elif.sign_in(portal, NEW).await?;
    expect(
        matches!(step, SignInStep::SignedIn(_)),
        "the new password signs in: the lost app is off the account",
    )?;
    expect(elif.sign_in(portal, elif.password).await.is_err(), "the old password is over")?;
    portal.work().await
}

async fn disputed(portal: &Portal, desk: &Desk) -> Outcome {
    step(
        "Somebody persuades the desk that they are Femi; Femi reads the notice, and answers \"This wasn't me\"",
    );
    let femi = Patient::moves_in(portal, "femi.ade", ("Femi", "Ade"), &["femi@home.example"]).await?;
    let view = evidenced(desk, &femi, Need::Password).await?;
    approve(desk, &view, Need::Password).await?;
    portal.work().await?;
    let mails = portal.mailbox.to(femi.addresses[0]);
    let told =
        mails.iter().find(|mail| mail.subject.starts_with("Somebody is about")).ok_or("Femi is told")?;
    let (_, token) = told.text.split_once("?letter=").ok_or("with a button")?;
    let letter = portal.recovery.read_disown_token(token.split_whitespace().next().unwrap_or_default())?;
    asker(&portal.recovery.disown_all(&letter, &somewhere()).await?);
    let before = portal.mailbox.mails().len();
    for _ in 0..4 {
        portal.wait(Duration::DAY);
        portal.work().await?;
    }
    expect(!any_link_after(portal, before), "the waiting time passes, and nothing goes out")?;
    let again = approve(desk, &view, Need::Password).await;
    expect(again.is_err(), "nor can the case be decided once more")?;
    expect(femi.sign_in(portal, femi.password).await.is_ok(), "Femi's password is as before")
}

/// Somebody with an app on their phone.
async fn with_app(
    portal: &Portal,
    username: &'static str,
    name: (&str, &str),
    addresses: &'static [&'static str],
) -> Outcome<Patient> {
    let patient = Patient::moves_in(portal, username, name, addresses).await?;
    let signed_in = patient.whole_sign_in(portal).await?;
    let info = security(portal, &session(&signed_in, 7));
    let begun = info.begin_totp(&FactorLabel::parse("Phone")?).await?;
    let secret = TotpSecret::import_base32(&begun.secret())?;
    info.confirm_totp(begun.id, &code(portal, &secret)?).await?;
    portal.work().await?;
    Ok(patient)
}

/// From what the person writes to what one of the staff has seen.
async fn evidenced(desk: &Desk, who: &Patient, need: Need) -> Outcome<CaseView> {
    let plea = Plea::new(&format!("I am {} and nothing works", who.username), "call +1 555 0142")
        .ok_or("a plea is words")?;
    let receipt = desk.ask_for_help(plea, &somewhere()).await?;
    println!("  the asker sees: your case has the number {}", receipt.number);
    let ida = ida()?;
    let queue = desk.queue(&ida, None, 100).await?;
    let mine = |case: &&regain::desk::CaseSummary| case.number == receipt.number;
    let case = queue.cases.iter().find(mine).ok_or("the case is in the queue")?.id;
    let view = desk.view(&ida, case).await?;
    let view = desk.assign(&ida, Seen::of(&view), &ida.id).await?;
    let came_in_person = CaseText::new("came to the desk in person").ok_or("a note is words")?;
    let view = desk.note(&ida, Seen::of(&view), came_in_person).await?;
    let view = desk.concern(&ida, Seen::of(&view), &who.id).await?;
    let finding = Finding { kind: EvidenceKind::PhotoIdInPerson, level: Ial::Two, need, new_address: None };
    Ok(desk.record_evidence(&ida, Seen::of(&view), finding).await?)
}

/// Another one decides.
async fn approve(desk: &Desk, view: &CaseView, need: Need) -> Outcome {
    let jon = staff("jon")?;
    let view = desk.view(&jon, view.case.id()).await?;
    desk.approve(&jon, Seen::of(&view), to_first(&view, need)).await?;
    println!("  Jon approves");
    Ok(())
}

fn to_first(view: &CaseView, need: Need) -> Decision {
    Decision { need, to: Whither::OnFile(view.addresses[0].address) }
}

fn any_link_after(portal: &Portal, mails: usize) -> bool {
    portal.mailbox.mails().iter().skip(mails).any(|mail| mail.text.contains("?token="))
}

fn ida() -> Outcome<Staff> {
    staff("ida")
}

fn staff(name: &str) -> Outcome<Staff> {
    Ok(Staff::new(StaffId::new(name)?, StaffRole::ranked(10)))
}
