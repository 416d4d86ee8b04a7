//! What the bearer of a link meets.

use super::*;
use futures_util::future::join_all;
use regain::factor::FactorProof;
use regain::password::Password;
use time::Duration;

/// SQ-1: after the link, and before the password.
#[tokio::test]
async fn a_link_alone_does_not_choose_a_password_where_there_are_questions() {
    let world = World::new();
    let ana = questioned(&world, "Ana").await;
    let link = world.fresh_link(&ana).await;
    assert_eq!(world.recovery.look(&link).await.unwrap().question, QuestionGate::Asks);
    assert_eq!(choose(&world, &link).await, Err(RecoveryError::QuestionNeeded));
    // The meter is of this step, too: it knows the person's own data.
    let weighed = world.recovery.weigh_password(&link, &Password::new("x")).await;
    assert_eq!(weighed, Err(RecoveryError::QuestionNeeded));
    assert_eq!(answer(&world, &link, "the OLD quarry.").await, Ok(QuestionGate::Open));
    assert_eq!(asked(&world, &link).await, None);
    assert_eq!(choose(&world, &link).await, Ok(Chosen::Done));
    assert_eq!(lines(&world, "account.factor_accepted").await, 1);
}

/// SQ-1: without a live link there is no question, whoever asks.
#[tokio::test]
async fn nothing_but_a_live_link_brings_a_question_up() {
    let world = World::new();
    let ana = questioned(&world, "Ana").await;
    let bo = questioned(&world, "Bo").await;
    let first = world.fresh_link(&ana).await;
    let second = world.fresh_link(&ana).await;
    assert_eq!(world.recovery.question(&first).await, Err(RecoveryError::LinkNotUsable));
    assert_eq!(answer(&world, &first, CHOSEN[0].1).await, Err(RecoveryError::LinkNotUsable));
    world.clock.advance(Duration::minutes(31));
    assert_eq!(world.recovery.question(&second).await, Err(RecoveryError::LinkNotUsable));
    assert_eq!(answer(&world, &second, CHOSEN[0].1).await, Err(RecoveryError::LinkNotUsable));
    // An answer counts for one link of one account.
    let (of_ana, of_bo) = (world.fresh_link(&ana).await, world.fresh_link(&bo).await);
    answer(&world, &of_ana, CHOSEN[0].1).await.unwrap();
    assert_eq!(choose(&world, &of_bo).await, Err(RecoveryError::QuestionNeeded));
    world.clock.advance(Duration::HOUR);
    let next = world.fresh_link(&ana).await;
    assert_eq!(choose(&world, &next).await, Err(RecoveryError::QuestionNeeded));
}

/// SQ-2.
#[tokio::test]
async fn the_same_question_stays_through_a_hundred_looks_and_new_links() {
    let world = World::new();
    let ana = questioned(&world, "Ana").await;
    let link = world.fresh_link(&ana).await;
    for _ in 0..100 {
        assert_eq!(asked(&world, &link).await.as_deref(), Some("learnt-to-swim"));
    }
    assert_eq!(answer(&world, &link, "no idea").await, Err(RecoveryError::AnswerNotAccepted));
    let next = world.fresh_link(&ana).await;
    assert_eq!(asked(&world, &next).await.as_deref(), Some("learnt-to-swim"));
    answer(&world, &next, CHOSEN[0].1).await.unwrap();
    world.clock.advance(Duration::HOUR);
    let later = world.fresh_link(&ana).await;
    assert_eq!(asked(&world, &later).await.as_deref(), Some("first-job-town"));
}

/// SQ-5: counted in silence; the right answer after the last try is a wrong one.
#[tokio::test]
async fn five_answers_are_compared_for_one_link() {
    let world = World::new();
    let ana = questioned(&world, "Ana").await;
    let link = world.fresh_link(&ana).await;
    for _ in 0..5 {
        assert_eq!(answer(&world, &link, "no idea").await, Err(RecoveryError::AnswerNotAccepted));
    }
    assert_eq!(answer(&world, &link, CHOSEN[0].1).await, Err(RecoveryError::AnswerNotAccepted));
    let next = world.fresh_link(&ana).await;
    assert_eq!(answer(&world, &next, CHOSEN[0].1).await, Ok(QuestionGate::Open));
}

/// SQ-5, RL-1, RL-3.
#[tokio::test]
async fn ten_wrong_answers_in_a_row_shut_the_gate_and_a_right_one_starts_anew() {
    let world = World::new();
    let ana = questioned(&world, "Ana").await;
    for (wrong, then) in [(9, Ok(QuestionGate::Open)), (10, Err(RecoveryError::AnswerNotAccepted))] {
        for number in 0..wrong {
            if number % 4 == 0 {
                world.clock.advance(Duration::DAY);
            }
            let link = world.fresh_link(&ana).await;
            assert_eq!(answer(&world, &link, "no idea").await, Err(RecoveryError::AnswerNotAccepted));
        }
        world.clock.advance(Duration::DAY);
        let link = world.fresh_link(&ana).await;
        let right = asked(&world, &link).await;
        let right = CHOSEN.iter().find(|(code, _)| Some(*code) == right.as_deref()).map_or("", |(_, it)| it);
        assert_eq!(answer(&world, &link, right).await, then, "after {wrong}");
    }
    let link = world.fresh_link(&ana).await;
    assert_eq!(world.recovery.look(&link).await.unwrap().question, QuestionGate::Shut);
    assert_eq!(asked(&world, &link).await, None);
    assert_eq!(choose(&world, &link).await, Err(RecoveryError::QuestionNeeded));
}

#[tokio::test]
async fn of_64_answers_at_a_time_five_are_compared() {
    let world = World::new();
    let ana = questioned(&world, "Ana").await;
    let link = world.fresh_link(&ana).await;
    let guesses = (0..64).map(|number| {
        let (world, link) = (&world, &link);
        async move { answer(world, link, &format!("guess {number}")).await }
    });
    let refused = join_all(guesses).await;
    assert!(refused.iter().all(|answer| *answer == Err(RecoveryError::AnswerNotAccepted)));
    assert_eq!(answer(&world, &link, CHOSEN[0].1).await, Err(RecoveryError::AnswerNotAccepted));
    // The account's own counter has seen the five, and no more.
    world.clock.advance(Duration::DAY);
    for _ in 0..4 {
        let link = world.fresh_link(&ana).await;
        assert_eq!(answer(&world, &link, "no idea").await, Err(RecoveryError::AnswerNotAccepted));
    }
    world.clock.advance(Duration::DAY);
    let link = world.fresh_link(&ana).await;
    assert_eq!(answer(&world, &link, CHOSEN[0].1).await, Ok(QuestionGate::Open));
}

/// EN-2: one hash, whatever comes of it.
#[tokio::test]
async fn every_answer_costs_one_hash() {
    let world = World::new();
    let ana = questioned(&world, "Ana").await;
    let link = world.fresh_link(&ana).await;
    for typed in ["no idea", "no idea", "no idea", "no idea", "no idea", "not counted", "no idea"] {
        world.hasher.take_verifications();
        assert_eq!(answer(&world, &link, typed).await, Err(RecoveryError::AnswerNotAccepted));
        assert_eq!(world.hasher.take_verifications(), 1, "{typed}");
    }
}

/// SQ-1, MF-1: in addition to the factor, and after it.
#[tokio::test]
async fn an_answer_never_stands_in_for_the_factor() {
    let world = World::new();
    let ana = questioned(&world, "Ana").await;
    let secret = bind(&world, &ana).await;
    let link = world.fresh_link(&ana).await;
    assert_eq!(world.recovery.question(&link).await, Err(RecoveryError::FactorNeeded));
    assert_eq!(answer(&world, &link, CHOSEN[0].1).await, Err(RecoveryError::FactorNeeded));
    world.clock.advance(Duration::MINUTE);
    let proof = FactorProof::Totp(code(&world, &secret));
    let view = world.recovery.prove_factor(&link, &proof, &world.client()).await.unwrap();
    assert!(!view.factor_needed && view.question == QuestionGate::Asks);
    assert_eq!(choose(&world, &link).await, Err(RecoveryError::QuestionNeeded));
    answer(&world, &link, CHOSEN[0].1).await.unwrap();
    assert_eq!(choose(&world, &link).await, Ok(Chosen::Done));
}

#[tokio::test]
async fn what_is_no_answer_is_a_wrong_one() {
    let world = World::new();
    let ana = questioned(&world, "Ana").await;
    let long = "the old quarry ".repeat(1_000_000);
    for typed in ["", "\0", "!?", &long] {
        let link = world.fresh_link(&ana).await;
        assert_eq!(answer(&world, &link, typed).await, Err(RecoveryError::AnswerNotAccepted));
        world.clock.advance(Duration::DAY);
    }
}
