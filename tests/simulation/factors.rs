//! The calls of people who have a second factor, or are signed in; each with the oracle listening to the answer.

use crate::calls::client;
use crate::oracle::{Shown, Truth};
use crate::stage::held;
use crate::town::Town;
use regain::RecoveryToken;
use regain::clock::{Clock as _, Timestamp};
use regain::factor::{AuthLevel, FactorId, FactorProof, TotpSecret, step_at};
use regain::ids::AccountId;
use regain::password::Password;
use regain::recovery::{Chosen, LinkView, SignInTicket, SignedIn};
use regain::security::{AuthSession, Confirmed, FactorLabel, FreshCodes, SecurityView, TotpEnrolment};
use regain::{Recovery, RecoveryError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

type Answer<T> = Option<Result<T, RecoveryError>>;

/// What somebody has besides the password: shared by all that they do at the same time.
#[derive(Debug, Default)]
pub struct Kit(Mutex<Things>);

#[derive(Debug, Default)]
struct Things {
    apps: Vec<App>,
    codes: Vec<String>,
    last: Option<Shown>,
    answers: BTreeMap<String, String>,
}

/// An authenticator app.
#[derive(Debug, Clone)]
pub struct App {
    pub id: FactorId,
    pub name: String,
    secret: TotpSecret,
}

impl App {
    fn of(enrolment: &TotpEnrolment) -> Self {
        let name = enrolment.secret().to_string();
        let secret = TotpSecret::import_base32(&name).expect("a secret that an app can read");
        Self { id: enrolment.id, name, secret }
    }

    pub fn shows(&self, now: i64) -> Shown {
        let step = step_at(Timestamp::from_millis(now)).expect("after 1970");
        let text = self.secret.code(step).expose().to_string();
        Shown { text, truth: Truth::App(self.name.clone(), step) }
    }
}

impl Kit {
    pub fn add(&self, app: App) {
        held(&self.0).apps.push(app);
    }

    pub fn drop_app(&self, id: FactorId) {
        held(&self.0).apps.retain(|app| app.id != id);
    }

    pub fn lose_phone(&self) {
        held(&self.0).apps.clear();
    }

    pub fn set_codes(&self, codes: &FreshCodes) {
        held(&self.0).codes = codes.expose().map(|code| code.to_string()).collect();
    }

    pub fn apps(&self) -> Vec<App> {
        held(&self.0).apps.clone()
    }

    pub fn code(&self, place: usize) -> Option<Shown> {
        let things = held(&self.0);
        let text = things.codes.get(place % things.codes.len().max(1))?.clone();
        Some(Shown { text, truth: Truth::Code })
    }

    pub fn remember(&self, shown: &Shown) {
        held(&self.0).last = Some(shown.clone());
    }

    pub fn remember_answers(&self, answers: &[(String, String)]) {
        held(&self.0).answers = answers.iter().cloned().collect();
    }

    pub fn answer(&self, question: &str) -> Option<String> {
        held(&self.0).answers.get(question).cloned()
    }

    pub fn last(&self) -> Option<Shown> {
        held(&self.0).last.clone()
    }
}

/// Six digits from nowhere.
pub fn guess(number: u64) -> Shown {
    Shown { text: format!("{:06}", number % 1_000_000), truth: Truth::Guess }
}

fn proof(shown: &Shown) -> Result<FactorProof, RecoveryError> {
    shown.proof().ok_or(RecoveryError::FactorNotAccepted)
}

/// How a change that a signed-in person makes is named in a trace.
pub struct Change<'a> {
    pub what: &'static str,
    pub session: &'a AuthSession,
}

impl Town {
    pub async fn sign_in_factor(
        self: &Arc<Self>,
        node: usize,
        account: &AccountId,
        ticket: &SignInTicket,
        shown: &Shown,
        from: u64,
    ) -> Answer<SignedIn> {
        let (town, account) = (self.clone(), account.clone());
        let (ticket, shown) = (ticket.clone(), shown.clone());
        self.call(node, "sign in with factor", |recovery, clock| async move {
            town.oracle.trying(&clock, &account, &shown);
            let answer = match proof(&shown) {
                Ok(proof) => recovery.sign_in_factor(&ticket, &proof, &client(from)).await,
                Err(error) => Err(error),
            };
            town.oracle.signed_in_with_factor(&account, &answer);
            town.note(node, &format!("sign in {} with {shown:?}", account.as_str()), &answer);
            answer
        })
        .await
    }

    pub async fn prove_factor(
        self: &Arc<Self>,
        node: usize,
        account: &AccountId,
        token: &str,
        shown: &Shown,
        from: u64,
    ) -> Answer<LinkView> {
        let (town, account) = (self.clone(), account.clone());
        let (token, shown) = (token.to_owned(), shown.clone());
        self.call(node, "prove factor", |recovery, clock| async move {
            let choice = town.oracle.presenting(&clock, &token, None);
            town.oracle.trying(&clock, &account, &shown);
            let answer = match (RecoveryToken::parse(&token), proof(&shown)) {
                (Ok(token), Ok(proof)) => recovery.prove_factor(&token, &proof, &client(from)).await,
                _ => Err(RecoveryError::LinkNotUsable),
            };
            town.oracle.proved(&choice, &answer);
            town.note(node, &format!("prove {shown:?} for a link"), &answer);
            answer
        })
        .await
    }

    pub async fn change<T, F>(
        self: &Arc<Self>,
        node: usize,
        change: Change<'_>,
        make: impl FnOnce(Arc<Self>, Recovery, AuthSession) -> F + Send + 'static,
    ) -> Answer<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, RecoveryError>> + Send + 'static,
    {
        let (town, session, what) = (self.clone(), change.session.clone(), change.what);
        self.call(node, what, move |recovery, _| async move {
            let name = session.account.as_str().to_owned();
            let answer = make(town.clone(), recovery, session).await;
            town.oracle.changed_by_owner(&answer);
            town.note(node, &format!("{what} of {name}"), &answer);
            answer
        })
        .await
    }

    pub async fn begin_totp(self: &Arc<Self>, node: usize, session: &AuthSession, from: u64) -> Option<App> {
        let change = Change { what: "begin to bind", session };
        let label = FactorLabel::parse("phone").expect("a label");
        let begun = self.change(node, change, move |town, recovery, session| async move {
            let begun = recovery.security_info(&session, &client(from)).begin_totp(&label).await?;
            let app = App::of(&begun);
            town.oracle.enrols(&session.account, &app.name, &app.secret);
            Ok(app)
        });
        begun.await?.ok()
    }

    pub async fn confirm_totp(
        self: &Arc<Self>,
        node: usize,
        session: &AuthSession,
        id: FactorId,
        shown: &Shown,
        from: u64,
    ) -> Answer<Confirmed> {
        let change = Change { what: "bind factor", session };
        let shown = shown.clone();
        self.change(node, change, move |town, recovery, session| async move {
            let Ok(FactorProof::Totp(code)) = proof(&shown) else { return Err(RecoveryError::CodeNotUsable) };
            let clock = town.clock_of(node);
            town.oracle.acting(&session.account, session.level, None, None);
            clock.inspect(|clock| town.oracle.trying(clock, &session.account, &shown));
            recovery.security_info(&session, &client(from)).confirm_totp(id, &code).await
        })
        .await
    }

    pub async fn remove_factor(
        self: &Arc<Self>,
        node: usize,
        session: &AuthSession,
        id: FactorId,
        from: u64,
    ) -> Answer<()> {
        let change = Change { what: "unbind factor", session };
        self.change(node, change, move |town, recovery, session| async move {
            town.oracle.acting(&session.account, session.level, None, None);
            recovery.security_info(&session, &client(from)).remove(id).await
        })
        .await
    }

    pub async fn make_codes(
        self: &Arc<Self>,
        node: usize,
        session: &AuthSession,
        from: u64,
    ) -> Answer<FreshCodes> {
        let change = Change { what: "make codes", session };
        self.change(node, change, move |town, recovery, session| async move {
            town.oracle.acting(&session.account, session.level, None, None);
            recovery.security_info(&session, &client(from)).regenerate_codes().await
        })
        .await
    }

    pub async fn change_password(
        self: &Arc<Self>,
        node: usize,
        session: &AuthSession,
        present: &str,
        new: &str,
        from: u64,
    ) -> Answer<Chosen> {
        let change = Change { what: "change password", session };
        let (present, new) = (present.to_owned(), new.to_owned());
        self.change(node, change, move |town, recovery, session| async move {
            town.oracle.acting(&session.account, session.level, Some(&present), Some(&new));
            let (present, new) = (Password::new(present.as_str()), Password::new(new.as_str()));
            recovery.change_password(&session, &present, &new, &client(from)).await
        })
        .await
    }

    /// What protects an account: for its owner, and for the oracle at the end.
    pub async fn security_of(self: &Arc<Self>, node: usize, account: &AccountId) -> Answer<SecurityView> {
        let account = account.clone();
        self.call(node, "list", move |recovery, clock| async move {
            let session = AuthSession {
                account,
                level: AuthLevel::Password,
                authenticated_at: clock.now().into(),
                binding: [0; 32],
            };
            recovery.security_info(&session, &client(5_000)).list().await
        })
        .await
    }

    fn note<T>(&self, node: usize, what: &str, answer: &Result<T, RecoveryError>) {
        let answer = answer.as_ref().map(drop);
        self.stage.note(&format!("n{node} {what} #{} answers {answer:?}", self.stage.doing().id));
    }
}
