//! Twins that read late, cut, round, fold, or confuse realms.

use crate::twin::*;
use crate::twins;
use regain::clock::Timestamp;
use regain::flow::FlowRecord;
use regain::ids::{AccountId, Realm};
use regain::memory::MemoryFlows;
use regain::store::{Commit, Committed, FlowStore as _, FlowWrite};
use std::sync::{Arc, Mutex};
use unicode_normalization::UnicodeNormalization as _;

/// A copy that lags one commit behind.
#[derive(Default)]
struct Replica {
    copy: MemoryFlows,
    pending: Mutex<Option<Commit>>,
}

fn replicated() -> (Twin, Arc<Replica>) {
    let replica = Arc::new(Replica::default());
    let fed = replica.clone();
    let twin = twin().commit(move |store, commit| {
        if let Some(last) = fed.pending.lock().unwrap().replace(commit.clone()) {
            now(fed.copy.commit(last));
        }
        now(store.commit(commit))
    });
    (twin, replica)
}

fn times(change: fn(i64) -> i64) -> Twin {
    loads(move |record| {
        let changed = |at: &mut Timestamp| *at = Timestamp::from_millis(change(at.millis()));
        changed(&mut record.created_at);
        for at in [&mut record.opened_at, &mut record.expires_at, &mut record.high, &mut record.due_at] {
            at.iter_mut().for_each(changed);
        }
    })
}

fn cut(bytes: &mut Vec<u8>, at: Option<usize>) {
    bytes.truncate(at.unwrap_or(bytes.len()));
}

/// Whose collation takes names for one.
fn collation(same: fn(&str, &str) -> bool) -> Twin {
    let seen = Arc::new(Mutex::new(Vec::<AccountId>::new()));
    let all = seen.clone();
    twin()
        .commit(move |store, commit| {
            let accounts = commit.flows.iter().filter_map(|write| record(write).account.clone());
            let mut seen = seen.lock().unwrap();
            accounts.for_each(|account| {
                if !seen.contains(&account) {
                    seen.push(account);
                }
            });
            now(store.commit(commit))
        })
        .live_links(move |store, realm, wanted| {
            let all = all.lock().unwrap();
            let alike = all.iter().filter(|account| same(account.as_str(), wanted.as_str()));
            alike.flat_map(|account| now(store.live_links(realm, account))).collect()
        })
}

/// Which takes realms for one.
fn realms(fold: fn(&str) -> String) -> Twin {
    let folded = move |realm: &Realm| Realm::new(&fold(realm.as_str())).unwrap();
    twin().commit(move |store, commit| now(store.commit(of(&folded(&commit.realm), commit)))).load(
        move |store, realm, id| {
            now(store.load(&folded(realm), id)).map(|record| FlowRecord { realm: realm.clone(), ..record })
        },
    )
}

fn without_marks(name: &str) -> String {
    name.nfd().filter(|c| !('\u{300}'..'\u{370}').contains(c)).collect()
}

fn letters_only(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn like(pattern: &str, name: &str) -> bool {
    pattern == name
        || pattern.len() == name.len() && pattern.bytes().zip(name.bytes()).all(|(a, b)| a == b || a == b'_')
}

/// What is not there in one realm is answered from `contract`.
fn any_realm<T: Default + PartialEq>(realm: &Realm, ask: impl Fn(&Realm) -> T) -> T {
    let own = ask(realm);
    if own == T::default() { ask(&home()) } else { own }
}

twins! {
    a_mail_needs_its_flow breaks "a mail or a line of audit may name a flow that is not there":
        twin().commit(|store, commit| {
            let known = |mail: &regain::store::OutboxMail| {
                commit.flows.iter().any(|write| record(write).id == mail.flow) || now(store.load(&mail.realm, mail.flow)).is_some()
            };
            if commit.mails.iter().all(known) { now(store.commit(commit)) } else { Committed::Conflict }
        });
    flows_are_read_from_a_replica breaks "what is committed is loaded by the next call": {
        let (twin, replica) = replicated();
        twin.load(move |_, realm, id| now(replica.copy.load(realm, id)))
    };
    old_versions_are_cached breaks "the next call loads the latest version": {
        let cache = Mutex::new(std::collections::BTreeMap::new());
        twin().load(move |store, realm, id| {
            let fresh = now(store.load(realm, id));
            fresh.map(|fresh| cache.lock().unwrap().entry((realm.clone(), id)).or_insert(fresh).clone())
        })
    };
    links_are_read_from_a_replica breaks "a link is found by the next call": {
        let (twin, replica) = replicated();
        twin.live_links(move |_, realm, account| now(replica.copy.live_links(realm, account)))
    };
    audit_is_read_from_a_replica breaks "a line of audit is read by the next call": {
        let (twin, replica) = replicated();
        twin.audit_after(move |_, realm, after, limit| now(replica.copy.audit_after(realm, after, limit)))
    };
    audit_is_left_out breaks "a line of audit is read by the next call":
        writes(|_, commit| if commit.flows.is_empty() { commit } else { Commit { audit: vec![], ..commit } });
    bytes_end_at_a_nul breaks "every field of a flow comes back as it was written":
        loads(|record| record.sealed.iter_mut().for_each(|bytes| cut(bytes, bytes.iter().position(|byte| *byte == 0))));
    a_reason_is_lost breaks "every field of a flow comes back as it was written":
        loads(|record| record.reason = None);
    what_is_left_out_stays breaks "an update erases what it leaves out":
        writes_flows(|store, mut write| {
            let before = stored(store, record(&write));
            let next = record_mut(&mut write);
            next.sealed = next.sealed.take().or(before.and_then(|before| before.sealed));
            write
        });
    counts_are_floating_point breaks "counts come back exactly":
        loads(|record| record.version = record.version as f64 as u64);
    counts_are_signed breaks "counts come back exactly":
        loads(|record| record.attempts = record.attempts.min(i32::MAX as u32));
    times_are_whole_seconds breaks "times come back to the millisecond, in no other time zone":
        times(|millis| millis.div_euclid(1_000) * 1_000);
    times_are_in_a_time_zone breaks "times come back to the millisecond, in no other time zone":
        times(|millis| if millis > 1_000_000_000_000 { millis.saturating_add(3_600_000) } else { millis });
    times_begin_in_1970 breaks "times before 1970 come back": times(|millis| millis.max(0));
    times_end_in_the_year_9999 breaks "times in the far future come back":
        times(|millis| millis.min(253_402_300_799_999));
    sealed_bytes_are_cut_at_255 breaks "sealed bytes come back whole, whichever and however many":
        loads(|record| record.sealed.iter_mut().for_each(|bytes| cut(bytes, Some(255))));
    sealed_bytes_are_cut_at_64_kib breaks "sealed bytes come back whole, whichever and however many":
        loads(|record| record.sealed.iter_mut().for_each(|bytes| cut(bytes, Some(65_535))));
    sealed_bytes_are_text breaks "sealed bytes come back whole, whichever and however many":
        loads(|record| if let Some(bytes) = &mut record.sealed && bytes.len() > 4 {
            *bytes = String::from_utf8_lossy(bytes).into_owned().into_bytes();
        });
    a_sealed_mail_is_cut_at_255 breaks "a sealed mail comes back whole, whichever and however many bytes it has":
        twin().claim_mails(|store, claim| {
            let mut mails = now(store.claim_mails(claim));
            mails.iter_mut().for_each(|mail| mail.sealed.truncate(255));
            mails
        });
    account_ids_are_cut breaks "account ids of up to 255 bytes come back whole":
        loads(|record| if let Some(account) = &record.account {
            record.account = AccountId::new(&account.as_str().chars().take(60).collect::<String>()).ok();
        });
    case_is_folded breaks "account ids are compared byte for byte":
        collation(|a, b| a.chars().flat_map(char::to_lowercase).eq(b.chars().flat_map(char::to_lowercase)));
    trailing_space_is_ignored breaks "account ids are compared byte for byte":
        collation(|a, b| a.trim_end() == b.trim_end());
    accents_are_folded breaks "account ids are compared byte for byte":
        collation(|a, b| without_marks(a) == without_marks(b));
    account_ids_are_normalised breaks "account ids are compared byte for byte":
        collation(|a, b| a.nfkc().eq(b.nfkc()));
    punctuation_is_ignored breaks "account ids are compared byte for byte":
        collation(|a, b| letters_only(a) == letters_only(b));
    account_ids_are_numbers breaks "account ids are compared byte for byte":
        collation(|a, b| a == b || matches!((a.parse::<f64>(), b.parse::<f64>()), (Ok(a), Ok(b)) if a == b));
    account_ids_are_patterns breaks "account ids are compared byte for byte":
        collation(|name, wanted| like(wanted, name));
    account_ids_are_prefixes breaks "account ids are compared byte for byte":
        collation(|name, wanted| name.starts_with(wanted));

    a_flow_is_found_from_any_realm breaks "a flow is in its own realm only":
        twin().load(|store, realm, id| any_realm(realm, |realm| now(store.load(realm, id))));
    links_are_found_from_any_realm breaks "a link is in its own realm only":
        twin().live_links(|store, realm, account| any_realm(realm, |realm| now(store.live_links(realm, account))));
    flows_are_claimed_from_any_realm breaks "flows are claimed in their own realm only":
        twin().claim_flows(|store, claim| {
            let own = now(store.claim_flows(claim));
            if own.is_empty() { now(store.claim_flows(&regain::store::Claim { realm: home(), ..claim.clone() })) } else { own }
        });
    mails_are_claimed_from_any_realm breaks "mails are claimed in their own realm only":
        twin().claim_mails(|store, claim| {
            let own = now(store.claim_mails(claim));
            if own.is_empty() { now(store.claim_mails(&regain::store::Claim { realm: home(), ..claim.clone() })) } else { own }
        });
    audit_is_read_from_any_realm breaks "an audit record is in its own realm only":
        twin().audit_after(|store, realm, after, limit| any_realm(realm, |realm| now(store.audit_after(realm, after, limit))));
    dead_letters_are_read_from_any_realm breaks "a dead letter is in its own realm only":
        twin().dead_letters(|store, realm, limit| any_realm(realm, |realm| now(store.dead_letters(realm, limit))));
    realms_are_counted_together breaks "each realm is counted for itself":
        twin().depth(|store, realm| any_realm(realm, |realm| now(store.depth(realm))));
    ids_are_unique_across_realms breaks "ids and live links are unique within a realm only":
        twin().commit(|store, commit| {
            let taken = |write: &FlowWrite| {
                matches!(write, FlowWrite::Insert(new) if new.realm != home() && now(store.load(&home(), new.id)).is_some())
            };
            if commit.flows.iter().any(taken) { Committed::Conflict } else { now(store.commit(commit)) }
        });
    an_update_is_for_all_realms breaks "an update is for its own realm only":
        twin().commit(|store, commit| {
            if commit.realm != home() && matches!(commit.flows[..], [FlowWrite::Update(_)]) {
                now(store.commit(of(&home(), commit.clone())));
            }
            now(store.commit(commit))
        });
    a_settlement_is_for_all_realms breaks "a settlement is for its own realm only":
        twin().commit(|store, commit| {
            if !commit.settlements.is_empty() {
                now(store.commit(Commit { settlements: commit.settlements.clone(), ..Commit::new(home()) }));
            }
            now(store.commit(commit))
        });
    budgets_are_shared_across_realms breaks "a realm has budgets of its own":
        writes(|_, commit| {
            let budgets_only = Commit { spends: vec![], clears: vec![], ..commit.clone() } == Commit::new(commit.realm.clone());
            if budgets_only { of(&home(), commit) } else { commit }
        });
    clears_are_for_all_realms breaks "a realm clears its own budgets only":
        twin().commit(|store, commit| {
            now(store.commit(clears(&home(), commit.clears.clone())));
            now(store.commit(commit))
        });
    punctuation_in_realms_is_ignored breaks "realms are compared byte for byte": realms(letters_only);
    realms_are_cut_at_63 breaks "realms are compared byte for byte":
        realms(|realm| realm.chars().take(63).collect());
}
