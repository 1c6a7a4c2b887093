//! A task's name.

use std::borrow::Borrow;
use std::fmt;
use std::rc::Rc;

/// The longest task id, in characters (all of them ASCII, so also in bytes).
pub const MAX_LEN: usize = 128;

/// A name that fits a URL's path segment: 1–128 of `A-Z a-z 0-9 . _ ~ : @ -`, not `.` or `..`.
///
/// Cloning shares the text, so a thousand watchers of one task hold one copy of its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(Rc<str>);

/// The text is no task id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadTaskId;

impl TaskId {
    /// Takes a name as it is after percent-decoding.
    ///
    /// # Errors
    /// [`BadTaskId`] if it is empty, too long, `.` or `..`, or has any other character.
    pub fn new(text: &str) -> Result<TaskId, BadTaskId> {
        let shape_ok = (1..=MAX_LEN).contains(&text.len()) && text.bytes().all(is_allowed);
        // Clients and proxies remove dot segments from paths (RFC 3986 §5.2.4): such a task could
        // be created and never be asked for.
        if !shape_ok || text == "." || text == ".." {
            return Err(BadTaskId);
        }
        Ok(TaskId(Rc::from(text)))
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._~:@-".contains(&byte)
}

impl Borrow<str> for TaskId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for BadTaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a task id is 1 to 128 of A-Z a-z 0-9 . _ ~ : @ - and neither . nor ..")
    }
}

impl std::error::Error for BadTaskId {}
