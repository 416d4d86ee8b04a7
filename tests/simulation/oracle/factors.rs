//! Second factors: where one is bound, no session and no new password without it; each code once; each try counted before it
//! is compared; each change its owner's, and told.

use super::shown::{Shown, Truth};
use super::{Book, LinkSeen, Oracle};
use crate::clock::NodeClock;
use crate::stage::counted;
use regain::RecoveryError;
use regain::audit::AuditRecord;
use regain::clock::Clock as _;
use regain::factor::{AuthLevel, FactorKind, FactorProof, FactorState, TotpSecret};
use regain::ids::AccountId;
use regain::recovery::{LinkView, SignedIn};
use regain::security::SecurityView;
use regain::store::Commit;
use std::collections::BTreeMap;

/// Failures in a row after which a factor is taken no more.
const CAP: u32 = 10;

/// What an account has, by the lines of the audit record.
#[derive(Default)]
pub struct FactorsSeen {
    /// The secrets that were shown to the owner, whatever became of them.
    secrets: Vec<(String, TotpSecret)>,
    /// How many apps were bound, since an event; those that are taken no more among them.
    apps: Vec<(u64, usize)>,
    codes: bool,
    /// Tries in a row that were counted and did not succeed, by kind.
    tries: BTreeMap<&'static str, u32>,
}

impl FactorsSeen {
    fn count(&self) -> usize {
        self.apps.last().map_or(0, |(_, count)| *count)
    }
}

/// A task that tries a factor.
pub struct Trying {
    account: AccountId,
    shown: Shown,
    counted: bool,
    level: Option<AuthLevel>,
}

/// A task that changes something for somebody who is signed in.
#[derive(Clone)]
pub struct Acting {
    account: AccountId,
    level: AuthLevel,
    /// What is typed as the present password.
    present: Option<String>,
    pub(super) chooses: Option<String>,
}

impl Oracle {
    /// An app has been told its secret.
    pub fn enrols(&self, account: &AccountId, name: &str, secret: &TotpSecret) {
        let mut book = self.book();
        if let Some(seen) = book.accounts.get_mut(account) {
            seen.factors.secrets.push((name.to_owned(), secret.clone()));
        }
    }

    /// Somebody shows a code to a node. A guess that happens to be right is none.
    pub fn trying(&self, clock: &NodeClock, account: &AccountId, shown: &Shown) {
        let task = self.stage.doing().id;
        let mut book = self.book();
        let mut shown = shown.clone();
        if let (Truth::Guess, Some(FactorProof::Totp(code))) = (&shown.truth, shown.proof()) {
            let secrets = book.accounts.get(account).map(|seen| seen.factors.secrets.as_slice());
            let now = clock.now().into();
            let lucky = secrets.unwrap_or_default().iter().find_map(|(name, secret)| {
                Some(Truth::App(name.clone(), secret.matched_step(&code, now, None)?))
            });
            shown.truth = lucky.unwrap_or(Truth::Guess);
        }
        book.shown.push((account.clone(), shown.clone()));
        book.trying.insert(task, Trying { account: account.clone(), shown, counted: false, level: None });
    }

    /// Somebody who is signed in changes something.
    pub fn acting(
        &self,
        account: &AccountId,
        level: AuthLevel,
        present: Option<&str>,
        chooses: Option<&str>,
    ) {
        let (present, chooses) = (present.map(str::to_owned), chooses.map(str::to_owned));
        let acting = Acting { account: account.clone(), level, present, chooses };
        self.book().acting.insert(self.stage.doing().id, acting);
    }

    /// Whether an account's apps have failed as often as they may.
    pub fn is_worn(&self, account: &AccountId) -> bool {
        let book = self.book();
        let tries = book.accounts.get(account).and_then(|seen| seen.factors.tries.get("totp"));
        tries.is_some_and(|tries| *tries >= CAP)
    }

    /// All codes that anybody has shown, and whose they are.
    pub fn shown(&self) -> Vec<(AccountId, Shown)> {
        self.book().shown.clone()
    }

    /// The password that an account has now, for those who came to know it.
    pub fn password_of(&self, account: &AccountId) -> Option<String> {
        self.book().accounts.get(account)?.password().map(str::to_owned)
    }

    /// Links that work, as far as is known, of accounts with a factor: for those who read the mail of others.
    pub fn links_with_factor(&self) -> Vec<(AccountId, String)> {
        let book = self.book();
        let tokens = book.tokens.iter().filter_map(|(token, flow)| {
            let row = book.flows.get(flow).map(|seen| &seen.row).filter(|row| row.state == "link_sent")?;
            let account = row.account.clone()?;
            let bound = book.accounts.get(&account).is_some_and(|seen| seen.factors.count() > 0);
            bound.then(|| (account, token.clone()))
        });
        tokens.collect()
    }

    /// Whether a factor was bound all the time between two events, and whether at any time.
    pub(super) fn protected(&self, book: &Book, account: &AccountId, from: u64, to: u64) -> (bool, bool) {
        let Some(seen) = book.accounts.get(account) else { return (false, false) };
        let host: Vec<bool> = seen.between(from, to).map(|facts| facts.host_factor).collect();
        let mut bound = seen.factors.apps.iter().rev();
        let mut counts = Vec::new();
        for (since, count) in bound.by_ref().filter(|(since, _)| *since <= to) {
            counts.push(*count > 0);
            if *since <= from {
                break;
            }
        }
        let from_the_start = seen.factors.apps.first().is_some_and(|(since, _)| *since <= from);
        let own = from_the_start && counts.iter().all(|bound| *bound);
        let always = own || host.iter().all(|host| *host);
        (always, counts.contains(&true) || host.contains(&true))
    }

    pub(super) fn factors_decided(&self, book: &mut Book, commit: &Commit) {
        let (event, task) = (self.stage.event(), self.stage.doing().id);
        if let Some(trying) = book.trying.get_mut(&task)
            && let Some(record) = commit.documents.first()
            && commit.audit.is_empty()
        {
            trying.counted = true;
            let kind = trying.shown.kind();
            // Whose it is the record says: of people who share a mailbox, one may have opened another's link.
            let account = record.document().account.as_ref();
            // A new app's own codes count for itself.
            let binds = self.stage.doing().what == "bind factor";
            let seen = account.and_then(|account| book.accounts.get_mut(account));
            if let Some(seen) = seen.filter(|_| !binds) {
                *seen.factors.tries.entry(kind).or_default() += 1;
            }
        }
        for line in commit.audit.iter().filter(|line| line.version == 0) {
            let account = line.account.and_then(|name| book.pseudonyms.get(name.as_bytes()).cloned());
            let Some(account) = account else { continue };
            match (line.event.as_str(), line.reason.as_deref()) {
                ("account.factor_accepted" | "account.factor_refused", Some("questions")) => {}
                ("account.signed_in", Some(kind)) => self.accepted(book, &account, kind),
                ("account.factor_accepted", Some(kind)) => self.accepted(book, &account, kind),
                ("account.factor_refused", _) => self.refused(book, &account),
                ("account.factor_added", _) => {
                    self.accepted(book, &account, "totp");
                    self.changed(book, &account, line, commit, event);
                    self.bind(book, &account, event, |count| count + 1);
                    if let Some(seen) = book.accounts.get_mut(&account) {
                        seen.factors.codes = true;
                    }
                    self.stage.tally("factors bound");
                }
                ("account.factor_removed", Some("recovery_codes")) => {
                    self.changed(book, &account, line, commit, event);
                    if let Some(seen) = book.accounts.get_mut(&account) {
                        seen.factors.codes = false;
                    }
                }
                ("account.factor_removed", _) => {
                    self.changed(book, &account, line, commit, event);
                    self.bind(book, &account, event, |count| count.saturating_sub(1));
                    if let Some(seen) = book.accounts.get_mut(&account) {
                        seen.factors.codes &= seen.factors.count() > 0;
                    }
                    self.stage.tally("factors unbound");
                }
                ("account.codes_made", _) => {
                    self.changed(book, &account, line, commit, event);
                    if let Some(seen) = book.accounts.get_mut(&account) {
                        seen.factors.codes = true;
                        seen.factors.tries.remove("recovery_codes");
                    }
                    self.stage.tally("recovery codes made");
                }
                ("account.factors_lost", _) => {
                    let waived = book.flows.get(&line.flow).and_then(|seen| seen.by_desk.as_ref());
                    let waived = waived.is_some_and(|link| link.waives);
                    self.hold("factors come off by a case that found them lost", waived, || {
                        account.as_str().to_owned()
                    });
                    self.bind(book, &account, event, |_| 0);
                    if let Some(seen) = book.accounts.get_mut(&account) {
                        seen.factors.codes = false;
                        seen.factors.tries.remove("recovery_codes");
                    }
                    self.stage.tally("factors lost");
                }
                ("account.factor_disabled", _) => {
                    self.told(book, &account, line, commit, event);
                    self.stage.tally("factors that failed too often");
                }
                _ => {}
            }
        }
    }

    fn bind(&self, book: &mut Book, account: &AccountId, event: u64, change: impl Fn(usize) -> usize) {
        if let Some(seen) = book.accounts.get_mut(account) {
            let count = change(seen.factors.count());
            seen.factors.apps.push((event, count));
            seen.factors.tries.remove("totp");
        }
    }

    /// A code has been accepted, for a sign-in, a link or a new app.
    fn accepted(&self, book: &mut Book, account: &AccountId, kind: &str) {
        let task = self.stage.doing().id;
        let said = || format!("{} of {}", kind, account.as_str());
        let Some(trying) = book.trying.get(&task) else {
            return self.stage.broken("a factor is proven by a code that was shown", said());
        };
        let (shown, of_account) = (trying.shown.clone(), trying.account == *account);
        let true_one = shown.truth != Truth::Guess && of_account && shown.kind() == kind;
        self.hold("only a true code is accepted", true_one, || format!("{}: {shown:?}", said()));
        self.hold("a factor's try is counted before it is compared", trying.counted, said);
        let first = book.used.insert((account.clone(), shown.once()));
        self.hold("a code is accepted once", first, || format!("{}: {shown:?}", said()));
        let binds = self.stage.doing().what == "bind factor";
        if let Some(seen) = book.accounts.get_mut(account).filter(|_| !binds) {
            let tries = seen.factors.tries.remove(shown.kind()).unwrap_or(0);
            self.hold("no factor is proven after its cap", tries <= CAP, || format!("{}: {tries}", said()));
        }
        self.stage.tally(if shown.truth == Truth::Code { "recovery codes used" } else { "app codes used" });
    }

    fn refused(&self, book: &Book, account: &AccountId) {
        let trying = book.trying.get(&self.stage.doing().id);
        let Some(trying) = trying else {
            return self
                .stage
                .broken("a factor is refused to somebody who tried", account.as_str().to_owned());
        };
        let again = book.used.contains(&(account.clone(), trying.shown.once()));
        self.stage.tally(if again { "codes refused that were used" } else { "codes refused" });
    }

    /// What protects an account is changed by its owner only, in a session as strong as the account.
    pub(super) fn changed(
        &self,
        book: &Book,
        account: &AccountId,
        line: &AuditRecord,
        commit: &Commit,
        event: u64,
    ) {
        let doing = self.stage.doing();
        let said = || format!("{} of {} in {}", line.event, account.as_str(), doing.what);
        let acting = book.acting.get(&doing.id).filter(|acting| acting.account == *account);
        self.hold("a factor is changed by its owner only", acting.is_some(), said);
        let (protected, _) = self.protected(book, account, doing.since, event);
        let strong = acting.is_some_and(|acting| acting.level >= AuthLevel::SecondFactor);
        self.hold("a factor is changed with a factor", strong || !protected, said);
        self.told(book, account, line, commit, event);
    }

    fn told(&self, book: &Book, account: &AccountId, line: &AuditRecord, commit: &Commit, event: u64) {
        let Some(seen) = book.accounts.get(account) else { return };
        let letters = commit.mails.iter().filter(|mail| mail.flow == line.flow).count();
        let since = self.stage.doing().since;
        // Two apps may reach their cap by one try.
        let changes = commit.audit.iter().filter(|it| it.flow == line.flow && it.event == line.event).count();
        let told = seen.between(since, event).any(|facts| changes * facts.addresses.len() == letters);
        self.hold("a changed factor is told to every address on file", told, || {
            format!("{} of {} with {letters} notices", line.event, account.as_str())
        });
    }

    /// What a signed-in person's own choice rests on; it stands where a link does otherwise.
    pub(super) fn legal_change(&self, book: &Book, acting: &Acting, event: u64) -> Option<LinkSeen> {
        acting.chooses.as_ref()?;
        let doing = self.stage.doing();
        let said = || format!("{} at {:?}", acting.account.as_str(), acting.level);
        let (protected, _) = self.protected(book, &acting.account, doing.since, event);
        let strong = acting.level >= AuthLevel::SecondFactor;
        self.hold("no password is changed without the factor that is bound", strong || !protected, said);
        let seen = book.accounts.get(&acting.account)?;
        let ends = seen.passwords.iter().skip(1).map(|(since, _)| *since).chain([u64::MAX]);
        let mut during = seen.passwords.iter().zip(ends).filter(|(_, end)| *end > doing.since);
        let right = during.any(|((_, had), _)| acting.present.as_ref() == Some(had));
        self.hold("no password is changed without the present one", right, said);
        self.hold("a password is counted before it is compared", counted(&doing.spends) > 0, said);
        self.stage.tally("passwords changed while signed in");
        Some(LinkSeen { account: acting.account.clone(), since: event, expires_at: i64::MAX, high: i64::MIN })
    }

    /// A second step was answered.
    pub fn signed_in_with_factor(&self, account: &AccountId, answer: &Result<SignedIn, RecoveryError>) {
        let doing = self.stage.doing();
        let said = || format!("{} answers {answer:?}", account.as_str());
        let mut book = self.book();
        match answer {
            Ok(signed_in) => {
                let right = signed_in.account == *account && signed_in.level == AuthLevel::SecondFactor;
                self.hold("a session is its owner's, and as strong as its proof", right, said);
                let trying = book.trying.get(&doing.id);
                let shown =
                    trying.is_some_and(|trying| book.used.contains(&(account.clone(), trying.shown.once())));
                self.hold("no session without a code that was used up", shown, said);
                self.no_older_link(&book, account, doing.since);
                self.stage.tally("sign-ins with a factor");
            }
            Err(RecoveryError::Unavailable) => self.hold("a sign-in fails for a cause", self.failed(), said),
            Err(RecoveryError::FactorNotAccepted | RecoveryError::TooManyAttempts { .. }) => {}
            Err(_) => self.stage.broken("a factor is answered like every other", said()),
        }
        if let Some(trying) = book.trying.get_mut(&doing.id) {
            trying.level = answer.as_ref().ok().map(|signed_in| signed_in.level);
        }
    }

    /// Somebody tried to prove the factor for a link.
    pub fn proved(&self, choice: &super::Choice, answer: &Result<LinkView, RecoveryError>) {
        let said = || format!("{answer:?} for {:?}", choice.true_for);
        let fits = match answer {
            Ok(view) => choice.true_for.is_some() && !view.factor_needed,
            Err(RecoveryError::FactorNotAccepted) => choice.true_for.is_some(),
            Err(RecoveryError::LinkNotUsable | RecoveryError::TooManyAttempts { .. }) => true,
            Err(RecoveryError::Unavailable) => self.failed(),
            Err(_) => false,
        };
        self.hold("a factor counts for nothing without the link", fits, said);
    }

    /// Somebody changed what protects the account, or tried to.
    pub fn changed_by_owner<T>(&self, answer: &Result<T, RecoveryError>) {
        let fits = match answer {
            Err(RecoveryError::Unavailable) => self.failed(),
            Ok(_)
            | Err(
                RecoveryError::StepUpRequired
                | RecoveryError::CodeNotUsable
                | RecoveryError::ChangeRefused(_)
                | RecoveryError::NotAccepted
                | RecoveryError::FactorNeeded
                | RecoveryError::PasswordRefused(_)
                | RecoveryError::TooManyAttempts { .. },
            ) => true,
            Err(_) => false,
        };
        let said = || format!("{:?}", answer.as_ref().err());
        self.hold("a change is made, refused for a reason, or fails for a cause", fits, said);
    }

    /// At the end: nobody has lost a factor, or got one.
    pub fn still_bound(&self, account: &AccountId, view: &SecurityView) {
        let book = self.book();
        let Some(seen) = book.accounts.get(account) else { return };
        let bound = |kind| {
            let of_kind = view.factors.iter().filter(move |it| it.kind == kind);
            of_kind.filter(|it| it.state != FactorState::Pending).count()
        };
        let (apps, codes) = (bound(FactorKind::Totp), bound(FactorKind::RecoveryCodes));
        let expected = (seen.factors.count(), usize::from(seen.factors.codes));
        self.hold("nobody's factor is lost or made up", (apps, codes) == expected, || {
            format!("{}: {apps} apps and {codes} sets of codes, not {expected:?}", account.as_str())
        });
    }
}
