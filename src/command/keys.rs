//! Tokens and secrets: from options, the environment and files.

use std::fs;

use super::Failure;
use super::options::{Arguments, Opt, Takes};
use crate::client::Server;
use crate::session::keys::{Keys, Secret, Token};

/// The publishing side.
const PUBLISH_TOKEN: Opt = Opt {
    name: "publish-token",
    takes: Takes::Secret("TOKEN"),
    help: "Whoever publishes must show this. Others can read a command line: better a file, or \
           the environment.",
};
/// The same, from a file.
const PUBLISH_TOKEN_FILE: Opt = Opt {
    name: "publish-token-file",
    takes: Takes::One("FILE"),
    help: "Publish tokens, one a line; # begins a comment. Read again on SIGHUP.",
};
/// The watching side.
const WATCH_TOKEN: Opt = Opt {
    name: "watch-token",
    takes: Takes::Secret("TOKEN"),
    help: "Whoever watches or cancels must show this (or a ticket).",
};
/// The same, from a file.
const WATCH_TOKEN_FILE: Opt = Opt {
    name: "watch-token-file",
    takes: Takes::One("FILE"),
    help: "Watch tokens, as above.",
};
/// What tickets are signed with.
const TICKET_SECRET: Opt = Opt {
    name: "ticket-secret",
    takes: Takes::Secret("SECRET"),
    help: "Tickets signed with this open one task for watching, and for cancelling if they say so.",
};
/// The same, from a file.
const TICKET_SECRET_FILE: Opt = Opt {
    name: "ticket-secret-file",
    takes: Takes::One("FILE"),
    help: "Ticket secrets, one a line, as above.",
};

/// All of them.
pub const OPTIONS: [Opt; 6] = [
    PUBLISH_TOKEN,
    PUBLISH_TOKEN_FILE,
    WATCH_TOKEN,
    WATCH_TOKEN_FILE,
    TICKET_SECRET,
    TICKET_SECRET_FILE,
];

/// Reads all keys.
///
/// # Errors
///
/// [`Failure::Usage`] for a key that no header could carry or that is empty, or a file that cannot be
/// read or is empty: a side that was meant to be guarded is never left open.
pub fn read(arguments: &Arguments) -> Result<Keys, Failure> {
    let publish = words(arguments, &PUBLISH_TOKEN, &PUBLISH_TOKEN_FILE)?;
    let watch = words(arguments, &WATCH_TOKEN, &WATCH_TOKEN_FILE)?;
    let secrets = words(arguments, &TICKET_SECRET, &TICKET_SECRET_FILE)?;
    Ok(Keys {
        publish: publish.iter().map(|word| Token::new(word)).collect(),
        watch: watch.iter().map(|word| Token::new(word)).collect(),
        ticket_secrets: secrets
            .iter()
            .map(|word| Secret::new(word.as_bytes()))
            .collect(),
    })
}

/// The same server, entered with a key for publishing, if that needs one.
///
/// # Errors
///
/// As [`read`].
pub fn enter(server: Server, arguments: &Arguments) -> Result<Server, Failure> {
    match words(arguments, &PUBLISH_TOKEN, &PUBLISH_TOKEN_FILE)?.first() {
        Some(token) => server
            .with_token(token)
            .map_err(|why| Failure::Usage(why.to_string())),
        None => Ok(server),
    }
}

/// The options among these that were typed where every user of the machine can read them.
pub fn exposed(arguments: &Arguments) -> impl Iterator<Item = &'static str> {
    let keys = OPTIONS
        .into_iter()
        .filter(|option| matches!(option.takes, Takes::Secret(_)));
    keys.filter(|option| arguments.was_typed(option))
        .map(|option| option.name)
}

fn words(arguments: &Arguments, option: &Opt, file: &Opt) -> Result<Vec<String>, Failure> {
    let mut words = arguments.values(option, word)?;
    words.extend(arguments.value(file, lines)?.unwrap_or_default());
    Ok(words)
}

/// The keys in a file.
fn lines(path: &str) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    match lines.map(word).collect::<Result<Vec<_>, _>>()? {
        none if none.is_empty() => Err("there is nothing in this file".to_owned()),
        found => Ok(found),
    }
}

fn word(text: &str) -> Result<String, &'static str> {
    if text.is_empty() {
        return Err("it is empty; a side that is to be open is not mentioned at all");
    }
    match text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(text.to_owned()),
        // Never the text itself: this sentence ends in logs.
        false => Err("it must be made of visible ASCII characters, without spaces"),
    }
}
