//! Numbers nobody can foresee, without a generator of our own.

use std::hash::{BuildHasher as _, RandomState};

/// 64 bits that an outsider cannot foresee.
///
/// The standard library seeds its hash maps from the operating system, with a keyed hash made to
/// keep the key secret from whoever sees its results. Masking keys and handshake nonces ask for
/// just that (RFC 6455 §10.3) and for nothing more: they protect proxies, not secrets.
pub fn random_u64() -> u64 {
    RandomState::new().hash_one(())
}

/// A masking key (RFC 6455 §5.3), new for every frame.
pub(super) fn mask_key() -> [u8; 4] {
    (random_u64() as u32).to_ne_bytes()
}

/// A handshake's nonce (RFC 6455 §4.1).
pub(super) fn nonce() -> [u8; 16] {
    (u128::from(random_u64()) << 64 | u128::from(random_u64())).to_ne_bytes()
}
