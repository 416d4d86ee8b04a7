//! What a hash costs, and what regain adds to the bare `argon2` crate: normalising and the PHC string.

use std::hint::black_box;

use argon2::{Algorithm, Argon2, Params, Version};
use criterion::{Criterion, criterion_group, criterion_main};
use regain::password::{Argon2Hasher, Password, PasswordHasher};

const TYPED: &str = "nine green lamps at noon";
const SALT: [u8; 16] = [7; 16];

fn hashing(c: &mut Criterion) {
    let costs = [
        ("19 MiB, 2, 1", (19_456, 2, 1)),
        ("46 MiB, 1, 1", (47_104, 1, 1)),
        ("64 MiB, 3, 4", (65_536, 3, 4)),
    ];
    for (name, (memory, passes, lanes)) in costs {
        let ours = Argon2Hasher::builder()
            .memory_kib(memory)
            .iterations(passes)
            .lanes(lanes)
            .build()
            .expect("builds");
        compare(c, name, &ours, Params::new(memory, passes, lanes, None).expect("possible"));
    }
    compare(c, "default", &Argon2Hasher::default(), Params::default());
}

fn compare(c: &mut Criterion, name: &str, ours: &Argon2Hasher, params: Params) {
    let bare = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut group = c.benchmark_group(format!("hash at {name}"));
    group.sample_size(20);
    group.bench_function("regain", |b| {
        b.iter(|| {
            let password = Password::new(black_box(TYPED)).prepare().expect("a password");
            ours.hash(&password, SALT).expect("hashed")
        });
    });
    group.bench_function("argon2", |b| {
        b.iter(|| {
            let mut tag = [0; 32];
            bare.hash_password_into(black_box(TYPED).as_bytes(), &SALT, &mut tag).expect("hashed");
            tag
        });
    });
    group.finish();
}

criterion_group!(benches, hashing);
criterion_main!(benches);
