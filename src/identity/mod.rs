//! Identity: how what somebody typed finds exactly one account, or none.
//!
//! Three things are typed into a recovery page, and each has its own type, because each may do less
//! than it seems: an [`Identifier`] (a username or an e-mail address), [`IdentityClaims`] (name, birth
//! date, record number) and, on the host's side, what is on file: [`EmailAddress`] and [`Person`].
//!
//! One rule: **a match is a look-up key, never proof.** Nothing in this module opens a session or
//! allows a password; it only says to which account on file mail may go.
//!
//! # How a person is found
//!
//! 1. **Probe.** [`BlindIndex::probe`] turns the claims into keyed digests over one *identifying*
//!    attribute, a record number by default. The host looks them up exactly, in an index that holds no
//!    personal data. It never searches by name or birth date: those can be guessed.
//! 2. **One or nothing.** [`resolve_one`] accepts exactly one account over all combinations.
//! 3. **Agreement.** [`IdentityRules::agrees`] compares birth date (exact) and names (small slips
//!    forgiven) on that one account.
//!
//! ```
//! use regain::identity::{BlindIndex, IdentityClaims, IdentityRules, Person, TypedClaims};
//! use time::macros::date;
//!
//! let rules = IdentityRules::default();
//! let index = BlindIndex::new(rules.clone(), "clinic", vec![(1, [7; 32])])?;
//!
//! // The host stores these values beside the account.
//! let on_file = Person::new("Jürgen", "Müller").with_birth_date(date!(1961 - 04 - 02)).with_record_number("MRN-0042");
//! let entries = index.entries_for(&on_file);
//!
//! let claims = IdentityClaims::new(TypedClaims {
//!     given_name: "Juergen".into(),
//!     family_name: "Mueller".into(),
//!     birth_date: "1961-04-02".into(),
//!     record_number: "mrn 0042".into(),
//!     ..TypedClaims::default()
//! });
//! assert!(index.probe(&claims).values().contains(&entries[0].value));
//! assert!(rules.agrees(&claims, &on_file));
//! # Ok::<(), regain::identity::RulesError>(())
//! ```

mod agreement;
mod claims;
mod email;
mod identifier;
mod names;
mod normalize;
mod person;
mod phone;
mod post;
mod probe;
mod reindex;
mod resolve;
mod rules;
mod text;

pub use agreement::{Agreement, Judgement, Nicknames, Rival, Weight};
pub use claims::{IdentityClaims, MAX_FIELD_BYTES, TypedClaims};
pub use email::{AddressError, EmailAddress, EmailKey};
pub use identifier::{Identifier, MAX_IDENTIFIER_BYTES, username_key};
pub use normalize::NORMALIZER_VERSION;
pub use person::{Attribute, AttributeName, Person};
pub use phone::PhoneNumber;
pub use post::PostalAddress;
pub use probe::{BlindIndex, IdentityKey, IndexEntry, Probes};
pub use reindex::{BoxError, PAGE_SIZE, Progress, ReindexError, ReindexSource, reindex};
pub use resolve::{Resolution, resolve_one, resolve_probes};
pub use rules::{IdentityRules, IdentityRulesBuilder, RulesError};
