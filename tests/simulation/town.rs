//! The service: nodes over one set of tables, each with its own clock, and the calls that people make to them.

use crate::clock::NodeClock;
use crate::desk::Clinic;
use crate::dice::SeededEntropy;
use crate::executor::Orders;
use crate::hasher::SimHasher;
use crate::network::{FarAccounts, FarFlows, Wire};
use crate::oracle::Oracle;
use crate::people::Resident;
use crate::post::{FarPost, Mailboxes};
use crate::profile::Weather;
use crate::stage::{MINUTE, Owner, SECOND, Stage, held};
use futures_channel::oneshot;
use futures_util::future::{Either, select};
use regain::desk::Desk;
use regain::identity::EmailAddress;
use regain::ids::Realm;
use regain::keys::KeyRing;
use regain::mail::{Sender, Service};
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::origin::{Links, TrustedOrigin};
use regain::password::{HashPool, PasswordPolicy};
use regain::recovery::{AskedNotice, Setup};
use regain::testing::Layered;
use regain::{Recovery, Worker};
use std::sync::{Arc, Mutex};

/// How long people wait for a page.
const PATIENCE: i64 = 2 * MINUTE;
/// A worker without work looks again after so long at the latest.
const IDLE: i64 = 10 * MINUTE;

pub struct Town {
    pub stage: Arc<Stage>,
    pub weather: Arc<Weather>,
    pub oracle: Arc<Oracle>,
    pub orders: Arc<Mutex<Orders>>,
    pub tables: Arc<MemoryFlows>,
    pub accounts: Arc<MemoryAccounts>,
    pub boxes: Arc<Mailboxes>,
    pub residents: Vec<Resident>,
    pub nodes: Vec<Node>,
    /// Who works at the support desk; nobody does where there is none.
    pub clinic: Arc<Clinic>,
    policy: PasswordPolicy,
    realm: Realm,
}

/// One node. It is up while it has a service.
pub struct Node {
    service: Mutex<Option<Up>>,
    offset: Mutex<i64>,
}

/// What runs on a node.
#[derive(Clone)]
struct Up {
    recovery: Recovery,
    desk: Option<Desk>,
    clock: Arc<NodeClock>,
}

impl Town {
    pub fn new(stage: Arc<Stage>, weather: Arc<Weather>, orders: Arc<Mutex<Orders>>) -> Self {
        let realm = Realm::new("clinic").expect("a name");
        let tables = Arc::new(MemoryFlows::new());
        let oracle = Oracle::new(stage.clone(), tables.clone(), realm.clone(), &weather.profile);
        let nodes = (0..weather.profile.nodes).map(|_| Node {
            service: Mutex::default(),
            offset: Mutex::new(weather.profile.skew(&mut stage.dice())),
        });
        let nodes = nodes.collect();
        Self {
            stage,
            weather,
            oracle: Arc::new(oracle),
            orders,
            tables,
            accounts: Arc::new(MemoryAccounts::new()),
            boxes: Arc::default(),
            residents: Vec::new(),
            nodes,
            clinic: Arc::default(),
            policy: PasswordPolicy::default(),
            realm,
        }
    }

    pub fn any_node(&self) -> usize {
        self.stage.dice().index(self.nodes.len())
    }

    /// A service as the host configures it, on these lines.
    pub fn service(&self, wire: &Wire) -> Recovery {
        let stage = &self.stage;
        let origin = TrustedOrigin::parse("https://portal.mercy.example").expect("an origin");
        let setup = Setup {
            realm: self.realm.clone(),
            keys: KeyRing::new(1, [7; 32]),
            links: Links::new(origin, "/recovery", "/sign-in").expect("paths"),
            service: Service::new("Mercy Clinic", "call +1 555 0100").expect("a name"),
            sender: Sender::new(EmailAddress::parse("portal@mercy.example").expect("an address")),
            accounts: Arc::new(FarAccounts { wire: wire.clone(), accounts: self.accounts.clone() }),
            flows: Arc::new(Layered(FarFlows { wire: wire.clone(), tables: self.tables.clone() })),
        };
        let entropy = SeededEntropy::new(stage.dice().roll());
        let builder = Recovery::builder(setup)
            .clock(wire.clock.clone())
            .entropy(Arc::new(entropy))
            .hasher(Arc::new(SimHasher(stage.clone())))
            .hash_pool(HashPool::danger_on_the_callers_thread())
            .password_policy(self.policy.clone())
            .asked_notice(AskedNotice::WhenNotPossible);
        builder.build().expect("a configuration that builds")
    }

    pub fn wire(&self, node: usize, offset: i64) -> Wire {
        let (stage, weather, oracle) = (self.stage.clone(), self.weather.clone(), self.oracle.clone());
        let clock = Arc::new(NodeClock::new(stage.clone(), offset));
        Wire { stage, weather, oracle, clock, node }
    }

    /// A node starts, with nothing but the tables and the keys.
    pub fn start(self: &Arc<Self>, node: usize) {
        let wire = self.wire(node, *held(&self.nodes[node].offset));
        let recovery = self.service(&wire);
        let has_desk = self.weather.profile.desk;
        let desk = has_desk.then(|| crate::desk::desk(&recovery, self.clinic.clone()));
        let post = FarPost { wire: wire.clone(), boxes: self.boxes.clone(), town: Arc::downgrade(self) };
        let worker = Worker::new(recovery.clone(), Arc::new(post));
        for _ in 0..self.weather.profile.workers {
            let (town, clock) = (self.clone(), wire.clock.clone());
            let work = town.clone().work(worker.clone(), clock);
            self.stage.begin(Owner::Node(node), "worker", work);
        }
        *held(&self.nodes[node].service) = Some(Up { recovery, desk, clock: wire.clock });
        self.stage.note(&format!("n{node} starts"));
    }

    pub fn crash(&self, node: usize) {
        if held(&self.nodes[node].service).take().is_some() {
            self.stage.note(&format!("n{node} crashes"));
            self.stage.tally("crashes");
            held(&self.orders).crash.push(node);
        }
    }

    pub fn is_up(&self, node: usize) -> bool {
        held(&self.nodes[node].service).is_some()
    }

    pub fn freeze(&self, node: usize) {
        self.stage.note(&format!("n{node} freezes"));
        self.stage.tally("freezes");
        held(&self.orders).frozen.insert(node);
    }

    pub fn thaw(&self, node: usize) {
        self.stage.note(&format!("n{node} goes on"));
        held(&self.orders).frozen.remove(&node);
    }

    pub fn jump(&self, node: usize, by: i64) {
        self.stage.note(&format!("n{node}: the clock jumps by {by}"));
        self.stage.tally(if by > 0 { "clocks that jumped ahead" } else { "clocks that jumped back" });
        *held(&self.nodes[node].offset) += by;
        if let Some(up) = &*held(&self.nodes[node].service) {
            up.clock.jump(by);
        }
    }

    /// The clock of a node that is up.
    pub fn clock_of(&self, node: usize) -> Option<Arc<NodeClock>> {
        held(&self.nodes[node].service).as_ref().map(|up| up.clock.clone())
    }

    /// The support desk of a node that is up.
    pub fn desk_of(&self, node: usize) -> Option<Desk> {
        held(&self.nodes[node].service).as_ref()?.desk.clone()
    }

    pub fn offset(&self, node: usize) -> i64 {
        *held(&self.nodes[node].offset)
    }

    async fn work(self: Arc<Self>, worker: Worker, clock: Arc<NodeClock>) {
        loop {
            let idle = match worker.step().await {
                Ok(progress) => progress.is_idle() || progress.faults > 0,
                Err(_) => true,
            };
            if idle {
                let due = self.oracle.next_due().map_or(IDLE, |due| due - clock.peek());
                let nap = self.stage.dice().between(0, 5 * SECOND);
                self.stage.rest(due.clamp(SECOND, IDLE) + nap).await;
                let poll = self.stage.dice().between(0, 3 * SECOND);
                self.stage.sleep(poll).await;
            }
        }
    }

    /// Somebody calls a node. `None`: no answer came.
    pub async fn call<T, F>(
        self: &Arc<Self>,
        node: usize,
        what: &'static str,
        serve: impl FnOnce(Recovery, Arc<NodeClock>) -> F,
    ) -> Option<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let way = self.stage.dice().between(0, 200);
        self.stage.sleep(way).await;
        let Up { recovery, clock, .. } = held(&self.nodes[node].service).clone()?;
        let (answer, answered) = oneshot::channel();
        let served = serve(recovery, clock);
        self.stage.begin(Owner::Node(node), what, async move {
            // Whoever asked may have gone.
            let _ = answer.send(served.await);
        });
        match select(answered, self.stage.sleep(PATIENCE)).await {
            Either::Left((answer, _)) => answer.ok(),
            Either::Right(_) => None,
        }
    }
}
