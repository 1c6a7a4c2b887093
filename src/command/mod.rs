//! What a person types.
//!
//! A command is a [`Usage`] (what it understands) and a function (what it does). This module finds
//! the one that is meant, reads its words with [`options`], and turns its end into an exit code:
//! 0, 1 for what did not work out, 2 for what makes no sense, 130 for Ctrl-C.

pub mod bench;
pub mod cancel;
pub mod daemon;
pub mod demo;
pub mod descriptors;
mod failure;
pub mod help;
pub mod jobs;
pub mod keys;
pub mod kin;
pub mod list;
pub mod options;
pub mod publish;
pub mod quotas;
pub mod reach;
pub mod recipes;
pub mod run;
pub mod serve;
pub mod signals;
pub mod text;
pub mod values;
pub mod watch;

pub use failure::Failure;

/// How a process ends, for whoever calls [`main`].
pub use std::process::ExitCode;

use std::env;
use std::ffi::OsString;
use std::io::{self, Write as _};

use options::{Arguments, Request, Usage};

/// A command: how it is called, and what it does.
struct Command {
    usage: &'static Usage,
    run: fn(&Arguments) -> Result<ExitCode, Failure>,
}

const COMMANDS: &[Command] = &[
    Command {
        usage: &serve::USAGE,
        run: serve::run,
    },
    Command {
        usage: &run::USAGE,
        run: run::run,
    },
    Command {
        usage: &watch::USAGE,
        run: watch::run,
    },
    Command {
        usage: &publish::USAGE,
        run: publish::run,
    },
    Command {
        usage: &cancel::USAGE,
        run: cancel::run,
    },
    Command {
        usage: &list::USAGE,
        run: list::run,
    },
    Command {
        usage: &demo::USAGE,
        run: demo::run,
    },
    Command {
        usage: &bench::USAGE,
        run: bench::run,
    },
    Command {
        usage: &bench::fanout::USAGE,
        run: bench::fanout::run,
    },
    Command {
        usage: &bench::publish::USAGE,
        run: bench::publish::run,
    },
    Command {
        usage: &bench::echo::USAGE,
        run: bench::echo::run,
    },
    Command {
        usage: &bench::handshake::USAGE,
        run: bench::handshake::run,
    },
    Command {
        usage: &bench::idle::USAGE,
        run: bench::idle::run,
    },
    Command {
        usage: &bench::ways::USAGE,
        run: bench::ways::run,
    },
];

impl Command {
    /// The words of its name, of which some have two.
    fn name(&self) -> impl Iterator<Item = &'static str> {
        self.usage.name.split(' ')
    }

    fn is_named(&self, words: &[OsString]) -> bool {
        let mut words = words.iter();
        self.name()
            .all(|part| words.next().is_some_and(|word| word == part))
    }

    /// Whether it is part of another command, whose help tells of it.
    fn is_part(&self) -> bool {
        self.name().nth(1).is_some()
    }
}

/// Does what the words (without the program's own name) ask for.
pub fn main(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut words: Vec<OsString> = words.into_iter().collect();
    let first = words
        .first()
        .and_then(|word| word.to_str())
        .unwrap_or_default()
        .to_owned();
    match first.as_str() {
        "--help" | "-h" | "help" => return say(&overview()),
        "--version" | "-V" => return say(&version()),
        run::WORD => return run::lead(words.get(1..).unwrap_or_default()),
        _ => {}
    }
    let named = COMMANDS
        .iter()
        .filter(|command| command.is_named(&words))
        .max_by_key(|command| command.name().count());
    if let Some(command) = named {
        words.drain(..command.name().count());
    } else if !first.is_empty() && !first.starts_with('-') {
        eprintln!("doneyet: there is no command {first:?}\nTry `doneyet --help`.");
        return ExitCode::from(2);
    }
    // Without a name, the words are options of the daemon.
    let command = named.unwrap_or(&COMMANDS[0]);
    let end = match options::parse(command.usage, words, |name| env::var_os(name)) {
        Ok(Request::Help) => return say(&help::command(command.usage)),
        Ok(Request::Version) => return say(&version()),
        Ok(Request::Work(arguments)) => (command.run)(&arguments),
        Err(failure) => Err(failure),
    };
    end.unwrap_or_else(|failure| failure.report(command.usage.name))
}

fn overview() -> String {
    let whole = COMMANDS.iter().filter(|command| !command.is_part());
    let usages: Vec<&Usage> = whole.map(|command| command.usage).collect();
    help::overview(&usages)
}

fn version() -> String {
    format!("doneyet {}\n", env!("CARGO_PKG_VERSION"))
}

fn say(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
