//! Several probes: one account, or nothing.

use regain::identity::{
    Attribute, BlindIndex, IdentityClaims, IdentityRules, Person, Resolution, TypedClaims, resolve_probes,
};

use crate::{claims, index, person};

fn by_birth_date_and_family_name() -> BlindIndex {
    let rules = IdentityRules::builder()
        .identifying(Attribute::Email)
        .danger_combination([Attribute::BirthDate, Attribute::FamilyName])
        .build()
        .unwrap();
    index(rules)
}

#[test]
fn a_record_number_decides_unless_the_combination_leads_elsewhere() {
    assert_eq!(resolve_probes(vec![1], vec![]), Resolution::One(1));
    assert_eq!(resolve_probes(vec![1, 1], vec![1]), Resolution::One(1));
    assert_eq!(resolve_probes(vec![1], vec![1, 2]), Resolution::One(1));
    assert_eq!(resolve_probes(vec![1], vec![2, 3]), Resolution::One(1), "many people are born on one day");
    assert_eq!(resolve_probes(vec![1], vec![2]), Resolution::Ambiguous, "two probes, two accounts");
    assert_eq!(
        resolve_probes(vec![1, 2], vec![1]),
        Resolution::Ambiguous,
        "a number and an e-mail of two people"
    );
    assert_eq!(resolve_probes(vec![], vec![2]), Resolution::One(2));
    assert_eq!(resolve_probes(vec![], vec![2, 3]), Resolution::Ambiguous);
    assert_eq!(resolve_probes(Vec::<u8>::new(), vec![]), Resolution::None);
}

/// The number of look-ups says nothing about what was typed, and none is empty.
#[test]
fn every_ask_is_looked_up_as_often_as_any_other() {
    let combined = by_birth_date_and_family_name();
    for typed in [
        claims("Ana", "Silva", "1980-02-29", "MRN-0042"),
        claims("Ana", "Silva", "1980-02-29", ""),
        claims("Ana", "", "", "MRN-0042"),
        claims("", "Müller", "1980-02-29", ""),
    ] {
        let probes = combined.probes(&typed).unwrap();
        assert!(!probes.identifying().values().is_empty());
        assert!(!probes.combined().unwrap().values().is_empty());
    }
    let single = index(IdentityRules::default());
    assert!(single.probes(&claims("Ana", "Silva", "1980-02-29", "1")).unwrap().combined().is_none());
    for nobody in [claims("Ana", "", "", ""), claims("", "", "1980-02-31", "1"), claims("", "", "", "")] {
        assert!(combined.probes(&nobody).is_none());
    }
    assert_eq!(format!("{:?}", single.probes(&claims("", "", "", "1")).unwrap()), "Probes(..)");
}

#[test]
fn what_stands_for_nothing_to_look_up_is_on_nobodys_account() {
    let index = by_birth_date_and_family_name();
    let entries = index.entries_for(&person("Ana", "Silva").with_email("ana@example.org"));
    assert_eq!(entries.len(), 3);
    let probes = index.probes(&claims("Ana", "Silva", "1980-02-29", "")).unwrap();
    let has =
        |key: &regain::identity::IdentityKey| entries.iter().any(|entry| key.values().contains(&entry.value));
    assert!(has(probes.combined().unwrap()) && !has(probes.identifying()));
    let probes = index.probes(&claims("Ana", "", "", "MRN-0042")).unwrap();
    assert!(has(probes.identifying()) && !has(probes.combined().unwrap()));
}

/// A twin who is not registered has a number of her own.
#[test]
fn another_record_number_contradicts_and_a_slip_does_not() {
    let index = by_birth_date_and_family_name();
    let contradicts = |typed: &IdentityClaims, on_file: &Person| index.rules().contradicts(typed, on_file);
    let ana = person("Ana", "Silva");
    for number in ["MRN-0042", "mrn 0042", "MRN-0043", "MRN-0024", "MRN-042", "MRN-00421", ""] {
        assert!(!contradicts(&claims("Ana", "Silva", "1980-02-29", number), &ana), "{number}");
    }
    for number in ["MRN-0951", "7", "MRN-4200", "x".repeat(300).as_str()] {
        assert!(contradicts(&claims("Ana", "Silva", "1980-02-29", number), &ana), "{number}");
    }
    let typed = TypedClaims { email: "other@example.org".into(), ..TypedClaims::default() };
    assert!(!contradicts(&IdentityClaims::new(typed), &ana.with_email("ana@example.org")));
    assert!(!contradicts(&claims("Ana", "Silva", "", "MRN-0951"), &Person::new("Ana", "Silva")));
}
