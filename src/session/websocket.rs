//! A peer that speaks WebSocket (RFC 6455), for whatever purpose.

use std::mem;

use crate::session::demand::{Answer, Demand, Fault, Notice};
use crate::session::keys::{Need, Permit};
use crate::session::outbox::Outbox;
use crate::session::toll::{Charge, Toll};
use crate::session::vocabulary::{self, Action, BadAction};
use crate::session::{Flow, Outcome, Step, publish};
use crate::task::{Mode, Patch, Refusal, TaskId};
use crate::wire::close::{Close, CloseCode};
use crate::wire::frame::{self, OpCode, Role};
use crate::wire::message::{Assembler, Limits, Message};

/// After this many frames that make no sense or come too fast, the peer is asked to leave.
const MAX_STRIKES: u8 = 16;

/// A browser cannot send a ping frame; this text does instead, and is answered with `pong`.
const PING: &str = "ping";

/// What a socket is for. The handshake's path says it, and it never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// Watching one task.
    Watch(TaskId),
    /// Watching one task, and no longer than it lasts.
    WatchUntilEnd(TaskId),
    /// Watching the tasks that are subscribed to.
    WatchMany,
    /// Watching all tasks.
    WatchAll,
    /// Publishing one task.
    Work(TaskId),
    /// Publishing the tasks that the patches name.
    WorkMany,
    /// Saying hello.
    Hello,
    /// Sending everything back.
    Echo,
}

impl Purpose {
    /// What a caller must be allowed to open such a socket.
    pub(super) fn need(&self) -> Need<'_> {
        match self {
            Purpose::Watch(task) | Purpose::WatchUntilEnd(task) => Need::Watch(task),
            Purpose::Work(_) | Purpose::WorkMany => Need::Publish,
            Purpose::WatchMany | Purpose::WatchAll | Purpose::Hello | Purpose::Echo => {
                Need::WatchAll
            }
        }
    }

    /// What a message on such a socket is counted as.
    fn charge(&self) -> Charge {
        match self {
            Purpose::Work(_) | Purpose::WorkMany => Charge::Publish,
            _ => Charge::Message,
        }
    }

    fn limits(&self) -> Limits {
        match self {
            Purpose::Work(_) | Purpose::WorkMany => Limits {
                message: 64 * 1024,
                fragments: 64,
            },
            // The conformance suite sends messages in 65,536 frames; the size still bounds them.
            Purpose::Echo => Limits {
                message: 16 * 1024 * 1024,
                fragments: u32::MAX,
            },
            _ => Limits {
                message: 4 * 1024,
                fragments: 64,
            },
        }
    }
}

/// A conversation in frames. Idle watchers are many, so it is small.
#[derive(Debug)]
pub struct WebSocket {
    purpose: Purpose,
    permit: Permit,
    assembler: Assembler,
    strikes: u8,
    pulse: Pulse,
}

/// Whether the peer gave a sign of life since the last ping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pulse {
    Heard,
    Silent,
}

impl WebSocket {
    /// A socket whose 101 is queued; writes what such a socket says first.
    pub fn open(purpose: Purpose, permit: Permit, out: &mut Outbox) -> WebSocket {
        if purpose == Purpose::Hello {
            text(b"{\"hello\":\"world\"}", out);
        }
        WebSocket {
            purpose,
            permit,
            assembler: Assembler::default(),
            strikes: 0,
            pulse: Pulse::Heard,
        }
    }

    /// What the socket is for.
    pub fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    /// See [`Session::next`](crate::session::Session::next).
    ///
    /// # Errors
    /// [`Fault::Frame`] for what RFC 6455 or our limits forbid, [`Fault::Ended`] for too many
    /// messages that make no sense or come too fast.
    pub fn next(
        &mut self,
        input: &mut [u8],
        out: &mut Outbox,
        toll: &mut dyn Toll,
    ) -> Result<Step, Fault> {
        if !input.is_empty() {
            self.sign_of_life();
        }
        let step = self
            .assembler
            .next(input, Role::Server, &self.purpose.limits())?;
        let consumed = step.consumed;
        if let Some(Message::Text(_) | Message::Binary(_)) = step.message
            && let Err(refusal) = toll.charge(self.purpose.charge(), None)
        {
            let outcome = self.refuse(&refusal, out)?;
            return Ok(Step { consumed, outcome });
        }
        let outcome = match step.message {
            None => Outcome::Starved,
            Some(Message::Pong(_)) => Outcome::Handled,
            Some(Message::Ping(payload)) => {
                frame::encode(OpCode::Pong, &payload, out.reply());
                Outcome::Handled
            }
            Some(Message::Close(close)) => {
                // §5.5.1: the answer is a Close, typically with the same code.
                say_close(
                    &Close {
                        code: close.code,
                        reason: String::new(),
                    },
                    out,
                );
                Outcome::Over
            }
            Some(Message::Text(message)) => self.read_text(&message, out)?,
            Some(Message::Binary(message)) if self.purpose == Purpose::Echo => {
                frame::encode(OpCode::Binary, &message, out.reply());
                Outcome::Handled
            }
            Some(Message::Binary(_)) => self.bad_action("messages here are text".into(), out)?,
        };
        Ok(Step { consumed, outcome })
    }

    /// See [`Session::answer`](crate::session::Session::answer).
    ///
    /// A worker is told nothing of a publish that went well, a watcher nothing of a cancel: the
    /// state that follows says it to everybody.
    pub fn answer(&mut self, answer: &Answer, out: &mut Outbox) -> Flow {
        if let Answer::Refused(refusal) = answer {
            text(&vocabulary::refusal(refusal), out);
        }
        Flow::On
    }

    /// See [`Session::notify`](crate::session::Session::notify).
    pub fn notify(&mut self, notice: Notice, out: &mut Outbox) -> Flow {
        match notice {
            Notice::State(update) => {
                let is_last = update.is_terminal();
                out.push_frame(update);
                match self.purpose {
                    Purpose::WatchUntilEnd(_) if is_last => {
                        self.bye(CloseCode::NORMAL, "ended", out)
                    }
                    _ => Flow::On,
                }
            }
            Notice::Cancel { task, reason } => {
                text(&vocabulary::cancel_order(&task, reason.as_deref()), out);
                Flow::On
            }
            Notice::Forgotten(task) => match self.purpose {
                Purpose::Watch(_) | Purpose::WatchUntilEnd(_) => {
                    self.bye(CloseCode::NORMAL, "the task has been forgotten", out)
                }
                _ => {
                    text(&vocabulary::forgotten(&task), out);
                    Flow::On
                }
            },
        }
    }

    /// See [`Session::tick`](crate::session::Session::tick): time for a ping.
    ///
    /// # Errors
    /// [`Fault::Gone`] if there was no sign of life since the last one.
    pub fn tick(&mut self, out: &mut Outbox) -> Result<(), Fault> {
        match mem::replace(&mut self.pulse, Pulse::Silent) {
            Pulse::Silent => Err(Fault::Gone),
            Pulse::Heard => {
                frame::encode(OpCode::Ping, b"", out.reply());
                Ok(())
            }
        }
    }

    /// See [`Session::sign_of_life`](crate::session::Session::sign_of_life).
    pub fn sign_of_life(&mut self) {
        self.pulse = Pulse::Heard;
    }

    /// See [`Session::farewell`](crate::session::Session::farewell).
    pub fn farewell(&mut self, fault: &Fault, out: &mut Outbox) {
        let close = match fault {
            Fault::Frame(violation) => Close::from(*violation),
            Fault::Ended(code, why) => Close {
                code: Some(*code),
                reason: (*why).to_owned(),
            },
            Fault::Request(_) | Fault::Gone => return,
        };
        say_close(&close, out);
    }

    fn bye(&mut self, code: CloseCode, why: &'static str, out: &mut Outbox) -> Flow {
        self.farewell(&Fault::Ended(code, why), out);
        Flow::Over
    }

    fn read_text(&mut self, message: &str, out: &mut Outbox) -> Result<Outcome, Fault> {
        Ok(match &self.purpose {
            Purpose::Echo => {
                text(message.as_bytes(), out);
                Outcome::Handled
            }
            _ if message == PING => {
                text(b"pong", out);
                Outcome::Handled
            }
            Purpose::Work(_) | Purpose::WorkMany => self.read_patch(message, out),
            _ => match Action::parse(message).and_then(|action| self.demand(action)) {
                Ok(Demand::Cancel { .. }) if self.permit == Permit::WatchOnly => {
                    let why = "the ticket allows watching, not cancelling: \
                               ask whoever gave it for one with `cancel` among its `rights`";
                    text(&vocabulary::error("forbidden", why), out);
                    Outcome::Refused("forbidden", Flow::On)
                }
                Ok(demand) => Outcome::Demand(demand),
                Err(BadAction(why)) => self.bad_action(why, out)?,
            },
        })
    }

    fn read_patch(&self, message: &str, out: &mut Outbox) -> Outcome {
        let publish = Patch::parse_text(message).and_then(|patch| match &self.purpose {
            Purpose::Work(task) => publish::one(task.clone(), patch, Mode::Merge, None),
            _ => publish::addressed(patch, None),
        });
        match publish {
            Ok(publish) => Outcome::Demand(Demand::Publish(publish)),
            Err(refusal) => {
                text(&vocabulary::refusal(&refusal), out);
                Outcome::Refused(refusal.code(), Flow::On)
            }
        }
    }

    /// What an action demands on this socket.
    fn demand(&self, action: Action) -> Result<Demand, BadAction> {
        let own = match &self.purpose {
            Purpose::Watch(task) | Purpose::WatchUntilEnd(task) => Some(task),
            _ => None,
        };
        let watches =
            own.is_some() || matches!(self.purpose, Purpose::WatchMany | Purpose::WatchAll);
        match action {
            Action::Cancel { .. } if !watches => Err(BadAction("nothing is watched here".into())),
            Action::Cancel {
                task: Some(task), ..
            } if own.is_some_and(|own| *own != task) => {
                Err(BadAction("this socket watches another task".into()))
            }
            Action::Cancel { task, reason } => match task.or_else(|| own.cloned()) {
                Some(task) => Ok(Demand::Cancel { task, reason }),
                None => Err(BadAction("`task_id` is missing".into())),
            },
            Action::Subscribe(task) if self.purpose == Purpose::WatchMany => {
                Ok(Demand::Subscribe(task))
            }
            Action::Unsubscribe(task) if self.purpose == Purpose::WatchMany => {
                Ok(Demand::Unsubscribe(task))
            }
            _ => Err(BadAction("subscriptions are made on /ws/progress".into())),
        }
    }

    fn bad_action(
        &mut self,
        why: std::borrow::Cow<'static, str>,
        out: &mut Outbox,
    ) -> Result<Outcome, Fault> {
        text(&vocabulary::error("bad_action", &why), out);
        self.strike("bad_action")
    }

    /// A worker that is too fast is held up by the answers it has to read; it is working, and must
    /// not be taken for lost. A watcher has nothing to say that is worth a flood.
    fn refuse(&mut self, refusal: &Refusal, out: &mut Outbox) -> Result<Outcome, Fault> {
        text(&vocabulary::refusal(refusal), out);
        match self.purpose.charge() {
            Charge::Publish => Ok(Outcome::Refused(refusal.code(), Flow::On)),
            _ => self.strike(refusal.code()),
        }
    }

    fn strike(&mut self, code: &'static str) -> Result<Outcome, Fault> {
        self.strikes += 1;
        match self.strikes {
            ..MAX_STRIKES => Ok(Outcome::Refused(code, Flow::On)),
            _ => Err(Fault::Ended(
                CloseCode::POLICY,
                "too many messages that make no sense or come too fast",
            )),
        }
    }
}

fn text(payload: &[u8], out: &mut Outbox) {
    frame::encode(OpCode::Text, payload, out.reply());
}

fn say_close(close: &Close, out: &mut Outbox) {
    let mut payload = Vec::new();
    close.encode(&mut payload);
    frame::encode(OpCode::Close, &payload, out.reply());
}
