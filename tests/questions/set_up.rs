//! Choosing questions, and taking them away.

use super::*;
use regain::factor::AnswerRefused;
use regain::password::Password;
use regain::recovery::SignInStep;
use regain::security::ChangeRefused;
use time::Duration;

fn refused(why: AnswerRefused) -> RecoveryError {
    RecoveryError::ChangeRefused(ChangeRefused::Answer(why))
}

async fn set(world: &World, who: &Someone, chosen: &[(&str, &str)]) -> Result<(), RecoveryError> {
    signed_in(world, who, AuthLevel::Password).set_questions(&answers(chosen)).await
}

/// SQ-4.
#[tokio::test]
async fn an_answer_that_others_know_is_refused() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let email = ana.email.to_string();
    let table: [(&str, AnswerRefused); 8] = [
        (&ana.username, AnswerRefused::Known),
        (&email, AnswerRefused::Known),
        (&ana.claims.family_name, AnswerRefused::Known),
        (&ana.password, AnswerRefused::Password),
        ("password", AnswerRefused::Common),
        ("n/a", AnswerRefused::Common),
        ("swim", AnswerRefused::Known),
        ("Lower Aldermoor", AnswerRefused::Repeated),
    ];
    for (typed, why) in table {
        let chosen = [("learnt-to-swim", typed), CHOSEN[1], CHOSEN[2]];
        assert_eq!(set(&world, &ana, &chosen).await, Err(refused(why)), "{why:?}");
        world.clock.advance(Duration::HOUR);
    }
    assert!(signed_in(&world, &ana, AuthLevel::Password).list().await.unwrap().questions.is_empty());
}

/// SQ-4: from the list, three of them, each once.
#[tokio::test]
async fn there_are_no_questions_but_those_of_the_list() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let [one, two, three] = CHOSEN;
    for chosen in [&[][..], &[one, two], &[one, two, two], &[one, two, ("my own?", "Quarry")]] {
        assert_eq!(set(&world, &ana, chosen).await, Err(refused(AnswerRefused::Question)));
    }
    assert_eq!(set(&world, &ana, &[one, two, three]).await, Ok(()));
    let info = signed_in(&world, &ana, AuthLevel::Password);
    assert_eq!(info.list().await.unwrap().questions, CHOSEN.map(|(code, _)| code));
    assert_eq!(info.question_list().len(), 10);
}

/// SQ-6, MF-8.
#[tokio::test]
async fn a_change_needs_the_accounts_highest_level_a_short_time_ago() {
    let world = World::new();
    let ana = questioned(&world, "Ana").await;
    bind(&world, &ana).await;
    let weak = signed_in(&world, &ana, AuthLevel::Password);
    assert_eq!(weak.set_questions(&answers(&CHOSEN)).await, Err(RecoveryError::StepUpRequired));
    assert_eq!(weak.remove_questions().await, Err(RecoveryError::StepUpRequired));
    let strong = signed_in(&world, &ana, AuthLevel::SecondFactor);
    world.clock.advance(Duration::HOUR);
    assert_eq!(strong.remove_questions().await, Err(RecoveryError::StepUpRequired));
    let fresh = signed_in(&world, &ana, AuthLevel::SecondFactor);
    assert_eq!(fresh.remove_questions().await, Ok(()));
    let gone = RecoveryError::ChangeRefused(ChangeRefused::NotThere);
    assert_eq!(fresh.remove_questions().await, Err(gone));
}

/// RC-7, NO-1.
#[tokio::test]
async fn a_change_ends_links_and_every_address_hears_of_it() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    set(&world, &ana, &CHOSEN).await.unwrap();
    assert_eq!(world.recovery.look(&link).await, Err(RecoveryError::LinkNotUsable));
    let link = world.fresh_link(&ana).await;
    signed_in(&world, &ana, AuthLevel::Password).remove_questions().await.unwrap();
    assert_eq!(world.recovery.look(&link).await, Err(RecoveryError::LinkNotUsable));
    world.work().await;
    let told = world.subjects_to(&ana).into_iter().filter(|subject| subject.contains("questions")).count();
    assert_eq!(told, 2);
    assert_eq!(lines(&world, "account.questions_set").await, 1);
    assert_eq!(lines(&world, "account.questions_removed").await, 1);
}

/// SQ-1: they are asked behind a link, and nowhere else.
#[tokio::test]
async fn signing_in_asks_no_question() {
    let world = World::new();
    let ana = questioned(&world, "Ana").await;
    let signed =
        world.recovery.sign_in(&ana.identifier(), &Password::new(&*ana.password), &world.client()).await;
    assert!(matches!(signed, Ok(SignInStep::SignedIn(_))));
}

/// Hashing is counted before it is done.
#[tokio::test]
async fn nobody_has_answers_hashed_without_end() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let mut done = 0;
    while set(&world, &ana, &CHOSEN).await.is_ok() {
        done += 1;
        assert!(done < 100);
    }
    let hashed = || world.hasher.take_hashes() + world.hasher.take_verifications();
    assert!(hashed() > 0);
    let limited = set(&world, &ana, &CHOSEN).await;
    assert!(matches!(limited, Err(RecoveryError::TooManyAttempts { .. })), "{limited:?}");
    assert_eq!(hashed(), 0);
}
