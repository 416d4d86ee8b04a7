//! Which rules build.

use regain::identity::{Attribute, BlindIndex, IdentityRules, RulesError};

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
