//! What a host decides. Everything has a safe default; what is weaker than a floor does not build.

use crate::account::AccountStore;
use crate::audit::AuditTrail;
use crate::budget::Quota;
use crate::clock::{Clock, SystemClock, Watch};
use crate::entropy::{Entropy, SystemEntropy};
use crate::events::EventSink;
#[cfg(feature = "questions")]
use crate::factor::QuestionList;
use crate::identity::{BlindIndex, IdentityRules, RulesError};
use crate::ids::Realm;
use crate::keys::{KeyRing, Pseudonyms, Sealer, Verifiers};
use crate::mail::{MailTemplates, Sender, Service};
use crate::origin::Links;
use crate::password::{
    Argon2Hasher, BreachedPasswords, HashPool, OnBreachFailure, PasswordHasher, PasswordPolicy,
};
use crate::recovery::weigh::Weighings;
use crate::recovery::{DisownRules, Inner, Means, Recovery, Retention};
use crate::security::{HostFactors, SecurityRules};
use crate::store::FlowStore;
use crate::wake::Wakes;
use std::sync::{Arc, OnceLock};
use time::Duration;

/// What regain cannot do without.
pub struct Setup {
    /// The tenant. One `Recovery` serves one realm.
    pub realm: Realm,
    /// The key ring: loaded by the host, the same on every node, kept apart from the database.
    pub keys: KeyRing,
    /// Where links lead.
    pub links: Links,
    /// What mails and pages call the service, and where help is.
    pub service: Service,
    /// Who mails come from.
    pub sender: Sender,
    /// The host's accounts.
    pub accounts: Arc<dyn AccountStore>,
    /// regain's own tables.
    pub flows: Arc<dyn FlowStore>,
}

/// How often what may be done.
///
/// The first three are keyed on what was typed or on the client's network, are the same for any account and
/// none, and may refuse aloud. Those per account work in silence, in the worker.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Limits {
    /// Asks for one typed identifier: 5 per hour.
    pub asks_per_identifier: Quota,
    /// Asks from one client network: 30 per 5 minutes.
    pub asks_per_client: Quota,
    /// Asks of all clients together: 3,000 per 5 minutes (RL-10), so that nobody with many networks makes honest asks
    /// wait until they are given up. It is divided into shares, so that some are refused a little early. Set it to what the worker and the mail system can take.
    pub asks_in_all: Quota,
    /// Claims about one identifying attribute, such as one record number: 5 per day, so that guessing birth
    /// dates is pointless (ID-4).
    pub claims_per_attribute: Quota,
    /// Claims compared with one account, whatever led to it: 5 per day.
    pub claims_per_account: Quota,
    /// Mails to one account: 3 per hour.
    pub mails_per_account_hour: Quota,
    /// Mails to one account: 10 per day.
    pub mails_per_account_day: Quota,
    /// Letters by post to one account: 2 per 21 days, since each costs postage and ends the one before. What a letter says
    /// works whoever asked for it.
    pub letters_per_account: Quota,
    /// Codes typed for asks about one account: 10 per day, in silence, besides the 5 for each ask (RC-12). The link works on;
    /// where only a code was sent, it has to wait for the next day.
    pub codes_per_account: Quota,
    /// Codes typed from one client network: 30 per 5 minutes.
    pub codes_per_client: Quota,
    /// Passwords hashed for one link: 20 per hour.
    pub choices_per_link: Quota,
    /// Passwords weighed for one account before one is chosen ([`Recovery::weigh_password`]): 60 per day, counted in the memory
    /// of each node. With that the answers tell no more of the person's own data than refused passwords do, 20 for each of up
    /// to ten links a day.
    pub weighings_per_account: Quota,
    /// "This wasn't me" from one client network: 30 per 5 minutes.
    pub disowns_per_client: Quota,
    /// Changes of one account's security information, those that are only begun among them: 10 per hour (CVE-2019-12467).
    pub security_changes_per_account: Quota,
    /// Codes typed to confirm such a change: 20 per hour, besides the 5 for each (CVE-2019-12467).
    pub confirmations_per_account: Quota,
    /// Codes mailed to one address that somebody wants on file, whoever wants it: 5 per day.
    pub address_codes_per_address: Quota,
    /// Second factors tried from one client network: 30 per 5 minutes.
    pub factors_per_client: Quota,
    /// Second factors tried for links of one account: 10 per day, in silence, besides the 5 for each link and the 10 in a
    /// row after which a factor is disabled (RC-12).
    pub factors_per_account: Quota,
    /// Sign-ins tried for one identifier: 100 per hour. One that succeeds clears the count (RL-3).
    pub sign_ins_per_identifier: Quota,
    /// Sign-ins tried for one identifier from one client network: 10 per 15 minutes. One that succeeds clears it.
    pub sign_ins_per_identifier_and_client: Quota,
    /// Sign-ins tried from one client network: 300 per 5 minutes, those that succeed among them.
    pub sign_ins_per_client: Quota,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            asks_per_identifier: Quota::new(5, Duration::HOUR),
            asks_per_client: Quota::new(30, Duration::minutes(5)),
            asks_in_all: Quota::new(3_000, Duration::minutes(5)),
            claims_per_attribute: Quota::new(5, Duration::DAY),
            claims_per_account: Quota::new(5, Duration::DAY),
            mails_per_account_hour: Quota::new(3, Duration::HOUR),
            mails_per_account_day: Quota::new(10, Duration::DAY),
            letters_per_account: Quota::new(2, Duration::days(21)),
            codes_per_account: Quota::new(10, Duration::DAY),
            codes_per_client: Quota::new(30, Duration::minutes(5)),
            choices_per_link: Quota::new(20, Duration::HOUR),
            weighings_per_account: Quota::new(60, Duration::DAY),
            disowns_per_client: Quota::new(30, Duration::minutes(5)),
            security_changes_per_account: Quota::new(10, Duration::HOUR),
            confirmations_per_account: Quota::new(20, Duration::HOUR),
            address_codes_per_address: Quota::new(5, Duration::DAY),
            factors_per_client: Quota::new(30, Duration::minutes(5)),
            factors_per_account: Quota::new(10, Duration::DAY),
            sign_ins_per_identifier: Quota::new(100, Duration::HOUR),
            sign_ins_per_identifier_and_client: Quota::new(10, Duration::minutes(15)),
            sign_ins_per_client: Quota::new(300, Duration::minutes(5)),
        }
    }
}

impl Limits {
    /// So many asks from one client network, and no ceiling for all: for load tests only. One network may then fill the
    /// queue.
    #[must_use]
    pub fn danger_asks_per_client(mut self, quota: Quota) -> Self {
        self.asks_per_client = quota;
        self.asks_in_all = Quota::new(u32::MAX, quota.period());
        self
    }

    /// Limits that protect an account have a ceiling, for what may be done at once as for the rate; those of a client
    /// network are the host's affair.
    fn check(&self) -> Result<(), ConfigError> {
        let per_day = |quota: Quota| f64::from(quota.count()) * (Duration::DAY / quota.period());
        let ceilings = [
            ("asks_per_identifier", self.asks_per_identifier, 2400, "100 an hour (OWASP ASVS 2.4.1)"),
            ("claims_per_attribute", self.claims_per_attribute, 100, "100 a day (OWASP ASVS 2.4.1)"),
            ("claims_per_account", self.claims_per_account, 100, "100 a day (OWASP ASVS 2.4.1)"),
            (
                "mails_per_account_hour",
                self.mails_per_account_hour,
                480,
                "20 an hour (OWASP forgot-password sheet)",
            ),
            (
                "mails_per_account_day",
                self.mails_per_account_day,
                100,
                "100 a day (OWASP forgot-password sheet)",
            ),
            ("codes_per_account", self.codes_per_account, 100, "100 a day (NIST SP 800-63B-4 3.2.2)"),
            ("factors_per_account", self.factors_per_account, 100, "100 a day (NIST SP 800-63B-4 3.2.2)"),
            ("letters_per_account", self.letters_per_account, 3, "3 a day"),
            ("choices_per_link", self.choices_per_link, 2400, "100 an hour (NIST SP 800-63B-4 3.2.2)"),
            (
                "weighings_per_account",
                self.weighings_per_account,
                200,
                "200 a day, as many as choices by ten links",
            ),
            ("security_changes_per_account", self.security_changes_per_account, 240, "10 an hour"),
            (
                "confirmations_per_account",
                self.confirmations_per_account,
                2400,
                "100 an hour (NIST SP 800-63B-4 3.2.2)",
            ),
            (
                "address_codes_per_address",
                self.address_codes_per_address,
                100,
                "100 a day (OWASP forgot-password sheet)",
            ),
            (
                "sign_ins_per_identifier",
                self.sign_ins_per_identifier,
                2400,
                "100 an hour (NIST SP 800-63B-4 3.2.2)",
            ),
        ];
        for (name, quota, ceiling, floor) in ceilings {
            if quota.count() > ceiling || per_day(quota) > f64::from(ceiling) {
                return Err(ConfigError::Weaker { what: name, floor });
            }
        }
        Ok(())
    }
}

/// Whether somebody whose account cannot use recovery is told by mail that somebody asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AskedNotice {
    /// Nothing is sent.
    #[default]
    Never,
    /// A notice goes to the addresses on file of an account that is disabled, may not change its password, or cannot be
    /// recovered ([`Recoverability`](crate::account::Recoverability)); but for that of somebody who has died.
    WhenNotPossible,
}

/// Why a configuration does not build.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Weaker than a floor.
    #[error("{what} is weaker than its floor: {floor}")]
    Weaker {
        /// Which setting.
        what: &'static str,
        /// The floor and its source.
        floor: &'static str,
    },
    /// Nothing useful can be built of it.
    #[error("{what} must be {rule}")]
    Invalid {
        /// Which setting.
        what: &'static str,
        /// What it has to be.
        rule: &'static str,
    },
    /// The rules of identity match, or its keys, do not fit.
    #[error(transparent)]
    Identity(#[from] RulesError),
    /// The hashing threads could not be started.
    #[error("the hashing threads could not be started: {0}")]
    Threads(String),
}

/// Builds a [`Recovery`].
pub struct RecoveryBuilder {
    setup: Setup,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    policy: PasswordPolicy,
    hasher: Option<Arc<dyn PasswordHasher>>,
    pool: Option<HashPool>,
    identity: IdentityRules,
    limits: Limits,
    means: Means,
    link_life: Duration,
    request_life: Duration,
    retention: Retention,
    notice: AskedNotice,
    disown_rules: DisownRules,
    security_rules: SecurityRules,
    mail_templates: MailTemplates,
    #[cfg(feature = "questions")]
    questions: QuestionList,
    breached: Option<(Arc<dyn BreachedPasswords>, OnBreachFailure)>,
    host_factors: Option<Arc<dyn HostFactors>>,
    sink: Option<Arc<dyn EventSink>>,
}

impl RecoveryBuilder {
    pub(crate) fn new(setup: Setup) -> Self {
        Self {
            setup,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            policy: PasswordPolicy::default(),
            hasher: None,
            pool: None,
            identity: IdentityRules::default(),
            limits: Limits::default(),
            means: Means::default(),
            link_life: Duration::minutes(30),
            request_life: Duration::HOUR,
            retention: Retention::default(),
            notice: AskedNotice::default(),
            disown_rules: DisownRules::default(),
            security_rules: SecurityRules::default(),
            mail_templates: MailTemplates::default(),
            #[cfg(feature = "questions")]
            questions: QuestionList::default(),
            breached: None,
            host_factors: None,
            sink: None,
        }
    }

    /// Where the time comes from; the machine's clock by default.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Where random bytes come from; the operating system by default.
    #[must_use]
    pub fn entropy(mut self, entropy: Arc<dyn Entropy>) -> Self {
        self.entropy = entropy;
        self
    }

    /// Which passwords are good enough.
    #[must_use]
    pub fn password_policy(mut self, policy: PasswordPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// How passwords are hashed; Argon2id at 19 MiB, t=2, p=1 by default.
    #[must_use]
    pub fn hasher(mut self, hasher: Arc<dyn PasswordHasher>) -> Self {
        self.hasher = Some(hasher);
        self
    }

    /// The threads that hash; as many as there are processors by default.
    #[must_use]
    pub fn hash_pool(mut self, pool: HashPool) -> Self {
        self.pool = Some(pool);
        self
    }

    /// Which attributes identify a person, and how the others have to agree.
    #[must_use]
    pub fn identity(mut self, rules: IdentityRules) -> Self {
        self.identity = rules;
        self
    }

    /// How often what may be done.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// By which means people are reached; by e-mail only unless something is said.
    #[must_use]
    pub fn means(mut self, means: Means) -> Self {
        self.means = means;
        self
    }

    /// Life of a link: 30 minutes by default; NIST SP 800-63B-4 4.2.1.2 allows up to 24 h by e-mail.
    #[must_use]
    pub fn link_life(mut self, life: Duration) -> Self {
        self.link_life = life;
        self
    }

    /// How long what is over stays in the tables.
    #[must_use]
    pub fn retention(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }

    /// How long an ask waits for the worker before it is given up: 1 hour by default, at most 24 h.
    #[must_use]
    pub fn request_life(mut self, life: Duration) -> Self {
        self.request_life = life;
        self
    }

    /// Whether people are told that somebody asked for an account that cannot use recovery.
    #[must_use]
    pub fn asked_notice(mut self, notice: AskedNotice) -> Self {
        self.notice = notice;
        self
    }

    /// What "this wasn't me" does beside ending links.
    #[must_use]
    pub fn disown_rules(mut self, rules: DisownRules) -> Self {
        self.disown_rules = rules;
        self
    }

    /// What a change of the security information asks for.
    #[must_use]
    pub fn security_rules(mut self, rules: SecurityRules) -> Self {
        self.security_rules = rules;
        self
    }

    /// Mails from templates of the host's ([`mail::templates`](crate::mail::templates)).
    #[cfg(feature = "templates")]
    #[must_use]
    pub fn mail_templates(mut self, templates: MailTemplates) -> Self {
        self.mail_templates = templates;
        self
    }

    /// The security questions that people may choose from; ten in English by default. Nobody has to choose any.
    #[cfg(feature = "questions")]
    #[must_use]
    pub fn questions(mut self, list: QuestionList) -> Self {
        self.questions = list;
        self
    }

    /// A register of breached passwords, and what to do when it does not answer.
    #[must_use]
    pub fn breached_passwords(
        mut self,
        register: Arc<dyn BreachedPasswords>,
        failure: OnBreachFailure,
    ) -> Self {
        self.breached = Some((register, failure));
        self
    }

    /// Who verifies the factors that the host keeps itself. Without it, an account with such factors only can neither sign
    /// in here nor be recovered by its owner alone.
    #[must_use]
    pub fn host_factors(mut self, factors: Arc<dyn HostFactors>) -> Self {
        self.host_factors = Some(factors);
        self
    }

    /// Who gets the event stream.
    #[must_use]
    pub fn events(mut self, sink: Arc<dyn EventSink>) -> Self {
        self.sink = Some(sink);
        self
    }

    /// Builds it.
    ///
    /// # Errors
    /// [`ConfigError`] when a setting is weaker than its floor.
    pub fn build(self) -> Result<Recovery, ConfigError> {
        self.limits.check()?;
        if self.setup.keys.has_zero_key() {
            return Err(ConfigError::Weaker {
                what: "the key ring",
                floor: "256 random bits (OWASP ASVS 11.5.1)",
            });
        }
        let life = |what, life: Duration| {
            if life > Duration::DAY {
                return Err(ConfigError::Weaker {
                    what,
                    floor: "at most 24 h by e-mail (NIST SP 800-63B-4 4.2.1.2)",
                });
            }
            if life < Duration::MINUTE {
                return Err(ConfigError::Invalid { what, rule: "at least a minute" });
            }
            Ok(())
        };
        self.means.check()?;
        life("link_life", self.link_life)?;
        life("request_life", self.request_life)?;
        self.retention.check()?;
        self.disown_rules.check()?;
        self.security_rules.check()?;
        let Setup { realm, keys, links, service, sender, accounts, flows } = self.setup;
        let pool = match self.pool {
            Some(pool) => pool,
            None => HashPool::for_this_machine().map_err(|error| ConfigError::Threads(error.to_string()))?,
        };
        let index = BlindIndex::new(self.identity, realm.as_str(), keys.derive_all("blind-index"))?;
        Ok(Recovery(Arc::new(Inner {
            pseudonyms: Pseudonyms::new(&keys, realm.clone()),
            verifiers: Verifiers::new(&keys),
            trail: AuditTrail::new(realm.clone(), &keys, flows.clone()),
            retention: self.retention,
            sealer: Sealer::new(keys),
            realm,
            links,
            service,
            sender,
            accounts,
            flows,
            clock: Watch::new(self.clock),
            entropy: self.entropy,
            policy: self.policy,
            hasher: self.hasher.unwrap_or_else(|| Arc::new(Argon2Hasher::default())),
            pool,
            index,
            limits: self.limits,
            means: self.means,
            link_life: self.link_life,
            request_life: self.request_life,
            notice: self.notice,
            disown_rules: self.disown_rules,
            desk: OnceLock::new(),
            security_rules: self.security_rules,
            mail_templates: self.mail_templates,
            #[cfg(feature = "questions")]
            questions: self.questions,
            breached: self.breached,
            host_factors: self.host_factors,
            sink: self.sink,
            wake: Wakes::default(),
            weighings: Weighings::default(),
        })))
    }
}
