//! Whether a line came before with another number in it.
//!
//! `done so far: 3%` means nothing; after `done so far: 4%` both were progress. The shape of a line
//! is what is left of it without its numbers and its drawing; a shape whose value changes is a
//! display, even one that scrolls.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::token::{Kind, Text};

/// Shapes remembered: more than any display has rows, few enough to search one by one.
const REMEMBERED: usize = 32;

/// The shapes seen lately, with the value each had first.
#[derive(Debug, Default)]
pub struct Shapes {
    seen: VecDeque<(u64, f64)>,
}

impl Shapes {
    /// Remembers the line, and says whether its shape ever came with a value other than `value`.
    pub fn has_changed(&mut self, text: &Text<'_>, value: f64) -> bool {
        let shape = shape(text);
        if let Some((_, first)) = self.seen.iter().find(|(seen, _)| *seen == shape) {
            return *first != value;
        }
        if self.seen.len() == REMEMBERED {
            self.seen.pop_front();
        }
        self.seen.push_back((shape, value));
        false
    }
}

fn shape(text: &Text<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for token in text.tokens() {
        match token.kind {
            Kind::Number => "0".hash(&mut hasher),
            Kind::Word => token.text.hash(&mut hasher),
            // Longer runs, and what is not ASCII, are the drawing.
            Kind::Mark if token.text.len() <= 2 => token.text.hash(&mut hasher),
            Kind::Mark | Kind::Space => {}
        }
    }
    hasher.finish()
}
