//! The far end of an event stream (HTML standard §9.2): bytes in, states out.

use super::Flaw;
use crate::wire::http::{Fields, ReplyHead, Scan};

/// First the head of the answer, then lines.
#[derive(Debug)]
pub(super) struct EventStream {
    /// None once the head is read.
    head: Option<Scan>,
    /// The data of the event that has begun.
    data: Vec<u8>,
}

/// What came.
#[derive(Debug)]
pub(super) enum Arrival<'b> {
    /// The stream is open.
    Open,
    /// An event with this data.
    Event(&'b [u8]),
    /// A comment, which says nothing.
    Comment,
}

impl EventStream {
    /// A stream that has been asked for.
    pub(super) fn new() -> EventStream {
        EventStream {
            head: Some(Scan::default()),
            data: Vec::new(),
        }
    }

    /// Gives everything that is whole in `input` to `arrived`; how many bytes that was.
    pub(super) fn hear(
        &mut self,
        input: &[u8],
        mut arrived: impl FnMut(Arrival<'_>) -> Result<(), Flaw>,
    ) -> Result<usize, Flaw> {
        let mut used = 0;
        if let Some(scan) = &mut self.head {
            let Some(len) = scan.advance(input)? else {
                return Ok(0);
            };
            check_head(input.get(..len).unwrap_or_default())?;
            self.head = None;
            used = len;
            arrived(Arrival::Open)?;
        }
        let rest = |used| input.get(used..).unwrap_or_default();
        while let Some(len) = rest(used).iter().position(|&byte| byte == b'\n') {
            let line = rest(used).get(..len).unwrap_or_default();
            used += len + 1;
            self.read_line(line.strip_suffix(b"\r").unwrap_or(line), &mut arrived)?;
        }
        Ok(used)
    }

    fn read_line(
        &mut self,
        line: &[u8],
        arrived: &mut impl FnMut(Arrival<'_>) -> Result<(), Flaw>,
    ) -> Result<(), Flaw> {
        if line.is_empty() && !self.data.is_empty() {
            let event = arrived(Arrival::Event(&self.data));
            self.data.clear();
            return event;
        }
        if let Some(value) = line.strip_prefix(b"data:") {
            if !self.data.is_empty() {
                self.data.push(b'\n');
            }
            let value = value.strip_prefix(b" ").unwrap_or(value);
            self.data.extend_from_slice(value);
        } else if line.starts_with(b":") {
            arrived(Arrival::Comment)?;
        }
        Ok(())
    }
}

fn check_head(head: &[u8]) -> Result<(), Flaw> {
    let mut fields = Fields::default();
    let head = ReplyHead::parse(head, &mut fields)?;
    let media_type = head.text("content-type").unwrap_or_default();
    match head.status {
        200 if media_type.starts_with("text/event-stream") => Ok(()),
        200 => Err(Flaw::wrong(
            "an event stream was due",
            media_type.as_bytes(),
        )),
        status => Err(Flaw::Status(status)),
    }
}
