//! People: what each of them does in the pages, and what the pages told them.

use crate::http::{Answer, Request, Silence, Visitor};
use crate::mails::{About, MailFolder, token_in};
use crate::portals::Portal;
use crate::scene::{Dice, Scene};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Asks without an answer may have come through, and 3 mails an hour go to one account.
const USERNAME_ASKS: u32 = 2;
const PASSWORD_ASKS: u32 = 3;
/// Between two tries to sign in with a password of which one does not know whether it is set: 100 an hour are allowed.
const TRY_AGAIN: Duration = Duration::from_secs(4);
/// Without an answer and without a mail, one asks again after this time.
const NO_MAIL: Duration = Duration::from_secs(25);

/// Whose asks all got no answer goes away when no mail has come for so long: longer than a lease.
const NEVER: Duration = Duration::from_secs(90);
/// What each setback adds to the time that one waits at most.
const SETBACK: Duration = Duration::from_secs(2);

/// What somebody is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    ByUsername,
    ByEmail,
    /// Asks again at once; the newer link counts.
    Twice,
    /// Types an identifier that nobody has, and goes away.
    Mistaken,
    /// Has to be told the username first.
    ForgotUsername,
    /// Has a mail scanner that opens links, and chooses a bad password first.
    Clumsy,
}

#[derive(Debug)]
pub struct Person {
    pub number: usize,
    pub id: i64,
    pub kind: Kind,
    pub username: String,
    pub email: String,
    given_name: String,
    family_name: String,
    birth_date: String,
    record_number: String,
}

/// What became of asks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asks {
    /// "Check your mail."
    pub answered: u32,
    /// No answer: they may have come through or not.
    pub unclear: u32,
}

impl Asks {
    /// Nobody ever said that one of them was taken down, and it does not look as if one had been.
    fn came_to_nothing(self, most: u32, last: Option<Instant>) -> bool {
        self.answered == 0 && self.unclear >= most && last.is_some_and(|last| last.elapsed() > NEVER)
    }
}

/// What the pages told somebody.
#[derive(Debug, Clone, Default)]
pub struct Told {
    pub asks_for_password: Asks,
    pub asks_for_username: Asks,
    /// "Your new password is set", or that it soon will be.
    pub done: bool,
    /// A new password was sent, and no answer came.
    pub unclear_choice: bool,
    /// Signed in with the new password, and saw the page behind.
    pub signed_in: bool,
    /// Whether the new password signs in when all is calm.
    pub signs_in: bool,
    /// Something that must not be.
    pub complaints: Vec<String>,
}

impl Told {
    pub fn may_have_new_password(&self) -> bool {
        self.done || self.unclear_choice || self.signed_in
    }
}

impl Person {
    pub fn read(number: usize, row: &PgRow) -> Self {
        let text = |column| row.try_get::<String, _>(column).unwrap();
        let kind = match number % 20 {
            0 => Kind::Mistaken,
            1..=2 => Kind::Twice,
            3..=4 => Kind::ForgotUsername,
            5..=7 => Kind::ByEmail,
            8..=9 => Kind::Clumsy,
            _ => Kind::ByUsername,
        };
        Self {
            number,
            kind,
            id: row.try_get("id").unwrap(),
            username: text("login"),
            email: text("email"),
            given_name: text("given_name"),
            family_name: text("family_name"),
            birth_date: text("birth_date"),
            record_number: text("record_number"),
        }
    }

    pub fn old_password(&self) -> String {
        format!("grey {} harbour brass kettle", self.number)
    }

    pub fn new_password(&self) -> String {
        format!("violet {} harbour tin whistle", self.number)
    }

    pub fn visit(self: &Arc<Self>, scene: &Scene, dice: Dice, give_up: Instant) -> Visit {
        Visit {
            person: self.clone(),
            portals: scene.portals.clone(),
            mails: scene.mails.clone(),
            dice,
            give_up,
            address: 0,
            told: Told::default(),
            dead: BTreeSet::new(),
            setbacks: 0,
        }
    }
}

/// Somebody on the way.
pub struct Visit {
    person: Arc<Person>,
    portals: Arc<Vec<Portal>>,
    mails: Arc<MailFolder>,
    dice: Dice,
    give_up: Instant,
    address: u8,
    told: Told,
    /// Links that cannot be used.
    dead: BTreeSet<String>,
    /// How often something was out of order: each time one waits longer, so that a busy portal is not made busier.
    setbacks: u32,
}

impl Visit {
    pub async fn live(mut self) -> Told {
        let person = self.person.clone();
        let mut username = person.username.clone();
        match person.kind {
            Kind::Mistaken => {
                self.ask(&password_form(&format!("nobody{}@example.org", person.number))).await;
                return self.told;
            }
            Kind::ForgotUsername => match self.recall_username().await {
                Some(recalled) => username = recalled,
                None => return self.told,
            },
            Kind::ByEmail => username = person.email.clone(),
            _ => {}
        }
        if self.choose_new_password(&password_form(&username)).await {
            self.enter(&username).await;
        }
        self.told
    }

    /// One ask; without an answer it may have come through all the same, and is not repeated at once.
    async fn ask(&mut self, form: &Request) {
        while !self.is_late() {
            match self.try_anywhere(form).await {
                Ok(answer) if answer.status == 200 && answer.body.contains("Check your mail") => {
                    self.asks(form).answered += 1;
                    return;
                }
                Ok(answer) if answer.status < 500 => {
                    return self.complain(format!("an ask was answered {}", answer.status));
                }
                Ok(_) | Err(Silence::Unclear) => {
                    self.asks(form).unclear += 1;
                    return;
                }
                Err(Silence::NotSent) => self.rest().await,
            }
        }
    }

    fn asks(&mut self, form: &Request) -> &mut Asks {
        let told = &mut self.told;
        if form.is_for("forgot-username") { &mut told.asks_for_username } else { &mut told.asks_for_password }
    }

    async fn recall_username(&mut self) -> Option<String> {
        let mut asked_at = None;
        loop {
            let reminder = self.mails.to(&self.person.email).into_iter().find_map(|mail| match mail.about {
                About::Reminder(username) => Some(username),
                _ => None,
            });
            if reminder.is_some() {
                return reminder;
            }
            if self.is_late() || self.told.asks_for_username.came_to_nothing(USERNAME_ASKS, asked_at) {
                return None;
            }
            self.ask_now_and_then(&username_form(&self.person.clone()), &mut asked_at).await;
            self.rest().await;
        }
    }

    /// At first, and then again while no ask was answered and no mail comes.
    async fn ask_now_and_then(&mut self, form: &Request, asked_at: &mut Option<Instant>) {
        let asks = *self.asks(form);
        let most = if form.is_for("forgot-username") { USERNAME_ASKS } else { PASSWORD_ASKS };
        let due = asked_at.is_none_or(|at| asks.answered == 0 && at.elapsed() > NO_MAIL);
        if due && asks.unclear < most {
            self.ask(form).await;
            *asked_at = Some(Instant::now());
        }
    }

    /// Whether it may be set.
    async fn choose_new_password(&mut self, form: &Request) -> bool {
        let (mut asked_at, mut tried_at) = (None, None::<Instant>);
        let mut asked_twice = self.person.kind != Kind::Twice;
        loop {
            self.ask_now_and_then(form, &mut asked_at).await;
            if !asked_twice && self.told.asks_for_password.answered == 1 {
                asked_twice = true;
                self.ask(form).await;
            }
            for path in self.links() {
                self.follow(&path).await;
                if self.told.done {
                    return true;
                }
            }
            if self.told.unclear_choice && tried_at.is_none_or(|at| at.elapsed() > TRY_AGAIN) {
                tried_at = Some(Instant::now());
                if self.opens().await {
                    return true;
                }
            }
            if self.is_late() || self.told.asks_for_password.came_to_nothing(PASSWORD_ASKS, asked_at) {
                return self.told.may_have_new_password();
            }
            self.rest().await;
        }
    }

    /// Links that may still be good, the latest first.
    fn links(&self) -> Vec<String> {
        let mails = self.mails.to(&self.person.email).into_iter();
        let links = mails.filter_map(|mail| match mail.about {
            About::Link { path, .. } => Some(path),
            _ => None,
        });
        links.filter(|path| !self.dead.contains(path) || self.told.unclear_choice).collect()
    }

    async fn follow(&mut self, path: &str) {
        let token = token_in(path);
        let mut steps = vec![Request::get(path), Request::post("/recovery/link", &[("token", &token)])];
        if self.person.kind == Kind::Clumsy {
            steps.splice(0..0, [Request::get(path), Request::get(path)]);
            steps.push(Request::post(
                "/recovery/new-password",
                &[("token", &token), ("password", "password1")],
            ));
        }
        for step in steps {
            match self.try_anywhere(&step).await {
                Ok(answer) if answer.status == 200 || answer.status == 422 => {}
                Ok(answer) if answer.status == 410 => {
                    self.dead.insert(path.to_owned());
                    return;
                }
                Ok(answer) if answer.status < 500 => {
                    return self.complain(format!("a link was answered {}", answer.status));
                }
                _ => return,
            }
        }
        let choice = [("token", token.as_str()), ("password", &self.person.new_password())];
        match self.try_anywhere(&Request::post("/recovery/new-password", &choice)).await {
            Ok(answer) if answer.status == 200 => self.told.done = true,
            Ok(answer) if answer.status == 410 => drop(self.dead.insert(path.to_owned())),
            Ok(answer) if answer.status < 500 => {
                self.complain(format!("a password was answered {}", answer.status))
            }
            Ok(_) | Err(Silence::Unclear) => self.told.unclear_choice = true,
            Err(Silence::NotSent) => {}
        }
    }

    /// Signs in, and looks at the page behind at another node.
    async fn enter(&mut self, username: &str) {
        while !self.is_late() {
            if let Some(cookie) = self.sign_in(username).await {
                let mut visitor = self.visitor();
                visitor.cookie = Some(cookie);
                let home = self.send_to_any(&Request::get("/"), &visitor).await;
                if home.is_ok_and(|home| home.status == 200 && home.body.contains("You are signed in as")) {
                    self.told.signed_in = true;
                    return;
                }
            }
            self.rest().await;
        }
    }

    async fn opens(&mut self) -> bool {
        let username = self.person.username.clone();
        self.sign_in(&username).await.is_some()
    }

    /// With all portals up: again while one is busy; a refusal is final.
    pub async fn opens_at_last(mut self) -> bool {
        self.address = 100;
        while !self.is_late() {
            let answer =
                self.try_anywhere(&sign_in_form(&self.person.username, &self.person.new_password())).await;
            match answer {
                Ok(answer) if answer.status == 303 => return true,
                Ok(answer) if answer.status == 422 => return false,
                _ => self.rest().await,
            }
        }
        false
    }

    async fn sign_in(&mut self, username: &str) -> Option<String> {
        // 10 tries in 15 minutes for one identifier from one network.
        self.address = self.address.saturating_add(1).min(99);
        let answer = self.try_anywhere(&sign_in_form(username, &self.person.new_password())).await.ok()?;
        if answer.status != 303 {
            return None;
        }
        answer.header("set-cookie")?.split(';').next().map(str::to_owned)
    }

    fn visitor(&self) -> Visitor {
        let number = u16::try_from(self.person.number).unwrap().to_be_bytes();
        Visitor { from: Ipv4Addr::new(127, 1 + self.address, number[0], number[1].max(1)), cookie: None }
    }

    async fn try_anywhere(&mut self, request: &Request) -> Result<Answer, Silence> {
        let visitor = self.visitor();
        let sent = self.send_to_any(request, &visitor).await;
        if sent.as_ref().map_or(true, |answer| answer.status >= 500) {
            self.setbacks += 1;
        }
        sent
    }

    /// A node at random. Where nobody listens, the next one: nothing has happened yet.
    async fn send_to_any(&mut self, request: &Request, visitor: &Visitor) -> Result<Answer, Silence> {
        let first = self.dice.below(self.portals.len());
        for turn in 0..self.portals.len() {
            let portal = &self.portals[(first + turn) % self.portals.len()];
            match request.send(visitor, portal.port).await {
                Err(Silence::NotSent) => {}
                sent => return sent,
            }
        }
        Err(Silence::NotSent)
    }

    async fn rest(&mut self) {
        let longest = SETBACK * self.setbacks.min(8) + Duration::from_millis(700);
        tokio::time::sleep(Duration::from_millis(300) + self.dice.time_within(longest)).await;
    }

    fn is_late(&self) -> bool {
        Instant::now() > self.give_up
    }

    fn complain(&mut self, what: String) {
        self.told.complaints.push(what);
    }
}

fn password_form(identifier: &str) -> Request {
    Request::post("/recovery/forgot-password", &[("identifier", identifier)])
}

fn sign_in_form(identifier: &str, password: &str) -> Request {
    Request::post("/sign-in", &[("identifier", identifier), ("password", password)])
}

fn username_form(person: &Person) -> Request {
    let [year, month, day] = person.birth_date.split('-').collect::<Vec<_>>().try_into().unwrap();
    Request::post(
        "/recovery/forgot-username",
        &[
            ("given_name", &person.given_name),
            ("family_name", &person.family_name),
            ("birth_day", day),
            ("birth_month", month),
            ("birth_year", year),
            ("record_number", &person.record_number),
        ],
    )
}
