//! A disk that is really full: the system's own limit on the size of files.
//!
//! SQLite then rolls back by itself, which leaves a connection in a state that nothing but closing it mends.

#![cfg(target_os = "linux")]

use regain::RecoveryError;
use regain::identity::Identifier;
use regain::memory::MemoryAccounts;
use regain::sqlite::SqliteFlows;
use regain::store::{Commit, StoreErrorKind};
use regain::testing::World;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

const CHILD: &str = "REGAIN_DISK_FULL_CHILD";
const NAME: &str = "a_full_disk_makes_people_wait_and_once_there_is_room_it_goes_on_without_a_restart";
/// In blocks of 512 bytes or 1 KiB, as the shell has it; enough for some hundred asks.
const LIMIT: &str = "700";

/// CR-4
#[test]
fn a_full_disk_makes_people_wait_and_once_there_is_room_it_goes_on_without_a_restart() {
    if let Some(folder) = std::env::var_os(CHILD) {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(ask_until_full_and_beyond(Path::new(&folder)));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // Ignored signals stay ignored across exec: the write then fails, as on a full disk.
    let limited = format!("trap '' XFSZ; ulimit -S -f {LIMIT}; exec \"$0\" --exact {NAME} --nocapture");
    let mut child = Command::new("sh")
        .args(["-c", &limited])
        .arg(std::env::current_exe().unwrap())
        .env(CHILD, folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let full = wait_for(|| folder.path().join("full").exists() || child.try_wait().unwrap().is_some());
    assert!(full && child.try_wait().unwrap().is_none(), "the child meets the limit");
    let room = Command::new("prlimit").args(["--pid", &child.id().to_string(), "--fsize=unlimited"]).status();
    assert!(room.unwrap().success());
    fs::write(folder.path().join("room"), "").unwrap();
    assert!(child.wait().unwrap().success(), "the child goes on once there is room");
}

fn wait_for(mut what: impl FnMut() -> bool) -> bool {
    (0..3_000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        what()
    })
}

async fn ask_until_full_and_beyond(folder: &Path) {
    let flows = SqliteFlows::open(folder.join("flows.db")).await.unwrap();
    let world = World::with(Arc::new(flows), Arc::new(MemoryAccounts::new()));
    let mut accepted = 0;
    let full = loop {
        match ask(&world, accepted).await {
            Ok(()) => accepted += 1,
            Err(error) => break error,
        }
        assert!(accepted < 2_900, "the limit is never met");
    };
    assert_eq!(full, RecoveryError::Unavailable);
    let mut commit = Commit::new(world.realm().clone());
    commit.audit = vec![world.audit().await.remove(0); 1_000];
    assert_eq!(world.flows.commit(commit).await.unwrap_err().kind(), StoreErrorKind::Full);
    fs::write(folder.join("full"), "").unwrap();
    assert!(wait_for(|| folder.join("room").exists()));
    for more in 1..=20 {
        assert_eq!(ask(&world, accepted + more).await, Ok(()));
    }
    assert_eq!(world.audit().await.len(), accepted + 20, "what was accepted is there, and nothing else");
}

async fn ask(world: &World, number: usize) -> Result<(), RecoveryError> {
    let identifier = Identifier::parse(&format!("user{number}@example.org"));
    world.recovery.ask_password(&identifier, &world.client()).await.map(drop)
}
