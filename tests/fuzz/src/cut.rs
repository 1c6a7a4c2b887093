//! Bytes as choices: how the fuzzer decides where a stream is cut, and what happens next.

/// The front of an input, read as choices. When it runs out, every further choice is 0.
#[derive(Clone, Debug)]
pub struct Script<'a>(pub &'a [u8]);

impl<'a> Script<'a> {
    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let Some((&byte, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        byte
    }

    /// A number below `bound`, which is 1 to 256.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::from(self.byte()) % bound
    }

    /// The next `len` bytes, or what is left.
    pub fn bytes(&mut self, len: usize) -> &'a [u8] {
        let (front, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        front
    }

    /// Whether every choice has been made.
    pub fn is_over(&self) -> bool {
        self.0.is_empty()
    }
}

/// A way to cut any stream: the lengths of its pieces, repeated from the start when used up.
#[derive(Clone, Debug)]
pub struct Cuts(Vec<usize>);

impl Cuts {
    /// All in one piece.
    pub fn whole() -> Cuts {
        Cuts(vec![usize::MAX])
    }

    /// One byte at a time: every place where a cut can be.
    pub fn bytewise() -> Cuts {
        Cuts(vec![1])
    }

    /// As the input's first bytes say: how many lengths follow, and the lengths.
    pub fn chosen(script: &mut Script<'_>) -> Cuts {
        let count = script.below(8) + 1;
        let lens = script.bytes(count).iter();
        let mut lens: Vec<usize> = lens.map(|&len| usize::from(len).max(1)).collect();
        if lens.is_empty() {
            lens.push(1);
        }
        Cuts(lens)
    }

    /// The pieces of `bytes`, none of them empty.
    pub fn pieces<'b>(&self, mut bytes: &'b [u8]) -> impl Iterator<Item = &'b [u8]> {
        let mut lens = self.0.iter().cycle();
        std::iter::from_fn(move || {
            let len = lens.next().copied().unwrap_or(1);
            let (piece, rest) = bytes.split_at(len.min(bytes.len()));
            bytes = rest;
            (!piece.is_empty()).then_some(piece)
        })
    }
}
