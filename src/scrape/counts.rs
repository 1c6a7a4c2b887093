//! A counter that has nothing but itself to say that it is progress.
//!
//! `4/10 connections` is written like `4/10 files`, and only what becomes of it tells one from the
//! other. What counts a work begins near its start, rises, and comes to its end but once. So a ratio
//! without a bar, a speed or a time left must have been less before it counts as all, and where it
//! begins in the middle it must rise; one that falls back from the middle is how things are.

use std::collections::VecDeque;

/// Counters remembered, and wholes.
const REMEMBERED: usize = 64;

/// The largest share with which a work is seen to begin.
const START: f64 = 0.25;

/// How often one must rise that begins later.
const RISES: u32 = 2;

/// A counter that falls starts over if it leaves from above this share, or comes to below
/// [`AT_START`].
const AT_END: f64 = 0.9;

/// See [`AT_END`].
const AT_START: f64 = 0.1;

/// The part of the whole by which one may fall that is a little late.
const LITTLE: f64 = 0.05;

/// So much of so much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Count {
    /// How much there is.
    pub loaded: f64,
    /// How much there will be.
    pub total: f64,
}

impl Count {
    fn share(self) -> f64 {
        self.loaded / self.total
    }

    /// Whether a work may be at its first part here: at the first of three, too.
    fn is_start(self) -> bool {
        self.loaded <= 1.0 || self.share() <= START
    }

    /// Whether it went down from `before`, and not to start over. Those who count side by side may
    /// come out of their order by a little.
    fn falls_from(self, before: Self) -> bool {
        let starts_over = before.share() >= AT_END || self.share() <= AT_START;
        let little = (LITTLE * self.total).max(1.0);
        before.loaded - self.loaded > little && !starts_over && self.loaded > 1.0
    }
}

/// What became of a counter until now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// It began at its start, or has risen.
    Counts,
    /// It began in the middle and has not risen for long enough.
    Unknown,
    /// It stands at all of all, and nothing of that whole has ever been less.
    Full,
    /// It fell back.
    Jumps,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    Behind,
}

#[derive(Debug)]
struct Seen {
    /// The words on one side of it.
    side: (Side, u64),
    last: Count,
    began_at_start: bool,
    rises: u32,
    jumps: bool,
}

/// The counters seen lately.
#[derive(Debug, Default)]
pub struct Counts {
    seen: VecDeque<Seen>,
    /// The wholes of which less than all was seen.
    begun: VecDeque<f64>,
}

impl Counts {
    /// Takes note of a counter between words of these shapes, and says what became of it. It is the
    /// same as an earlier one of that whole if the words on one of its sides are.
    pub fn note(&mut self, [before, behind]: [u64; 2], count: Count) -> Course {
        let is_full = count.loaded >= count.total;
        let was_less = self.begun.contains(&count.total);
        if !is_full && !was_less {
            remember(&mut self.begun, count.total);
        }
        let sides = [(Side::Before, before), (Side::Behind, behind)];
        let courses = sides.map(|side| self.note_side(side, count));
        if courses.contains(&Course::Jumps) {
            Course::Jumps
        } else if is_full && !was_less {
            Course::Full
        } else if courses.contains(&Course::Counts) {
            Course::Counts
        } else {
            Course::Unknown
        }
    }

    fn note_side(&mut self, side: (Side, u64), count: Count) -> Course {
        let is_same = |seen: &Seen| seen.side == side && seen.last.total == count.total;
        let found = self.seen.iter().rposition(is_same);
        if let Some(mut seen) = found.and_then(|at| self.seen.remove(at)) {
            let course = seen.go_on(count);
            self.seen.push_back(seen);
            return course;
        }
        let seen = Seen {
            side,
            last: count,
            began_at_start: count.is_start(),
            rises: 0,
            jumps: false,
        };
        let course = seen.course();
        remember(&mut self.seen, seen);
        course
    }
}

impl Seen {
    fn go_on(&mut self, count: Count) -> Course {
        let before = std::mem::replace(&mut self.last, count);
        self.jumps |= count.falls_from(before);
        self.rises += u32::from(count.loaded > before.loaded);
        self.course()
    }

    fn course(&self) -> Course {
        if self.jumps {
            Course::Jumps
        } else if self.began_at_start || self.rises >= RISES {
            Course::Counts
        } else {
            Course::Unknown
        }
    }
}

fn remember<T>(lately: &mut VecDeque<T>, new: T) {
    if lately.len() == REMEMBERED {
        lately.pop_front();
    }
    lately.push_back(new);
}
