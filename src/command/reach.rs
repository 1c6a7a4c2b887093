//! The options of every command that talks to a daemon.

use std::ffi::OsString;

use super::options::{Arguments, Opt, Takes};
use super::{Failure, values};
use crate::client::Server;
use crate::task::TaskId;

/// Where the daemon is.
pub const SERVER: Opt = Opt {
    name: "server",
    takes: Takes::One("URL"),
    help: "The daemon: http://HOST:PORT, with a base path if it has one, or unix:PATH. \
           Default: http://127.0.0.1:8765.",
};

/// What lets us in.
const TOKEN: Opt = Opt {
    name: "token",
    takes: Takes::One("TOKEN"),
    help: "Sent as `Authorization: Bearer TOKEN`. Other users of this machine can read \
           command lines, so prefer the environment variable.",
};

/// Both.
pub const OPTIONS: [Opt; 2] = [SERVER, TOKEN];

/// The server that the arguments name.
///
/// # Errors
///
/// [`Failure::Usage`] for an address that is none.
pub fn server(arguments: &Arguments) -> Result<Server, Failure> {
    let server = arguments
        .value(&SERVER, str::parse::<Server>)?
        .unwrap_or_default();
    match arguments.value(&TOKEN, values::text)? {
        Some(token) => server
            .with_token(&token)
            .map_err(|why| Failure::Usage(format!("--token: {why}"))),
        None => Ok(server),
    }
}

/// The task that an operand names.
///
/// # Errors
///
/// [`Failure::Usage`] for what is no task id.
pub fn task(operand: &OsString) -> Result<String, Failure> {
    let text = operand.to_string_lossy();
    check_task(&text).map_err(|why| Failure::Usage(format!("{text:?}: {why}")))
}

/// The text itself, if it is a task id.
///
/// # Errors
///
/// A sentence that says what a task id is.
pub fn check_task(text: &str) -> Result<String, String> {
    TaskId::new(text)
        .map(|id| id.as_str().to_owned())
        .map_err(|why| why.to_string())
}
