//! `doneyet list`: every task the daemon knows, one per row.

use std::io::{self, Write as _};
use std::process::ExitCode;

use serde_json::Value;

use super::options::{Arguments, Operands, Opt, Takes, Usage};
use super::text::{columns, cut, fit, printable};
use super::{Failure, reach, values};
use crate::client::request;

const STATUS: Opt = Opt {
    name: "status",
    takes: Takes::One("STATUS"),
    help: "Only tasks with this status: running, completed, lost, or a worker's own word.",
};
const JSON: Opt = Opt {
    name: "json",
    takes: Takes::Nothing,
    help: "Print the states, one JSON object a line.",
};

/// How it is called.
pub const USAGE: Usage = Usage {
    name: "list",
    synopsis: "[options]",
    summary: "List every task.",
    about: "Prints the tasks the daemon knows, the newest first.",
    options: &[&[STATUS, JSON], &reach::OPTIONS],
    operands: Operands::None,
    examples: "doneyet list\ndoneyet list --status failed --json | jq .error",
};

/// The columns of the table, and the widest each may get.
const COLUMNS: [(&str, usize); 6] = [
    ("TASK", 40),
    ("STATUS", 30),
    ("DONE", 6),
    ("SPEED", 12),
    ("ETA", 10),
    ("TITLE", 60),
];

/// Does it.
///
/// # Errors
///
/// If the daemon is away.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let server = reach::server(arguments)?;
    let status = arguments.value(&STATUS, values::text)?;
    let query = status.map(|status| format!("?status={}", percent_encode(&status)));
    let route = format!("/api/progress{}", query.unwrap_or_default());
    let reply = request(&server, "GET", &route, None)?
        .success(&server)?
        .json();
    let tasks = reply
        .get("tasks")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let mut out = io::BufWriter::new(io::stdout().lock());
    if arguments.has(&JSON) {
        for task in tasks {
            writeln!(out, "{task}")?;
        }
    } else {
        out.write_all(table(tasks).as_bytes())?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// The states as an aligned table with a heading; nothing but a remark if there are none.
pub fn table(tasks: &[Value]) -> String {
    if tasks.is_empty() {
        return "no tasks\n".to_owned();
    }
    let heading = COLUMNS.map(|(name, _)| name.to_owned());
    let rows: Vec<_> = std::iter::once(heading)
        .chain(tasks.iter().map(row))
        .collect();
    let mut widths = [0; COLUMNS.len()];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = columns(cell).max(*width);
        }
    }
    let line = |row: &[String; COLUMNS.len()]| {
        let cells: Vec<_> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| fit(cell, width))
            .collect();
        cells.join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

fn row(task: &Value) -> [String; COLUMNS.len()] {
    let text = |name: &str| task.get(name).and_then(Value::as_str).unwrap_or_default();
    let progress = task.get("progress").and_then(Value::as_f64);
    let status = match text("cancel") {
        "" => text("status").to_owned(),
        cancel => format!("{}, cancel {cancel}", text("status")),
    };
    let title = [text("title"), text("filename")]
        .into_iter()
        .find(|text| !text.is_empty());
    let cells = [
        text("task_id").to_owned(),
        status,
        // Cut, not rounded: 99.6 % is not done.
        progress.map_or("-".to_owned(), |percent| format!("{}%", percent.floor())),
        text("speed").to_owned(),
        text("eta").to_owned(),
        title.unwrap_or_default().to_owned(),
    ];
    let mut widest = COLUMNS.iter().map(|(_, width)| *width);
    cells.map(|cell| cut(&printable(&cell), widest.next().unwrap_or_default()))
}

/// Everything but the unreserved characters (RFC 3986 §2.3), encoded.
fn percent_encode(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}
