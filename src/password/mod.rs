//! Passwords: policy and hashing.
