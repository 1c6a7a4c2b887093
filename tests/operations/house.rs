//! The daemon without sockets: a broker, peers that are buffers, and a clock that is fed.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::rc::Rc;

use doneyet::server::broker::After;
use doneyet::server::journal::{Entry, Level};
use doneyet::server::metrics::Vitals;
use doneyet::server::{Broker, Config};
use doneyet::session::Access;
use doneyet::task::hub::PeerKey;
use doneyet::task::{Now, Refusal};
use doneyet::wire::frame::{Header, OpCode};
use doneyet::wire::mask;

use crate::exposition::Page;

/// What the kernel would say.
pub(crate) const VITALS: Vitals = Vitals {
    resident_bytes: Some(4096),
    open_descriptors: Some(12),
    max_descriptors: Some(1024),
    accept_pauses: 3,
    lost_log_lines: 2,
};

pub(crate) struct House {
    pub(crate) broker: Broker,
    pub(crate) now: Now,
    sockets: BTreeMap<PeerKey, Socket>,
}

/// The other end of a connection: what arrived, and how much more the kernel's buffer takes.
#[derive(Default)]
struct Socket {
    heard: Vec<u8>,
    full: bool,
}

impl io::Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.full {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.heard.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn write_vectored(&mut self, slices: &[io::IoSlice<'_>]) -> io::Result<usize> {
        let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
        self.write(&bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl House {
    pub(crate) fn new() -> House {
        House::with(Config {
            log_level: Level::Debug,
            ..Config::default()
        })
    }

    pub(crate) fn with(config: Config) -> House {
        House {
            broker: Broker::new(&config),
            now: Now {
                ticks_ms: 5_000,
                unix_ms: 1_795_348_805_000,
            },
            sockets: BTreeMap::new(),
        }
    }

    pub(crate) fn connect(&mut self) -> PeerKey {
        self.connect_from(None).expect("no limits")
    }

    pub(crate) fn connect_from(&mut self, address: Option<IpAddr>) -> Result<PeerKey, Refusal> {
        let access = Access {
            loopback: true,
            ..Access::default()
        };
        let key = self.broker.connect(Rc::new(access), address, self.now)?;
        self.sockets.insert(key, Socket::default());
        Ok(key)
    }

    /// `peer` sends `bytes`; returns what it is sent in the same turn.
    pub(crate) fn say(&mut self, peer: PeerKey, bytes: &[u8]) -> String {
        self.broker.receive(peer, &mut bytes.to_vec(), self.now);
        self.bring_vitals();
        self.turn();
        let heard = self.sockets.get_mut(&peer).map(|s| &mut s.heard);
        let heard = heard.map(std::mem::take).unwrap_or_default();
        String::from_utf8_lossy(&heard).into_owned()
    }

    /// One request on a connection of its own, which is then over.
    pub(crate) fn ask(&mut self, line: &str, fields: &str, content: &str) -> String {
        let peer = self.connect();
        let answer = self.say(peer, request(line, fields, content).as_bytes());
        self.hang_up(peer);
        answer
    }

    pub(crate) fn hang_up(&mut self, peer: PeerKey) {
        self.broker.lose(peer);
        self.turn();
    }

    /// A WebSocket, its handshake behind it.
    pub(crate) fn open(&mut self, path: &str) -> PeerKey {
        self.open_from(None, path)
    }

    pub(crate) fn open_from(&mut self, address: Option<IpAddr>, path: &str) -> PeerKey {
        let peer = self.connect_from(address).expect("room");
        let fields = "Upgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
        let answer = self.say(peer, request(&format!("GET {path}"), fields, "").as_bytes());
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        peer
    }

    pub(crate) fn fill_up(&mut self, peer: PeerKey) {
        self.sockets.get_mut(&peer).expect("a peer").full = true;
    }

    pub(crate) fn drain(&mut self, peer: PeerKey) {
        self.sockets.get_mut(&peer).expect("a peer").full = false;
        self.broker.writable(peer);
        self.turn();
    }

    pub(crate) fn wait(&mut self, ms: u64) {
        self.now = self.now.plus_ms(ms);
        self.broker.tick(self.now);
        self.turn();
    }

    pub(crate) fn publish(&mut self, task: &str, json: &str) -> String {
        self.ask(&format!("POST /api/progress/{task}"), "", json)
    }

    /// The numbers, by a request on a connection of its own.
    pub(crate) fn scrape(&mut self) -> Page {
        let answer = self.ask("GET /metrics", "", "");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        let media_type = "Content-Type: text/plain; version=0.0.4; charset=utf-8";
        assert!(head.contains(media_type), "{head}");
        Page::parse(body)
    }

    pub(crate) fn log(&mut self) -> Vec<Entry> {
        self.broker.journal().take(self.now)
    }

    fn bring_vitals(&mut self) {
        if self.broker.wants_vitals() {
            self.broker.show_metrics(&VITALS, self.now);
        }
    }

    fn turn(&mut self) {
        while let Some(key) = self.broker.next_to_write() {
            let socket = self.sockets.entry(key).or_default();
            match self.broker.write(key, socket, self.now) {
                Ok(After::Read) => {
                    self.broker.resume(key, self.now);
                    self.bring_vitals();
                }
                Ok(After::Nothing | After::ShutDown) => {}
                Err(_) => self.broker.lose(key),
            }
        }
        while let Some(key) = self.broker.bury(self.now) {
            self.sockets.remove(&key);
        }
        assert!(self.broker.is_live());
    }
}

pub(crate) fn request(line: &str, fields: &str, content: &str) -> String {
    let length = match content.is_empty() {
        true => String::new(),
        false => format!("Content-Length: {}\r\n", content.len()),
    };
    format!("{line} HTTP/1.1\r\nHost: localhost\r\n{fields}{length}\r\n{content}")
}

/// A frame as a client sends it.
pub(crate) fn frame(opcode: OpCode, payload: &[u8]) -> Vec<u8> {
    let key = [0x37, 0xfa, 0x21, 0x3d];
    let header = Header {
        is_final: true,
        opcode,
        mask: Some(key),
        len: payload.len() as u64,
    };
    let mut bytes = Vec::new();
    header.encode(&mut bytes);
    let start = bytes.len();
    bytes.extend_from_slice(payload);
    mask::apply(&mut bytes[start..], key, 0);
    bytes
}

pub(crate) fn text(payload: &str) -> Vec<u8> {
    frame(OpCode::Text, payload.as_bytes())
}
