//! STATE: who may not have a new password gets none, whenever that was decided.

use crate::kit::{Answer, NEW, Site, Verdict, holds_and_catches, mailed_token};
use regain::account::{AccountStatus, Applied, PasswordChange};
use regain::identity::Identifier;
use regain::password::Password;
use regain::recovery::AskedNotice;
use regain::testing::{Someone, World};
use std::cell::Cell;

rows! { "STATE":
    "CVE-2013-4198" => state_cve_2013_4198_plone_recovery_bypasses_a_ban,
    "CVE-2024-37897" => state_cve_2024_37897_sftpgo_permission_not_checked_at_redemption,
    "GHSA-26c5-ppr8-f33p" => state_ghsa_26c5_ppr8_f33p_synapse_password_of_a_deactivated_user,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Active,
    Disabled,
    MayNotChange,
}

/// One account, whose standing the host changes.
trait Service {
    async fn stand(&self, standing: Standing);
    /// Asks for a link: what is answered, beside what is answered for nobody, and how many links are mailed.
    async fn ask(&self) -> (Answer, Answer, usize);
    async fn redeem(&self) -> bool;
    /// The host's staff or a directory gives the account a password.
    async fn host_sets_password(&self);
    /// With the password that it has now.
    async fn sign_in(&self) -> bool;
}

struct Regain {
    site: Site,
    ana: Someone,
    has_new: Cell<bool>,
}

impl Regain {
    async fn new() -> Self {
        let notice = AskedNotice::WhenNotPossible;
        let site = Site::build(World::builder().configure(move |builder| builder.asked_notice(notice)));
        let ana = site.world.person("Ana").await;
        Self { site, ana, has_new: Cell::new(false) }
    }
}

impl Service for Regain {
    async fn stand(&self, standing: Standing) {
        let change = |account: &mut regain::account::Account| {
            account.status = match standing {
                Standing::Disabled => AccountStatus::Disabled,
                _ => AccountStatus::Active,
            };
            account.may_change_password = standing != Standing::MayNotChange;
        };
        self.site.world.change(&self.ana, change).await;
    }

    async fn ask(&self) -> (Answer, Answer, usize) {
        let links =
            || self.site.world.mailbox.mails().iter().filter(|mail| mail.text.contains("?token=")).count();
        let before = links();
        let answers = (self.site.ask(&self.ana.username).await, self.site.ask("nobody").await);
        self.site.world.work().await;
        (answers.0, answers.1, links() - before)
    }

    async fn redeem(&self) -> bool {
        let token = mailed_token(&self.site.world, &self.ana);
        let shown = self.site.get(&format!("/recovery/link?token={token}"), &[]).await.status == 200;
        let chosen = self.site.choose(&token, NEW).await;
        assert_eq!(shown, chosen, "the page and the choice are of one mind");
        self.has_new.set(self.has_new.get() || chosen);
        chosen
    }

    async fn host_sets_password(&self) {
        let hash = self.site.world.hash(NEW);
        self.site.world.change(&self.ana, |account| account.password = Some(hash)).await;
        self.has_new.set(true);
    }

    async fn sign_in(&self) -> bool {
        let password = if self.has_new.get() { Password::new(NEW) } else { self.ana.password() };
        let (world, identifier) = (&self.site.world, Identifier::parse(&self.ana.username));
        world.recovery.sign_in(&identifier, &password, &world.client()).await.is_ok()
    }
}

/// Asked, mailed, redeemed, signed in; and who must not is stopped at each of these.
async fn check_standing<S: Service>(fresh: impl AsyncFn() -> S) -> Verdict {
    for standing in [Standing::Disabled, Standing::MayNotChange] {
        let service = fresh().await;
        service.stand(standing).await;
        let (ours, nobodys, links) = service.ask().await;
        ensure!(ours == nobodys, "{standing:?}: the answer tells\n{ours:?}");
        ensure!(links == 0, "{standing:?}: a link was mailed");
        let service = fresh().await;
        ensure!(service.ask().await.2 == 1, "no link was mailed to an active account");
        service.stand(standing).await;
        ensure!(!service.redeem().await, "{standing:?}: a link from before was redeemed");
        for _ in 0..2 {
            let signs_in = service.sign_in().await;
            ensure!(signs_in == (standing == Standing::MayNotChange), "{standing:?}: signs in: {signs_in}");
            service.host_sets_password().await;
        }
    }
    let service = fresh().await;
    service.ask().await;
    ensure!(service.redeem().await && service.sign_in().await, "an active account is stopped");
    Ok(())
}

/// Each twin looks at the standing, but for its own fault.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Recovery does not know of the ban on changing the password.
    NoBan,
    /// The ban is looked at when a link is asked for only.
    NoBanAtRedemption,
    /// To be given a password is to be active again.
    PasswordActivates,
}

struct Twin {
    fault: Fault,
    standing: Cell<Standing>,
}

impl Twin {
    fn with(fault: Fault) -> Self {
        Self { fault, standing: Cell::new(Standing::Active) }
    }

    fn stops(&self, unless: &[Fault]) -> bool {
        match self.standing.get() {
            Standing::Active => false,
            Standing::Disabled => true,
            Standing::MayNotChange => !unless.contains(&self.fault),
        }
    }
}

impl Service for Twin {
    async fn stand(&self, standing: Standing) {
        self.standing.set(standing);
    }

    async fn ask(&self) -> (Answer, Answer, usize) {
        let answer = Answer { status: 200, headers: vec![], body: "Check your mail.".to_owned() };
        (answer.clone(), answer, usize::from(!self.stops(&[Fault::NoBan])))
    }

    async fn redeem(&self) -> bool {
        !self.stops(&[Fault::NoBan, Fault::NoBanAtRedemption])
    }

    async fn host_sets_password(&self) {
        if self.fault == Fault::PasswordActivates {
            self.standing.set(Standing::Active);
        }
    }

    async fn sign_in(&self) -> bool {
        self.standing.get() != Standing::Disabled
    }
}

/// The last line: a host's store refuses a change that was under way when the standing changed.
async fn assert_the_store_refuses() {
    for standing in [Standing::Disabled, Standing::MayNotChange] {
        let regain = Regain::new().await;
        let world = &regain.site.world;
        for expected in [Standing::Active, standing] {
            regain.stand(expected).await;
            let expected = world.account(&regain.ana).await.unwrap().epoch();
            regain.stand(standing).await;
            let change = PasswordChange {
                flow: regain::ids::FlowId::from_bytes([1; 16]),
                account: regain.ana.id.clone(),
                expected,
                hash: world.hash(NEW),
            };
            assert_eq!(
                world.accounts.set_password(&change).await.unwrap(),
                Applied::Conflict,
                "{standing:?}"
            );
        }
    }
}

/// Nor does somebody whose account is disabled get the username.
async fn assert_no_username_for_the_disabled() {
    for (standing, mails) in [(Standing::Disabled, 0), (Standing::Active, 1)] {
        let site = Site::new();
        let ana = site.world.person("Ana").await;
        let regain = Regain { site, ana, has_new: Cell::new(false) };
        regain.stand(standing).await;
        let world = &regain.site.world;
        world.recovery.ask_username(&regain.ana.claims(), &world.client()).await.unwrap();
        world.work().await;
        assert_eq!(world.mailbox.mails().len(), mails, "{standing:?}");
    }
}

/// Plone: who was banned from changing the password got a link by "forgot password" all the same.
#[tokio::test]
async fn state_cve_2013_4198_plone_recovery_bypasses_a_ban() {
    assert_the_store_refuses().await;
    assert_no_username_for_the_disabled().await;
    let twin = check_standing(async || Twin::with(Fault::NoBan)).await;
    holds_and_catches(check_standing(Regain::new).await, twin, "MayNotChange: a link was mailed");
}

/// SFTPGo: the permission was looked at when a code was asked for, and not when it was used.
#[tokio::test]
async fn state_cve_2024_37897_sftpgo_permission_not_checked_at_redemption() {
    let twin = check_standing(async || Twin::with(Fault::NoBanAtRedemption)).await;
    holds_and_catches(
        check_standing(Regain::new).await,
        twin,
        "MayNotChange: a link from before was redeemed",
    );
}

/// Synapse: a password that was set after deactivation let the user in again.
#[tokio::test]
async fn state_ghsa_26c5_ppr8_f33p_synapse_password_of_a_deactivated_user() {
    let twin = check_standing(async || Twin::with(Fault::PasswordActivates)).await;
    holds_and_catches(check_standing(Regain::new).await, twin, "Disabled: signs in: true");
}
