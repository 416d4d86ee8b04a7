//! What a password is made of, and the advice that goes with it.

use super::{anyone, maria, prepared, with_second_factor};
use regain::language::Language;
use regain::password::{Explanation, PartKind, PasswordPolicy, PolicyContext, Reason};
use std::collections::HashSet;

const KINDS: [PartKind; 11] = [
    PartKind::Word,
    PartKind::WordLike,
    PartKind::Common,
    PartKind::OwnData,
    PartKind::Phrase,
    PartKind::Copy,
    PartKind::Sequence,
    PartKind::Keyboard,
    PartKind::Date,
    PartKind::Code,
    PartKind::Unknown,
];

fn explain(typed: &str, person: &PolicyContext<'_>) -> Explanation {
    PasswordPolicy::default().explain(&prepared(typed), person)
}

#[test]
fn each_part_is_named_for_what_it_is() {
    for (typed, kinds) in [
        ("hospital", &[PartKind::Word][..]),
        ("hospitalhospital", &[PartKind::Word, PartKind::Copy]),
        ("abcdefghijklmnop", &[PartKind::Unknown, PartKind::Sequence]),
        ("31415926535897932384", &[PartKind::Sequence]),
        ("6yhn7ujm8ik,9ol.", &[PartKind::Keyboard]),
        ("to be or not to be", &[PartKind::Phrase]),
        ("17/03/1984", &[PartKind::Date]),
        ("SG9zcGl0YWxIb3NwaXRhbA==", &[PartKind::Code]),
        ("7Gk#v!Qz", &[PartKind::Unknown]),
        ("hospital#v!Q7", &[PartKind::Word, PartKind::Unknown]),
    ] {
        let explained = explain(typed, &anyone());
        let found: Vec<_> = explained.parts().iter().map(|part| part.kind).collect();
        let starts = found.iter().zip(kinds).all(|(found, wanted)| found == wanted);
        assert!(starts && found.len() <= kinds.len() + 1, "{typed}: {:?}", explained.parts());
    }
    let parts = explain("garcia 1990-03-07", &maria());
    assert!(parts.parts().iter().any(|part| part.kind == PartKind::OwnData), "{parts:?}");
}

/// Else the bearer of a link would find a birth date in a few dozen questions, by what its year is called or how far the bits fall.
#[test]
fn the_bearer_of_a_link_hears_of_own_data_only_what_a_refusal_says() {
    let policy = PasswordPolicy::default();
    for typed in ["garcia 1990-03-07", "1987 1988 1989 1990 1991", "quartz garcia 07.03.1990 wombat", "Maria"]
    {
        let (of_maria, of_anyone) = (
            policy.explain_to_bearer(&prepared(typed), &maria()),
            policy.explain_to_bearer(&prepared(typed), &anyone()),
        );
        assert_eq!((of_maria.parts(), of_maria.bits()), (of_anyone.parts(), of_anyone.bits()), "{typed}");
        assert_eq!(of_maria.reasons(), policy.check(&prepared(typed), &maria()).err().unwrap_or_default());
    }
    let own = policy.explain_to_bearer(&prepared("garcia 1990-03-07"), &maria());
    assert_ne!(own.parts(), explain("garcia 1990-03-07", &maria()).parts(), "own data is not looked at");
    let strong = "mgarcia90 maria sunshine 1990-03-07 MRN-00481516";
    let built_on_own = policy.explain_to_bearer(&prepared(strong), &maria());
    assert!(!built_on_own.reasons().is_empty() && built_on_own.bits() > built_on_own.enough());
    assert_eq!(built_on_own.percent(), 50);
}

/// Where the whole was read in another spelling, saying so costs a few bits more than its parts.
#[test]
fn the_parts_are_the_whole_and_add_up() {
    for typed in ["hospital 17/03/1984 xqzvk", "nine green lamps at noon", "q"] {
        let explained = explain(typed, &anyone());
        let characters: usize = explained.parts().iter().map(|part| part.characters).sum();
        let bits: f32 = explained.parts().iter().map(|part| part.bits).sum();
        assert_eq!(characters, typed.chars().count(), "{typed}: {:?}", explained.parts());
        assert!((bits - explained.bits()).abs() < 0.01, "{typed}: {bits} and {}", explained.bits());
    }
}

#[test]
fn it_says_what_the_check_says() {
    let policy = PasswordPolicy::default();
    for typed in
        ["q", "garcia 1990-03-07", "passwordpassword", "abcdefghijklmnop", "nine green lamps at noon"]
    {
        for person in [anyone(), maria(), with_second_factor(maria())] {
            let checked = policy.check(&prepared(typed), &person);
            let explained = policy.explain(&prepared(typed), &person);
            assert_eq!(explained.reasons(), checked.err().unwrap_or_default(), "{typed}");
            assert_eq!(explained.percent() == 100, explained.reasons().is_empty(), "{typed}");
        }
    }
    assert!(explain("nine green", &anyone()).percent() > explain("nine", &anyone()).percent());
    assert!(explain("q", &with_second_factor(anyone())).enough() < explain("q", &anyone()).enough());
}

#[test]
fn the_advice_fits_what_most_of_it_is() {
    for (typed, mostly) in [
        ("6yhn7ujm8ik,9ol.", PartKind::Keyboard),
        ("Our Father who art in heaven", PartKind::Phrase),
        ("3.14159265358979323846", PartKind::Sequence),
        ("SG9zcGl0YWxIb3NwaXRhbA==", PartKind::Code),
        ("ελληνικαελληνικα", PartKind::Copy),
        ("hospital zuhause", PartKind::Word),
    ] {
        assert_eq!(explain(typed, &anyone()).reasons(), [Reason::Guessable { mostly }], "{typed}");
    }
}

#[test]
fn every_kind_has_its_code_its_name_and_its_advice_in_every_language() {
    for language in [Language::english(), Language::spanish()] {
        let names: HashSet<_> = KINDS.iter().map(|kind| language.part(*kind).to_owned()).collect();
        let advice: HashSet<_> =
            KINDS.iter().map(|&mostly| language.reason(&Reason::Guessable { mostly })).collect();
        assert_eq!((names.len(), advice.len()), (KINDS.len(), KINDS.len()));
    }
    let codes: HashSet<_> = KINDS.iter().map(|kind| kind.code()).collect();
    assert_eq!(codes.len(), KINDS.len());
}

/// Whoever logs one by mistake shows how strong a password is, and not what it is.
#[test]
fn an_explanation_does_not_hold_the_password() {
    let shown = format!("{:?}", explain("Zxqvkpw Tangerine 1987", &anyone())).to_ascii_lowercase();
    assert!(!["zxqvkpw", "tangerine", "1987"].iter().any(|part| shown.contains(part)), "{shown}");
}
