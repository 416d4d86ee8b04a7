//! The stories: what is done, by whom, and how it ends.
//!
//! Each is short and independent of the others, since every point in it is tried by playing all of it.

use crate::people::{ANA, BO, CY, DEE, EVA, FAY, GUS, HAL, IVY, JO};
use regain::testing::START;
use time::{Duration, OffsetDateTime};

/// Longer than a request has for applying a password, and than a mail's first two back-offs.
const SOON: Duration = Duration::seconds(20);
/// Longer than an app shows a code.
const NEXT_CODE: Duration = Duration::seconds(40);
/// Longer than a link lives.
const LONG: Duration = Duration::minutes(31);
/// Longer than an approved case waits.
const DAY: Duration = Duration::hours(25);
/// Longer than what has ended is kept.
const MONTH: Duration = Duration::days(31);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    AskUsername(&'static str),
    /// By what is typed.
    AskPassword(&'static str),
    /// One round of the worker.
    Work,
    WorkWithoutMail,
    /// Until the worker has nothing left to do, its duties included.
    WorkToTheEnd,
    SeeDeadLetter,
    FindOneLinkLive(&'static str),
    FindNoLink(&'static str),
    ChooseWeak(&'static str),
    Choose(&'static str),
    ChooseWithoutAccounts(&'static str),
    Disown(&'static str),
    SignIn(&'static str),
    BeginApp(&'static str),
    ConfirmApp(&'static str),
    SignInWithApp(&'static str),
    /// After a code that was used already.
    SignInWithPaper(&'static str),
    /// For a link, after a code that is wrong.
    ProveFactor(&'static str),
    ChangePassword(&'static str),
    RemoveApp(&'static str),
    AskForHelp(&'static str),
    OpenCase(&'static str),
    TakeCase(&'static str),
    RecordEvidence(&'static str),
    Approve(&'static str),
    /// By the button of the letter that tells of the waiting.
    DisownCase(&'static str),
}

use Does as D;

impl Does {
    /// Whose password it sets.
    pub fn sets_password_of(self) -> Option<&'static str> {
        match self {
            D::Choose(who) | D::ChooseWithoutAccounts(who) | D::ChangePassword(who) => Some(who),
            _ => None,
        }
    }
}

/// What becomes of one person's asks for one thing: of several, because an answer was lost, one ends so, and the others in
/// one of these ways.
pub struct Asker {
    pub who: Option<&'static str>,
    pub purpose: &'static str,
    pub ends: &'static [&'static str],
    pub end: &'static str,
}

const fn asker(who: &'static str, ends: &'static [&'static str], end: &'static str) -> Asker {
    Asker { who: Some(who), purpose: "password", ends, end }
}

pub struct Story {
    pub name: &'static str,
    pub cast: &'static [&'static str],
    /// Played once, by no process that exits: what every trial begins with.
    pub before: &'static [Does],
    /// What is done, and how long after the act before.
    pub acts: &'static [(Duration, Does)],
    pub askers: &'static [Asker],
    /// Who shares an address, and how the last of their links ends.
    pub listed: &'static [(&'static str, &'static str)],
    pub disowned: usize,
    /// How many apps people have at the end, where it is not none.
    pub apps: &'static [(&'static str, usize)],
    /// Whose cases there are, and the last line of them.
    pub cases: &'static [(&'static str, &'static str)],
}

const NONE: Story = Story {
    name: "",
    cast: &[],
    before: &[],
    acts: &[],
    askers: &[],
    listed: &[],
    disowned: 0,
    apps: &[],
    cases: &[],
};

pub const STORIES: &[Story] = &[
    Story {
        name: "forgotten",
        cast: &[ANA, DEE],
        acts: &[
            (SOON, D::AskPassword("nobody")),
            (SOON, D::Work),
            (SOON, D::AskPassword(DEE)),
            (SOON, D::Work),
            (SOON, D::SeeDeadLetter),
            // What has ended by now is swept.
            (MONTH, D::WorkToTheEnd),
            (SOON, D::AskUsername(ANA)),
            (SOON, D::Work),
            (SOON, D::AskPassword(ANA)),
            (SOON, D::Work),
            // The second link takes the place of the first.
            (SOON, D::AskPassword("ana@example.org")),
            (SOON, D::Work),
            (SOON, D::FindOneLinkLive(ANA)),
            (SOON, D::ChooseWeak(ANA)),
            (SOON, D::Choose(ANA)),
            (SOON, D::Work),
            (SOON, D::SignIn(ANA)),
            (LONG, D::WorkToTheEnd),
        ],
        askers: &[
            Asker { who: None, purpose: "password", ends: &["dismissed"], end: "dismissed" },
            Asker { who: Some(ANA), purpose: "username", ends: &["username_sent"], end: "username_sent" },
            asker(ANA, &["completed", "superseded"], "completed"),
            asker(DEE, &["expired", "superseded"], "expired"),
        ],
        ..NONE
    },
    Story {
        name: "disturbed",
        cast: &[BO, CY, EVA],
        acts: &[
            (SOON, D::AskPassword(BO)),
            (SOON, D::WorkWithoutMail),
            (SOON, D::Work),
            (SOON, D::Disown(BO)),
            (SOON, D::AskPassword(EVA)),
            (SOON, D::Work),
            (SOON, D::ChooseWithoutAccounts(EVA)),
            (SOON, D::Work),
            (SOON, D::SignIn(EVA)),
            (SOON, D::AskPassword(CY)),
            (SOON, D::Work),
            (LONG, D::WorkToTheEnd),
        ],
        askers: &[
            asker(BO, &["disowned", "superseded"], "disowned"),
            asker(CY, &["expired", "superseded"], "expired"),
            asker(EVA, &["completed", "superseded"], "completed"),
        ],
        disowned: 1,
        ..NONE
    },
    Story {
        name: "shared",
        cast: &[FAY, GUS],
        acts: &[
            (SOON, D::AskPassword("fay@example.org")),
            (SOON, D::Work),
            // The second list takes the place of the first.
            (SOON, D::AskPassword("fay@example.org")),
            (SOON, D::Work),
            (SOON, D::FindOneLinkLive(FAY)),
            (SOON, D::Choose(GUS)),
            (SOON, D::Work),
            (SOON, D::FindOneLinkLive(FAY)),
            (LONG, D::WorkToTheEnd),
        ],
        listed: &[(FAY, "expired"), (GUS, "completed")],
        ..NONE
    },
    Story {
        name: "second step",
        cast: &[HAL],
        acts: &[
            (SOON, D::BeginApp(HAL)),
            (SOON, D::ConfirmApp(HAL)),
            (SOON, D::Work),
            (NEXT_CODE, D::SignInWithApp(HAL)),
            (SOON, D::SignInWithPaper(HAL)),
            (SOON, D::RemoveApp(HAL)),
            (SOON, D::WorkToTheEnd),
        ],
        ..NONE
    },
    Story {
        name: "second step and a link",
        cast: &[HAL],
        before: &[D::BeginApp(HAL), D::ConfirmApp(HAL)],
        acts: &[
            (SOON, D::AskPassword(HAL)),
            (SOON, D::Work),
            (NEXT_CODE, D::ProveFactor(HAL)),
            (SOON, D::Choose(HAL)),
            (SOON, D::Work),
            (NEXT_CODE, D::SignInWithApp(HAL)),
            (SOON, D::ChangePassword(HAL)),
            (SOON, D::WorkToTheEnd),
        ],
        askers: &[asker(HAL, &["completed", "superseded"], "completed")],
        apps: &[(HAL, 1)],
        ..NONE
    },
    Story {
        name: "helped",
        cast: &[IVY],
        before: &[D::BeginApp(IVY), D::ConfirmApp(IVY)],
        acts: &[
            (SOON, D::AskForHelp(IVY)),
            (SOON, D::TakeCase(IVY)),
            (SOON, D::RecordEvidence(IVY)),
            (SOON, D::Approve(IVY)),
            (SOON, D::Work),
            // The waiting is over, and the link goes out.
            (DAY, D::Work),
            (SOON, D::Choose(IVY)),
            (SOON, D::Work),
            (SOON, D::SignIn(IVY)),
            // When the worker's duties are due again.
            (LONG, D::WorkToTheEnd),
        ],
        cases: &[(IVY, "case.acted")],
        ..NONE
    },
    Story {
        name: "not helped",
        cast: &[JO],
        before: &[D::OpenCase(JO), D::RecordEvidence(JO), D::Approve(JO)],
        acts: &[
            (SOON, D::Work),
            (SOON, D::DisownCase(JO)),
            // A mail that is tried again a day later is given up.
            (SOON, D::Work),
            (DAY, D::WorkToTheEnd),
            (SOON, D::FindNoLink(JO)),
        ],
        disowned: 1,
        cases: &[(JO, "case.disputed")],
        ..NONE
    },
];

impl Story {
    pub fn named(name: &str) -> &'static Self {
        STORIES.iter().find(|story| story.name == name).expect("a story of this name")
    }

    /// The instant from which on a flow is too young to be swept at the end.
    pub fn youth_begins(&self) -> OffsetDateTime {
        if self.acts.iter().any(|(wait, _)| *wait == MONTH) { START + MONTH } else { START }
    }
}
