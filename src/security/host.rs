//! The port for factors that the host keeps itself, such as passkeys and push messages.
//!
//! regain asks for a challenge, hands the answer back, and counts: a try is counted and stored before the host compares it,
//! and after ten in a row that fail the factor is taken no more (RL-1, RL-7).

use crate::factor::AuthLevel;
use crate::ids::AccountId;
use crate::store::StoreError;
use async_trait::async_trait;

/// Factors of the host's own: those that [`Account::factors`](crate::account::Account::factors) names.
///
/// A factor that was disabled after too many failures stays so under its name: one that is bound anew has another name.
///
/// A challenge and its answer belong together by the binding: 32 bytes that stand for one sign-in, one link or one session.
/// The host keeps the challenge under it, and takes an answer once.
///
/// ```
/// use async_trait::async_trait;
/// use regain::factor::AuthLevel;
/// use regain::ids::AccountId;
/// use regain::security::HostFactors;
/// use regain::store::StoreError;
///
/// /// A push message to a phone, of which the response is the number that the phone shows.
/// struct Push;
///
/// #[async_trait]
/// impl HostFactors for Push {
///     async fn challenge(
///         &self, _: &AccountId, _: &[String], _: &[u8; 32],
///     ) -> Result<Option<Vec<u8>>, StoreError> {
///         Ok(None) // The number is drawn, kept under the binding, and sent to the phone here.
///     }
///     async fn verify(
///         &self, _: &AccountId, _: &str, binding: &[u8; 32], response: &[u8],
///     ) -> Result<bool, StoreError> {
///         Ok(response == &binding[..6]) // In earnest: is it what is kept under the binding? It is taken away with this.
///     }
///     fn level(&self, _: &str) -> AuthLevel { AuthLevel::SecondFactor }
/// }
/// ```
#[async_trait]
pub trait HostFactors: Send + Sync {
    /// A challenge for one of these factors of the account, such as the options of a WebAuthn request; `None` where nothing
    /// has to be shown.
    ///
    /// # Errors
    /// [`StoreError`] when there can be none at the moment.
    async fn challenge(
        &self,
        account: &AccountId,
        factors: &[String],
        binding: &[u8; 32],
    ) -> Result<Option<Vec<u8>>, StoreError>;

    /// Whether the response proves this factor of this account, for the challenge that was made under this binding. It must
    /// not be taken twice.
    ///
    /// # Errors
    /// [`StoreError`] when that cannot be told at the moment: the try stays counted.
    async fn verify(
        &self,
        account: &AccountId,
        factor: &str,
        binding: &[u8; 32],
        response: &[u8],
    ) -> Result<bool, StoreError>;

    /// How strong the factor is: at least [`AuthLevel::SecondFactor`], whatever this says.
    fn level(&self, factor: &str) -> AuthLevel;
}
