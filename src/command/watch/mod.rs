//! `doneyet watch`: a progress bar for work that happens elsewhere.
//!
//! Four things can happen at any time: a state comes, a key is pressed, a signal arrives, the
//! window changes. Each has a thread that waits for it, and all end in one channel; the loop here
//! takes what has come, and draws at most some thirty times a second whatever that was.

pub mod bar;
mod board;
mod feed;
mod screen;

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};

use super::options::{Arguments, Operands, Opt, Takes, Usage};
use super::{Failure, reach, signals};
use board::Board;
use feed::Feed;
use screen::Screen;

const JSON: Opt = Opt {
    name: "json",
    takes: Takes::Nothing,
    help: "Print every state as one line of JSON, as the daemon sends it.",
};

/// How it is called.
pub const USAGE: Usage = Usage {
    name: "watch",
    synopsis: "ID… [options]",
    summary: "Watch tasks live, as progress bars.",
    about: "Draws a progress bar for each task until all have ended. The tasks need not exist yet,\n\
            and the daemon may be restarted meanwhile.\n\
            Keys: c asks the task to cancel, Tab goes to the next task, Ctrl-C leaves.\n\
            If the output is no terminal, every change is one line of text.\n\
            Exits with 0 if all tasks completed, with 1 if any failed or was cancelled.",
    options: &[&[JSON], &reach::OPTIONS],
    operands: Operands::Anywhere,
    examples: "doneyet watch dl-42\n\
               doneyet watch dl-42 && mpv Holiday.mp4\n\
               doneyet watch --json dl-42 dl-43 | jq .progress",
};

/// The shortest time between two pictures.
const FRAME: Duration = Duration::from_millis(33);

/// How often the picture of a task without a percentage moves.
const BEAT: Duration = Duration::from_millis(120);

/// What can happen.
enum Event {
    /// A state, as the daemon wrote it.
    State(String, Value),
    /// A task is no longer known.
    Forgotten(String),
    /// Something to tell the viewer; nothing takes the last remark back.
    Remark(Option<String>),
    Key(u8),
    Signal(i32),
}

/// Does it.
///
/// # Errors
///
/// If the daemon is away at the start, or a task did not complete.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    if arguments.operands().is_empty() {
        return Err(Failure::Usage("which task?".to_owned()));
    }
    let tasks = arguments
        .operands()
        .iter()
        .map(reach::task)
        .collect::<Result<Vec<_>, _>>()?;
    let server = reach::server(arguments)?;
    let (events, inbox) = mpsc::channel();
    let feed = Feed::open(server, tasks.clone(), events.clone())?;
    let board = Board::new(tasks);

    if arguments.has(&JSON) || !is_terminal() {
        listen(&[SIGINT, SIGTERM, SIGHUP], events)?;
        let form = if arguments.has(&JSON) {
            Form::Json
        } else {
            Form::Text
        };
        return lines(board, &inbox, form);
    }
    // Before the terminal is changed: from here on every end gives it back.
    listen(
        &[SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH],
        events.clone(),
    )?;
    let screen = Screen::enter()?;
    if io::stdin().is_terminal() {
        read_keys(events);
    }
    bars(board, &feed, &inbox, screen)
}

/// How a change is told where no picture can be drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Json,
}

fn lines(mut board: Board, inbox: &Receiver<Event>, form: Form) -> Result<ExitCode, Failure> {
    let mut out = io::stdout().lock();
    while let Ok(event) = inbox.recv() {
        match event {
            Event::State(raw, state) => {
                let told = board.see(state);
                match form {
                    Form::Json if told.is_new => writeln!(out, "{raw}")?,
                    Form::Text => told.line.map_or(Ok(()), |line| writeln!(out, "{line}"))?,
                    Form::Json => {}
                }
            }
            Event::Forgotten(task) => {
                board.forget(&task);
                eprintln!("doneyet watch: {task} has been forgotten");
            }
            Event::Remark(Some(text)) => eprintln!("doneyet watch: {text}"),
            Event::Signal(signal) => return Err(ended_by(signal)),
            Event::Remark(None) | Event::Key(_) => {}
        }
        out.flush()?;
        if let Some(verdict) = board.verdict() {
            return Ok(verdict);
        }
    }
    Ok(ExitCode::FAILURE)
}

fn bars(
    mut board: Board,
    feed: &Feed,
    inbox: &Receiver<Event>,
    mut screen: Screen,
) -> Result<ExitCode, Failure> {
    let began = Instant::now();
    loop {
        let beat = began.elapsed().as_millis() / BEAT.as_millis();
        screen.draw(&board.rows(screen.width(), beat as usize))?;
        if let Some(verdict) = board.verdict() {
            return Ok(verdict);
        }
        let patience = if board.is_moving() {
            BEAT
        } else {
            Duration::MAX
        };
        let Some(first) = next(inbox, patience) else {
            continue;
        };
        let frame = Instant::now() + FRAME;
        let mut event = Some(first);
        while let Some(happened) = event {
            happen(happened, &mut board, feed, &mut screen)?;
            event = next(inbox, frame.saturating_duration_since(Instant::now()));
        }
    }
}

fn happen(
    event: Event,
    board: &mut Board,
    feed: &Feed,
    screen: &mut Screen,
) -> Result<(), Failure> {
    match event {
        Event::State(_, state) => drop(board.see(state)),
        Event::Forgotten(task) => board.forget(&task),
        Event::Remark(text) => board.remark(text),
        Event::Key(b'c') => feed.cancel(board.selected()),
        Event::Key(b'\t') => board.select_next(),
        Event::Key(_) | Event::Signal(SIGWINCH) => {}
        Event::Signal(SIGTSTP) => screen.suspend()?,
        Event::Signal(SIGCONT) => screen.resume()?,
        Event::Signal(signal) => return Err(ended_by(signal)),
    }
    Ok(())
}

/// The next event, if one comes in time. The feed never hangs up, so the channel lives on.
fn next(inbox: &Receiver<Event>, patience: Duration) -> Option<Event> {
    inbox.recv_timeout(patience).ok()
}

fn listen(signals: &[i32], events: Sender<Event>) -> io::Result<()> {
    signals::listen(signals, move |signal| {
        let _ = events.send(Event::Signal(signal));
    })
}

fn read_keys(events: Sender<Event>) {
    thread::spawn(move || {
        for key in io::stdin().lock().bytes() {
            let Ok(key) = key else { return };
            if events.send(Event::Key(key)).is_err() {
                return;
            }
        }
    });
}

/// Whether pictures can be drawn.
fn is_terminal() -> bool {
    io::stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

fn ended_by(signal: i32) -> Failure {
    Failure::Exit(u8::try_from(128 + signal).unwrap_or(1))
}
