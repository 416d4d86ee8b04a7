//! The calls that people make, each with the oracle listening to the answer.

use crate::oracle::Typed;
use crate::stage::Stage;
use crate::town::Town;
use regain::identity::{Identifier, IdentityClaims, TypedClaims};
use regain::ids::AccountId;
use regain::password::Password;
use regain::recovery::{Chosen, LinkView, Receipt, SignInStep};
use regain::{Client, RecoveryError, RecoveryToken};
use std::net::Ipv6Addr;
use std::sync::Arc;

type Answer<T> = Option<Result<T, RecoveryError>>;

/// A client in some network.
pub fn client(network: u64) -> Client {
    Client::at(Ipv6Addr::from_bits(u128::from(network) << 64).into())
}

fn tell<T: std::fmt::Debug>(stage: &Stage, node: usize, what: &str, answer: &Result<T, RecoveryError>) {
    stage.note(&format!("n{node} {what} #{} answers {answer:?}", stage.doing().id));
}

impl Town {
    pub async fn ask_password(
        self: &Arc<Self>,
        node: usize,
        typed: Typed,
        text: &str,
        from: u64,
    ) -> Answer<Receipt> {
        let (town, text) = (self.clone(), text.to_owned());
        let serve = move |recovery: regain::Recovery, _| async move {
            let identifier = Identifier::parse(&text);
            town.oracle.asking(&typed, identifier.canonical());
            let answer = recovery.ask_password(&identifier, &client(from)).await;
            town.oracle.asked(&answer);
            tell(&town.stage, node, &format!("ask {text}"), &answer);
            answer
        };
        self.call(node, "ask", serve).await
    }

    pub async fn ask_username(
        self: &Arc<Self>,
        node: usize,
        typed: Typed,
        claims: TypedClaims,
        from: u64,
    ) -> Answer<Receipt> {
        let town = self.clone();
        let serve = move |recovery: regain::Recovery, _| async move {
            town.oracle.asking(&typed, &format!("claims {}", claims.record_number));
            let answer = recovery.ask_username(&IdentityClaims::new(claims), &client(from)).await;
            town.oracle.asked(&answer);
            tell(&town.stage, node, "ask for a username", &answer);
            answer
        };
        self.call(node, "ask", serve).await
    }

    pub async fn look(self: &Arc<Self>, node: usize, token: &str) -> Answer<LinkView> {
        let (town, token) = (self.clone(), token.to_owned());
        self.call(node, "look", |recovery, clock| async move {
            let choice = town.oracle.presenting(&clock, &token, None);
            let answer = match recovery.read_token(&token) {
                Ok(token) => recovery.look(&token).await,
                Err(error) => Err(error),
            };
            town.oracle.looked(&choice, &answer);
            tell(&town.stage, node, "look", &answer.as_ref().map(drop).map_err(Clone::clone));
            answer
        })
        .await
    }

    pub async fn choose(
        self: &Arc<Self>,
        node: usize,
        token: &str,
        password: &str,
        from: u64,
    ) -> Answer<Chosen> {
        let (town, token, password) = (self.clone(), token.to_owned(), password.to_owned());
        self.call(node, "choose", |recovery, clock| async move {
            let choice = town.oracle.presenting(&clock, &token, Some(&password));
            let answer = match recovery.read_token(&token) {
                Ok(token) => {
                    recovery.choose_password(&token, &Password::new(password.as_str()), &client(from)).await
                }
                Err(error) => Err(error),
            };
            town.oracle.chose(&choice, &answer);
            tell(&town.stage, node, &format!("choose {password:?}"), &answer);
            answer
        })
        .await
    }

    pub async fn disown(self: &Arc<Self>, node: usize, token: &str, from: u64) -> Answer<()> {
        let (town, token) = (self.clone(), token.to_owned());
        self.call(node, "disown", |recovery, clock| async move {
            let choice = town.oracle.presenting(&clock, &token, None);
            let answer = match RecoveryToken::parse(&token) {
                Ok(token) => recovery.disown(&token, &client(from)).await.map(drop),
                Err(_) => Err(RecoveryError::LinkNotUsable),
            };
            town.oracle.disowned(&choice, &answer);
            tell(&town.stage, node, "disown", &answer);
            answer
        })
        .await
    }

    pub async fn sign_in(
        self: &Arc<Self>,
        node: usize,
        account: &AccountId,
        username: &str,
        password: &str,
        from: u64,
    ) -> Answer<SignInStep> {
        let (town, account) = (self.clone(), account.clone());
        let (username, password) = (username.to_owned(), password.to_owned());
        self.call(node, "sign in", |recovery, _| async move {
            let began = town.stage.event();
            let (identifier, typed) = (Identifier::parse(&username), Password::new(password.as_str()));
            let answer = recovery.sign_in(&identifier, &typed, &client(from)).await;
            town.oracle.signed_in(began, &account, &password, &answer);
            tell(
                &town.stage,
                node,
                &format!("sign in {username} {password:?}"),
                &answer.as_ref().map(drop).map_err(Clone::clone),
            );
            answer
        })
        .await
    }
}
