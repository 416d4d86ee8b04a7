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
//! 2. **One or nothing.** [`resolve_probes`] accepts exactly one account over all probes; two probes that lead to
//!    different accounts find nobody.
//! 3. **Agreement.** [`IdentityRules::judge`] weighs birth date and names on that one account, as Fellegi and Sunter
//!    do: how much likelier these claims are as the person's own than as those of a twin, a sibling, a namesake or a
//!    stranger who holds the same record number.
//!
//! # What is forgiven
//!
//! | forgiven | not forgiven |
//! |---|---|
//! | case, accents, `Müller`/`Mueller`, hyphens, spaces, apostrophes, particles, suffixes, order, the fields swapped | an initial alone |
//! | middle names or second family names missing, or two of them extra; a married name in addition | two different middle names |
//! | a family name that the host has as a former one | another family name |
//! | another script or romanisation (`Дмитрий`/`Dmitry`, `王小明`/`Hsiao-ming Wang`, `Mohammed`/`Muhammad`) | the Japanese reading of Kanji |
//! | nicknames, if the host gives a table ([`Nicknames`]) | nicknames otherwise; sound alone |
//! | a slip in a family name of five letters or more, two of nine | a slip in a shorter one |
//! | a slip in a given name that makes no other name, two of eight letters | any other: `Marie`/`Maria`, `Jan`/`Jana`, `Ana`/`Anna` |
//! | in the birth date a digit wrong, two swapped, day and month swapped, a day, month or year off | two of these; a slip that is a generation apart |
//!
//! Of asks by somebody else **who has the record number**, the default threshold of 3.0 bits accepts by the table of
//! weights 0.09 % of a twin's, 0.0002 % of a sibling's, 0.12 % of a namesake's with any birth date, and 0.008 % of those of a
//! stranger who knows the birth date ([`IdentityRules::false_accept_rate`]; what the weights are and where they are from is
//! at the head of `src/identity/agreement/mod.rs` and `weights.rs`).
//!
//! Of people who mistype one letter of a given name 79 % are found, of a family name 92 %, a birth date 89 %, and 84 %
//! with slips that nothing was tuned on; of others who hold the record number 0.03 % are accepted, and no twin with a real
//! name (`cargo run --release --example match_rates`; made-up people, figures in `benches/README.md`). By kind of
//! name, from 360 pairs in `tests/identity/names.txt`, with nicknames:
//!
//! | kind | one person, missed | two people, taken for one |
//! |---|---|---|
//! | single names | 2 of 7 | 0 of 3 |
//! | two family names; patronymics; suffixes | 0 of 32 | 0 of 8 |
//! | compound given names; middle names; initials | 0 of 22 | 0 of 13 |
//! | particles; marriage; order | 0 of 39 | 0 of 8 |
//! | accents | 0 of 19 | 0 of 2 |
//! | slips | 0 of 36 | 0 of 5 |
//! | twins | | 0 of 63 |
//! | another script | 3 of 48 | 0 of 12 |
//! | another romanisation | 1 of 24 | 0 of 4 |
//! | nicknames; lists of names; nothing typed | 0 of 6 | 0 of 9 |
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
