//! The other end of a connection to the broker: what it says, and what it makes of the answers.
//!
//! A client holds the daemon to what any client may rely on: responses that can be read, frames
//! that keep RFC 6455, states whose `rev` rises, silence after a Close.

use std::collections::{BTreeMap, BTreeSet};

use doneyet::wire::frame::{self, OpCode, Role};
use doneyet::wire::http::{Body, Fields, ReplyHead, Scan};
use doneyet::wire::message::{Assembler, Limits, Message};
use serde_json::Value;

/// More than the daemon ever sends.
const ROOM: Limits = Limits {
    message: 16 << 20,
    fragments: 1,
};

/// What a socket was opened for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Path {
    Watch(&'static str),
    WatchUntilEnd(&'static str),
    WatchMany,
    WatchAll,
    Work(&'static str),
    WorkMany,
    Hello,
    Echo,
    Listen(&'static str),
    ListenUntilEnd(&'static str),
    ListenAll,
}

impl Path {
    /// The request's target.
    fn target(&self) -> String {
        match self {
            Path::Watch(task) => format!("/ws/progress/{task}"),
            Path::WatchUntilEnd(task) => format!("/ws/progress/{task}?until=end"),
            Path::WatchMany => "/ws/progress".into(),
            Path::WatchAll => "/ws/all".into(),
            Path::Work(task) => format!("/ws/worker/{task}"),
            Path::WorkMany => "/ws/worker".into(),
            Path::Hello => "/ws".into(),
            Path::Echo => "/ws/echo".into(),
            Path::Listen(task) => format!("/sse/progress/{task}"),
            Path::ListenUntilEnd(task) => format!("/sse/progress/{task}?until=end"),
            Path::ListenAll => "/sse/all".into(),
        }
    }

    /// Whether events come, and not frames.
    fn is_stream(&self) -> bool {
        matches!(
            self,
            Path::Listen(_) | Path::ListenUntilEnd(_) | Path::ListenAll
        )
    }
}

/// How well the client can follow the conversation.
#[derive(Debug)]
enum View {
    /// Responses come.
    Http,
    /// Frames come.
    Socket(Assembler),
    /// Events come.
    Stream,
    /// It has said things of which it does not know what they mean; anything may come.
    Lost,
    /// A Close came, and nothing may follow it.
    Closed,
}

/// One client.
#[derive(Debug)]
pub struct Client {
    view: View,
    unread: Vec<u8>,
    /// What it asked to become; from then on it speaks frames.
    path: Option<Path>,
    /// The tasks it has subscribed to by message.
    subscribed: BTreeSet<&'static str>,
    /// It sent something it cannot vouch for.
    spoilt: bool,
    /// The newest state it has of each task.
    states: BTreeMap<String, (u64, Vec<u8>)>,
    /// Status and body of the last response.
    pub last: Option<(u16, Vec<u8>)>,
    /// What it has to say to what it read: pongs, and the answer to a Close.
    pub reply: Vec<u8>,
}

impl Default for Client {
    fn default() -> Client {
        Client {
            view: View::Http,
            unread: Vec::new(),
            path: None,
            subscribed: BTreeSet::new(),
            spoilt: false,
            states: BTreeMap::new(),
            last: None,
            reply: Vec::new(),
        }
    }
}

impl Client {
    /// A request, unless this connection has asked to become a socket.
    pub fn request(&mut self, method: &str, target: &str, body: &[u8]) -> Vec<u8> {
        if self.path.is_some() {
            return Vec::new();
        }
        let len = body.len();
        let head =
            format!("{method} {target} HTTP/1.1\r\nHost: a\r\nContent-Length: {len}\r\n\r\n");
        [head.as_bytes(), body].concat()
    }

    /// The handshake for `path`, or the request for a stream.
    pub fn upgrade(&mut self, path: Path) -> Vec<u8> {
        if self.path.is_some() {
            return Vec::new();
        }
        let upgrade = match path.is_stream() {
            true => "",
            false => {
                "Upgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            }
        };
        let target = path.target();
        self.path = Some(path);
        format!("GET {target} HTTP/1.1\r\nHost: a\r\n{upgrade}\r\n").into_bytes()
    }

    /// A message, if this connection has asked to become a socket.
    pub fn message(&mut self, opcode: OpCode, payload: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        if self.path.is_some() {
            frame::encode_masked(opcode, payload, [7, 0, 255, 9], &mut out);
        }
        out
    }

    /// Subscribes to `task`, or ends that.
    pub fn subscribe(&mut self, action: &str, task: &'static str) -> Vec<u8> {
        if self.path == Some(Path::WatchMany) {
            match action {
                "subscribe" => drop(self.subscribed.insert(task)),
                _ => drop(self.subscribed.remove(task)),
            }
        }
        let text = format!(r#"{{"action":"{action}","task_id":"{task}"}}"#);
        self.message(OpCode::Text, text.as_bytes())
    }

    /// Any bytes at all.
    pub fn rubbish(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.spoilt = true;
        if matches!(self.view, View::Http) {
            self.view = View::Lost;
        }
        bytes.to_vec()
    }

    /// Reads what the daemon wrote.
    pub fn read(&mut self, bytes: &[u8]) {
        self.unread.extend_from_slice(bytes);
        while self.step() {}
    }

    /// Whether it is a socket in use that watches `task`, and has asked for nothing unknown.
    pub fn watches(&self, task: &str) -> bool {
        let wants = match &self.path {
            Some(
                Path::Watch(own)
                | Path::WatchUntilEnd(own)
                | Path::Listen(own)
                | Path::ListenUntilEnd(own),
            ) => *own == task,
            Some(Path::WatchAll | Path::ListenAll) => true,
            Some(Path::WatchMany) => self.subscribed.contains(task),
            _ => false,
        };
        wants && !self.spoilt && matches!(self.view, View::Socket(_) | View::Stream)
    }

    /// The newest state of `task` it was sent.
    pub fn state(&self, task: &str) -> Option<&[u8]> {
        self.states.get(task).map(|(_, json)| &json[..])
    }

    /// Whether it is a socket that nobody has closed.
    pub fn is_socket(&self) -> bool {
        matches!(self.view, View::Socket(_))
    }

    /// Reads one thing; false if there is none.
    fn step(&mut self) -> bool {
        match &mut self.view {
            View::Http => self.response(),
            View::Socket(_) => self.frame(),
            View::Stream => self.event(),
            View::Closed => {
                assert!(self.unread.is_empty(), "bytes after a Close");
                false
            }
            View::Lost => {
                self.unread.clear();
                false
            }
        }
    }

    fn response(&mut self) -> bool {
        let Ok(Some(len)) = Scan::default().advance(&self.unread) else {
            return false;
        };
        let mut fields = Fields::default();
        let head = ReplyHead::parse(&self.unread[..len], &mut fields).expect("a good response");
        let status = head.status;
        let media_type = head.text("content-type");
        if media_type.is_some_and(|media_type| media_type.starts_with("text/event-stream")) {
            assert!(self.path.as_ref().is_some_and(Path::is_stream) || self.spoilt);
            self.unread.drain(..len);
            self.view = View::Stream;
            return true;
        }
        let mut body = Body::of_reply(head.extent("GET").expect("a length"), ROOM.message)
            .expect("of a fair size");
        let taken = body.read(&self.unread[len..]).expect("a good body");
        if !body.is_complete() {
            return false;
        }
        self.unread.drain(..len + taken);
        if status == 101 {
            self.view = View::Socket(Assembler::default());
        } else if status >= 200 {
            self.last = Some((status, body.into_bytes()));
        }
        true
    }

    /// Reads one block of lines, as the HTML standard (§9.2.6) does.
    fn event(&mut self) -> bool {
        let Some(end) = self.unread.windows(2).position(|two| two == b"\n\n") else {
            return false;
        };
        let block: Vec<u8> = self.unread.drain(..end + 2).collect();
        let block = String::from_utf8(block).expect("a stream is UTF-8");
        let (mut id, mut data) = (None, None);
        for line in block.lines().filter(|line| !line.is_empty()) {
            match line.split_once(": ") {
                Some(("id", value)) => id = value.parse::<u64>().ok(),
                Some(("data", value)) => data = Some(value),
                Some(("retry", "2000")) => {}
                _ => assert_eq!(line, ":"),
            }
        }
        if let Some(data) = data {
            let state: Value = serde_json::from_str(data).expect("a state");
            assert_eq!(state["rev"].as_u64(), id, "another id than the revision");
            self.hear(data);
        }
        true
    }

    fn frame(&mut self) -> bool {
        let View::Socket(assembler) = &mut self.view else {
            return false;
        };
        let step = assembler
            .next(&mut self.unread, Role::Client, &ROOM)
            .expect("a good frame");
        let consumed = step.consumed;
        let message = step.message.map(owned);
        self.unread.drain(..consumed);
        match message {
            None => return false,
            Some(Message::Text(text)) if self.path != Some(Path::Echo) => self.hear(&text),
            Some(Message::Ping(payload)) => {
                let pong = self.message(OpCode::Pong, &payload);
                self.reply.extend(pong);
            }
            Some(Message::Close(_)) => {
                let answer = self.message(OpCode::Close, &1000_u16.to_be_bytes());
                self.reply.extend(answer);
                self.view = View::Closed;
            }
            Some(_) => {}
        }
        true
    }

    fn hear(&mut self, text: &str) {
        let message: Option<Value> = serde_json::from_str(text).ok();
        let message = message.filter(|_| text != "pong");
        if let Some(message) = message
            .as_ref()
            .filter(|message| message["event"] == "forgotten")
        {
            // The subscription has ended with the task; one to a task of that name is a new one.
            self.subscribed.retain(|task| message["task_id"] != **task);
        }
        let Some(rev) = message.as_ref().and_then(|message| message["rev"].as_u64()) else {
            return;
        };
        let task = message.and_then(|message| message["task_id"].as_str().map(str::to_owned));
        let task = task.expect("a state has a name");
        let known = self.states.insert(task, (rev, text.as_bytes().to_vec()));
        // Only who subscribes twice is sent the same twice.
        let again = u64::from(self.path == Some(Path::WatchMany));
        assert!(
            known.is_none_or(|(old, _)| rev + again > old),
            "a state went back to {rev}"
        );
    }
}

fn owned(message: Message<'_>) -> Message<'static> {
    match message {
        Message::Text(text) => Message::Text(text.into_owned().into()),
        Message::Binary(bytes) => Message::Binary(bytes.into_owned().into()),
        Message::Ping(bytes) => Message::Ping(bytes.into_owned().into()),
        Message::Pong(bytes) => Message::Pong(bytes.into_owned().into()),
        Message::Close(close) => Message::Close(close),
    }
}
