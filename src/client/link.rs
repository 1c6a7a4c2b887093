//! A worker's tie to the daemon, for as long as the work takes.
//!
//! The work must never wait for the daemon, and must not notice that the daemon was restarted, so
//! a [`Link`] owns two threads. One keeps the socket: it connects, tries again when that fails, and
//! sends what the [`Slot`] holds. The other reads, for the one thing that a worker is told: stop.
//!
//! After each connect the whole state goes out in one patch. To a daemon that never went away this
//! is a publish that changes nothing; to one that has just started it is all there is to know. The
//! link does not have to find out which of the two it talks to.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::request::request_within;
use super::slot::Slot;
use super::{Backoff, ClientError, Incoming, Sender, Server, WebSocketClient};

/// How long a daemon may take to hear of a fresh run. The work waits meanwhile.
const WELCOME: Duration = Duration::from_secs(3);

/// The daemon pings every 20 s; a connection this quiet is none.
const SILENCE: Duration = Duration::from_secs(60);

/// A connection that lasted this long was a good one.
const STEADY: Duration = Duration::from_secs(5);

/// The pause between connects once the work is done and somebody waits for its last state.
const HURRY: Duration = Duration::from_millis(100);

/// The ping behind the last patch: its pong says that the patch was read.
const LAST_WORD: &[u8] = b"last word";

/// What the worker hears, on a thread of the link; so it should only be passed on.
#[derive(Debug)]
pub enum News {
    /// A watcher wants the task to stop. May come more than once.
    Cancel {
        /// In the watcher's words.
        reason: Option<String>,
    },
    /// The daemon did not take a patch.
    Refused {
        /// The `error`, a word for programs.
        code: String,
        /// The `message`, a sentence for people.
        message: String,
    },
    /// A connection came about, the first or another.
    Connected,
    /// It broke, or did not come about; the link goes on trying.
    Away(ClientError),
}

/// The daemon has not confirmed the last state in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undelivered;

/// A worker's tie to the daemon. Dropping it without [`Link::finish`] looks like the worker's death.
pub struct Link {
    shared: Arc<Shared>,
}

struct Shared {
    server: Server,
    route: String,
    hear: Box<dyn Fn(News) + Send + Sync>,
    desk: Mutex<Desk>,
    changed: Condvar,
}

/// What the worker, the writing and the reading thread have in common.
struct Desk {
    slot: Slot,
    phase: Phase,
    line: Line,
}

/// How far the work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Working,
    /// The last state is in the slot.
    Ending,
    /// The daemon has read it.
    Delivered,
    /// Nobody waits for it any more.
    Dropped,
}

/// How the connection is, as the reading thread sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Open,
    /// The pong to [`LAST_WORD`] has come.
    Confirmed,
    Broken,
}

/// Makes `state` all there is of `task`, as a fresh run begins, whether one of that name has ended
/// before or not. A [`Link`] goes on from there.
///
/// # Errors
///
/// If the daemon is away, says nothing for 3 s, or does not take the task.
pub fn start_over(
    server: &Server,
    task: &str,
    state: &Map<String, Value>,
) -> Result<(), ClientError> {
    let body = Value::Object(state.clone()).to_string();
    let route = format!("/api/progress/{task}");
    request_within(server, "PUT", &route, Some(body.as_bytes()), WELCOME)?
        .success(server)
        .map(drop)
}

impl Link {
    /// Begins to connect to `server` as the worker of `task` (a valid task id), whose state so far
    /// is `state`. What the link learns is given to `hear`.
    pub fn open(
        server: Server,
        task: &str,
        state: Map<String, Value>,
        hear: impl Fn(News) + Send + Sync + 'static,
    ) -> Link {
        let mut slot = Slot::default();
        slot.put(state);
        let shared = Arc::new(Shared {
            server,
            route: format!("/ws/worker/{task}"),
            hear: Box::new(hear),
            desk: Mutex::new(Desk {
                slot,
                phase: Phase::Working,
                line: Line::Broken,
            }),
            changed: Condvar::new(),
        });
        thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.keep_connected()
        });
        Link { shared }
    }

    /// Has `patch` published soon, merged with whatever is still unsent. Never waits.
    pub fn publish(&self, patch: Map<String, Value>) {
        self.shared.desk().slot.put(patch);
        self.shared.changed.notify_all();
    }

    /// Publishes the last patch and waits until the daemon has read it, `patience` long at most.
    ///
    /// # Errors
    ///
    /// [`Undelivered`] if it has not by then; the link has given up.
    pub fn finish(self, patch: Map<String, Value>, patience: Duration) -> Result<(), Undelivered> {
        let mut desk = self.shared.desk();
        desk.slot.put(patch);
        desk.phase = Phase::Ending;
        self.shared.changed.notify_all();
        let deadline = Instant::now() + patience;
        while desk.phase == Phase::Ending && Instant::now() < deadline {
            desk = self.shared.wait(desk, deadline);
        }
        match desk.phase {
            Phase::Delivered => Ok(()),
            _ => Err(Undelivered),
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let mut desk = self.shared.desk();
        if desk.phase != Phase::Delivered {
            desk.phase = Phase::Dropped;
        }
        self.shared.changed.notify_all();
    }
}

impl Shared {
    /// The writing thread: connections, one after another, until the work is done.
    fn keep_connected(self: Arc<Self>) {
        let mut backoff = Backoff::default();
        while self.is_wanted() {
            let began = Instant::now();
            match WebSocketClient::connect(&self.server, &self.route) {
                Ok(socket) => self.serve(socket),
                Err(error) => (self.hear)(News::Away(error)),
            }
            // A daemon that opens sockets only to close them is no better than one that is away.
            if began.elapsed() > STEADY {
                backoff.reset();
            }
            self.pause(backoff.pause());
        }
    }

    /// One connection, from the whole state to its end.
    fn serve(self: &Arc<Self>, socket: WebSocketClient) {
        let sender = socket.sender().clone();
        {
            let mut desk = self.desk();
            desk.line = Line::Open;
            desk.slot.owe_all();
        }
        (self.hear)(News::Connected);
        let reader = thread::spawn({
            let shared = Arc::clone(self);
            move || shared.listen(socket)
        });
        let written = self.write(&sender);
        let _ = sender.close_normally();
        if written.is_err() || self.desk().phase != Phase::Delivered {
            sender.hang_up();
        }
        // Its end is the connection's: hung up here, by the daemon, or answered Close.
        let _ = reader.join();
    }

    /// Sends what there is to send until the connection or the work is over.
    fn write(&self, sender: &Sender) -> Result<(), ClientError> {
        let mut asked = false;
        let mut desk = self.desk();
        loop {
            let now = Instant::now();
            let patch = match (desk.phase, desk.line) {
                (Phase::Ending, Line::Confirmed) => {
                    desk.phase = Phase::Delivered;
                    self.changed.notify_all();
                    return Ok(());
                }
                (Phase::Dropped | Phase::Delivered, _) | (_, Line::Broken) => return Ok(()),
                (Phase::Ending, _) => desk.slot.take_early(now),
                (Phase::Working, _) => desk.slot.take(now),
            };
            let is_last = desk.phase == Phase::Ending;
            if patch.is_some() || is_last && !asked {
                // Writing may take its time; the worker must be able to publish meanwhile.
                drop(desk);
                if let Some(patch) = patch {
                    sender.send(&Value::Object(patch).to_string())?;
                }
                if is_last {
                    sender.ping(LAST_WORD)?;
                    asked = true;
                }
                desk = self.desk();
            } else {
                let due = desk.slot.due(now).unwrap_or(now + SILENCE);
                desk = self.wait(desk, due);
            }
        }
    }

    /// The reading thread: until the connection ends.
    fn listen(&self, mut socket: WebSocketClient) {
        let error = loop {
            match socket.receive(SILENCE) {
                Ok(Incoming::Text(text)) => self.read(&text),
                Ok(Incoming::Pong(payload)) if payload == LAST_WORD => self.set(Line::Confirmed),
                Ok(Incoming::Pong(_) | Incoming::Binary(_)) => {}
                Ok(Incoming::Closed(_)) => break None,
                Ok(Incoming::Quiet) => break None,
                Err(error) => break Some(error),
            }
        };
        self.set(Line::Broken);
        if let Some(error) = error.filter(|_| self.is_wanted()) {
            (self.hear)(News::Away(error));
        }
    }

    fn read(&self, text: &str) {
        let Ok(Value::Object(fields)) = serde_json::from_str(text) else {
            return;
        };
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        if fields
            .get("action")
            .is_some_and(|action| action == "cancel")
        {
            (self.hear)(News::Cancel {
                reason: text("reason"),
            });
        } else if let Some(code) = text("error") {
            (self.hear)(News::Refused {
                code,
                message: text("message").unwrap_or_default(),
            });
        }
    }

    fn set(&self, line: Line) {
        self.desk().line = line;
        self.changed.notify_all();
    }

    fn is_wanted(&self) -> bool {
        matches!(self.desk().phase, Phase::Working | Phase::Ending)
    }

    /// Waits before the next connect, less patiently once the work is done.
    fn pause(&self, pause: Duration) {
        let began = Instant::now();
        let mut desk = self.desk();
        loop {
            let until = match desk.phase {
                Phase::Working => began + pause,
                Phase::Ending => began + pause.min(HURRY),
                Phase::Delivered | Phase::Dropped => return,
            };
            if Instant::now() >= until {
                return;
            }
            desk = self.wait(desk, until);
        }
    }

    fn wait<'d>(&self, desk: MutexGuard<'d, Desk>, until: Instant) -> MutexGuard<'d, Desk> {
        let left = until.saturating_duration_since(Instant::now());
        let waited = self.changed.wait_timeout(desk, left);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Every change of the desk is one assignment, so a panic elsewhere leaves it whole.
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
