//! The rules for a new password.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use time::Date;

use super::disguise::undisguise;
use super::judge::{Judge, Wanted};
use super::own_data::OwnWords;
use super::{CharacterClass, Explanation, PreparedPassword, Reason};

/// Floor in code points where the password is the only factor, NIST SP 800-63B-4 3.1.1.2.
pub const FLOOR: usize = 15;

/// Floor in code points where every sign-in needs a second factor too, NIST SP 800-63B-4 3.1.1.2.
pub const FLOOR_WITH_SECOND_FACTOR: usize = 8;

/// Highest floor that may be set: longer passwords may not be asked for than must be accepted.
const HIGHEST_FLOOR: usize = 64;

/// What is known about the person who chooses a password. `Debug` does not show it.
#[derive(Clone, Default)]
pub struct PolicyContext<'a> {
    /// The name they sign in with.
    pub username: Option<&'a str>,
    /// First name or names.
    pub given_name: Option<&'a str>,
    /// Last name or names.
    pub family_name: Option<&'a str>,
    /// Date of birth.
    pub birth_date: Option<Date>,
    /// Number of the person's record, such as a medical record number.
    pub record_number: Option<&'a str>,
    /// E-mail addresses on file.
    pub emails: Vec<&'a str>,
    /// Telephone numbers on file.
    pub phones: Vec<&'a str>,
    /// Postal addresses on file, their lines separated by `\n`.
    pub postal_addresses: Vec<&'a str>,
    /// Whether **every** sign-in of this account needs a second factor; it lowers the floor.
    pub second_factor: bool,
}

impl fmt::Debug for PolicyContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PolicyContext(..)")
    }
}

/// Decides whether a password may be chosen, the same for registration, change and recovery.
///
/// It judges the whole value and looks at nothing but its arguments, save that zxcvbn asks for the year once to
/// rate years as recent. What zxcvbn takes for strong is then priced by an estimate of guesses of regain's own: words and names
/// of several languages, common passwords, known phrases, own data, dates, numbers that follow a rule, copies, walks on
/// keyboards, codes and disguises, each for as many bits as it takes to try them. A check takes a millisecond or two, and up to
/// 60 ms on text made to be slow: run it beside the hash, in the [`HashPool`](super::HashPool). Its short-lived copies of the
/// password, and zxcvbn's, are not wiped. Cloning is cheap.
///
/// `tools/judge` says what it takes and refuses of public cases. It cannot know every list: wire up
/// [`BreachedPasswords`](super::BreachedPasswords).
///
/// ```
/// use regain::password::{Password, PasswordPolicy, PolicyContext, Reason};
///
/// let policy = PasswordPolicy::default();
/// let ana = PolicyContext { given_name: Some("Ana"), family_name: Some("Duarte"), ..Default::default() };
///
/// let chosen = Password::new("nine green lamps at noon").prepare()?;
/// assert_eq!(policy.check(&chosen, &ana), Ok(()));
///
/// let chosen = Password::new("AnaDuarteAnaDuarte").prepare()?;
/// assert_eq!(policy.check(&chosen, &ana), Err(vec![Reason::OwnData]));
/// # Ok::<(), Reason>(())
/// ```
#[derive(Clone, Debug)]
pub struct PasswordPolicy(Arc<Rules>);

#[derive(Clone, Debug)]
struct Rules {
    floor: usize,
    floor_with_second_factor: usize,
    composition: Composition,
    service_words: Vec<String>,
    blocked: HashSet<String>,
    zxcvbn_alone: bool,
}

/// Kinds of characters that every password must contain; none by default.
///
/// NIST SP 800-63B-4 3.1.1.2 says that composition rules shall not be imposed: they make passwords more
/// alike, not stronger. They are here for portals that an older policy still binds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Composition {
    /// Ask for a letter of any script.
    pub letters: bool,
    /// Ask for a digit of any script.
    pub digits: bool,
    /// Ask for a character that is neither letter nor digit.
    pub specials: bool,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self(Arc::new(PasswordPolicyBuilder::default().0))
    }
}

impl PasswordPolicy {
    /// Begins with the default rules.
    pub fn builder() -> PasswordPolicyBuilder {
        PasswordPolicyBuilder::default()
    }

    /// The floor in code points for such an account, to be shown beside the field.
    pub fn floor(&self, context: &PolicyContext<'_>) -> usize {
        if context.second_factor { self.0.floor_with_second_factor } else { self.0.floor }
    }

    /// Judges a password for the person whom `context` describes.
    ///
    /// Whether it was breached or used before is for the caller to ask, who has the means.
    ///
    /// # Errors
    ///
    /// Every [`Reason`] that applies, for the person to see at once.
    pub fn check(&self, password: &PreparedPassword, context: &PolicyContext<'_>) -> Result<(), Vec<Reason>> {
        let reasons = self.reasons(password, self.floor(context), &self.judge(password, context));
        if reasons.is_empty() { Ok(()) } else { Err(reasons) }
    }

    /// The same, and why: what the password is made of, and how many guesses that takes.
    #[must_use]
    pub fn explain(&self, password: &PreparedPassword, context: &PolicyContext<'_>) -> Explanation {
        let judge = self.judge(password, context);
        let reasons = self.reasons(password, self.floor(context), &judge);
        judge.explanation(reasons)
    }

    /// The same for whoever may not be the person, such as the bearer of a link. Parts and bits are those for somebody of whom
    /// nothing is known; of the person's own data only the reasons tell, and no more than a refusal does. Else a meter would
    /// find a birth date in a few dozen questions: by which part it is, or by how far the bits fall. Takes twice as long.
    #[must_use]
    pub fn explain_to_bearer(&self, password: &PreparedPassword, context: &PolicyContext<'_>) -> Explanation {
        let reasons = self.reasons(password, self.floor(context), &self.judge(password, context));
        let anybody = PolicyContext { second_factor: context.second_factor, ..PolicyContext::default() };
        self.judge(password, &anybody).explanation(reasons)
    }

    fn reasons(&self, password: &PreparedPassword, floor: usize, judge: &Judge<'_>) -> Vec<Reason> {
        let too_short = password.code_points() < floor;
        let mut reasons = Vec::from_iter(too_short.then_some(Reason::TooShort { at_least: floor }));
        reasons.extend(self.0.composition.missing_in(password.as_str()).map(Reason::Composition));
        if judge.is_common(&self.0.blocked) {
            reasons.push(Reason::Common);
        } else {
            // Too short is said already, and is guessable in any case.
            let weakness =
                if self.0.zxcvbn_alone { judge.weakness() } else { judge.weakness_by_any_measure() };
            reasons.extend(weakness.filter(|&weakness| !too_short || weakness == Reason::OwnData));
        }
        reasons
    }

    fn judge<'t>(&self, password: &'t PreparedPassword, context: &PolicyContext<'_>) -> Judge<'t> {
        let own = OwnWords::new(context, &self.0.service_words);
        let wanted = if context.second_factor { Wanted::WITH_SECOND_FACTOR } else { Wanted::ALONE };
        Judge::new(password.as_str(), own, self.floor(context), wanted)
    }
}

impl Composition {
    fn missing_in(self, text: &str) -> impl Iterator<Item = CharacterClass> {
        let has = |wanted: fn(char) -> bool| text.chars().any(wanted);
        [
            (self.letters && !has(char::is_alphabetic), CharacterClass::Letters),
            (self.digits && !has(char::is_numeric), CharacterClass::Digits),
            (self.specials && !has(|c| !c.is_alphanumeric()), CharacterClass::Specials),
        ]
        .into_iter()
        .filter_map(|(missing, class)| missing.then_some(class))
    }
}

/// Sets the rules of a [`PasswordPolicy`], within bounds.
#[derive(Clone, Debug)]
pub struct PasswordPolicyBuilder(Rules);

impl Default for PasswordPolicyBuilder {
    fn default() -> Self {
        Self(Rules {
            floor: FLOOR,
            floor_with_second_factor: FLOOR_WITH_SECOND_FACTOR,
            composition: Composition::default(),
            service_words: Vec::new(),
            blocked: HashSet::new(),
            zxcvbn_alone: false,
        })
    }
}

impl PasswordPolicyBuilder {
    /// Fewest code points where the password is the only factor; 15 by default, and at least.
    #[must_use]
    pub fn floor(mut self, code_points: usize) -> Self {
        self.0.floor = code_points;
        self
    }

    /// Fewest code points where every sign-in needs a second factor; 8 by default, and at least.
    #[must_use]
    pub fn floor_with_second_factor(mut self, code_points: usize) -> Self {
        self.0.floor_with_second_factor = code_points;
        self
    }

    /// Asks for kinds of characters, against NIST's advice: see [`Composition`].
    #[must_use]
    pub fn composition(mut self, composition: Composition) -> Self {
        self.0.composition = composition;
        self
    }

    /// Names of the service and its owner, treated like the person's own data.
    #[must_use]
    pub fn service_words<W: Into<String>>(mut self, words: impl IntoIterator<Item = W>) -> Self {
        self.0.service_words.extend(words.into_iter().map(Into::into));
        self
    }

    /// More values that nobody may choose, whatever their case or disguise.
    #[must_use]
    pub fn blocked_values<'v>(mut self, values: impl IntoIterator<Item = &'v str>) -> Self {
        self.0.blocked.extend(values.into_iter().map(|value| String::from_iter(undisguise(value))));
        self
    }

    /// Leaves the estimate of guesses out: what zxcvbn calls strong is taken, as in other products. It takes many passwords
    /// that a rule makes (`tools/judge`).
    #[must_use]
    pub fn zxcvbn_alone(mut self) -> Self {
        self.0.zxcvbn_alone = true;
        self
    }

    /// # Errors
    ///
    /// [`PolicyError`] for a floor below NIST's, or above 64.
    pub fn build(self) -> Result<PasswordPolicy, PolicyError> {
        let Rules { floor, floor_with_second_factor, .. } = self.0;
        if floor < FLOOR {
            return Err(PolicyError::FloorTooLow { asked: floor, floor: FLOOR });
        }
        if floor_with_second_factor < FLOOR_WITH_SECOND_FACTOR {
            return Err(PolicyError::FloorTooLow {
                asked: floor_with_second_factor,
                floor: FLOOR_WITH_SECOND_FACTOR,
            });
        }
        if floor.max(floor_with_second_factor) > HIGHEST_FLOOR {
            return Err(PolicyError::FloorTooHigh { asked: floor.max(floor_with_second_factor) });
        }
        Ok(PasswordPolicy(Arc::new(self.0)))
    }
}

/// Why rules do not build.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Shorter passwords than NIST allows.
    #[error(
        "a floor of {asked} characters is below {floor}, the least that NIST SP 800-63B-4 3.1.1.2 allows \
         (15, or 8 with a second factor)"
    )]
    FloorTooLow {
        /// The floor asked for.
        asked: usize,
        /// The lowest there is.
        floor: usize,
    },
    /// Passwords of 64 characters would be refused as too short.
    #[error("a floor of {asked} characters is above 64, which NIST SP 800-63B-4 3.1.1.2 asks to accept")]
    FloorTooHigh {
        /// The floor asked for.
        asked: usize,
    },
}
