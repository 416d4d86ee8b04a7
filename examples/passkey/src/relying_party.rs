//! The host's side of WebAuthn: what regain asks through its port `HostFactors`, and how a passkey is registered.

use async_trait::async_trait;
use regain::clock::Clock;
use regain::factor::AuthLevel;
use regain::ids::AccountId;
use regain::security::HostFactors;
use regain::store::StoreError;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use time::{Duration, OffsetDateTime};
use webauthn_rp::bin::{Decode as _, Encode as _};
use webauthn_rp::request::auth::{
    AllowedCredentials, AuthenticationVerificationOptions, NonDiscoverableCredentialRequestOptions,
};
use webauthn_rp::request::register::{
    CredProtect, PublicKeyCredentialCreationOptions, PublicKeyCredentialUserEntity,
    RegistrationVerificationOptions, UserHandle64,
};
use webauthn_rp::request::{
    AsciiDomain, Credentials as _, PublicKeyCredentialDescriptor, RpId, UserVerificationRequirement,
};
use webauthn_rp::response::auth::NonDiscoverableAuthentication64;
use webauthn_rp::response::register::{DynamicState, StaticState};
use webauthn_rp::response::{AuthTransports, CredentialId};
use webauthn_rp::{
    AuthenticatedCredential, NonDiscoverableAuthenticationServerState, Registration, RegistrationServerState,
};

/// The site that passkeys are bound to, and the one page of it that asks for them.
pub const RP_ID: &str = "mercy.example";
pub const ORIGIN: &str = "https://portal.mercy.example";

/// How long a challenge is good: less than the five minutes of a sign-in's ticket.
pub const GOOD_FOR: Duration = Duration::minutes(2);

/// A row of the host's table of passkeys.
struct Passkey {
    account: AccountId,
    user: UserHandle64,
    credential: Vec<u8>,
    transports: u8,
    /// Public key and what else never changes.
    fixed: Vec<u8>,
    /// The counter of signatures, and what else a sign-in changes.
    changing: [u8; 7],
}

/// A challenge that was given, and when.
struct Given<State> {
    account: AccountId,
    state: State,
    at: OffsetDateTime,
}

#[derive(Default)]
struct Kept {
    passkeys: Vec<Passkey>,
    handles: HashMap<AccountId, UserHandle64>,
    /// One at a time for an account.
    registering: HashMap<AccountId, Given<RegistrationServerState<64>>>,
    /// One at a time for a sign-in, a link, a session: regain's binding stands for it.
    asked: HashMap<[u8; 32], Given<NonDiscoverableAuthenticationServerState>>,
}

/// The passkeys of all accounts. A host of several nodes keeps in its database what is in memory here; `webauthn_rp` then
/// needs its feature `serializable_server_state`.
pub struct Passkeys {
    rp: RpId,
    clock: Arc<dyn Clock>,
    kept: Mutex<Kept>,
}

/// Whatever went wrong: only the log is told.
type Refused = String;

impl Passkeys {
    /// Without any passkey.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let domain = AsciiDomain::try_from(RP_ID.to_owned()).expect("the RP id is a domain");
        Self { rp: RpId::Domain(domain), clock, kept: Mutex::default() }
    }

    /// Options for `navigator.credentials.create`. Whoever gets them must be in a session that is fresh enough to change
    /// how the account is protected.
    pub fn begin(&self, account: &AccountId, username: &str) -> Result<Vec<u8>, Refused> {
        let mut kept = self.kept();
        let user = *kept.handles.entry(account.clone()).or_default();
        let entity = PublicKeyCredentialUserEntity {
            name: username.try_into().map_err(said)?,
            id: &user,
            display_name: None,
        };
        let bound: Result<Vec<_>, _> = kept.of(account).map(Passkey::descriptor).collect();
        let mut options = PublicKeyCredentialCreationOptions::passkey(&self.rp, entity, bound?);
        options.extensions.cred_protect = CredProtect::None;
        let (state, client) = options.start_ceremony().map_err(said)?;
        let given = Given { account: account.clone(), state, at: self.clock.now() };
        kept.registering.insert(account.clone(), given);
        serde_json::to_vec(&client).map_err(said)
    }

    /// Takes what `create` gave, and binds the passkey. The host then adds its name to the account's factors.
    pub fn finish(&self, account: &AccountId, response: &[u8]) -> Result<(), Refused> {
        let mut kept = self.kept();
        let given = kept.registering.remove(account).ok_or("nothing was begun")?;
        self.in_time(given.at)?;
        let registration = Registration::from_json_relaxed(response).map_err(said)?;
        let options = RegistrationVerificationOptions::<&str, &str> {
            allowed_origins: &[ORIGIN],
            ..Default::default()
        };
        let new = given.state.verify(&self.rp, &registration, &options).map_err(said)?;
        if kept.passkeys.iter().any(|passkey| passkey.credential == new.id().as_ref()) {
            return Err("it is bound already".into());
        }
        let passkey = Passkey {
            account: account.clone(),
            user: *new.user_id(),
            credential: new.id().as_ref().to_vec(),
            transports: new.transports().encode().map_err(said)?,
            fixed: new.static_state().encode().map_err(said)?,
            changing: new.dynamic_state().encode().map_err(said)?,
        };
        kept.passkeys.push(passkey);
        Ok(())
    }

    /// Options for `navigator.credentials.get`, for these of the account's passkeys; they replace those that were given
    /// under the same binding.
    fn ask(
        &self,
        account: &AccountId,
        factors: &[String],
        binding: &[u8; 32],
    ) -> Result<Option<Vec<u8>>, Refused> {
        let mut kept = self.kept();
        let mut allowed = AllowedCredentials::default();
        for passkey in kept.of(account).filter(|passkey| factors.contains(&passkey.name())) {
            allowed.push(passkey.descriptor()?.into());
        }
        // An error here says that none is bound, nothing else.
        let Ok(mut request) = NonDiscoverableCredentialRequestOptions::second_factor(&self.rp, allowed)
        else {
            return Ok(None);
        };
        request.options().user_verification = UserVerificationRequirement::Required;
        let (state, client) = request.start_ceremony().map_err(said)?;
        let now = self.clock.now();
        kept.asked.retain(|_, given| now - given.at < GOOD_FOR);
        kept.asked.insert(*binding, Given { account: account.clone(), state, at: now });
        serde_json::to_vec(&client).map(Some).map_err(said)
    }

    /// Takes the challenge away, whatever comes of it, and compares the answer.
    fn check(
        &self,
        account: &AccountId,
        factor: &str,
        binding: &[u8; 32],
        response: &[u8],
    ) -> Result<(), Refused> {
        let mut kept = self.kept();
        let given = kept.asked.remove(binding).ok_or("no challenge was given here, or it was used")?;
        self.in_time(given.at)?;
        if given.account != *account {
            return Err("the challenge was given to another account".into());
        }
        let answer = NonDiscoverableAuthentication64::from_json_relaxed(response).map_err(said)?;
        let passkey = kept.passkeys.iter_mut().find(|key| key.account == *account && key.name() == factor);
        let passkey = passkey.ok_or("no such passkey")?;
        let mut credential = AuthenticatedCredential::new(
            passkey.credential.as_slice().try_into().map_err(said)?,
            &passkey.user,
            StaticState::decode(&passkey.fixed).map_err(said)?,
            DynamicState::decode(passkey.changing).map_err(said)?,
        )
        .map_err(said)?;
        let options = AuthenticationVerificationOptions::<&str, &str> {
            allowed_origins: &[ORIGIN],
            ..Default::default()
        };
        if given.state.verify(&self.rp, &answer, &mut credential, &options).map_err(said)? {
            passkey.changing = credential.dynamic_state().encode().map_err(said)?;
        }
        Ok(())
    }

    fn in_time(&self, given: OffsetDateTime) -> Result<(), Refused> {
        if self.clock.now() - given < GOOD_FOR { Ok(()) } else { Err("the challenge is too old".into()) }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn of(&self, account: &AccountId) -> impl Iterator<Item = &Passkey> {
        self.passkeys.iter().filter(move |passkey| passkey.account == *account)
    }
}

impl Passkey {
    /// The factor's name: the credential's id as a browser writes it.
    fn name(&self) -> String {
        data_encoding::BASE64URL_NOPAD.encode(&self.credential)
    }

    fn descriptor(&self) -> Result<PublicKeyCredentialDescriptor<Vec<u8>>, Refused> {
        Ok(PublicKeyCredentialDescriptor {
            id: CredentialId::try_from(self.credential.clone()).map_err(said)?,
            transports: AuthTransports::decode(self.transports).map_err(said)?,
        })
    }
}

#[async_trait]
impl HostFactors for Passkeys {
    async fn challenge(
        &self,
        account: &AccountId,
        factors: &[String],
        binding: &[u8; 32],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.ask(account, factors, binding).map_err(|why| {
            println!("    the host's log: {why}");
            StoreError::plain("no WebAuthn request")
        })
    }

    async fn verify(
        &self,
        account: &AccountId,
        factor: &str,
        binding: &[u8; 32],
        response: &[u8],
    ) -> Result<bool, StoreError> {
        let checked = self.check(account, factor, binding, response);
        if let Err(why) = &checked {
            println!("    the host's log: {why}");
        }
        Ok(checked.is_ok())
    }

    fn level(&self, _: &str) -> AuthLevel {
        AuthLevel::PhishingResistant
    }
}

fn said(error: impl std::fmt::Debug) -> Refused {
    format!("{error:?}")
}
