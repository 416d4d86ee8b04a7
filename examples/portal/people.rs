//! Made-up people, the same ones every time.

use crate::users::Users;
use crate::{Failure, failed};
use indicatif::{ProgressBar, ProgressStyle};
use regain::Recovery;
use regain::account::{Account, AddressOnFile};
use regain::entropy::{Entropy as _, SystemEntropy};
use regain::identity::{EmailAddress, Person};
use regain::ids::AccountId;
use regain::language::Language;
use regain::password::{Argon2Hasher, Password, PasswordHash, PasswordHasher as _};
use std::fmt::Write as _;
use time::{Date, Duration};

/// Of these, the portal prints what one needs to type.
const KNOWN: u32 = 3;
/// Of these, the one who reads Spanish: mails are in Spanish as well.
const SPANISH: u32 = 2;
/// With fewer people than this, filling takes no time to speak of.
const SLOW: u32 = 10_000;
/// People added in one transaction.
const BATCH: usize = 5_000;
const SEED: u64 = 0x6d65_7263_7900_0001;

/// A name as it is written, and as it stands in a username.
const GIVEN: [(&str, &str); 24] = [
    ("Ana", "ana"),
    ("José", "jose"),
    ("Grace", "grace"),
    ("Mary", "mary"),
    ("James", "james"),
    ("Jürgen", "juergen"),
    ("Aisha", "aisha"),
    ("Wei", "wei"),
    ("Priya", "priya"),
    ("Olu", "olu"),
    ("Siobhán", "siobhan"),
    ("Luís", "luis"),
    ("Fatima", "fatima"),
    ("Thomas", "thomas"),
    ("Zoë", "zoe"),
    ("Marek", "marek"),
    ("Ingrid", "ingrid"),
    ("Kenji", "kenji"),
    ("Elena", "elena"),
    ("Samuel", "samuel"),
    ("Ruth", "ruth"),
    ("Dmitri", "dmitri"),
    ("Chloe", "chloe"),
    ("Abdul", "abdul"),
];
const FAMILY: [(&str, &str); 24] = [
    ("Silva", "silva"),
    ("García", "garcia"),
    ("Okafor", "okafor"),
    ("Müller", "mueller"),
    ("Smith", "smith"),
    ("Johnson", "johnson"),
    ("O’Brien", "obrien"),
    ("Chen", "chen"),
    ("Patel", "patel"),
    ("Kowalski", "kowalski"),
    ("Nguyen", "nguyen"),
    ("Haddad", "haddad"),
    ("Lindström", "lindstrom"),
    ("Tanaka", "tanaka"),
    ("Rossi", "rossi"),
    ("Novák", "novak"),
    ("Brown", "brown"),
    ("Santos", "santos"),
    ("Ivanova", "ivanova"),
    ("Khan", "khan"),
    ("Weber", "weber"),
    ("Dubois", "dubois"),
    ("Mbeki", "mbeki"),
    ("Jones", "jones"),
];

/// Gives the first `count` people an account, unless they have one already, and returns the known ones. Portals that start
/// at once on one database add the same people in the same order, and of each person the first one counts.
pub async fn fill(accounts: &Users, recovery: &Recovery, count: u32) -> Result<Vec<Account>, Failure> {
    let mut random = SplitMix64(SEED);
    // Nobody of the many ever signs in: they share one hash that no password matches.
    let shared = Argon2Hasher::default().dummy();
    // People are added in order, so a start that was interrupted is taken up where it ended.
    let there = accounts.count().await.map_err(failed("people"))?;
    let progress = if count > SLOW && there < count.into() { bar(count) } else { ProgressBar::hidden() };
    let (mut known, mut batch) = (Vec::new(), Vec::new());
    for number in 0..count {
        let mut account = person(number, &mut random)?;
        account.language = (number == SPANISH).then(|| Language::spanish().tag().clone());
        if number < KNOWN {
            known.push(account.clone());
        }
        if u64::from(number) >= there {
            account.password = Some(if number < KNOWN { forgotten()? } else { shared.clone() });
            batch.push(account);
        }
        if batch.len() == BATCH || number + 1 == count {
            accounts.add(&batch, recovery.blind_index()).await.map_err(failed("people"))?;
            batch.clear();
            progress.set_position(number.into());
        }
    }
    progress.finish_and_clear();
    Ok(known)
}

fn bar(count: u32) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {bar:40} {human_pos} of {human_len}, {eta} left");
    let bar = ProgressBar::new(count.into()).with_message("people");
    style.map(|style| bar.clone().with_style(style)).unwrap_or(bar)
}

fn person(number: u32, random: &mut SplitMix64) -> Result<Account, Failure> {
    let (given, given_plain) = random.one_of(&GIVEN);
    let (family, family_plain) = random.one_of(&FAMILY);
    let born = Date::MIN.replace_year(1930).map_err(failed("birth date"))?.saturating_add(random.days(85));
    let username = format!("{given_plain}.{family_plain}{}", 100 + number);
    let email = format!("{username}@example.org");
    let person = Person::new(given, family)
        .with_birth_date(born)
        .with_record_number(format!("MRN-{:07}", 4_200_000 + number))
        .with_email(&email);
    let id = AccountId::new(&format!("patient-{number}")).map_err(failed("account id"))?;
    let mut account = Account::new(id, username);
    account.addresses =
        vec![AddressOnFile::Email(EmailAddress::parse(&email).map_err(failed(email.clone()))?)];
    account.person = Some(person);
    Ok(account)
}

/// A password that nobody knows.
fn forgotten() -> Result<PasswordHash, Failure> {
    let mut bytes = [0; 48];
    SystemEntropy.fill(&mut bytes).map_err(failed("randomness"))?;
    let (salt, rest) = bytes.split_at(16);
    let typed = rest.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    let prepared = Password::new(typed).prepare().map_err(|reason| Failure(reason.to_string()))?;
    let salt = salt.try_into().map_err(failed("salt"))?;
    Argon2Hasher::default().hash(&prepared, salt).map_err(failed("hashing"))
}

/// Reproducible numbers, for made-up people and nothing else (Steele, Lea and Flood 2014).
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u32) -> u32 {
        u32::try_from(self.next() % u64::from(bound)).unwrap_or(0)
    }

    fn one_of<T: Copy, const N: usize>(&mut self, choices: &[T; N]) -> T {
        choices[self.below(u32::try_from(N).unwrap_or(1)) as usize]
    }

    /// A time span of less than so many years.
    fn days(&mut self, years: u32) -> Duration {
        Duration::days(self.below(years * 365).into())
    }
}
