//! Requests by hand: one connection each, the answer read to its end.

use std::io::{Read, Write};

use serde_json::Value;

use crate::daemon::Daemon;

/// An answer: status, head as text, body as JSON (null if there is none).
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Value,
}

impl Reply {
    /// The value of the field `name`, compared without case.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// Sends a request without content.
pub(crate) fn get(daemon: &Daemon, target: &str) -> Reply {
    send(daemon, "GET", target, "", "")
}

/// Sends a request with JSON content.
pub(crate) fn post(daemon: &Daemon, target: &str, content: &str) -> Reply {
    send(daemon, "POST", target, "", content)
}

/// Sends a request; `fields` are further field lines, each with its CR LF.
pub(crate) fn send(
    daemon: &Daemon,
    method: &str,
    target: &str,
    fields: &str,
    content: &str,
) -> Reply {
    let mut stream = daemon.connect();
    let address = daemon.address;
    let length = content.len();
    write!(
        stream,
        "{method} {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Length: {length}\r\n{fields}\r\n{content}"
    )
    .expect("the daemon reads");
    let mut bytes = Vec::new();
    stream
        .read_to_end(&mut bytes)
        .expect("the daemon answers and closes");
    let text = String::from_utf8(bytes).expect("answers are UTF-8");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    Reply {
        status: head[9..12].parse().expect("a status"),
        head: head.to_owned(),
        body: serde_json::from_str(body).unwrap_or(Value::Null),
    }
}
