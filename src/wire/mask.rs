//! Masking: the XOR that every payload from a client wears (RFC 6455 §5.3).
//!
//! It hides nothing, the key travels in the same header. Its purpose is that a script in a browser
//! cannot choose the bytes that appear on the wire, and so cannot make a proxy that knows nothing
//! of WebSockets mistake them for an HTTP request and cache the answer (§10.3).
//!
//! A server pays for that with one XOR per byte received, so this is a place where speed is worth
//! a second look: eight bytes at a time, in code simple enough for the compiler to widen further.

/// Masks or unmasks `payload` in place; doing it twice with the same arguments changes nothing.
///
/// `phase` is how far into its frame's payload `payload[0]` lies, in bytes: 0 for a payload in one
/// piece, the number of bytes already seen for a later piece. Any value is good, only its remainder
/// by four matters. Source: RFC 6455 §5.3.
pub fn apply(payload: &mut [u8], key: [u8; 4], phase: usize) {
    let mut key = key;
    key.rotate_left(phase % 4);
    let [a, b, c, d] = key;
    let word = [a, b, c, d, a, b, c, d];

    // A word is a whole number of keys long: every word meets the same mask, and so does the rest.
    let (words, rest) = payload.as_chunks_mut::<8>();
    for bytes in words {
        *bytes = (u64::from_ne_bytes(*bytes) ^ u64::from_ne_bytes(word)).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(word) {
        *byte ^= mask;
    }
}
