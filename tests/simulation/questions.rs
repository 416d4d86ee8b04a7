//! Security questions: owners set them, answer them behind a link, and slip; others guess.

use crate::calls::client;
use crate::factors::Change;
use crate::people::Resident;
use crate::stage::SECOND;
use crate::town::Town;
use futures_util::future::join;
use regain::factor::{Answer, QUESTIONS};
use regain::recovery::{LinkView, QuestionGate};
use regain::security::{Answered, AuthSession};
use regain::{RecoveryError, RecoveryToken};
use std::sync::Arc;

type Replied<T> = Option<Result<T, RecoveryError>>;

const PLACES: [&str; 8] =
    ["Lake Siljan", "Orbigo", "Quarry Road", "Tollund", "Wadi Rum", "Ballybunion", "Zaragoza", "Ekoln"];

impl Town {
    async fn set_questions(
        self: &Arc<Self>,
        node: usize,
        session: &AuthSession,
        answers: Vec<(String, String)>,
        from: u64,
    ) -> Replied<()> {
        let change = Change { what: "set questions", session };
        self.change(node, change, move |town, recovery, session| async move {
            town.oracle.acting(&session.account, session.level, None, None);
            let plain: Vec<String> = answers.iter().map(|(_, answer)| answer.clone()).collect();
            town.oracle.sets_questions(&plain);
            let answered: Vec<Answered> =
                answers.into_iter().map(|(code, answer)| (code, Answer::new(answer))).collect();
            recovery.security_info(&session, &client(from)).set_questions(&answered).await
        })
        .await
    }

    async fn remove_questions(
        self: &Arc<Self>,
        node: usize,
        session: &AuthSession,
        from: u64,
    ) -> Replied<()> {
        let change = Change { what: "set questions", session };
        self.change(node, change, move |town, recovery, session| async move {
            town.oracle.acting(&session.account, session.level, None, None);
            recovery.security_info(&session, &client(from)).remove_questions().await
        })
        .await
    }

    /// The code of the question behind a link.
    async fn question(self: &Arc<Self>, node: usize, token: &str) -> Option<String> {
        let (town, token) = (self.clone(), token.to_owned());
        let asked = self.call(node, "look", |recovery, clock| async move {
            town.oracle.presenting(&clock, &token, None);
            let token = RecoveryToken::parse(&token).ok()?;
            recovery.question(&token).await.ok().flatten().map(|question| question.code)
        });
        asked.await.flatten()
    }

    pub async fn answer_question(
        self: &Arc<Self>,
        node: usize,
        token: &str,
        text: &str,
        from: u64,
    ) -> Replied<LinkView> {
        let (town, token, text) = (self.clone(), token.to_owned(), text.to_owned());
        self.call(node, "answer", |recovery, clock| async move {
            let choice = town.oracle.presenting(&clock, &token, None);
            town.oracle.answering(&text);
            let answer = match RecoveryToken::parse(&token) {
                Ok(token) => {
                    recovery.answer_question(&token, &Answer::new(text.as_str()), &client(from)).await
                }
                Err(_) => Err(RecoveryError::LinkNotUsable),
            };
            town.oracle.answered(&choice, &answer);
            town.stage.note(&format!("n{node} answer {text:?} for a link gives {:?}", answer.as_ref().err()));
            answer
        })
        .await
    }
}

/// Somebody is signed in, and sets other questions, or takes them away.
pub async fn set_or_remove(town: &Arc<Town>, me: &Resident, session: &AuthSession) {
    let node = town.any_node();
    if town.stage.dice().permille(150) {
        drop(town.remove_questions(node, session, me.network).await);
        return;
    }
    let answers: Vec<(String, String)> = {
        let mut dice = town.stage.dice();
        let list = regain::factor::QuestionList::default();
        let first = dice.index(list.all().len());
        let codes = list.all().iter().cycle().skip(first).take(QUESTIONS);
        codes
            .enumerate()
            .map(|(place, question)| (question.code.clone(), format!("{} {place}", dice.pick(&PLACES))))
            .collect()
    };
    // Whatever answer comes, these are the ones that they remember.
    me.kit.remember_answers(&answers);
    drop(town.set_questions(node, session, answers, me.network).await);
}

/// Answers what the page behind the link asks. Whoever has forgotten goes on all the same.
pub async fn answer_for_link(town: &Arc<Town>, me: &Resident, token: &str) {
    if !town.weather.profile.questions || town.stage.dice().permille(100) {
        return;
    }
    let Some(Ok(view)) = town.look(town.any_node(), token).await else { return };
    if view.factor_needed || view.question != QuestionGate::Asks {
        return;
    }
    for _ in 0..3 {
        let Some(code) = town.question(town.any_node(), token).await else { return };
        let slips = town.stage.dice().permille(250);
        let text = me.kit.answer(&code).filter(|_| !slips).unwrap_or_else(|| "I cannot remember".to_owned());
        let (here, there) = (town.any_node(), town.any_node());
        let first = town.answer_question(here, token, &text, me.network);
        let accepted = if town.stage.dice().permille(200) {
            let second = town.answer_question(there, token, &text, me.network);
            let (first, second) = join(first, second).await;
            matches!(first, Some(Ok(_))) || matches!(second, Some(Ok(_)))
        } else {
            matches!(first.await, Some(Ok(_)))
        };
        if accepted {
            return;
        }
        let pause = town.stage.dice().between(0, 20 * SECOND);
        town.stage.sleep(pause).await;
    }
}

/// They read the mail of others, and guess answers: a place that many come from.
pub async fn attack(town: &Arc<Town>, node: usize, network: u64) {
    let links = town.oracle.links_with_question();
    if links.is_empty() {
        return;
    }
    let (token, times) = {
        let mut dice = town.stage.dice();
        (dice.pick(&links).clone(), if dice.permille(300) { 12 } else { 1 + dice.below(4) })
    };
    for _ in 0..times {
        let guess = {
            let mut dice = town.stage.dice();
            format!("{} {}", dice.pick(&PLACES), dice.below(QUESTIONS as u64))
        };
        drop(town.answer_question(node, &token, &guess, network).await);
    }
    drop(town.choose(node, &token, "the burglar's own long password", network).await);
    town.stage.tally("questions guessed at");
}
