use proptest::prelude::*;
use regain::password::{
    BreachedPasswords, CharacterClass, Composition, InMemoryBreached, MAX_BYTES, OnBreachFailure, PartKind,
    PasswordPolicy, PolicyContext, PolicyError, Reason,
};

use super::{
    anyone, assert_accepted, assert_guessable, assert_refused, check, maria, prepared, with_second_factor,
};

const COMMON: &str = include_str!("../fixtures/common_passwords.txt");

/// Letters that repeat nothing, so that only the length can matter.
const FRESH: &str = "xqzvkjwpbgfymdh";
/// As short as a second factor lets it be.
const FRESH_SHORT: &str = "xq9vk;wp";

/// PW-1
#[test]
fn fifteen_characters_are_the_floor_and_eight_with_a_second_factor() {
    assert_eq!(check(&FRESH[..14], &anyone()), Err(vec![Reason::TooShort { at_least: 15 }]));
    assert_eq!(check("q", &anyone()), Err(vec![Reason::TooShort { at_least: 15 }]));
    assert_accepted(FRESH, &anyone());
    let guarded = with_second_factor(anyone());
    assert_refused(&FRESH_SHORT[..7], &guarded, Reason::TooShort { at_least: 8 });
    assert_accepted(FRESH_SHORT, &guarded);
    // Eight small letters are 2^38: fewer than the estimate asks for.
    assert_guessable(&FRESH[..8], &guarded);
}

/// PW-1: a password that was long enough with a second factor is not without it.
#[test]
fn losing_the_second_factor_raises_the_floor() {
    let policy = PasswordPolicy::default();
    assert_eq!(policy.floor(&with_second_factor(anyone())), 8);
    assert_eq!(policy.floor(&anyone()), 15);
}

/// PW-1
#[test]
fn a_floor_below_nists_does_not_build() {
    let floor = PasswordPolicy::builder().floor(14).build().expect_err("14 is refused");
    assert_eq!(floor, PolicyError::FloorTooLow { asked: 14, floor: 15 });
    let message = floor.to_string();
    assert!(message.contains("15") && message.contains("NIST SP 800-63B-4 3.1.1.2"), "{message}");
    let floor = PasswordPolicy::builder().floor_with_second_factor(7).build();
    assert_eq!(floor.err(), Some(PolicyError::FloorTooLow { asked: 7, floor: 8 }));
    let floor = PasswordPolicy::builder().floor(65).build();
    assert_eq!(floor.err(), Some(PolicyError::FloorTooHigh { asked: 65 }));
}

/// PW-2
#[test]
fn long_passwords_are_accepted() {
    const { assert!(MAX_BYTES >= 64 * 4) };
    let long: String = (0..256).filter_map(|n| char::from_u32(0x4e00 + n * 37)).collect();
    assert_accepted(&long, &anyone());
    assert_accepted(&long.chars().take(64).collect::<String>(), &anyone());
}

/// PW-4
#[test]
fn every_printing_ascii_character_is_allowed() {
    for c in ' '..='~' {
        assert_accepted(&format!("{FRESH}{c}"), &anyone());
    }
}

/// PW-5
#[test]
fn no_kind_of_character_is_asked_for_by_default() {
    assert_accepted(FRESH, &anyone());
    assert_eq!(check("aaaaaaaaaaaaaaa", &anyone()), Err(vec![Reason::Common]));
}

/// PW-5: opt-in, for portals that an older policy binds.
#[test]
fn composition_rules_name_each_missing_class() {
    let all = Composition { letters: true, digits: true, specials: true };
    let policy = PasswordPolicy::builder().composition(all).build().expect("composition builds");
    let missing = |typed: &str| policy.check(&prepared(typed), &anyone()).err().unwrap_or_default();
    assert_eq!(missing("xqzvk7jwpbgf.ymdh"), []);
    assert_eq!(
        missing(FRESH),
        [Reason::Composition(CharacterClass::Digits), Reason::Composition(CharacterClass::Specials)]
    );
    assert!(missing("7291-4086-3385-1047").contains(&Reason::Composition(CharacterClass::Letters)));
}

/// What zxcvbn takes for strong, and a rule makes.
#[test]
fn the_estimate_refuses_what_zxcvbn_alone_takes() {
    let alone = PasswordPolicy::builder().zxcvbn_alone().build().expect("builds");
    for typed in [
        "3.14159265358979323846",
        "SG9zcGl0YWxIb3NwaXRhbA==",
        "Hospital zuhause 1984",
        "6yhn7ujm8ik,9ol.",
        "Our Father who art in heaven",
        "enero-febrero-marzo",
        "8-15-19-16-9-20-1-12-16",
    ] {
        assert_guessable(typed, &anyone());
        assert_eq!(alone.check(&prepared(typed), &anyone()), Ok(()), "{typed}: zxcvbn");
    }
}

/// PW-9
#[test]
fn every_listed_password_is_refused_as_common() {
    let guarded = with_second_factor(anyone());
    for common in COMMON.lines() {
        assert_refused(common, &guarded, Reason::Common);
        assert_refused(&common.to_uppercase(), &guarded, Reason::Common);
    }
    assert_eq!(COMMON.lines().count(), 200);
    assert_eq!(COMMON.lines().filter(|common| common.chars().count() >= 15).count(), 100);
}

/// PW-9
#[test]
fn a_common_password_in_disguise_is_common() {
    for typed in [
        "ｐａｓｓｗｏｒｄｓｔａｎｄａｒｄ",
        "p\u{430}sswordst\u{430}nd\u{430}rd",
        "pass\u{200b}word\u{ad}standard",
        "p\u{301}\u{302}a\u{303}sswordstandard",
        "🅿🅰🆂🆂🆆🅾🆁🅳🆂🆃🅰🅽🅳🅰🆁🅳",
        "p.a.s.s.w.o.r.d.s.t.a.n.d.a.r.d",
        "PasswordPassword",
        "парольпарольпароль",
        "пароль\u{200b}парольпароль",
        "passwordpasswordpassword",
    ] {
        assert_refused(typed, &anyone(), Reason::Common);
    }
}

/// PW-9: NIST compares the entire password.
#[test]
fn a_longer_password_may_contain_a_common_one() {
    assert_accepted("password lemon tractor owl", &anyone());
}

#[test]
fn a_service_may_block_more_values() {
    let policy = PasswordPolicy::builder().blocked_values(["Xqzvk Jwpbgf Ymdh"]).build().expect("builds");
    for typed in ["xqzvk jwpbgf ymdh", "XQZVK JWPBGF YMDH", "ｘｑｚｖｋ jwpbgf ymdh"] {
        assert_eq!(policy.check(&prepared(typed), &anyone()), Err(vec![Reason::Common]), "{typed:?}");
    }
    assert_eq!(policy.check(&prepared("xqzvk jwpbgf ymdh!"), &anyone()), Ok(()));
}

#[test]
fn a_repetition_counts_once() {
    for typed in ["ελληνικαελληνικα", "ελληνικα-ελληνικα", "xελληνικαελληνικα", "αναγνωστικοαναγνωστικο"]
    {
        assert_guessable(typed, &anyone());
    }
}

#[test]
fn patterns_are_guessable() {
    for typed in ["abcdefghijklmnopq", "qwertyuiopasdfghj", "2019-03-02 2020-03-02", "passwordletmein12"] {
        assert_guessable(typed, &anyone());
    }
}

#[test]
fn stacked_marks_and_wide_ligatures_add_no_strength() {
    assert_guessable(
        "dragon\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}\u{309}\u{30a}",
        &anyone(),
    );
    let marks: String = ('\u{300}'..='\u{314}').collect();
    assert_guessable(&marks, &anyone());
    assert_guessable(&"\u{fdfa}".repeat(15), &anyone());
}

#[test]
fn passphrases_of_many_scripts_are_accepted() {
    for typed in [
        "nine green lamps at noon",
        "Zügig rollt der alte Bus",
        "мой старый зелёный автобус",
        "मेरी पुरानी हरी बस चली",
        "我的旧绿色公共汽车今天早上开走了吗",
        "버스가 아침 일찍 떠났습니다 정말",
        "🦊🌵🚲🎻🧊🪐🐙🍋🧦🕯🧲🪶🧵🫖🪁",
        "kX9#mQ2$pLw7!Rt",
    ] {
        assert_accepted(typed, &anyone());
    }
}

/// PW-11
#[test]
fn several_reasons_are_given_at_once() {
    let policy = PasswordPolicy::builder()
        .composition(Composition { digits: true, ..Default::default() })
        .build()
        .expect("builds");
    assert_eq!(
        policy.check(&prepared("password"), &anyone()),
        Err(vec![
            Reason::TooShort { at_least: 15 },
            Reason::Composition(CharacterClass::Digits),
            Reason::Common
        ])
    );
}

/// PW-11
#[test]
fn every_reason_has_its_own_code_and_text() {
    let reasons = [
        Reason::TooShort { at_least: 15 },
        Reason::TooLong { at_most: MAX_BYTES },
        Reason::NotText,
        Reason::Empty,
        Reason::Common,
        Reason::Breached,
        Reason::BreachUnknown,
        Reason::OwnData,
        Reason::Guessable { mostly: PartKind::Word },
        Reason::Composition(CharacterClass::Letters),
        Reason::Composition(CharacterClass::Digits),
        Reason::Composition(CharacterClass::Specials),
        Reason::SameAsPresent,
    ];
    let codes: std::collections::HashSet<_> = reasons.iter().map(Reason::code).collect();
    let texts: std::collections::HashSet<_> = reasons.iter().map(Reason::to_string).collect();
    assert_eq!((codes.len(), texts.len()), (reasons.len(), reasons.len()));
    assert!(codes.iter().all(|code| code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')));
}

/// PW-9
#[tokio::test]
async fn a_breached_password_is_recognised_as_a_whole() {
    let corpus = InMemoryBreached::new(["nine green lamps at noon"]);
    let breached = corpus.is_breached(&prepared("nine green lamps at noon")).await;
    assert_eq!(OnBreachFailure::Accept.judge(breached), Some(Reason::Breached));
    let unknown = corpus.is_breached(&prepared("nine green lamps at noon!")).await;
    assert_eq!(OnBreachFailure::Refuse.judge(unknown), None);
}

/// PW-9
#[test]
fn a_failing_breach_check_refuses_only_where_that_was_chosen() {
    assert_eq!(OnBreachFailure::default().judge(Err("down".into())), None);
    assert_eq!(OnBreachFailure::Refuse.judge(Err("down".into())), Some(Reason::BreachUnknown));
}

fn is_too_short(typed: &str, person: &PolicyContext<'_>) -> bool {
    check(typed, person)
        .err()
        .is_some_and(|reasons| reasons.iter().any(|reason| matches!(reason, Reason::TooShort { .. })))
}

proptest! {
    /// PW-1, PW-3
    #[test]
    fn length_alone_decides_who_is_too_short(typed in "[!-~à-ÿа-я一-丿🌰-🌿]{1,20}") {
        let length = prepared(&typed).code_points();
        prop_assert_eq!(is_too_short(&typed, &anyone()), length < 15);
        prop_assert_eq!(is_too_short(&typed, &with_second_factor(anyone())), length < 8);
    }

    /// PW-5. Of random ones of 15 letters, 2^70, the estimate refuses a few, for patterns that are there by chance.
    #[test]
    fn a_random_password_of_twenty_letters_is_accepted(typed in "[a-z]{20}") {
        prop_assert_eq!(check(&typed, &maria()), Ok(()));
    }

    #[test]
    fn the_same_question_gets_the_same_answer(typed in "\\PC{1,40}") {
        if let Ok(password) = regain::password::Password::new(typed).prepare() {
            let policy = PasswordPolicy::default();
            prop_assert_eq!(policy.check(&password, &maria()), policy.clone().check(&password, &maria()));
        }
    }
}
