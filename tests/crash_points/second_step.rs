//! What people do who have a second factor.

use crate::folder::App;
use crate::player::{Player, client};
use regain::RecoveryError;
use regain::clock::Clock as _;
use regain::factor::{AuthLevel, FactorProof, TotpCode, step_at};
use regain::identity::Identifier;
use regain::recovery::{Chosen, SignInStep, SignInTicket, SignedIn};
use regain::security::{ChangeRefused, FactorLabel, FreshCodes};

type Answer<T> = Result<T, RecoveryError>;

const NOT_THERE: RecoveryError = RecoveryError::ChangeRefused(ChangeRefused::NotThere);

impl Player {
    pub async fn begin_app(&self, who: &str) {
        let label = FactorLabel::parse("phone").unwrap();
        let begin = async || self.info(who).begin_totp(&label).await;
        let begun = self.until_answered(begin).await.unwrap();
        self.folder.keep_app(who, &App { id: begun.id, secret: begun.secret().to_string() });
    }

    /// Whoever tries again may find the app bound by the first try, whose recovery codes nobody has seen.
    pub async fn confirm_app(&self, who: &str) {
        loop {
            let first = self.first_try();
            let code = self.code(who);
            match self.info(who).confirm_totp(self.folder.app(who).id, &code).await {
                Ok(confirmed) => return self.keep_codes(who, &confirmed.codes.unwrap()),
                Err(RecoveryError::Unavailable) => {}
                Err(error) if !first && error == NOT_THERE => break,
                Err(error) => panic!("{who} confirms: {error:?}"),
            }
        }
        let make = async || self.info(who).regenerate_codes().await;
        let codes = self.until_answered(make).await.unwrap();
        self.keep_codes(who, &codes);
    }

    fn keep_codes(&self, who: &str, codes: &FreshCodes) {
        self.folder.keep_codes(who, codes.expose().map(|code| code.to_string()));
    }

    /// What the app shows now; from then on it counts as shown.
    fn code(&self, who: &str) -> TotpCode {
        let step = step_at(self.site.clock.now().into()).unwrap();
        self.folder.show(who, &format!("app {step}"));
        self.folder.app(who).secret().code(step)
    }

    /// The ticket of somebody who has given the password.
    async fn ticket(&self, who: &str) -> Answer<SignInTicket> {
        let (name, password) = (Identifier::parse(who), self.password(who));
        match self.site.recovery.sign_in(&name, &password, &client()).await? {
            SignInStep::FactorNeeded(pending) => Ok(pending.ticket),
            other => panic!("{who} is signed in without the factor: {other:?}"),
        }
    }

    async fn second_step(&self, ticket: &SignInTicket, proof: &FactorProof) -> Answer<SignedIn> {
        self.site.recovery.sign_in_factor(ticket, proof, &client()).await
    }

    /// Whoever got no answer may find the code used up, and waits for the next one.
    pub async fn sign_in_with_app(&self, who: &str) {
        loop {
            let first = self.first_try();
            let tried = async {
                let ticket = self.ticket(who).await?;
                self.second_step(&ticket, &FactorProof::Totp(self.code(who))).await
            };
            match tried.await {
                Ok(signed_in) => return assert_eq!(signed_in.level, AuthLevel::SecondFactor),
                Err(RecoveryError::Unavailable) => {}
                Err(RecoveryError::FactorNotAccepted) if !first => {}
                Err(error) => panic!("{who} signs in with the app: {error:?}"),
            }
            self.wait();
        }
    }

    /// With a code that was used first, which is wrong; then with one from paper, which is crossed off.
    pub async fn sign_in_with_paper(&self, who: &str) {
        loop {
            let first = self.first_try();
            let tried = async {
                let ticket = self.ticket(who).await?;
                let used = self.second_step(&ticket, &self.used_code(who)).await;
                assert!(used != Err(RecoveryError::Unavailable) || self.counter.lost_a_reply());
                assert!(used.is_err(), "{who} signs in with a code that was used");
                let (number, code) = self.folder.next_code(who);
                self.folder.show(who, &format!("paper {number}"));
                self.second_step(&ticket, &FactorProof::parse(&code).unwrap()).await
            };
            let done = match tried.await {
                Ok(_) => true,
                Err(RecoveryError::Unavailable) => false,
                Err(RecoveryError::FactorNotAccepted) if !first => {
                    self.folder.cross_off(who);
                    false
                }
                Err(error) => panic!("{who} signs in with a recovery code: {error:?}"),
            };
            if done {
                return self.folder.cross_off(who);
            }
        }
    }

    fn used_code(&self, who: &str) -> FactorProof {
        let step = self.folder.last_step(who);
        FactorProof::Totp(self.folder.app(who).secret().code(step))
    }

    pub async fn prove_factor(&self, who: &str) {
        loop {
            let first = self.first_try();
            let link = self.live_link(who).await.expect("a link that works");
            let prove = async |proof| self.site.recovery.prove_factor(&link, &proof, &client()).await;
            if first {
                let wrong = prove(self.used_code(who)).await;
                let unanswered = self.counter.lost_a_reply() && wrong == Err(RecoveryError::Unavailable);
                assert!(unanswered || wrong == Err(RecoveryError::FactorNotAccepted), "{wrong:?}");
            }
            match prove(FactorProof::Totp(self.code(who))).await {
                Ok(view) => return assert!(!view.factor_needed, "the factor is proven"),
                Err(RecoveryError::Unavailable) => {}
                Err(RecoveryError::FactorNotAccepted) if !first => {}
                Err(error) => panic!("{who} proves the factor for a link: {error:?}"),
            }
            self.wait();
        }
    }

    /// Whoever tries again may find the password changed: by the first try.
    pub async fn change_password(&self, who: &str) {
        let (present, new) = (self.password(who), self.next_password(who));
        loop {
            let first = self.first_try();
            let session = crate::people::session(who, &*self.site.clock);
            match self.site.recovery.change_password(&session, &present, &new, &client()).await {
                Ok(Chosen::Done) => return,
                Ok(Chosen::Pending) if self.counter.lost_a_reply() => return,
                Err(RecoveryError::Unavailable) => {}
                Err(RecoveryError::NotAccepted) if !first => return,
                other => panic!("{who} changes the password: {other:?}"),
            }
        }
    }

    pub async fn remove_app(&self, who: &str) {
        loop {
            let first = self.first_try();
            match self.info(who).remove(self.folder.app(who).id).await {
                Err(RecoveryError::Unavailable) => {}
                Err(error) if !first && error == NOT_THERE => return,
                removed => return removed.unwrap(),
            }
        }
    }
}
