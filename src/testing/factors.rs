//! People with second factors, for stories.

use crate::clock::Moment;
use crate::error::Fault;
use crate::factor::{
    CODES, FactorId, FactorProof, FactorState, FactorView, RecoveryCode, STEP_SECONDS, TotpSecret, step_at,
};
use crate::recovery::{SignInStep, SignInTicket, SignedIn};
use crate::security::record::{Pending, Record};
use crate::store::{Commit, Committed};
use crate::testing::{Someone, World};
use time::Duration;

/// The session that a story enrols in.
const SESSION: [u8; 32] = [5; 32];

impl World {
    /// Binds an authenticator app to somebody's account, and gives what the app knows. The code that it shows now is not
    /// used yet.
    ///
    /// # Panics
    /// When it cannot be bound: this is for tests.
    pub async fn enrol_totp(&self, who: &Someone) -> TotpSecret {
        let (id, secret) = (self.fresh_factor(), TotpSecret::from_random([self.next_byte(); 20]));
        let at = self.moment();
        let code = secret.code(step_at(at.now).expect("a test's clock stands after 1970") - 1);
        let shared = secret.clone();
        self.change_record(who, move |record| {
            let pending = Pending { id, label: "phone", secret: shared, session: SESSION };
            record.begin(pending, at).expect("there is room for one more");
            record.confirm(id, &SESSION, &code, at).expect("it is the first code");
        })
        .await;
        secret
    }

    /// Gives somebody ten new recovery codes.
    ///
    /// # Panics
    /// When they cannot be stored: this is for tests.
    pub async fn enrol_codes(&self, who: &Someone) -> [RecoveryCode; CODES] {
        let (id, first, at) = (self.fresh_factor(), self.next_byte(), self.moment());
        let codes: [RecoveryCode; CODES] = std::array::from_fn(|n| {
            RecoveryCode::from_random([first, u8::try_from(n).unwrap_or(0), 1, 2, 3, 4, 5, 6, 7, 8])
        });
        let kept = codes.clone();
        let account = who.id.clone();
        self.change_record(who, move |record| record.set_codes(&kept, &account, id, at.now)).await;
        codes
    }

    /// Unbinds all that an account has, as after an approved case of the support desk.
    ///
    /// # Panics
    /// When that cannot be stored: this is for tests.
    pub async fn lose_factors(&self, who: &Someone) {
        let at = self.moment();
        self.change_record(who, move |record| drop(record.lose_factors(at.now))).await;
    }

    /// What an account has.
    ///
    /// # Panics
    /// When the record cannot be read: this is for tests.
    pub async fn factors_of(&self, who: &Someone) -> Vec<FactorView> {
        self.recovery.0.security(&who.id).await.expect("the record can be read").record.views()
    }

    /// Whether a factor of an account was disabled.
    pub async fn has_disabled(&self, who: &Someone) -> bool {
        self.factors_of(who).await.iter().any(|view| view.state == FactorState::Disabled)
    }

    /// What an app shows now.
    ///
    /// # Panics
    /// Before 1970.
    #[must_use]
    pub fn code_of(&self, app: &TotpSecret) -> FactorProof {
        FactorProof::Totp(app.code(step_at(self.moment().now).expect("a test's clock stands after 1970")))
    }

    /// Lets the app show its next code.
    pub fn next_code(&self) {
        self.clock.advance(Duration::seconds(i64::from(STEP_SECONDS)));
    }

    /// The ticket of somebody who has given the right password and has a second factor.
    ///
    /// # Panics
    /// When the password alone signs them in, or does not go.
    pub async fn ticket(&self, who: &Someone) -> SignInTicket {
        match self.recovery.sign_in(&who.identifier(), &who.password(), &self.client()).await {
            Ok(SignInStep::FactorNeeded(pending)) => pending.ticket,
            other => panic!("no factor is asked for: {other:?}"),
        }
    }

    fn moment(&self) -> Moment {
        self.recovery.0.clock.read()
    }

    fn fresh_factor(&self) -> FactorId {
        FactorId::from_bytes(u128::from(self.next()).to_be_bytes())
    }

    fn next_byte(&self) -> u8 {
        self.next().to_be_bytes()[7]
    }

    async fn change_record(&self, who: &Someone, change: impl FnOnce(&mut Record) + Send) {
        let inner = &self.recovery.0;
        let work = async {
            let mut security = inner.security(&who.id).await?;
            change(&mut security.record);
            let mut commit = Commit::new(self.realm().clone());
            commit.documents.push(inner.write_security(&security, &who.id, self.moment().now)?);
            Ok::<_, Fault>(inner.flows.commit(commit).await?)
        };
        assert_eq!(work.await.expect("the record can be written"), Committed::Done);
    }
}

/// The sign-in that is complete.
///
/// # Panics
/// When a second factor is asked for.
#[must_use]
#[track_caller]
pub fn signed_in(step: SignInStep) -> SignedIn {
    match step {
        SignInStep::SignedIn(signed_in) => signed_in,
        SignInStep::FactorNeeded(pending) => panic!("a second factor is asked for: {pending:?}"),
    }
}
