//! Identity by behaviour: which spellings find one account, and which never do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use async_trait::async_trait;
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use regain::identity::*;
use time::Date;
use time::macros::date;

const BORN: Date = date!(1980 - 02 - 29);

fn claims(given: &str, family: &str, born: &str, record: &str) -> IdentityClaims {
    IdentityClaims::new(TypedClaims {
        given_name: given.into(),
        family_name: family.into(),
        birth_date: born.into(),
        record_number: record.into(),
        ..TypedClaims::default()
    })
}

fn person(given: &str, family: &str) -> Person {
    Person::new(given, family).with_birth_date(BORN).with_record_number("MRN-0042")
}

fn agree(typed: (&str, &str), on_file: (&str, &str)) -> bool {
    let claims = claims(typed.0, typed.1, "1980-02-29", "MRN-0042");
    IdentityRules::default().agrees(&claims, &person(on_file.0, on_file.1))
}

fn index(rules: IdentityRules) -> BlindIndex {
    BlindIndex::new(rules, "clinic", vec![(1, [7; 32])]).unwrap()
}

fn finds(index: &BlindIndex, claims: &IdentityClaims, person: &Person) -> bool {
    let key = index.probe(claims);
    index.entries_for(person).iter().any(|entry| key.values().contains(&entry.value))
}

// Identifiers

/// ID-6, CVE-2019-19844, CVE-2024-27295
#[test]
fn look_alike_identifiers_never_share_a_key() {
    let pairs = [
        ("mike", "m\u{131}ke"),
        ("mike", "m\u{130}ke"),
        ("mike", "mi\u{212A}e"),
        ("strasse", "stra\u{DF}e"),
        ("muller", "m\u{FC}ller"),
        ("mueller", "m\u{FC}ller"),
        ("sam", "\u{17F}am"),
        ("fina", "\u{FB01}na"),
        ("bob", "b\u{43E}b"),
        ("bob", "bob\0"),
        ("bob", "bob\u{200B}"),
        ("bob", "bo\u{AD}b"),
        ("bob", "bob\u{FE0F}"),
        ("bob", "bob."),
        ("bob", "\u{24D1}ob"),
        ("bob", "\u{1D41B}ob"),
        ("angstrom", "\u{212B}ngstrom"),
        ("\u{3C9}", "\u{2126}"),
    ];
    for (one, other) in pairs {
        for suffix in ["", "@example.org"] {
            let (one, other) = (format!("{one}{suffix}"), format!("{other}{suffix}"));
            let (a, b) = (Identifier::parse(&one), Identifier::parse(&other));
            let keys =
                |id: &Identifier| [id.username_key().map(str::to_owned), id.email_key().map(str::to_owned)];
            assert!(!a.is_malformed(), "{one}");
            let shared =
                keys(&a).into_iter().flatten().any(|key| keys(&b).into_iter().flatten().any(|k| k == key));
            assert!(!shared, "{one:?} {other:?}");
        }
    }
}

/// ID-6
#[test]
fn a_full_width_address_finds_no_mailbox() {
    let typed = Identifier::parse("\u{FF42}ob@example.org");
    assert_eq!(typed.email_key(), None);
    assert!(EmailAddress::parse("\u{FF42}ob@example.org").is_err());
}

/// UN-1
#[test]
fn usernames_follow_the_known_vectors() {
    let accepted = [
        ("juliet", "juliet"),
        ("Juliet", "juliet"),
        ("fu\u{DF}ball", "fu\u{DF}ball"),
        ("FU\u{1E9E}BALL", "fu\u{DF}ball"),
        ("\u{3C0}", "\u{3C0}"),
        ("\u{3A3}", "\u{3C3}"),
        ("\u{3C3}", "\u{3C3}"),
        ("\u{3C2}", "\u{3C2}"),
        ("\u{FF22}ob", "bob"),
        ("e\u{301}ve", "\u{E9}ve"),
        ("\u{C9}ve", "\u{E9}ve"),
        ("\u{FF76}\u{FF9E}", "\u{30AC}"),
        ("\u{5D0}\u{5D1}7", "\u{5D0}\u{5D1}7"),
        ("foo bar", "foo bar"),
        ("\u{1112}\u{1161}\u{11AB}", "\u{D55C}"),
    ];
    for (typed, key) in accepted {
        assert_eq!(username_key(typed).as_deref(), Some(key), "{typed:?}");
    }
    let refused = [
        "",
        " ",
        "bob ",
        "a  b",
        "henry\u{2163}",
        "\u{212A}im",
        "\u{FB01}n",
        "a\u{A0}b",
        "a\u{2028}b",
        "bob\n",
        "bob\u{7F}",
        "\u{5D0}bc",
        "abc\u{5D0}",
        "7\u{5D0}",
        "\u{5D0}7\u{660}",
        "\u{FFFE}",
        "\u{FFFD}",
    ];
    for typed in refused {
        assert_eq!(username_key(typed), None, "{typed:?}");
    }
}

/// UN-4, GHSA-7rqj-j65f-68wh
#[test]
fn other_forms_of_the_at_sign_are_refused() {
    for at in ['\u{FF20}', '\u{FE6B}'] {
        for text in [
            format!("bob{at}example.org"),
            format!("bob@example.org{at}evil.org"),
            format!("bob{at}evil@example.org"),
        ] {
            assert_eq!(EmailAddress::parse(&text), Err(AddressError::ForbiddenCharacter));
            assert!(Identifier::parse(&text).is_malformed());
            assert_eq!(username_key(&text), None);
        }
    }
}

/// UN-3, NO-7
#[test]
fn an_address_is_kept_byte_for_byte_and_found_by_its_key() {
    let cases = [
        ("Ana.Silva@Example.ORG", "ana.silva@example.org"),
        ("ana+recovery@example.org", "ana+recovery@example.org"),
        ("ana@B\u{FC}cher.example", "ana@xn--bcher-kva.example"),
        ("ana@bu\u{308}cher.example", "ana@xn--bcher-kva.example"),
        ("ana@XN--BCHER-KVA.example", "ana@xn--bcher-kva.example"),
        ("A\u{301}na@example.org", "\u{E1}na@example.org"),
        ("root@localhost", "root@localhost"),
    ];
    for (given, key) in cases {
        let address = EmailAddress::parse(given).unwrap();
        assert_eq!(address.as_str(), given);
        assert_eq!(address.key().as_str(), key);
    }
}

/// NO-7, UN-4
#[test]
fn addresses_that_parsers_disagree_about_are_refused() {
    let long_local = format!("{}@example.org", "a".repeat(65));
    let accents = format!("{}@example.org", "\u{E9}".repeat(33));
    let long_domain = format!("a@{}org", "abcdefghi.".repeat(26));
    let long_label = format!("a@{}.org", "a".repeat(64));
    let refused = [
        "",
        "@",
        "a@",
        "@b.org",
        "ab.org",
        "a@b@c.org",
        "a b@c.org",
        " a@b.org",
        "a@b.org ",
        "a@b.org\r\nBcc: x@y.org",
        "a\n@b.org",
        "a\0@b.org",
        "a@b.org\u{200B}",
        "a\u{200D}b@c.org",
        "a@b\u{AD}c.org",
        "\"a b\"@c.org",
        "\"a\"@c.org",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a@[IPv6:::1]",
        "a@b..org",
        "a@.b.org",
        "a@b.org.",
        ".a@b.org",
        "a.@b.org",
        "a..b@c.org",
        "a,b@c.org",
        "<a@b.org>",
        "a@b_c.org",
        "a@-b.org",
        "a@b-.org",
        "a@b.org,x@y.org",
        "a;b@c.org",
        "a\u{37E}b@c.org",
        "a@b\u{2100}c.org",
        "a@xn--zzzzzzzz\u{7F}.org",
        &long_local,
        &accents,
        &long_domain,
        &long_label,
    ];
    for address in refused {
        assert!(EmailAddress::parse(address).is_err(), "{address:?}");
    }
    assert!(EmailAddress::parse(&format!("{}@example.org", "a".repeat(64))).is_ok());
}

/// RL-8
#[test]
fn the_spellings_of_one_identifier_share_one_budget() {
    let families: [&[&str]; 4] = [
        &[
            "bob@x.org",
            "Bob@x.org",
            " bob@x.org",
            "bob@X.ORG\t",
            "bob\u{FF20}x.org",
            "\u{FF42}ob@x.org",
            "bo\u{200B}b@x.org",
            "bob@x.org\0",
        ],
        &["bob@x", "Bob@x", " bob@x", "bob@x\u{3000}"],
        &["\u{E9}ve", "e\u{301}ve", "\u{C9}VE", " E\u{301}ve ", "\u{FEFF}\u{E9}ve"],
        &["ana@b\u{FC}cher.example", "Ana@xn--bcher-kva.example", "\u{FF41}na@b\u{FC}cher.example"],
    ];
    for family in families {
        let canonical: BTreeSet<String> =
            family.iter().map(|typed| Identifier::parse(typed).canonical().to_owned()).collect();
        assert_eq!(canonical.len(), 1, "{family:?} {canonical:?}");
    }
    assert_ne!(Identifier::parse("bob").canonical(), Identifier::parse("bobby").canonical());
}

/// ID-5
#[test]
fn an_identifier_of_a_mebibyte_is_malformed_and_cut() {
    for text in [
        "a".repeat(1 << 20),
        "\u{E9}".repeat(1 << 19),
        " ".repeat(1 << 20),
        format!("{}@x.org", "a.".repeat(1 << 19)),
    ] {
        let typed = Identifier::parse(&text);
        assert!(typed.is_malformed());
        assert!(typed.as_typed().len() <= MAX_IDENTIFIER_BYTES);
        assert!(typed.canonical().len() <= 4 * MAX_IDENTIFIER_BYTES);
    }
    assert!(Identifier::parse(&"a".repeat(MAX_IDENTIFIER_BYTES)).username_key().is_some());
    assert!(Identifier::parse(&"a".repeat(MAX_IDENTIFIER_BYTES + 1)).is_malformed());
}

proptest! {
    /// UN-1
    #[test]
    fn a_username_key_is_its_own_key(text in any::<String>()) {
        if let Some(key) = username_key(&text) {
            prop_assert_eq!(username_key(&key), Some(key));
        }
    }

    /// UN-1
    #[test]
    fn every_letter_has_a_stable_username_key_or_none(c in any::<char>()) {
        if let Some(key) = username_key(&format!("a{c}b")) {
            prop_assert_eq!(username_key(&key), Some(key));
        }
    }

    /// UN-3
    #[test]
    fn an_address_key_is_its_own_key(local in "[^@]{1,12}", domain in "[a-zA-Z\u{C0}-\u{24F}.-]{1,12}") {
        if let Ok(address) = EmailAddress::parse(&format!("{local}@{domain}")) {
            let again = EmailAddress::parse(address.key().as_str()).unwrap();
            prop_assert_eq!(again.key(), address.key());
        }
    }

    /// ID-6
    #[test]
    fn an_identifier_typed_twice_is_the_same_identifier(text in any::<String>()) {
        let typed = Identifier::parse(&text);
        prop_assert_eq!(&Identifier::parse(typed.as_typed()), &typed);
    }

    /// ID-5
    #[test]
    fn claims_from_arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Some(claims) = IdentityClaims::from_bytes(&bytes) {
            let again = claims.to_bytes();
            prop_assert_eq!(again.as_slice(), bytes.as_slice());
        }
    }

    /// ID-5
    #[test]
    fn arbitrary_claims_never_panic(given in any::<String>(), family in any::<String>(), born in any::<String>(), record in any::<String>()) {
        let claims = claims(&given, &family, &born, &record);
        let index = index(IdentityRules::default());
        prop_assert_eq!(index.probe(&claims).values().is_empty(), claims.is_malformed() || claims_have_no_record(&record));
        prop_assert!(!index.budget_subjects(&claims).is_empty());
        let _ = IdentityRules::default().agrees(&claims, &person(&given, &family));
        let again = IdentityClaims::from_bytes(&claims.to_bytes()).unwrap();
        prop_assert_eq!(again.to_bytes(), claims.to_bytes());
    }

    /// ID-6
    #[test]
    fn a_name_agrees_with_itself(given in "\\p{L}{1,10}( \\p{L}{2,10})?", family in "\\p{L}{1,10}") {
        let typed = claims(&given, &family, "1980-02-29", "1");
        prop_assert_ne!(IdentityRules::default().compare(&typed, &person(&given, &family)), Agreement::NamesDiffer);
    }
}

fn claims_have_no_record(record: &str) -> bool {
    record.trim().is_empty()
}

// Claims

/// ID-5
#[test]
fn only_birth_dates_that_exist_are_dates() {
    for born in [
        "1980-02-29",
        "1980-2-29",
        " 1980-02-29 ",
        "1980/02/29",
        "1980.02.29",
        "\u{661}\u{669}\u{668}\u{660}-\u{660}\u{662}-\u{662}\u{669}",
        "1870-01-01",
    ] {
        assert!(!claims("Ana", "Silva", born, "1").is_malformed(), "{born:?}");
    }
    let never = [
        "1981-02-29",
        "1990-02-31",
        "1990-13-01",
        "1990-00-10",
        "1990-01-00",
        "9999-01-01",
        "1869-12-31",
        "0000-01-01",
        "80-02-29",
        "1980-02",
        "1980-02-29-1",
        "29-02-1980",
        "1980-02-029",
        "+1980-02-29",
        "1980-+2-29",
        "19800229",
        "yesterday",
        "1980-02-2\u{2079}",
        "-1980-02-29",
    ];
    for born in never {
        let claims = claims("Ana", "Silva", born, "1");
        assert!(claims.is_malformed(), "{born:?}");
        assert!(index(IdentityRules::default()).probe(&claims).values().is_empty(), "{born:?}");
    }
}

/// ID-5
#[test]
fn nobody_is_born_tomorrow() {
    let born_today = claims("Ana", "Silva", "2026-11-24", "1");
    assert!(!born_today.is_malformed_on(date!(2026 - 11 - 24)));
    assert!(born_today.is_malformed_on(date!(2026 - 11 - 23)));
}

/// ID-5
#[test]
fn claims_that_can_belong_to_nobody_are_malformed() {
    let with = |change: fn(&mut TypedClaims)| {
        let mut typed = TypedClaims {
            given_name: "Ana".into(),
            family_name: "Silva".into(),
            record_number: "1".into(),
            ..TypedClaims::default()
        };
        change(&mut typed);
        IdentityClaims::new(typed).is_malformed()
    };
    assert!(!with(|_| {}));
    assert!(IdentityClaims::new(TypedClaims::default()).is_malformed());
    assert!(with(|typed| typed.record_number = "--".into()));
    assert!(with(|typed| typed.record_number = "12\03".into()));
    assert!(with(|typed| typed.given_name = "Ana\nSilva".into()));
    assert!(with(|typed| typed.email = "ana".into()));
    assert!(with(|typed| typed.phone = "call me".into()));
    assert!(with(|typed| typed.family_name = "a".repeat(MAX_FIELD_BYTES + 1)));
    assert!(with(|typed| typed.attributes =
        (0..17).map(|n| (AttributeName::new(&format!("a{n}")).unwrap(), "x".into())).collect()));
}

/// ID-5
#[test]
fn a_field_of_a_mebibyte_is_cut() {
    let claims = claims(
        &"\u{1F600}".repeat(1 << 18),
        &"x ".repeat(1 << 19),
        &"1".repeat(1 << 20),
        &"-".repeat(1 << 20),
    );
    assert!(claims.is_malformed());
    assert!(claims.to_bytes().len() <= 6 * (MAX_FIELD_BYTES + 4) + 2);
    assert!(IdentityClaims::from_bytes(&claims.to_bytes()).unwrap().is_malformed());
}

#[test]
fn claims_survive_the_way_to_bytes_and_back() {
    let claims = IdentityClaims::new(TypedClaims {
        given_name: "Zo\u{EB}".into(),
        family_name: "M\u{FC}ller".into(),
        birth_date: "1980-02-29".into(),
        record_number: "MRN-0042".into(),
        email: "zoe@example.org".into(),
        phone: "+351 21 000 00 00".into(),
        attributes: BTreeMap::from([
            (AttributeName::new("policy").unwrap(), "P 7".into()),
            (AttributeName::new("ward").unwrap(), String::new()),
        ]),
    });
    let bytes = claims.to_bytes();
    let again = IdentityClaims::from_bytes(&bytes).unwrap();
    assert_eq!(again.to_bytes(), bytes);
    assert!(!again.is_malformed());
    assert!(IdentityRules::default().agrees(&again, &person("Zo\u{EB}", "M\u{FC}ller")));
    for cut in 0..bytes.len() {
        if let Some(shorter) = IdentityClaims::from_bytes(&bytes[..cut]) {
            assert_eq!(shorter.to_bytes().as_slice(), &bytes[..cut], "{cut}");
        }
    }
    assert!(IdentityClaims::from_bytes(&[bytes.as_slice(), b"x"].concat()).is_none());
}

/// ID-9
#[test]
fn debug_prints_no_personal_data() {
    let ana = person("Canary", "Canary").with_email("canary@example.org");
    let typed =
        TypedClaims { given_name: "Canary".into(), record_number: "CANARY".into(), ..TypedClaims::default() };
    let address = EmailAddress::parse("canary@example.org").unwrap();
    let index = BlindIndex::new(IdentityRules::default(), "canary", vec![(1, [67; 32])]).unwrap();
    let claims = IdentityClaims::new(typed.clone());
    let printed = [
        format!("{ana:?}"),
        format!("{typed:?}"),
        format!("{claims:?}"),
        format!("{address:?}"),
        format!("{:?}", address.key()),
        format!("{:?}", Identifier::parse("canary@example.org")),
        format!("{index:?}"),
        format!("{:?}", index.probe(&claims)),
    ];
    for text in printed {
        assert!(!text.to_ascii_lowercase().contains("canary") && !text.contains("67"), "{text}");
    }
}

// Rules

/// ID-1, ID-4
#[test]
fn rules_by_which_people_can_be_guessed_do_not_build() {
    use Attribute::{BirthDate, Email, FamilyName, GivenName, RecordNumber};
    let builder = IdentityRules::builder;
    assert_eq!(builder().identifying(BirthDate).build(), Err(RulesError::NotIdentifying(BirthDate)));
    assert_eq!(builder().strict([GivenName, FamilyName, BirthDate]).build(), Err(RulesError::Guessable));
    assert_eq!(builder().strict([]).build(), Err(RulesError::Guessable));
    assert_eq!(builder().danger_combination([]).build(), Err(RulesError::Empty));
    assert_eq!(builder().without_record_number().build(), Err(RulesError::Empty));
    assert_eq!(
        builder().strict([RecordNumber, BirthDate]).identifying(Email).build(),
        Err(RulesError::StrictAndCompared)
    );
    assert_eq!(
        builder().not_kept(GivenName).not_kept(FamilyName).not_kept(BirthDate).build(),
        Err(RulesError::NothingCompared)
    );
    assert_eq!(builder().not_kept(RecordNumber).build(), Err(RulesError::NothingCompared));
    assert!(builder().danger_combination([GivenName, FamilyName, BirthDate]).build().is_ok());
    assert!(builder().without_record_number().identifying(Email).build().is_ok());
    assert_eq!(builder().build(), Ok(IdentityRules::default()));
    assert!(RulesError::Guessable.to_string().contains("guessed"));
}

#[test]
fn an_index_needs_distinct_random_keys() {
    let new = |keys| BlindIndex::new(IdentityRules::default(), "clinic", keys).err();
    assert_eq!(new(vec![]), Some(RulesError::NoKey));
    assert_eq!(new(vec![(1, [0; 32])]), Some(RulesError::ZeroKey(1)));
    assert_eq!(new(vec![(1, [1; 32]), (1, [2; 32])]), Some(RulesError::SameKeys));
    assert_eq!(new(vec![(1, [1; 32]), (2, [1; 32])]), Some(RulesError::SameKeys));
}

// The blind index

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
    let mut label = b"regain identity".to_vec();
    label.extend(NORMALIZER_VERSION.to_be_bytes());
    for part in ["clinic", "record-number", "MRN0042"] {
        label.extend((part.len() as u64).to_be_bytes());
        label.extend(part.as_bytes());
    }
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&[7; 32]).unwrap();
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

// Agreement

#[rustfmt::skip]
const AGREE: &[((&str, &str), (&str, &str))] = &[
    // Spelling
    (("Ana", "Silva"), ("Ana", "Silva")),
    (("ANA", "silva"), ("Ana", "Silva")),
    (("José", "Muñoz"), ("Jose", "Munoz")),
    (("Jose", "Munoz"), ("José", "Muñoz")),
    (("Jürgen", "Müller"), ("Juergen", "Mueller")),
    (("Juergen", "Mueller"), ("Jürgen", "Müller")),
    (("Jurgen", "Muller"), ("Jürgen", "Müller")),
    (("Jürgen", "Mueller"), ("Juergen", "Müller")),
    (("Soeren", "Kjaer"), ("Søren", "Kjær")),
    (("Soren", "Kjaer"), ("Søren", "Kjær")),
    (("Aase", "Oedegaard"), ("Åse", "Ødegård")),
    (("Lukasz", "Walesa"), ("Łukasz", "Wałęsa")),
    (("Dorde", "Dokic"), ("Đorđe", "Đokić")),
    (("Thorunn", "Gudmundsdottir"), ("Þórunn", "Guðmundsdóttir")),
    (("Isil", "Yildiz"), ("Işıl", "Yıldız")),
    (("Ibrahim", "Celik"), ("İbrahim", "Çelik")),
    (("Hans", "Gross"), ("Hans", "Groß")),
    (("Coeur", "Dupont"), ("Cœur", "Dupont")),
    (("Ｙｕｋｏ", "Ｓａｔｏ"), ("Yuko", "Sato")),
    (("Γιώργος", "ΠΑΠΑΔΟΠΟΥΛΟΣ"), ("ΓΙΩΡΓΟΣ", "Παπαδόπουλος")),
    (("Алёна", "Королёв"), ("Алена", "Королев")),
    (("محمّد", "علي"), ("محمد", "علی")),
    // Separators
    (("Anna Maria", "Rossi"), ("Anna-Maria", "Rossi")),
    (("Annamaria", "Rossi"), ("Anna Maria", "Rossi")),
    (("Jean Luc", "Le Goff"), ("Jean-Luc", "LeGoff")),
    (("Jean\u{2011}Luc", "Picard"), ("Jean-Luc", "Picard")),
    (("Sean", "OBrien"), ("Seán", "O'Brien")),
    (("Sean", "O\u{2019}Brien"), ("Seán", "O'Brien")),
    (("Sean", "O Brien"), ("Seán", "O\u{2BC}Brien")),
    (("Maria", "D Angelo"), ("Maria", "D\u{B4}Angelo")),
    (("Ian", "Mac Donald"), ("Ian", "MacDonald")),
    (("Alisher", "Gulomov"), ("Alisher", "G\u{2BB}ulomov")),
    (("Mary", "Smith Jones"), ("Mary", "Smith-Jones")),
    // Parts left out or added
    (("John", "Smith"), ("John Robert", "Smith")),
    (("John Robert", "Smith"), ("John", "Smith")),
    (("John R.", "Smith"), ("John Robert", "Smith")),
    (("John Robert", "Smith"), ("John R", "Smith")),
    (("Robert", "Smith"), ("John Robert", "Smith")),
    (("Robert John", "Smith"), ("John Robert", "Smith")),
    (("Gabriel", "García"), ("Gabriel José", "García Márquez")),
    (("Gabriel", "Márquez"), ("Gabriel", "García Márquez")),
    (("Mary", "Jones"), ("Mary", "Smith-Jones")),
    (("Jan", "Berg"), ("Jan", "van den Berg")),
    (("Jan", "Vandenberg"), ("Jan", "van den Berg")),
    (("Maria", "Silva"), ("Maria", "da Silva")),
    (("Luca", "Deluca"), ("Luca", "De Luca")),
    (("Otto", "Bismarck"), ("Otto", "von Bismarck")),
    (("Omar", "Rashid"), ("Omar", "al-Rashid")),
    (("Omar", "Alrashid"), ("Omar", "Al-Rashid")),
    (("Maria Carmen", "Ruiz"), ("María del Carmen", "Ruiz")),
    (("Martin", "King"), ("Martin", "King Jr.")),
    (("Henry", "Ford III"), ("Henry", "Ford")),
    // Order
    (("Silva", "Ana"), ("Ana", "Silva")),
    (("Nguyen Van", "An"), ("An", "Nguyễn Văn")),
    (("Gabriel García", "Márquez"), ("Gabriel", "García Márquez")),
    (("小明", "王"), ("小明", "王")),
    (("王", "小明"), ("小明", "王")),
    (("", "王小明"), ("小明", "王")),
    (("민준", "김"), ("민준", "김")),
    (("Anna", "Schmidt"), ("", "Anna Schmidt")),
    (("Anna Schmidt", ""), ("Anna", "Schmidt")),
    // Single names
    (("Sukarno", ""), ("", "Sukarno")),
    (("Sukarno", "Sukarno"), ("Sukarno", "")),
    (("Sukarno", "-"), ("Sukarno", "")),
    (("Van", "Le"), ("Van", "Le")),
    (("Al", "Do"), ("Al", "Do")),
    // Slips
    (("Micheal", "Johnson"), ("Michael", "Johnson")),
    (("Philip", "Johnson"), ("Phillip", "Johnson")),
    (("Elisabeth", "Johnson"), ("Elizabeth", "Johnson")),
    (("Cristina", "Johnson"), ("Christina", "Johnson")),
    (("Elzabeth", "Johnson"), ("Elizabeth", "Johnson")),
    (("Anna", "Johnsen"), ("Anna", "Johnson")),
    (("Anna", "Jonhson"), ("Anna", "Johnson")),
    (("Anna", "Jonson"), ("Anna", "Johnson")),
    (("Anna", "Papadopuolus"), ("Anna", "Papadopoulos")),
    (("Anna", "Nohnson"), ("Anna", "Johnson")),
    (("Micheal", "Jonson"), ("Michael", "Johnson")),
];

#[rustfmt::skip]
const DIFFER: &[((&str, &str), (&str, &str))] = &[
    // Another given name: a twin
    (("Maria", "Silva"), ("Ana", "Silva")),
    (("Anna", "Silva"), ("Anne", "Silva")),
    (("Marta", "Silva"), ("Maria", "Silva")),
    (("Marina", "Silva"), ("Martina", "Silva")),
    (("Daniela", "Silva"), ("Daniel", "Silva")),
    (("Christian", "Silva"), ("Christina", "Silva")),
    (("Kristin", "Silva"), ("Kristian", "Silva")),
    (("Karin", "Silva"), ("Marin", "Silva")),
    (("Kevin", "Silva"), ("Devin", "Silva")),
    (("Jan", "Silva"), ("Jon", "Silva")),
    (("Jan Peter", "Silva"), ("Jon Peter", "Silva")),
    (("Jonpeter", "Silva"), ("Jan Peter", "Silva")),
    (("Maria José", "García"), ("Maria Luisa", "García")),
    (("John Paul", "Smith"), ("John Mark", "Smith")),
    (("John M.", "Smith"), ("John Paul", "Smith")),
    (("Mohammed Omar", "Khan"), ("Mohammed Ali", "Khan")),
    (("Hyun-jin", "Kim"), ("Hyun-min", "Kim")),
    (("Hyunjin", "Kim"), ("Hyunmin", "Kim")),
    (("Seunghun", "Kim"), ("Seunghyun", "Kim")),
    (("Do-yun", "Kim"), ("Ji-yun", "Kim")),
    (("La-yun", "Kim"), ("Do-yun", "Kim")),
    (("Xiaoling", "Wang"), ("Xiaoping", "Wang")),
    (("Xiaoling", "Wang"), ("Xiaolong", "Wang")),
    (("Da Li", "Wang"), ("Xiao Li", "Wang")),
    (("小红", "王"), ("小明", "王")),
    (("민서", "김"), ("민준", "김")),
    (("राम", "शर्मा"), ("रमा", "शर्मा")),
    (("かな", "佐藤"), ("がな", "佐藤")),
    (("Silva", "Maria"), ("Ana", "Silva")),
    (("Maria Silva", "Santos"), ("Ana", "Silva Santos")),
    // Initials
    (("J", "Smith"), ("John", "Smith")),
    (("John", "Smith"), ("J.", "Smith")),
    (("J. R.", "Smith"), ("John Robert", "Smith")),
    (("John", "S"), ("John", "Smith")),
    // Sound alone
    (("Catherine", "Smith"), ("Katherine", "Smith")),
    (("Sean", "Smith"), ("Shawn", "Smith")),
    (("Geoffrey", "Smith"), ("Jeffrey", "Smith")),
    (("Ana", "Maier"), ("Ana", "Meyr")),
    (("Ana", "Leigh"), ("Ana", "Lee")),
    // Another family name
    (("Mary", "Jones"), ("Mary", "Smith")),
    (("Anna", "Lang"), ("Anna", "Lund")),
    (("Anna", "Meer"), ("Anna", "Meir")),
    (("Anna", "van"), ("Anna", "van Dijk")),
    (("Anna", "Jansen de Vries"), ("Anna", "Jansen de Boer")),
    (("Anna", "Petrovic"), ("Anna", "Pavlovic")),
    // Nicknames and other alphabets
    (("Bill", "Smith"), ("William", "Smith")),
    (("Xiaoming", "Wang"), ("小明", "王")),
    // Missing
    (("Ana", ""), ("Ana", "Silva")),
    (("", "Silva"), ("Ana", "Silva")),
    (("", ""), ("Ana", "Silva")),
    (("Ana", "Silva"), ("", "")),
    (("Ana", "Silva"), ("", "Silva")),
    (("Ana", "Silva"), ("Ana", "")),
    (("Ahmad", "Sukarno"), ("Sukarno", "")),
    (("\u{1F600}", "."), ("\u{1F600}", ".")),
];

#[test]
fn names_agree_when_one_person_may_have_typed_both() {
    let wrong: Vec<_> = AGREE.iter().filter(|(typed, filed)| !agree(*typed, *filed)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn names_of_two_people_do_not_agree() {
    let wrong: Vec<_> = DIFFER.iter().filter(|(typed, filed)| agree(*typed, *filed)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Whichever of the two is on file.
#[test]
fn agreement_of_names_is_symmetric() {
    let pairs = AGREE.iter().chain(DIFFER);
    let wrong: Vec<_> =
        pairs.filter(|(typed, filed)| agree(*typed, *filed) != agree(*filed, *typed)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// ID-10
#[test]
fn a_twin_with_the_others_record_number_does_not_agree() {
    let index = index(IdentityRules::default());
    let (typed, on_file) = (claims("Maria", "Silva", "1980-02-29", "MRN-0042"), person("Ana", "Silva"));
    assert!(finds(&index, &typed, &on_file));
    assert_eq!(index.rules().compare(&typed, &on_file), Agreement::NamesDiffer);
}

#[test]
fn a_father_of_the_same_name_does_not_agree() {
    let typed = claims("John", "Smith", "1950-01-02", "MRN-0042");
    assert_eq!(
        IdentityRules::default().compare(&typed, &person("John", "Smith Jr")),
        Agreement::BirthDateDiffers
    );
}

#[test]
fn the_birth_date_is_exact() {
    for born in ["1980-02-28", "1980-03-01", "1981-02-28", "1980-12-29"] {
        let typed = claims("Ana", "Silva", born, "1");
        assert_eq!(
            IdentityRules::default().compare(&typed, &person("Ana", "Silva")),
            Agreement::BirthDateDiffers
        );
    }
}

#[test]
fn a_missing_birth_date_does_not_agree_unless_the_host_keeps_none() {
    let (with, without) = (person("Ana", "Silva"), Person::new("Ana", "Silva"));
    let rules = IdentityRules::default();
    assert_eq!(rules.compare(&claims("Ana", "Silva", "", "1"), &with), Agreement::Missing);
    assert_eq!(rules.compare(&claims("Ana", "Silva", "1980-02-29", "1"), &without), Agreement::Missing);
    let rules = IdentityRules::builder().not_kept(Attribute::BirthDate).build().unwrap();
    assert!(rules.agrees(&claims("Ana", "Silva", "1980-02-28", "1"), &with));
    let rules = IdentityRules::builder().not_kept(Attribute::FamilyName).build().unwrap();
    assert!(rules.agrees(&claims("Ana", "Other", "1980-02-29", "1"), &with));
    assert!(!rules.agrees(&claims("Eva", "Silva", "1980-02-29", "1"), &with));
}

// Existing accounts

#[derive(Default)]
struct Accounts {
    people: BTreeMap<String, Person>,
    stored: Mutex<BTreeMap<String, Vec<IndexEntry>>>,
    fails_behind: Option<String>,
    ignores_after: bool,
}

#[async_trait]
impl ReindexSource for Accounts {
    async fn page(&self, after: Option<&str>, limit: usize) -> Result<Vec<(String, Person)>, BoxError> {
        if self.fails_behind.is_some() && after == self.fails_behind.as_deref() {
            return Err("connection lost".into());
        }
        let later = self
            .people
            .iter()
            .filter(|(id, _)| self.ignores_after || after.is_none_or(|after| id.as_str() > after));
        Ok(later.take(limit).map(|(id, person)| (id.clone(), person.clone())).collect())
    }

    async fn store(&self, batch: Vec<(String, Vec<IndexEntry>)>) -> Result<(), BoxError> {
        self.stored.lock().unwrap().extend(batch);
        Ok(())
    }
}

fn accounts(count: usize) -> Accounts {
    let people =
        (0..count).map(|n| (format!("{n:05}"), person("Ana", "Silva").with_record_number(format!("{n}"))));
    Accounts { people: people.collect(), ..Accounts::default() }
}

#[tokio::test]
async fn existing_accounts_are_indexed_page_by_page() {
    let mut accounts = accounts(2 * PAGE_SIZE);
    accounts.people.insert("99999".into(), Person::new("No", "Number"));
    let index = index(IdentityRules::default());
    let mut reports = Vec::new();
    let done = reindex(&index, &accounts, None, |progress| reports.push(progress.clone())).await.unwrap();
    assert_eq!(reports.len(), 3);
    assert_eq!(reports.last(), Some(&done));
    assert_eq!(
        (done.accounts, done.entries, done.without_entry),
        (2 * PAGE_SIZE as u64 + 1, 2 * PAGE_SIZE as u64, 1)
    );
    let stored = accounts.stored.lock().unwrap();
    assert!(accounts.people.iter().all(|(id, person)| stored[id] == index.entries_for(person)));
}

#[tokio::test]
async fn an_interrupted_run_resumes_where_it_was() {
    let mut accounts = accounts(3 * PAGE_SIZE);
    let index = index(IdentityRules::default());
    accounts.fails_behind = Some(format!("{:05}", PAGE_SIZE - 1));
    let mut last = None;
    let failed = reindex(&index, &accounts, None, |progress| last = progress.last_id.clone()).await;
    assert!(matches!(failed, Err(ReindexError::Read(_))));
    assert_eq!(last, accounts.fails_behind);
    accounts.fails_behind = None;
    let done = reindex(&index, &accounts, last, |_| {}).await.unwrap();
    assert_eq!(done.accounts, 2 * PAGE_SIZE as u64);
    assert_eq!(accounts.stored.lock().unwrap().len(), 3 * PAGE_SIZE);
}

#[tokio::test]
async fn a_source_that_gives_the_same_page_for_ever_is_an_error() {
    let accounts = Accounts { ignores_after: true, ..accounts(3) };
    let run = reindex(&index(IdentityRules::default()), &accounts, None, |_| {}).await;
    assert!(matches!(run, Err(ReindexError::NotAdvancing)));
}
