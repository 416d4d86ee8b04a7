//! regain's policy, and those that others use, each from its documentation.

use crate::cases::Known;
use regain::password::{FLOOR_WITH_SECOND_FACTOR, Password, PasswordPolicy, PolicyContext, Reason};
use time::Date;
use time::macros::format_description;

/// Who chooses, and how long the password must be at least.
pub struct Setting<'a> {
    pub person: &'a Known,
    pub service: &'a [String],
    pub floor: usize,
}

type Accepts = fn(&str, &Setting<'_>) -> bool;

/// What regain does stands first.
pub const POLICIES: [(&str, Accepts); 6] = [
    ("regain", regain),
    ("length, and on no list of common ones", length_and_list),
    ("zxcvbn 3 or 4, with own data", |password, setting| zxcvbn_at_least(3, password, setting)),
    ("zxcvbn 4, with own data", |password, setting| zxcvbn_at_least(4, password, setting)),
    ("Django's four validators", django),
    ("8 with letter, digit and sign", composition),
];

fn regain(password: &str, setting: &Setting<'_>) -> bool {
    reasons(password, setting).is_empty()
}

/// Why regain refuses, at this floor.
fn reasons(password: &str, setting: &Setting<'_>) -> Vec<Reason> {
    fn texts(all: &[String]) -> Vec<&str> {
        all.iter().map(String::as_str).collect()
    }
    let person = setting.person;
    let context = PolicyContext {
        username: person.username.as_deref(),
        given_name: person.given_name.as_deref(),
        family_name: person.family_name.as_deref(),
        birth_date: person.birth_date.as_deref().and_then(date),
        record_number: person.record_number.as_deref(),
        emails: texts(&person.emails),
        phones: texts(&person.phones),
        postal_addresses: texts(&person.addresses),
        second_factor: setting.floor <= FLOOR_WITH_SECOND_FACTOR,
    };
    let policy = PasswordPolicy::builder().service_words(setting.service.iter().map(String::as_str)).build();
    let policy = policy.expect("the default floors");
    match Password::new(password).prepare() {
        Ok(prepared) => policy.check(&prepared, &context).err().unwrap_or_default(),
        Err(reason) => vec![reason],
    }
}

pub fn date(text: &str) -> Option<Date> {
    Date::parse(text, format_description!("[year]-[month]-[day]")).ok()
}

/// NIST SP 800-63B-4, 3.1.1.2, and not a word more: the length, and regain's list of 59,728.
fn length_and_list(password: &str, setting: &Setting<'_>) -> bool {
    let refused = reasons(password, setting);
    !refused.contains(&Reason::Common) && password.chars().count() >= setting.floor
}

fn zxcvbn_at_least(score: u8, password: &str, setting: &Setting<'_>) -> bool {
    if password.chars().count() < setting.floor {
        return false;
    }
    let own = own_data(setting.person);
    let inputs: Vec<&str> =
        own.iter().map(String::as_str).chain(setting.service.iter().map(String::as_str)).collect();
    // Longer texts take it minutes; what is strong is so in 32 characters.
    let shown: String = password.chars().take(32).collect();
    u8::from(zxcvbn::zxcvbn(&shown, &inputs).score()) >= score
}

/// `django.contrib.auth.password_validation` of Django 5.2 with its defaults, but for the length: `MinimumLength`,
/// `CommonPassword` (with regain's list in place of its own 20,000), `NumericPassword`, `UserAttributeSimilarity` at 0.7.
fn django(password: &str, setting: &Setting<'_>) -> bool {
    let person = setting.person;
    let attributes = [&person.username, &person.given_name, &person.family_name];
    let attributes = attributes.into_iter().flatten().chain(&person.emails);
    let lower = lower(password);
    let is_alike = attributes.flat_map(|value| parts(value)).any(|part| similarity(&lower, &part) >= 0.7);
    let is_numeric = !password.is_empty() && password.chars().all(char::is_numeric);
    length_and_list(password, setting) && !is_numeric && !is_alike
}

fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// A value and the words in it, as Django splits it: `re.split(r"\W+", value) + [value]`.
fn parts(value: &str) -> Vec<String> {
    let value = lower(value);
    let words = value.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    words.map(str::to_owned).chain([value.clone()]).collect()
}

/// `SequenceMatcher(a=password, b=value).quick_ratio()`: twice the letters that both have, over all letters.
fn similarity(password: &str, value: &str) -> f64 {
    // Django leaves out what is too short to matter.
    let (a, mut b): (Vec<char>, Vec<char>) = (password.chars().collect(), value.chars().collect());
    let all = a.len() + b.len();
    if a.len() >= 10 * b.len() && (b.len() as f64) < 0.7 / 2.0 * a.len() as f64 {
        return 0.0;
    }
    let mut common = 0;
    for letter in a {
        if let Some(at) = b.iter().position(|other| *other == letter) {
            b.swap_remove(at);
            common += 1;
        }
    }
    2.0 * f64::from(common) / all.max(1) as f64
}

/// What many portals ask for: eight characters with a letter, a digit and a sign.
fn composition(password: &str, setting: &Setting<'_>) -> bool {
    let has = |kind: fn(char) -> bool| password.chars().any(kind);
    password.chars().count() >= setting.floor.min(8)
        && has(char::is_alphabetic)
        && has(char::is_numeric)
        && has(|c| !c.is_alphanumeric())
}

fn own_data(person: &Known) -> Vec<String> {
    let values = [
        &person.username,
        &person.given_name,
        &person.family_name,
        &person.record_number,
        &person.birth_date,
    ];
    let values = values.into_iter().flatten().chain(&person.emails).chain(&person.phones);
    values.map(|value| lower(value)).collect()
}
