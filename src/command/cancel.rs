//! `doneyet cancel`: asking a task to stop.

use std::io::{self, Write as _};
use std::process::ExitCode;

use serde_json::{Value, json};

use super::options::{Arguments, Operands, Opt, Takes, Usage};
use super::{Failure, reach, values};
use crate::client::request;

const REASON: Opt = Opt {
    name: "reason",
    takes: Takes::One("TEXT"),
    help: "Why, in a few words for the worker.",
};

/// How it is called.
pub const USAGE: Usage = Usage {
    name: "cancel",
    synopsis: "ID [options]",
    summary: "Ask a task's worker to stop.",
    about: "Tells the worker that somebody wants the task to stop. The worker decides: watch the\n\
            task to see whether it acknowledges, refuses, or ends.",
    options: &[&[REASON], &reach::OPTIONS],
    operands: Operands::Anywhere,
    examples: "doneyet cancel dl-42\ndoneyet cancel dl-42 --reason 'wrong file'",
};

/// Does it.
///
/// # Errors
///
/// If the task is unknown or has ended, or the daemon is away.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let [task] = arguments.operands() else {
        return Err(Failure::Usage("which task? Name exactly one".to_owned()));
    };
    let task = reach::task(task)?;
    let server = reach::server(arguments)?;
    let reason = arguments.value(&REASON, values::text)?;
    let body = reason.map(|reason| json!({ "reason": reason }).to_string());
    let route = format!("/api/progress/{task}/cancel");
    let body = body.as_ref().map(|body| body.as_bytes());
    let state = request(&server, "POST", &route, body)?
        .success(&server)?
        .json();
    let word = state
        .get("cancel")
        .and_then(Value::as_str)
        .unwrap_or("requested");
    writeln!(io::stdout(), "{task}: cancel {word}")?;
    Ok(ExitCode::SUCCESS)
}
