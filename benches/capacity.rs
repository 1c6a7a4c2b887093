//! How the cost grows: watchers from 1 to a million, tasks from 1 to a million, without a socket.
//!
//! The broker needs none, so it can be given a million peers that have really shaken hands, on a
//! machine with twenty thousand descriptors. Each line is one size; a figure that rises along a
//! column is one that is not constant. Memory is the process's own (`RssAnon`), less what it had
//! before.
//!
//! `cargo bench --bench capacity`

mod harness;

use std::fs;
use std::hint::black_box;
use std::io::{self, IoSlice, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

use doneyet::server::Config;
use doneyet::server::broker::Broker;
use doneyet::session::Access;
use doneyet::task::Now;
use doneyet::task::hub::PeerKey;
use doneyet::wire::frame::{self, OpCode};
use harness::Effort;

const HANDSHAKE: &[u8] =
    b"GET /ws/progress/a HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

fn main() {
    let effort = Effort::from_args();
    let sizes = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
    let sizes = &sizes[..effort.choose(3, sizes.len())];
    println!(
        "watchers of one task: bytes each, ns each to mark, to write all, to write 1 %, ns a visit"
    );
    for &size in sizes {
        watchers(size);
    }
    println!("\ntasks: bytes each, ns to create one, to change one, to change it again");
    for &size in sizes {
        tasks(size);
    }
}

/// Somebody who takes everything at no cost: what remains is ours.
struct Taker;

impl Write for Taker {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(black_box(bytes).len())
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(slices.iter().map(|slice| slice.len()).sum())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct World {
    broker: Broker,
    access: Rc<Access>,
    now: Now,
}

impl World {
    fn new() -> World {
        let config = Config {
            max_tasks: 2_000_000,
            ..Config::default()
        };
        World {
            broker: Broker::new(&config),
            access: Rc::new(Access {
                loopback: true,
                ..Access::default()
            }),
            now: Now {
                ticks_ms: 0,
                unix_ms: 1_795_348_800_000,
            },
        }
    }

    fn open(&mut self, path: &str) -> PeerKey {
        let access = Rc::clone(&self.access);
        let key = self.broker.connect(access, None, self.now).expect("room");
        let request = String::from_utf8_lossy(HANDSHAKE).replace("/ws/progress/a", path);
        self.hear(key, request.as_bytes());
        self.flush();
        // Peers do not come all in the same millisecond.
        self.now.ticks_ms = u64::from(key.0) / 10;
        key
    }

    fn hear(&mut self, peer: PeerKey, bytes: &[u8]) {
        self.broker.receive(peer, &mut bytes.to_vec(), self.now);
    }

    /// Writes to everybody who is owed something; to how many that was.
    fn flush(&mut self) -> usize {
        let mut count = 0;
        while let Some(key) = self.broker.next_to_write() {
            let written = self.broker.write(key, &mut Taker, self.now);
            written.expect("a taker takes everything");
            count += 1;
        }
        count
    }
}

fn text(json: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame::encode_masked(OpCode::Text, json.as_bytes(), [1, 2, 3, 4], &mut bytes);
    bytes
}

fn each(time: Duration, count: usize) -> f64 {
    time.as_nanos() as f64 / count as f64
}

/// The middle of several times.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn watchers(size: usize) {
    let mut world = World::new();
    let worker = world.open("/ws/worker/a");
    let few = world.open("/ws/worker/b");
    world.hear(worker, &text("{\"step\":0}"));
    let before = anonymous_bytes();
    for index in 0..size {
        // One in a hundred follows another task.
        world.open(["/ws/progress/a", "/ws/progress/b"][usize::from(index % 100 == 99)]);
    }
    let memory = anonymous_bytes().saturating_sub(before);
    let crowd = size - size / 100;

    let rounds = (200_000 / size).clamp(5, 1_000);
    let (mut marking, mut writing, mut writing_few) = (Vec::new(), Vec::new(), Vec::new());
    for step in 1..=rounds {
        let update = text(&format!("{{\"step\":{step}}}"));
        let start = Instant::now();
        world.hear(worker, &update);
        marking.push(start.elapsed());
        let start = Instant::now();
        assert_eq!(world.flush(), crowd);
        writing.push(start.elapsed());
        world.hear(few, &update);
        let start = Instant::now();
        assert_eq!(world.flush(), size / 100);
        writing_few.push(start.elapsed());
    }
    let visits = 200;
    let start = Instant::now();
    for _ in 0..visits {
        let key = world.open("/ws/progress/a");
        world.broker.lose(key);
        while world.broker.bury(world.now).is_some() {}
    }
    let visit = each(start.elapsed(), visits);
    println!(
        "{size:>9}  {:>7.0} B  {:>7.1}  {:>7.1}  {:>7.1}  {visit:>8.0}",
        memory as f64 / size as f64,
        each(median(marking), crowd),
        each(median(writing), crowd),
        each(median(writing_few), (size / 100).max(1)),
    );
}

fn tasks(size: usize) {
    let mut world = World::new();
    let worker = world.open("/ws/worker");
    let publish = |world: &mut World, index: usize, step: usize| {
        let json = format!("{{\"task_id\":\"task-{index}\",\"progress\":50,\"step\":{step}}}");
        world.hear(worker, &text(&json));
        world.flush();
    };
    let before = anonymous_bytes();
    let start = Instant::now();
    for index in 0..size {
        publish(&mut world, index, 0);
    }
    let creating = each(start.elapsed(), size);
    let memory = anonymous_bytes().saturating_sub(before);
    let changes = 2_000;
    // Strides over all of them, so that none is still in the cache; then always the same.
    let start = Instant::now();
    for step in 1..=changes {
        publish(&mut world, step * 7919 % size, step);
    }
    let changing = each(start.elapsed(), changes);
    let start = Instant::now();
    for step in 1..=changes {
        publish(&mut world, 0, changes + step);
    }
    println!(
        "{size:>9}  {:>7.0} B  {creating:>8.0}  {changing:>8.0}  {:>8.0}",
        memory as f64 / size as f64,
        each(start.elapsed(), changes)
    );
}

fn anonymous_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux's /proc");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.expect("a kernel that counts RssAnon") * 1024
}
