//! What a token costs: to issue, to read, to check.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use regain::RecoveryToken;
use regain::account::AccountEpoch;
use regain::entropy::{Entropy as _, SystemEntropy};
use regain::flow::Purpose;
use regain::ids::Realm;
use std::hint::black_box;

/// 48 bytes as they come from the operating system, printed: what a mail carries.
fn fresh() -> String {
    use base64ct::{Base64UrlUnpadded, Encoding as _};
    let mut bytes = [0; 48];
    SystemEntropy.fill(&mut bytes).expect("the operating system has randomness");
    Base64UrlUnpadded::encode_string(&bytes)
}

fn token(c: &mut Criterion) {
    let (realm, epoch) = (Realm::new("clinic").expect("a realm"), AccountEpoch::from_bytes([7; 32]));
    let (text, purpose) = (fresh(), Purpose::Password);
    let token = RecoveryToken::parse(&text).expect("a token");
    let stored = token.digest(&realm, purpose, &epoch);
    let wrong = RecoveryToken::parse(&fresh()).expect("a token");

    c.bench_function("token/issue_and_digest", |bench| {
        bench.iter(|| {
            let token = RecoveryToken::parse(&fresh()).expect("a token");
            (token.expose(), token.digest(&realm, purpose, &epoch))
        });
    });
    c.bench_function("token/parse", |bench| bench.iter(|| RecoveryToken::parse(black_box(&text))));
    // Both take the same time, or a secret could be guessed byte by byte (RC-10).
    for (name, presented) in [("token/check_right", &token), ("token/check_wrong", &wrong)] {
        c.bench_function(name, |bench| {
            bench.iter_batched(
                || presented.clone(),
                |token| black_box(token.digest(&realm, purpose, &epoch).matches(&stored)),
                BatchSize::SmallInput,
            );
        });
    }
}

criterion_group!(benches, token);
criterion_main!(benches);
