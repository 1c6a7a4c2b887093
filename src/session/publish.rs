//! Publishes, out of the content of a request or the text of a frame.

pub use crate::session::demand::Publish;
use crate::task::refusal::MAX_LINES;
use crate::task::update::MAX_FIELDS;
use crate::task::{Mode, Patch, Refusal, TaskId};

/// A patch for `task`.
///
/// # Errors
/// If it names another task.
pub fn one(
    task: TaskId,
    patch: Patch,
    mode: Mode,
    lease_ms: Option<u64>,
) -> Result<Publish, Refusal> {
    Ok(Publish {
        patch: patch.addressed_to(&task)?,
        task,
        mode,
        lease_ms,
    })
}

/// A patch for the task it names itself.
///
/// # Errors
/// As [`Patch::task_id`].
pub fn addressed(patch: Patch, lease_ms: Option<u64>) -> Result<Publish, Refusal> {
    Ok(Publish {
        task: patch.task_id()?,
        patch,
        mode: Mode::Merge,
        lease_ms,
    })
}

/// The patches that the lines of `ndjson` are, each of which is paid for first. Blank lines are
/// nothing; one bad line spoils no other.
///
/// # Errors
/// [`Refusal::TooManyLines`], before any line is read.
pub fn many(
    ndjson: &[u8],
    lease_ms: Option<u64>,
    pay: &mut dyn FnMut() -> Result<(), Refusal>,
) -> Result<Vec<Result<Publish, Refusal>>, Refusal> {
    let mut read = |line: &[u8]| {
        pay()?;
        match line.len() {
            0..=MAX_FIELDS => addressed(Patch::parse(line)?, lease_ms),
            _ => Err(Refusal::TooLarge),
        }
    };
    let lines = ndjson.split(|&byte| byte == b'\n');
    let lines = lines.filter(|line| !line.trim_ascii().is_empty());
    if lines.clone().nth(MAX_LINES).is_some() {
        return Err(Refusal::TooManyLines);
    }
    Ok(lines.map(&mut read).collect())
}
