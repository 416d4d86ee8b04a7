//! What residents do with a second factor: bind one, sign in with it, prove it for a link, lose it, change their password.

use crate::factors::guess;
use crate::oracle::Shown;
use crate::people::{Resident, fresh};
use crate::questions::set_or_remove;
use crate::stage::{MINUTE, SECOND};
use crate::town::Town;
use futures_util::future::join;
use regain::factor::FactorId;
use regain::recovery::{SignInStep, SignedIn};
use regain::security::AuthSession;
use std::sync::Arc;

/// Signs in, with the factor if one is asked for, and gives the session.
pub async fn sign_in(town: &Arc<Town>, me: &Resident, node: usize, password: &str) -> Option<AuthSession> {
    let step = town.sign_in(node, &me.account, &me.username, password, me.network).await?.ok()?;
    let pending = match step {
        SignInStep::SignedIn(signed_in) => return Some(session(town, &signed_in)),
        SignInStep::FactorNeeded(pending) => pending,
        _ => return None,
    };
    for _ in 0..3 {
        let shown = show(town, me)?;
        let node = town.any_node();
        let answer = town.sign_in_factor(node, &me.account, &pending.ticket, &shown, me.network).await;
        if let Some(Ok(signed_in)) = answer {
            return Some(session(town, &signed_in));
        }
        let pause = town.stage.dice().between(0, 50 * SECOND);
        town.stage.sleep(pause).await;
    }
    None
}

/// The host's session, with a secret of its own.
fn session(town: &Town, signed_in: &SignedIn) -> AuthSession {
    let mut binding = [0; 32];
    binding[..8].copy_from_slice(&town.stage.dice().roll().to_le_bytes());
    let (account, level) = (signed_in.account.clone(), signed_in.level);
    AuthSession { account, level, authenticated_at: signed_in.authenticated_at, binding }
}

/// What somebody types who is asked for a factor: the app's code mostly; a slip, the same once more, or a code from paper
/// now and then. `None` for whoever has nothing.
fn show(town: &Town, me: &Resident) -> Option<Shown> {
    let (apps, last) = (me.kit.apps(), me.kit.last());
    let mut dice = town.stage.dice();
    let paper = me.kit.code(dice.index(10));
    let shown = match dice.below(100) {
        0..8 if !apps.is_empty() => guess(dice.roll()),
        8..25 if last.is_some() => last?,
        25..40 if paper.is_some() => paper?,
        _ if apps.is_empty() => paper?,
        _ => dice.pick(&apps).shows(town.stage.now()),
    };
    drop(dice);
    me.kit.remember(&shown);
    Some(shown)
}

/// Somebody is signed in: some look after their account then.
pub async fn look_after(town: &Arc<Town>, me: &Resident, mine: &mut String, session: &AuthSession) {
    let what = town.stage.dice().below(100);
    let node = town.any_node();
    // Some have lunch first, and find that they have to sign in anew.
    if town.stage.dice().permille(60) {
        town.stage.sleep(20 * MINUTE).await;
    }
    match what {
        0..20 => change_password(town, me, mine, session).await,
        20..75 if me.careful && me.kit.apps().is_empty() => bind(town, me, session).await,
        20..30 if me.careful => bind(town, me, session).await,
        30..42 if me.careful => unbind(town, me, session).await,
        42..50 if me.careful => {
            if let Some(Ok(codes)) = town.make_codes(node, session, me.network).await {
                me.kit.set_codes(&codes);
            }
        }
        50..54 if me.careful => me.kit.lose_phone(),
        54..85 if town.weather.profile.questions => set_or_remove(town, me, session).await,
        _ => {}
    }
}

async fn change_password(town: &Arc<Town>, me: &Resident, mine: &mut String, session: &AuthSession) {
    let (node, new) = (town.any_node(), fresh(town, me));
    let wrong = town.stage.dice().permille(150);
    let present = if wrong { "not my password at all" } else { mine.as_str() };
    let answer = town.change_password(node, session, present, &new, me.network).await;
    if let Some(Ok(_)) = answer {
        *mine = new;
    }
}

async fn bind(town: &Arc<Town>, me: &Resident, session: &AuthSession) {
    let Some(app) = town.begin_totp(town.any_node(), session, me.network).await else { return };
    let pause = town.stage.dice().between(SECOND, 2 * MINUTE);
    town.stage.sleep(pause).await;
    // Somebody else's session is of no use, whoever is signed in there.
    let other = AuthSession { binding: [9; 32], ..session.clone() };
    let theirs = town.stage.dice().permille(100);
    let session = if theirs { &other } else { session };
    for _ in 0..2 {
        let shown = app.shows(town.stage.now());
        let slips = town.stage.dice().permille(150);
        let shown = if slips { guess(town.stage.dice().roll()) } else { shown };
        // It is on the phone, whatever answer comes.
        me.kit.remember(&shown);
        let twice = town.stage.dice().permille(150);
        let confirmed = if twice {
            confirm_twice(town, me, session, app.id, &shown).await
        } else {
            let node = town.any_node();
            town.confirm_totp(node, session, app.id, &shown, me.network).await
        };
        if theirs && matches!(confirmed, Some(Ok(_))) {
            town.stage.broken("a factor is confirmed in the session that began it", me.username.clone());
        }
        match confirmed {
            Some(Ok(confirmed)) => {
                confirmed.codes.iter().for_each(|codes| me.kit.set_codes(codes));
                return me.kit.add(app);
            }
            // No answer: it may be bound or not.
            None => return me.kit.add(app),
            Some(Err(_)) => {}
        }
        let pause = town.stage.dice().between(SECOND, MINUTE);
        town.stage.sleep(pause).await;
    }
    // Whoever gives up deletes the app at times only.
    if town.stage.dice().permille(500) {
        me.kit.add(app);
    }
}

async fn confirm_twice(
    town: &Arc<Town>,
    me: &Resident,
    session: &AuthSession,
    id: FactorId,
    shown: &Shown,
) -> Option<Result<regain::security::Confirmed, regain::RecoveryError>> {
    let (here, there) = (town.any_node(), town.any_node());
    let first = town.confirm_totp(here, session, id, shown, me.network);
    let second = town.confirm_totp(there, session, id, shown, me.network);
    match join(first, second).await {
        (Some(Ok(confirmed)), _) | (_, Some(Ok(confirmed))) => Some(Ok(confirmed)),
        (first, _) => first,
    }
}

async fn unbind(town: &Arc<Town>, me: &Resident, session: &AuthSession) {
    let apps = me.kit.apps();
    let Some(Ok(view)) = town.security_of(town.any_node(), &me.account).await else { return };
    // Theirs, or one that they have lost.
    let ids: Vec<FactorId> = view.factors.iter().map(|factor| factor.id).collect();
    if ids.is_empty() {
        return;
    }
    let id = match apps.first() {
        Some(app) if town.stage.dice().permille(700) => app.id,
        _ => *town.stage.dice().pick(&ids),
    };
    if let Some(Ok(())) = town.remove_factor(town.any_node(), session, id, me.network).await {
        me.kit.drop_app(id);
    }
}

/// Opens the link, and proves the factor if the page asks for one. Whoever cannot goes on all the same.
pub async fn prove_for_link(town: &Arc<Town>, me: &Resident, token: &str) {
    if !me.careful || town.stage.dice().permille(100) {
        return;
    }
    let Some(Ok(view)) = town.look(town.any_node(), token).await else { return };
    if !view.factor_needed {
        return;
    }
    for _ in 0..3 {
        let Some(shown) = show(town, me) else { return };
        let (here, there) = (town.any_node(), town.any_node());
        let first = town.prove_factor(here, &me.account, token, &shown, me.network);
        let proven = if town.stage.dice().permille(200) {
            let second = town.prove_factor(there, &me.account, token, &shown, me.network);
            let (first, second) = join(first, second).await;
            matches!(first, Some(Ok(_))) || matches!(second, Some(Ok(_)))
        } else {
            matches!(first.await, Some(Ok(_)))
        };
        if proven {
            return;
        }
        let pause = town.stage.dice().between(0, 50 * SECOND);
        town.stage.sleep(pause).await;
    }
}
