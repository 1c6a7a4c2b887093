//! `doneyet serve`: the daemon in the foreground.

use std::io;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level::pipe;

use super::jobs::Processes;
use super::options::{Arguments, Operands, Opt, Takes, Usage};
use super::{Failure, descriptors, keys, quotas, recipes, values};
use crate::server::journal::Level;
use crate::server::journal::event::Event;
use crate::server::journal::line::Format;
use crate::server::reactor::Exit;
use crate::server::{Address, Config, Reactor};
use crate::session::keys::Keys;

/// Where to listen.
pub const LISTEN: Opt = Opt {
    name: "listen",
    takes: Takes::Many("ADDR:PORT"),
    help: "Listen here; unix:PATH for a Unix socket. May be given several times. \
           Default: 127.0.0.1:8765, which only this machine reaches.",
};
const BASE_PATH: Opt = Opt {
    name: "base-path",
    takes: Takes::One("/PATH"),
    help: "Answer below this path, as behind a proxy that serves other things, too.",
};
const ALLOW_ORIGIN: Opt = Opt {
    name: "allow-origin",
    takes: Takes::Many("ORIGIN"),
    help: "Pages from here, like https://example.org, may watch, publish and cancel. The daemon's \
           own pages always may.",
};
const ALLOW_HOST: Opt = Opt {
    name: "allow-host",
    takes: Takes::Many("NAME"),
    help: "On a loopback address, answer to this name as well, because a proxy passes it on.",
};
const LEASE: Opt = Opt {
    name: "lease",
    takes: Takes::One("TIME"),
    help: "A worker whose socket is gone this long is lost. Default: 30s.",
};
const STALL: Opt = Opt {
    name: "stall",
    takes: Takes::One("TIME"),
    help: "A task whose worker is there, but which has not changed this long, is marked as \
           stalled. Default: 30s.",
};
const KEEP: Opt = Opt {
    name: "keep",
    takes: Takes::One("TIME"),
    help: "How long a task is remembered after its end. Default: 1h.",
};
const SILENCE: Opt = Opt {
    name: "silence",
    takes: Takes::One("TIME"),
    help: "How long one is remembered that never ended, after the last word of it. Default: 24h.",
};
const MAX_TASKS: Opt = Opt {
    name: "max-tasks",
    takes: Takes::One("COUNT"),
    help: "How many tasks are kept at once; the oldest that have ended go first. Default: 10000.",
};
const LOG_LEVEL: Opt = Opt {
    name: "log-level",
    takes: Takes::One("LEVEL"),
    help: "What to write to standard error: error, warn, info, debug, or off. Default: info.",
};
const LOG_FORMAT: Opt = Opt {
    name: "log-format",
    takes: Takes::One("FORMAT"),
    help: "How: text, or json, one object a line. Default: text on a terminal, json elsewhere.",
};
const ECHO: Opt = Opt {
    name: "echo",
    takes: Takes::Nothing,
    help: "Open /ws/echo, which sends everything back: for conformance tests.",
};

/// How it is called.
pub const USAGE: Usage = Usage {
    name: "serve",
    synopsis: "[options]",
    summary: "Run the daemon (this is what `doneyet` alone does).",
    about: "Serves the dashboard, the HTTP interface and the WebSockets until SIGTERM or Ctrl-C.\n\
            Nothing is stored on disk: progress is about now.\n\
            A TIME is written like 30, 30s, 5m, 1h or 2d.",
    options: &[
        &[
            LISTEN,
            BASE_PATH,
            ALLOW_ORIGIN,
            ALLOW_HOST,
            LEASE,
            STALL,
            KEEP,
            SILENCE,
            MAX_TASKS,
        ],
        &quotas::OPTIONS,
        &keys::OPTIONS,
        &[recipes::RECIPES, LOG_LEVEL, LOG_FORMAT, ECHO],
    ],
    operands: Operands::None,
    examples: "doneyet\n\
               doneyet serve --listen 127.0.0.1:9000 --listen unix:/run/doneyet.sock\n\
               DONEYET_LISTEN=0.0.0.0:8765 DONEYET_BASE_PATH=/progress doneyet serve",
};

/// Does it.
///
/// # Errors
///
/// If an option makes no sense, or an address cannot be bound.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut config = config(arguments)?;
    // More than there is room for would only be promised.
    descriptors::raise();
    let max_connections = &mut config.limits.max_connections;
    *max_connections = descriptors::room().min(*max_connections);
    let doubts = keys::exposed(arguments)
        .map(exposure)
        .chain(openness(&config))
        .collect::<Vec<_>>();
    serve(config, doubts, || keys::read(arguments))?;
    Ok(ExitCode::SUCCESS)
}

fn exposure(option: &str) -> String {
    let variable = option.to_ascii_uppercase().replace('-', "_");
    format!(
        "every user of this machine can read --{option} in the list of processes; \
         DONEYET_{variable} or --{option}-file keeps it to yourself"
    )
}

/// An address that others reach, and a side without a key, is rarely what was meant.
fn openness(config: &Config) -> Option<String> {
    let public =
        |address: &&Address| matches!(address, Address::Tcp(tcp) if !tcp.ip().is_loopback());
    let address = config.listen.iter().find(public)?;
    let watch_open = config.keys.watch.is_empty() && config.keys.ticket_secrets.is_empty();
    let starts = !config.recipes.all().is_empty();
    let open = match (config.keys.publish.is_empty(), watch_open) {
        (true, true) if starts => "publish, start the recipes, watch and cancel",
        (true, false) if starts => "publish and start the recipes",
        (true, true) => "publish, watch and cancel",
        (true, false) => "publish",
        (false, true) => "watch and cancel",
        (false, false) => return None,
    };
    Some(format!(
        "whoever reaches {address} may {open}; see --publish-token, --watch-token and \
         --ticket-secret"
    ))
}

/// What the arguments decide, and the defaults for the rest.
///
/// # Errors
///
/// [`Failure::Usage`] for a value that makes no sense.
pub fn config(arguments: &Arguments) -> Result<Config, Failure> {
    let mut config = Config {
        keys: keys::read(arguments)?,
        limits: quotas::limits(arguments)?,
        proxies: quotas::proxies(arguments)?,
        recipes: recipes::read(arguments)?,
        ..Config::default()
    };
    let listen = arguments.values(&LISTEN, address)?;
    if !listen.is_empty() {
        config.listen = listen;
    }
    let access = &mut config.access;
    access.base_path = arguments.value(&BASE_PATH, base_path)?.unwrap_or_default();
    access.allow_origins = arguments.values(&ALLOW_ORIGIN, origin)?;
    access.allow_hosts = arguments.values(&ALLOW_HOST, host)?;
    access.echo = arguments.has(&ECHO);

    let patience = &mut config.patience;
    let waits = [
        (&LEASE, &mut patience.lease_ms),
        (&STALL, &mut patience.stall_ms),
        (&KEEP, &mut patience.keep_ms),
        (&SILENCE, &mut patience.silence_ms),
    ];
    for (option, wait_ms) in waits {
        if let Some(duration) = arguments.value(option, values::duration)? {
            *wait_ms = duration.as_secs() * 1000;
        }
    }
    if let Some(count) = arguments.value(&MAX_TASKS, values::count)? {
        config.max_tasks = usize::try_from(count).unwrap_or(usize::MAX);
    }
    let level = arguments.value(&LOG_LEVEL, log_level)?;
    config.log_level = level.unwrap_or(Level::Info);
    config.log_format = arguments.value(&LOG_FORMAT, log_format)?;
    Ok(config)
}

/// Serves until SIGTERM or SIGINT. Begins with a line for each of the `doubts`. On SIGHUP, the keys
/// are what `reread` says; if it cannot say, they stay as they are.
///
/// # Errors
/// If an address cannot be bound, or jobs cannot be had where there are recipes.
pub fn serve(
    mut config: Config,
    doubts: Vec<String>,
    reread: impl Fn() -> Result<Keys, Failure>,
) -> io::Result<()> {
    let (stop, stop_signals) = UnixStream::pair()?;
    for signal in [SIGTERM, SIGINT] {
        pipe::register(signal, stop_signals.try_clone()?)?;
    }
    let (reload, reload_signals) = UnixStream::pair()?;
    pipe::register(SIGHUP, reload_signals)?;
    let workshop = match config.recipes.all().is_empty() {
        true => None,
        false => Some(Processes::new()?),
    };
    config.private = workshop.as_ref().map(|jobs| jobs.socket().to_owned());
    let mut reactor = Reactor::bind(&config, stop)?;
    if let Some(workshop) = workshop {
        let (ends, end_signals) = UnixStream::pair()?;
        pipe::register(SIGCHLD, end_signals)?;
        reactor.employ(Box::new(workshop), ends)?;
    }
    reactor.wake_on(reload)?;
    for message in doubts {
        reactor.note(Event::Doubt { message });
    }
    while reactor.run()? == Exit::Woken {
        match reread() {
            Ok(keys) => {
                reactor.set_keys(keys);
                reactor.note(Event::Reloaded);
            }
            Err(failure) => {
                let error = failure.to_string();
                reactor.note(Event::NotReloaded { error });
            }
        }
    }
    Ok(())
}

/// Reads `ADDR:PORT`, `localhost:PORT` or `unix:PATH`.
///
/// # Errors
///
/// A sentence with these forms.
pub fn address(text: &str) -> Result<Address, &'static str> {
    const FORMS: &str = "an address is written like 127.0.0.1:8765, [::1]:8765 or unix:/run/x.sock";
    if let Some(path) = text.strip_prefix("unix:") {
        return if path.is_empty() {
            Err(FORMS)
        } else {
            Ok(Address::Unix(path.into()))
        };
    }
    // No other name: what it resolves to is somebody else's decision, and may change.
    let numeric = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    numeric
        .parse::<SocketAddr>()
        .map(Address::Tcp)
        .map_err(|_| FORMS)
}

fn log_level(text: &str) -> Result<Level, &'static str> {
    let known = Level::ALL.into_iter().find(|level| level.name() == text);
    known.ok_or("a level is error, warn, info, debug or off")
}

fn log_format(text: &str) -> Result<Format, &'static str> {
    match text {
        "text" => Ok(Format::Text),
        "json" => Ok(Format::Json),
        _ => Err("a format is text or json"),
    }
}

fn base_path(text: &str) -> Result<String, &'static str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let path = text.strip_suffix('/').unwrap_or(text);
    let empty_segment = path.split('/').skip(1).any(str::is_empty);
    match path {
        "" => Ok(String::new()),
        path if path.starts_with('/') && path.bytes().all(is_plain) && !empty_segment => {
            Ok(path.to_owned())
        }
        _ => Err("a base path begins with a slash and is made of letters, digits, - . _ ~"),
    }
}

fn origin(text: &str) -> Result<String, &'static str> {
    // As browsers write it: without the port that its scheme has anyway.
    let text = match text.split_once("://") {
        Some(("http", _)) => text.strip_suffix(":80").unwrap_or(text),
        Some(("https", _)) => text.strip_suffix(":443").unwrap_or(text),
        _ => text,
    };
    let authority = text.split_once("://").map(|(_, authority)| authority);
    match authority {
        // Browsers never send a path with it: such an entry would allow nobody, silently.
        Some(authority) if !authority.is_empty() && !authority.contains(['/', '*']) => {
            Ok(text.to_owned())
        }
        _ => Err("an origin is written like https://example.org, with a port if it has one"),
    }
}

fn host(text: &str) -> Result<String, &'static str> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    match text {
        "" => Err("this must be a host's name"),
        name if name.bytes().all(is_name) => Ok(name.to_owned()),
        _ => Err("this must be a host's name, without a port"),
    }
}
