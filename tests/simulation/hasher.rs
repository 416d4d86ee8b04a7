//! A password hash that costs nothing, and sees to it that every try is counted before anything is compared.

use crate::stage::{Stage, counted};
use base64ct::{Base64Unpadded, Encoding as _};
use regain::password::{HashError, Password, PasswordHash, PasswordHasher, PreparedPassword, Verification};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

const NEW: &str = "sim";
const OLD: &str = "sim-old";

fn phc(scheme: &str, salt: &str, password: &[u8]) -> PasswordHash {
    let digest = Sha256::digest([salt.as_bytes(), b"\n", password].concat());
    let text = format!("${scheme}${salt}${}", Base64Unpadded::encode_string(&digest));
    PasswordHash::parse(&text).expect("a PHC string")
}

/// The hash of a host that has always hashed at a lower cost.
pub fn old_hash(password: &str, number: u64) -> PasswordHash {
    phc(OLD, &Base64Unpadded::encode_string(&u128::from(number).to_be_bytes()), password.as_bytes())
}

pub fn new_hash(password: &str, number: u64) -> PasswordHash {
    phc(NEW, &Base64Unpadded::encode_string(&u128::from(number).to_be_bytes()), password.as_bytes())
}

/// Whether the hash is one of this password.
pub fn is_of(hash: &PasswordHash, password: &str) -> bool {
    let prepared = Password::new(password).prepare();
    prepared.is_ok_and(|prepared| matches(hash, prepared.as_bytes()))
}

fn matches(hash: &PasswordHash, password: &[u8]) -> bool {
    let mut parts = hash.as_str().split('$').skip(1);
    let (Some(scheme), Some(salt)) = (parts.next(), parts.next()) else { return false };
    phc(scheme, salt, password) == *hash
}

pub struct SimHasher(pub Arc<Stage>);

impl SimHasher {
    fn see(&self) {
        let doing = self.0.doing();
        if matches!(doing.what, "choose" | "sign in" | "change password") && counted(&doing.spends) == 0 {
            self.0.broken("a try is counted before anything is compared", format!("in {}", doing.what));
        }
    }
}

impl PasswordHasher for SimHasher {
    fn hash(&self, password: &PreparedPassword, salt: [u8; 16]) -> Result<PasswordHash, HashError> {
        self.see();
        Ok(phc(NEW, &Base64Unpadded::encode_string(&salt), password.as_bytes()))
    }

    fn verify(&self, password: &PreparedPassword, stored: &PasswordHash) -> Result<Verification, HashError> {
        self.see();
        Ok(match matches(stored, password.as_bytes()) {
            false => Verification::Wrong,
            true if stored.as_str().starts_with("$sim-old$") => Verification::RightButOutdated,
            true => Verification::Right,
        })
    }

    fn dummy(&self) -> PasswordHash {
        phc(NEW, "bm9ib2R5LCBldmVyISEhIQ", b"\0")
    }
}
