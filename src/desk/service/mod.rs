//! `Desk`: what staff and persons call.

mod act;
mod help;
mod queue;

pub use act::{Decision, Seen};
pub use help::PleaReceipt;
pub use queue::{AddressHint, CaseSummary, CaseView, Overdue, Page, QueuePlace};

use crate::audit::Pseudonym;
use crate::desk::case::CaseRefusal;
use crate::desk::rules::{DeskLimits, DeskRules, RiskAnalysis, ServiceLevels, check_wait};
use crate::desk::{StaffId, Subject};
use crate::error::Fault;
use crate::ids::AccountId;
use crate::recovery::{ConfigError, Inner, Recovery};
use crate::store::StoreError;
use async_trait::async_trait;
use std::sync::Arc;
use time::Duration;

/// What the host knows of the people behind accounts.
///
/// ```
/// use async_trait::async_trait;
/// use regain::desk::{DeskHost, Ial, Staff, StaffId, StaffRole, Subject};
/// use regain::ids::AccountId;
/// use regain::store::StoreError;
///
/// /// Everybody enrolled at the counter; the doctors' accounts begin with `doctor-`.
/// struct Clinic;
///
/// #[async_trait]
/// impl DeskHost for Clinic {
///     async fn subject(&self, account: &AccountId) -> Result<Option<Subject>, StoreError> {
///         let doctor = account.as_str().strip_prefix("doctor-").and_then(|name| StaffId::new(name).ok());
///         let staff = doctor.map(|id| Staff::new(id, StaffRole::ranked(20)));
///         Ok(Some(Subject { staff, enrolled_at: Ial::Two }))
///     }
/// }
/// ```
#[async_trait]
pub trait DeskHost: Send + Sync {
    /// The owner of an account: who they are among the staff, in the highest role that they have, and the level at which
    /// they were enrolled. `None` where there is no such account; then nobody may act on it.
    ///
    /// # Errors
    /// [`StoreError`] when the host does not answer; nobody acts then.
    async fn subject(&self, account: &AccountId) -> Result<Option<Subject>, StoreError>;
}

/// Why the desk did not do something: for staff, who may know more than a person who asks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeskError {
    /// There is no such case.
    #[error("there is no such case")]
    NotFound,
    /// Somebody else changed the case since it was looked at.
    #[error("somebody else changed this case; look at it again")]
    Changed,
    /// It has no place, or whoever acts may not do it.
    #[error(transparent)]
    Refused(#[from] CaseRefusal),
    /// The account has an open case already.
    #[error("this account has an open case already")]
    AlreadyOpen,
    /// The host does not let the account be recovered just now.
    #[error("the account cannot get a new password: it is disabled, managed elsewhere, or kept shut")]
    NotRecoverable,
    /// The account has no second factor.
    #[error("the account has no second factor that could be lost")]
    NothingLost,
    /// The address is not on file (any more).
    #[error("this address is not on file; look at the case again")]
    NoSuchAddress,
    /// No link goes to such an address.
    #[error("no link of the desk goes to such an address")]
    NotReached,
    /// Something is out of order; nothing is half done. Try again.
    #[error("not available at the moment")]
    Unavailable,
}

/// The support desk of one [`Recovery`]. Cheap to clone.
///
/// ```
/// # use async_trait::async_trait;
/// # use regain::desk::{Desk, DeskHost, Ial, Subject};
/// # use regain::ids::AccountId;
/// # use regain::store::StoreError;
/// # struct Clinic;
/// # #[async_trait]
/// # impl DeskHost for Clinic {
/// #     async fn subject(&self, _: &AccountId) -> Result<Option<Subject>, StoreError> {
/// #         Ok(Some(Subject { staff: None, enrolled_at: Ial::Two }))
/// #     }
/// # }
/// # fn desk(recovery: regain::Recovery) -> Result<Desk, regain::recovery::ConfigError> {
/// let desk = Desk::builder(recovery, std::sync::Arc::new(Clinic))
///     .risk_analysis("Recovery by the service desk, risk analysis of 2026-03-02")
///     .build()?;
/// # Ok(desk) }
/// ```
#[derive(Clone)]
pub struct Desk {
    recovery: Recovery,
    host: Arc<dyn DeskHost>,
}

/// Builds a [`Desk`].
pub struct DeskBuilder {
    recovery: Recovery,
    host: Arc<dyn DeskHost>,
    risk: Option<String>,
    wait: Wait,
    levels: ServiceLevels,
    limits: DeskLimits,
}

enum Wait {
    Checked(Duration),
    Danger(Duration),
}

impl DeskBuilder {
    /// Names the host's risk analysis ([`RiskAnalysis`]). Without one there is no desk (SD-1).
    #[must_use]
    pub fn risk_analysis(self, document: &str) -> Self {
        Self { risk: Some(document.to_owned()), ..self }
    }

    /// How long an approved case waits, and can be objected to: 24 hours by default, 1 hour to 7 days.
    #[must_use]
    pub fn waiting_time(self, wait: Duration) -> Self {
        Self { wait: Wait::Checked(wait), ..self }
    }

    /// A waiting time without a floor: nobody may be able to object in time.
    #[must_use]
    pub fn danger_waiting_time(self, wait: Duration) -> Self {
        Self { wait: Wait::Danger(wait), ..self }
    }

    /// What the queue calls overdue.
    #[must_use]
    pub fn service_levels(self, levels: ServiceLevels) -> Self {
        Self { levels, ..self }
    }

    /// How often people may write to the desk.
    #[must_use]
    pub fn limits(self, limits: DeskLimits) -> Self {
        Self { limits, ..self }
    }

    /// Builds it. From then on asks that only people can decide, and "this wasn't me", open cases in the [`Recovery`] and
    /// all its clones: build the desk on every node whose worker runs.
    ///
    /// # Errors
    /// [`ConfigError`] without a risk analysis, for a waiting time out of its bounds, and where there is a desk already.
    pub fn build(self) -> Result<Desk, ConfigError> {
        let risk = RiskAnalysis::named(self.risk.as_deref().unwrap_or_default())?;
        let wait = match self.wait {
            Wait::Danger(wait) => wait.max(Duration::ZERO),
            Wait::Checked(wait) => check_wait(wait).map(|()| wait)?,
        };
        tracing::info!(document = risk.document(), "the support desk is open");
        let rules = DeskRules { risk, wait, levels: self.levels, limits: self.limits };
        let once = ConfigError::Invalid { what: "the support desk", rule: "built once for a Recovery" };
        self.recovery.0.desk.set(rules).map_err(|_| once)?;
        Ok(Desk { recovery: self.recovery, host: self.host })
    }
}

impl Desk {
    /// Starts a configuration.
    #[must_use]
    pub fn builder(recovery: Recovery, host: Arc<dyn DeskHost>) -> DeskBuilder {
        DeskBuilder {
            recovery,
            host,
            risk: None,
            wait: Wait::Checked(Duration::DAY),
            levels: ServiceLevels::default(),
            limits: DeskLimits::default(),
        }
    }

    /// The service that the desk belongs to.
    #[must_use]
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// The risk analysis that it rests on.
    #[must_use]
    pub fn risk_analysis(&self) -> Option<&RiskAnalysis> {
        self.inner().desk.get().map(|rules| &rules.risk)
    }

    /// The pseudonym under which somebody of the staff appears in events and in the audit record.
    #[must_use]
    pub fn pseudonym(&self, staff: &StaffId) -> Pseudonym {
        self.inner().staff_pseudonym(staff)
    }

    fn inner(&self) -> &Inner {
        &self.recovery.0
    }

    fn rules(&self) -> Result<&DeskRules, DeskError> {
        // Set by `build`, and never taken away.
        self.inner().desk.get().ok_or(DeskError::Unavailable)
    }

    fn unavailable(&self, doing: &'static str, fault: impl Into<Fault>) -> DeskError {
        self.inner().report(doing, &fault.into());
        DeskError::Unavailable
    }
}
