//! `doneyet bench ways`: one download, watched in each of the ways there are.
//!
//! Each way has a daemon of its own, so that what it costs can be told apart, and all of them are
//! played the same download at the same time, so that none has a better hour than another. Nobody is
//! believed: a watcher that does not see the end makes the run a failure.

mod figures;
mod plot;
mod replay;
mod table;
mod trace;

pub use trace::{Point, Trace};

use std::fs;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use super::progress::Progress;
use super::target::Target;
use super::{cast, options};
use crate::client::swarm::Way;
use crate::command::options::{Arguments, Operands, Opt, Takes, Usage};
use crate::command::{Failure, values};

const WATCHERS: Opt = Opt {
    name: "watchers",
    takes: Takes::One("COUNT"),
    help: "How many watch in each way. Default: 200.",
};
const TRACE: Opt = Opt {
    name: "trace",
    takes: Takes::One("FILE"),
    help: "The download to play: lines of milliseconds and bytes so far. Default: a recorded one, \
           of 50 seconds.",
};
const SVG: Opt = Opt {
    name: "svg",
    takes: Takes::One("FILE"),
    help: "Draw the figures there as well.",
};

/// How it is called.
pub const USAGE: Usage = Usage {
    name: "bench ways",
    synopsis: "[options]",
    summary: "What each way of watching costs, and how late it tells.",
    about: "Plays a recorded download to watchers that poll, that poll long, that listen to\n\
            Server-Sent Events and that hold a WebSocket, with the request fields of a browser.\n\
            Every watcher must see the end, or the run has failed. The table is Markdown.",
    options: &[&[
        WATCHERS,
        TRACE,
        SVG,
        options::PATIENCE,
        options::SERVER_CPU,
        options::LOAD_CPU,
        options::JSON,
        options::QUIET,
    ]],
    operands: Operands::None,
    examples: "doneyet bench ways\ndoneyet bench ways --svg ways.svg --json",
};

/// A way to watch, and what it is called.
#[derive(Debug, Clone, Copy)]
struct Named {
    way: Way,
    /// To people.
    title: &'static str,
    /// To programs.
    name: &'static str,
}

const SECOND: Duration = Duration::from_secs(1);

/// All of them, as they came about.
const WAYS: [Named; 5] = [
    Named {
        way: Way::Polling(SECOND),
        title: "polling, every 1 s",
        name: "polling_1s",
    },
    Named {
        way: Way::Polling(Duration::from_millis(200)),
        title: "polling, every 0.2 s",
        name: "polling_200ms",
    },
    Named {
        way: Way::LongPolling,
        title: "long polling",
        name: "long_polling",
    },
    Named {
        way: Way::Events,
        title: "Server-Sent Events",
        name: "events",
    },
    Named {
        way: Way::WebSocket,
        title: "WebSocket",
        name: "websocket",
    },
];

/// Does it.
///
/// # Errors
///
/// If a watcher was told something wrong, or has not seen the end.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let watchers = arguments.value(&WATCHERS, values::size)?.unwrap_or(200);
    let trace = arguments.value(&TRACE, read_trace)?;
    let trace = trace.unwrap_or_else(Trace::recorded);
    cast::make_room(watchers * (WAYS.len() + 1 + replay::CROWD))?;
    // Where the run is shown: showing it costs something, and must not cost those who are measured.
    let stage = Target::own(arguments)?;
    let mut progress = Progress::start("ways", &stage, arguments)?;
    let report = replay::run(&trace, watchers, arguments, &mut progress)?;
    progress.finish();
    if let Some(path) = arguments.value(&SVG, values::text)? {
        fs::write(&path, plot::svg(&report))
            .map_err(|error| Failure::Failed(format!("cannot write {path}: {error}")))?;
    }
    let text = match arguments.has(&options::JSON) {
        true => format!("{}\n", report.json()),
        false => table::text(&report),
    };
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn read_trace(path: &str) -> Result<Trace, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    Trace::parse(&text)
}
