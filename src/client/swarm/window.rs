//! Questions in flight: so many at a time, each answer bringing the next.

use std::collections::VecDeque;
use std::time::Instant;

use super::{Flaw, Spread};

/// What all who ask have been answered.
#[derive(Debug, Default)]
pub struct Tally {
    /// Members that can begin.
    pub ready: usize,
    /// Questions answered.
    pub answered: u64,
    /// Asked, and not answered yet.
    pub in_flight: u64,
    /// From question to answer.
    pub times: Spread,
    /// No more is asked: only what is in flight is waited for.
    pub is_closing: bool,
}

impl Tally {
    /// Forgets what was counted so far: it was warming up.
    pub fn start_over(&mut self) {
        self.answered = 0;
        self.times = Spread::default();
    }
}

/// One member's questions. They are numbered from 1 and answered in their order.
#[derive(Debug)]
pub struct Window {
    size: usize,
    asked: u64,
    /// When each question in flight was asked.
    since: VecDeque<Instant>,
}

impl Window {
    /// A window for `size` questions, at least one.
    pub fn new(size: usize) -> Window {
        Window {
            size: size.max(1),
            asked: 0,
            since: VecDeque::new(),
        }
    }

    /// The number of the next question, if it may be asked now.
    pub fn ask(&mut self, tally: &mut Tally) -> Option<u64> {
        if tally.is_closing || self.since.len() == self.size {
            return None;
        }
        self.asked += 1;
        self.since.push_back(Instant::now());
        tally.in_flight += 1;
        Some(self.asked)
    }

    /// The number of the question that an answer belongs to.
    ///
    /// # Errors
    ///
    /// [`Flaw::Wrong`] for an `answer` to nothing.
    pub fn answer(&mut self, answer: &[u8], tally: &mut Tally) -> Result<u64, Flaw> {
        let number = self.asked + 1 - self.since.len() as u64;
        let Some(since) = self.since.pop_front() else {
            return Err(Flaw::wrong("no answer was due", answer));
        };
        tally.in_flight -= 1;
        tally.answered += 1;
        tally.times.add(since.elapsed());
        Ok(number)
    }

    /// The number of the last question.
    pub fn asked(&self) -> u64 {
        self.asked
    }

    /// How many may be in flight.
    pub fn size(&self) -> usize {
        self.size
    }
}
