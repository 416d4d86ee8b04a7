//! What a trial leaves in its folder beside the tables: what people were told, and the mail that arrived.

use crate::stories::Story;
use mail_parser::MessageParser;
use regain::RecoveryToken;
use regain::factor::{FactorId, TotpSecret};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The folder of one trial.
#[derive(Clone)]
pub struct Folder(pub PathBuf);

/// A mail, as an independent parser reads its file.
pub struct Mail {
    pub message_id: String,
    pub to: String,
    pub subject: String,
    text: String,
}

impl Mail {
    /// The tokens of the links in it.
    pub fn tokens(&self) -> Vec<RecoveryToken> {
        let token = |rest: &str| {
            let token: String = rest.chars().take(64).collect();
            RecoveryToken::parse(&token).expect("a whole token")
        };
        self.text.split("token=").skip(1).map(token).collect()
    }

    /// The button "this wasn't me".
    pub fn button(&self) -> Option<String> {
        let rest = self.text.split("letter=").nth(1)?;
        rest.split_whitespace().next().map(str::to_owned)
    }

    /// The token of somebody's link: the only one, or the one that stands under their username.
    pub fn token_of(&self, who: &str) -> Option<RecoveryToken> {
        let mut tokens = self.tokens();
        if tokens.len() < 2 {
            return tokens.pop();
        }
        let names = self.text.lines().map(str::trim).filter(|line| crate::people::EVERYBODY.contains(line));
        names.zip(tokens).find(|(name, _)| *name == who).map(|(_, token)| token)
    }
}

/// What an authenticator app was told.
pub struct App {
    pub id: FactorId,
    pub secret: String,
}

impl App {
    pub fn secret(&self) -> TotpSecret {
        TotpSecret::import_base32(&self.secret).unwrap()
    }
}

/// The file that names the story.
const STORY: &str = "story";

impl Folder {
    pub fn story(&self) -> &'static Story {
        Story::named(&fs::read_to_string(self.path(STORY)).unwrap())
    }

    pub fn tell(&self, story: &Story) {
        fs::write(self.path(STORY), story.name).unwrap();
    }

    pub fn keep_app(&self, who: &str, app: &App) {
        fs::write(self.path(&format!("app-{who}")), format!("{} {}", app.id, app.secret)).unwrap();
    }

    pub fn app(&self, who: &str) -> App {
        let text = fs::read_to_string(self.path(&format!("app-{who}"))).unwrap();
        let (id, secret) = text.split_once(' ').unwrap();
        App { id: FactorId::parse(id).unwrap(), secret: secret.to_owned() }
    }

    /// The paper with the recovery codes.
    pub fn keep_codes(&self, who: &str, codes: impl Iterator<Item = String>) {
        fs::write(self.path(&format!("codes-{who}")), codes.collect::<Vec<_>>().join("\n")).unwrap();
    }

    /// The first code that is not crossed off, and its number.
    pub fn next_code(&self, who: &str) -> (usize, String) {
        let crossed = self.lines(&format!("crossed-{who}")).len();
        (crossed, self.lines(&format!("codes-{who}"))[crossed].clone())
    }

    pub fn cross_off(&self, who: &str) {
        self.append(&format!("crossed-{who}"), "x");
    }

    /// A code was shown to the service.
    pub fn show(&self, who: &str, code: &str) {
        self.append(&format!("shown-{who}"), code);
    }

    /// All codes that were shown, each once.
    pub fn shown(&self, who: &str) -> BTreeSet<String> {
        self.lines(&format!("shown-{who}")).into_iter().collect()
    }

    /// The step of the app's code that was shown last.
    pub fn last_step(&self, who: &str) -> u64 {
        let shown = self.lines(&format!("shown-{who}"));
        let mut steps = shown.iter().filter_map(|code| code.strip_prefix("app "));
        steps.next_back().expect("an app's code was shown").parse().unwrap()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn mail(&self) -> PathBuf {
        self.path("mail")
    }

    fn append(&self, name: &str, line: &str) {
        let mut file = File::options().append(true).create(true).open(self.path(name)).unwrap();
        file.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    fn lines(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.path(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Writes down what a person did in an act, or was told.
    pub fn note(&self, what: &str, act: usize) {
        self.append("journal", &format!("{what} {act}"));
    }

    /// How often that was written down.
    pub fn noted(&self, what: &str, act: usize) -> usize {
        let line = format!("{what} {act}");
        self.lines("journal").iter().filter(|noted| **noted == line).count()
    }

    /// The mail system has taken over a mail.
    pub fn deliver(&self, message_id: &str) {
        self.append("delivered", message_id);
    }

    /// Every hand-over, in order: a mail may be there more than once.
    pub fn delivered(&self) -> Vec<String> {
        self.lines("delivered")
    }

    /// The mails in the folder, by `Message-ID`.
    pub fn mails(&self) -> BTreeMap<String, Mail> {
        let Ok(files) = fs::read_dir(self.mail()) else { return BTreeMap::new() };
        let files = files.map(|file| file.unwrap().path());
        let mails = files.filter(|path| path.extension().is_some_and(|ending| ending == "eml"));
        mails.map(|path| read(&path)).map(|mail| (mail.message_id.clone(), mail)).collect()
    }

    /// The mails to somebody, in the order in which they arrived.
    pub fn mails_to(&self, address: &str) -> Vec<Mail> {
        let (mut mails, mut arrived) = (self.mails(), Vec::new());
        for id in self.delivered() {
            arrived.extend(mails.remove(&id).filter(|mail| mail.to == address));
        }
        arrived
    }
}

fn read(path: &Path) -> Mail {
    let bytes = fs::read(path).unwrap();
    let mail = MessageParser::default().parse(&bytes).expect("a whole mail, never half of one");
    let to = mail.to().and_then(|to| to.first()).and_then(|to| to.address()).expect("a recipient");
    Mail {
        message_id: mail.message_id().expect("a Message-ID").to_owned(),
        to: to.to_owned(),
        subject: mail.subject().expect("a subject").to_owned(),
        text: mail.body_text(0).expect("a text").into_owned(),
    }
}
