//! How a command is made to stop: asked, told, killed.

use std::time::{Duration, Instant};

use rustix::process::Signal;

/// From SIGTERM to SIGKILL.
const LAST_GRACE: Duration = Duration::from_secs(5);

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
    /// It has had SIGKILL. What still lives now is in the kernel's hands.
    Killed,
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

    /// Whether it has begun.
    pub fn has_begun(&self) -> bool {
        self.step != Step::None
    }

    /// When [`Stop::advance`] has something to send.
    pub fn due(&self) -> Option<Instant> {
        match self.step {
            Step::Asked { until } | Step::Told { until } => Some(until),
            Step::None | Step::Killed => None,
        }
    }

    /// The signal to send now, if its time has come.
    pub fn advance(&mut self, now: Instant) -> Option<Signal> {
        match self.step {
            Step::Asked { until } if until <= now => {
                self.step = Step::Told {
                    until: now + LAST_GRACE,
                };
                Some(Signal::TERM)
            }
            Step::Told { until } if until <= now => {
                self.step = Step::Killed;
                Some(Signal::KILL)
            }
            _ => None,
        }
    }
}
