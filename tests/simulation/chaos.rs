//! What goes wrong with machines, clocks and stores; and what the host changes in the middle of a recovery.

use crate::hasher::new_hash;
use crate::people::{Resident, email};
use crate::profile::Clocks;
use crate::stage::{HOUR, MINUTE, SECOND};
use crate::town::Town;
use futures_util::FutureExt as _;
use regain::account::{Account, AccountStatus, AccountStore as _};
use regain::recovery::Credential;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Disturbs one thing after the other, as far as the seed's profile says so.
pub async fn disturb(town: Arc<Town>) {
    loop {
        let pause = town.stage.dice().between(0, 25 * MINUTE);
        town.stage.sleep(pause).await;
        if !town.weather.is_on() {
            return;
        }
        let profile = &town.weather.profile;
        let node = town.any_node();
        let what = town.stage.dice().below(7);
        match what {
            0 if profile.freezes => freeze(&town, node).await,
            1 if profile.crashes => restart(&town, node).await,
            2 if profile.clocks == Clocks::Jumping => jump(&town, node),
            3 if profile.clocks == Clocks::Jumping => glitch(&town, node).await,
            4 if profile.outages => stores_go_away(&town),
            5 if profile.disk_fills => {
                let until = town.stage.now() + town.stage.dice().between(SECOND, 8 * MINUTE);
                town.weather.disk_full_until.store(until, Ordering::Relaxed);
                town.stage.note("the disk is full");
                town.stage.tally("full disks");
            }
            6 if profile.mail_outages => {
                let until = town.stage.now() + town.stage.dice().between(MINUTE, 4 * HOUR);
                town.weather.mail_away_until.store(until, Ordering::Relaxed);
                town.stage.note("the mail system is away");
                town.stage.tally("mail systems away");
            }
            _ => {}
        }
    }
}

async fn freeze(town: &Town, node: usize) {
    town.freeze(node);
    let time = town.stage.dice().between(SECOND, 6 * MINUTE);
    town.stage.sleep(time).await;
    town.thaw(node);
}

async fn restart(town: &Arc<Town>, node: usize) {
    town.crash(node);
    let time = town.stage.dice().between(0, 90 * SECOND);
    town.stage.sleep(time).await;
    town.start(node);
}

/// Ahead, and mostly put right later; or back.
fn jump(town: &Town, node: usize) {
    let by = {
        let mut dice = town.stage.dice();
        let most = if dice.permille(300) { 2 * HOUR } else { 40 * MINUTE };
        let far = dice.between(SECOND, most);
        let (wrong_by, back) = (town.offset(node), dice.permille(400));
        match wrong_by {
            _ if wrong_by.abs() > 5 * MINUTE && dice.permille(700) => -wrong_by,
            _ if back => -far,
            _ => far,
        }
    };
    town.jump(node, by);
}

/// Ahead for a moment only: somebody has set the clock, and sets it right at once.
async fn glitch(town: &Town, node: usize) {
    let (far, time) = {
        let mut dice = town.stage.dice();
        (dice.between(10 * MINUTE, HOUR), dice.between(SECOND, MINUTE))
    };
    town.jump(node, far);
    town.stage.sleep(time).await;
    town.jump(node, -far);
}

fn stores_go_away(town: &Town) {
    let (until, which) = {
        let mut dice = town.stage.dice();
        (town.stage.now() + dice.between(SECOND, 10 * MINUTE), dice.below(3))
    };
    if which != 0 {
        town.weather.flows_away_until.store(until, Ordering::Relaxed);
    }
    if which != 1 {
        town.weather.accounts_away_until.store(until, Ordering::Relaxed);
    }
    town.stage.note("stores are away");
    town.stage.tally("stores away");
}

/// The host goes on with its own business: changes passwords and addresses, disables accounts and enables them again. Most
/// of it at any time, some of it just when somebody has chosen a password.
pub async fn meddle(town: Arc<Town>) {
    let mut number = 0;
    let mut next = town.stage.now() + town.stage.dice().between(0, 30 * MINUTE);
    while town.weather.is_on() {
        town.stage.rest(next - town.stage.now()).await;
        let pending = town.oracle.pending();
        let in_between = !pending.is_empty() && town.stage.dice().permille(40);
        let resident = match town.residents.iter().find(|who| in_between && pending.contains(&who.account)) {
            Some(who) => who.clone(),
            None if town.stage.now() < next => continue,
            None => {
                next = town.stage.now() + town.stage.dice().between(0, 30 * MINUTE);
                town.stage.dice().pick(&town.residents).clone()
            }
        };
        number += 1;
        decide(&town, &resident, number).await;
    }
}

async fn decide(town: &Arc<Town>, resident: &Resident, number: u64) {
    let what = town.stage.dice().below(6);
    let plain = format!("set by the host, number {number}");
    let password = (what < 2).then_some(plain.as_str());
    change(town, resident, password, |account| match what {
        0 | 1 => account.password = Some(new_hash(&plain, 1_000 + number)),
        2 => account.addresses = vec![email(&resident.emails[resident.emails.len() - 1])],
        3 | 4 => account.status = AccountStatus::Disabled,
        _ => account.status = AccountStatus::Active,
    });
    if what == 4 {
        let pause = town.stage.dice().between(0, 2 * MINUTE);
        town.stage.sleep(pause).await;
        change(town, resident, None, |account| account.status = AccountStatus::Active);
    }
    // Some hosts tell regain, some forget to.
    if town.stage.dice().permille(600) {
        let (node, id) = (town.any_node(), resident.account.clone());
        let kind = if what < 2 { Credential::Password } else { Credential::Other };
        let tell =
            move |recovery: regain::Recovery, _| async move { recovery.credential_changed(&id, kind).await };
        town.call(node, "credential changed", tell).await;
    }
}

fn change(town: &Town, who: &Resident, password: Option<&str>, change: impl FnOnce(&mut Account)) {
    town.accounts.change(&who.account, change);
    let after = town.accounts.get(&who.account).now_or_never().and_then(Result::ok).flatten();
    if let Some(after) = after {
        town.oracle.host_changed(&after, password);
        town.stage.note(&format!("the host changes {}", who.username));
    }
}
