//! Exactly one account, or nothing.

/// What the accounts that a look-up found amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution<T> {
    /// No account.
    None,
    /// This account and no other.
    One(T),
    /// Several accounts: never resolved by a guess (ID-10).
    Ambiguous,
}

/// Accepts exactly one account over all combinations that were probed; the same one found twice is one.
///
/// Apply it to the accounts *before* comparing names, so that a record number shared by two people finds
/// nobody, whatever their names are.
///
/// ```
/// use regain::identity::{Resolution, resolve_one};
///
/// assert_eq!(resolve_one(["a", "a"]), Resolution::One("a"));
/// assert_eq!(resolve_one(["a", "b"]), Resolution::Ambiguous);
/// ```
pub fn resolve_one<T: Eq>(accounts: impl IntoIterator<Item = T>) -> Resolution<T> {
    let mut accounts = accounts.into_iter();
    let Some(first) = accounts.next() else { return Resolution::None };
    if accounts.all(|other| other == first) { Resolution::One(first) } else { Resolution::Ambiguous }
}
