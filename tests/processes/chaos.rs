//! What is done to the processes while people are on their way. The schedule comes from a number.

use crate::TROUBLE;
use crate::cluster::Stop;
use crate::scene::{Dice, Scene};
use std::fmt;
use std::time::{Duration, Instant};

/// Longer than a lease: what the paused portal had claimed has been taken over when it goes on.
const PAUSE: Duration = Duration::from_secs(65);

/// What was done.
#[derive(Debug, Default)]
pub struct DoneTo {
    kills: u32,
    restarts: u32,
    cuts: u32,
    connections_cut: u64,
    relay_stops: u32,
}

impl fmt::Display for DoneTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} SIGKILLs, a portal paused for {} s, PostgreSQL restarted {} times and {} connections cut in {} cuts, the relay away {} times",
            self.kills,
            PAUSE.as_secs(),
            self.restarts,
            self.connections_cut,
            self.cuts,
            self.relay_stops
        )
    }
}

/// Everything at once, until the trouble is over. Then all processes run again.
pub async fn rage(scene: &Scene, seed: u64) -> DoneTo {
    let end = Instant::now() + TROUBLE;
    let ((), kills, (restarts, cuts, connections_cut), relay_stops) = tokio::join!(
        pause(scene),
        kill(scene, Dice(seed ^ 1), end),
        shake_database(scene, Dice(seed ^ 2), end),
        stop_relay(scene, Dice(seed ^ 3), end)
    );
    DoneTo { kills, restarts, cuts, connections_cut, relay_stops }
}

async fn pause(scene: &Scene) {
    tokio::time::sleep(Duration::from_secs(8)).await;
    scene.portals[0].signal("STOP").await;
    tokio::time::sleep(PAUSE).await;
    scene.portals[0].signal("CONT").await;
}

async fn kill(scene: &Scene, mut dice: Dice, end: Instant) -> u32 {
    let mut kills = 0;
    while Instant::now() < end {
        tokio::time::sleep(Duration::from_secs(2) + dice.time_within(Duration::from_secs(3))).await;
        let portal = &scene.portals[1 + dice.below(scene.portals.len() - 1)];
        portal.kill().await;
        kills += 1;
        tokio::time::sleep(dice.time_within(Duration::from_secs(2))).await;
        portal.start().await;
        portal.wait_until_up().await;
    }
    kills
}

async fn shake_database(scene: &Scene, mut dice: Dice, end: Instant) -> (u32, u32, u64) {
    let (mut restarts, mut cuts, mut connections) = (0, 0, 0);
    for turn in 0.. {
        tokio::time::sleep(Duration::from_secs(5) + dice.time_within(Duration::from_secs(5))).await;
        if Instant::now() > end {
            break;
        }
        match turn % 4 {
            1 => scene.cluster.restart(Stop::Immediate).await,
            3 => scene.cluster.restart(Stop::Fast).await,
            _ => {
                connections += scene.cluster.cut_all().await;
                cuts += 1;
                continue;
            }
        }
        restarts += 1;
    }
    (restarts, cuts, connections)
}

async fn stop_relay(scene: &Scene, mut dice: Dice, end: Instant) -> u32 {
    let mut stops = 0;
    while Instant::now() < end {
        tokio::time::sleep(Duration::from_secs(12) + dice.time_within(Duration::from_secs(8))).await;
        scene.relay.stop().await;
        stops += 1;
        tokio::time::sleep(Duration::from_secs(5) + dice.time_within(Duration::from_secs(5))).await;
        scene.relay.start_again().await;
    }
    stops
}
