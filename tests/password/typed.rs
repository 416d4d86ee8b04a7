use proptest::prelude::*;
use regain::password::{
    Argon2Hasher, HashError, MAX_BYTES, Password, PasswordHash, PasswordHasher, PreparedPassword, Reason,
    Verification,
};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::prepared;

fn refusal(typed: &str) -> Reason {
    Password::new(typed).prepare().expect_err(&format!("{typed:?} is accepted"))
}

/// PW-3
#[test]
fn length_counts_code_points_of_the_normalised_form() {
    for (typed, length) in [
        ("abc", 3),
        ("e\u{301}te\u{301}", 3),
        ("q\u{301}", 2),
        ("密码密码", 4),
        ("👨\u{200d}👩\u{200d}👧", 5),
        ("❤\u{fe0f}", 2),
        ("한글", 2),
        ("\u{1112}\u{1161}\u{11ab}", 1),
    ] {
        assert_eq!(prepared(typed).code_points(), length, "{typed:?}");
    }
}

/// PW-8: two ways to type one text give one password.
#[test]
fn composed_and_decomposed_letters_are_one_password() {
    assert_eq!(prepared("caf\u{e9}").as_bytes(), prepared("cafe\u{301}").as_bytes());
    assert_eq!(prepared("a\u{3000}b\u{a0}c").as_bytes(), b"a b c");
}

/// PW-14: no trimming, no folding of case or width.
#[test]
fn outer_spaces_case_and_width_are_part_of_the_password() {
    for (one, other) in [("abc", "abc "), ("abc", " abc"), ("abc", "Abc"), ("abc", "\u{ff41}bc")] {
        assert_ne!(prepared(one).as_bytes(), prepared(other).as_bytes());
    }
}

/// PW-16
#[test]
fn a_password_without_anything_visible_is_refused() {
    for typed in ["", " ", "\u{3000}\u{a0}", "\u{200b}\u{200d}", "\u{ad} \u{fe0f}", "\u{3164}", "\u{e0020}"] {
        assert_eq!(refusal(typed), Reason::Empty, "{typed:?}");
    }
}

/// PW-8: what some system might cut or replace is refused rather than half kept.
#[test]
fn control_characters_and_non_characters_are_refused() {
    for typed in ["a\0b", "a\tb", "a\nb", "a\u{7f}b", "a\u{85}b", "a\u{fffd}b", "a\u{fdd0}b", "a\u{10ffff}b"]
    {
        assert_eq!(refusal(typed), Reason::NotText, "{typed:?}");
    }
}

#[test]
fn the_byte_limit_holds_before_and_after_normalisation() {
    let too_long = Reason::TooLong { at_most: MAX_BYTES };
    assert_eq!(prepared(&"a".repeat(MAX_BYTES)).as_bytes().len(), MAX_BYTES);
    assert_eq!(refusal(&"a".repeat(MAX_BYTES + 1)), too_long);
    // U+0958 is three bytes and normalises to six.
    assert_eq!(refusal(&"\u{958}".repeat(MAX_BYTES / 3)), too_long);
}

#[test]
fn nothing_prints_the_password() {
    let typed = Password::new("nine green lamps");
    assert_eq!(format!("{typed:?}"), "Password(..)");
    assert_eq!(format!("{:?}", typed.prepare()), "Ok(PreparedPassword(..))");
    assert_eq!(format!("{:?}", Password::new("a".repeat(2_000))), "Password(..)");
    assert_eq!(format!("{:?}", super::maria()), "PolicyContext(..)");
}

/// Counts the calls that reach it.
#[derive(Default)]
struct Spy(AtomicUsize);

impl PasswordHasher for Spy {
    fn hash(&self, password: &PreparedPassword, salt: [u8; 16]) -> Result<PasswordHash, HashError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Argon2Hasher::danger_for_tests().hash(password, salt)
    }

    fn verify(&self, _: &PreparedPassword, _: &PasswordHash) -> Result<Verification, HashError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(Verification::Wrong)
    }

    fn dummy(&self) -> PasswordHash {
        Argon2Hasher::danger_for_tests().dummy()
    }
}

/// PW-15: the only way to a hasher leads through `prepare`.
#[test]
fn an_oversized_password_never_reaches_the_hasher() {
    let spy = Spy::default();
    for size in [1 << 20, 64 << 20] {
        let typed = Password::new("a".repeat(size));
        let outcome = typed.prepare().map(|password| spy.hash(&password, [0; 16]));
        assert_eq!(outcome.err(), Some(Reason::TooLong { at_most: MAX_BYTES }));
    }
    assert_eq!(spy.0.load(Ordering::Relaxed), 0);
    spy.hash(&prepared("a"), [0; 16]).expect("the spy hashes");
    assert_eq!(spy.0.load(Ordering::Relaxed), 1);
}

proptest! {
    #[test]
    fn preparing_never_panics_and_a_second_time_changes_nothing(typed in any::<String>()) {
        if let Ok(once) = Password::new(typed).prepare() {
            let text = String::from_utf8(once.as_bytes().to_vec()).expect("UTF-8");
            let twice = prepared(&text);
            prop_assert_eq!(twice.as_bytes(), once.as_bytes());
            prop_assert_eq!(once.code_points(), text.chars().count());
        }
    }
}
