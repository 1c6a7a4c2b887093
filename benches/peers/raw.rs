//! The limit: what the kernel's sockets can do, with as little of a program as can be around them.
//!
//! It has no tasks and no states, checks nothing and queues nothing. A worker's frame (or a POST's
//! content) becomes one ready frame, and each watcher of that name gets it with one `send`; several
//! that came in one read go out in one `send` each, one behind the other. The rest is what no
//! server can do without: accept, the handshake, a poll.
//!
//! `cargo run --release --example raw` prints its address. `benches/run` compares others with it.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::SocketAddr;

use doneyet::wire::frame::{self, Header, OpCode, Role};
use doneyet::wire::handshake::accept_key;
use doneyet::wire::mask;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

const LISTENER: Token = Token(usize::MAX);
const CREATED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

fn main() -> io::Result<()> {
    let mut listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    println!("{}", listener.local_addr()?);
    let mut poll = Poll::new()?;
    poll.registry()
        .register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut raw = Raw::default();
    let mut scratch = vec![0; 64 * 1024];
    let mut events = Events::with_capacity(1024);
    loop {
        match poll.poll(&mut events, None) {
            // Somebody traces it.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            result => result?,
        }
        for event in &events {
            match event.token() {
                LISTENER => raw.accept(&listener, &poll)?,
                Token(key) => raw.serve(key, &mut scratch),
            }
        }
    }
}

/// What the path of a request made of a connection.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    New,
    Watcher,
    /// Of the group with this number.
    Worker(usize),
    Poster,
    Echo,
}

struct Peer {
    stream: TcpStream,
    role: Part,
}

#[derive(Default)]
struct Raw {
    peers: Vec<Option<Peer>>,
    free: Vec<usize>,
    /// Names, and the watchers of each.
    names: HashMap<String, usize>,
    groups: Vec<Vec<usize>>,
}

impl Raw {
    fn accept(&mut self, listener: &TcpListener, poll: &Poll) -> io::Result<()> {
        loop {
            let mut stream = match listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            stream.set_nodelay(true)?;
            let key = self.free.pop().unwrap_or(self.peers.len());
            if key == self.peers.len() {
                self.peers.push(None);
            }
            poll.registry()
                .register(&mut stream, Token(key), Interest::READABLE)?;
            let role = Part::New;
            self.peers[key] = Some(Peer { stream, role });
        }
    }

    fn serve(&mut self, key: usize, scratch: &mut [u8]) {
        loop {
            let Some(peer) = &mut self.peers[key] else {
                return;
            };
            match peer.stream.read(scratch) {
                Ok(count @ 1..) => {
                    self.read(key, &mut scratch[..count]);
                    if count < scratch.len() {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                _ => return self.leave(key),
            }
        }
    }

    fn leave(&mut self, key: usize) {
        if self.peers[key]
            .take()
            .is_some_and(|peer| peer.role == Part::Watcher)
        {
            for group in &mut self.groups {
                group.retain(|&watcher| watcher != key);
            }
        }
        self.free.push(key);
    }

    fn group(&mut self, name: &str) -> usize {
        if let Some(&group) = self.names.get(name) {
            return group;
        }
        self.groups.push(Vec::new());
        let group = self.groups.len() - 1;
        self.names.insert(name.to_owned(), group);
        group
    }

    /// Whole requests and frames only: what is cut in two ends the program's usefulness.
    fn read(&mut self, key: usize, bytes: &mut [u8]) {
        let role = self.peers[key].as_ref().map_or(Part::New, |peer| peer.role);
        match role {
            Part::New if bytes.starts_with(b"GET ") => self.open(key, bytes),
            Part::New | Part::Poster => self.post(key, bytes),
            Part::Worker(group) => {
                let mut frames = Vec::new();
                reframe(bytes, &mut frames);
                self.send(group, &frames);
            }
            Part::Echo => {
                let mut frames = Vec::new();
                reframe(bytes, &mut frames);
                self.say(key, &frames);
            }
            // A pong, or a goodbye.
            Part::Watcher => {}
        }
    }

    fn open(&mut self, key: usize, head: &[u8]) {
        let head = String::from_utf8_lossy(head).into_owned();
        let path = head.split(' ').nth(1).unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        let marker = "Sec-WebSocket-Key: ";
        let client_key = head
            .split(marker)
            .nth(1)
            .and_then(|rest| rest.split("\r\n").next());
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {}\r\n\r\n",
            accept_key(client_key.unwrap_or_default())
        );
        let role = if path.starts_with("/ws/worker/") {
            Part::Worker(self.group(name))
        } else if path.starts_with("/ws/progress/") {
            let group = self.group(name);
            self.groups[group].push(key);
            Part::Watcher
        } else {
            Part::Echo
        };
        if let Some(peer) = &mut self.peers[key] {
            peer.role = role;
        }
        self.say(key, answer.as_bytes());
    }

    fn post(&mut self, key: usize, mut bytes: &[u8]) {
        if let Some(peer) = &mut self.peers[key] {
            peer.role = Part::Poster;
        }
        let (mut frames, mut answers, mut group) = (Vec::new(), Vec::new(), None);
        while let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let len = head.split("Content-Length: ").nth(1);
            let len = len.and_then(|rest| rest.lines().next()?.parse().ok());
            let content = &bytes[end + 4..][..len.unwrap_or(0)];
            let path = head.split(' ').nth(1).unwrap_or_default();
            group = Some(self.group(path.rsplit('/').next().unwrap_or_default()));
            frame::encode(OpCode::Text, content, &mut frames);
            answers.extend_from_slice(CREATED);
            bytes = &bytes[end + 4 + content.len()..];
        }
        if let Some(group) = group {
            self.send(group, &frames);
        }
        self.say(key, &answers);
    }

    fn send(&mut self, group: usize, frames: &[u8]) {
        for &watcher in &self.groups[group] {
            if let Some(peer) = &mut self.peers[watcher] {
                // The limit has no back-pressure: who does not read goes without.
                let _ = peer.stream.write(frames);
            }
        }
    }

    fn say(&mut self, key: usize, bytes: &[u8]) {
        if let Some(peer) = &mut self.peers[key] {
            let _ = peer.stream.write(bytes);
        }
    }
}

/// A client's text frames as a server's.
fn reframe(mut bytes: &mut [u8], frames: &mut Vec<u8>) {
    while let Ok(Some((header, len))) = Header::parse(bytes, Role::Server) {
        let (frame, rest) = bytes.split_at_mut(len + header.len as usize);
        let payload = &mut frame[len..];
        mask::apply(payload, header.mask.unwrap_or_default(), 0);
        if header.opcode == OpCode::Text {
            frame::encode(OpCode::Text, payload, frames);
        }
        bytes = rest;
    }
}
