//! `doneyet publish`: one publish, from a script.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use serde_json::{Map, Value};

use super::options::{Arguments, Operands, Opt, Takes, Usage};
use super::{Failure, reach};
use crate::client::request;

const JSON: Opt = Opt {
    name: "json",
    takes: Takes::Nothing,
    help: "Print the daemon's reply as it came.",
};

/// How it is called.
pub const USAGE: Usage = Usage {
    name: "publish",
    synopsis: "ID JSON | ID KEY=VALUE… [options]",
    summary: "Publish a task's progress, once.",
    about: "Merges the given fields into the task's state, and creates the task if it is new.\n\
            A VALUE that reads as JSON is taken as JSON (42, true, null deletes), any other as \
            text.\nThe fields with a meaning are progress (0 to 100), status, speed, eta, loaded, \
            total,\nunit and title; completed, failed and cancelled are the statuses that end it.",
    options: &[&[JSON], &reach::OPTIONS],
    operands: Operands::Anywhere,
    examples: "doneyet publish dl-42 progress=50 speed=2.5MB/s eta=00:30\n\
               doneyet publish dl-42 '{\"loaded\": 1048576, \"total\": 4194304}'\n\
               doneyet publish dl-42 status=completed",
};

/// Does it.
///
/// # Errors
///
/// If the fields make no JSON object, or the daemon is away or refuses them.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let Some((task, fields)) = arguments.operands().split_first() else {
        return Err(Failure::Usage("which task?".to_owned()));
    };
    let task = reach::task(task)?;
    let body = Value::Object(patch(fields)?).to_string();
    let server = reach::server(arguments)?;
    let route = format!("/api/progress/{task}");
    let reply = request(&server, "POST", &route, Some(body.as_bytes()))?.success(&server)?;
    let mut out = io::stdout().lock();
    if arguments.has(&JSON) {
        out.write_all(&reply.body)?;
        writeln!(out)?;
    } else {
        writeln!(out, "{}", sentence(&task, &reply.json()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The fields as they were typed: one JSON object, or pairs.
///
/// # Errors
///
/// [`Failure::Usage`] for anything else.
pub fn patch(words: &[OsString]) -> Result<Map<String, Value>, Failure> {
    let words: Option<Vec<&str>> = words.iter().map(|word| word.to_str()).collect();
    let Some(words) = words else {
        return Err(Failure::Usage("the fields are no Unicode text".to_owned()));
    };
    match words.as_slice() {
        [] => Err(Failure::Usage("what is there to publish?".to_owned())),
        [json] if json.trim_start().starts_with('{') => match serde_json::from_str(json) {
            Ok(fields) => Ok(fields),
            Err(error) => Err(Failure::Usage(format!("this is no JSON object: {error}"))),
        },
        pairs => pairs.iter().map(|text| pair(text)).collect(),
    }
}

fn pair(text: &str) -> Result<(String, Value), Failure> {
    let Some((name, value)) = text.split_once('=').filter(|(name, _)| !name.is_empty()) else {
        let why = format!("{text:?} is neither KEY=VALUE nor a JSON object");
        return Err(Failure::Usage(why));
    };
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
    Ok((name.to_owned(), value))
}

fn sentence(task: &str, reply: &Value) -> String {
    let number = |name: &str| reply.get(name).and_then(Value::as_u64).unwrap_or_default();
    let watchers = match number("watchers") {
        0 => "nobody watches".to_owned(),
        1 => "1 watcher".to_owned(),
        many => format!("{many} watchers"),
    };
    let cancel = match reply.get("cancel").and_then(Value::as_str) {
        Some(cancel) => format!(", cancel {cancel}"),
        None => String::new(),
    };
    format!("{task}: rev {}, {watchers}{cancel}", number("rev"))
}
