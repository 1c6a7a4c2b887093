//! The hot paths, without a socket, so that their instructions can be counted.
//!
//! `paths NAME COUNT` walks the path COUNT times over a broker of its own and ends. Counting two runs
//! (say, 1,000 and 2,000) and subtracting leaves the path alone, whatever start and end cost:
//! `benches/instructions/run` does so under callgrind. What is walked is checked, too.

use std::env;
use std::io::{self, IoSlice, Write};
use std::rc::Rc;

use doneyet::scrape::{Parser, Reader, Stream};
use doneyet::server::Config;
use doneyet::server::broker::Broker;
use doneyet::session::Access;
use doneyet::task::Now;
use doneyet::task::hub::PeerKey;
use doneyet::wire::frame::{self, OpCode};

/// Watchers of the one task.
const WATCHERS: usize = 1_000;

/// Words of 64 bits in the noise: a megabyte, so that no branch can be learned by heart.
const NOISE_WORDS: usize = 128 << 10;

type Walk = fn(usize);

/// Names, and what each walks.
const PATHS: [(&str, Walk); 8] = [
    ("deliver", deliver),
    ("publish", publish),
    ("post", post),
    ("echo", echo),
    ("handshake", handshake),
    ("heartbeat", heartbeat),
    ("noise", noise),
    ("bars", bars),
];

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let found = words
        .first()
        .and_then(|name| PATHS.iter().find(|(known, _)| known == name));
    match (found, words.get(1).and_then(|count| count.parse().ok())) {
        (Some((_, walk)), Some(count)) => walk(count),
        // As one of the benches it has nothing to measure, and walks each path once.
        _ => PATHS.iter().for_each(|(_, walk)| walk(3)),
    }
}

/// A socket that takes everything, and counts.
#[derive(Default)]
struct Sink {
    writes: usize,
    bytes: usize,
    last: Vec<u8>,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writes += 1;
        self.bytes += bytes.len();
        Ok(bytes.len())
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.writes += 1;
        let bytes = slices
            .iter()
            .flat_map(|slice| slice.iter().copied())
            .collect::<Vec<u8>>();
        self.bytes += bytes.len();
        self.last = bytes;
        Ok(self.last.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct World {
    broker: Broker,
    access: Rc<Access>,
    sink: Sink,
    now: Now,
}

impl World {
    fn new() -> World {
        World {
            broker: Broker::new(&Config::default()),
            access: Rc::new(Access {
                loopback: true,
                echo: true,
                ..Access::default()
            }),
            sink: Sink::default(),
            now: Now {
                ticks_ms: 0,
                unix_ms: 1_795_348_800_000,
            },
        }
    }

    fn connect(&mut self) -> PeerKey {
        let access = Rc::clone(&self.access);
        self.broker.connect(access, None, self.now).expect("room")
    }

    fn hear(&mut self, peer: PeerKey, bytes: &[u8]) {
        self.broker.receive(peer, &mut bytes.to_vec(), self.now);
    }

    fn flush(&mut self) {
        while let Some(key) = self.broker.next_to_write() {
            self.broker
                .write(key, &mut self.sink, self.now)
                .expect("a sink takes everything");
        }
    }

    /// The state of the task is what was published at `step`: a newcomer is told.
    fn check_step(&mut self, step: usize) {
        self.open("/ws/progress/a");
        let end = format!("\"step\":{step}}}");
        assert!(self.sink.last.ends_with(end.as_bytes()));
    }

    fn bury(&mut self) {
        while self.broker.bury(self.now).is_some() {}
    }

    /// A peer that has shaken hands at `path`.
    fn open(&mut self, path: &str) -> PeerKey {
        let peer = self.connect();
        self.hear(peer, browser(path).as_bytes());
        self.flush();
        peer
    }
}

/// A handshake with all that a browser sends along.
fn browser(path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:8765\r\nConnection: Upgrade\r\nPragma: no-cache\r\n\
         Cache-Control: no-cache\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) \
         AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36\r\n\
         Upgrade: websocket\r\nOrigin: http://127.0.0.1:8765\r\nSec-WebSocket-Version: 13\r\n\
         Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-GB,en;q=0.9\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
    )
}

fn state(step: usize) -> String {
    format!(
        "{{\"status\":\"running\",\"progress\":{}.5,\"speed\":\"2.5MB/s\",\"eta\":\"00:30\",\"step\":{step}}}",
        step % 100
    )
}

fn masked(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame::encode_masked(OpCode::Text, text.as_bytes(), [1, 2, 3, 4], &mut bytes);
    bytes
}

/// One update to 1,000 watchers, write by write.
fn deliver(count: usize) {
    let mut world = World::new();
    let worker = world.open("/ws/worker/a");
    for _ in 0..WATCHERS {
        world.open("/ws/progress/a");
    }
    let before = world.sink.writes;
    for step in 0..count {
        world.hear(worker, &masked(&state(step)));
        world.flush();
    }
    assert_eq!(world.sink.writes - before, count * WATCHERS);
}

/// A worker's frame that nobody watches: JSON to JSON.
fn publish(count: usize) {
    let mut world = World::new();
    let worker = world.open("/ws/worker/a");
    for step in 0..count {
        world.hear(worker, &masked(&state(step)));
    }
    world.check_step(count - 1);
}

/// The same by HTTP, on a connection that is kept, and the answer.
fn post(count: usize) {
    let mut world = World::new();
    let client = world.connect();
    for step in 0..count {
        let state = state(step);
        let request = format!(
            "POST /api/progress/a HTTP/1.1\r\nHost: 127.0.0.1:8765\r\nUser-Agent: curl/8.5.0\r\n\
             Accept: */*\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{state}",
            state.len()
        );
        world.hear(client, request.as_bytes());
        world.flush();
    }
    assert_eq!(world.sink.writes, count);
}

/// A message of 64 bytes there and back, 16 at a time.
fn echo(count: usize) {
    let mut world = World::new();
    let client = world.open("/ws/echo");
    let before = world.sink.bytes;
    let message = masked(&"x".repeat(64));
    for _ in 0..count {
        world.hear(client, &message.repeat(16));
        world.flush();
    }
    assert_eq!(world.sink.bytes - before, count * 16 * 66);
}

/// A browser that comes, watches and goes.
fn handshake(count: usize) {
    let mut world = World::new();
    for _ in 0..count {
        let peer = world.open("/ws/progress/a");
        world.broker.lose(peer);
        world.bury();
    }
    assert_eq!(world.broker.peer_count(), 0);
}

/// What a worker says when nothing has changed.
fn heartbeat(count: usize) {
    let mut world = World::new();
    let worker = world.open("/ws/worker/a");
    world.hear(worker, &masked(&state(0)));
    for _ in 0..count {
        world.hear(worker, &masked("{}"));
    }
    world.check_step(0);
}

/// Reads 200 kB a millisecond of `piece`, over and over, `count` times 64 KiB, and then a display.
fn read_along(piece: &[u8], count: usize) {
    const READ: usize = 64 << 10;
    let flood = piece.repeat(2 * READ / piece.len() + 1);
    let mut reader = Reader::new(Parser::default());
    for step in 0..count {
        let from = step * READ % piece.len();
        reader.push(
            Stream::Out,
            &flood[from..from + READ],
            (step * READ / 200_000) as u64,
        );
    }
    let later_ms = 1 << 40;
    reader.push(Stream::Out, b"\x1b\\\r\n\rget: 45% done\r\n", later_ms);
    let last = reader.flush(u64::MAX).pop();
    assert_eq!(last.and_then(|reading| reading.percent), Some(45.0));
}

/// 64 KiB that mean nothing: the most rows and sequences that bytes can bring.
fn noise(count: usize) {
    // Marsaglia's xorshift64.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let noise: Vec<u8> = (0..NOISE_WORDS).flat_map(|_| next()).collect();
    read_along(&noise, count);
}

/// 64 KiB of bars in four rows, each cell coloured, drawn again and again.
fn bars(count: usize) {
    let row = |number: usize| {
        let cells = "\x1b[38;5;197m━\x1b[0m".repeat(5 * number);
        format!(
            "\x1b[2K\x1b[3{number}mlayer {number}\x1b[0m {cells} \x1b[35m{}%\x1b[0m\r\n",
            25 * number
        )
    };
    let rows: String = (1..=4).map(row).collect();
    read_along(format!("\x1b[4A{rows}").as_bytes(), count);
}
