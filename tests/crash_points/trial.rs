//! One trial: a process plays the story and exits at its point, another one goes on, and what they left is checked.

use crate::check::{Findings, at_any_moment, at_the_end};
use crate::folder::Folder;
use crate::plants::Plant;
use crate::player;
use crate::points::{Call, Counter, EXIT, Point, When};
use crate::remains::Remains;
use crate::site::{self, Ground};
use crate::stories::Story;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::process::Command;

const FOLDER: &str = "REGAIN_CRASH_POINT_FOLDER";
const POINT: &str = "REGAIN_CRASH_POINT";
const PLANT: &str = "REGAIN_CRASH_POINT_PLANT";

/// Plays the story, if this process was started to do so.
pub fn play_if_child(ground: impl FnOnce() -> Arc<dyn Ground>) -> bool {
    let Some(folder) = std::env::var_os(FOLDER) else { return false };
    let folder = Folder(PathBuf::from(folder));
    let point = std::env::var(POINT).ok().map(|point| point.parse().unwrap());
    let plant = Plant::named(&std::env::var(PLANT).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let counter = Counter::new(&folder.path("calls"), point);
        let site = site::open(&*ground(), &folder, &counter, plant).await;
        player::play(site, folder, counter).await;
    });
    true
}

/// Everything that trials on one kind of store have in common.
pub struct Trials {
    pub ground: Arc<dyn Ground>,
    /// The test that plays as a child.
    pub child: &'static str,
    pub plant: Plant,
    pub story: &'static Story,
    seed: TempDir,
}

impl Trials {
    pub async fn prepare(
        ground: Arc<dyn Ground>,
        child: &'static str,
        plant: Plant,
        story: &'static Story,
    ) -> Self {
        let seed = tempfile::tempdir().unwrap();
        ground.prepare(seed.path()).await;
        let nothing = Arc::new(regain::memory::MemoryFlows::new());
        let nobody = Arc::new(regain::memory::MemoryAccounts::new());
        let service = crate::people::service(nothing, nobody).build().unwrap();
        crate::people::seed(&seed.path().join("accounts.db"), story.cast, service.blind_index()).await;
        let folder = Folder(seed.path().to_owned());
        folder.tell(story);
        if !story.before.is_empty() {
            let counter = Counter::new(&folder.path("calls before"), None);
            let site = site::open(&*ground, &folder, &counter, Plant::Nothing).await;
            player::play_before(site, folder.clone(), counter).await;
            ground.keep(&folder.0).await;
        }
        Self { ground, child, plant, story, seed }
    }

    /// Plays the story without a crash: what it calls, in order, and what is wrong with it.
    pub async fn undisturbed(&self) -> (Vec<Call>, Vec<String>) {
        let (home, mut findings) = (self.fresh().await, Findings::default());
        let folder = Folder(home.path().to_owned());
        self.run(&folder, None, 0, &mut findings).await;
        self.check_end(&folder, &mut findings).await;
        let calls = Call::read_all(&folder.path("calls"));
        self.ground.take_back(home.path()).await;
        (calls, findings.0)
    }

    /// What is wrong after an exit, or a lost reply, at this point.
    pub async fn at(&self, point: Point) -> Vec<String> {
        let (home, mut findings) = (self.fresh().await, Findings::default());
        let folder = Folder(home.path().to_owned());
        if point.when == When::ReplyLost {
            self.run(&folder, Some(point), 0, &mut findings).await;
        } else {
            self.run(&folder, Some(point), EXIT, &mut findings).await;
            at_any_moment(&Remains::read(&*self.ground, &folder).await, &mut findings);
            self.run(&folder, None, 0, &mut findings).await;
        }
        self.check_end(&folder, &mut findings).await;
        self.ground.take_back(home.path()).await;
        findings.0
    }

    async fn check_end(&self, folder: &Folder, findings: &mut Findings) {
        let remains = Remains::read(&*self.ground, folder).await;
        at_any_moment(&remains, findings);
        at_the_end(&remains, findings);
    }

    /// A folder with what every trial begins with.
    async fn fresh(&self) -> TempDir {
        let home = tempfile::tempdir().unwrap();
        for file in fs::read_dir(self.seed.path()).unwrap() {
            let file = file.unwrap();
            if file.file_type().unwrap().is_dir() {
                continue;
            }
            fs::copy(file.path(), home.path().join(file.file_name())).unwrap();
        }
        self.ground.lend(home.path()).await;
        home
    }

    async fn run(&self, folder: &Folder, point: Option<Point>, expected: i32, findings: &mut Findings) {
        let said = folder.path("said");
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", self.child, "--nocapture"]);
        command.env(FOLDER, &folder.0).env(PLANT, self.plant.name()).env_remove(POINT);
        // A trial that nobody waits for any more takes its process along.
        command.kill_on_drop(true);
        command.stdout(Stdio::null()).stderr(File::create(&said).unwrap());
        if let Some(point) = point {
            command.env(POINT, point.to_string());
        }
        let status = command.status().await.unwrap();
        if status.code() != Some(expected) {
            findings
                .0
                .push(format!("the process ended with {status}, not {expected}: {}", last_words(&said)));
        }
    }
}

fn last_words(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().filter(|line| !line.starts_with("note:")).collect::<Vec<_>>().join(" ")
}
