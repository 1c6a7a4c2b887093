//! The whole loop, on real sockets: one worker publishes, a thousand watchers read.
//!
//! The baseline is *raw*: a thread that knows nothing of tasks, reads ready frames from a worker
//! and sends what it read to each watcher, one `write` each. It is as fast as the kernel's sockets
//! are. Both serve the same watchers' code, which checks every delivery, and they take turns.
//!
//! `cargo bench --bench turn`

mod harness;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use doneyet::task::Update;
use harness::Effort;
use harness::contest::Contest;
use harness::daemon::{Daemon, ThreadClock};
use harness::peer;
use harness::swarm::{Encoding, Swarm, TASK};

/// Updates that a worker sends at once, when it sends in bursts.
const BURST: u64 = 16;

fn main() {
    let effort = Effort::from_args();
    let watchers = effort.choose(20, 1_000);
    // Stopped by being dropped, after its watchers.
    let daemon = Daemon::start();
    let mut raw = Course::raw(watchers);
    let mut doneyet = Course::doneyet(&daemon, watchers);

    one_by_one(&mut raw, &mut doneyet, watchers, effort);
    in_bursts(&mut raw, &mut doneyet, watchers, effort);
    // A task is watched in one way at a time.
    drop((raw, doneyet));

    let frames = Daemon::start();
    let events = Daemon::start();
    let mut frames = Course::doneyet(&frames, watchers);
    let mut events = Course::events(&events, watchers);
    by_encoding(&mut frames, &mut events, watchers, effort);
}

/// The same to watchers who read frames, and to as many who read events.
fn by_encoding(frames: &mut Course, events: &mut Course, watchers: usize, effort: Effort) {
    let lap = |course: &mut Course| {
        let before = course.swarm.deliveries;
        course.publish(1);
        assert_eq!(course.swarm.deliveries - before, watchers as u64);
    };
    Contest::new(
        "frames or events: processor time",
        watchers,
        "delivery",
        effort,
    )
    .enter_timed("WebSocket", |times| frames.processor(times, lap))
    .enter_timed("Server-Sent Events", |times| events.processor(times, lap))
    .hold();
}

/// Each update waits until all have seen the last: nothing may be skipped.
fn one_by_one(raw: &mut Course, doneyet: &mut Course, watchers: usize, effort: Effort) {
    let lap = |course: &mut Course| {
        let before = course.swarm.deliveries;
        course.publish(1);
        assert_eq!(course.swarm.deliveries - before, watchers as u64);
    };
    let title = format!("1 update to {watchers} watchers");
    Contest::new(&title, watchers, "delivery", effort)
        .enter_timed("raw", |times| raw.wall(times, lap))
        .enter_timed("doneyet", |times| doneyet.wall(times, lap))
        .hold();
    Contest::new("the server's processor time", watchers, "delivery", effort)
        .enter_timed("raw", |times| raw.processor(times, lap))
        .enter_timed("doneyet", |times| doneyet.processor(times, lap))
        .hold();
}

/// The watchers need the newest only; what raw sends in one piece, doneyet may skip.
fn in_bursts(raw: &mut Course, doneyet: &mut Course, watchers: usize, effort: Effort) {
    let lap = |course: &mut Course| course.publish(BURST);
    let before = [&*raw, &*doneyet].map(|course| (course.swarm.deliveries, course.swarm.bytes));
    let title = format!("{BURST} updates at once, until {watchers} watchers know the last");
    Contest::new(&title, watchers, "watcher", effort)
        .enter_timed("raw, merged into one write", |times| raw.wall(times, lap))
        .enter_timed("doneyet", |times| doneyet.wall(times, lap))
        .hold();
    for (name, course, before) in [("raw", raw, before[0]), ("doneyet", doneyet, before[1])] {
        let deliveries = course.swarm.deliveries - before.0;
        let bytes = course.swarm.bytes - before.1;
        println!("  {name}: {deliveries} updates read, {bytes} bytes");
    }
}

/// A server, its worker's connection, its watchers.
struct Course {
    worker: TcpStream,
    swarm: Swarm,
    /// The server's thread.
    clock: ThreadClock,
    /// The last update published.
    step: u64,
    publish: fn(&mut Vec<u8>, u64),
}

impl Course {
    fn doneyet(daemon: &Daemon, watchers: usize) -> Course {
        let address = daemon.address;
        let worker = peer::open_websocket(address, &format!("/ws/worker/{TASK}"));
        let path = format!("/ws/progress/{TASK}");
        let streams = (0..watchers).map(|_| peer::open_websocket(address, &path));
        Course {
            worker,
            swarm: Swarm::new(streams.collect(), Encoding::Frames),
            clock: daemon.clock.clone(),
            step: 0,
            publish: |out, step| peer::encode_text(&format!("{{\"step\":{step}}}"), out),
        }
    }

    /// The same with watchers who listen to events.
    fn events(daemon: &Daemon, watchers: usize) -> Course {
        let path = format!("/sse/progress/{TASK}");
        let streams = (0..watchers).map(|_| peer::open_events(daemon.address, &path));
        Course {
            swarm: Swarm::new(streams.collect(), Encoding::Events),
            ..Course::doneyet(daemon, 0)
        }
    }

    fn raw(watchers: usize) -> Course {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("a bound port");
        let (started, start) = mpsc::channel();
        thread::spawn(move || {
            let _ = started.send(ThreadClock::of_this_thread());
            relay(&listener, watchers);
        });
        let connect = || TcpStream::connect(address).expect("a connection");
        let worker = connect();
        worker.set_nodelay(true).expect("a TCP socket");
        let streams = (0..watchers).map(|_| connect());
        Course {
            worker,
            swarm: Swarm::new(streams.collect(), Encoding::Frames),
            clock: start.recv().expect("a thread that starts"),
            step: 0,
            // Exactly the bytes that doneyet would make.
            publish: |out, step| {
                let rev = 1_724_323_200_000 + step;
                let json = format!(
                    "{{\"task_id\":\"{TASK}\",\"rev\":{rev},\"status\":\"running\",\
                     \"updated_at\":1724323200123,\"step\":{step}}}"
                );
                out.extend_from_slice(Update::new(rev, false, json.as_bytes()).frame());
            },
        }
    }

    /// Publishes `count` updates in one write, and waits until all have seen the last.
    fn publish(&mut self, count: u64) {
        let mut bytes = Vec::new();
        for _ in 0..count {
            self.step += 1;
            (self.publish)(&mut bytes, self.step);
        }
        self.worker.write_all(&bytes).expect("a server that reads");
        self.swarm.wait_for(self.step);
    }

    fn wall(&mut self, times: u64, lap: impl Fn(&mut Course)) -> Duration {
        let start = Instant::now();
        (0..times).for_each(|_| lap(self));
        start.elapsed()
    }

    fn processor(&mut self, times: u64, lap: impl Fn(&mut Course)) -> Duration {
        let start = self.clock.read();
        (0..times).for_each(|_| lap(self));
        self.clock.read() - start
    }
}

/// The raw server: the first connection is the worker's.
fn relay(listener: &TcpListener, watchers: usize) {
    let accept = || {
        let (stream, _) = listener.accept().expect("a connection");
        stream.set_nodelay(true).expect("a TCP socket");
        stream
    };
    let mut worker = accept();
    let mut streams: Vec<_> = (0..watchers).map(|_| accept()).collect();
    let mut buffer = [0; 64 * 1024];
    while let Ok(count @ 1..) = worker.read(&mut buffer) {
        for stream in &mut streams {
            stream.write_all(&buffer[..count]).expect("a reader");
        }
    }
}
