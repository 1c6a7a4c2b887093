//! How far the measuring is: on the terminal, and where else than in the daemon itself?

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use super::options;
use super::summary::grouped;
use super::target::Target;
use crate::client::{Link, News};
use crate::command::options::Arguments;
use crate::command::watch::bar::{self, Look};
use crate::command::{Failure, values};

/// The task that shows it.
const TASK: &str = "bench";
/// Between two looks: often enough to look alive, too seldom to be measured.
const PACE: Duration = Duration::from_millis(250);
/// How long the daemon may take for the last word.
const LAST_WORD: Duration = Duration::from_secs(2);
const WIDTH: usize = 79;

/// Whoever measures calls it between two rounds.
pub(super) struct Progress {
    /// How long the server may take for anything.
    pub(super) patience: Duration,
    stop: Stop,
    link: Option<Link>,
    on_terminal: bool,
    state: Map<String, Value>,
    shown: Instant,
    beats: usize,
}

/// Why to stop early.
#[derive(Clone)]
struct Stop {
    /// By a signal.
    interrupted: Arc<AtomicBool>,
    /// By a watcher of the task.
    cancelled: Arc<AtomicBool>,
}

impl Progress {
    pub(super) fn start(
        course: &str,
        target: &Target,
        arguments: &Arguments,
    ) -> Result<Progress, Failure> {
        let stop = Stop {
            interrupted: Arc::default(),
            cancelled: Arc::default(),
        };
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            flag::register(signal, Arc::clone(&stop.interrupted))?;
        }
        let title = format!("bench {course}");
        let mut state = Map::new();
        state.insert("title".to_owned(), title.into());
        let is_quiet = arguments.has(&options::QUIET);
        let link = (!is_quiet).then(|| {
            let cancelled = Arc::clone(&stop.cancelled);
            let hear = move |news: News| {
                if let News::Cancel { .. } = news {
                    cancelled.store(true, Ordering::SeqCst);
                }
            };
            Link::open((*target.server).clone(), TASK, state.clone(), hear)
        });
        if let (Some(_), Some(page)) = (&link, target.server.page()) {
            eprintln!("doneyet bench {course}: to be watched at {page}");
        }
        let patience = arguments.value(&options::PATIENCE, values::duration)?;
        Ok(Progress {
            patience: patience.unwrap_or(Duration::from_secs(20)),
            stop,
            on_terminal: !is_quiet && io::stderr().is_terminal(),
            link,
            state,
            shown: Instant::now(),
            beats: 0,
        })
    }

    /// Whether to go on.
    ///
    /// # Errors
    ///
    /// If Ctrl-C was pressed, or a watcher wants the task to be cancelled.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.stop.interrupted.load(Ordering::SeqCst) {
            return Err(Failure::INTERRUPTED);
        }
        if self.stop.cancelled.load(Ordering::SeqCst) {
            return Err(Failure::Failed("cancelled by a watcher".to_owned()));
        }
        Ok(())
    }

    /// Says what goes on, and how far it is: `done` of `all`.
    ///
    /// # Errors
    ///
    /// As [`Progress::check`].
    pub(super) fn show(&mut self, what: &str, done: f64, all: f64) -> Result<(), Failure> {
        if self.shown.elapsed() >= PACE {
            self.shown = Instant::now();
            self.beats += 1;
            let percent = (done / all * 100.0).clamp(0.0, 100.0).floor();
            self.publish(json!({"status": what, "progress": percent}));
            if self.on_terminal {
                self.draw();
            }
        }
        self.check()
    }

    /// The same of a rate that is measured: since `began`, for `secs`.
    ///
    /// # Errors
    ///
    /// As [`Progress::check`].
    pub(super) fn measuring(
        &mut self,
        began: Instant,
        secs: Duration,
        count: u64,
        unit: &str,
    ) -> Result<(), Failure> {
        let elapsed = began.elapsed().as_secs_f64();
        if self.shown.elapsed() >= PACE {
            let per_sec = grouped((count as f64 / elapsed) as u64);
            self.publish(json!({"speed": format!("{per_sec} {unit}/s")}));
        }
        self.show("measuring", elapsed, secs.as_secs_f64())
    }

    /// The measuring is over.
    pub(super) fn finish(mut self) {
        self.clear();
        if let Some(link) = self.link.take() {
            let last = json!({"status": "completed", "progress": 100});
            // A daemon that has the numbers is none the worse for not having this.
            let _ = link.finish(object(last), LAST_WORD);
        }
    }

    fn publish(&mut self, patch: Value) {
        let patch = object(patch);
        self.state.extend(patch.clone());
        if let Some(link) = &self.link {
            link.publish(patch);
        }
    }

    fn draw(&self) {
        let look = Look {
            width: WIDTH,
            beat: self.beats,
        };
        let row = bar::row(&Value::Object(self.state.clone()), &look);
        // Where nobody can be told, nothing is lost.
        let _ = write!(io::stderr(), "\r{row}\x1b[K");
    }

    fn clear(&self) {
        if self.on_terminal {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
