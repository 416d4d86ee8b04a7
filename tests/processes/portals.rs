//! The portals: real processes, which are killed, paused and started again.

use crate::cluster::{free_port, succeed};
use crate::http::{Request, Visitor};
use std::fs::OpenOptions;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command as Plain, Stdio};
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

pub const COUNT: usize = 4;
/// All links lead here; who opens one goes to any of the portals, as behind a balancer.
pub const ORIGIN: &str = "http://localhost:8080";

pub struct Portal {
    pub port: u16,
    arguments: Vec<String>,
    log: PathBuf,
    process: Mutex<Option<Child>>,
}

impl Portal {
    pub fn new(number: usize, common: &[String], folder: &Path) -> Self {
        let port = free_port();
        let mut arguments = common.to_vec();
        arguments.extend(["--listen".into(), format!("127.0.0.1:{port}")]);
        arguments.extend(["--data".into(), folder.join(format!("portal-{number}")).display().to_string()]);
        let log = folder.join(format!("portal-{number}.log"));
        Self { port, arguments, log, process: Mutex::default() }
    }

    /// Starts the process; it listens a moment later.
    pub async fn start(&self) {
        let program =
            std::env::var_os("REGAIN_PORTAL").expect("REGAIN_PORTAL, the portal; see tools/processes/run");
        let log = OpenOptions::new().append(true).create(true).open(&self.log).unwrap();
        let process = Command::new(program)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            // A group of its own: one that is stopped would else take all others along when the shell that began all this
            // ends (SIGHUP to an orphaned group with a stopped member).
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        *self.process.lock().await = Some(process);
    }

    /// SIGKILL.
    pub async fn kill(&self) {
        if let Some(mut process) = self.process.lock().await.take() {
            process.kill().await.unwrap();
        }
    }

    /// SIGSTOP or SIGCONT.
    pub async fn signal(&self, name: &str) {
        let process = self.process.lock().await;
        if let Some(id) = process.as_ref().and_then(Child::id) {
            succeed(Plain::new("kill").args(["-s", name, &id.to_string()]));
        }
    }

    pub async fn is_up(&self) -> bool {
        let visitor = Visitor { from: Ipv4Addr::LOCALHOST, cookie: None };
        let page = Request::get("/sign-in").send(&visitor, self.port).await;
        page.is_ok_and(|page| page.status == 200)
    }

    pub async fn wait_until_up(&self) {
        for _ in 0..600 {
            if self.is_up().await {
                return;
            }
            let mut process = self.process.lock().await;
            let ended = process.as_mut().and_then(|process| process.try_wait().unwrap());
            // A portal that starts while the database is away says so and ends; whoever runs it starts it again.
            let failed_start = ended.is_some() || process.is_none();
            drop(process);
            if failed_start {
                self.start().await;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("a portal does not start: {}", self.log());
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}
