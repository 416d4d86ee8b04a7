//! How a running worker hears of work that another node left.

use super::ask;
use async_trait::async_trait;
use regain::memory::{Mailbox, MemoryAccounts, MemoryFlows};
use regain::store::{Claim, FlowStore, OutboxMail, StoreError};
use regain::testing::{FlowStoreLayer, Layered, World};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, oneshot};

/// So long that no poll comes before a test is given up.
const NEVER: Duration = Duration::from_secs(24 * 60 * 60);
/// When a test is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tells of another node's work when a bell rings, and says when a worker looked for mails.
struct Belled {
    flows: Arc<MemoryFlows>,
    bell: Arc<Notify>,
    looked: Arc<Notify>,
}

#[async_trait]
impl FlowStoreLayer for Belled {
    fn inner(&self) -> &dyn FlowStore {
        &*self.flows
    }

    async fn claim_mails(&self, claim: &Claim) -> Result<Vec<OutboxMail>, StoreError> {
        let mails = self.flows.claim_mails(claim).await;
        self.looked.notify_one();
        mails
    }

    async fn work_arrived(&self) {
        self.bell.notified().await;
    }
}

/// Always has news, and none of it is true.
struct Chatty(Arc<MemoryFlows>);

#[async_trait]
impl FlowStoreLayer for Chatty {
    fn inner(&self) -> &dyn FlowStore {
        &*self.0
    }

    async fn work_arrived(&self) {}
}

/// A node that people ask, one with a worker, both on one database, and where mails arrive.
fn two_nodes(shared: &Arc<MemoryFlows>, worked: Arc<dyn FlowStore>) -> (World, World, Arc<Mailbox>) {
    let (accounts, mailbox) = (Arc::new(MemoryAccounts::new()), Arc::new(Mailbox::new()));
    let node = |flows: Arc<dyn FlowStore>| {
        World::builder().flows(flows).accounts(accounts.clone()).mailer(mailbox.clone()).build()
    };
    (node(shared.clone()), node(worked), mailbox)
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it happens at all")
}

async fn a_mail(mailbox: &Mailbox) {
    soon(async {
        while mailbox.mails().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_worker_starts_when_it_hears_of_another_nodes_ask() {
    let (flows, bell, looked) =
        (Arc::new(MemoryFlows::new()), Arc::<Notify>::default(), Arc::<Notify>::default());
    let belled = Belled { flows: flows.clone(), bell: bell.clone(), looked: looked.clone() };
    let (asked, working, mailbox) = two_nodes(&flows, Arc::new(Layered(belled)));
    let ana = asked.person("Ana").await;
    tokio::spawn(working.worker.clone().with_poll(NEVER).run(std::future::pending()));
    soon(looked.notified()).await;
    ask(&asked, &ana.username).await;
    bell.notify_one();
    a_mail(&mailbox).await;
}

#[tokio::test]
async fn a_store_that_always_has_news_keeps_a_worker_neither_from_work_nor_from_its_end() {
    let flows = Arc::new(MemoryFlows::new());
    let (asked, working, mailbox) = two_nodes(&flows, Arc::new(Layered(Chatty(flows.clone()))));
    let ana = asked.person("Ana").await;
    ask(&asked, &ana.username).await;
    let (stop, stopped) = oneshot::channel::<()>();
    let run =
        tokio::spawn(working.worker.clone().with_poll(NEVER).run(async move { stopped.await.unwrap() }));
    a_mail(&mailbox).await;
    stop.send(()).unwrap();
    soon(run).await.unwrap();
}
