//! RNG: secrets come from the operating system, whole, and nothing else ever comes from where they come from.

use crate::kit::{NEW, Site, Verdict, form, holds_and_catches, sources};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use regain::entropy::{Entropy, EntropyError, SystemEntropy};
use regain::testing::{FailingEntropy, World};
use std::cell::Cell;
use std::sync::{Arc, Mutex};

rows! { "RNG":
    "CVE-2023-42820" => rng_cve_2023_42820_jumpserver_seeded_in_public,
    "CVE-2012-5508" => rng_cve_2012_5508_plone_outputs_on_error_pages,
    "CVE-2019-25061" => rng_cve_2019_25061_random_password_generator_rand,
    "CVE-2024-8796" => rng_cve_2024_8796_devise_two_factor_short_secret,
}

/// Issues tokens, as text.
trait Issuer {
    async fn issue(&self) -> String;
}

struct Regain(World);

impl Issuer for Regain {
    async fn issue(&self) -> String {
        let who = self.0.person("Ana").await;
        let token = self.0.fresh_link(&who).await.expose().to_string();
        self.0.accounts.remove(&who.id).await;
        self.0.clock.advance(time::Duration::DAY);
        token
    }
}

/// Knuth's generator: whoever knows one output knows them all.
struct Lcg(Cell<u64>);

impl Lcg {
    fn next(&self) -> u64 {
        self.0.set(
            self.0.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407),
        );
        self.0.get()
    }
}

/// JumpServer: a captcha in the same process seeded the shared generator with a value that its picture shows.
struct JumpServer(Lcg);

impl Issuer for JumpServer {
    async fn issue(&self) -> String {
        format!("{:06}", self.0.next() % 1_000_000)
    }
}

/// Two services in one state as far as the world can see: what one issues says nothing of the other.
async fn check_seeds<S: Issuer>(fresh: impl Fn() -> S) -> Verdict {
    let (one, other) = (fresh(), fresh());
    for n in 0..32 {
        let (ours, theirs) = (one.issue().await, other.issue().await);
        ensure!(ours != theirs, "token {n} of both is {ours}");
    }
    Ok(())
}

/// JumpServer before 3.6.4: see [`JumpServer`].
#[tokio::test]
async fn rng_cve_2023_42820_jumpserver_seeded_in_public() {
    let twin = || JumpServer(Lcg(Cell::new(42)));
    holds_and_catches(check_seeds(|| Regain(World::new())).await, check_seeds(twin).await, "token 0 of both");
}

/// What everybody was shown, and what was drawn for secrets.
struct Shown {
    answers: Vec<String>,
    draws: Vec<Vec<u8>>,
}

#[derive(Default)]
struct Recording(Mutex<Vec<Vec<u8>>>);

impl Entropy for Recording {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        SystemEntropy.fill(bytes)?;
        self.0.lock().unwrap().push(bytes.to_vec());
        Ok(())
    }
}

/// All pages, right and wrong, of a service whose every draw is written down.
async fn shown_by_regain() -> Shown {
    let recording = Arc::new(Recording::default());
    let entropy = recording.clone();
    let site = Site::build(World::builder().configure(move |builder| builder.entropy(entropy)));
    let ana = site.world.person("Ana").await;
    let mut answers = Vec::new();
    for _ in 0..7 {
        answers.push(site.ask(&ana.username).await);
        answers.push(site.ask("nobody").await);
    }
    site.world.work().await;
    for page in ["/recovery/link", "/recovery/new-password", "/recovery/disown", "/recovery/nowhere"] {
        for body in ["", "token=x", "token=%00&password=x", "{", "a=b"] {
            answers.push(site.post(page, &[], body).await);
            answers.push(site.post(page, &[("content-type", "text/plain")], body).await);
            answers.push(site.get(page, &[]).await);
        }
    }
    // The answer to the bearer's own choice; the token is theirs already.
    let token = site.world.link_of(&ana).expose().to_string();
    answers
        .push(site.post("/recovery/new-password", &[], form(&[("token", &token), ("password", NEW)])).await);
    answers
        .push(site.post("/recovery/new-password", &[], form(&[("token", &token), ("password", NEW)])).await);
    let draws = recording.0.lock().unwrap().clone();
    Shown { answers: answers.iter().map(|answer| format!("{answer:?}")).collect(), draws }
}

/// Plone: the error page shows an id from the generator that tokens come from.
fn shown_by_plone() -> Shown {
    let generator = Lcg(Cell::new(7));
    let (error_id, token) = (generator.next(), generator.next());
    let draws = [error_id, token].map(|draw| draw.to_be_bytes().to_vec()).to_vec();
    Shown { answers: vec![format!("Error. Please quote {error_id:016x}.")], draws }
}

fn check_shown(shown: &Shown) -> Verdict {
    ensure!(shown.draws.len() > 1, "nothing was drawn");
    for draw in &shown.draws {
        let part = &draw[..8.min(draw.len())];
        let hex: String = part.iter().map(|byte| format!("{byte:02x}")).collect();
        let number = part.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte)).to_string();
        for text in [hex, number, Base64UrlUnpadded::encode_string(part)[..10].to_owned()] {
            ensure!(
                !shown.answers.iter().any(|answer| answer.contains(&text)),
                "a page shows {text}, a draw"
            );
        }
    }
    Ok(())
}

/// Plone: see [`shown_by_plone`].
#[tokio::test]
async fn rng_cve_2012_5508_plone_outputs_on_error_pages() {
    holds_and_catches(check_shown(&shown_by_regain().await), check_shown(&shown_by_plone()), "a page shows");
}

#[rustfmt::skip]
const WEAK: &[&str] = &[
    "rand::rng()", "rand::random", "thread_rng", "ThreadRng", "StdRng", "SmallRng", "Xoshiro", "seed_from_u64", "from_seed",
    "fastrand", "oorandom", "nanorand", "RandomState", "DefaultHasher", "getrandom",
];

/// No generator but the one in `entropy.rs` is named anywhere, and without it nothing is issued.
fn check_sources(sources: &[(String, String)]) -> Verdict {
    ensure!(!sources.is_empty(), "no source was read");
    for (file, text) in sources {
        for weak in WEAK {
            ensure!(!text.contains(weak), "{file} uses {weak}");
        }
        ensure!(file.ends_with("entropy.rs") || !text.contains("SysRng"), "{file} goes round `Entropy`");
    }
    Ok(())
}

/// When the source fails, every ask fails, and no mail goes out on a substitute.
async fn check_no_fallback() -> Verdict {
    for draws in 0..8 {
        let entropy = Arc::new(FailingEntropy::after(draws));
        let site = Site::build(World::builder().configure(move |builder| builder.entropy(entropy)));
        let ana = site.world.person("Ana").await;
        let asked = site.ask(&ana.username).await.status;
        // An ask draws a name, a ticket and a nonce; a link its secret and its code, a button's nonce, a mail's name and a nonce.
        let asks = draws >= 3;
        ensure!(asked == if asks { 200 } else { 503 }, "an ask with {draws} draws was answered {asked}");
        site.world.work().await;
        let mailed = site.world.mailbox.mails().len();
        ensure!(mailed == usize::from(draws >= 8), "{draws} draws gave {mailed} mails");
    }
    Ok(())
}

/// random_password_generator: passwords came from Ruby's `rand`, a Mersenne Twister.
#[tokio::test]
async fn rng_cve_2019_25061_random_password_generator_rand() {
    let twin =
        "fn password() -> String { (0..12).map(|_| ALPHABET[rand::random::<u8>() as usize % 62]).collect() }";
    let twin = [("generator.rs".to_owned(), twin.to_owned())];
    check_no_fallback().await.unwrap();
    holds_and_catches(check_sources(&sources()), check_sources(&twin), "uses rand::random");
}

/// devise-two-factor: a dependency read the length in other units, and secrets had 120 bits.
struct DeviseTwoFactor;

impl Issuer for DeviseTwoFactor {
    async fn issue(&self) -> String {
        const LENGTH: usize = 20;
        let mut secret = [0; LENGTH * 6 / 8];
        SystemEntropy.fill(&mut secret).unwrap();
        Base64UrlUnpadded::encode_string(&secret)
    }
}

/// Counted on what was mailed: 48 bytes, and every bit of them is drawn anew.
async fn check_length(subject: &impl Issuer) -> Verdict {
    let (mut ones, mut zeros) = ([0_u8; 48], [0_u8; 48]);
    for _ in 0..64 {
        let token = subject.issue().await;
        let bytes = Base64UrlUnpadded::decode_vec(&token).map_err(|error| error.to_string())?;
        ensure!(bytes.len() == 48, "a token has {} bytes", bytes.len());
        for (at, byte) in bytes.iter().enumerate() {
            ones[at] |= byte;
            zeros[at] |= !byte;
        }
    }
    // A bit that is right has a chance of 2^-63 to be the same in all.
    ensure!(ones == [255; 48] && zeros == [255; 48], "some bits of a token are always the same");
    Ok(())
}

/// devise-two-factor: see [`DeviseTwoFactor`].
#[tokio::test]
async fn rng_cve_2024_8796_devise_two_factor_short_secret() {
    let regain = check_length(&Regain(World::new())).await;
    holds_and_catches(regain, check_length(&DeviseTwoFactor).await, "a token has 15 bytes");
}
