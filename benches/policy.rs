//! What judging a password costs, beside zxcvbn alone on the same text.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use regain::password::{MAX_BYTES, Password, PasswordPolicy, PolicyContext};
use time::macros::date;

fn judging(c: &mut Criterion) {
    let policy = PasswordPolicy::builder().service_words(["Lakeside Clinic"]).build().expect("builds");
    let person = PolicyContext {
        username: Some("mgarcia90"),
        given_name: Some("María José"),
        family_name: Some("García-Núñez"),
        birth_date: Some(date!(1990 - 03 - 07)),
        record_number: Some("MRN-00481516"),
        emails: vec!["maria.sunshine@example.org"],
        ..PolicyContext::default()
    };
    let inputs = ["mgarcia90", "María José", "García-Núñez", "MRN-00481516", "maria.sunshine@example.org"];
    for (name, typed) in passwords() {
        let mut group = c.benchmark_group(format!("judge {name}"));
        group.sample_size(20);
        group.bench_function("regain", |b| {
            b.iter(|| {
                let password = Password::new(black_box(typed.as_str())).prepare().expect("a password");
                policy.check(&password, &person)
            });
        });
        group.bench_function("zxcvbn", |b| b.iter(|| zxcvbn::zxcvbn(black_box(&typed), &inputs)));
        group.finish();
    }
}

fn passwords() -> [(&'static str, String); 5] {
    let letters_for_digits = "4@8({[<3&69!1|0$5+7%2zmaria".chars().cycle().take(MAX_BYTES).collect();
    [
        ("a typical password", "nine green lamps at noon".to_owned()),
        ("a refused password", "María-García-1990-03-07".to_owned()),
        ("1024 bytes of words", "lamps4noon maria tractor green ".chars().cycle().take(MAX_BYTES).collect()),
        ("1024 bytes of leet", letters_for_digits),
        ("1024 bytes of random letters", scrambled()),
    ]
}

/// Letters and digits without a pattern, the same in each run.
fn scrambled() -> String {
    let mut state: u32 = 1;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from_digit((state >> 16) % 36, 36).expect("below 36")
    };
    (0..MAX_BYTES).map(|_| next()).collect()
}

criterion_group!(benches, judging);
criterion_main!(benches);
