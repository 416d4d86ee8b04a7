//! What people do who have forgotten something, and what the worker does.

use crate::people::{claims, email, forgotten};
use crate::player::{Player, client};
use crate::site::Weather;
use regain::identity::Identifier;
use regain::password::Password;
use regain::recovery::{Chosen, SignInStep};
use regain::{RecoveryError, RecoveryToken};

/// How long a worker works.
#[derive(Debug, Clone, Copy)]
pub enum Rounds {
    One,
    All,
}

impl Player {
    pub async fn ask_username(&self, who: &str) {
        let ask = async || self.site.recovery.ask_username(&claims(who), &client()).await;
        self.until_answered(ask).await.unwrap();
    }

    pub async fn ask_password(&self, typed: &str) {
        let ask = async || self.site.recovery.ask_password(&Identifier::parse(typed), &client()).await;
        self.until_answered(ask).await.unwrap();
    }

    /// Until a worker met no fault, and lost no reply. After one it comes back when leases have ended.
    pub async fn work(&self, weather: Weather, rounds: Rounds) {
        self.site.weather.set(weather);
        for _ in 0..5 {
            let lost_before = self.counter.lost_a_reply();
            let done = match rounds {
                Rounds::One => self.site.worker.step().await,
                Rounds::All => self.site.worker.drain().await,
            };
            if done.is_ok_and(|done| done.faults == 0) && self.counter.lost_a_reply() == lost_before {
                return self.site.weather.set(Weather::Fair);
            }
            self.wait();
        }
        panic!("the worker comes to no end");
    }

    pub async fn see_dead_letter(&self) {
        let letters = self.site.worker.dead_letters(10).await.unwrap();
        assert!(!letters.is_empty() && letters.iter().all(|letter| letter.why == "refused"), "{letters:?}");
    }

    /// The link that works, of all that arrived.
    pub async fn live_link(&self, who: &str) -> Option<RecoveryToken> {
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

    pub async fn find_one_link_live(&self, who: &str) {
        let written = self.counter.writes();
        assert!(self.live_link(who).await.is_some(), "no link of {who} works");
        assert_eq!(self.counter.writes(), written, "opening a link writes nothing");
    }

    pub async fn choose_weak(&self, who: &str) {
        let link = self.live_link(who).await.expect("a link that works");
        let weak = Password::new("password1");
        let choose = async || self.site.recovery.choose_password(&link, &weak, &client()).await;
        let chosen = self.until_answered(choose).await;
        assert!(matches!(chosen, Err(RecoveryError::PasswordRefused(_))), "{chosen:?}");
    }

    /// Whoever tries again may find the link used up: by the first try.
    pub async fn choose(&self, who: &str, weather: Weather, expected: Chosen) {
        self.site.weather.set(weather);
        loop {
            let Some(link) = self.live_link(who).await else {
                return assert!(!self.first_try(), "the link of {who} has gone");
            };
            self.first_try();
            match self.site.recovery.choose_password(&link, &self.next_password(who), &client()).await {
                Err(RecoveryError::Unavailable) => {}
                Ok(Chosen::Pending) if self.counter.lost_a_reply() => break,
                chosen => break assert_eq!(chosen, Ok(expected)),
            }
        }
        self.site.weather.set(Weather::Fair);
    }

    pub async fn disown(&self, who: &str) {
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

    pub async fn sign_in(&self, who: &str) {
        let name = Identifier::parse(who);
        let sign_in = async |password| {
            let try_once = async || self.site.recovery.sign_in(&name, &password, &client()).await;
            self.until_answered(try_once).await
        };
        let (right, wrong) = (sign_in(self.password(who)).await, sign_in(forgotten()).await);
        let whole = matches!(right, Ok(SignInStep::SignedIn(_)));
        assert!(whole, "{who} with the new password: {right:?}");
        assert_eq!(wrong.map(drop), Err(RecoveryError::NotAccepted), "{who} with the old password");
    }
}
