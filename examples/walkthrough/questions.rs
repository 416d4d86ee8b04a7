//! Security questions: one more gate behind a link, and never anything instead of something.

use crate::people::{Patient, choose};
use crate::protection::{security, session};
use crate::{Outcome, Portal, asker, expect, somewhere, step};
use regain::RecoveryError;
use regain::factor::Answer;
use regain::recovery::QuestionGate;

const CHOSEN: [(&str, &str); 3] = [
    ("learnt-to-swim", "The old quarry"),
    ("first-job-town", "Lower Aldermoor"),
    ("first-concert", "The Blue Herons"),
];
const NEW: &str = "eleven brass thimbles in a row";

pub async fn scenes(portal: &Portal) -> Outcome {
    step("Gita signs in and chooses three security questions");
    let gita = Patient::moves_in(portal, "gita.rao", ("Gita", "Rao"), &["gita@home.example"]).await?;
    let signed_in = gita.whole_sign_in(portal).await?;
    let answers = CHOSEN.map(|(code, answer)| (code.to_owned(), Answer::new(answer)));
    security(portal, &session(&signed_in, 6)).set_questions(&answers).await?;
    portal.work().await?;

    step("She forgot her password: behind the link stands a question");
    let link = gita.link(portal).await?;
    let alone = choose(portal, &link, NEW).await;
    println!("  with the link alone: {alone:?}");
    expect(alone == Err(RecoveryError::QuestionNeeded), "the link alone sets no password")?;
    let asked = portal.recovery.question(&link).await?.ok_or("one of the three is asked")?;
    println!("  she is asked: {}", asked.code);
    let again = portal.recovery.question(&link).await?.ok_or("it is asked again")?;
    expect(asked.code == again.code, "the same question stays, however often she looks")?;
    let wrong = portal.recovery.answer_question(&link, &Answer::new("no idea"), &somewhere()).await;
    expect(wrong.map(drop) == Err(RecoveryError::AnswerNotAccepted), "a wrong answer opens nothing")?;
    let right = CHOSEN.iter().find(|(code, _)| *code == asked.code).ok_or("it is one that she chose")?.1;
    let typed = Answer::new(right.to_uppercase());
    let view = portal.recovery.answer_question(&link, &typed, &somewhere()).await?;
    asker(&view);
    expect(view.question == QuestionGate::Open, "the right one does, whatever its capitals")?;
    choose(portal, &link, NEW).await?;
    expect(gita.sign_in(portal, NEW).await.is_ok(), "link and answer set the password")?;
    expect(gita.sign_in(portal, gita.password).await.is_err(), "and the old one is over")?;
    portal.work().await
}
