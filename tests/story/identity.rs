//! Forgot username: whom claims lead to, with slips, and with more than one way to look for a person.

use regain::account::Account;
use regain::identity::{Attribute, IdentityClaims, IdentityRules, Person, TypedClaims};
use regain::testing::{Someone, World};
use time::Duration;
use time::macros::date;

/// Looks also for birth date and family name.
fn world() -> World {
    let rules = IdentityRules::builder()
        .danger_combination([Attribute::BirthDate, Attribute::FamilyName])
        .build()
        .unwrap();
    World::builder().configure(|builder| builder.identity(rules)).build()
}

fn weber(given: &str, number: &str) -> impl FnOnce(&mut Account) + Send {
    let person =
        Person::new(given, "Weber").with_birth_date(date!(1980 - 02 - 29)).with_record_number(number);
    move |account| account.person = Some(person)
}

/// Whether the username goes to this person when somebody types that.
async fn reaches(world: &World, who: &Someone, [given, family, born, number]: [&str; 4]) -> bool {
    // A budget of its own for each ask.
    world.clock.advance(Duration::DAY);
    let before = world.subjects_to(who).len();
    let claims = IdentityClaims::new(TypedClaims {
        given_name: given.into(),
        family_name: family.into(),
        birth_date: born.into(),
        record_number: number.into(),
        ..TypedClaims::default()
    });
    world.recovery.ask_username(&claims, &world.client()).await.unwrap();
    world.work().await;
    world.subjects_to(who).len() > before
}

#[tokio::test]
async fn whoever_mistypes_the_record_number_is_found_by_family_name_and_birth_date() {
    let world = world();
    let ana = world.person_with("ana", weber("Ana", "MRN-4711")).await;
    assert!(reaches(&world, &ana, ["Ana", "Weber", "1980-02-29", "MRN-4711"]).await);
    assert!(reaches(&world, &ana, ["Ana", "Weber", "1980-02-29", "MRN-4712"]).await);
    assert!(reaches(&world, &ana, ["Ana", "Weber", "1980-02-29", ""]).await);
    let world = World::new();
    let ana = world.person_with("ana", weber("Ana", "MRN-4711")).await;
    assert!(!reaches(&world, &ana, ["Ana", "Weber", "1980-02-29", "MRN-4712"]).await, "not by default");
}

#[tokio::test]
async fn a_slip_in_a_name_or_in_the_birth_date_is_forgiven() {
    let world = World::new();
    let ana = world.person_with("ana", weber("Annemarie", "MRN-4711")).await;
    assert!(reaches(&world, &ana, ["Annemaire", "Webre", "1980-02-28", "MRN-4711"]).await);
    assert!(!reaches(&world, &ana, ["Annemarie", "Weber", "1981-03-17", "MRN-4711"]).await);
}

/// Two probes that lead to different accounts: one of the two was mistyped, and nobody knows which.
#[tokio::test]
async fn a_record_number_of_one_and_a_birth_date_of_another_reach_nobody() {
    let world = world();
    let ana = world.person_with("ana", weber("Ana", "MRN-4711")).await;
    let eva = world
        .person_with("eva", |account| {
            let eva = Person::new("Ana", "Silva").with_birth_date(date!(1971 - 07 - 13));
            account.person = Some(eva.with_record_number("MRN-1234"));
        })
        .await;
    for who in [&ana, &eva] {
        assert!(!reaches(&world, who, ["Ana", "Weber", "1980-02-29", "MRN-1234"]).await);
        assert!(!reaches(&world, who, ["Ana", "Silva", "1971-07-13", "MRN-4711"]).await);
    }
}

/// ID-10: the combination leads to both; the record number decides, and the given name has to agree with it.
#[tokio::test]
async fn twins_are_told_apart_by_number_and_name_together() {
    let world = world();
    let marie = world.person_with("marie", weber("Marie", "MRN-4711")).await;
    let maria = world.person_with("maria", weber("Maria", "MRN-1234")).await;
    assert!(reaches(&world, &marie, ["Marie", "Weber", "1980-02-29", "MRN-4711"]).await);
    assert!(reaches(&world, &maria, ["Maria", "Weber", "1980-02-29", "MRN-1234"]).await);
    for who in [&marie, &maria] {
        assert!(
            !reaches(&world, who, ["Marie", "Weber", "1980-02-29", "MRN-1234"]).await,
            "her sister's card"
        );
        assert!(
            !reaches(&world, who, ["Maria", "Weber", "1980-02-29", "MRN-4711"]).await,
            "her sister's card"
        );
    }
}

/// Only one of them has an account; the other has a number of her own, and the same birth date.
#[tokio::test]
async fn a_twin_without_an_account_does_not_find_her_sisters() {
    let world = world();
    let marie = world.person_with("marie", weber("Marie", "MRN-4711")).await;
    assert!(!reaches(&world, &marie, ["Maria", "Weber", "1980-02-29", ""]).await);
    assert!(
        !reaches(&world, &marie, ["Marie", "Weber", "1980-02-29", "MRN-9050"]).await,
        "a namesake's number"
    );
}
