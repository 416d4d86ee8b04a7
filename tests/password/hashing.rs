use std::collections::HashSet;

use argon2::{Algorithm, Argon2, ParamsBuilder, Version};
use proptest::prelude::*;
use regain::password::{
    Argon2Hasher, CostError, HashError, PasswordHash, PasswordHasher, Pepper, PepperRing, Verification,
};

use super::prepared;

const SALT: [u8; 16] = [7; 16];

/// As cheap as Argon2 can be: not for passwords.
fn cheap() -> Argon2Hasher {
    Argon2Hasher::danger_for_tests()
}

fn pepper(id: &str) -> Pepper {
    Pepper::new(id, [id.as_bytes()[0]; 32]).expect("the id is valid")
}

fn peppered(ring: PepperRing) -> Argon2Hasher {
    Argon2Hasher::builder().peppers(ring).build().expect("the cost is the default")
}

fn hash(hasher: &Argon2Hasher, typed: &str) -> PasswordHash {
    hasher.hash(&prepared(typed), SALT).expect("hashed")
}

fn verify(hasher: &Argon2Hasher, typed: &str, stored: &PasswordHash) -> Verification {
    hasher.verify(&prepared(typed), stored).expect("checked")
}

fn refusal(hasher: &Argon2Hasher, phc: &str) -> HashError {
    let stored = PasswordHash::parse(phc).expect("a PHC string");
    hasher.verify(&prepared("lamp"), &stored).expect_err("not checked")
}

/// HA-1, HA-2, HA-3: 16 bytes are 22 characters of base64, 32 bytes are 43.
#[test]
fn a_hash_names_algorithm_version_cost_and_salt() {
    let stored = hash(&Argon2Hasher::default(), "lamp");
    let fields: Vec<_> = stored.as_str().split('$').collect();
    let ["", "argon2id", "v=19", "m=19456,t=2,p=1", salt, tag] = fields[..] else {
        panic!("{}", stored.as_str());
    };
    assert_eq!((salt.len(), tag.len()), (22, 43));
    assert_eq!(PasswordHash::parse(stored.as_str()).expect("parses"), stored);
}

/// The string is what the argon2 crate makes too, so another program can check it.
#[test]
fn other_programs_can_check_our_hashes() {
    use argon2::PasswordVerifier;
    let stored = hash(&Argon2Hasher::default(), "lamp");
    let phc = argon2::PasswordHash::new(stored.as_str()).expect("a PHC string");
    assert!(Argon2::default().verify_password(b"lamp", &phc).is_ok());
    assert!(Argon2::default().verify_password(b"lamb", &phc).is_err());
}

/// HA-2
#[test]
fn only_costs_that_reach_owasps_table_build() {
    let build = |memory, passes| Argon2Hasher::builder().memory_kib(memory).iterations(passes).build();
    for (memory, passes) in [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)] {
        assert!(build(memory, passes).is_ok(), "{memory} KiB, {passes}");
        assert!(matches!(build(memory, passes - 1), Err(CostError::BelowFloor { .. })), "{memory} KiB");
    }
    for (memory, passes) in [(47_103, 1), (19_455, 2), (12_287, 3), (9_215, 4), (7_167, 5), (7_167, 16)] {
        let weak = build(memory, passes).expect_err("weaker than the table").to_string();
        assert!(weak.contains("19456 and 2") && weak.contains("OWASP"), "{weak}");
    }
}

/// HA-3
#[test]
fn rfc_9106s_second_choice_builds() {
    let hasher = Argon2Hasher::builder().memory_kib(65_536).iterations(3).lanes(4).build().expect("builds");
    assert!(hasher.dummy().as_str().contains("$m=65536,t=3,p=4$"));
}

#[test]
fn impossible_and_unverifiable_costs_do_not_build() {
    let zero = Argon2Hasher::builder().lanes(0).build();
    assert!(matches!(zero, Err(CostError::Impossible(_))));
    let above = Argon2Hasher::builder().memory_kib(300_000).build();
    assert!(matches!(above, Err(CostError::AboveCeiling)));
}

/// HA-3: RFC 9106, 5.3.
#[test]
fn the_test_vector_of_rfc_9106_holds() {
    let params = ParamsBuilder::new()
        .m_cost(32)
        .t_cost(3)
        .p_cost(4)
        .data(argon2::AssociatedData::new(&[4; 12]).expect("12 bytes"))
        .build()
        .expect("possible");
    let argon2 =
        Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).expect("keyed");
    let mut tag = [0; 32];
    argon2.hash_password_into(&[1; 32], &[2; 16], &mut tag).expect("hashed");
    let hex: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
}

/// HA-4
#[test]
fn the_salt_alone_makes_hashes_of_one_password_differ() {
    let hasher = cheap();
    let password = prepared("lamp");
    let hashes: HashSet<_> =
        (0..32).map(|n| hasher.hash(&password, [n; 16]).expect("hashed").as_str().to_owned()).collect();
    assert_eq!(hashes.len(), 32);
    assert_eq!(hash(&hasher, "lamp"), hash(&hasher, "lamp"));
}

/// HA-6
#[test]
fn another_pepper_does_not_verify() {
    let under_a = hash(&peppered(PepperRing::new(pepper("a"))), "lamp");
    let other_key = Pepper::new("a", [9; 32]).expect("the id is valid");
    assert_eq!(verify(&peppered(PepperRing::new(other_key)), "lamp", &under_a), Verification::Wrong);
    let without_a = peppered(PepperRing::new(pepper("b")));
    let refused = without_a.verify(&prepared("lamp"), &under_a);
    assert!(matches!(refused, Err(HashError::UnknownPepper)));
    let refused = Argon2Hasher::default().verify(&prepared("lamp"), &under_a);
    assert!(matches!(refused, Err(HashError::UnknownPepper)));
}

/// HA-6, HA-7
#[test]
fn a_former_pepper_verifies_and_asks_for_a_new_hash() {
    let before = peppered(PepperRing::new(pepper("a")));
    let after = peppered(PepperRing::new(pepper("b")).with_former(pepper("a")));
    let old = hash(&before, "lamp");
    assert_eq!(verify(&before, "lamp", &old), Verification::Right);
    assert_eq!(verify(&after, "lamp", &old), Verification::RightButOutdated);
    assert_eq!(verify(&after, "lamb", &old), Verification::Wrong);
    assert_eq!(verify(&after, "lamp", &hash(&after, "lamp")), Verification::Right);
    // From before there was a pepper at all.
    let bare = hash(&Argon2Hasher::default(), "lamp");
    assert_eq!(verify(&after, "lamp", &bare), Verification::RightButOutdated);
}

/// HA-6
#[test]
fn the_pepper_is_named_in_the_hash_and_never_shown() {
    let hasher =
        peppered(PepperRing::new(Pepper::new("2026", *b"canary-canary-canary-canary-1234").expect("valid")));
    let stored = hash(&hasher, "lamp");
    assert!(stored.as_str().contains(",keyid=MjAyNg$"), "{}", stored.as_str());
    assert!(!format!("{hasher:?}").contains("canary") && !format!("{hasher:?}").contains("99, 97, 110"));
    for id in ["", "nine-long", "a-b", "é"] {
        assert!(Pepper::new(id, [0; 32]).is_err(), "{id:?}");
    }
}

/// HA-7
#[test]
fn a_hash_of_another_cost_verifies_and_asks_for_a_new_one() {
    let now = Argon2Hasher::default();
    let old = hash(&cheap(), "lamp");
    assert_eq!(verify(&now, "lamp", &old), Verification::RightButOutdated);
    assert_eq!(verify(&now, "lamb", &old), Verification::Wrong);
    assert_eq!(verify(&now, "lamp", &hash(&now, "lamp")), Verification::Right);
}

/// HA-7: OWASP's cost, from a program that took less salt or a shorter tag.
#[test]
fn a_short_salt_or_tag_asks_for_a_new_hash() {
    for (salt, tag_bytes) in [(&SALT[..], 16), (&SALT[..8], 32)] {
        let params = argon2::Params::new(19_456, 2, 1, Some(tag_bytes)).expect("possible");
        let theirs = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let phc = argon2::PasswordHasher::hash_password_with_salt(&theirs, b"lamp", salt).expect("hashed");
        let stored = PasswordHash::parse(&phc.to_string()).expect("a PHC string");
        assert_eq!(verify(&Argon2Hasher::default(), "lamp", &stored), Verification::RightButOutdated);
        assert_eq!(verify(&Argon2Hasher::default(), "lamb", &stored), Verification::Wrong);
    }
}

/// A hash that someone wrote into the store must not take all memory at sign-in.
#[test]
fn a_stored_cost_above_the_ceilings_is_not_run() {
    let tail = "$BwcHBwcHBwcHBwcHBwcHBw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for cost in ["m=4294967295,t=1,p=1", "m=262145,t=1,p=1", "m=19456,t=17,p=1", "m=19456,t=2,p=17"] {
        let refused = refusal(&Argon2Hasher::default(), &format!("$argon2id$v=19${cost}{tail}"));
        assert!(matches!(refused, HashError::TooCostly { .. }), "{cost}: {refused}");
    }
    let strict = Argon2Hasher::builder().ceilings(19_456, 2, 1).build().expect("the default cost fits");
    let refused = refusal(&strict, &format!("$argon2id$v=19$m=19457,t=2,p=1{tail}"));
    assert!(matches!(refused, HashError::TooCostly { memory_kib: 19_457, .. }));
}

/// HA-5: other algorithms are refused aloud, never taken for a wrong password.
#[test]
fn hashes_of_other_kinds_are_refused() {
    let salt = "BwcHBwcHBwcHBwcHBwcHBw";
    let tag = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for phc in [
        format!("$argon2i$v=19$m=19456,t=2,p=1${salt}${tag}"),
        format!("$argon2id$v=16$m=19456,t=2,p=1${salt}${tag}"),
        format!("$argon2id$m=19456,t=2,p=1${salt}${tag}"),
        format!("$argon2id$v=19$m=19456,t=2,p=1${salt}$AAAAAAAAAAAAAA"),
        format!("$argon2id$v=19$m=19456,t=2,p=1,data=AAAA${salt}${tag}"),
        format!("$pbkdf2-sha256$i=600000${salt}${tag}"),
    ] {
        assert!(matches!(refusal(&Argon2Hasher::default(), &phc), HashError::Unsupported), "{phc}");
    }
}

#[test]
fn text_that_is_no_hash_does_not_parse() {
    for text in
        ["", "lamp", "$2b$12$short", "$argon2id$v=19$m=19456,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw", "$argon2id"]
    {
        assert!(matches!(PasswordHash::parse(text), Err(HashError::Malformed)), "{text:?}");
    }
    assert!(PasswordHash::parse(&"$a".repeat(10_000)).is_err());
    assert_eq!(format!("{:?}", Argon2Hasher::default().dummy()), "PasswordHash(..)");
}

/// The dummy costs what a real hash costs, so that unknown accounts answer as slowly.
#[test]
fn the_dummy_has_the_present_cost_and_matches_nothing() {
    for hasher in [cheap(), peppered(PepperRing::new(pepper("a")))] {
        let dummy = hasher.dummy();
        let cost = |stored: &PasswordHash| stored.as_str().split('$').nth(3).map(str::to_owned);
        assert_eq!(cost(&dummy), cost(&hash(&hasher, "lamp")));
        assert_eq!(dummy.as_str().len(), hash(&hasher, "lamp").as_str().len());
        assert_eq!(hasher.dummy(), dummy);
        assert_eq!(verify(&hasher, "lamp", &dummy), Verification::Wrong);
    }
}

/// PW-8: bcrypt's 72 bytes and C's NUL are where others cut.
#[test]
fn the_last_character_counts_at_every_length() {
    let hasher = cheap();
    for length in (1..=300).chain([511, 512, 1_022, 1_023, 1_024]) {
        let stem = "x".repeat(length - 1);
        let stored = hash(&hasher, &format!("{stem}a"));
        assert_eq!(verify(&hasher, &format!("{stem}a"), &stored), Verification::Right);
        assert_eq!(verify(&hasher, &format!("{stem}b"), &stored), Verification::Wrong, "{length}");
        assert_eq!(verify(&hasher, &format!("{stem}A"), &stored), Verification::Wrong, "{length}");
    }
}

proptest! {
    /// PW-4, PW-8
    #[test]
    fn any_password_verifies_and_no_other(typed in "\\PC{1,80}", last in "\\PC") {
        let hasher = cheap();
        let Ok(password) = regain::password::Password::new(typed.as_str()).prepare() else { return Ok(()) };
        let stored = hasher.hash(&password, SALT).expect("hashed");
        prop_assert_eq!(hasher.verify(&password, &stored).expect("checked"), Verification::Right);
        if let Ok(longer) = regain::password::Password::new(format!("{typed}{last}")).prepare() {
            prop_assert_eq!(hasher.verify(&longer, &stored).expect("checked"), Verification::Wrong);
        }
    }

    #[test]
    fn reading_a_hash_never_panics(text in "\\$argon2id\\$[a-z0-9=,$+/]{0,80}|\\PC{0,60}") {
        if let Ok(stored) = PasswordHash::parse(&text) {
            let strict = Argon2Hasher::builder().ceilings(19_456, 2, 1).build().expect("builds");
            let _ = strict.verify(&prepared("lamp"), &stored);
        }
    }
}
