//! States that can be checked, and who checks them.
//!
//! Whoever publishes for a benchmark writes states that carry their own proof: the task, a revision,
//! and at the end a step that counts up. A server may put its own revision in the place of ours, and
//! may add fields; one that only hands on what it was given passes as well, so that different
//! servers can be held to the same.

use std::fmt::Write as _;
use std::rc::Rc;

use serde_json::Value;

use super::{Deliveries, Flaw};

/// Before the step, which is the last member of the object.
const STEP: &[u8] = b",\"step\":";
const COMPLETED: &str = "completed";

/// What the status of a state says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The task goes on.
    Open,
    /// It has ended well.
    Completed,
}

/// The state of `task` at `step`, as one JSON object of `bytes` bytes, or the shortest if that is
/// longer. Revision and step are the same number counted from different beginnings: a daemon's
/// own revisions begin in the present, and so do these.
pub fn state_at(task: &str, step: u64, ending: Ending, bytes: usize) -> String {
    /// 2024-08-22: what is in its place is 13 digits long, as any time of this century.
    const BORN_MS: u64 = 1_724_323_200_000;
    let status = match ending {
        Ending::Open => "running",
        Ending::Completed => COMPLETED,
    };
    let mut json = format!(
        "{{\"task_id\":\"{task}\",\"rev\":{},\"status\":\"{status}\",\"progress\":{}.5,\
         \"updated_at\":{}",
        BORN_MS + step,
        step % 100,
        BORN_MS + step,
    );
    let tail = format!(",\"step\":{step}}}");
    let missing = bytes.saturating_sub(json.len() + ",\"pad\":\"\"".len() + tail.len());
    if missing > 0 {
        // Writing to memory cannot fail.
        let _ = write!(json, ",\"pad\":\"{:.<missing$}\"", "");
    }
    json + &tail
}

/// The revision in the answer to a publish of `task`, whose members may come in any order.
pub(super) fn acknowledged(task: &str, answer: &[u8]) -> Option<u64> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let is_of_task = answer.get("task_id").is_some_and(|id| id == task);
    answer.get("rev").filter(|_| is_of_task)?.as_u64()
}

/// Sees every state that one watcher is given: it must be of the right task, with a revision above
/// the last one, and no step backwards.
#[derive(Debug)]
pub struct Witness {
    /// How a state of the task begins.
    begin: Rc<str>,
    rev: u64,
    step: u64,
}

impl Witness {
    /// A witness of what is said about `task`.
    pub fn new(task: &str) -> Witness {
        Witness {
            begin: format!("{{\"task_id\":\"{task}\",\"rev\":").into(),
            rev: 0,
            step: 0,
        }
    }

    /// A witness of the same task that has seen nothing.
    #[must_use]
    pub fn another(&self) -> Witness {
        Witness {
            begin: Rc::clone(&self.begin),
            rev: 0,
            step: 0,
        }
    }

    /// The last step seen; 0 before the first.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The last revision seen; 0 before the first.
    pub fn rev(&self) -> u64 {
        self.rev
    }

    /// Looks at a state, and notes the delivery.
    ///
    /// # Errors
    ///
    /// [`Flaw::Wrong`].
    pub fn see(&mut self, state: &[u8], record: &mut Deliveries) -> Result<(), Flaw> {
        let before = self.step;
        let step = self.examine(state)?;
        if step == record.newest() && record.ending == Ending::Completed {
            demand_completed(state)?;
        }
        record.note(before, step, state.len());
        Ok(())
    }

    /// Looks at a state that must be news; the step it has come to.
    ///
    /// # Errors
    ///
    /// [`Flaw::Wrong`].
    pub(super) fn examine(&mut self, state: &[u8]) -> Result<u64, Flaw> {
        self.check_rev(state)?;
        // A task may be there before anybody publishes for it.
        let step = match state.windows(STEP.len()).rposition(|bytes| bytes == STEP) {
            Some(at) => number(state.get(at + STEP.len()..).unwrap_or_default()),
            None => Some(0),
        };
        let step = step.filter(|step| *step >= self.step);
        self.step = step.ok_or_else(|| Flaw::wrong("no earlier step was due", state))?;
        Ok(self.step)
    }

    fn check_rev(&mut self, state: &[u8]) -> Result<(), Flaw> {
        let Some(rest) = state.strip_prefix(self.begin.as_bytes()) else {
            return Err(Flaw::wrong("a state of the task watched was due", state));
        };
        let rev = number(rest).filter(|rev| *rev > self.rev);
        self.rev = rev.ok_or_else(|| Flaw::wrong("a newer revision was due", state))?;
        Ok(())
    }
}

/// The state must be that of a task that has ended well.
pub(super) fn demand_completed(state: &[u8]) -> Result<(), Flaw> {
    let wanted = format!("\"status\":\"{COMPLETED}\"");
    let is_completed = state
        .windows(wanted.len())
        .any(|bytes| bytes == wanted.as_bytes());
    match is_completed {
        true => Ok(()),
        false => Err(Flaw::wrong("a completed state was due", state)),
    }
}

/// The decimal number that `bytes` begin with.
fn number(bytes: &[u8]) -> Option<u64> {
    let mut digits = bytes
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .peekable();
    digits.peek()?;
    digits.try_fold(0_u64, |number, digit| {
        number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
    })
}
