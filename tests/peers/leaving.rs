//! How conversations end: by the peer, by the daemon's end.

use std::time::Instant;

use serde_json::json;
use tungstenite::Message;
use tungstenite::protocol::CloseFrame;

use crate::daemon::Daemon;
use crate::http::post;
use crate::socket::Peer;

#[test]
fn a_close_is_answered_with_its_own_code() {
    let daemon = Daemon::start();
    for code in [1000u16, 1001, 3000, 4999] {
        let mut peer = Peer::open(&daemon, "/ws/progress/x");
        let frame = CloseFrame {
            code: code.into(),
            reason: "bye".into(),
        };
        peer.0.close(Some(frame)).expect("the daemon reads");
        assert_eq!(peer.close_code(), code);
    }
}

#[test]
fn who_leaves_is_not_counted_any_more() {
    let daemon = Daemon::start();
    let mut stays = Peer::open(&daemon, "/ws/progress/x");
    let mut leaves = Peer::open(&daemon, "/ws/progress/x");
    leaves.expect_silence();
    assert_eq!(post(&daemon, "/api/progress/x", "{}").body["watchers"], 2);
    leaves.0.close(None).expect("the daemon reads");
    // To the end of the stream: then the daemon has let go of it.
    while leaves.0.read().is_ok() {}
    assert_eq!(
        post(&daemon, "/api/progress/x", r#"{"progress":1}"#).body["watchers"],
        1
    );
    stays.json_until(|state| state["progress"] == 1);
}

#[test]
fn sigterm_closes_every_socket_with_1001_and_exits_well() {
    let mut daemon = Daemon::start();
    post(&daemon, "/api/progress/x", "{}");
    let mut watcher = Peer::open(&daemon, "/ws/progress/x");
    assert_eq!(watcher.json()["task_id"], json!("x"));
    let mut rest = ["/ws/all", "/ws/progress", "/ws/worker/x", "/ws", "/ws/echo"]
        .map(|path| Peer::open(&daemon, path));
    for peer in &mut rest[1..3] {
        peer.expect_silence();
    }
    let idle = daemon.connect();

    let asked = Instant::now();
    daemon.terminate();
    assert_eq!(watcher.close_code(), 1001);
    for peer in rest {
        assert_eq!(peer.close_code(), 1001);
    }
    let log = daemon.log();
    assert!(log.contains(r#""event":"stopped""#), "{log}");
    assert!(daemon.wait().success());
    assert!(asked.elapsed().as_secs() < 5, "{:?}", asked.elapsed());
    drop(idle);
}

#[test]
fn a_request_that_is_being_sent_when_the_daemon_stops_is_answered() {
    use std::io::{Read, Write};
    let daemon = Daemon::start();
    let mut stream = daemon.connect();
    let head = "POST /api/progress/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\
                Expect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("the daemon reads");
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).expect("100 Continue");
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    let mut watcher = Peer::open(&daemon, "/ws/all");
    watcher.expect_silence();
    daemon.terminate();
    assert_eq!(watcher.close_code(), 1001);
    stream.write_all(b"{}").expect("the daemon still reads");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .expect("the daemon answers and closes");
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
    assert!(daemon.wait().success());
}

#[test]
fn nobody_new_is_let_in_while_stopping() {
    let daemon = Daemon::start();
    let mut watcher = Peer::open(&daemon, "/ws/all");
    watcher.expect_silence();
    daemon.terminate();
    // Not read any further: the daemon waits for this peer's answer, and is stopping meanwhile.
    let close = watcher.0.read().expect("a Close");
    assert!(matches!(close, Message::Close(Some(frame)) if u16::from(frame.code) == 1001));
    assert!(std::net::TcpStream::connect(daemon.address).is_err());
}
