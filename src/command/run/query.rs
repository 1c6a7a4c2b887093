//! What a command asks its terminal.
//!
//! A terminal answers by typing. Where a person sits at one, theirs does. Where there is none
//! (a log, another program), the answer must come from us: a tool that wants to know where the
//! cursor is waits for it, often for ever.

/// A question and its answer (ECMA-48 §8.3.35, DSR; §8.3.24, DA): the cursor stands at the start of
/// the last row, all is well, a VT100 with nothing special.
const ANSWERS: [(&[u8], &[u8]); 4] = [
    (b"\x1b[6n", b"\x1b[24;1R"),
    (b"\x1b[5n", b"\x1b[0n"),
    (b"\x1b[c", b"\x1b[?1;0c"),
    (b"\x1b[0c", b"\x1b[?1;0c"),
];

const ESCAPE: u8 = 0x1b;

/// Bytes of the longest question.
const LONGEST: usize = 4;

/// Finds questions in output, however it is cut.
#[derive(Debug, Default)]
pub struct Queries {
    /// How much of a question the output so far ends with.
    begun: Vec<u8>,
}

impl Queries {
    /// Takes the next bytes of the output, and returns what is to be typed.
    pub fn read(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut typed = Vec::new();
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            if self.begun.is_empty() {
                let Some(after) = after_escape(rest) else {
                    break;
                };
                rest = after;
                self.begun.push(ESCAPE);
                continue;
            }
            rest = after;
            if byte == ESCAPE {
                self.begun.clear();
            }
            self.begun.push(byte);
            self.settle(&mut typed);
        }
        typed
    }

    /// Answers a complete question, and drops what cannot become one.
    fn settle(&mut self, typed: &mut Vec<u8>) {
        let answer = ANSWERS.iter().find(|(question, _)| *question == self.begun);
        typed.extend(answer.into_iter().flat_map(|(_, answer)| *answer));
        let is_open = self.begun.len() < LONGEST
            && ANSWERS
                .iter()
                .any(|(question, _)| question.starts_with(&self.begun));
        if answer.is_some() || !is_open {
            self.begun.clear();
        }
    }
}

/// What follows the first ESC. A flood has none, and `contains` finds that out many times faster
/// than a search for the place.
fn after_escape(bytes: &[u8]) -> Option<&[u8]> {
    if !bytes.contains(&ESCAPE) {
        return None;
    }
    let at = bytes.iter().position(|byte| *byte == ESCAPE)?;
    bytes.get(at + 1..)
}
