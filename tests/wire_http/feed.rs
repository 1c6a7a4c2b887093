//! Ways to hand the same bytes to a parser.

use doneyet::wire::http::{Body, Fields, Head, HttpError, Scan};

/// A small generator (xorshift64*), seeded, so that every run cuts in the same places.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed | 1)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound
    }
}

/// Ends of pieces: the whole, single bytes, and some random cuts; each list ends with `size`.
pub(crate) fn cuts(size: usize) -> Vec<Vec<usize>> {
    let mut dice = Dice::new(size as u64 + 7);
    let mut ways = vec![vec![size], (1..=size).collect()];
    for _ in 0..8 {
        let mut ends = vec![size];
        while let Some(end @ 1..) = ends.last().copied() {
            ends.push(dice.below(end));
        }
        ends.reverse();
        ways.push(ends);
    }
    ways
}

/// What a scan says of `bytes`; the same for every cut, or the test fails.
pub(crate) fn scan(bytes: &[u8]) -> Result<Option<usize>, HttpError> {
    let verdicts = cuts(bytes.len()).into_iter().map(|ends| {
        let mut scan = Scan::default();
        let verdict = ends.into_iter().map(|end| scan.advance(&bytes[..end]));
        verdict
            .into_iter()
            .find(|verdict| *verdict != Ok(None))
            .unwrap_or(Ok(None))
    });
    agreed(verdicts, bytes)
}

/// Scans and parses one head and shows it to `look`; the next request behind it must not matter.
pub(crate) fn head<T>(bytes: &[u8], look: impl FnOnce(&Head<'_>) -> T) -> Result<T, HttpError> {
    const NEXT: &[u8] = b"GET /next HTTP/1.1\r\nHost: next\r\n\r\n";
    let verdict = scan(bytes);
    assert_eq!(
        verdict,
        scan(&[bytes, NEXT].concat()),
        "the next request changed the verdict"
    );
    let size = verdict?.expect("a complete head");
    assert_eq!(size, bytes.len(), "the head ends at its end");
    let mut fields = Fields::default();
    Head::parse(bytes, &mut fields).map(|head| look(&head))
}

/// The status a head is refused with.
pub(crate) fn refused(bytes: &[u8]) -> u16 {
    match head(bytes, |head| format!("{head:?}")) {
        Ok(head) => panic!("accepted: {head}"),
        Err(error) => error.status.code(),
    }
}

/// What a body made of `bytes`: its content, how many bytes it took, and whether it was complete;
/// the same for every cut, or the test fails.
pub(crate) fn body(
    open: impl Fn() -> Result<Body, HttpError>,
    bytes: &[u8],
) -> Result<(Vec<u8>, usize, bool), HttpError> {
    let verdicts = cuts(bytes.len()).into_iter().map(|ends| {
        let (mut body, mut taken) = (open()?, 0);
        for end in ends {
            taken += body.read(&bytes[taken..end])?;
            assert!(
                taken == end || body.is_complete(),
                "stopped at {taken} before the end"
            );
            if taken < end {
                break;
            }
        }
        let complete = body.is_complete();
        Ok((body.into_bytes(), taken, complete))
    });
    agreed(verdicts, bytes)
}

fn agreed<T: PartialEq + std::fmt::Debug>(
    mut verdicts: impl Iterator<Item = T>,
    bytes: &[u8],
) -> T {
    let first = verdicts.next().expect("one way at least");
    for verdict in verdicts {
        assert_eq!(verdict, first, "cut otherwise: {}", bytes.escape_ascii());
    }
    first
}
