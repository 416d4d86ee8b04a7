use proptest::prelude::*;
use regain::password::{PasswordPolicy, PolicyContext, Reason};

use super::{assert_accepted, assert_refused, maria, prepared, with_second_factor};

/// PW-10: names, in the ways in which people vary them.
#[test]
fn a_password_made_of_the_name_is_refused() {
    for typed in [
        "mariajosegarcia",
        "MariaJoseGarcia",
        "M4r14J0s3G4rc14",
        "García-Núñez-María",
        "aicragesojairam",
        "garciagarciagarcia",
        "garciagarcia2024",
        "Maria.Garcia.1990!",
        "ｍａｒｉａｇａｒｃｉａｎｕｎｅｚ",
        "m\u{430}ri\u{430}g\u{430}rci\u{430}nunez",
        "m.a.r.i.a.g.a.r.c.i.a",
        "maria\u{200b}garcia\u{ad}nunez",
        "m\u{301}a\u{302}r\u{303}iagarcianunez",
    ] {
        assert_refused(typed, &maria(), Reason::OwnData);
    }
}

/// PW-10: username, addresses and record number.
#[test]
fn a_password_made_of_an_identifier_is_refused() {
    for typed in [
        "mgarcia90mgarcia90",
        "09aicragmmgarcia90",
        "maria.sunshine@example.org",
        "maria.sunshine1",
        "sunshine-sunshine",
        "MRN-00481516-00481516",
        "0048151600481516",
        "481516481516481516",
        "6151840061518400",
    ] {
        assert_refused(typed, &maria(), Reason::OwnData);
    }
}

/// PW-10: an address whose parts are too short to be told.
#[test]
fn the_local_part_of_an_address_is_one_word() {
    let short = PolicyContext { emails: vec!["q7.x2.w5@example.org"], ..Default::default() };
    assert_refused("q7x2w5-xkvbtnz-q7x2w5", &short, Reason::OwnData);
}

/// PW-10: what is left has to be strong by itself.
#[test]
fn no_way_to_write_the_birth_date_lends_strength() {
    let guarded = with_second_factor(maria());
    for date in [
        "1990", "0307", "0703", "07-03", "199003", "900307", "900703", "070390", "7/3/90", "7mar", "March7",
        "3.1990", "7marzo90", "90_03_07", "0991", "7-märz",
    ] {
        assert_refused(&format!("tqzk{date}w"), &guarded, Reason::OwnData);
    }
    for date in ["1987", "0418", "870418"] {
        assert_accepted(&format!("tq;Kz{date}wv"), &guarded);
    }
}

#[test]
fn as_much_as_possible_is_taken_for_own_data() {
    let ana = PolicyContext { given_name: Some("Ana"), username: Some("anabelkw"), ..Default::default() };
    assert_refused("anabelkw7anabelkwq", &ana, Reason::OwnData);
    assert_refused("anabelkw7xanabelkwqp", &with_second_factor(ana), Reason::OwnData);
}

/// PW-10: the birth date, in the ways in which people write it.
#[test]
fn a_password_made_of_the_birth_date_is_refused() {
    for typed in [
        "1990-03-07 07.03.1990",
        "1990-03-07maria1990-03-07",
        "07031990 03071990",
        "7/3/1990 3/7/1990",
        "900307 070390 030790",
        "7 March 1990 7 mar 90",
        "March 7, 1990 maria",
        "maria-garcia-1990",
        "garcia.07-03-90.garcia",
        "7 marzo 1990 marzo 7",
        "٠٧/٠٣/١٩٩٠ ۰۷-۰۳-۱۹۹۰",
        "0991-30-70 0991-30-70",
    ] {
        assert_refused(typed, &maria(), Reason::OwnData);
    }
}

/// PW-10: NIST compares whole values.
#[test]
fn a_strong_password_may_mention_the_name() {
    for typed in ["maria walks nine green lamps", "nine green 1990 lamps at noon", "lamps-garcia-tractor-owl"]
    {
        assert_accepted(typed, &maria());
    }
}

/// PW-10
#[test]
fn the_names_of_the_service_are_treated_like_own_data() {
    let policy = PasswordPolicy::builder().service_words(["Lakeside Clinic"]).build().expect("builds");
    let nobody = PolicyContext::default();
    for typed in ["lakesideclinic2024", "Lakeside-Clinic-Lakeside", "L4kes1de Cl1n1c"] {
        assert_eq!(policy.check(&prepared(typed), &nobody), Err(vec![Reason::OwnData]), "{typed:?}");
    }
    assert_eq!(policy.check(&prepared("lakeside tractor owl lemon"), &nobody), Ok(()));
}

#[test]
fn names_of_other_scripts_are_recognised() {
    let wang = PolicyContext {
        given_name: Some("小明"),
        family_name: Some("王"),
        username: Some("παπαδόπουλος"),
        ..Default::default()
    };
    assert_refused("小明小明小明小明小明小明小明小明", &wang, Reason::OwnData);
    assert_refused("παπαδοπουλος1985", &wang, Reason::OwnData);
    assert_refused("ΠΑΠΑΔΌΠΟΥΛΟΣ1985", &wang, Reason::OwnData);
}

#[test]
fn an_empty_or_absurdly_long_context_does_no_harm() {
    let long = "x y".repeat(100_000);
    let odd = PolicyContext {
        username: Some(""),
        given_name: Some(" - "),
        family_name: Some(&long),
        emails: vec!["@", "", "no-at-sign"],
        ..Default::default()
    };
    assert_accepted("nine green lamps at noon", &odd);
}

/// A word of the context with the changes that people make to it.
fn derived() -> impl Strategy<Value = String> {
    let words =
        ["maria", "garcia", "nunez", "sunshine", "mgarcia90", "maria.sunshine", "00481516", "19900307"];
    let change = prop_oneof![
        Just(str::to_owned as fn(&str) -> String),
        Just((|word| word.to_uppercase()) as fn(&str) -> String),
        Just((|word| word.replace('a', "4").replace('i', "1").replace('e', "3")) as fn(&str) -> String),
        Just((|word| word.chars().rev().collect()) as fn(&str) -> String),
        Just((|word| word.repeat(2)) as fn(&str) -> String),
        Just((|word| format!("{word}2024")) as fn(&str) -> String),
        Just((|word| format!("{word}07.03.1990")) as fn(&str) -> String),
    ];
    (proptest::sample::select(words.to_vec()), change).prop_map(|(word, change)| change(word))
}

proptest! {
    /// PW-10
    #[test]
    fn whatever_is_derived_from_own_data_is_refused(typed in derived()) {
        for person in [maria(), with_second_factor(maria())] {
            let reasons = super::check(&typed, &person).err().unwrap_or_default();
            prop_assert!(reasons.contains(&Reason::OwnData) || reasons.contains(&Reason::Common), "{reasons:?}");
        }
    }

    /// PW-10
    #[test]
    fn a_strong_password_with_own_data_in_it_is_accepted(
        own in derived(),
        letters in Just("bcdfghjklmnpqrstvwxz".chars().collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let strong: String = letters.into_iter().take(18).collect();
        prop_assert_eq!(super::check(&format!("{strong}{own}"), &maria()), Ok(()));
    }
}
