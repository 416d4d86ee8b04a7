//! A code that is typed: beside the link in a mail, and in its place where no link can be followed.
//!
//! A code is short, so it is worth something in one place only: in the browser that asked, which alone has the
//! [`AskTicket`], or together with the reference that a letter has printed. Tries are counted before anything is compared,
//! by operations that are the same for a flow of nobody, for one that has ended and for one there never was.
//!
//! A code has 8 of 20 characters, 2.6 * 10^10 values; NIST SP 800-63B-4 4.2.1.2 asks for 6 digits. At most 5 tries are
//! compared for one flow and 10 a day for one account, so a guess succeeds with a chance of 2 * 10^-10 a flow and
//! 4 * 10^-10 a day. It lives as long as its link by e-mail (at most 24 h), 10 minutes by SMS, and 21 days by post.

use crate::account::AccountEpoch;
use crate::audit::Actor;
use crate::budget::Quota;
use crate::client::Client;
use crate::clock::Moment;
use crate::entropy::{Entropy, EntropyError, random};
use crate::error::{Fault, RecoveryError};
use crate::events::RecoveryEvent;
use crate::flow::{ATTEMPTS_PER_LINK, Event, LinkCode, Purpose, RecoveryFlow};
use crate::ids::{FlowId, Realm};
use crate::recovery::{Inner, Recovery, Step, Took};
use crate::store::{Commit, Committed};
use crate::token::{MalformedToken, RecoveryToken, VerifierDigest};
use crate::wire::frame;
use sha2::{Digest as _, Sha256};
use std::fmt;
use tracing::Instrument as _;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// No vowels, and of characters that look alike none, so that nothing is a word and nothing is mixed up.
const ALPHABET: &[u8; 20] = b"3479CDFGHJKMNPRTVWXY";
/// Characters of a code.
const LENGTH: usize = 8;
/// More than anybody types for a code, separators included.
const MAX_TYPED: usize = 64;

/// What the browser that asks keeps until the person types the code: the flow, and 256 bits that only it has. The same for
/// an ask about any account and about none. A secret; `Debug` and logs leave it out.
///
/// A host keeps it in a cookie: `__Host-`, `HttpOnly`, `SameSite=Strict`, for an hour.
#[derive(Clone, ZeroizeOnDrop)]
pub struct AskTicket {
    #[zeroize(skip)]
    flow: FlowId,
    secret: [u8; 32],
}

impl AskTicket {
    pub(crate) fn new(flow: FlowId, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        Ok(Self { flow, secret: random(entropy)? })
    }

    /// Reads a ticket in its one canonical spelling, 64 characters of base64url.
    ///
    /// # Errors
    /// [`MalformedToken`] for every other text.
    pub fn parse(text: &str) -> Result<Self, MalformedToken> {
        let (flow, secret) = RecoveryToken::parse_parts(text)?;
        Ok(Self { flow, secret })
    }

    /// The printed form: a secret. Only for the browser that asked.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        RecoveryToken::new(self.flow, self.secret).expose()
    }

    /// The flow that it is for.
    #[must_use]
    pub fn flow(&self) -> FlowId {
        self.flow
    }

    /// What the worker has to know of it.
    pub(crate) fn holder(&self, realm: &Realm) -> Holder {
        let bound =
            frame(&[b"regain/ask-ticket/v1", realm.as_str().as_bytes(), self.flow.as_bytes(), &self.secret]);
        Holder(Sha256::digest(&*bound).into())
    }
}

impl fmt::Debug for AskTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AskTicket(..)")
    }
}

/// Who may type a code: the browser with this ticket, or whoever holds the letter.
#[derive(Clone)]
pub(crate) struct Holder([u8; 32]);

impl Holder {
    /// A letter is read in whatever browser, days later.
    pub(crate) const LETTER: Self = Self([0; 32]);

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// As it was sealed with the request; a request from before there were tickets has none.
    pub(crate) fn from_sealed(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// A letter's reference: the flow that the letter is for, in 26 characters that can be typed. Knowing it opens nothing.
///
/// ```
/// use regain::recovery::LetterReference;
///
/// let read = LetterReference::parse("0123 4567 89ab cdef ghjk mnpq rs")?;
/// assert_eq!(read, LetterReference::parse("O1234S67-89ABCDEFGHJKMNPQRS".replace('S', "5").as_str()).unwrap_or(read));
/// assert_eq!(read.to_string(), "0123 4567 89AB CDEF GHJK MNPQ RS");
/// # Ok::<(), regain::token::MalformedToken>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LetterReference(FlowId);

/// Crockford's base32: no I, L, O, U.
const REFERENCE: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 26 characters of 5 bits hold 128 bits, the last two of the 130 being zero.
const REFERENCE_LENGTH: usize = 26;

impl LetterReference {
    pub(crate) fn new(flow: FlowId) -> Self {
        Self(flow)
    }

    /// Reads what somebody typed off a letter: in capitals or not, with spaces or dashes anywhere, O for 0, and I or L for 1.
    ///
    /// # Errors
    /// [`MalformedToken`] for whatever cannot be meant for one.
    pub fn parse(typed: &str) -> Result<Self, MalformedToken> {
        let symbols = symbols(typed, |c| match c {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        });
        let symbols = symbols.filter(|symbols| symbols.len() == REFERENCE_LENGTH).ok_or(MalformedToken)?;
        let mut bits: u128 = 0;
        for (number, symbol) in symbols.bytes().enumerate() {
            let value = REFERENCE.iter().position(|known| *known == symbol).ok_or(MalformedToken)?;
            let value = u128::try_from(value).map_err(|_| MalformedToken)?;
            bits = match number {
                25 if value & 0b11 != 0 => return Err(MalformedToken),
                25 => bits << 3 | value >> 2,
                _ => bits << 5 | value,
            };
        }
        Ok(Self(FlowId::from_bytes(bits.to_be_bytes())))
    }
}

impl fmt::Display for LetterReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = u128::from_be_bytes(*self.0.as_bytes());
        for number in 0..REFERENCE_LENGTH {
            let value = match number {
                25 => bits << 2 & 0b1_1111,
                _ => bits >> (123 - 5 * number) & 0b1_1111,
            };
            let gap = if number > 0 && number % 4 == 0 { " " } else { "" };
            write!(f, "{gap}{}", char::from(REFERENCE[usize::try_from(value).unwrap_or_default()]))?;
        }
        Ok(())
    }
}

/// Capitals without what only separates; `None` for more than anybody types.
fn symbols(typed: &str, read: impl Fn(char) -> char) -> Option<Zeroizing<String>> {
    if typed.len() > MAX_TYPED * 4 || typed.chars().count() > MAX_TYPED {
        return None;
    }
    let mut symbols = Zeroizing::new(String::with_capacity(typed.len()));
    for c in typed.chars() {
        match c {
            // The full-width forms that some keyboards type.
            '\u{FF01}'..='\u{FF5E}' => {
                let plain = char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c);
                symbols.push(read(plain.to_ascii_uppercase()));
            }
            _ if c.is_whitespace() || is_dash(c) || crate::characters::is_ignorable(c) => {}
            _ => symbols.push(read(c.to_ascii_uppercase())),
        }
    }
    symbols.retain(|c| !is_dash(c));
    Some(symbols)
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '.' | '_')
}

/// A code, as sent and as typed.
#[derive(ZeroizeOnDrop)]
pub(crate) struct TypedCode([u8; LENGTH]);

impl TypedCode {
    /// A fresh code, every value equally likely.
    pub(crate) fn draw(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut code = Self([0; LENGTH]);
        let mut drawn = 0;
        while drawn < LENGTH {
            let bytes = Zeroizing::new(random::<{ 2 * LENGTH }>(entropy)?);
            // 240 is the highest multiple of 20 in a byte: what lies above would favour some characters.
            for byte in bytes.iter().filter(|byte| **byte < 240).take(LENGTH - drawn) {
                code.0[drawn] = ALPHABET[usize::from(*byte) % ALPHABET.len()];
                drawn += 1;
            }
        }
        Ok(code)
    }

    /// Reads what somebody typed: in capitals or not, with spaces or dashes anywhere. `None` for what cannot be a code.
    pub(crate) fn read(typed: &str) -> Option<Self> {
        let symbols = symbols(typed, |c| c)?;
        let code: [u8; LENGTH] = symbols.as_bytes().try_into().ok()?;
        code.iter().all(|symbol| ALPHABET.contains(symbol)).then_some(Self(code))
    }

    /// As it is sent: a secret.
    pub(crate) fn expose(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(LENGTH + 1));
        for (number, symbol) in self.0.iter().enumerate() {
            if number == LENGTH / 2 {
                text.push('-');
            }
            text.push(char::from(*symbol));
        }
        text
    }

    /// Whether a word is a code as it is sent.
    pub(crate) fn is_shown_in(word: &str) -> bool {
        word.len() == LENGTH + 1 && word.as_bytes()[LENGTH / 2] == b'-' && Self::read(word).is_some()
    }

    /// What is stored of the code, once the key ring has put its mark on it: good for this flow, holder, purpose and epoch,
    /// and no other.
    fn digest(
        &self,
        realm: &Realm,
        flow: FlowId,
        holder: &Holder,
        purpose: Purpose,
        epoch: &AccountEpoch,
    ) -> VerifierDigest {
        let bound = frame(&[
            b"regain/code/v1",
            realm.as_str().as_bytes(),
            flow.as_bytes(),
            holder.as_bytes(),
            purpose.code().as_bytes(),
            epoch.as_bytes(),
            &self.0,
        ]);
        VerifierDigest::from_bytes(Sha256::digest(&*bound).into())
    }
}

/// The code of a flow that can be proven just now.
struct Provable<'a> {
    flow: &'a RecoveryFlow,
    code: &'a LinkCode,
}

impl Recovery {
    /// The person who asked types the code that was sent. What comes back is as good as the link: the code, and the link
    /// that it came with, are worth nothing any more; the time that is left stays as it is.
    ///
    /// Up to 5 codes are compared for one ask; afterwards the person asks anew. The account's own 10 a day are counted in
    /// silence. What cannot be a code at all is not counted.
    ///
    /// # Errors
    /// [`RecoveryError::CodeNotUsable`] whatever the reason: a wrong code, another browser's, an ask that names nobody, too
    /// late, used, replaced, over the account's limit. [`RecoveryError::TooManyAttempts`], the same for every ask;
    /// [`RecoveryError::Unavailable`].
    pub async fn exchange_code(
        &self,
        ticket: &AskTicket,
        typed: &str,
        client: &Client,
    ) -> Result<RecoveryToken, RecoveryError> {
        let span = self.0.span("exchange_code", Some(ticket.flow));
        let holder = ticket.holder(&self.0.realm);
        self.0.exchange(ticket.flow, &holder, typed, client).instrument(span).await
    }

    /// The person who got a letter types its reference and its code, in whatever browser. Otherwise as
    /// [`Recovery::exchange_code`]; what comes back works for the life of a link.
    ///
    /// # Errors
    /// As [`Recovery::exchange_code`].
    pub async fn exchange_letter_code(
        &self,
        reference: &LetterReference,
        typed: &str,
        client: &Client,
    ) -> Result<RecoveryToken, RecoveryError> {
        let span = self.0.span("exchange_letter_code", Some(reference.0));
        self.0.exchange(reference.0, &Holder::LETTER, typed, client).instrument(span).await
    }
}

impl Inner {
    /// A code for a flow's link, and what is stored of it.
    pub(crate) fn draw_code(
        &self,
        flow: &RecoveryFlow,
        holder: &Holder,
        epoch: AccountEpoch,
    ) -> Result<(TypedCode, LinkCode), Fault> {
        let code = TypedCode::draw(&*self.entropy)?;
        let digest = code.digest(&self.realm, flow.id(), holder, flow.purpose(), &epoch);
        Ok((code, LinkCode { digest: self.verifiers.mark(&digest), epoch }))
    }

    async fn exchange(
        &self,
        flow: FlowId,
        holder: &Holder,
        typed: &str,
        client: &Client,
    ) -> Result<RecoveryToken, RecoveryError> {
        let at = self.clock.read();
        let Some(typed) = TypedCode::read(typed) else { return Err(self.code_refused(flow, "malformed")) };
        self.count_code(flow, client, at).await?;
        match self.try_exchange(flow, holder, &typed, client, at).await {
            Ok(Ok(token)) => Ok(token),
            Ok(Err(why)) => Err(self.code_refused(flow, why)),
            Err(fault) => Err(self.unavailable("exchange_code", fault)),
        }
    }

    fn code_refused(&self, flow: FlowId, why: &'static str) -> RecoveryError {
        self.emit(RecoveryEvent::CodeRefused { flow, why });
        RecoveryError::CodeNotUsable
    }

    /// Counts the try in its own commit, whatever there is of the flow (RL-7).
    async fn count_code(&self, flow: FlowId, client: &Client, at: Moment) -> Result<(), RecoveryError> {
        // As long as a code of the flow may work, from before the worker issued it on: never more than 5 in all.
        let period = self.means.longest_life(self.link_life) + self.request_life;
        let mut commit = Commit::new(self.realm.clone());
        commit.spends = vec![
            self.spend("code/client", &client.network(), self.limits.codes_per_client, at),
            self.spend("code/flow", flow.as_bytes(), Quota::new(ATTEMPTS_PER_LINK, period), at),
            self.share_of_all("code/all", &flow, at),
        ];
        self.commit_within_budget("code", commit, client, at).await
    }

    /// One read, one count, one comparison, whatever there is of the flow; no account is looked at.
    async fn try_exchange(
        &self,
        id: FlowId,
        holder: &Holder,
        typed: &TypedCode,
        client: &Client,
        at: Moment,
    ) -> Result<Result<RecoveryToken, &'static str>, Fault> {
        let flow = self.load(id).await?;
        let provable = flow.as_ref().and_then(|flow| self.provable(flow, at));
        let account = flow.as_ref().and_then(RecoveryFlow::account);
        let counted = match account {
            Some(account) => {
                self.spend("code/account", account.as_str().as_bytes(), self.limits.codes_per_account, at)
            }
            None => self.spend("code/nobody", id.as_bytes(), self.limits.codes_per_account, at),
        };
        let mut commit = Commit::new(self.realm.clone());
        commit.spends.push(counted);
        let within = self.flows.commit(commit).await? == Committed::Done;
        let nobody = (VerifierDigest::from_bytes([0; 32]), AccountEpoch::from_bytes([0; 32]));
        let (stored, epoch) = provable.as_ref().map_or(nobody, |it| (it.code.digest, it.code.epoch));
        let purpose = flow.as_ref().map_or(Purpose::Password, RecoveryFlow::purpose);
        let right = self.verifiers.proves(&typed.digest(&self.realm, id, holder, purpose, &epoch), &stored);
        match provable {
            None => Ok(Err("dead_or_unknown")),
            Some(_) if !within => Ok(Err("over_limit")),
            Some(_) if !right => Ok(Err("wrong")),
            Some(provable) => self.redeem(&provable, client, at).await,
        }
    }

    fn provable<'a>(&self, flow: &'a RecoveryFlow, at: Moment) -> Option<Provable<'a>> {
        self.open_window(flow, at)?;
        Some(Provable { flow, code: flow.link()?.code.as_ref()? })
    }

    /// Of any number of requests with one code, one gets through.
    async fn redeem(
        &self,
        provable: &Provable<'_>,
        client: &Client,
        at: Moment,
    ) -> Result<Result<RecoveryToken, &'static str>, Fault> {
        let (flow, epoch) = (provable.flow, &provable.code.epoch);
        let token = RecoveryToken::new(flow.id(), random(&*self.entropy)?);
        let digest = self.verifiers.mark(&token.digest(&self.realm, flow.purpose(), epoch));
        let event = Event::ExchangeCode { digest, life: self.link_life };
        let mut step = Step::new(flow.clone(), event, Actor::Bearer);
        step.client = self.client_pseudonym(client);
        match self.take(step, at).await {
            Ok(Took::Done(_)) => Ok(Ok(token)),
            Ok(_) | Err(Fault::Refused(_)) => Ok(Err("used_or_replaced")),
            Err(fault) => Err(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        for typed in [
            "CDFG-HJKM",
            "cdfghjkm",
            " cd fg hj km ",
            "CDFG\u{2013}HJKM",
            "cdfg\u{a0}hjkm\r\n",
            "ＣＤＦＧ－ＨＪＫＭ",
            "c.d.f.g.h.j.k.m",
            "CDFG\u{200b}-HJKM",
        ] {
            assert_eq!(TypedCode::read(typed).expect(typed).0, *b"CDFGHJKM", "{typed:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_code_is_none() {
        let long = "CDFGHJKM".repeat(1_000_000);
        let spaces = " ".repeat(1_000);
        for typed in [
            "",
            "-",
            "CDFGHJK",
            "CDFGHJKMN",
            "CDFGHJK0",
            "CDFGHJKO",
            "CDFGHJKÇ",
            "ＣDFGHJK\0",
            "CDFG/HJKM",
            &long,
            &spaces,
        ] {
            assert!(TypedCode::read(typed).is_none(), "{:?}", &typed[..typed.len().min(40)]);
        }
    }

    #[test]
    fn no_two_characters_of_a_code_look_alike() {
        for group in ["0OQD", "1IL", "2Z", "5S", "8B", "6G", "UV", "A4", "E3"] {
            let used = group.bytes().filter(|c| ALPHABET.contains(c)).count();
            assert!(used <= 1, "{group}");
        }
    }

    #[test]
    fn every_character_is_drawn_equally_often() {
        let mut counts = [0_u32; 20];
        for _ in 0..5_000 {
            for symbol in &TypedCode::draw(&SystemEntropy).unwrap().0 {
                counts[ALPHABET.iter().position(|known| known == symbol).unwrap()] += 1;
            }
        }
        // 2,000 each; six standard deviations are 262.
        assert!(counts.iter().all(|count| (1_738..2_262).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_code_is_found_in_a_mail_and_a_word_is_not() {
        let code = TypedCode::draw(&SystemEntropy).unwrap().expose();
        assert!(TypedCode::is_shown_in(&code), "{}", &*code);
        for word in ["", "password", "CDFGHJKMN", "mail-room", "sign-in", "CDFG-HJK\u{e9}"] {
            assert!(!TypedCode::is_shown_in(word), "{word}");
        }
    }

    #[test]
    fn a_reference_is_read_as_it_was_printed_and_forgives_what_looks_alike() {
        for bytes in [[0; 16], [0xff; 16], *b"0123456789abcdef", [1; 16]] {
            let printed = LetterReference(FlowId::from_bytes(bytes)).to_string();
            let forgiven =
                printed.to_ascii_lowercase().replace('0', "o").replace('1', "l").replace(' ', " - ");
            for typed in [&printed, &forgiven, &printed.replace(' ', "")] {
                assert_eq!(LetterReference::parse(typed).unwrap().0.as_bytes(), &bytes, "{typed}");
            }
        }
        for typed in [
            "",
            "0123",
            "0123 4567 89AB CDEF GHJK MNPQ RT",
            "U123 4567 89AB CDEF GHJK MNPQ R0",
            &"0".repeat(1_000_000),
        ] {
            assert!(LetterReference::parse(typed).is_err());
        }
    }
}
