//! Rows as another terminal shows them: `vt100`, which knows nothing of ours.

use std::num::NonZeroU16;

use doneyet::scrape::lines::{Lines, Mark, decode};

/// Cells of the other's screen; nothing that is drawn here reaches its end.
const COLUMNS: NonZeroU16 = NonZeroU16::new(300).unwrap();
const LINES: NonZeroU16 = NonZeroU16::new(24).unwrap();

/// Things drawn, and movements of the cursor, from a seed.
struct Script(u64);

impl Script {
    fn below(&mut self, bound: u64) -> u64 {
        // Knuth's constants; the high bits are the random ones.
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 33) % bound
    }

    fn step(&mut self) -> String {
        const TEXTS: [&str; 8] = ["45%", "copy", "12/64", "█", "é─", "x", "[##", "done "];
        let count = 1 + self.below(8);
        let (row, column) = (2 + self.below(22), 2 + self.below(58));
        match self.below(14) {
            0..=4 => TEXTS[self.below(8) as usize].to_owned(),
            5 => "\x08".repeat(count as usize),
            6 => format!("\x1b[{column}G"),
            7 => format!("\x1b[{row};{column}H"),
            8 => format!("\x1b[{count}C"),
            9 => format!("\x1b[{count}D"),
            10 => format!("\x1b[{}K", self.below(3)),
            11 => format!("\x1b[{count}{}", ["X", "P", "@"][self.below(3) as usize]),
            12 => format!("\x1b[{row}d"),
            _ => ["\x1b7", "\x1b8", "\x1b[J"][self.below(3) as usize].to_owned(),
        }
    }
}

/// Each row that is reported, as both see it.
fn compare(seed: u64) -> usize {
    let mut script = Script(seed);
    let mut peer = vt100::Parser::new(LINES, COLUMNS, 0);
    let mut lines = Lines::default();
    let mut rows = 0;
    let mut drawn = "\x1b[2J\x1b[5;5H\x1b7".to_owned();
    for _ in 0..400 {
        let shown: Vec<String> = peer.screen().rows(0, COLUMNS.get()).collect();
        let mut bytes = drawn.as_bytes();
        while let Some(mark) = lines.advance(&mut bytes) {
            if let Mark::Line(place) = mark {
                let row = (place.row - (1 << 30)) as usize;
                let seen = decode(lines.ended());
                let peers = &shown[row - 1];
                assert_eq!(
                    seen.trim_end(),
                    peers.trim_end(),
                    "{seed}, before {drawn:?}"
                );
                rows += 1;
            }
        }
        peer.process(drawn.as_bytes());
        drawn = script.step();
    }
    rows
}

#[test]
fn another_terminal_shows_the_same_rows() {
    let rows: usize = (1..=16).map(compare).sum();
    assert!(rows > 700, "{rows} rows were compared");
}
