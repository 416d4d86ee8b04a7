//! The blind index: probes, budgets, and one account or none.

use hmac::{Hmac, KeyInit, Mac};
use regain::identity::{
    Attribute, AttributeName, BlindIndex, IdentityClaims, IdentityRules, NORMALIZER_VERSION, Person,
    Resolution, TypedClaims, resolve_one,
};

use crate::{claims, finds, index, person};

#[test]
fn spellings_of_a_record_number_find_one_person() {
    let index = index(IdentityRules::default());
    for typed in [
        "MRN-0042",
        "mrn 0042",
        "MRN0042",
        " m.r.n/0042 ",
        "\u{FF2D}RN-\u{FF10}\u{FF10}\u{FF14}\u{FF12}",
        "mrn \u{660}\u{660}\u{664}\u{662}",
        "MRN\u{2013}0042",
    ] {
        assert!(finds(&index, &claims("", "", "", typed), &person("", "")), "{typed:?}");
    }
    for typed in ["MRN-042", "MRN-00420", "0042", "MRN-0043", "MRN-OO42", "\u{41C}RN-0042", "MRN-004\u{B2}"] {
        assert!(!finds(&index, &claims("", "", "", typed), &person("", "")), "{typed:?}");
    }
}

/// ID-6
#[test]
fn look_alike_record_numbers_find_nobody() {
    let index = index(IdentityRules::default());
    let pairs = [
        ("k1", "\u{212A}1"),
        ("ss1", "\u{DF}1"),
        ("i1", "\u{131}1"),
        ("u1", "\u{FC}1"),
        ("q1", "q\u{303}1"),
        ("a1", "\u{430}1"),
    ];
    for (filed, typed) in pairs {
        let on_file = person("", "").with_record_number(filed);
        assert!(finds(&index, &claims("", "", "", filed), &on_file));
        assert!(!finds(&index, &claims("", "", "", typed), &on_file), "{typed:?}");
    }
}

#[test]
fn an_e_mail_or_phone_finds_a_person_in_any_spelling() {
    let rules =
        IdentityRules::builder().identifying(Attribute::Email).identifying(Attribute::Phone).build().unwrap();
    let index = index(rules);
    let ana = Person::new("Ana", "Silva")
        .with_email("other@example.org")
        .with_email("Ana@Example.org")
        .with_phone("+44 20 7946 0000");
    assert_eq!(index.entries_for(&ana).len(), 3);
    let by = |email: &str, phone: &str| {
        IdentityClaims::new(TypedClaims {
            email: email.into(),
            phone: phone.into(),
            ..TypedClaims::default()
        })
    };
    assert!(finds(&index, &by("ana@EXAMPLE.org", ""), &ana));
    for phone in ["0044 20 7946 0000", "+44 (0)20 7946-0000", "+442079460000", "\u{FF0B}44 20 7946 0000"] {
        assert!(finds(&index, &by("", phone), &ana), "{phone}");
    }
    assert!(!finds(&index, &by("an\u{E1}@example.org", ""), &ana));
    assert!(!finds(&index, &by("", "44 20 7946 0000"), &ana));
}

#[test]
fn a_person_is_found_under_the_old_key_until_it_is_dropped() {
    let ring = |keys| BlindIndex::new(IdentityRules::default(), "clinic", keys).unwrap();
    let (old, both, new) =
        (ring(vec![(1, [1; 32])]), ring(vec![(2, [2; 32]), (1, [1; 32])]), ring(vec![(2, [2; 32])]));
    let (ana, typed) = (person("Ana", "Silva"), claims("", "", "", "MRN-0042"));
    let stored = old.entries_for(&ana)[0];
    assert_eq!(stored.key_id, 1);
    assert!(both.probe(&typed).values().contains(&stored.value));
    assert!(!new.probe(&typed).values().contains(&stored.value));
    assert_eq!(both.entries_for(&ana), new.entries_for(&ana));
    assert_eq!(both.entries_for(&ana)[0].key_id, 2);
}

#[test]
fn a_person_is_not_found_in_another_realm() {
    let realm = |name| BlindIndex::new(IdentityRules::default(), name, vec![(1, [7; 32])]).unwrap();
    let (one, other) = (realm("clinic"), realm("clinic2"));
    assert_ne!(one.entries_for(&person("", ""))[0].value, other.entries_for(&person("", ""))[0].value);
    let typed = claims("", "", "", "MRN-0042");
    assert_ne!(one.budget_subjects(&typed), other.budget_subjects(&typed));
}

/// The label is part of the stored format: realm, combination and fields, each with its length, and the version.
#[test]
fn an_index_value_is_the_digest_of_its_label_and_names_the_normaliser() {
    assert_eq!(NORMALIZER_VERSION, 1);
    let mut label = Vec::new();
    let version = 1_u32.to_be_bytes();
    for part in [&b"regain/identity"[..], &version, b"clinic", b"record-number", b"MRN0042"] {
        label.extend((part.len() as u64).to_be_bytes());
        label.extend(part);
    }
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&[7; 32]).unwrap();
    mac.update(&(label.len() as u64).to_be_bytes());
    mac.update(&label);
    let expected: [u8; 32] = mac.finalize().into_bytes().into();
    assert_eq!(index(IdentityRules::default()).entries_for(&person("Ana", "Silva"))[0].value, expected);
}

/// ID-9
#[test]
fn an_index_value_holds_no_personal_data() {
    let value = index(IdentityRules::default()).entries_for(&person("", ""))[0].value;
    let another_key = BlindIndex::new(IdentityRules::default(), "clinic", vec![(1, [8; 32])]).unwrap();
    assert_ne!(value, another_key.entries_for(&person("", ""))[0].value);
    assert!(!value.windows(4).any(|bytes| bytes == b"0042"));
}

#[test]
fn fields_that_run_together_make_different_values() {
    let rules = IdentityRules::builder()
        .strict([Attribute::GivenName, Attribute::FamilyName, Attribute::RecordNumber])
        .build()
        .unwrap();
    let index = index(rules);
    let value = |given, family, record: &str| {
        index
            .entries_for(&Person::new(given, family).with_record_number(record))
            .iter()
            .map(|entry| entry.value)
            .collect::<Vec<_>>()
    };
    assert_ne!(value("anna", "maria", "1"), value("annam", "aria", "1"));
    assert_ne!(value("anna", "maria", "1"), value("maria", "anna", "1"));
    let realm = |name| {
        BlindIndex::new(
            IdentityRules::builder()
                .without_record_number()
                .identifying(Attribute::Custom(AttributeName::new("a").unwrap()))
                .build()
                .unwrap(),
            name,
            vec![(1, [7; 32])],
        )
        .unwrap()
    };
    let ana = Person::new("", "").with_attribute(AttributeName::new("a").unwrap(), "1");
    assert_ne!(realm("x").entries_for(&ana), realm("xcustom:a").entries_for(&ana));
}

#[test]
fn strict_rules_find_a_person_only_if_everything_is_right() {
    let rules = IdentityRules::builder()
        .strict([Attribute::RecordNumber, Attribute::BirthDate, Attribute::FamilyName])
        .build()
        .unwrap();
    let strict = index(rules.clone());
    for (typed, filed) in [
        ("M\u{FC}ller", "Mueller"),
        ("Mueller", "M\u{FC}ller"),
        ("Muller", "M\u{FC}ller"),
        ("de Luca", "De Luca"),
        ("O\u{2019}Brien", "obrien"),
        ("Smith Jr", "Smith"),
    ] {
        assert!(
            finds(&strict, &claims("", typed, "1980-02-29", "mrn0042"), &person("", filed)),
            "{typed} {filed}"
        );
    }
    assert_eq!(strict.entries_for(&person("", "M\u{FC}ller")).len(), 2);
    assert!(!finds(&strict, &claims("", "Miller", "1980-02-29", "mrn0042"), &person("", "Muller")));
    assert!(!finds(&strict, &claims("", "Muller", "1980-02-28", "mrn0042"), &person("", "Muller")));
    assert!(!finds(&strict, &claims("", "Muller", "", "mrn0042"), &person("", "Muller")));
    assert!(rules.agrees(&claims("", "", "", "1"), &Person::new("", "")));
}

/// ID-4
#[test]
fn guesses_about_one_person_share_one_subject() {
    let by_default = index(IdentityRules::default());
    let subjects =
        |given, family, born, record| by_default.budget_subjects(&claims(given, family, born, record));
    let first = subjects("Ana", "Silva", "1980-02-29", "MRN-0042");
    assert_eq!(first.len(), 1);
    assert_eq!(first, subjects("Eve", "Stone", "1981-03-01", "mrn 0042"));
    assert_ne!(first, subjects("Ana", "Silva", "1980-02-29", "MRN-0043"));
    assert_eq!(subjects("Ana", "Silva", "1990-02-31", "1").len(), 1);
    assert_eq!(subjects("Ana", "Silva", "", "").len(), 1);

    let rules = IdentityRules::builder()
        .danger_combination([Attribute::GivenName, Attribute::FamilyName, Attribute::BirthDate])
        .build()
        .unwrap();
    let dangerous = index(rules);
    let subjects = |family, born| dangerous.budget_subjects(&claims("Ana", family, born, ""));
    assert_eq!(subjects("M\u{FC}ller", "1980-02-29"), subjects("mueller", "1980-03-01"));
    assert_eq!(subjects("M\u{FC}ller", "1980-02-29"), subjects("Muller", "1980-03-01"));
    assert_ne!(subjects("M\u{FC}ller", "1980-02-29"), subjects("Miller", "1980-02-29"));
}

/// ID-10
#[test]
fn several_accounts_are_never_resolved_by_a_guess() {
    assert_eq!(resolve_one(Vec::<u8>::new()), Resolution::None);
    assert_eq!(resolve_one([4, 4, 4]), Resolution::One(4));
    assert_eq!(resolve_one([4, 4, 5]), Resolution::Ambiguous);
}
