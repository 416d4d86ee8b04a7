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
    fn new() -> impl Future<Output = Self>;
    async fn stand(&self, standing: Standing);
    /// Asks for a link: what is answered, beside what is answered for nobody, and how many links are mailed.
    async fn ask(&self) -> (Answer, Answer, usize);
    async fn redeem(&self) -> bool;
    /// With the password that it has now.
    async fn sign_in(&self) -> bool;
}

struct Regain {
    site: Site,
    ana: Someone,
    redeemed: Cell<bool>,
}

impl Service for Regain {
    async fn new() -> Self {
        let notice = AskedNotice::WhenNotPossible;
        let site = Site::build(World::builder().configure(move |builder| builder.asked_notice(notice)));
        let ana = site.world.person("Ana").await;
        Self { site, ana, redeemed: Cell::new(false) }
    }

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
        self.redeemed.set(self.redeemed.get() || chosen);
        chosen
    }

    async fn sign_in(&self) -> bool {
        let password = if self.redeemed.get() { Password::new(NEW) } else { self.ana.password() };
        let (world, identifier) = (&self.site.world, Identifier::parse(&self.ana.username));
        world.recovery.sign_in(&identifier, &password, &world.client()).await.is_ok()
    }
}

/// Asked, mailed, redeemed, signed in; and who must not is stopped at each of these.
async fn check_standing<S: Service>() -> Verdict {
    for standing in [Standing::Disabled, Standing::MayNotChange] {
        let service = S::new().await;
        service.stand(standing).await;
        let (ours, nobodys, links) = service.ask().await;
        ensure!(ours == nobodys, "{standing:?}: the answer tells\n{ours:?}");
        ensure!(links == 0, "{standing:?}: a link was mailed");
        let service = S::new().await;
        ensure!(service.ask().await.2 == 1, "no link was mailed to an active account");
        service.stand(standing).await;
        ensure!(!service.redeem().await, "{standing:?}: a link from before was redeemed");
        let signs_in = service.sign_in().await;
        ensure!(signs_in == (standing == Standing::MayNotChange), "{standing:?}: signs in: {signs_in}");
    }
    let service = S::new().await;
    service.ask().await;
    ensure!(service.redeem().await && service.sign_in().await, "an active account is stopped");
    Ok(())
}

/// Where a twin looks at the standing.
struct Twin<const AT_ASK: bool, const AT_REDEEM: bool, const AT_SIGN_IN: bool> {
    standing: Cell<Standing>,
}

/// What a twin takes for a reason to stop.
fn stops(standing: Standing, looked_at: bool) -> bool {
    looked_at && standing != Standing::Active
}

impl<const ASK: bool, const REDEEM: bool, const SIGN_IN: bool> Service for Twin<ASK, REDEEM, SIGN_IN> {
    async fn new() -> Self {
        Self { standing: Cell::new(Standing::Active) }
    }

    async fn stand(&self, standing: Standing) {
        self.standing.set(standing);
    }

    async fn ask(&self) -> (Answer, Answer, usize) {
        let answer = Answer { status: 200, headers: vec![], body: "Check your mail.".to_owned() };
        (answer.clone(), answer, usize::from(!stops(self.standing.get(), ASK)))
    }

    async fn redeem(&self) -> bool {
        let redeemed = !stops(self.standing.get(), REDEEM);
        if redeemed && !SIGN_IN {
            // To have a password is to be active.
            self.standing.set(Standing::Active);
        }
        redeemed
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
            let change = PasswordChange { account: regain.ana.id.clone(), expected, hash: world.hash(NEW) };
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
        let regain = Regain { site, ana, redeemed: Cell::new(false) };
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
    let twin = check_standing::<Twin<false, false, true>>().await;
    holds_and_catches(check_standing::<Regain>().await, twin, "a link was mailed");
}

/// SFTPGo: the permission was looked at when a code was asked for, and not when it was used.
#[tokio::test]
async fn state_cve_2024_37897_sftpgo_permission_not_checked_at_redemption() {
    let twin = check_standing::<Twin<true, false, true>>().await;
    holds_and_catches(check_standing::<Regain>().await, twin, "a link from before was redeemed");
}

/// Synapse: a password that was set after deactivation let the user in again.
#[tokio::test]
async fn state_ghsa_26c5_ppr8_f33p_synapse_password_of_a_deactivated_user() {
    let synapse = Twin::<true, false, false>::new().await;
    synapse.stand(Standing::Disabled).await;
    assert!(synapse.redeem().await && synapse.sign_in().await, "the twin has the fault");
    let twin = check_standing::<Twin<true, false, false>>().await;
    holds_and_catches(check_standing::<Regain>().await, twin, "Disabled: a link from before was redeemed");
}
