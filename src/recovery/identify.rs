//! Identifying: the one account that claims lead to, and whether they agree with it.

use crate::account::Account;
use crate::clock::Moment;
use crate::error::Fault;
use crate::flow::Dismissal;
use crate::identity::{IdentityClaims, Person, Resolution, resolve_probes};
use crate::ids::AccountId;
use crate::recovery::Inner;
use crate::recovery::resolve::Found;
use crate::store::{Commit, Committed};

impl Inner {
    /// Probe, then agreement. The comparison is counted, per account, before it is made (ID-4).
    pub(crate) async fn find_by_claims(&self, typed: &[u8], at: Moment) -> Result<Found, Fault> {
        let malformed = Ok(Found::Nobody(Dismissal::Malformed));
        let Some(claims) = IdentityClaims::from_bytes(typed) else { return malformed };
        if claims.is_malformed_on(at.now.to_datetime().date()) {
            return malformed;
        }
        let Some(probes) = self.index.probes(&claims) else { return malformed };
        let identified = self.accounts.find_by_identity(probes.identifying()).await?;
        let combined = match probes.combined() {
            Some(key) => self.accounts.find_by_identity(key).await?,
            None => Vec::new(),
        };
        let by_combination = identified.is_empty();
        let account = match one_of(identified, combined) {
            Ok(account) => account,
            Err(why) => return Ok(Found::Nobody(why)),
        };
        if !self.count_comparison(&account.id, at).await? {
            return Ok(Found::Nobody(Dismissal::OverLimit));
        }
        // A host that keeps no plain attributes has all of them inside the index; nothing is left to compare.
        let nobody = Person::new("", "");
        let (rules, person) = (self.index.rules(), account.person.as_ref().unwrap_or(&nobody));
        let agrees = rules.agrees(&claims, person) && !(by_combination && rules.contradicts(&claims, person));
        Ok(if agrees { Found::One(Box::new(account)) } else { Found::Nobody(Dismissal::NoAccount) })
    }

    async fn count_comparison(&self, account: &AccountId, at: Moment) -> Result<bool, Fault> {
        let mut commit = Commit::new(self.realm.clone());
        let quota = self.limits.claims_per_account;
        commit.spends.push(self.spend("claims/account", account.as_str().as_bytes(), quota, at));
        Ok(self.flows.commit(commit).await? == Committed::Done)
    }
}

/// The one account that all probes allow.
fn one_of(identified: Vec<Account>, combined: Vec<Account>) -> Result<Account, Dismissal> {
    let ids = |accounts: &[Account]| accounts.iter().map(|account| account.id.clone()).collect::<Vec<_>>();
    match resolve_probes(ids(&identified), ids(&combined)) {
        Resolution::None => Err(Dismissal::NoAccount),
        Resolution::Ambiguous => Err(Dismissal::Ambiguous),
        Resolution::One(id) => {
            let found = identified.into_iter().chain(combined).find(|account| account.id == id);
            found.ok_or(Dismissal::NoAccount)
        }
    }
}
