//! `doneyet bench`: that its courses come to an end, and that it does not believe a server.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use doneyet::client::Server;
use serde_json::Value;
use tungstenite::{Message, WebSocket};

use super::program::{Ended, Program, doneyet};
use super::{daemon, fields};

/// Runs a course against a daemon of its own.
fn bench(words: &[&str]) -> Value {
    let quick = ["--secs", "1", "--json", "--quiet"];
    let end = Program::start(&[&["bench"], words, &quick].concat()).end();
    assert_eq!(end.code, Some(0), "{words:?}: {}", end.err);
    serde_json::from_str(&end.out).expect("one line of JSON")
}

fn number(summary: &Value, name: &str) -> f64 {
    let number = summary[name].as_f64();
    number.unwrap_or_else(|| panic!("no {name} in {summary}"))
}

#[test]
fn a_fan_out_delivers_every_update_to_everybody() {
    for words in [
        &["fanout", "--watchers", "20"][..],
        &["fanout", "--watchers", "20", "--tasks", "5", "--by", "post"],
        &["fanout", "--watchers", "3", "--bytes", "2000"],
        &["fanout", "--watchers", "20", "--spin"],
    ] {
        let summary = bench(words);
        let watchers = number(&summary, "watchers");
        let rounds = number(&summary, "rounds");
        assert!(rounds >= 1.0, "{summary}");
        assert_eq!(
            number(&summary, "delivered"),
            rounds * watchers,
            "{summary}"
        );
        assert_eq!(number(&summary, "skipped"), 0.0, "{summary}");
        assert!(number(&summary, "server_cpu_us_per_delivery") > 0.0);
        assert!(number(&summary, "load_cpu_percent") > 0.0);
        let times = &summary["each_us"];
        assert!(number(times, "p50") <= number(times, "max"), "{summary}");
    }
}

#[test]
fn what_a_burst_skips_is_told_beside_what_it_delivers() {
    let summary = bench(&["fanout", "--watchers", "5", "--burst", "16"]);
    let due = number(&summary, "rounds") * 5.0 * 16.0;
    let told = number(&summary, "delivered") + number(&summary, "skipped");
    assert_eq!(told, due, "{summary}");
    assert!(number(&summary, "skipped") > 0.0, "{summary}");
}

#[test]
fn a_watcher_that_does_not_read_catches_up_at_the_end() {
    let words = ["fanout", "--watchers", "3", "--stalled", "2"];
    let summary = bench(&[&words[..], &["--bytes", "8000"]].concat());
    assert!(number(&summary, "stalled_caught_up_on") >= 2.0, "{summary}");
    assert!(
        number(&summary, "server_bytes_per_stalled") >= 0.0,
        "{summary}"
    );
}

#[test]
fn the_other_courses_come_to_their_ends() {
    let rates = [
        (&["publish"][..], "publishes_per_sec"),
        (&["publish", "--by", "worker"], "publishes_per_sec"),
        (&["echo", "--connections", "3"], "messages_per_sec"),
        (&["handshake"], "handshakes_per_sec"),
        (&["idle", "--watchers", "50"], "connects_per_sec"),
    ];
    for (words, rate) in rates {
        let summary = bench(words);
        assert!(number(&summary, rate) > 0.0, "{summary}");
        assert_eq!(summary["course"], words[0]);
    }
}

#[test]
fn a_daemon_that_runs_can_be_measured_and_shows_the_progress() {
    let daemon = daemon();
    let server = daemon.server();
    let end = doneyet("bench fanout", &server, &["--watchers", "2", "--secs", "1"]);
    assert_eq!(end.code, Some(0), "{}", end.err);
    assert!(end.out.starts_with("fanout\n"), "{}", end.out);
    assert!(end.out.contains("\n  deliveries per sec "), "{}", end.out);
    assert!(end.err.contains("to be watched at http://"), "{}", end.err);
    let state = super::state(&server, "bench");
    assert_eq!(
        (&state["status"], &state["title"]),
        (&"completed".into(), &"bench fanout".into())
    );
}

#[test]
fn a_watcher_may_cancel_the_benchmark() {
    let daemon = daemon();
    let server = daemon.server();
    let url = server.to_string();
    let words = ["bench", "fanout", "--watchers", "2", "--secs", "600"];
    let running = Program::start(&[&words[..], &["--server", &url]].concat());
    super::await_state(&server, "bench", |state| state["status"] == "measuring");
    super::cancel(&server, "bench");
    let end = running.end();
    assert_eq!(end.code, Some(1));
    assert!(end.err.contains("cancelled by a watcher"), "{}", end.err);
}

#[test]
fn what_makes_no_sense_is_said() {
    for (words, why) in [
        (&["bench"][..], "which course?"),
        (&["bench", "sleeping"], "no course \"sleeping\""),
        (&["bench", "fanout", "--burst", "0"], "--burst"),
        (&["bench", "fanout", "--by", "pigeon"], "worker or post"),
        (&["bench", "fanout", "--tasks", "7"], "multiple"),
        (&["bench", "idle", "--watchers", "999999999"], "ulimit -n"),
        (&["bench", "echo", "--server-pid", "1"], "--server names"),
    ] {
        let end = Program::start(words).end();
        assert_eq!(end.code, Some(2), "{words:?}");
        assert!(end.err.contains(why), "{words:?}: {}", end.err);
    }
}

/// How a server gets a delivery wrong.
#[derive(Clone, Copy, PartialEq)]
enum Wrong {
    Lost,
    Repeated,
    Misdirected,
}

#[test]
fn a_server_that_loses_repeats_or_misdirects_is_a_failure() {
    for (wrong, why) in [
        (Wrong::Lost, "lost: 1 of 2 watchers"),
        (Wrong::Repeated, "a newer revision was due"),
        (Wrong::Misdirected, "a state of the task watched was due"),
    ] {
        let end = against(wrong);
        assert_eq!((end.code, end.out.as_str()), (Some(1), ""), "{}", end.err);
        assert!(end.err.contains(why), "{}", end.err);
    }
}

/// Measures a server that hands on what a worker says to two watchers, and at the fifth update
/// does something wrong.
fn against(wrong: Wrong) -> Ended {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let server = Server::at(listener.local_addr().expect("a bound port"));
    let serving = thread::spawn(move || {
        let accept = || {
            let (stream, _) = listener.accept().expect("a connection");
            tungstenite::accept(stream).expect("a handshake")
        };
        let watchers = [accept(), accept()];
        relay(accept(), watchers, wrong);
    });
    let words = ["--watchers", "2", "--patience", "1", "--quiet"];
    let end = doneyet("bench fanout", &server, &words);
    serving.join().expect("a server that ends with its worker");
    end
}

fn relay(mut worker: WebSocket<TcpStream>, mut watchers: [WebSocket<TcpStream>; 2], wrong: Wrong) {
    let mut count = 0;
    while let Ok(Message::Text(state)) = worker.read() {
        count += 1;
        for (index, watcher) in watchers.iter_mut().enumerate() {
            let states = match wrong {
                _ if count < 5 || index == 0 => vec![state.to_string()],
                Wrong::Lost => vec![],
                Wrong::Repeated => vec![state.to_string(), state.to_string()],
                Wrong::Misdirected => vec![state.replacen("bench-", "branch-", 1)],
            };
            for state in states {
                // Who has seen the wrong is gone.
                let _ = watcher.send(Message::text(state));
            }
        }
    }
}

#[test]
fn an_echo_that_was_altered_is_a_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let server = Server::at(listener.local_addr().expect("a bound port"));
    let serving = thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a connection");
        let mut socket = tungstenite::accept(stream).expect("a handshake");
        while let Ok(Message::Text(text)) = socket.read() {
            let _ = socket.send(Message::text(text.replace('7', "8")));
        }
    });
    let end = doneyet("bench echo", &server, &["--connections", "1", "--quiet"]);
    assert_eq!(end.code, Some(1));
    assert!(end.err.contains("another echo was due"), "{}", end.err);
    serving.join().expect("a server that ends with its client");
}

#[test]
fn a_handshake_without_proof_is_a_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let server = Server::at(listener.local_addr().expect("a bound port"));
    let serving = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let _ = stream.read(&mut [0; 4096]);
        let answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
                      Connection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n";
        let _ = stream.write_all(answer.as_bytes());
        let _ = stream.read(&mut [0; 4096]);
    });
    let end = doneyet(
        "bench handshake",
        &server,
        &["--connections", "1", "--quiet"],
    );
    assert_eq!(end.code, Some(1));
    assert!(end.err.contains("has not read our key"), "{}", end.err);
    serving.join().expect("a server that ends with its client");
}

#[test]
fn a_state_can_be_as_long_as_is_wanted() {
    use doneyet::client::swarm::{Ending, state_at};
    for bytes in [200, 500, 2000] {
        assert_eq!(state_at("a", 7, Ending::Open, bytes).len(), bytes);
    }
    let state = serde_json::from_str(&state_at("a", 7, Ending::Completed, 0)).unwrap();
    let state = fields(state);
    assert_eq!(
        (&state["task_id"], &state["step"], &state["status"]),
        (&"a".into(), &7.into(), &"completed".into())
    );
}

#[test]
fn a_spread_knows_its_percentiles_to_a_hundredth() {
    use doneyet::client::swarm::Spread;
    use std::time::Duration;
    let mut spread = Spread::default();
    assert_eq!(spread.percentile(50.0), Duration::ZERO);
    // From nanoseconds to minutes, each a bit longer than the one before.
    let mut times: Vec<u64> = vec![0];
    while times[times.len() - 1] < 300_000_000_000 {
        let last = times[times.len() - 1];
        times.push(last + 1 + last / 50);
    }
    for &ns in &times {
        spread.add(Duration::from_nanos(ns));
    }
    for percent in [1.0, 10.0, 50.0, 90.0, 99.0, 100.0] {
        let rank = (times.len() as f64 * percent / 100.0).ceil() as usize;
        let exact = times[rank - 1] as f64;
        let told = spread.percentile(percent).as_nanos() as f64;
        assert!(
            (told - exact).abs() <= exact / 100.0,
            "{percent}: {told} for {exact}"
        );
    }
    assert_eq!(spread.count(), times.len() as u64);
    assert_eq!(spread.max().as_nanos() as u64, times[times.len() - 1]);
}
