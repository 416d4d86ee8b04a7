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

/// Accepts one account over two probes: by identifying attributes, and by combinations of others, such as family name and
/// birth date.
///
/// Who is found by a record number is that account, unless the combination leads to another one and to no other: then
/// one of the two was mistyped, and nobody knows which. A combination that several people share says nothing. It counts
/// alone only if no identifying attribute finds anybody.
///
/// ```
/// use regain::identity::{Resolution, resolve_probes};
///
/// assert_eq!(resolve_probes(vec!["a"], vec![]), Resolution::One("a"));
/// assert_eq!(resolve_probes(vec!["a"], vec!["b", "c"]), Resolution::One("a"));
/// assert_eq!(resolve_probes(vec!["a"], vec!["b"]), Resolution::Ambiguous);
/// assert_eq!(resolve_probes(vec![], vec!["b"]), Resolution::One("b"));
/// ```
pub fn resolve_probes<T: Eq>(identified: Vec<T>, combined: Vec<T>) -> Resolution<T> {
    match (resolve_one(identified), resolve_one(combined)) {
        (Resolution::None, combined) => combined,
        (Resolution::One(one), Resolution::One(other)) if one != other => Resolution::Ambiguous,
        (identified, _) => identified,
    }
}
