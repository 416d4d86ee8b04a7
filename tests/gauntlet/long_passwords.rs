//! DOS: the longest password there is costs one hash, and what is longer costs none.

use crate::kit::{Site, Verdict, holds_and_catches, mailed_token};
use regain::password::{
    Argon2Hasher, HashError, MAX_BYTES, Password, PasswordHash, PasswordHasher, PreparedPassword,
    Verification,
};
use regain::testing::{Someone, World};
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use time::Duration;

rows! { "DOS":
    "CVE-2013-1443" => dos_cve_2013_1443_django_long_password_hashed,
    "CVE-2013-5958" => dos_cve_2013_5958_symfony_long_password_on_another_path,
    "CVE-2026-24458" => dos_cve_2026_24458_mattermost_long_password_mishandled,
}

/// Takes passwords, and says how many bytes it hashed.
trait Passwords {
    async fn sign_in(&self, password: &str) -> bool;
    /// Makes this the password, if it may be one.
    async fn set(&self, password: &str) -> bool;
    /// Since the last call.
    fn hashed(&self) -> usize;
}

/// A hasher that weighs what it is given.
#[derive(Default)]
struct Scales(AtomicUsize);

impl PasswordHasher for Scales {
    fn hash(&self, password: &PreparedPassword, salt: [u8; 16]) -> Result<PasswordHash, HashError> {
        self.0.fetch_add(password.as_bytes().len(), Ordering::SeqCst);
        Argon2Hasher::danger_for_tests().hash(password, salt)
    }

    fn verify(&self, password: &PreparedPassword, stored: &PasswordHash) -> Result<Verification, HashError> {
        self.0.fetch_add(password.as_bytes().len(), Ordering::SeqCst);
        Argon2Hasher::danger_for_tests().verify(password, stored)
    }

    fn dummy(&self) -> PasswordHash {
        Argon2Hasher::danger_for_tests().dummy()
    }
}

struct Regain {
    site: Site,
    ana: Someone,
    scales: Arc<Scales>,
}

impl Regain {
    async fn new() -> Self {
        let scales = Arc::new(Scales::default());
        let hasher = scales.clone();
        let site = Site::build(World::builder().configure(move |builder| builder.hasher(hasher)));
        let ana = site.world.person("Ana").await;
        Self { site, ana, scales }
    }
}

impl Passwords for Regain {
    async fn sign_in(&self, password: &str) -> bool {
        let world = &self.site.world;
        world
            .recovery
            .sign_in(&self.ana.identifier(), &Password::new(password), &world.client())
            .await
            .is_ok()
    }

    async fn set(&self, password: &str) -> bool {
        let world = &self.site.world;
        world.clock.advance(Duration::days(2));
        world.fresh_link(&self.ana).await;
        let token = mailed_token(world, &self.ana);
        let by_page = self.site.choose(&token, password).await;
        let token = world.link_of(&self.ana);
        let by_hand = world.recovery.choose_password(&token, &Password::new(password), &world.client()).await;
        by_page || by_hand.is_ok()
    }

    fn hashed(&self) -> usize {
        self.scales.0.swap(0, Ordering::SeqCst)
    }
}

/// A twin cuts passwords at a length, and has a limit on each path, or none.
struct Twin {
    limit_at_sign_in: usize,
    limit_at_set: usize,
    cut_at: usize,
    stored: RefCell<String>,
    hashed: Cell<usize>,
}

impl Twin {
    fn new(limit_at_sign_in: usize, limit_at_set: usize, cut_at: usize) -> Self {
        let (stored, hashed) = Default::default();
        Self { limit_at_sign_in, limit_at_set, cut_at, stored, hashed }
    }

    fn hash(&self, password: &str) -> String {
        let taken = &password[..password.floor_char_boundary(self.cut_at)];
        self.hashed.set(self.hashed.get() + taken.len());
        taken.to_owned()
    }
}

impl Passwords for Twin {
    async fn sign_in(&self, password: &str) -> bool {
        password.len() <= self.limit_at_sign_in && self.hash(password) == *self.stored.borrow()
    }

    async fn set(&self, password: &str) -> bool {
        let taken = password.len() <= self.limit_at_set;
        if taken {
            self.stored.replace(self.hash(password));
        }
        taken
    }

    fn hashed(&self) -> usize {
        self.hashed.take()
    }
}

/// Text without rhyme or reason, of so many bytes.
fn text(bytes: usize) -> String {
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b"abcdefghijkmnpqrstuvwxyz23456789"[(state % 32) as usize])
    };
    (0..bytes).map(|_| next()).collect()
}

/// What is too long, or becomes so, is nobody's password and costs no hash; what is not, counts to the last byte.
async fn check_lengths(subject: &impl Passwords) -> Verdict {
    // U+1D160 is 4 bytes and becomes 12 by NFC; U+0390 grows by NFD only.
    let grown = ["\u{1D160}".repeat(MAX_BYTES / 4), "\u{fb2c}".repeat(MAX_BYTES / 3)];
    let plain = [MAX_BYTES + 1, 4 * MAX_BYTES, 1 << 20, 16 << 20].map(text);
    for password in plain.iter().chain(&grown) {
        subject.hashed();
        ensure!(!subject.sign_in(password).await, "{} bytes sign in", password.len());
        let hashed = subject.hashed();
        ensure!(hashed == 0, "{hashed} bytes hashed at sign-in for {}", password.len());
        ensure!(!subject.set(password).await, "{} bytes are set", password.len());
        let hashed = subject.hashed();
        ensure!(hashed == 0, "{hashed} bytes hashed for a choice of {}", password.len());
    }
    check_every_byte(subject).await
}

async fn check_every_byte(subject: &impl Passwords) -> Verdict {
    for bytes in [64, 73, 128, 256, 1_000, MAX_BYTES] {
        let password = text(bytes);
        ensure!(subject.set(&password).await, "{bytes} bytes are refused");
        ensure!(subject.sign_in(&password).await, "{bytes} bytes do not sign in");
        let other = format!("{}!", &password[..bytes - 1]);
        ensure!(!subject.sign_in(&other).await, "the last of {bytes} bytes does not count");
        ensure!(!subject.sign_in(&password[..bytes - 1]).await, "the first {} bytes sign in", bytes - 1);
    }
    Ok(())
}

/// Django: a password of a mebibyte was hashed at sign-in, over minutes.
#[tokio::test]
async fn dos_cve_2013_1443_django_long_password_hashed() {
    let twin = Twin::new(usize::MAX, MAX_BYTES, usize::MAX);
    let fault = "1025 bytes hashed at sign-in";
    holds_and_catches(check_lengths(&Regain::new().await).await, check_lengths(&twin).await, fault);
}

/// Symfony: the same, wherever a password is encoded; here the limit is at sign-in, and not where one is chosen.
#[tokio::test]
async fn dos_cve_2013_5958_symfony_long_password_on_another_path() {
    let twin = Twin::new(MAX_BYTES, usize::MAX, usize::MAX);
    holds_and_catches(
        check_lengths(&Regain::new().await).await,
        check_lengths(&twin).await,
        "1025 bytes are set",
    );
}

/// Mattermost: what came after the 72nd byte of a long password was mishandled; here it does not count.
#[tokio::test]
async fn dos_cve_2026_24458_mattermost_long_password_mishandled() {
    let twin = Twin::new(MAX_BYTES, MAX_BYTES, 72);
    // A cut also hides growth, so that the twin is tried with plain text only.
    let fault = "the last of 73 bytes does not count";
    holds_and_catches(check_lengths(&Regain::new().await).await, check_every_byte(&twin).await, fault);
}
