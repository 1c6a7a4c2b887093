//! How a command is made to stop: asked, told, killed.

use std::time::{Duration, Instant};

use rustix::process::Signal;

/// From SIGTERM to SIGKILL, and from there to giving up.
const LAST_GRACE: Duration = Duration::from_secs(5);

/// Between two looks for processes that were born while others were being killed.
const SWEEP: Duration = Duration::from_millis(50);

/// How far a command has been pressed. The clock is an argument.
#[derive(Debug)]
pub struct Stop {
    grace: Duration,
    step: Step,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// It runs in peace.
    None,
    /// It has had SIGINT, like a Ctrl-C: most tools tidy up and go.
    Asked { until: Instant },
    /// It has had SIGTERM.
    Told { until: Instant },
    /// It has had SIGKILL, and gets it again: a process that is killed may have just made another.
    Killed { again: Instant, until: Instant },
    /// What still lives is in the kernel's hands, or somebody else's.
    Spent,
}

impl Stop {
    /// Nothing yet. After SIGINT, the command will have `grace`.
    pub fn new(grace: Duration) -> Stop {
        Stop {
            grace,
            step: Step::None,
        }
    }

    /// Begins; the signal to send now. `None` if it has begun before: asking twice is no reason to
    /// be ruder.
    pub fn begin(&mut self, now: Instant) -> Option<Signal> {
        if self.step != Step::None {
            return None;
        }
        self.step = Step::Asked {
            until: now + self.grace,
        };
        Some(Signal::INT)
    }

    /// The command has ended. What it has left behind does not get the rest of its time: it was a
    /// shell's background job, which never hears SIGINT, or has detached itself, and there is
    /// nobody left for whom it could tidy up.
    pub fn hurry(&mut self, now: Instant) -> Option<Signal> {
        match self.step {
            Step::Asked { .. } => Some(self.tell(now)),
            _ => None,
        }
    }

    /// Whether it has begun.
    pub fn has_begun(&self) -> bool {
        self.step != Step::None
    }

    /// Whether nothing is left to try.
    pub fn is_spent(&self) -> bool {
        self.step == Step::Spent
    }

    /// When [`Stop::advance`] has something to do.
    pub fn due(&self) -> Option<Instant> {
        match self.step {
            Step::Asked { until } | Step::Told { until } => Some(until),
            Step::Killed { again, until } => Some(again.min(until)),
            Step::None | Step::Spent => None,
        }
    }

    /// The signal to send now, if its time has come.
    pub fn advance(&mut self, now: Instant) -> Option<Signal> {
        match self.step {
            Step::Asked { until } if until <= now => Some(self.tell(now)),
            Step::Told { until } if until <= now => Some(self.kill(now, now + LAST_GRACE)),
            Step::Killed { until, .. } if until <= now => {
                self.step = Step::Spent;
                None
            }
            Step::Killed { again, until } if again <= now => Some(self.kill(now, until)),
            _ => None,
        }
    }

    fn tell(&mut self, now: Instant) -> Signal {
        self.step = Step::Told {
            until: now + LAST_GRACE,
        };
        Signal::TERM
    }

    fn kill(&mut self, now: Instant, until: Instant) -> Signal {
        self.step = Step::Killed {
            again: now + SWEEP,
            until,
        };
        Signal::KILL
    }
}
