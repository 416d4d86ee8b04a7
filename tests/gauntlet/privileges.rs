//! PRIV: nobody of the staff reaches an account above their own, on any way.

use crate::kit::{NEW, Verdict, fingerprint, holds_and_catches};
use async_trait::async_trait;
use regain::desk::case::{EvidenceKind, Finding, Need, Whither};
use regain::desk::{Decision, Desk, DeskHost, Ial, Seen, Staff, StaffId, StaffRole, Subject};
use regain::ids::AccountId;
use regain::password::Password;
use regain::store::StoreError;
use regain::testing::{Someone, World};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use time::Duration;

rows! { "PRIV":
    "CVE-2026-55077" => priv_cve_2026_55077_coder_resets_an_owners_password,
}

/// Ranks of the roles: a patient has none.
const ADMIN: u16 = 10;
const OWNER: u16 = 20;

/// A service with people of several roles, and staff who help them to a new password.
trait Staffed {
    /// Whether somebody in a role gets the owner of an account of another role to a new password, with a colleague of the
    /// same role; `None` for an account of nobody's role.
    async fn helps(&self, role: u16, subject: Option<u16>) -> bool;
}

struct Clinic(BTreeMap<String, Subject>);

#[async_trait]
impl DeskHost for Clinic {
    async fn subject(&self, account: &AccountId) -> Result<Option<Subject>, StoreError> {
        Ok(self.0.get(account.as_str()).cloned())
    }
}

struct Regain;

fn staff(name: &str, rank: u16) -> Staff {
    Staff::new(StaffId::new(name).unwrap(), StaffRole::ranked(rank))
}

/// Tries everything that the desk offers, whatever was refused before: whether a link went out.
async fn try_all(desk: &Desk, world: &World, who: &Someone, role: u16) -> bool {
    let (one, two) = (staff("ida", role), staff("jon", role));
    let other = staff("opener", OWNER);
    let begun = match desk.open(&one, &who.id).await {
        Ok(view) => Ok(view),
        // Somebody who may has opened one: it is no way in for those who may not.
        Err(_) => desk.open(&other, &who.id).await,
    };
    let Ok(mut view) = begun else { return false };
    let finding = Finding {
        kind: EvidenceKind::ProofedAnew,
        level: Ial::Three,
        need: Need::Password,
        new_address: None,
    };
    for helper in [&one, &two] {
        if let Ok(next) = desk.assign(helper, Seen::of(&view), &one.id).await {
            view = next;
        }
    }
    if let Ok(next) = desk.record_evidence(&one, Seen::of(&view), finding).await {
        view = next;
    }
    let to = Whither::OnFile(view.addresses[0].address);
    let _ = desk.approve(&two, Seen::of(&view), Decision { need: Need::Password, to }).await;
    world.clock.advance(Duration::DAY);
    world.work().await;
    world.mailbox.to(&who.email).iter().any(|mail| mail.text.contains("?token="))
}

impl Staffed for Regain {
    async fn helps(&self, role: u16, subject: Option<u16>) -> bool {
        let world = World::new();
        let ana = world.person("Ana").await;
        let own = subject.map(|rank| staff("ana", rank));
        let known = Subject { staff: own, enrolled_at: Ial::Two };
        let clinic = Clinic([(ana.id.as_str().to_owned(), known)].into());
        let desk = Desk::builder(world.recovery.clone(), Arc::new(clinic));
        let desk = desk.risk_analysis("Risk analysis of 2026-03-02").build().unwrap();
        let before = fingerprint(&world.account(&ana).await.unwrap());
        let sent = try_all(&desk, &world, &ana, role).await;
        assert_eq!(
            fingerprint(&world.account(&ana).await.unwrap()),
            before,
            "staff change nothing themselves"
        );
        if !sent {
            return false;
        }
        let link = world.link_of(&ana);
        world.recovery.choose_password(&link, &Password::new(NEW), &world.client()).await.is_ok()
    }
}

/// Coder: whoever may administer users may set the password of any of them.
#[derive(Default)]
struct Coder(RefCell<u32>);

impl Staffed for Coder {
    async fn helps(&self, role: u16, _: Option<u16>) -> bool {
        *self.0.borrow_mut() += 1;
        role >= ADMIN
    }
}

async fn check_ranks(subject: &impl Staffed) -> Verdict {
    for role in [0, ADMIN, OWNER] {
        for owner in [None, Some(0), Some(ADMIN), Some(OWNER)] {
            let may = owner.is_none_or(|rank| role >= rank);
            let helps = subject.helps(role, owner).await;
            ensure!(may || !helps, "somebody of rank {role} gets into an account of rank {owner:?}");
            ensure!(helps || !may || role < ADMIN, "somebody of rank {role} helps nobody of rank {owner:?}");
        }
    }
    Ok(())
}

/// Coder: see [`Coder`].
#[tokio::test]
async fn priv_cve_2026_55077_coder_resets_an_owners_password() {
    let twin = check_ranks(&Coder::default()).await;
    holds_and_catches(check_ranks(&Regain).await, twin, "gets into an account of rank Some(20)");
}
