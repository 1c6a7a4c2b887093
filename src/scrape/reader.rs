//! The reader of one command: which of the things seen in its output is progress.
//!
//! A display says itself that it is one: it is drawn over, or has a bar, a speed, a time left. What
//! has none of these must prove itself by changing. And where several speak at once the one that
//! means to be read has the word: what is said to the terminal before a machine's line, that before
//! the line of the whole, that before the rest. The word is not kept for ever, since a script may
//! run one tool after another.

use std::collections::VecDeque;

use super::frame::{Frame, Row};
use super::lines::{Edge, Lines, Mark, Place, decode};
use super::memory::Memory;
use super::parser::{Parser, Stream};
use super::reading::Reading;

/// How long a line may stay unfinished before it is looked at. Many tools leave the newest one
/// open.
const QUIET_MS: u64 = 32;

/// The same for a line that ends in a digit: some tools write a number digit by digit.
const DIGIT_QUIET_MS: u64 = 80;

/// The streams of a command.
const STREAMS: [Stream; 2] = [Stream::Out, Stream::Err];

/// The unfinished line of a stream.
#[derive(Debug, Default)]
struct Tip {
    lines: Lines,
    /// Since when it has been there.
    since_ms: Option<u64>,
    /// When it is to be looked at.
    due_ms: Option<u64>,
}

/// One command's reader, of both its streams or of its terminal.
#[derive(Debug, Default)]
pub struct Reader {
    tips: [Tip; STREAMS.len()],
    frame: Frame,
    memory: Memory,
    last: Option<Reading>,
}

impl Reader {
    /// A reader that has seen nothing.
    pub fn new(parser: Parser) -> Self {
        Self {
            memory: Memory::new(parser),
            ..Self::default()
        }
    }

    /// Takes bytes as they were read, and returns the readings that were due by now, oldest first,
    /// none twice in a row. `now_ms` is any clock that does not go back.
    pub fn push(&mut self, stream: Stream, mut bytes: &[u8], now_ms: u64) -> Vec<Reading> {
        let readings = self.flush(now_ms);
        let tip = &mut self.tips[stream as usize];
        while let Some(mark) = tip.lines.advance(&mut bytes) {
            match mark {
                Mark::Taskbar(percent) => self.frame.put_taskbar(percent, now_ms),
                Mark::Line(place) => {
                    let since_ms = tip.since_ms.take().unwrap_or(now_ms);
                    self.frame
                        .put_line(stream, place, tip.lines.ended(), since_ms, now_ms);
                }
            }
        }
        tip.wait(now_ms);
        readings
    }

    /// Bytes of this stream were left out, up to a line end: what was unfinished stays so.
    pub fn skip(&mut self, stream: Stream) {
        self.tips[stream as usize] = Tip::default();
    }

    /// Reads what has been on the screen for long enough by now: call it once
    /// [`Reader::deadline_ms`] has passed, and with [`u64::MAX`] at the end of the output.
    pub fn flush(&mut self, now_ms: u64) -> Vec<Reading> {
        let mut readings = Vec::new();
        if let Some(at_ms) = self.frame.until_ms().filter(|until_ms| *until_ms <= now_ms) {
            let mut rows = self.frame.take();
            let open = self.tips.iter().filter_map(|tip| tip.lines.open_bytes());
            let open: Vec<_> = open.collect();
            let open = open.iter().map(|(text, place)| (*place, text.as_ref()));
            self.memory
                .begin_moment(rows.iter().filter_map(Row::line).chain(open));
            while let Some(row) = rows.pop_front() {
                let found = match row {
                    Row::Taskbar(percent) => {
                        let told = self.memory.taskbar(percent, at_ms);
                        told.into_iter().collect()
                    }
                    Row::TakenBack(stream, ..) if is_overwritten(stream, &rows) => Vec::new(),
                    Row::TakenBack(stream, place, text) => {
                        self.last_of_moment(stream, place, &text, at_ms)
                    }
                    Row::Line(stream, place, text) => {
                        self.memory.line(stream, place, &decode(&text), at_ms)
                    }
                };
                self.add_news(found, &mut readings);
            }
        }
        for stream in STREAMS {
            let tip = &mut self.tips[stream as usize];
            let Some(due_ms) = tip.due_ms.take_if(|due_ms| *due_ms <= now_ms) else {
                continue;
            };
            let open = tip.lines.open_bytes();
            let found =
                open.map(|(text, place)| self.memory.line(stream, place, &decode(&text), due_ms));
            self.add_news(found.unwrap_or_default(), &mut readings);
        }
        let released = self.memory.release(now_ms);
        self.add_news(released, &mut readings);
        readings
    }

    /// When to call [`Reader::flush`], unless more bytes come before.
    pub fn deadline_ms(&self) -> Option<u64> {
        let due_ms = self.tips.iter().filter_map(|tip| tip.due_ms);
        let due_ms = due_ms.chain(self.frame.until_ms());
        due_ms.chain(self.memory.due_ms()).min()
    }

    /// Of a row that changes faster than anybody can see, the last of each moment is seen: what has come
    /// to the place of `text`, unless it ends in a digit and may get another.
    fn last_of_moment(
        &mut self,
        stream: Stream,
        place: Place,
        text: &[u8],
        at_ms: u64,
    ) -> Vec<Reading> {
        let lines = &self.tips[stream as usize].lines;
        let is_whole = lines
            .last_written()
            .is_some_and(|byte| !byte.is_ascii_digit());
        let open = lines
            .open_bytes()
            .filter(|(_, open)| open.began == Edge::Back && is_whole);
        let found =
            open.map(|(text, place)| self.memory.line(stream, place, &decode(&text), at_ms));
        found
            .filter(|found| !found.is_empty())
            .unwrap_or_else(|| self.memory.line(stream, place, &decode(text), at_ms))
    }

    /// Adds those that say something else than the one before.
    fn add_news(&mut self, found: Vec<Reading>, readings: &mut Vec<Reading>) {
        for reading in found {
            if self.last.as_ref() != Some(&reading) {
                self.last = Some(reading.clone());
                readings.push(reading);
            }
        }
    }
}

/// Whether other text came, in the same moment, to the place that backspaces had gone back to.
fn is_overwritten(stream: Stream, later: &VecDeque<Row>) -> bool {
    let next = later.iter().find_map(|row| match row {
        Row::Line(of, place, _) | Row::TakenBack(of, place, _) if *of == stream => {
            Some(place.began)
        }
        _ => None,
    });
    next == Some(Edge::Back)
}

impl Tip {
    /// More bytes have come, or none are left.
    fn wait(&mut self, now_ms: u64) {
        let last = self.lines.last_written();
        let quiet_ms = match last {
            Some(byte) if byte.is_ascii_digit() => DIGIT_QUIET_MS,
            _ => QUIET_MS,
        };
        self.due_ms = last.map(|_| now_ms.saturating_add(quiet_ms));
        self.since_ms = last.map(|_| self.since_ms.unwrap_or(now_ms));
    }
}
