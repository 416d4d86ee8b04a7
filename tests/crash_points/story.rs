//! The whole story in acts, each at its time, played by a process that goes on where the last one ended.
//!
//! Nothing in it is left to chance but randomness itself: one thing at a time, at times that the acts say. Whoever got
//! no answer does the same once more, as people do; who resumes comes later than any lease.

use crate::folder::Folder;
use crate::people::{ANA, BO, CY, DEE, EVA, FAY, GUS, claims, email, forgotten, new_password};
use crate::points::Counter;
use crate::site::{Site, Weather};
use regain::identity::Identifier;
use regain::password::Password;
use regain::recovery::Chosen;
use regain::testing::START;
use regain::{Client, RecoveryError, RecoveryToken};
use std::sync::Arc;
use time::Duration;

/// Longer than a request has for applying a password, and than a mail's first two back-offs.
const SOON: Duration = Duration::seconds(20);
/// Longer than a lease.
const LATE: Duration = Duration::minutes(2);
/// Longer than a link lives.
const LONG: Duration = Duration::minutes(31);
/// Longer than what has ended is kept.
const MONTH: Duration = Duration::days(31);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    AskUsername(&'static str),
    /// By what is typed.
    AskPassword(&'static str),
    Work,
    WorkWithoutMail,
    SeeDeadLetter,
    FindOneLinkLive(&'static str),
    ChooseWeak(&'static str),
    Choose(&'static str),
    ChooseWithoutAccounts(&'static str),
    Disown(&'static str),
    SignIn(&'static str),
}

use Does as D;

/// What is done, and how long after the act before.
pub const STORY: &[(Duration, Does)] = &[
    (SOON, D::AskPassword("nobody")),
    (SOON, D::Work),
    (SOON, D::AskPassword(DEE)),
    (SOON, D::Work),
    (SOON, D::SeeDeadLetter),
    // What has ended by now is swept.
    (MONTH, D::Work),
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
    (SOON, D::AskPassword(BO)),
    (SOON, D::WorkWithoutMail),
    (SOON, D::Work),
    (SOON, D::Disown(BO)),
    (SOON, D::AskPassword(EVA)),
    (SOON, D::Work),
    (SOON, D::ChooseWithoutAccounts(EVA)),
    (SOON, D::Work),
    (SOON, D::SignIn(EVA)),
    // The second list takes the place of the first.
    (SOON, D::AskPassword("fay@example.org")),
    (SOON, D::Work),
    (SOON, D::AskPassword("fay@example.org")),
    (SOON, D::Work),
    (SOON, D::FindOneLinkLive(FAY)),
    (SOON, D::Choose(GUS)),
    (SOON, D::Work),
    (SOON, D::SignIn(GUS)),
    (SOON, D::FindOneLinkLive(FAY)),
    (SOON, D::AskPassword(CY)),
    (SOON, D::Work),
    (LONG, D::Work),
];

/// The instant from which on a flow is too young to be swept at the end.
pub fn month_begins() -> time::OffsetDateTime {
    START + MONTH
}

/// Plays what is left of the story.
pub async fn play(site: Site, folder: Folder, counter: Arc<Counter>) {
    let done = (0..STORY.len()).take_while(|act| folder.noted("answered", *act) > 0).count();
    let resumed = (0..STORY.len()).any(|act| folder.noted("begun", act) > 0);
    let mut player = Player { site, folder, counter, act: 0 };
    if resumed {
        player.folder.note("late", 0);
    }
    for (act, (_, doing)) in STORY.iter().enumerate().skip(done) {
        player.begin(act);
        player.play(*doing).await;
        player.folder.note("answered", act);
    }
}

struct Player {
    site: Site,
    folder: Folder,
    counter: Arc<Counter>,
    act: usize,
}

impl Player {
    fn begin(&mut self, act: usize) {
        self.act = act;
        self.set_clock();
        self.counter.begin(&format!("{:?}", STORY[act].1));
        self.folder.note("begun", act);
    }

    fn set_clock(&self) {
        let waits = STORY[..=self.act].iter().map(|(wait, _)| *wait).sum::<Duration>();
        let late = i32::try_from(self.folder.noted("late", 0)).unwrap();
        self.site.clock.set(START + waits + LATE * late);
    }

    /// Tells whether this is the first time that somebody tries this. Nobody has to try for ever.
    fn first_try(&self) -> bool {
        let tries = self.folder.noted("tried", self.act);
        assert!(tries < 5, "no answer, again and again");
        self.folder.note("tried", self.act);
        tries == 0
    }

    async fn play(&self, does: Does) {
        match does {
            D::AskUsername(who) => self.ask_username(who).await,
            D::AskPassword(typed) => self.ask_password(typed).await,
            D::Work => self.work(Weather::Fair).await,
            D::WorkWithoutMail => self.work(Weather::MailAway).await,
            D::SeeDeadLetter => self.see_dead_letter().await,
            D::FindOneLinkLive(who) => self.find_one_link_live(who).await,
            D::ChooseWeak(who) => self.choose_weak(who).await,
            D::Choose(who) => self.choose(who, Weather::Fair, Chosen::Done).await,
            D::ChooseWithoutAccounts(who) => {
                self.choose(who, Weather::AccountsAway, Chosen::Pending).await;
            }
            D::Disown(who) => self.disown(who).await,
            D::SignIn(who) => self.sign_in(who).await,
        }
    }

    /// Does it once more when no answer came.
    async fn until_answered<T>(
        &self,
        act: impl AsyncFn() -> Result<T, RecoveryError>,
    ) -> Result<T, RecoveryError> {
        loop {
            self.first_try();
            match act().await {
                Err(RecoveryError::Unavailable) => {}
                answer => return answer,
            }
        }
    }

    async fn ask_username(&self, who: &str) {
        let ask = async || self.site.recovery.ask_username(&claims(who), &client()).await;
        self.until_answered(ask).await.unwrap();
    }

    async fn ask_password(&self, typed: &str) {
        let ask = async || self.site.recovery.ask_password(&Identifier::parse(typed), &client()).await;
        self.until_answered(ask).await.unwrap();
    }

    /// Until a worker has nothing to do, met no fault, and lost no reply. After one it comes back when leases have ended.
    async fn work(&self, weather: Weather) {
        self.site.weather.set(weather);
        for _ in 0..5 {
            let lost_before = self.counter.lost_a_reply();
            let done = self.site.worker.drain().await;
            if done.is_ok_and(|done| done.faults == 0) && self.counter.lost_a_reply() == lost_before {
                return self.site.weather.set(Weather::Fair);
            }
            self.folder.note("late", 0);
            self.set_clock();
        }
        panic!("the worker comes to no end");
    }

    async fn see_dead_letter(&self) {
        let letters = self.site.worker.dead_letters(10).await.unwrap();
        assert!(!letters.is_empty() && letters.iter().all(|letter| letter.why == "refused"), "{letters:?}");
    }

    /// The link that works, of all that arrived.
    async fn live_link(&self, who: &str) -> Option<RecoveryToken> {
        let mut live = None;
        for mail in self.folder.mails_to(&email(who)) {
            let Some(token) = mail.token_of(who) else { continue };
            match self.site.recovery.look(&token).await {
                Ok(_) => assert!(live.replace(token).is_none(), "two links of {who} work"),
                Err(error) => assert_eq!(error, RecoveryError::LinkNotUsable),
            }
        }
        live
    }

    async fn find_one_link_live(&self, who: &str) {
        let written = self.counter.writes();
        assert!(self.live_link(who).await.is_some(), "no link of {who} works");
        assert_eq!(self.counter.writes(), written, "opening a link writes nothing");
    }

    async fn choose_weak(&self, who: &str) {
        let link = self.live_link(who).await.expect("a link that works");
        let weak = Password::new("password1");
        let choose = async || self.site.recovery.choose_password(&link, &weak, &client()).await;
        let chosen = self.until_answered(choose).await;
        assert!(matches!(chosen, Err(RecoveryError::PasswordRefused(_))), "{chosen:?}");
    }

    /// Whoever tries again may find the link used up: by the first try.
    async fn choose(&self, who: &str, weather: Weather, expected: Chosen) {
        self.site.weather.set(weather);
        loop {
            let Some(link) = self.live_link(who).await else {
                return assert!(!self.first_try(), "the link of {who} has gone");
            };
            self.first_try();
            match self.site.recovery.choose_password(&link, &new_password(), &client()).await {
                Err(RecoveryError::Unavailable) => {}
                Ok(Chosen::Pending) if self.counter.lost_a_reply() => break,
                chosen => break assert_eq!(chosen, Ok(expected)),
            }
        }
        self.site.weather.set(Weather::Fair);
    }

    async fn disown(&self, who: &str) {
        loop {
            let Some(link) = self.live_link(who).await else {
                return assert!(!self.first_try(), "the link of {who} has gone");
            };
            self.first_try();
            match self.site.recovery.disown(&link, &client()).await {
                Err(RecoveryError::Unavailable) => {}
                disowned => return assert!(disowned.is_ok()),
            }
        }
    }

    async fn sign_in(&self, who: &str) {
        let name = Identifier::parse(who);
        let sign_in = async |password| {
            let try_once = async || self.site.recovery.sign_in(&name, &password, &client()).await;
            self.until_answered(try_once).await
        };
        let (right, wrong) = (sign_in(new_password()).await, sign_in(forgotten()).await);
        assert!(right.is_ok(), "{who} with the new password: {right:?}");
        assert_eq!(wrong.map(drop), Err(RecoveryError::NotAccepted), "{who} with the old password");
    }
}

fn client() -> Client {
    Client::at([10, 0, 0, 7].into())
}
