//! Opening what a job has made.
//!
//! The folder is the job's own, and the job decides what lies in it. So nothing there is followed:
//! the name is looked up in the opened folder, without a path and without a link, and what is found
//! must be a plain file. There is no moment between looking and opening in which it could become
//! another one.

use std::fs::File as Handle;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::UNIX_EPOCH;

use rustix::fs::{Mode, OFlags, open, openat};

use crate::session::demand::File;

/// The file called `name` in `folder`, and what there is to know of it; none if there is none, or
/// if it is anything but a plain file.
///
/// The tag is made of the length, the time of the last change and the number of the file: a file
/// that is written over or replaced has another one.
pub(super) fn find(folder: &Path, name: &str) -> Option<(File, Handle)> {
    let flags = OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let folder = open(folder, flags | OFlags::DIRECTORY, Mode::empty()).ok()?;
    // A pipe would otherwise wait for its other end, and the daemon with it.
    let flags = flags | OFlags::NONBLOCK | OFlags::NOCTTY;
    let handle = Handle::from(openat(&folder, name, flags, Mode::empty()).ok()?);
    let facts = handle.metadata().ok().filter(|facts| facts.is_file())?;
    let modified = facts.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let file = File {
        name: name.to_owned(),
        len: facts.len(),
        modified_unix_ms: modified.as_millis() as u64,
        tag: format!(
            "{:x}-{:x}-{:x}",
            facts.len(),
            modified.as_nanos(),
            facts.ino()
        ),
    };
    Some((file, handle))
}
