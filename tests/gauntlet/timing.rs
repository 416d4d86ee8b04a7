//! TIME: the same operations, whoever is asked about. Traces of calls are compared; no stopwatch is involved.

use crate::kit::{Verdict, holds_and_catches};
use regain::Client;
use regain::identity::{Identifier, IdentityClaims, TypedClaims};
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::password::{
    Argon2Hasher, HashError, Password, PasswordHash, PasswordHasher, PreparedPassword, Verification,
};
use regain::testing::{Trace, World};
use std::sync::{Arc, Mutex};

rows! { "TIME":
    "CVE-2024-39329" => time_cve_2024_39329_django_no_hash_without_usable_password,
    "CVE-2020-11063" => time_cve_2020_11063_typo3_mail_in_the_request,
    "CVE-2021-29621" => time_cve_2021_29621_flask_appbuilder_no_hash_for_unknown,
    "CVE-2022-21659" => time_cve_2022_21659_flask_appbuilder_second_path,
    "CVE-2026-44332" => time_cve_2026_44332_gofiber_username_compared_first,
    "GHSA-6f65-4fv2-wwch" => time_ghsa_6f65_4fv2_wwch_vendure_cheaper_dummy,
}

/// What somebody types as a username or an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unknown,
    UnknownAddress,
    Malformed,
    Known,
    KnownAddress,
    Disabled,
    NoPassword,
    NoAddress,
    MayNotChange,
    Shared,
    WithLink,
}

const KINDS: [Kind; 11] = [
    Kind::Unknown,
    Kind::UnknownAddress,
    Kind::Malformed,
    Kind::Known,
    Kind::KnownAddress,
    Kind::Disabled,
    Kind::NoPassword,
    Kind::NoAddress,
    Kind::MayNotChange,
    Kind::Shared,
    Kind::WithLink,
];

/// Paths on which somebody waits for the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Path {
    SignIn,
    ForgotPassword,
    ForgotUsername,
}

/// Lists the operations that an answer costs.
trait Traced {
    async fn operations(&self, path: Path, kind: Kind) -> Vec<String>;
}

struct Regain {
    world: World,
    trace: Trace,
    costs: Arc<Costs>,
}

/// A hasher that notes at which cost it is asked.
#[derive(Default)]
struct Costs(Mutex<Vec<String>>);

impl Costs {
    fn note(&self, operation: &str, hash: &PasswordHash) {
        let cost = hash.as_str().split('$').find(|part| part.starts_with("m=")).unwrap_or("?");
        self.0.lock().unwrap().push(format!("{operation}({cost})"));
    }
}

impl PasswordHasher for Costs {
    fn hash(&self, password: &PreparedPassword, salt: [u8; 16]) -> Result<PasswordHash, HashError> {
        let hash = Argon2Hasher::danger_for_tests().hash(password, salt)?;
        self.note("hash", &hash);
        Ok(hash)
    }

    fn verify(&self, password: &PreparedPassword, stored: &PasswordHash) -> Result<Verification, HashError> {
        self.note("verify", stored);
        Argon2Hasher::danger_for_tests().verify(password, stored)
    }

    fn dummy(&self) -> PasswordHash {
        Argon2Hasher::danger_for_tests().dummy()
    }
}

impl Regain {
    async fn new() -> Self {
        let (trace, costs) = (Trace::new(), Arc::new(Costs::default()));
        let accounts = Arc::new(MemoryAccounts::new());
        let (hasher, entropy) = (costs.clone(), trace.entropy(Arc::new(regain::entropy::SystemEntropy)));
        let world = World::builder()
            .served_accounts(trace.accounts(accounts.clone()))
            .accounts(accounts)
            .flows(trace.flows(Arc::new(MemoryFlows::new())))
            .configure(move |builder| builder.hasher(hasher).entropy(entropy))
            .build();
        world.person("Ana").await;
        world.disabled("Dora").await;
        world.person_without_password("Nora").await;
        world.no_address("Ned").await;
        world.may_not_change("Mia").await;
        world.sharing_an_email("Eva", "Emil").await;
        let lea = world.person("Lea").await;
        world.fresh_link(&lea).await;
        Self { world, trace, costs }
    }
}

fn typed(kind: Kind) -> &'static str {
    match kind {
        Kind::Unknown => "nob",
        Kind::UnknownAddress => "nob@home.example",
        Kind::Malformed => "n\0b",
        Kind::Known => "ana",
        Kind::KnownAddress => "ana@home.example",
        Kind::Disabled => "dora",
        Kind::NoPassword => "nora",
        Kind::NoAddress => "ned",
        Kind::MayNotChange => "mia",
        Kind::Shared => "eva@home.example",
        Kind::WithLink => "lea",
    }
}

fn claims(kind: Kind) -> IdentityClaims {
    let record = match kind {
        Kind::Known | Kind::KnownAddress => "MRN-00001",
        Kind::Disabled => "MRN-00003",
        Kind::Shared => "MRN-00011",
        Kind::Malformed => "\0",
        _ => "MRN-99999",
    };
    IdentityClaims::new(TypedClaims { record_number: record.to_owned(), ..TypedClaims::default() })
}

impl Traced for Regain {
    async fn operations(&self, path: Path, kind: Kind) -> Vec<String> {
        let (recovery, client) = (&self.world.recovery, Client::unknown());
        self.trace.take();
        self.costs.0.lock().unwrap().clear();
        let identifier = Identifier::parse(typed(kind));
        match path {
            Path::SignIn => {
                let wrong = Password::new("nine wrong guesses in a row");
                recovery.sign_in(&identifier, &wrong, &client).await.unwrap_err();
            }
            Path::ForgotPassword => drop(recovery.ask_password(&identifier, &client).await.unwrap()),
            Path::ForgotUsername => drop(recovery.ask_username(&claims(kind), &client).await.unwrap()),
        }
        let mut operations = self.trace.take();
        operations.append(&mut self.costs.0.lock().unwrap());
        // Every budget is full again, and the worker is done, before the next one.
        self.world.work().await;
        self.world.clock.advance(time::Duration::days(2));
        operations
    }
}

/// One list of operations for all kinds, on each path, time and again. At sign-in there is a hash among them.
async fn check_operations(subject: &impl Traced) -> Verdict {
    for path in [Path::SignIn, Path::ForgotPassword, Path::ForgotUsername] {
        for time in 0..3 {
            let expected = subject.operations(path, Kind::Unknown).await;
            let hashes =
                expected.iter().filter(|line| line.starts_with("verify") || line.starts_with("hash")).count();
            ensure!(hashes == usize::from(path == Path::SignIn), "{path:?} of nobody costs {hashes} hashes");
            for kind in KINDS {
                let operations = subject.operations(path, kind).await;
                ensure!(
                    operations == expected,
                    "{path:?} of {kind:?}, time {time}: {operations:?}, not {expected:?}"
                );
            }
        }
    }
    Ok(())
}

/// A twin writes its operations down.
struct Twin(fn(Path, Kind) -> Vec<&'static str>);

impl Traced for Twin {
    async fn operations(&self, path: Path, kind: Kind) -> Vec<String> {
        (self.0)(path, kind).into_iter().map(str::to_owned).collect()
    }
}

fn is_known(kind: Kind) -> bool {
    !matches!(kind, Kind::Unknown | Kind::UnknownAddress | Kind::Malformed)
}

/// Django: no hash was computed for a user whose password is marked unusable.
#[tokio::test]
async fn time_cve_2024_39329_django_no_hash_without_usable_password() {
    let twin = Twin(|path, kind| match (path, kind) {
        (Path::SignIn, Kind::NoPassword) => vec!["find"],
        (Path::SignIn, _) => vec!["find", "verify(12)"],
        _ => vec!["find"],
    });
    let fault = "SignIn of NoPassword";
    holds_and_catches(check_operations(&Regain::new().await).await, check_operations(&twin).await, fault);
}

/// TYPO3: a token was made and a mail sent, in the request, for known addresses only.
#[tokio::test]
async fn time_cve_2020_11063_typo3_mail_in_the_request() {
    let twin = Twin(|path, kind| match path {
        Path::SignIn => vec!["find", "verify(12)"],
        Path::ForgotPassword if is_known(kind) => vec!["find", "random", "store", "send"],
        _ => vec!["find"],
    });
    let fault = "ForgotPassword of Known";
    holds_and_catches(check_operations(&Regain::new().await).await, check_operations(&twin).await, fault);
}

/// Flask-AppBuilder up to 3.2.3: a user who is not there was answered before any hash.
#[tokio::test]
async fn time_cve_2021_29621_flask_appbuilder_no_hash_for_unknown() {
    let twin = Twin(|path, kind| match path {
        Path::SignIn if is_known(kind) => vec!["find", "verify(12)"],
        _ => vec!["find"],
    });
    let fault = "SignIn of nobody costs 0 hashes";
    holds_and_catches(check_operations(&Regain::new().await).await, check_operations(&twin).await, fault);
}

/// Flask-AppBuilder before 3.4.4: the fix hashed for unknown users, and inactive ones still went another way.
#[tokio::test]
async fn time_cve_2022_21659_flask_appbuilder_second_path() {
    let twin = Twin(|path, kind| match (path, kind) {
        (Path::SignIn, Kind::Disabled) => vec!["find"],
        (Path::SignIn, Kind::KnownAddress) => vec!["find", "find by address", "verify(12)"],
        (Path::SignIn, _) => vec!["find", "verify(12)"],
        _ => vec!["find"],
    });
    let fault = "SignIn of KnownAddress";
    holds_and_catches(check_operations(&Regain::new().await).await, check_operations(&twin).await, fault);
}

/// GoFiber: the username was compared first, and the password only if it was right.
#[tokio::test]
async fn time_cve_2026_44332_gofiber_username_compared_first() {
    let twin = Twin(|path, kind| match path {
        Path::SignIn if is_known(kind) => vec!["compare username", "hash(12)", "compare password"],
        Path::SignIn => vec!["hash(12)", "compare username"],
        _ => vec![],
    });
    let fault = "SignIn of Known";
    holds_and_catches(check_operations(&Regain::new().await).await, check_operations(&twin).await, fault);
}

/// Vendure: users who are not there cost less than others; here a dummy that is hashed at a lower cost.
#[tokio::test]
async fn time_ghsa_6f65_4fv2_wwch_vendure_cheaper_dummy() {
    let twin = Twin(|path, kind| match path {
        Path::SignIn if is_known(kind) => vec!["find", "verify(12)"],
        Path::SignIn => vec!["find", "verify(4)"],
        _ => vec!["find"],
    });
    let fault = "SignIn of Known, time 0: [\"find\", \"verify(12)\"], not";
    holds_and_catches(check_operations(&Regain::new().await).await, check_operations(&twin).await, fault);
}
