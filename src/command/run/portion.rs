//! How much of a stream is read for progress.
//!
//! Reading what a line means costs a hundred times what passing it on costs. A progress display
//! writes a few kilobytes a second; a command that writes megabytes is delivering its work, and
//! must neither wait for us nor lose its processor to us. So a stream has an allowance. What is
//! beyond it is passed on unread, and the reading begins again at the next line, or, once the flood
//! has ended, at its last lines: they are what a person sees.

use std::time::Instant;

/// Bytes a second that are read for progress: far more than any display needs, and some hundredths
/// of a processor.
const PER_SEC: f64 = 1024.0 * 1024.0;

/// Bytes that may be saved up.
const MOST: f64 = 1024.0 * 1024.0;

/// Bytes kept of what is not read: a screenful.
const KEPT: usize = 4096;

/// The allowance of one stream. The clock is an argument.
#[derive(Debug)]
pub struct Portion {
    bytes: f64,
    since: Instant,
    /// Bytes have been left out, and no line has begun since.
    is_cut: bool,
    /// The last of them.
    kept: Vec<u8>,
}

/// What of some bytes to read.
#[derive(Debug, PartialEq, Eq)]
pub enum Share<'b> {
    /// Nothing.
    None,
    /// These, which follow on what was read last.
    Next(&'b [u8]),
    /// These, which begin a line after a gap.
    AfterGap(&'b [u8]),
}

impl Portion {
    /// A full allowance.
    pub fn new(now: Instant) -> Portion {
        Portion {
            bytes: MOST,
            since: now,
            is_cut: false,
            kept: Vec::new(),
        }
    }

    /// Decides about the next `bytes` of the stream.
    pub fn take<'b>(&mut self, bytes: &'b [u8], now: Instant) -> Share<'b> {
        let secs = now.saturating_duration_since(self.since).as_secs_f64();
        self.bytes = (self.bytes + secs * PER_SEC).min(MOST);
        self.since = now;
        if self.bytes < bytes.len() as f64 {
            self.is_cut = true;
            self.keep(bytes);
            return Share::None;
        }
        self.bytes -= bytes.len() as f64;
        if !self.is_cut {
            return Share::Next(bytes);
        }
        let Some(rest) = from_line(bytes) else {
            self.keep(bytes);
            return Share::None;
        };
        self.is_cut = false;
        self.kept.clear();
        Share::AfterGap(rest)
    }

    /// Whether [`Portion::catch_up`] would give something.
    pub fn is_behind(&self) -> bool {
        !self.kept.is_empty()
    }

    /// The last of what was left out, from a line's beginning on: to be read after a gap, when
    /// nothing more comes.
    pub fn catch_up(&mut self) -> Option<Vec<u8>> {
        let kept = std::mem::take(&mut self.kept);
        let rest = from_line(&kept)?.to_vec();
        self.is_cut = false;
        Some(rest)
    }

    fn keep(&mut self, bytes: &[u8]) {
        let from = bytes.len().saturating_sub(KEPT);
        let last = bytes.get(from..).unwrap_or_default();
        let surplus = (self.kept.len() + last.len()).saturating_sub(KEPT);
        self.kept.drain(..surplus);
        self.kept.extend_from_slice(last);
    }
}

/// The bytes from the first end of a line on.
fn from_line(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes
        .iter()
        .position(|byte| matches!(byte, b'\n' | b'\r'))?;
    bytes.get(end..)
}
