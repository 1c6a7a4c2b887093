//! The echo of control keys.
//!
//! A terminal shows that Ctrl-C was typed by `^C` (termios(3), ECHOCTL), in the midst of what the
//! command prints. There it belongs, but it is no word of the command's, and explains no failure.

use std::collections::VecDeque;

/// Keys whose echo is waited for; of those before them it will never come.
const MOST: usize = 16;

/// Control keys that were typed, and whose echo is still to come.
#[derive(Debug, Clone, Default)]
pub struct Echoes {
    keys: VecDeque<u8>,
}

impl Echoes {
    /// The echo of this control character will come.
    pub fn announce(&mut self, key: u8) {
        if self.keys.len() == MOST {
            self.keys.pop_front();
        }
        self.keys.push_back(key);
    }

    /// What the command itself has said in this line, which is the next of its terminal.
    pub fn strip(&mut self, mut line: String) -> String {
        let mut from = 0;
        // They come in the order of the keys, but not all need come.
        while let Some((key, at)) = self.first_in(line.get(from..).unwrap_or_default()) {
            line.replace_range(from + at..from + at + 2, "");
            from += at;
            self.keys.drain(..=key);
        }
        line
    }

    /// The first key whose echo is in the text: which one, and where.
    fn first_in(&self, text: &str) -> Option<(usize, usize)> {
        let echo = |key: &u8| text.find(&caret(*key));
        let mut found = self.keys.iter().map(echo).enumerate();
        found.find_map(|(key, at)| Some((key, at?)))
    }
}

/// `^C` for U+0003, `^?` for DEL.
fn caret(key: u8) -> String {
    format!("^{}", char::from(key ^ 0x40))
}
