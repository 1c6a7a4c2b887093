//! A list of states, written from the states' own bytes.
//!
//! A list may be long, and a client slow. So its JSON exists nowhere as a whole: a [`ListReader`]
//! makes it as fast as the client takes it, of states that all who asked for this list share.

use std::io::{self, Read};
use std::rc::Rc;

use crate::task::Update;

const LIST_BEGIN: &[u8] = b"{\"tasks\":[";
const LIST_END: &[u8] = b"]}";

/// The states that were asked for, as they were; made once for all who asked at the same time.
#[derive(Debug)]
pub struct List {
    updates: Vec<Rc<Update>>,
    /// What tells this list from the next one (RFC 9110 §8.8.3).
    pub tag: String,
    /// The length of its JSON, in bytes.
    pub len: u64,
}

impl List {
    /// Of these states, in this order.
    pub fn new(updates: Vec<Rc<Update>>, tag: String) -> List {
        let states: usize = updates.iter().map(|update| update.json().len()).sum();
        let commas = updates.len().saturating_sub(1);
        let len = LIST_BEGIN.len() + states + commas + LIST_END.len();
        List {
            updates,
            tag,
            len: len as u64,
        }
    }
}

/// The JSON of a list, piece by piece.
#[derive(Debug)]
pub struct ListReader {
    list: Rc<List>,
    /// The number of the part that is read next: what comes before the first state, the first
    /// state, what comes before the second one, and so on.
    part: usize,
    /// Bytes of it that were read.
    read: usize,
}

impl ListReader {
    /// At its beginning.
    pub fn new(list: Rc<List>) -> ListReader {
        ListReader {
            list,
            part: 0,
            read: 0,
        }
    }

    /// The part that is read next; none behind the last.
    fn part(&self) -> Option<&[u8]> {
        let (index, count) = (self.part / 2, self.list.updates.len());
        match (self.part % 2, index) {
            (0, 0) => Some(LIST_BEGIN),
            (0, _) if index < count => Some(b","),
            (0, _) if index == count => Some(LIST_END),
            (0, _) => None,
            _ if count == 0 => Some(LIST_END),
            _ => self.list.updates.get(index).map(|update| update.json()),
        }
    }
}

impl Read for ListReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len()
            && let Some(part) = self.part()
        {
            let rest = &part[self.read..];
            let count = rest.len().min(buffer.len() - filled);
            buffer[filled..filled + count].copy_from_slice(&rest[..count]);
            let is_done = count == rest.len();
            filled += count;
            (self.part, self.read) = match is_done {
                true => (self.part + 1, 0),
                false => (self.part, self.read + count),
            };
        }
        Ok(filled)
    }
}
