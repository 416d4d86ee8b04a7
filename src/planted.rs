//! Mistakes that a maintainer could make, planted for `tests/simulation` to find: who can find none of these finds nothing.
//!
//! None of them ships: each is asked for by [`planted`], which is a constant `false` unless the crate is compiled with
//! `--cfg regain_planted`. Nothing but `tools/planted` does that.

/// One mistake at a time, in the whole process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the table in `Bug::what` says it in words")]
#[cfg_attr(
    not(all(feature = "desk", feature = "questions")),
    allow(dead_code, reason = "some are of those features")
)]
pub enum Bug {
    VersionNotCompared,
    RivalLinkNotSeen,
    ErasureForgotten,
    FlowLeaseForgotten,
    MailLeaseForgotten,
    SettlementNotGuarded,
    SpendDroppedOnRetry,
    BudgetForgetsHalf,
    CompletionLeavesLinks,
    SignInLeavesLinks,
    ConflictRebased,
    MailInASecondCommit,
    NoticeOnlyAtFirst,
    LostReplyTakenForConflict,
    EpochNotCompared,
    ExpiryNotCheckedAtUse,
    HighestReadingIgnored,
    CountedAfterwards,
    ConsumedBeforeAccepted,
    FailedMailCountsAsSent,
    MessageIdForEachTry,
    LookingConsumes,
    SharedLinksSwapped,
    SharedMailsUnpaid,
    FactorNotNeededAtLink,
    CodeNotUsedUp,
    FactorCountedAfterwards,
    RecoveryUnbindsFactors,
    FactorChangeUntold,
    SamePersonDecides,
    WaitingIgnored,
    DisputeIgnored,
    ReleasedTwice,
    EvidenceLevelIgnored,
    RoleNotCompared,
    SignInLeavesCases,
    CaseWaitsUntold,
    QuestionNotNeeded,
    AnswerOpensEveryLink,
    AnswerNotCounted,
}

#[cfg(not(regain_planted))]
pub(crate) const fn planted(_: Bug) -> bool {
    false
}

#[cfg(regain_planted)]
pub use active::{plant, planted};

#[cfg(regain_planted)]
mod active {
    use super::Bug;
    use std::sync::atomic::{AtomicU8, Ordering};

    const NONE: u8 = u8::MAX;
    static ACTIVE: AtomicU8 = AtomicU8::new(NONE);

    /// From now on this mistake is made, and no other.
    pub fn plant(bug: Option<Bug>) {
        ACTIVE.store(bug.map_or(NONE, |bug| bug as u8), Ordering::SeqCst);
    }

    /// Whether this mistake is made.
    pub fn planted(bug: Bug) -> bool {
        ACTIVE.load(Ordering::Relaxed) == bug as u8
    }

    impl Bug {
        /// All of them.
        pub const ALL: &'static [Self] = &[
            Self::VersionNotCompared,
            Self::RivalLinkNotSeen,
            Self::ErasureForgotten,
            Self::FlowLeaseForgotten,
            Self::MailLeaseForgotten,
            Self::SettlementNotGuarded,
            Self::SpendDroppedOnRetry,
            Self::BudgetForgetsHalf,
            Self::CompletionLeavesLinks,
            Self::SignInLeavesLinks,
            Self::ConflictRebased,
            Self::MailInASecondCommit,
            Self::NoticeOnlyAtFirst,
            Self::LostReplyTakenForConflict,
            Self::EpochNotCompared,
            Self::ExpiryNotCheckedAtUse,
            Self::HighestReadingIgnored,
            Self::CountedAfterwards,
            Self::ConsumedBeforeAccepted,
            Self::FailedMailCountsAsSent,
            Self::MessageIdForEachTry,
            Self::LookingConsumes,
            Self::SharedLinksSwapped,
            Self::SharedMailsUnpaid,
            Self::FactorNotNeededAtLink,
            Self::CodeNotUsedUp,
            Self::FactorCountedAfterwards,
            Self::RecoveryUnbindsFactors,
            Self::FactorChangeUntold,
            Self::SamePersonDecides,
            Self::WaitingIgnored,
            Self::DisputeIgnored,
            Self::ReleasedTwice,
            Self::EvidenceLevelIgnored,
            Self::RoleNotCompared,
            Self::SignInLeavesCases,
            Self::CaseWaitsUntold,
            Self::QuestionNotNeeded,
            Self::AnswerOpensEveryLink,
            Self::AnswerNotCounted,
        ];

        /// The mistake in words.
        pub const fn what(self) -> &'static str {
            match self {
                Self::VersionNotCompared => "the store writes a flow without comparing versions",
                Self::RivalLinkNotSeen => "the store does not see that the account has a live link already",
                Self::ErasureForgotten => "the store keeps what was sealed when a flow ends",
                Self::FlowLeaseForgotten => "the store hands a flow out and writes no lease down",
                Self::MailLeaseForgotten => "the store hands a mail out and writes no lease down",
                Self::SettlementNotGuarded => "the store settles a mail that another worker has taken over",
                Self::SpendDroppedOnRetry => "a commit that is tried anew spends nothing",
                Self::BudgetForgetsHalf => "a budget forgets what was spent after half its period",
                Self::CompletionLeavesLinks => "a completed recovery leaves the account's other links alive",
                Self::SignInLeavesLinks => "a sign-in leaves the account's links alive",
                Self::ConflictRebased => "who loses a race writes over whatever is there now",
                Self::MailInASecondCommit => "the mail with the link is queued in a commit of its own",
                Self::NoticeOnlyAtFirst => "a worker that finds the password set already sends no notice",
                Self::LostReplyTakenForConflict => {
                    "an account store that does not answer counts as a conflict"
                }
                Self::EpochNotCompared => "a password is set although the account changed since",
                Self::ExpiryNotCheckedAtUse => "only the worker looks whether a link's time is over",
                Self::HighestReadingIgnored => "a clock that steps back gives an ended link its life again",
                Self::CountedAfterwards => "a choice is counted after it was judged",
                Self::ConsumedBeforeAccepted => "a refused password uses the link up",
                Self::FailedMailCountsAsSent => "a mail that could not be handed over counts as sent",
                Self::MessageIdForEachTry => "each try of a mail has another Message-ID",
                Self::LookingConsumes => "opening a link is counted in the tables",
                Self::SharedLinksSwapped => {
                    "of accounts that share an address, one is listed with another's link"
                }
                Self::SharedMailsUnpaid => "a mail to a shared address costs no account anything",
                Self::FactorNotNeededAtLink => "a link chooses a password without the second factor",
                Self::CodeNotUsedUp => "a code of a second factor is taken again",
                Self::FactorCountedAfterwards => "a try at a factor is counted after it was compared",
                Self::RecoveryUnbindsFactors => "a recovered password takes the account's factors off",
                Self::FactorChangeUntold => "a changed factor is told to nobody",
                Self::SamePersonDecides => "who recorded the evidence decides, too",
                Self::WaitingIgnored => "an approved case does not wait",
                Self::DisputeIgnored => "\"this wasn't me\" leaves the account's cases alone",
                Self::ReleasedTwice => "a released case stays approved",
                Self::EvidenceLevelIgnored => "evidence below the account's level is enough",
                Self::RoleNotCompared => "staff act on accounts above their role",
                Self::SignInLeavesCases => "a sign-in leaves a case that waits",
                Self::CaseWaitsUntold => "nobody is told of an approved case",
                Self::QuestionNotNeeded => "a link chooses a password without the answer to its question",
                Self::AnswerOpensEveryLink => "an answer opens the account's later links too",
                Self::AnswerNotCounted => "answers are compared, and not counted",
            }
        }
    }
}
