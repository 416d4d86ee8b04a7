//! "This wasn't me": stops what somebody may have begun in a person's name, and starts nothing.
//!
//! Every letter about an account carries a [`DisownToken`]. Opening it shows what will happen and writes nothing, so that no
//! scanner disowns anything; the button does it, once for each letter: all links of the account end, new ones are on hold,
//! and whoever came in by a password that was changed a short time ago is signed out.

use crate::audit::{Actor, AuditRecord};
use crate::budget::{Quota, Spend};
use crate::client::Client;
use crate::clock::{Moment, Timestamp};
use crate::desk::case::Origin;
use crate::error::{Fault, RecoveryError};
use crate::events::RecoveryEvent;
use crate::flow::{Event, FactorRule, Letter, RecoveryFlow, Window};
use crate::ids::{AccountId, FlowId};
use crate::keys::Place;
use crate::mail::{DisownButton, HoldPlaced, LetterContent};
use crate::planted::{Bug, planted};
use crate::recovery::security::Security;
use crate::recovery::step::{Doer, Draft, Mailing, TRIES};
use crate::recovery::{ConfigError, Inner, Recovery};
use crate::security::record::KnownHold;
use crate::store::{Commit, Committed};
use crate::token::{DisownToken, RecoveryToken};
use crate::wire::{frame, unframe};
use time::{Duration, OffsetDateTime};
use tracing::Instrument as _;
use zeroize::Zeroizing;

/// Life of a disown token. The key that sealed it has to stay in the ring for as long ([`KeyRing`](crate::keys::KeyRing)).
pub(crate) const DISOWN_LIFE: Duration = Duration::days(7);

/// A letter is remembered as used for longer than its token lives.
const REMEMBERED: Duration = Duration::days(8);

/// What "this wasn't me" does beside ending the account's links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DisownRules {
    /// How long nobody gets a new link or a username by mail: 24 hours by default, at most 7 days. Whoever reads a
    /// person's mail can keep them out for as long, so it ends by itself.
    pub hold: Duration,
    /// All sessions are ended if regain set the password no longer ago than this: 7 days by default, at most 30.
    pub signs_out_within: Duration,
}

impl Default for DisownRules {
    fn default() -> Self {
        Self { hold: Duration::DAY, signs_out_within: Duration::days(7) }
    }
}

impl DisownRules {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let within = |time: Duration, days| (Duration::ZERO..=Duration::days(days)).contains(&time);
        if !within(self.hold, 7) {
            return Err(ConfigError::Invalid { what: "disown.hold", rule: "0 to 7 days" });
        }
        if !within(self.signs_out_within, 30) {
            return Err(ConfigError::Invalid { what: "disown.signs_out_within", rule: "0 to 30 days" });
        }
        Ok(())
    }
}

/// What the bearer of a letter may know before they press the button. Nothing of it comes from the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DisownView {
    /// When the letter was written.
    pub written_at: OffsetDateTime,
    /// How long new links will be on hold.
    pub hold: Duration,
}

/// That it was done, now or before: the same for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Disowned {
    /// How long new links are on hold, counted from the first use of the letter.
    pub hold: Duration,
}

/// A letter that somebody did not ask for, as its token tells.
pub(crate) struct Disputed {
    pub(crate) account: AccountId,
    /// The flow of the letter, and its kind: one letter may go to several addresses.
    pub(crate) flow: FlowId,
    pub(crate) letter: String,
    pub(crate) window: Window,
}

impl Recovery {
    /// Reads a disown token that somebody presents.
    ///
    /// # Errors
    /// [`RecoveryError::LinkNotUsable`] for whatever is no token.
    pub fn read_disown_token(&self, text: &str) -> Result<DisownToken, RecoveryError> {
        DisownToken::parse(text).map_err(|_| self.0.not_disowned(None, "malformed"))
    }

    /// Looks at the button "this wasn't me" of a letter. Writes nothing.
    ///
    /// # Errors
    /// [`RecoveryError::LinkNotUsable`] whatever the reason; [`RecoveryError::Unavailable`].
    pub async fn look_at_disown(&self, token: &DisownToken) -> Result<DisownView, RecoveryError> {
        let inner = &*self.0;
        let looked = inner.dispute(token, inner.clock.read());
        let disputed = looked.instrument(inner.span("look_at_disown", None)).await?;
        Ok(DisownView { written_at: disputed.window.opened_at.to_datetime(), hold: inner.disown_rules.hold })
    }

    /// "This wasn't me", said with a letter of any kind: ends all live links of the account, puts new ones on hold, and
    /// ends all sessions if regain set the password a short time ago ([`DisownRules`]). What was only begun about factors and
    /// addresses is dropped, and with the notice of a changed address that change is taken back. Each letter does this once;
    /// a second use changes nothing and is answered alike.
    ///
    /// # Errors
    /// [`RecoveryError::LinkNotUsable`] whatever the reason; [`RecoveryError::TooManyAttempts`] for the client's network;
    /// [`RecoveryError::Unavailable`].
    pub async fn disown_all(&self, token: &DisownToken, client: &Client) -> Result<Disowned, RecoveryError> {
        let inner = &*self.0;
        let work = async {
            let at = inner.clock.read();
            let disputed = inner.dispute(token, at).await?;
            inner.disown_letter(&disputed, client, at).await
        };
        work.instrument(inner.span("disown_all", None)).await
    }

    /// "This wasn't me", said on the page of a link: ends the link, and does all that [`Recovery::disown_all`] does.
    ///
    /// # Errors
    /// As [`Recovery::disown_all`].
    pub async fn disown(&self, token: &RecoveryToken, client: &Client) -> Result<Disowned, RecoveryError> {
        let inner = &*self.0;
        let work = async {
            let proven = inner.prove(token).await?;
            let (flow, letter) = (token.flow(), Letter::RecoveryLink.code().to_owned());
            let disputed = Disputed { account: proven.account.id, flow, letter, window: proven.window };
            inner.disown_letter(&disputed, client, proven.at).await
        };
        work.instrument(inner.span("disown", Some(token.flow()))).await
    }
}

impl Inner {
    /// The button for a letter about an account.
    pub(crate) fn disown_button(
        &self,
        account: &AccountId,
        letter: Letter,
        flow: FlowId,
        at: Moment,
    ) -> Result<DisownButton, Fault> {
        let plain = Disputed {
            account: account.clone(),
            flow,
            letter: letter.code().to_owned(),
            window: Window::open(at, DISOWN_LIFE),
        };
        let sealed = self.sealer.seal(&*self.entropy, self.disown_place(), &plain.to_bytes())?;
        let url = self.links.disown(&DisownToken::new(sealed));
        Ok(DisownButton { url, hold: self.disown_rules.hold, days: DISOWN_LIFE.whole_days() })
    }

    /// No row: nothing of a token is stored.
    fn disown_place(&self) -> Place<'_> {
        Place { realm: &self.realm, row: &[0; 16], column: "disown" }
    }

    /// What a token says, if it may be used now. Reads only.
    async fn dispute(&self, token: &DisownToken, at: Moment) -> Result<Disputed, RecoveryError> {
        let opened = self.sealer.open(self.disown_place(), token.sealed()).ok();
        let disputed = opened.and_then(|plain| Disputed::from_bytes(&plain));
        let disputed = disputed.ok_or_else(|| self.not_disowned(None, "unknown"))?;
        if disputed.window.is_over(at) || disputed.window.is_ahead_of(at) {
            return Err(self.not_disowned(Some(disputed.flow), "expired"));
        }
        match self.accounts.get(&disputed.account).await {
            Ok(Some(_)) => Ok(disputed),
            Ok(None) => Err(self.not_disowned(Some(disputed.flow), "no_account")),
            Err(error) => Err(self.unavailable("look_at_disown", error.into())),
        }
    }

    fn not_disowned(&self, flow: Option<FlowId>, why: &'static str) -> RecoveryError {
        self.emit(RecoveryEvent::LinkRefused { flow, why });
        RecoveryError::LinkNotUsable
    }

    /// The one rule behind both buttons. The network is counted before anything is done.
    async fn disown_letter(
        &self,
        disputed: &Disputed,
        client: &Client,
        at: Moment,
    ) -> Result<Disowned, RecoveryError> {
        let quota = self.limits.disowns_per_client;
        let mut count = Commit::new(self.realm.clone());
        count.spends.push(self.spend("disown/client", &client.network(), quota, at));
        self.commit_within_budget("disown", count, client, at).await?;
        let by = Doer { actor: Actor::Bearer, client: self.client_pseudonym(client) };
        let done = self.stop(disputed, by, at).await;
        done.map_err(|fault| self.unavailable("disown", fault))?;
        Ok(Disowned { hold: self.disown_rules.hold })
    }

    /// Stops all that may be under way for the account, in one commit, once for each letter; then ends the sessions, which
    /// a worker does should this process die before.
    async fn stop(&self, disputed: &Disputed, by: Doer, at: Moment) -> Result<(), Fault> {
        for _ in 0..TRIES {
            let mut draft = Draft::new(&self.realm);
            draft.commit.spends.push(self.letter_once(disputed, at));
            let end = |flow: &RecoveryFlow| {
                Some(if flow.id() == disputed.flow { Event::Disown } else { Event::Supersede })
            };
            self.end_links(&mut draft, &disputed.account, end, by, at).await?;
            let stopped = self.dispute_cases(&mut draft, &disputed.account, by, at).await;
            let security = match stopped.and(self.security(&disputed.account).await) {
                Ok(security) => security,
                Err(fault) => {
                    // What can be stopped without the record is stopped; the letter is not used up.
                    draft.commit.spends.clear();
                    self.commit_draft(draft).await?;
                    return Err(fault);
                }
            };
            let signs_out = self.put_on_hold(&mut draft, disputed, security, at).await?;
            draft.commit.audit.push(self.disowned_line(disputed, by, at));
            match self.commit_draft(draft).await? {
                Committed::Done => return self.after_stop(disputed, signs_out).await,
                // This letter was used before.
                Committed::OverBudget { .. } => return Ok(()),
                Committed::Conflict => {}
            }
        }
        Err(Fault::Contention(TRIES))
    }

    async fn after_stop(&self, disputed: &Disputed, signs_out: bool) -> Result<(), Fault> {
        let account = self.account_pseudonym(&disputed.account);
        self.emit(RecoveryEvent::Disowned { flow: disputed.flow, account, signs_out });
        if signs_out && let Err(fault) = self.sign_out(&disputed.account).await {
            // It is written down: a worker goes on with it.
            self.report("end_sessions", &fault);
        }
        Ok(())
    }

    /// Writes the hold, and a notice to every address unless there is a hold already: a letter that is disowned by a
    /// machine must not bring forth the next one. Tells whether the sessions end.
    async fn put_on_hold(
        &self,
        draft: &mut Draft,
        disputed: &Disputed,
        mut security: Security,
        at: Moment,
    ) -> Result<bool, Fault> {
        let was_on_hold = security.record.guard.is_on_hold(at.now);
        if !was_on_hold {
            self.open_case_about(draft, &disputed.account, Origin::Disowned, at).await?;
        }
        security.record.guard.disown(at.now, self.disown_rules);
        // A worker takes back what is on file at the host.
        security.record.dispute(disputed.flow, at);
        draft.commit.documents.push(self.write_security(&security, &disputed.account, at.now)?);
        let signs_out = security.record.guard.sign_out_by.is_some();
        if let Some(until) = security.record.guard.hold_until().filter(|_| !was_on_hold) {
            let on_file = self.accounts.get(&disputed.account).await?;
            let content =
                LetterContent::HoldPlaced(HoldPlaced { until: until.to_datetime(), signed_out: signs_out });
            let mailing = on_file.map(|account| Mailing::notice(&account, content));
            self.queue(draft, self.new_flow_id()?, Some(&disputed.account), mailing.as_ref(), at)?;
        }
        Ok(signs_out)
    }

    fn letter_once(&self, disputed: &Disputed, at: Moment) -> Spend {
        let letter = frame(&[
            disputed.account.as_str().as_bytes(),
            disputed.flow.as_bytes(),
            disputed.letter.as_bytes(),
        ]);
        self.spend("disown/letter", &letter, Quota::new(1, REMEMBERED), at)
    }

    fn disowned_line(&self, disputed: &Disputed, by: Doer, at: Moment) -> AuditRecord {
        AuditRecord {
            realm: self.realm.clone(),
            at: at.now,
            flow: disputed.flow,
            version: 0,
            event: "account.disowned".into(),
            reason: Some(disputed.letter.clone()),
            actor: by.actor,
            account: Some(self.account_pseudonym(&disputed.account)),
            client: by.client,
        }
    }

    /// Ends the account's sessions at the host, and writes down that it is done. Safe to repeat: if the record changes
    /// meanwhile, they are ended once more.
    pub(crate) async fn sign_out(&self, account: &AccountId) -> Result<(), Fault> {
        for _ in 0..TRIES {
            let mut security = self.security(account).await?;
            if security.record.guard.sign_out_by.is_none() {
                return Ok(());
            }
            self.accounts.end_sessions(account).await?;
            security.record.guard.sign_out_by = None;
            let mut commit = Commit::new(self.realm.clone());
            commit.documents.push(self.write_security(&security, account, self.clock.read().now)?);
            if self.flows.commit(commit).await? == Committed::Done {
                return Ok(());
            }
        }
        Err(Fault::Contention(TRIES))
    }

    /// Whether "this wasn't me" came after a password was chosen.
    pub(crate) async fn was_disowned_since(
        &self,
        account: &AccountId,
        choice: Chosen,
    ) -> Result<bool, Fault> {
        let guard = self.security(account).await?.record.guard;
        Ok(match choice {
            Chosen::Knowing(known) => guard.was_disowned_beyond(&known),
            Chosen::At(chosen_at) => guard.was_disowned_since(chosen_at),
        })
    }

    /// A recovery is completed: the record says so, for whoever disowns the notice.
    pub(crate) async fn note_password_change(
        &self,
        draft: &mut Draft,
        account: &AccountId,
        factor: FactorRule,
        known: Option<&KnownHold>,
        at: Moment,
    ) -> Result<(), Fault> {
        let mut security = match self.security(account).await {
            // The password is set, and its owner has to hear of it in any case.
            Err(fault @ Fault::Key(_)) => {
                self.report("note_password_change", &fault);
                return Ok(());
            }
            read => read?,
        };
        security.record.password_changed(at.now, known);
        if factor == FactorRule::Waived || planted(Bug::RecoveryUnbindsFactors) {
            // MF-2: what the support desk found to be lost comes off with the password that is set without it.
            security.record.lose_factors(at.now);
        }
        draft.commit.documents.push(self.write_security(&security, account, at.now)?);
        Ok(())
    }
}

/// What a choice says of when it was made.
#[derive(Clone, Copy)]
pub(crate) enum Chosen {
    /// What was known of holds then.
    Knowing(KnownHold),
    /// A choice from before that was noted: by the clock.
    At(Timestamp),
}

const VERSION: u8 = 1;

impl Disputed {
    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let Window { opened_at, high, .. } = self.window;
        frame(&[
            &[VERSION],
            &opened_at.millis().to_be_bytes(),
            &high.millis().to_be_bytes(),
            self.flow.as_bytes(),
            self.letter.as_bytes(),
            self.account.as_str().as_bytes(),
        ])
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [version, opened_at, high, flow, letter, account] = unframe::<6>(bytes)?;
        let time = |bytes: &[u8]| bytes.try_into().ok().map(i64::from_be_bytes).map(Timestamp::from_millis);
        let text = |bytes| std::str::from_utf8(bytes).ok();
        let opened_at = time(opened_at)?;
        let window = Window { opened_at, expires_at: opened_at.plus(DISOWN_LIFE), high: time(high)? };
        (version == [VERSION]).then_some(())?;
        Some(Self {
            account: AccountId::new(text(account)?).ok()?,
            flow: FlowId::from_bytes(flow.try_into().ok()?),
            letter: text(letter)?.to_owned(),
            window,
        })
    }
}
