//! The WebSocket half of the wire, from outside: bytes in, values out, and back.
//!
//! A fast path is tested against a naive twin, an encoder against its decoder, and whatever reads a
//! stream against itself with the stream cut elsewhere: where the network cuts must never show.

mod mask;

/// Numbers that look random and are the same in every run (Marsaglia's xorshift64).
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number in `0..end`.
    fn below(&mut self, end: usize) -> usize {
        (self.number() % end as u64) as usize
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.number() as u8).collect()
    }

    fn key(&mut self) -> [u8; 4] {
        (self.number() as u32).to_be_bytes()
    }
}
