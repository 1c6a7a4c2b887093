//! The WebSocket half of the wire, from outside: bytes in, values out, and back.
//!
//! A fast path is tested against a naive twin, an encoder against its decoder, and whatever reads a
//! stream against itself with the stream cut elsewhere: where the network cuts must never show.

mod close;
mod frame;
mod limits;
mod mask;
mod message;
mod reader;
mod utf8;

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

/// Where to cut a stream into pieces.
#[derive(Debug, Clone, Copy)]
enum Cuts {
    /// Nowhere.
    Whole,
    /// After every byte.
    EveryByte,
    /// Into pieces of up to this many bytes, chosen by a seed.
    Random { seed: u64, most: usize },
}

impl Cuts {
    /// The ways every stream in these tests is cut.
    fn all() -> impl Iterator<Item = Self> {
        let random = (0..12).map(|seed| Self::Random {
            seed,
            most: 1 << (1 + seed % 6),
        });
        [Self::Whole, Self::EveryByte].into_iter().chain(random)
    }

    fn pieces(self, stream: &[u8]) -> Vec<&[u8]> {
        let mut random = Random::new(match self {
            Self::Random { seed, .. } => seed,
            Self::Whole | Self::EveryByte => 0,
        });
        let mut pieces = Vec::new();
        let mut rest = stream;
        while !rest.is_empty() {
            let len = match self {
                Self::Whole => rest.len(),
                Self::EveryByte => 1,
                Self::Random { most, .. } => 1 + random.below(most),
            };
            let (piece, tail) = rest.split_at(len.min(rest.len()));
            pieces.push(piece);
            rest = tail;
        }
        pieces
    }
}
