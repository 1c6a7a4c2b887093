//! Many watchers of one task on one loop, each of which believes nothing.
//!
//! A delivery counts only if it is of the right task, with a revision above the last one; and a
//! swarm is not done before each of its watchers has seen the step that was published last.

use std::io::{self, Read, Write};
use std::net::TcpStream as StdTcpStream;

use doneyet::wire::frame::{Header, OpCode, Role};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

/// The task that swarms watch.
pub(crate) const TASK: &str = "bench";
/// How each state begins and ends; between them stands the revision first.
const BEGIN: &[u8] = b"{\"task_id\":\"bench\",\"rev\":";
const STEP: &[u8] = b",\"step\":";

/// How each event ends.
const BLANK: &[u8] = b"\n\n";
/// What stands before the state in an event.
const DATA: &[u8] = b"\ndata: ";

/// What the watchers read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Frames,
    Events,
}

/// "I am": final, masked, empty.
const PONG: [u8; 6] = [0x8a, 0x80, 0, 0, 0, 0];

/// All the watchers.
pub(crate) struct Swarm {
    poll: Poll,
    events: Events,
    encoding: Encoding,
    watchers: Vec<Watcher>,
    scratch: Vec<u8>,
    /// Updates read, by all together.
    pub(crate) deliveries: u64,
    /// Bytes read, by all together.
    pub(crate) bytes: u64,
}

struct Watcher {
    stream: TcpStream,
    /// The beginning of a frame.
    rest: Vec<u8>,
    rev: u64,
    step: u64,
}

impl Swarm {
    /// Watches over connections that have shaken hands already.
    pub(crate) fn new(streams: Vec<StdTcpStream>, encoding: Encoding) -> Swarm {
        let poll = Poll::new().expect("an epoll");
        let adopt = |(index, stream): (usize, StdTcpStream)| {
            stream.set_nonblocking(true).expect("a socket");
            let mut stream = TcpStream::from_std(stream);
            poll.registry()
                .register(&mut stream, Token(index), Interest::READABLE)
                .expect("a registration");
            Watcher {
                stream,
                rest: Vec::new(),
                rev: 0,
                step: 0,
            }
        };
        Swarm {
            watchers: streams.into_iter().enumerate().map(adopt).collect(),
            poll,
            encoding,
            events: Events::with_capacity(1024),
            scratch: vec![0; 64 * 1024],
            deliveries: 0,
            bytes: 0,
        }
    }

    /// Reads until every watcher has seen `step`.
    pub(crate) fn wait_for(&mut self, step: u64) {
        let mut missing = self.watchers.iter().filter(|w| w.step < step).count();
        while missing > 0 {
            self.poll.poll(&mut self.events, None).expect("events");
            for event in &self.events {
                let watcher = &mut self.watchers[event.token().0];
                let before = watcher.step;
                let (deliveries, bytes) = watcher.read(&mut self.scratch, self.encoding);
                self.deliveries += deliveries;
                self.bytes += bytes;
                if before < step && watcher.step >= step {
                    missing -= 1;
                }
            }
        }
    }
}

impl Watcher {
    /// Reads what there is; returns how many deliveries and bytes that was.
    fn read(&mut self, scratch: &mut [u8], encoding: Encoding) -> (u64, u64) {
        let (mut deliveries, mut bytes) = (0, 0);
        loop {
            match self.stream.read(scratch) {
                Ok(0) => panic!("the server closed"),
                Ok(count) => {
                    bytes += count as u64;
                    deliveries += self.take(&scratch[..count], encoding);
                    if count < scratch.len() {
                        return (deliveries, bytes);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return (deliveries, bytes);
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn take(&mut self, bytes: &[u8], encoding: Encoding) -> u64 {
        let check = match encoding {
            Encoding::Frames => Watcher::check_frames,
            Encoding::Events => Watcher::check_events,
        };
        if self.rest.is_empty() {
            let used = check(self, bytes);
            self.rest.extend_from_slice(&bytes[used.0..]);
            return used.1;
        }
        let mut joined = std::mem::take(&mut self.rest);
        joined.extend_from_slice(bytes);
        let used = check(self, &joined);
        self.rest = joined.split_off(used.0);
        used.1
    }

    /// The bytes and the number of the whole frames in `bytes`.
    fn check_frames(&mut self, bytes: &[u8]) -> (usize, u64) {
        let (mut used, mut deliveries) = (0, 0);
        while let Some((header, len)) =
            Header::parse(&bytes[used..], Role::Client).expect("a valid frame")
        {
            let end = used + len + header.len as usize;
            let Some(payload) = bytes.get(used + len..end) else {
                break;
            };
            match header.opcode {
                OpCode::Ping => self.stream.write_all(&PONG).expect("room for six bytes"),
                _ => {
                    self.check(payload);
                    deliveries += 1;
                }
            }
            used = end;
        }
        (used, deliveries)
    }

    /// The bytes and the number of the whole events in `bytes`. Comments are none.
    fn check_events(&mut self, bytes: &[u8]) -> (usize, u64) {
        let (mut used, mut deliveries) = (0, 0);
        let find = |bytes: &[u8], wanted: &[u8]| {
            bytes
                .windows(wanted.len())
                .position(|window| window == wanted)
        };
        while let Some(len) = find(&bytes[used..], BLANK) {
            let event = &bytes[used..used + len];
            if let Some(at) = find(event, DATA) {
                self.check(&event[at + DATA.len()..]);
                deliveries += 1;
            }
            used += len + BLANK.len();
        }
        (used, deliveries)
    }

    fn check(&mut self, state: &[u8]) {
        let show = || state.escape_ascii();
        let rest = state.strip_prefix(BEGIN);
        let rev = rest
            .and_then(number)
            .unwrap_or_else(|| panic!("what task is {}?", show()));
        assert!(rev > self.rev, "after {}: {}", self.rev, show());
        self.rev = rev;
        let at = state.windows(STEP.len()).rposition(|bytes| bytes == STEP);
        let step = at.and_then(|at| number(&state[at + STEP.len()..]));
        self.step = step.unwrap_or_else(|| panic!("what step is {}?", show()));
    }
}

/// The decimal number that `bytes` begin with.
fn number(bytes: &[u8]) -> Option<u64> {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit());
    let len = digits.count();
    std::str::from_utf8(&bytes[..len]).ok()?.parse().ok()
}
