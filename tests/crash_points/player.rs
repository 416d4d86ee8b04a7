//! Plays a story, in a process that goes on where the last one ended.
//!
//! Nothing in it is left to chance but randomness itself: one thing at a time, at times that the acts say. Whoever got
//! no answer does the same once more, as people do; who resumes comes later than any lease.

use crate::acts::Rounds;
use crate::folder::Folder;
use crate::people::{nth_password, session};
use crate::points::{Counter, Duties};
use crate::site::{Site, Weather};
use crate::stories::{Does, Does as D, Story};
use regain::password::Password;
use regain::recovery::Chosen;
use regain::security::SecurityInfo;
use regain::testing::START;
use regain::{Client, RecoveryError};
use std::sync::Arc;
use time::Duration;

/// Longer than a lease, and than an app shows a code.
const LATE: Duration = Duration::minutes(2);
/// The acts before the story have numbers of their own.
const BEFORE: usize = 1_000;

/// Plays what is left of the story.
pub async fn play(site: Site, folder: Folder, counter: Arc<Counter>) {
    let story = folder.story();
    let acts = 0..story.acts.len();
    let done = acts.clone().take_while(|act| folder.noted("answered", *act) > 0).count();
    let resumed = acts.clone().any(|act| folder.noted("begun", act) > 0);
    let mut player = Player { site, folder, counter, story, act: 0 };
    if resumed {
        player.folder.note("late", 0);
    }
    for act in acts.skip(done) {
        player.begin(act);
        player.play(story.acts[act].1).await;
        player.folder.note("answered", act);
    }
}

/// Plays what came before the story.
pub async fn play_before(site: Site, folder: Folder, counter: Arc<Counter>) {
    let story = folder.story();
    let mut player = Player { site, folder, counter, story, act: BEFORE };
    player.site.clock.set(START - Duration::HOUR);
    for does in story.before {
        player.play(*does).await;
        player.act += 1;
    }
}

pub struct Player {
    pub site: Site,
    pub folder: Folder,
    pub counter: Arc<Counter>,
    story: &'static Story,
    act: usize,
}

impl Player {
    fn begin(&mut self, act: usize) {
        self.act = act;
        self.set_clock();
        let does = self.story.acts[act].1;
        // One story shows them.
        let shown = self.story.name == "forgotten" && does == D::WorkToTheEnd;
        let duties = if shown { Duties::Numbered } else { Duties::NotNumbered };
        self.counter.begin(&format!("{does:?}"), duties);
        self.folder.note("begun", act);
    }

    fn set_clock(&self) {
        let waits = self.story.acts[..=self.act].iter().map(|(wait, _)| *wait).sum::<Duration>();
        let late = i32::try_from(self.folder.noted("late", 0)).unwrap();
        self.site.clock.set(START + waits + LATE * late);
    }

    /// Waits longer than any lease.
    pub fn wait(&self) {
        self.folder.note("late", 0);
        self.set_clock();
    }

    /// Tells whether this is the first time that somebody tries this. Nobody has to try for ever.
    pub fn first_try(&self) -> bool {
        let tries = self.folder.noted("tried", self.act);
        assert!(tries < 5, "no answer, again and again");
        self.folder.note("tried", self.act);
        tries == 0
    }

    /// The password that somebody has before this act.
    pub fn password(&self, who: &str) -> Password {
        let before = self.story.acts.iter().take(self.act);
        nth_password(before.filter(|(_, does)| does.sets_password_of() == Some(who)).count())
    }

    /// The password that somebody sets in this act.
    pub fn next_password(&self, who: &str) -> Password {
        let until = self.story.acts.iter().take(self.act + 1);
        nth_password(until.filter(|(_, does)| does.sets_password_of() == Some(who)).count())
    }

    pub fn info(&self, who: &str) -> SecurityInfo {
        self.site.recovery.security_info(&session(who, &*self.site.clock), &client())
    }

    async fn play(&self, does: Does) {
        match does {
            D::AskUsername(who) => self.ask_username(who).await,
            D::AskPassword(typed) => self.ask_password(typed).await,
            D::Work => self.work(Weather::Fair, Rounds::One).await,
            D::WorkWithoutMail => self.work(Weather::MailAway, Rounds::One).await,
            D::WorkToTheEnd => self.work(Weather::Fair, Rounds::All).await,
            D::SeeDeadLetter => self.see_dead_letter().await,
            D::FindOneLinkLive(who) => self.find_one_link_live(who).await,
            D::FindNoLink(who) => assert!(self.live_link(who).await.is_none(), "{who} got a link"),
            D::ChooseWeak(who) => self.choose_weak(who).await,
            D::Choose(who) => self.choose(who, Weather::Fair, Chosen::Done).await,
            D::ChooseWithoutAccounts(who) => {
                self.choose(who, Weather::AccountsAway, Chosen::Pending).await;
            }
            D::Disown(who) => self.disown(who).await,
            D::SignIn(who) => self.sign_in(who).await,
            D::BeginApp(who) => self.begin_app(who).await,
            D::ConfirmApp(who) => self.confirm_app(who).await,
            D::SignInWithApp(who) => self.sign_in_with_app(who).await,
            D::SignInWithPaper(who) => self.sign_in_with_paper(who).await,
            D::ProveFactor(who) => self.prove_factor(who).await,
            D::ChangePassword(who) => self.change_password(who).await,
            D::RemoveApp(who) => self.remove_app(who).await,
            D::AskForHelp(_) => self.ask_for_help().await,
            D::OpenCase(who) => self.open_case(who).await,
            D::TakeCase(who) => self.take_case(who).await,
            D::RecordEvidence(who) => self.record_evidence(who).await,
            D::Approve(who) => self.approve(who).await,
            D::DisownCase(who) => self.disown_case(who).await,
        }
    }

    /// Does it once more when no answer came.
    pub async fn until_answered<T>(
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
}

pub fn client() -> Client {
    Client::at([10, 0, 0, 7].into())
}
