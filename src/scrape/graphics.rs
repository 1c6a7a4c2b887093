//! The special graphics of DEC's VT100: strokes and corners in the place of letters.
//!
//! Curses draws its frames with them. A terminal has a set of characters to write with and another one
//! that SO (0x0e) takes up and SI (0x0f) puts down (ECMA-35 §7.3); some are told to write with the
//! graphics, and some to shift to them.

use std::borrow::Cow;

use super::escape::Charset;

/// What is shown for the bytes from `_` (0x5f) to `~` (0x7e): VT100 User Guide, table 3-9.
const SHOWN: [char; 32] = [
    ' ', '◆', '▒', '␉', '␌', '␍', '␊', '°', '±', '␤', '␋', '┘', '┐', '┌', '└', '┼', '⎺', '⎻', '─',
    '⎼', '⎽', '├', '┤', '┴', '┬', '│', '≤', '≥', 'π', '≠', '£', '·',
];

/// The two sets, and which of them is written with.
#[derive(Debug, Default)]
pub struct Sets {
    sets: [Charset; 2],
    shifted: bool,
}

impl Sets {
    /// Makes `charset` the first set (`ESC (`) or the second (`ESC )`).
    pub fn designate(&mut self, at: usize, charset: Charset) {
        self.sets[at] = charset;
    }

    /// The bytes as they are shown from here on.
    pub fn show<'a>(&mut self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        if self.sets == [Charset::Text; 2] {
            return Cow::Borrowed(bytes);
        }
        let mut all = Vec::with_capacity(bytes.len());
        for run in bytes.split_inclusive(|byte| is_shift(*byte)) {
            match self.sets[usize::from(self.shifted)] {
                Charset::Text => all.extend_from_slice(run),
                Charset::Graphics => all.extend(shown(run)),
            }
            self.shifted = match run.last() {
                Some(&byte) if is_shift(byte) => byte == 0x0e,
                _ => self.shifted,
            };
        }
        all.retain(|byte| !is_shift(*byte));
        Cow::Owned(all)
    }
}

fn is_shift(byte: u8) -> bool {
    matches!(byte, 0x0e | 0x0f)
}

/// The bytes as graphics. Those of none stay.
fn shown(bytes: &[u8]) -> Vec<u8> {
    let mut shown = Vec::with_capacity(bytes.len() * 3);
    for &byte in bytes {
        let at = usize::from(byte).checked_sub(0x5f);
        match at.and_then(|at| SHOWN.get(at)) {
            Some(char) => shown.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
            None => shown.push(byte),
        }
    }
    shown
}
