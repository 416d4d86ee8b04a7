//! What a trial left, read once: tables, accounts, mail, and what people were told.

use crate::folder::{Folder, Mail};
use crate::people::{EVERYBODY, id, realm, stored_passwords};
use crate::site::Ground;
use crate::story::{Does, STORY};
use regain::account::{Account, AccountStore as _};
use regain::audit::{AuditRecord, AuditReport, Pseudonym};
use regain::clock::Timestamp;
use regain::flow::FlowRecord;
use regain::ids::FlowId;
use regain::sqlite::SqliteAccounts;
use regain::store::{DeadLetter, Depth};
use std::collections::BTreeMap;
use std::sync::Arc;

pub struct Remains {
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
        for who in EVERYBODY {
            accounts.insert(who, host.get(&id(who)).await.unwrap().unwrap());
            sessions.insert(who, host.sessions(&id(who)).await.unwrap());
        }
        let service = crate::people::service(store.clone(), host.clone()).build().unwrap();
        let remains = Self {
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
            pseudonyms: EVERYBODY.map(|who| (who, service.pseudonym(&id(who)))).into(),
            folder: folder.clone(),
        };
        host.close().await;
        remains
    }

    /// The lines of each flow, in order.
    pub fn lines(&self) -> BTreeMap<Vec<u8>, Vec<&AuditRecord>> {
        let mut lines: BTreeMap<Vec<u8>, Vec<&AuditRecord>> = BTreeMap::new();
        // A line of version 0 tells what was done to an account, and moves no flow.
        for (_, line) in self.audit.iter().filter(|(_, line)| line.version > 0) {
            lines.entry(line.flow.as_bytes().to_vec()).or_default().push(line);
        }
        lines
    }

    /// How often people tried what this says, and how often they were answered.
    pub fn tries(&self, what: impl Fn(Does) -> bool) -> (usize, usize) {
        let acts = (0..STORY.len()).filter(|act| what(STORY[*act].1));
        acts.fold((0, 0), |(tried, answered), act| {
            (tried + self.folder.noted("tried", act), answered + self.folder.noted("answered", act))
        })
    }

    /// The different `Message-ID`s of all mails that this says something of.
    pub fn arrived(&self, which: impl Fn(&Mail) -> bool) -> Vec<&str> {
        let mails = self.mails.values().filter(|mail| which(mail));
        mails.map(|mail| mail.message_id.as_str()).collect()
    }
}
