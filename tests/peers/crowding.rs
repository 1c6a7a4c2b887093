//! More connections than there is room for.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::daemon::{Daemon, PATIENCE};
use crate::socket::Peer;

const GET: &str = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Asks once; the answer's status and head. A daemon that has no room may have closed before it was
/// asked, so that only reading must succeed.
fn ask(stream: &mut TcpStream) -> (u16, String) {
    let _ = stream.write_all(GET.as_bytes());
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while !answer.windows(4).any(|four| four == b"\r\n\r\n") {
        let count = stream.read(&mut buffer).expect("an answer in time");
        assert!(count > 0, "closed without a word");
        answer.extend_from_slice(&buffer[..count]);
    }
    let text = String::from_utf8(answer).expect("text");
    (text[9..12].parse().expect("a status"), text)
}

/// Connects `count` times; the connections that were taken, and the answers of those that were not.
fn crowd(daemon: &Daemon, count: usize) -> (Vec<TcpStream>, Vec<String>) {
    let (mut taken, mut refused) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let mut stream = daemon.connect();
        match ask(&mut stream) {
            (200, _) => taken.push(stream),
            (503, answer) => refused.push(answer),
            other => panic!("{other:?}"),
        }
    }
    (taken, refused)
}

/// Asks on new connections until one is taken.
fn wait_for_room(daemon: &Daemon) {
    let start = Instant::now();
    while ask(&mut daemon.connect()).0 != 200 {
        assert!(start.elapsed() < PATIENCE, "it does not recover");
    }
}

#[test]
fn without_descriptors_it_says_so_sleeps_and_recovers() {
    let daemon = Daemon::start();
    let before = daemon.descriptors();
    // It believed that there were more, so it is the kernel that refuses.
    daemon.limit_descriptors(40);
    for _ in 0..3 {
        let (mut taken, refused) = crowd(&daemon, 100);
        assert!(taken.len() >= 20, "{} of 40 descriptors", taken.len());
        assert_eq!(taken.len() + refused.len(), 100);
        for answer in &refused {
            assert!(answer.contains("\r\nRetry-After: 1\r\n"), "{answer}");
            assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
        }
        assert!(refused[0].contains("too_many_connections"), "{refused:?}");
        assert_eq!(ask(&mut taken[0]).0, 200, "who is in is served");

        let ticks = daemon.processor_ticks();
        let patient = &mut taken[0];
        patient
            .set_read_timeout(Some(Duration::from_secs(1)))
            .expect("a timeout can be set");
        let silence = patient.read(&mut [0]).expect_err("nothing is said");
        assert_eq!(silence.kind(), ErrorKind::WouldBlock);
        let used = daemon.processor_ticks() - ticks;
        assert!(
            used <= 2,
            "{used} ticks of 10 ms in a second of doing nothing"
        );

        drop(taken);
        wait_for_room(&daemon);
    }
    let start = Instant::now();
    while daemon.descriptors() > before {
        wait_for_room(&daemon);
        assert!(start.elapsed() < PATIENCE, "descriptors leak");
    }
}

/// How often a listener has paused, asked on a connection that is there already.
fn pauses(asker: &mut TcpStream) -> u64 {
    let metrics = GET.replace("/healthz", "/metrics");
    asker
        .write_all((metrics + GET).as_bytes())
        .expect("the daemon reads");
    let mut answers = Vec::new();
    while !answers.ends_with(br#"{"status":"ok"}"#) {
        let mut buffer = [0; 4096];
        let count = asker.read(&mut buffer).expect("an answer in time");
        assert!(count > 0, "closed without a word");
        answers.extend_from_slice(&buffer[..count]);
    }
    let text = String::from_utf8(answers).expect("text");
    let mut lines = text.lines();
    let count = lines.find_map(|line| line.strip_prefix("doneyet_accept_pauses_total "));
    count.expect("a metric").parse().expect("a count")
}

#[test]
fn without_even_the_reserve_it_pauses_and_comes_back_by_itself() {
    let daemon = Daemon::start();
    let mut asker = daemon.connect();
    assert_eq!(ask(&mut asker).0, 200);
    let start = Instant::now();
    // All lower numbers are taken for good, so giving up a higher one is no help.
    let limit = daemon.lower_descriptors(3);
    let mut patient = daemon.connect();
    while pauses(&mut asker) < 3 {
        assert!(start.elapsed() < PATIENCE, "it does not come back");
    }
    let (count, most) = (pauses(&mut asker), start.elapsed().as_millis() / 100 + 1);
    assert!(u128::from(count) <= most, "{count} pauses, at most {most}");
    daemon.set_descriptors(limit);
    assert_eq!(ask(&mut patient).0, 200, "nobody has to knock again");
}

#[test]
fn by_count_it_keeps_descriptors_for_itself() {
    let daemon = Daemon::start_with_limit("-n 200", &[]);
    let (taken, refused) = crowd(&daemon, 200);
    assert_eq!((taken.len(), refused.len()), (200 - 64, 64));
    assert!(daemon.descriptors() < 200 - 40);
    drop(taken);
    wait_for_room(&daemon);
}

#[test]
fn the_soft_limit_is_raised_to_the_hard_one() {
    // `ulimit -S` lowers only the soft one; with it in force there would be room for 32.
    let daemon = Daemon::start_with_limit("-S -n 64", &[]);
    let (taken, refused) = crowd(&daemon, 100);
    assert_eq!((taken.len(), refused.len()), (100, 0));
}

#[test]
fn a_limit_given_holds_for_this_machine_too() {
    let daemon = Daemon::start_with(&["--max-connections-per-address", "3"]);
    let (taken, refused) = crowd(&daemon, 5);
    assert_eq!((taken.len(), refused.len()), (3, 2));
    drop(taken);
    wait_for_room(&daemon);
}

#[test]
fn the_limits_are_those_of_whom_a_trusted_proxy_names() {
    let options = ["--max-connections-per-address", "1", "--trust-proxy"];
    let trusting = Daemon::start_with(&[&options[..], &["127.0.0.0/8"]].concat());
    let named = |name| [("X-Forwarded-For", name)];
    let _first = Peer::offer(&trusting, "/ws", &named("192.0.2.1"));
    let _second = Peer::offer(&trusting, "/ws", &named("192.0.2.2"));
    let mut stream = trusting.connect();
    write!(
        stream,
        "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         X-Forwarded-For: 6.6.6.6, 192.0.2.1\r\n\r\n"
    )
    .expect("the daemon reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");

    let doubting = Daemon::start_with(&[&options[..], &["192.0.2.9"]].concat());
    let (taken, refused) = crowd(&doubting, 2);
    assert_eq!((taken.len(), refused.len()), (1, 1));
}
