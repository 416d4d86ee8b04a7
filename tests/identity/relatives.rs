//! Who else may hold a record number: twins, siblings, father and son, husband and wife. And the person, who slips.

use regain::identity::{Agreement, Attribute, IdentityRules, Nicknames, Person, Rival, RulesError, Weight};
use time::macros::date;

use crate::{claims, person};

fn rules() -> IdentityRules {
    IdentityRules::default()
}

/// ID-10: one birth date, one family name, one address, and names that are one letter apart.
#[test]
fn twins_are_not_taken_for_each_other_whatever_their_names_are() {
    for (one, other) in [
        ("Marie", "Maria"),
        ("Jan", "Jana"),
        ("Ana", "Anna"),
        ("Ella", "Emma"),
        ("Daniel", "Daniela"),
        ("Gabriel", "Gabrielle"),
        ("Jaden", "Jayden"),
        ("Hailey", "Bailey"),
        ("Hyun-jin", "Hyun-min"),
        ("Samir", "Samira"),
        ("Rajesh", "Ramesh"),
        ("Marlon", "Marlin"),
        ("Tanika", "Janika"),
        ("Kaylin", "Jaylin"),
        ("Latrisha", "Jatrisha"),
        ("Marlina", "Sarlina"),
        ("Richard", "Robert"),
        ("Maria José", "Maria Luisa"),
    ] {
        for (typed, filed) in [(one, other), (other, one)] {
            let judgement =
                rules().judge(&claims(typed, "Weber", "1980-02-29", "MRN-0042"), &person(filed, "Weber"));
            assert_eq!(judgement.agreement(), Agreement::NamesDiffer, "{typed} {filed}");
            assert_eq!(judgement.rival(), Some(Rival::Twin), "{typed} {filed}");
        }
    }
}

/// Two slips of a twin's own do not make up for the other name.
#[test]
fn a_twin_who_slips_too_is_no_nearer() {
    for (given, family, born) in [
        ("Marie", "Webr", "1980-02-29"),
        ("Marie", "Weber", "1980-02-28"),
        ("Weber", "Marie", "1980-02-29"),
        ("Marie Weber", "", "1980-02-29"),
        ("Mari", "Weber", "1980-02-29"),
        ("M.", "Weber", "1980-02-29"),
        ("", "Weber", "1980-02-29"),
    ] {
        assert!(
            !rules().agrees(&claims(given, family, born, "1"), &person("Maria", "Weber")),
            "{given} {family}"
        );
    }
}

#[test]
fn father_and_son_of_one_name_are_two_people() {
    let son = Person::new("John", "Smith Jr").with_birth_date(date!(1980 - 02 - 29));
    // The same day of the year, a digit apart; and any other date.
    for born in ["1950-02-29", "1952-02-29", "1960-02-29", "1940-02-29", "1956-02-29", "1951-07-13"] {
        for family in ["Smith", "Smith Sr", "Smith Jr"] {
            let judgement = rules().judge(&claims("John", family, born, "1"), &son);
            assert_ne!(judgement.agreement(), Agreement::Agrees, "{family} {born}");
        }
    }
    let grandfather = Person::new("John", "Smith II").with_birth_date(date!(1980 - 02 - 28));
    let third = rules().judge(&claims("John", "Smith III", "1980-02-29", "1"), &grandfather);
    assert_eq!((third.agreement(), third.rival()), (Agreement::BirthDateDiffers, Some(Rival::Namesake)));
    assert!(
        rules().agrees(&claims("John", "Smith", "1980-02-29", "1"), &grandfather),
        "a day off, and no suffix"
    );
    assert!(rules().agrees(&claims("John", "Smith", "1980-02-29", "1"), &son));
}

#[test]
fn siblings_at_one_address_are_two_people() {
    for (given, born) in
        [("Marie", "1981-02-28"), ("Marie", "1984-02-29"), ("Anna", "1979-02-28"), ("Mark", "1982-02-20")]
    {
        assert!(
            !rules().agrees(&claims(given, "Weber", born, "1"), &person("Maria", "Weber")),
            "{given} {born}"
        );
    }
}

#[test]
fn whoever_has_only_the_number_and_the_birth_date_is_nobody() {
    for (given, family) in
        [("Peter", "Jones"), ("Maria", "Jones"), ("Peter", "Weber"), ("Maria Peter", "Jones")]
    {
        assert!(
            !rules().agrees(&claims(given, family, "1980-02-29", "1"), &person("Maria", "Weber")),
            "{given} {family}"
        );
    }
}

#[test]
fn a_former_family_name_agrees_if_the_host_has_it_on_file() {
    let married = person("Mary", "Smith").with_former_family_name("Jones").with_former_family_name("Müller");
    for family in ["Jones", "Jonse", "Mueller", "Jones-Smith", "Smith Jones"] {
        assert!(rules().agrees(&claims("Mary", family, "1980-02-29", "1"), &married), "{family}");
    }
    assert!(!rules().agrees(&claims("Mary", "Jones", "1980-02-29", "1"), &person("Mary", "Smith")));
    assert!(!rules().agrees(&claims("Mary", "Brown", "1980-02-29", "1"), &married));
    assert!(!rules().agrees(&claims("Martha", "Jones", "1980-02-29", "1"), &married), "another given name");
}

#[test]
fn nicknames_agree_only_if_the_host_has_a_table() {
    let own = Nicknames::none().with("Wolfgang", ["Wolle"]);
    let with = |nicknames| IdentityRules::builder().nicknames(nicknames).build().unwrap();
    let agree = |rules: &IdentityRules, typed, filed| {
        rules.agrees(&claims(typed, "Weber", "1980-02-29", "1"), &person(filed, "Weber"))
    };
    assert!(!agree(&rules(), "Wolle", "Wolfgang") && !agree(&rules(), "Bill", "William"));
    assert!(agree(&with(own.clone()), "Wolle", "Wolfgang") && agree(&with(own.clone()), "WOLFGANG", "wolle"));
    assert!(!agree(&with(own), "Bill", "William"));
    let usual = with(Nicknames::english_and_spanish());
    assert!(
        agree(&usual, "Bill", "William")
            && agree(&usual, "Pepe", "José")
            && agree(&usual, "Lupita", "Guadalupe")
    );
    assert!(
        !agree(&usual, "Liz", "Beth") && !agree(&usual, "Jack", "John") && !agree(&usual, "Bill", "Walter")
    );
    assert!(agree(&usual, "Bill Paul", "William Paul") && !agree(&usual, "Bill Paul", "William Peter"));
}

#[test]
fn rules_that_ask_for_less_than_is_safe_do_not_build() {
    let bits = Weight::from_tenths;
    let with = |threshold| IdentityRules::builder().with_threshold(threshold).build();
    let danger = |threshold| IdentityRules::builder().danger_threshold(threshold).build();
    assert_eq!(with(bits(29)), Err(RulesError::Threshold(bits(29))));
    assert_eq!(with(bits(131)), Err(RulesError::Threshold(bits(131))));
    assert_eq!(danger(bits(14)), Err(RulesError::Threshold(bits(14))));
    assert_eq!(danger(bits(i32::MIN)), Err(RulesError::Threshold(bits(i32::MIN))));
    assert_eq!(danger(bits(i32::MAX)), Err(RulesError::Threshold(bits(i32::MAX))));
    assert_eq!(rules().threshold(), Weight::DEFAULT);
    assert_eq!(with(bits(50)).unwrap().threshold(), bits(50));
    assert_eq!(danger(bits(15)).unwrap().threshold(), Weight::FLOOR);
    assert!(with(bits(29)).unwrap_err().to_string().contains("2.9 bits"));
}

/// What a lower threshold lets in, and what a higher one keeps out. Twins stay apart at any.
#[test]
fn a_threshold_moves_what_is_accepted() {
    let at = |tenths| IdentityRules::builder().danger_threshold(Weight::from_tenths(tenths)).build().unwrap();
    let agree = |rules: &IdentityRules, given, family, born| {
        rules.agrees(&claims(given, family, born, "1"), &person("Maria", "Weber"))
    };
    let (floor, usual, high) = (at(15), rules(), at(60));
    for (rules, married, digit) in [(&floor, true, true), (&usual, false, true), (&high, false, false)] {
        assert_eq!(agree(rules, "Maria", "Schneider", "1980-02-29"), married);
        assert_eq!(agree(rules, "Maria", "Weber", "1988-02-29"), digit);
        assert!(agree(rules, "Maria", "Weber", "1980-02-29"));
        assert!(!agree(rules, "Marie", "Weber", "1980-02-29") && !agree(rules, "M", "Weber", "1980-02-29"));
    }
}

/// The table of the module's page.
#[test]
fn the_rates_of_the_page_are_those_of_the_weights() {
    let rates = |rules: &IdentityRules| Rival::ALL.map(|rival| rules.false_accept_rate(rival));
    let [twin, sibling, namesake, stranger] = rates(&rules());
    assert!((0.000_9..0.001).contains(&twin), "{twin}");
    assert!(sibling < 0.000_003, "{sibling}");
    assert!((0.001_1..0.001_25).contains(&namesake), "{namesake}");
    assert!((0.000_05..0.000_1).contains(&stranger), "{stranger}");
    let exact = IdentityRules::builder().exact_birth_date().build().unwrap();
    assert!(rates(&exact)[2] < 0.000_05);
    let floor = IdentityRules::builder().danger_threshold(Weight::FLOOR).build().unwrap();
    assert!(rates(&floor)[3] > 0.004, "one stranger in 200 has the given name");
    let high = IdentityRules::builder().with_threshold(Weight::MOST).build().unwrap();
    assert!(rates(&high).iter().all(|rate| *rate < 0.000_1));
    let dateless = IdentityRules::builder().not_kept(Attribute::BirthDate).build().unwrap();
    assert!(rates(&dateless)[2] > 0.9, "nothing tells a namesake apart");
}

/// Names of 1,000 characters, of many words, of every script: an answer at once, and never yes.
#[test]
fn hostile_names_are_judged_and_do_not_agree() {
    let words = |word: &str| (0..300).map(|n| format!("{word}{}", n % 26)).collect::<Vec<_>>().join(" ");
    let many = [
        "x".repeat(1_000),
        "ш".repeat(1_000),
        "あ".repeat(1_000),
        "한".repeat(1_000),
        words("a"),
        words("shouta"),
        "ا ".repeat(500),
        "\u{301}".repeat(1_000),
        "i\u{307}".repeat(500),
        "ﷺ".repeat(300),
    ];
    for typed in &many {
        let on_file = person(typed, typed).with_former_family_name(typed);
        assert!(!rules().agrees(&claims(typed, typed, "1980-02-29", "1"), &person("Maria", "Weber")));
        assert!(!rules().agrees(&claims("Maria", "Weber", "1980-02-29", "1"), &on_file));
        for other in &many {
            let cut: String = typed.chars().take(60).collect();
            let _ = rules().judge(&claims(&cut, &cut, "1980-02-29", "1"), &person(other, other));
        }
    }
}
