//! The mail system: it loses replies, doubles, reorders and refuses mails, and is away for hours. And a scanner that
//! opens every link before its reader does.

use crate::network::Wire;
use crate::oracle::{text, tokens_in};
use crate::stage::{HOUR, MINUTE, Owner, SECOND, Stage, held};
use crate::town::Town;
use async_trait::async_trait;
use regain::mail::{Delivery, Mailer, Message};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};

/// What arrived, by address, the oldest first.
#[derive(Default)]
pub struct Mailboxes(Mutex<BTreeMap<String, Vec<Arrived>>>);

#[derive(Debug, Clone)]
pub struct Arrived {
    pub tokens: Vec<String>,
    /// The button "this wasn't me" of a letter about a case.
    pub of_a_case: Option<String>,
}

impl Mailboxes {
    pub fn links_to(&self, addresses: &[String]) -> Vec<String> {
        let boxes = held(&self.0);
        let arrived = addresses.iter().filter_map(|address| boxes.get(address)).flatten();
        arrived.flat_map(|mail| mail.tokens.clone()).collect()
    }

    /// The buttons "this wasn't me" of letters about cases, the oldest first.
    pub fn case_letters_to(&self, addresses: &[String]) -> Vec<String> {
        let boxes = held(&self.0);
        let arrived = addresses.iter().filter_map(|address| boxes.get(address)).flatten();
        arrived.filter_map(|mail| mail.of_a_case.clone()).collect()
    }

    fn put(&self, to: &str, mail: Arrived) {
        held(&self.0).entry(to.to_owned()).or_default().push(mail);
    }
}

/// The mail system, from a node.
pub struct FarPost {
    pub wire: Wire,
    pub boxes: Arc<Mailboxes>,
    /// Where the scanner finds the service.
    pub town: Weak<Town>,
}

impl FarPost {
    fn roll(&self, chance: fn(&crate::profile::Profile) -> u64) -> bool {
        let weather = &self.wire.weather;
        weather.is_on() && self.wire.stage.dice().permille(chance(&weather.profile))
    }

    fn is_away(&self) -> bool {
        let (weather, now) = (&self.wire.weather, self.wire.stage.now());
        weather.lasts(&weather.mail_away_until, now)
    }

    fn deliver(&self, message: &Message) {
        let copies = 1 + u64::from(self.roll(|profile| profile.mail_doubled));
        let to = text(&message.to);
        for _ in 0..copies {
            let delay = self.on_its_way();
            let (stage, boxes, town) = (self.wire.stage.clone(), self.boxes.clone(), self.town.clone());
            let (to, mail) = (
                to.to_owned(),
                Arrived { tokens: tokens_in(&message.text), of_a_case: case_letter(message) },
            );
            self.wire.stage.begin(Owner::World, "post", async move {
                stage.sleep(delay).await;
                stage.note(&format!("mail arrives at {to}"));
                boxes.put(&to, mail.clone());
                if let Some(town) = town.upgrade() {
                    mail.tokens.iter().for_each(|token| scan(&town, token));
                }
            });
        }
    }

    fn on_its_way(&self) -> i64 {
        let mut dice = self.wire.stage.dice();
        match dice.below(20) {
            0 => dice.between(MINUTE, HOUR),
            1..5 => dice.between(SECOND, 2 * MINUTE),
            _ => dice.between(0, 3 * SECOND),
        }
    }
}

#[async_trait]
impl Mailer for FarPost {
    async fn send(&self, message: &Message) -> Delivery {
        self.wire.travel().await;
        self.wire.oracle.handed_over(message);
        if self.is_away() || self.roll(|profile| profile.mail_fails) {
            return Delivery::RetryLater("the mail system does not answer".into());
        }
        if self.roll(|profile| profile.mail_refused) {
            self.wire.oracle.refused_for_good(message);
            return Delivery::Refused("no such mailbox".into());
        }
        self.wire.oracle.taken_over(message);
        self.deliver(message);
        self.wire.travel().await;
        if self.roll(|profile| profile.mail_reply_lost) {
            return Delivery::RetryLater("the reply was lost".into());
        }
        Delivery::Sent
    }
}

fn case_letter(message: &Message) -> Option<String> {
    let about = ["has a case about", "is about to get access"];
    let (_, rest) = message
        .text
        .split_once("?letter=")
        .filter(|_| about.iter().any(|it| message.subject.contains(it)))?;
    rest.split_whitespace().next().map(str::to_owned)
}

/// Opens a link a few times, from machines of its own, before its reader comes.
fn scan(town: &Arc<Town>, token: &str) {
    let stage: Arc<Stage> = town.stage.clone();
    if !town.weather.profile.scanner || !town.weather.is_on() {
        return;
    }
    let times = 1 + stage.dice().below(3);
    for _ in 0..times {
        let (town, token, delay) = (town.clone(), token.to_owned(), stage.dice().between(0, MINUTE));
        stage.begin(Owner::World, "scanner", async move {
            town.stage.sleep(delay).await;
            let node = town.any_node();
            town.look(node, &token).await;
        });
    }
}
