//! How much of a stream is read for progress.
//!
//! Reading what a line means costs a hundred times what passing it on costs. A progress display
//! writes a few kilobytes a second; a command that writes megabytes is delivering its work, and
//! must neither wait for us nor lose its processor to us. So a stream has an allowance. Of a flood
//! beyond it the newest is kept from one look to the next, and ten looks a second are enough: on a
//! screen that scrolls too fast to be read, a person sees no more.

use std::collections::VecDeque;

/// Bytes a second that are read for progress: far more than any display needs, and some hundredths
/// of a processor.
const PER_SEC: f64 = 1024.0 * 1024.0;

/// Bytes that may be saved up.
const MOST: f64 = 1024.0 * 1024.0;

/// Bytes that are read at each look, also without an allowance: a screenful.
const SCREENFUL: usize = 4096;

/// Milliseconds between two looks at a flood.
const FLOOD_MS: u64 = 100;

/// Bytes of a stream that came in one millisecond.
#[derive(Debug, PartialEq, Eq)]
pub struct Heard {
    /// When, by the clock of who has put them; of a flood, when it was looked at.
    pub at_ms: u64,
    /// Bytes before these have been left out, and these begin with the end of a line.
    pub is_after_gap: bool,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// What of one stream waits to be read. The clock is an argument.
#[derive(Debug)]
pub struct Portion {
    allowance: f64,
    since_ms: u64,
    waiting: VecDeque<Heard>,
    /// Bytes that wait.
    len: usize,
    /// Bytes were left out before those that wait, and no line has begun since.
    is_cut: bool,
    /// What waits is not looked at before.
    look_ms: u64,
}

impl Default for Portion {
    /// A full allowance.
    fn default() -> Portion {
        Portion {
            allowance: MOST,
            since_ms: 0,
            waiting: VecDeque::new(),
            len: 0,
            is_cut: false,
            look_ms: 0,
        }
    }
}

impl Portion {
    /// Takes the next `bytes` of the stream. At the expense of older ones, if they are too many: of
    /// a flood, no more is copied than will be read.
    pub fn put(&mut self, bytes: &[u8], now_ms: u64) {
        let passed_ms = now_ms.saturating_sub(self.since_ms);
        self.allowance = (self.allowance + passed_ms as f64 * PER_SEC / 1000.0).min(MOST);
        self.since_ms = now_ms;
        let room = SCREENFUL.max(self.allowance as usize);
        let from = bytes.len().saturating_sub(room);
        self.is_cut |= from > 0;
        self.append(bytes.get(from..).unwrap_or_default(), now_ms);
        while let Some(oldest) = self.waiting.front()
            && self.len - oldest.bytes.len() >= room
        {
            self.len -= oldest.bytes.len();
            self.waiting.pop_front();
            self.is_cut = true;
        }
    }

    /// When [`Portion::take`] will give what waits; `None` if nothing does.
    pub fn due_ms(&self) -> Option<u64> {
        (!self.waiting.is_empty()).then_some(self.look_ms)
    }

    /// All that waits, oldest first; after a gap from the next line on. Nothing, if a flood was
    /// looked at just before. At the end of time, all of it.
    pub fn take(&mut self, now_ms: u64) -> VecDeque<Heard> {
        if now_ms < self.look_ms {
            return VecDeque::new();
        }
        let mut taken = std::mem::take(&mut self.waiting);
        for heard in &mut taken {
            heard.at_ms = heard.at_ms.max(self.look_ms);
        }
        if self.is_cut {
            self.look_ms = now_ms.saturating_add(FLOOD_MS);
        }
        self.allowance = (self.allowance - self.len as f64).max(0.0);
        self.len = 0;
        while let Some(first) = taken.front_mut().filter(|_| self.is_cut) {
            if let Some(end) = first.bytes.iter().position(|byte| ends_line(*byte)) {
                first.bytes.drain(..end);
                first.is_after_gap = true;
                self.is_cut = false;
            } else {
                taken.pop_front();
            }
        }
        taken
    }

    fn append(&mut self, bytes: &[u8], at_ms: u64) {
        self.len += bytes.len();
        // Not into one that was made for a flood: it could be left out only as a whole.
        if let Some(last) = self.waiting.back_mut()
            && last.at_ms == at_ms
            && last.bytes.len() + bytes.len() <= SCREENFUL
        {
            last.bytes.extend_from_slice(bytes);
            return;
        }
        self.waiting.push_back(Heard {
            at_ms,
            is_after_gap: false,
            bytes: bytes.to_vec(),
        });
    }
}

fn ends_line(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}
