//! Publishes, out of the content of a request or the text of a frame.

pub use crate::session::demand::Publish;
use crate::task::refusal::MAX_LINES;
use crate::task::update::MAX_FIELDS;
use crate::task::{Mode, Patch, Refusal, TaskId};

/// The patch that `json` is, for `task`.
///
/// # Errors
/// As [`Patch::parse`], or if the patch names another task.
pub fn one(
    task: TaskId,
    json: &[u8],
    mode: Mode,
    lease_ms: Option<u64>,
) -> Result<Publish, Refusal> {
    let patch = Patch::parse(json)?.addressed_to(&task)?;
    Ok(Publish {
        task,
        patch,
        mode,
        lease_ms,
    })
}

/// The patch that `json` is, for the task it names itself.
///
/// # Errors
/// As [`Patch::parse`] and [`Patch::task_id`].
pub fn addressed(json: &[u8], lease_ms: Option<u64>) -> Result<Publish, Refusal> {
    let patch = Patch::parse(json)?;
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
            0..=MAX_FIELDS => addressed(line, lease_ms),
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
