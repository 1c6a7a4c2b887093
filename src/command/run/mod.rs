//! `doneyet run`: any command as a task.
//!
//! The command must not notice. It has a terminal as if we were not there, its output goes through
//! unchanged and as fast as it comes, its exit code becomes ours, its signals reach it, and if the
//! daemon is away it simply goes on. Beside that, its output is read for progress (see
//! [`scrape`](crate::scrape)), and a watcher's cancel becomes the Ctrl-C that it would have had at a
//! terminal; what that leaves behind is ended, too.
//!
//! As everywhere in these commands, what can happen waits on threads and ends in one channel.

mod child;
mod echo;
mod end;
mod ending;
mod foreground;
mod job;
mod keyboard;
mod lead;
mod overheard;
mod parent;
mod portion;
mod pty;
mod query;
mod relay;
mod report;
mod result;
mod seat;
mod stop;
mod suspend;
mod usage;
mod wiring;

pub use echo::Echoes;
pub use lead::{WORD, lead};
pub use portion::{Heard, Portion};
pub use query::Queries;
pub use report::{Report, Tail};
pub use result::result;
pub use stop::Stop;
pub use usage::USAGE;
pub use wiring::{Line, Place, Wiring};

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use signal_hook::consts::{
    FORBIDDEN, SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU,
    SIGUSR1, SIGUSR2, SIGWINCH,
};

use super::daemon::Daemon;
use super::options::Arguments;
use super::text::{cut, printable};
use super::{Failure, kin, reach, signals, values};
use crate::client::{self, ClientError, Link, News, Server, random_u64};
use crate::recipe::NamePattern;
use crate::scrape::Parser;
use crate::session::keys::Keys;
use child::Child;
use ending::Ending;
use job::Job;
use parent::Parent;
use usage::{GRACE, JOIN, NO_PTY, PARENT, PARSER, RESULT, TASK, TITLE};

/// Who we are: the program that runs, even if its file was replaced meanwhile.
const OURSELVES: &str = "/proc/self/exe";

/// How long the daemon may take to hear of the end.
const LAST_WORD: Duration = Duration::from_secs(5);

/// Columns of a title made from a command line.
const MAX_TITLE: usize = 120;

/// What can happen to a running command.
enum Event {
    /// There is output to be read.
    Overheard,
    /// One of the streams is at its end.
    Silent,
    /// What the command writes to a terminal, nobody reads any more.
    Unread,
    Ended(Ending),
    /// The command was stopped by this signal.
    Stopped(i32),
    Signal(i32),
    News(News),
}

/// Does it.
///
/// # Errors
///
/// If the daemon is there and refuses the task, or the command cannot be started.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let Some((program, words)) = arguments.operands().split_first() else {
        return Err(Failure::Usage("which command?".to_owned()));
    };
    let grace = arguments
        .value(&GRACE, values::duration)?
        .unwrap_or(Duration::from_secs(10));
    let parser = arguments
        .value(&PARSER, str::parse::<Parser>)?
        .unwrap_or_default();
    let task = arguments
        .value(&TASK, reach::check_task)?
        .unwrap_or_else(|| invent_id(program));
    let title = arguments.value(&TITLE, values::text)?;
    let result = arguments.value(&RESULT, NamePattern::new)?;
    let parent = arguments.value(&PARENT, parent::pid)?;
    let parent = parent.map(Parent::watch).transpose()?;
    let server = reach::server(arguments)?;
    let (state, server, daemon) = if arguments.has(&JOIN) {
        (joining_state(title), server, None)
    } else {
        let state = first_state(&title.unwrap_or_else(|| title_of(arguments.operands())));
        let (server, daemon) = introduce(server, &task, &state)?;
        (state, server, daemon)
    };
    announce(&server, &task);

    let (events, inbox) = mpsc::channel();
    let news = events.clone();
    let link = Link::open(server, &task, state, move |what| {
        // The loop that would read it is over when this fails.
        let _ = news.send(Event::News(what));
    });
    let signals = events.clone();
    catch(&[PASSED.as_slice(), &TOLD].concat(), move |signal| {
        let _ = signals.send(Event::Signal(signal));
    })?;
    let wiring = if arguments.has(&NO_PTY) {
        Wiring::PIPES
    } else {
        Wiring::of_our_streams()?
    };
    let ending = match Child::spawn(program, words, wiring, &events) {
        Ok(child) => Job::new(child, link, parser, grace, result, parent).attend(&inbox),
        Err(error) => Err(not_started(link, program, &error)),
    };
    drop(daemon);
    ending.map(Ending::share)
}

fn announce(server: &Server, task: &str) {
    let address = if *server == Server::default() {
        String::new()
    } else {
        format!(" --server {server}")
    };
    let page = server
        .page()
        .map(|page| format!(" at {page} or"))
        .unwrap_or_default();
    eprintln!("doneyet: watch{page} with: doneyet watch {task}{address}");
}

/// Tells the daemon of a fresh run. A task of this name that has ended begins again.
fn introduce(
    server: Server,
    task: &str,
    state: &Map<String, Value>,
) -> Result<(Server, Option<Daemon>), Failure> {
    match client::start_over(&server, task, state) {
        Ok(()) => Ok((server, None)),
        Err(error) if error.is_unreachable() => {
            let daemon = serve_in_process(&error)?;
            client::start_over(&daemon.server(), task, state)?;
            Ok((daemon.server(), Some(daemon)))
        }
        // It may be back at any moment, and the command has no reason to wait for that.
        Err(error) if error.is_broken() => {
            eprintln!("doneyet: {error}\ndoneyet: the task is published when it answers again");
            Ok((server, None))
        }
        Err(error) => Err(error.into()),
    }
}

/// Nobody is there to tell, so we are the daemon ourselves for as long as the command runs.
fn serve_in_process(why: &ClientError) -> Result<Daemon, Failure> {
    eprintln!("doneyet: {why}\ndoneyet: serving the task from here");
    Daemon::start(&Keys::default())
}

/// Signals that are sent to us and meant for the command.
const PASSED: [i32; 8] = [
    SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT,
];

/// Signals that tell of the command, and of the window.
const TOLD: [i32; 2] = [SIGCHLD, SIGWINCH];

/// Gives to `deliver` what arrives of `signals`.
///
/// Those that were ignored when we began stay without effect (`nohup`, or a script's background
/// job). But they are caught, and that has a use: the command starts with none of them ignored
/// (POSIX `exec` resets what is caught, and only that), so it can be told to stop. Only what `nohup`
/// has done is left as it is.
fn catch(signals: &[i32], deliver: impl Fn(i32) + Send + 'static) -> io::Result<()> {
    let ignored = signals::ignored();
    let reset = ignored.iter().filter(|signal| !FORBIDDEN.contains(signal));
    let mut caught: Vec<i32> = signals.iter().chain(reset).copied().collect();
    caught.retain(|signal| *signal != SIGHUP || !ignored.contains(signal));
    caught.sort_unstable();
    caught.dedup();
    signals::listen(&caught, move |signal| {
        if !ignored.contains(&signal) {
            deliver(signal);
        }
    })
}

/// Whether a process that this signal has stopped wanted to use a terminal in the background.
fn wants_terminal(signal: i32) -> bool {
    signal == SIGTTIN || signal == SIGTTOU
}

/// Why a command does not start, and the exit code for it as in a shell: 127 for one that is not
/// there, 126 for one that cannot be run.
fn refusal(program: &OsString, error: &io::Error) -> (String, u8) {
    let (why, code) = match error.kind() {
        io::ErrorKind::NotFound => ("there is no such command".to_owned(), 127),
        _ => (error.to_string(), 126),
    };
    (format!("{}: {why}", program.to_string_lossy()), code)
}

fn not_started(link: Link, program: &OsString, error: &io::Error) -> Failure {
    let (error, code) = refusal(program, error);
    eprintln!("doneyet run: {error}");
    let state = fields(json!({"status": "failed", "exit_code": code, "error": error}));
    let _ = link.finish(state, LAST_WORD);
    Failure::Exit(code)
}

/// A task that has been published keeps its title, unless it is given another.
fn joining_state(title: Option<String>) -> Map<String, Value> {
    match title {
        Some(title) => first_state(&title),
        None => fields(json!({"status": "running"})),
    }
}

fn first_state(title: &str) -> Map<String, Value> {
    fields(json!({"status": "running", "title": title}))
}

/// The fields of a JSON object literal.
fn fields(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn title_of(command: &[OsString]) -> String {
    let words: Vec<_> = command.iter().map(|word| word.to_string_lossy()).collect();
    cut(&printable(&words.join(" ")), MAX_TITLE)
}

/// `wget-k3x9f2`: what a person recognises, and what no other run has.
fn invent_id(program: &OsString) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let name = Path::new(program)
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let allowed = |c: &char| c.is_ascii_alphanumeric() || "._-".contains(*c);
    let name: String = name.chars().filter(allowed).take(40).collect();
    let random = random_u64();
    let letter = |at: u32| char::from(LETTERS[(random >> (5 * at)) as usize % LETTERS.len()]);
    let tail: String = (0..6).map(letter).collect();
    if name.is_empty() {
        format!("run-{tail}")
    } else {
        format!("{name}-{tail}")
    }
}
