//! A broker, peers whose sockets are made up, and a clock that stands still unless it is moved.
//!
//! The sockets are as treacherous as real ones under an edge-triggered poll: readiness is told
//! once. New bytes give one readable edge, room after a short write gives one writable edge, and
//! what the broker leaves lying without saying so is never mentioned again.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, IoSlice, Write};
use std::net::IpAddr;
use std::rc::Rc;

use doneyet::server::broker::{After, Broker};
use doneyet::server::config::Config;
use doneyet::session::Access;
use doneyet::task::hub::PeerKey;
use doneyet::task::{Now, Refusal};
use serde_json::Value;

use crate::frames::{Said, Told, handshake, request, take_answers, take_events, take_messages};

/// As much as a real reactor reads at once.
const SCRATCH: usize = 64 * 1024;

/// A client's number; unlike slots, numbers are never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Client(pub(crate) usize);

/// One connection, seen from the client.
#[derive(Default)]
pub(crate) struct Wire {
    /// None before the accept and after the burial.
    key: Option<PeerKey>,
    /// What was sent and not read.
    pub(crate) sent: Vec<u8>,
    has_ended: bool,
    is_broken: bool,
    /// What was received.
    pub(crate) heard: Vec<u8>,
    /// How many bytes the client and its kernel will still take.
    pub(crate) room: usize,
    readable: bool,
    short: bool,
    writable: bool,
    /// The server has shut its side down.
    pub(crate) is_shut: bool,
    /// Writes that fail as interrupted before the next one succeeds.
    pub(crate) interruptions: usize,
}

impl Wire {
    /// Whether the server still has the connection.
    pub(crate) fn is_open(&self) -> bool {
        self.key.is_some()
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        assert!(!self.is_shut, "written to after the shutdown");
        if self.interruptions > 0 {
            self.interruptions -= 1;
            return Err(ErrorKind::Interrupted.into());
        }
        if self.is_broken {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let mut count = 0;
        for bytes in slices {
            let taken = bytes.len().min(self.room - count);
            self.heard.extend_from_slice(&bytes[..taken]);
            count += taken;
        }
        self.room -= count;
        self.short = count < slices.iter().map(|slice| slice.len()).sum();
        match count {
            0 if self.short => Err(ErrorKind::WouldBlock.into()),
            _ => Ok(count),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) struct World {
    pub(crate) broker: Broker,
    pub(crate) now: Now,
    wires: Vec<Wire>,
    clients: BTreeMap<PeerKey, Client>,
    unread: Vec<PeerKey>,
    access: Rc<Access>,
}

impl World {
    pub(crate) fn new() -> World {
        World::with(&Config::default())
    }

    pub(crate) fn with(config: &Config) -> World {
        World {
            broker: Broker::new(config),
            now: Now {
                ticks_ms: 0,
                unix_ms: 1_795_348_800_000,
            },
            wires: Vec::new(),
            clients: BTreeMap::new(),
            unread: Vec::new(),
            access: Rc::new(Access {
                loopback: true,
                echo: true,
                recipes: true,
                ..Access::default()
            }),
        }
    }

    pub(crate) fn connect(&mut self) -> Client {
        self.connect_from(None).expect("there is room")
    }

    /// A connection from this address; none is a Unix socket.
    pub(crate) fn connect_from(&mut self, address: Option<IpAddr>) -> Result<Client, Refusal> {
        let access = Rc::clone(&self.access);
        let key = self.broker.connect(access, address, self.now)?;
        let client = Client(self.wires.len());
        self.wires.push(Wire {
            key: Some(key),
            room: usize::MAX,
            ..Wire::default()
        });
        let previous = self.clients.insert(key, client);
        assert_eq!(previous, None, "a slot is given out twice");
        self.check();
        Ok(client)
    }

    /// A client whose handshake for `path` has succeeded.
    pub(crate) fn open(&mut self, path: &str) -> Client {
        let client = self.connect();
        self.say(client, handshake(path));
        assert_eq!(self.answers(client)[0].0, 101, "{path}");
        client
    }

    /// A client that listens to the events of `path`; it has heard when to come back.
    pub(crate) fn listen(&mut self, path: &str) -> Client {
        self.listen_again(path, "")
    }

    /// The same with `fields` in its request's head.
    pub(crate) fn listen_again(&mut self, path: &str, fields: &str) -> Client {
        let client = self.connect();
        let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n");
        self.say(client, head);
        assert_eq!(self.answers(client), [(200, Vec::new())], "{path}");
        let heard = &mut self.wire(client).heard;
        let rest = heard
            .strip_prefix(b"retry: 2000\n\n")
            .expect("the beginning");
        *heard = rest.to_vec();
        client
    }

    /// A client whose poll of `target` is held.
    pub(crate) fn poll(&mut self, target: &str) -> Client {
        let client = self.connect();
        self.say(client, request("GET", target));
        assert_eq!(self.answers(client), [], "{target}");
        client
    }

    pub(crate) fn wire(&mut self, client: Client) -> &mut Wire {
        &mut self.wires[client.0]
    }

    /// Puts `bytes` on the wire; nobody has read them yet.
    pub(crate) fn send(&mut self, client: Client, bytes: impl AsRef<[u8]>) {
        let wire = self.wire(client);
        wire.sent.extend_from_slice(bytes.as_ref());
        wire.readable = true;
    }

    /// Sends, and lets everything take its course.
    pub(crate) fn say(&mut self, client: Client, bytes: impl AsRef<[u8]>) {
        self.send(client, bytes);
        self.settle();
    }

    /// The client ends its side.
    pub(crate) fn end(&mut self, client: Client) {
        let wire = self.wire(client);
        (wire.has_ended, wire.readable) = (true, true);
    }

    /// The connection breaks.
    pub(crate) fn reset(&mut self, client: Client) {
        let wire = self.wire(client);
        (wire.is_broken, wire.readable, wire.writable) = (true, true, true);
    }

    /// The client stops reading, and its kernel's buffers are full.
    pub(crate) fn block(&mut self, client: Client) {
        self.wire(client).room = 0;
    }

    /// The client reads `bytes`, or, with `usize::MAX`, all there will ever be.
    pub(crate) fn make_room(&mut self, client: Client, bytes: usize) {
        let wire = self.wire(client);
        wire.room = wire.room.saturating_add(bytes);
        wire.writable |= std::mem::take(&mut wire.short);
    }

    /// Whether the server still has the connection.
    pub(crate) fn is_open(&self, client: Client) -> bool {
        self.wires[client.0].is_open()
    }

    /// Turns until nothing is left to do; a world that never comes to rest spins.
    pub(crate) fn settle(&mut self) {
        for _ in 0..100_000 {
            if !self.turn() {
                return;
            }
        }
        panic!("the broker spins");
    }

    /// Moves the clock, stopping wherever the broker asked to be woken.
    pub(crate) fn pass_ms(&mut self, ms: u64) {
        self.settle();
        let end_ms = self.now.ticks_ms + ms;
        loop {
            let next_ms = self.broker.next_tick_ms().unwrap_or(u64::MAX).min(end_ms);
            self.now = self.now.plus_ms(next_ms.saturating_sub(self.now.ticks_ms));
            self.settle();
            if self.now.ticks_ms >= end_ms {
                return;
            }
        }
    }

    /// One turn, in the order of the reactor; false if there was nothing to do.
    pub(crate) fn turn(&mut self) -> bool {
        let mut busy = false;
        for key in std::mem::take(&mut self.unread) {
            busy = true;
            if self.broker.contains(key) {
                self.broker.resume(key, self.now);
                self.check();
                self.read(key);
            }
        }
        for (key, client) in self.clients.clone() {
            if std::mem::take(&mut self.wire(client).writable) {
                busy = true;
                self.broker.writable(key);
                self.check();
            }
            if std::mem::take(&mut self.wire(client).readable) {
                busy = true;
                self.read(key);
            }
        }
        self.broker.tick(self.now);
        self.check();
        let next_ms = self.broker.next_tick_ms();
        let now_ms = self.now.ticks_ms;
        let is_working = self.broker.is_working();
        assert!(
            is_working || next_ms.is_none_or(|ms| ms > now_ms),
            "a tick leaves work"
        );
        busy |= is_working;
        busy |= self.flush();
        busy |= self.bury();
        busy
    }

    fn read(&mut self, key: PeerKey) {
        let Some(&client) = self.clients.get(&key) else {
            return;
        };
        while self.broker.wants_input(key) {
            let wire = &mut self.wires[client.0];
            if wire.is_broken {
                self.broker.lose(key);
            } else if !wire.sent.is_empty() {
                let count = wire.sent.len().min(SCRATCH);
                let mut bytes: Vec<u8> = wire.sent.drain(..count).collect();
                self.broker.receive(key, &mut bytes, self.now);
            } else if wire.has_ended {
                self.broker.end_of_input(key);
                self.check();
                return;
            } else {
                return;
            }
            self.check();
        }
    }

    fn flush(&mut self) -> bool {
        let places = self.broker.line_len();
        for _ in 0..places {
            let Some(key) = self.broker.next_to_write() else {
                break;
            };
            let Some(&client) = self.clients.get(&key) else {
                continue;
            };
            let wire = &mut self.wires[client.0];
            match self.broker.write(key, wire, self.now) {
                Ok(After::Nothing) => {}
                Ok(After::Read) => self.unread.push(key),
                Ok(After::ShutDown) => {
                    // A kernel wakes whoever polls a socket that is shut down.
                    (wire.is_shut, wire.readable) = (true, true);
                }
                Err(_) => self.broker.lose(key),
            }
            self.check();
        }
        places > 0
    }

    fn bury(&mut self) -> bool {
        let mut buried = false;
        while let Some(key) = self.broker.bury(self.now) {
            let client = self.clients.remove(&key).expect("buried once");
            self.wire(client).key = None;
            buried = true;
            self.check();
        }
        buried
    }

    /// How many bytes the server keeps for `client`.
    pub(crate) fn queued_len(&self, client: Client) -> usize {
        let key = self.wires[client.0].key;
        key.map_or(0, |key| self.broker.queued_len(key))
    }

    /// What is true between any two calls.
    fn check(&self) {
        assert!(self.broker.is_live(), "somebody is owed and will not get");
    }

    /// The answers received and not yet looked at.
    pub(crate) fn answers(&mut self, client: Client) -> Vec<(u16, Vec<u8>)> {
        take_answers(&mut self.wire(client).heard)
    }

    /// The messages received and not yet looked at.
    pub(crate) fn messages(&mut self, client: Client) -> Vec<Said> {
        take_messages(&mut self.wire(client).heard)
    }

    /// The events received and not yet looked at.
    pub(crate) fn events(&mut self, client: Client) -> Vec<Told> {
        take_events(&mut self.wire(client).heard)
    }

    /// The states among these events, like [`states`](Self::states).
    pub(crate) fn told(&mut self, client: Client) -> Vec<String> {
        let events = self.events(client).into_iter();
        let all = events.map(|told| match told {
            Told::State(id, state) if state["rev"] == id => brief(&state),
            told => panic!("no state: {told:?}"),
        });
        all.collect()
    }

    /// The states among these messages, as `task_id: progress status`; there may be no others.
    pub(crate) fn states(&mut self, client: Client) -> Vec<String> {
        let messages = self.messages(client).into_iter();
        let all = messages.map(|said| match said {
            Said::Json(state) if state["rev"].is_u64() => brief(&state),
            said => panic!("no state: {said:?}"),
        });
        all.collect()
    }

    /// A request by a client of its own, and its answer.
    pub(crate) fn ask(&mut self, request: &str) -> (u16, Value) {
        let client = self.connect();
        self.send(client, request);
        self.end(client);
        self.settle();
        assert!(
            !self.is_open(client),
            "an answered client that ended is gone"
        );
        let (status, content) = self.answers(client).pop().expect("an answer");
        let content = serde_json::from_slice(&content).unwrap_or(Value::Null);
        (status, content)
    }

    /// A publish by HTTP that must succeed.
    pub(crate) fn publish(&mut self, id: &str, patch: &str) -> Value {
        let request = crate::frames::post("POST", &format!("/api/progress/{id}"), patch);
        let (status, answer) = self.ask(&request);
        assert!(status == 200 || status == 201, "{status} {answer}");
        answer
    }

    /// The state of a task, or null.
    pub(crate) fn state(&mut self, id: &str) -> Value {
        let request = crate::frames::request("GET", &format!("/api/progress/{id}"));
        match self.ask(&request) {
            (200, state) => state,
            (404, _) => Value::Null,
            other => panic!("{other:?}"),
        }
    }
}

/// `task_id: progress status cancel`, as far as they are there.
pub(crate) fn brief(state: &Value) -> String {
    let mut text = format!("{}:", state["task_id"].as_str().unwrap_or("?"));
    for field in ["progress", "status", "cancel", "stalled"] {
        match &state[field] {
            Value::Null => {}
            Value::String(word) => text += &format!(" {word}"),
            Value::Bool(_) => text += " stalled",
            other => text += &format!(" {other}"),
        }
    }
    text
}
