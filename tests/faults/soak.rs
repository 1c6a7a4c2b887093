//! Everything at once, for as long as one likes.
//!
//! Each pest does one bad thing again and again, and checks what it is told. Meanwhile one good
//! watcher hears of each publish, and the daemon's memory is looked at. What leaks or piles up is
//! more at the end than it was at the beginning.
//!
//! ```sh
//! SOAK_SECS=600 cargo test --release --test faults soak -- --ignored --nocapture
//! ```

use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::churn::{PHASES, reset};
use crate::daemon::Daemon;
use crate::drip::{Slow, bodies, heads, wait_for_answers};
use crate::frames::{Line, masked};
use crate::house::{make_room, wait_until_empty};
use crate::http::{get, post, send};

/// How long, by this name in the environment, in seconds.
const SECS: &str = "SOAK_SECS";
/// What the daemon may have grown by from the first third of the time to the last: with a thousand
/// connections a second, a leak of a few bytes for each would be more.
const GROWTH_KIB: u64 = 2_048;
/// Slow heads and bodies at a time, each.
const SLOW: usize = 200;
/// Watchers that never read, at a time.
const HOARDERS: usize = 100;
/// How many pings, fragments or requests are written at once.
const BATCH: usize = 1_000;

/// Does its thing until it is over; returns how often.
type Pest = fn(&Daemon, &AtomicBool) -> usize;

const PESTS: [(&str, Pest); 8] = [
    ("connections reset in every phase", resets),
    ("slow heads and bodies, each refused in time", drips),
    ("pings, answered one by one", pings),
    ("messages in a thousand fragments of a byte", fragments),
    ("requests in pipelines of a thousand", pipelines),
    ("watchers that never read", hoarders),
    ("workers that died", workers),
    ("refused requests, frames and batches", nonsense),
];

fn until(over: &AtomicBool, mut once: impl FnMut() -> usize) -> usize {
    let mut count = 0;
    while !over.load(Ordering::Acquire) {
        count += once();
    }
    count
}

fn resets(daemon: &Daemon, over: &AtomicBool) -> usize {
    let mut phases = PHASES.iter().cycle();
    until(over, || {
        let phase = phases.next().expect("they begin again");
        reset(phase(daemon));
        1
    })
}

fn drips(daemon: &Daemon, over: &AtomicBool) -> usize {
    let mut crowd: Vec<Slow> = Vec::new();
    until(over, || {
        if crowd.is_empty() {
            crowd.extend(heads(daemon).take(SLOW).chain(bodies(daemon).take(SLOW)));
        }
        crowd.iter_mut().for_each(Slow::drip);
        wait_for_answers(&crowd);
        let before = crowd.len();
        crowd.retain_mut(|slow| !slow.is_answered());
        before - crowd.len()
    })
}

fn pings(daemon: &Daemon, over: &AtomicBool) -> usize {
    let mut line = Line::open(daemon, "/ws/progress/pings");
    let flood = masked(0x89, b"?").repeat(BATCH);
    until(over, || {
        line.send(&flood);
        for _ in 0..BATCH {
            // The daemon's own ping needs no answer: ours are signs of life.
            while line.frame().0 != 0x8a {}
        }
        BATCH
    })
}

fn fragments(daemon: &Daemon, over: &AtomicBool) -> usize {
    let mut line = Line::open(daemon, "/ws/echo");
    let mut flood = masked(0x02, b"a");
    flood.extend(masked(0x00, b"a").repeat(BATCH));
    flood.extend(masked(0x80, b"a"));
    until(over, || {
        line.send(&flood);
        let echo = loop {
            match line.frame() {
                (0x82, payload) => break payload,
                (first, _) => assert_eq!(first, 0x89, "a ping"),
            }
        };
        assert_eq!(echo.len(), BATCH + 2);
        1
    })
}

fn pipelines(daemon: &Daemon, over: &AtomicBool) -> usize {
    let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n";
    let flood = format!("{request}\r\n").repeat(BATCH - 1);
    until(over, || {
        let mut stream = daemon.connect();
        write!(stream, "{flood}{request}Connection: close\r\n\r\n").expect("the daemon reads");
        let mut answers = String::new();
        stream.read_to_string(&mut answers).expect("answers");
        assert_eq!(answers.matches("HTTP/1.1 200 ").count(), BATCH);
        BATCH
    })
}

/// They come, sixteen kilobytes at a time are published to them, and they go without a word.
fn hoarders(daemon: &Daemon, over: &AtomicBool) -> usize {
    let paths = ["/ws/progress/hoard", "/ws/all"].iter().cycle();
    until(over, || {
        let all = paths.clone().take(HOARDERS);
        let hoard: Vec<Line> = all.map(|path| Line::open(daemon, path)).collect();
        for n in 0..50 {
            let text = "x".repeat(16_000);
            post(
                daemon,
                "/api/progress/hoard",
                &format!("{{\"n\":{n},\"x\":\"{text}\"}}"),
            );
        }
        hoard.into_iter().for_each(|line| reset(line.0));
        HOARDERS
    })
}

/// Each publishes, sees by a pong that it was heard, and is gone.
fn workers(daemon: &Daemon, over: &AtomicBool) -> usize {
    let mut names = (0..50).cycle();
    until(over, || {
        let name = names.next().expect("they begin again");
        let mut line = Line::open(daemon, &format!("/ws/worker/w{name}"));
        for n in 0..20 {
            let mut bytes = masked(0x81, format!("{{\"n\":{n}}}").as_bytes());
            bytes.extend(masked(0x89, b""));
            line.send(&bytes);
            assert_eq!(line.frame().0, 0x8a);
        }
        reset(line.0);
        1
    })
}

fn nonsense(daemon: &Daemon, over: &AtomicBool) -> usize {
    let lines = "{\"task_id\":\"b1\",\"progress\":1}\n7\n{\"task_id\":\"/\"}\n".repeat(300);
    until(over, || {
        assert_eq!(get(daemon, "/api/progress/%00").status, 400);
        assert_eq!(
            post(daemon, "/api/progress/x", "{\"progress\":101}").status,
            422
        );
        let coding = "Transfer-Encoding: chunked\r\n";
        assert_eq!(
            send(daemon, "POST", "/api/progress/x", coding, "{}").status,
            400
        );
        assert_eq!(Line::open_and_send(daemon, &masked(0xc1, b"")), 1002);
        assert_eq!(Line::open_and_send(daemon, &masked(0x81, b"\xff")), 1007);
        assert_eq!(
            Line::open_and_send(daemon, &masked(0x81, &[b'x'; 5000])),
            1009
        );
        let results = post(daemon, "/api/progress", &lines).body;
        assert_eq!(results["results"].as_array().map(Vec::len), Some(900));
        assert_eq!(get(daemon, "/api/progress").status, 200);
        8
    })
}

impl Line {
    /// The code with which a watcher's socket is closed over these bytes.
    fn open_and_send(daemon: &Daemon, bytes: &[u8]) -> u16 {
        let mut line = Line::open(daemon, "/ws/progress/x");
        line.send(bytes);
        line.close_code()
    }
}

/// Ends the pests, also where the good watcher has failed: somebody waits for them.
struct End<'o>(&'o AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// What the good watcher, and whoever looks at the process, have seen.
#[derive(Default)]
struct Diary {
    waits: Vec<Duration>,
    resident_kib: Vec<u64>,
}

impl Diary {
    fn keep(daemon: &Daemon, period: Duration) -> Diary {
        let mut watcher = Line::open(daemon, "/ws/progress/good");
        let mut diary = Diary::default();
        let begun = Instant::now();
        while begun.elapsed() < period {
            let n = diary.waits.len();
            let asked = Instant::now();
            post(daemon, "/api/progress/good", &format!("{{\"n\":{n}}}"));
            let wanted = format!("\"n\":{n}");
            loop {
                match watcher.frame() {
                    (0x89, payload) => watcher.send(&masked(0x8a, &payload)),
                    (_, state) if String::from_utf8_lossy(&state).contains(&wanted) => break,
                    (first, _) => assert_eq!(first, 0x81, "an older state"),
                }
            }
            diary.waits.push(asked.elapsed());
            diary.resident_kib.push(daemon.resident_kib());
        }
        diary
    }

    /// The most of the first third and of the last.
    fn first_and_last_kib(&self) -> (u64, u64) {
        let third = self.resident_kib.len() / 3;
        let most = |part: &[u64]| part.iter().copied().max().unwrap_or(0);
        let last = self.resident_kib.len() - third;
        (
            most(&self.resident_kib[..third]),
            most(&self.resident_kib[last..]),
        )
    }

    fn print(&self) {
        let mut waits = self.waits.clone();
        waits.sort();
        let at = |part: usize| waits[(waits.len() - 1) * part / 1000];
        println!(
            "{} updates heard, each after {:?} (median), {:?} (99 of 100), {:?} (at most)",
            waits.len(),
            at(500),
            at(990),
            at(1000)
        );
    }
}

// Defences: all of them.
#[test]
#[ignore = "takes a minute, or SOAK_SECS"]
fn all_pests_at_once_leave_the_daemon_as_it_was() {
    make_room();
    let secs = std::env::var(SECS).map_or(60, |text| text.parse().expect("a number of seconds"));
    let daemon = Daemon::start_with(&["--lease", "1s"]);
    get(&daemon, "/healthz");
    let descriptors = daemon.descriptors();
    let over = AtomicBool::new(false);
    let diary = thread::scope(|scope| {
        let (daemon, over) = (&daemon, &over);
        let pests = PESTS.map(|(name, pest)| (name, scope.spawn(move || pest(daemon, over))));
        let end = End(over);
        let diary = Diary::keep(daemon, Duration::from_secs(secs));
        drop(end);
        for (name, pest) in pests {
            let count = pest.join().expect("it was treated as it should be");
            println!("{count:>9} {name}");
            assert!(count > 0, "none of: {name}");
        }
        diary
    });
    diary.print();
    wait_until_empty(&daemon, descriptors);
    let (first_kib, last_kib) = diary.first_and_last_kib();
    let left_kib = daemon.resident_kib();
    println!(
        "{first_kib} KiB at most in the first third, {last_kib} in the last, {left_kib} after"
    );
    assert!(last_kib <= first_kib + GROWTH_KIB, "it grows");
    daemon.terminate();
    assert!(daemon.wait().success());
}
