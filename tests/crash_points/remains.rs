//! What a trial left, read once: tables, accounts, mail, and what people were told.

use crate::folder::{Folder, Mail};
use crate::people::{id, realm, session, stored_passwords};
use crate::site::Ground;
use crate::stories::{Does, Story};
use regain::account::{Account, AccountStore as _};
use regain::audit::{AuditRecord, AuditReport, Pseudonym};
use regain::clock::Timestamp;
use regain::factor::FactorView;
use regain::flow::FlowRecord;
use regain::ids::FlowId;
use regain::sqlite::SqliteAccounts;
use regain::store::{DeadLetter, Depth, Document, DocumentKind};
use std::collections::BTreeMap;
use std::sync::Arc;

pub struct Remains {
    pub story: &'static Story,
    /// What people have besides their passwords.
    pub factors: BTreeMap<&'static str, Vec<FactorView>>,
    pub cases: BTreeMap<&'static str, Vec<Document>>,
    pub flows: BTreeMap<Vec<u8>, FlowRecord>,
    /// The audit record's lines by position.
    pub audit: Vec<(u64, AuditRecord)>,
    /// What the audit record's checkpoints say of it.
    pub report: AuditReport,
    /// For each mail that waits, its flow.
    pub waiting: Vec<Vec<u8>>,
    pub dead: Vec<DeadLetter>,
    pub depth: Depth,
    /// Every hand-over of a mail, by `Message-ID`.
    pub delivered: Vec<String>,
    pub mails: BTreeMap<String, Mail>,
    pub accounts: BTreeMap<&'static str, Account>,
    pub sessions: BTreeMap<&'static str, u32>,
    /// Every password that was stored.
    pub passwords: Vec<(String, String)>,
    pub pseudonyms: BTreeMap<&'static str, Pseudonym>,
    folder: Folder,
}

impl Remains {
    pub async fn read(ground: &dyn Ground, folder: &Folder) -> Self {
        let store = ground.open(&folder.0).await;
        let rows = ground.rows(&folder.0).await;
        let mut flows = BTreeMap::new();
        for flow in rows.flows {
            let id = FlowId::from_bytes(flow.as_slice().try_into().unwrap());
            flows.insert(flow, store.load(&realm(), id).await.unwrap().unwrap());
        }
        let host = Arc::new(SqliteAccounts::open(folder.path("accounts.db")).await.unwrap());
        let (mut accounts, mut sessions) = (BTreeMap::new(), BTreeMap::new());
        let story = folder.story();
        for who in story.cast.iter().copied() {
            accounts.insert(who, host.get(&id(who)).await.unwrap().unwrap());
            sessions.insert(who, host.sessions(&id(who)).await.unwrap());
        }
        let service = crate::people::service(store.clone(), host.clone()).build().unwrap();
        let mut factors = BTreeMap::new();
        let mut cases = BTreeMap::new();
        for who in story.cast.iter().copied() {
            let session = session(who, &regain::testing::TestClock::default());
            let info = service.security_info(&session, &regain::Client::unknown());
            factors.insert(who, info.list().await.unwrap().factors);
            let of = store.documents_of(&realm(), DocumentKind::Case, &id(who), 10).await.unwrap();
            cases.insert(who, of);
        }
        let remains = Self {
            story,
            factors,
            cases,
            flows,
            audit: store.audit_after(&realm(), 0, 10_000).await.unwrap(),
            report: service.audit_trail().verify(Timestamp::from_millis(i64::MIN), None).await.unwrap(),
            waiting: rows.waiting,
            dead: store.dead_letters(&realm(), 100).await.unwrap(),
            depth: store.depth(&realm()).await.unwrap(),
            delivered: folder.delivered(),
            mails: folder.mails(),
            accounts,
            sessions,
            passwords: stored_passwords(&folder.path("accounts.db")).await,
            pseudonyms: story.cast.iter().map(|who| (*who, service.pseudonym(&id(who)))).collect(),
            folder: folder.clone(),
        };
        host.close().await;
        remains
    }

    /// The lines of each flow, in order.
    pub fn lines(&self) -> BTreeMap<Vec<u8>, Vec<&AuditRecord>> {
        let mut lines: BTreeMap<Vec<u8>, Vec<&AuditRecord>> = BTreeMap::new();
        // A line of version 0 tells what was done to an account, and moves no flow; nor does a case.
        let moves = |line: &AuditRecord| line.version > 0 && !line.event.starts_with("case.");
        for (_, line) in self.audit.iter().filter(|(_, line)| moves(line)) {
            lines.entry(line.flow.as_bytes().to_vec()).or_default().push(line);
        }
        lines
    }

    /// How often people tried what this says, and how often they were answered.
    pub fn tries(&self, what: impl Fn(Does) -> bool) -> (usize, usize) {
        let acts = (0..self.story.acts.len()).filter(|act| what(self.story.acts[*act].1));
        acts.fold((0, 0), |(tried, answered), act| {
            (tried + self.folder.noted("tried", act), answered + self.folder.noted("answered", act))
        })
    }

    /// How many acts of this kind anybody has begun to try.
    pub fn acts_tried(&self, what: impl Fn(Does) -> bool) -> usize {
        let acts = (0..self.story.acts.len()).filter(|act| what(self.story.acts[*act].1));
        acts.filter(|act| self.folder.noted("tried", *act) > 0).count()
    }

    /// The lines about somebody's account that say this.
    pub fn told(&self, who: &str, event: &str) -> Vec<&AuditRecord> {
        let of = |line: &&AuditRecord| line.account == Some(self.pseudonyms[who]) && line.event == event;
        self.audit.iter().map(|(_, line)| line).filter(of).collect()
    }

    /// The codes that somebody has shown, each once.
    pub fn shown(&self, who: &str) -> usize {
        self.folder.shown(who).len()
    }

    /// The different `Message-ID`s of all mails that this says something of.
    pub fn arrived(&self, which: impl Fn(&Mail) -> bool) -> Vec<&str> {
        let mails = self.mails.values().filter(|mail| which(mail));
        mails.map(|mail| mail.message_id.as_str()).collect()
    }
}
