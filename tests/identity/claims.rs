//! What people say of themselves.

use std::collections::BTreeMap;

use proptest::prelude::*;
use regain::identity::{
    Attribute, AttributeName, BlindIndex, EmailAddress, Identifier, IdentityClaims, IdentityRules,
    MAX_FIELD_BYTES, TypedClaims,
};
use time::macros::date;

use crate::{claims, index, person};

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
    assert!(with(|typed| typed.record_number = "12\x003".into()));
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
    let custom = |name: &str| AttributeName::new(name).unwrap();
    let rules = IdentityRules::builder().identifying(Attribute::Email).identifying(Attribute::Phone);
    let index = index(rules.custom_identifying(custom("policy")).build().unwrap());
    assert_eq!(index.probe(&again).values().len(), 4);
    assert_eq!(index.probe(&again), index.probe(&claims));
    assert!(!again.is_malformed());
    assert!(IdentityRules::default().agrees(&again, &person("Zo\u{EB}", "M\u{FC}ller")));
    for cut in 0..bytes.len() {
        if let Some(shorter) = IdentityClaims::from_bytes(&bytes[..cut]) {
            assert_eq!(shorter.to_bytes().as_slice(), &bytes[..cut], "{cut}");
        }
    }
    assert!(IdentityClaims::from_bytes(&[bytes.as_slice(), b"x"].concat()).is_none());
}

/// ID-5
#[test]
fn claims_that_were_cut_stay_malformed_when_stored() {
    let long = claims(&"a".repeat(MAX_FIELD_BYTES + 1), "Silva", "1980-02-29", "1");
    assert!(IdentityClaims::from_bytes(&long.to_bytes()).unwrap().is_malformed());
}

/// One way only to write the same claims, and nothing longer than a page can send.
#[test]
fn other_bytes_than_claims_are_refused() {
    let field = |text: &str| [&u32::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat();
    let with = |given: &str, attributes: &[&str]| {
        let plain = [given, "", "", "", "", ""];
        let fields: Vec<u8> = plain.iter().chain(attributes).flat_map(|text| field(text)).collect();
        IdentityClaims::from_bytes(&[vec![1, 0], fields].concat())
    };
    assert!(with("Ana", &["policy", "1", "ward", "2"]).is_some());
    assert!(with("Ana", &["ward", "2", "policy", "1"]).is_none());
    assert!(with("Ana", &["ward", "2", "ward", "1"]).is_none());
    assert!(with("Ana", &["Ward", "2"]).is_none());
    assert!(with("Ana", &["ward"]).is_none());
    assert!(with(&"a".repeat(MAX_FIELD_BYTES), &[]).is_some());
    assert!(with(&"a".repeat(MAX_FIELD_BYTES + 1), &[]).is_none());
    assert!(IdentityClaims::from_bytes(&[2, 0]).is_none());
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

proptest! {
    /// ID-5
    #[test]
    fn claims_from_arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = IdentityClaims::from_bytes(&bytes);
    }

    /// Bytes that are nearly right: mostly the zeros of short lengths.
    #[test]
    fn bytes_that_are_claims_are_written_the_same_again(
        cut in 0..4_u8,
        fields in prop::collection::vec(prop_oneof![12 => Just(0_u8), 1 => 0..3_u8], 24..28),
    ) {
        let bytes = [vec![1, cut], fields].concat();
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
        prop_assert_eq!(index.probe(&claims).values().is_empty(), claims.is_malformed() || record.trim().is_empty());
        prop_assert!(!index.budget_subjects(&claims).is_empty());
        let _ = IdentityRules::default().agrees(&claims, &person(&given, &family));
        let again = IdentityClaims::from_bytes(&claims.to_bytes()).unwrap();
        prop_assert_eq!(again.to_bytes(), claims.to_bytes());
    }
}
