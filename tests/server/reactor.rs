//! The loop, over real sockets of both families.

use std::io::Write;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;

use doneyet::server::config::{Address, Config};
use doneyet::server::reactor::{Exit, Reactor};
use doneyet::wire::frame::OpCode;

use crate::daemon::{Daemon, Place};
use crate::frames::{Said, handshake, masked, post, request, take_answers, take_messages, text};

#[test]
fn a_request_and_the_end_in_one_packet_are_answered_and_ended() {
    let place = Place::new("end");
    let daemon = Daemon::on(&[crate::daemon::loopback(), Address::Unix(place.socket())]);
    for _ in 0..100 {
        let mut client = daemon.connect();
        client.send(request("GET", "/healthz"));
        client.stream.shutdown(Shutdown::Write).expect("open");
        assert_eq!(take_answers(&mut client.rest())[0].0, 200);
        let mut client = place.connect();
        client.send(request("GET", "/healthz"));
        client.stream.shutdown(Shutdown::Write).expect("open");
        assert_eq!(take_answers(&mut client.rest())[0].0, 200);
    }
}

#[test]
fn a_long_row_of_requests_and_the_end_are_answered_to_the_last() {
    let daemon = Daemon::start();
    let mut client = daemon.connect();
    let mut sender = client.stream.try_clone().expect("a second handle");
    let row = request("GET", "/doneyet.js").repeat(3_000);
    let sending = std::thread::spawn(move || {
        sender.write_all(row.as_bytes()).expect("open");
        sender.shutdown(Shutdown::Write).expect("open");
    });
    assert_eq!(take_answers(&mut client.rest()).len(), 3_000);
    sending.join().expect("all sent");
}

#[test]
fn frames_in_the_packet_of_the_handshake_are_answered() {
    let daemon = Daemon::start();
    for _ in 0..20 {
        let mut client = daemon.connect();
        let mut packet = handshake("/ws").into_bytes();
        packet.extend(text("ping"));
        packet.extend(masked(OpCode::Close, b"\x03\xe8"));
        client.send(packet);
        client.stream.shutdown(Shutdown::Write).expect("open");
        let mut heard = client.rest();
        assert_eq!(take_answers(&mut heard)[0].0, 101);
        let [hello, pong, close] = &take_messages(&mut heard)[..] else {
            panic!("not three messages");
        };
        assert!(matches!(hello, Said::Json(json) if json["hello"] == "world"));
        assert_eq!(pong, &Said::Text("pong".to_owned()));
        assert_eq!(close, &Said::Close(Some(1000)));
    }
}

#[test]
fn a_thousand_connections_at_once_are_all_accepted() {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let raised = rustix::process::Rlimit {
        current: limit.maximum,
        ..limit
    };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, raised).expect("more files");
    let daemon = Daemon::start();
    let mut clients: Vec<_> = (0..1_000).map(|_| daemon.connect()).collect();
    for client in &mut clients {
        client.send(request("GET", "/healthz"));
    }
    for client in &mut clients {
        assert_eq!(client.answer().0, 200);
    }
}

#[test]
fn a_watcher_and_a_worker_meet() {
    let daemon = Daemon::start();
    let (mut watcher, mut worker) = (daemon.open("/ws/progress/a"), daemon.open("/ws/worker/a"));
    worker.send(text(r#"{"progress":1}"#));
    let state = watcher.messages();
    assert!(matches!(&state[..], [Said::Json(state)] if state["progress"] == 1));
    watcher.send(text(r#"{"action":"cancel"}"#));
    let order = worker.messages();
    assert!(matches!(&order[..], [Said::Json(order)] if order["action"] == "cancel"));
}

#[test]
fn a_watcher_that_slept_gets_the_newest_and_not_the_story() {
    let daemon = Daemon::start();
    let mut sleeper = daemon.open("/ws/progress/a?until=end");
    // The kernel keeps some of the story, less of it this way.
    rustix::net::sockopt::set_socket_recv_buffer_size(&sleeper.stream, 65_536).expect("a size");
    let mut worker = daemon.connect();
    let padding = "x".repeat(15_000);
    for n in 0..600 {
        let patch = format!(r#"{{"n":{n},"padding":"{padding}"}}"#);
        worker.send(post("POST", "/api/progress/a", &patch));
        assert!(worker.answer().0 < 300);
    }
    worker.send(post("POST", "/api/progress/a", r#"{"status":"completed"}"#));
    assert_eq!(worker.answer().0, 200);
    let mut heard = sleeper.rest();
    assert!(heard.len() < 15_000 * 450, "{} bytes kept", heard.len());
    let messages = take_messages(&mut heard);
    let [.., Said::Json(state), Said::Close(Some(1000))] = &messages[..] else {
        panic!("no end");
    };
    assert_eq!(
        (&state["n"], &state["status"]),
        (&599.into(), &"completed".into())
    );
}

/// The flood stops where the kernel's buffers are full: after each further turn of the loop there
/// is no more room than before.
#[test]
fn a_client_that_floods_and_never_reads_is_held_by_the_kernel() {
    let daemon = Daemon::start();
    let mut flood = daemon.connect();
    let mut other = daemon.connect();
    flood.stream.set_nonblocking(true).expect("a mode");
    let row = request("GET", "/doneyet.js").repeat(1_000);
    let (mut written, mut quiet) = (0_usize, 0);
    while quiet < 100 {
        match flood.stream.write(row.as_bytes()) {
            Ok(count) => (written, quiet) = (written + count, 0),
            Err(_) => quiet += 1,
        }
        other.send(request("GET", "/healthz"));
        assert_eq!(other.answer().0, 200, "one flood drowns no other");
        assert!(written < 64 << 20, "it is never held");
    }
}

#[test]
fn an_upload_that_is_too_long_hears_why_instead_of_a_reset() {
    let daemon = Daemon::start();
    let mut client = daemon.connect();
    let length = 4_000_000;
    client.send(format!(
        "POST /api/progress/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n"
    ));
    client.send(vec![b'x'; length]);
    client.stream.shutdown(Shutdown::Write).expect("open");
    assert_eq!(take_answers(&mut client.rest())[0].0, 413);
}

/// Behind a poll only so much is read (`MAX_AHEAD`): the rest of what was sent lies in the kernel
/// when the answer comes. Its sender reads nothing before it has sent all, and has so little room
/// that our end cannot reach it either. It gets rid of it all the same: the kernel's word that our
/// side is shut down is what has the rest read.
#[test]
fn what_lies_behind_a_poll_that_was_the_last_is_read_to_its_end() {
    let daemon = Daemon::start();
    let mut worker = daemon.connect();
    let mut publish = |patch: &str| {
        worker.send(post("POST", "/api/progress/a", patch));
        let answer = worker.answer().1;
        serde_json::from_slice::<serde_json::Value>(&answer).expect("JSON")
    };
    let rev = &publish("{}")["rev"];
    let mut poller = daemon.connect_with_room(1);
    poller.send(format!(
        "GET /api/progress/a?since={rev}&wait=60 HTTP/1.1\r\nHost: localhost\r\n\
         Connection: close\r\n\r\n"
    ));
    let mut sender = poller.stream.try_clone().expect("a second handle");
    let sending = std::thread::spawn(move || sender.write_all(&vec![b'x'; 16 << 20]));
    while publish("{}")["watchers"] == 0 {}
    publish(&format!(r#"{{"text":"{}"}}"#, "x".repeat(15_000)));
    sending.join().expect("no panic").expect("nothing is reset");
    assert_eq!(take_answers(&mut poller.rest())[0].0, 200);
}

#[test]
fn clients_that_break_off_break_nothing() {
    let daemon = Daemon::start();
    for n in 0..200 {
        let mut client = daemon.connect();
        match n % 4 {
            0 => {}
            1 => client.send("GET /heal"),
            // Closing with unread input is a reset.
            2 => client.send(request("GET", "/doneyet.js").repeat(100)),
            _ => client.send(handshake("/ws/all")),
        }
    }
    let mut last = daemon.connect();
    last.send(request("GET", "/healthz"));
    assert_eq!(last.answer().0, 200);
}

#[test]
fn a_stop_says_goodbye_to_everybody_and_returns() {
    let place = Place::new("stop");
    let mut daemon = Daemon::on(&[crate::daemon::loopback(), Address::Unix(place.socket())]);
    let mut sockets = ["/ws/all", "/ws/progress/a", "/ws/worker/a"].map(|path| daemon.open(path));
    let mut idle = daemon.connect();
    idle.send(request("GET", "/healthz"));
    assert_eq!(idle.answer().0, 200);
    daemon.hang_up();
    for client in &mut sockets {
        let messages = take_messages(&mut client.rest());
        assert_eq!(messages, [Said::Close(Some(1001))]);
        client.stream.shutdown(Shutdown::Both).expect("open");
    }
    assert!(idle.rest().is_empty());
    idle.stream.shutdown(Shutdown::Both).expect("open");
    assert_eq!(daemon.join(), Exit::Stopped);
    assert!(std::net::TcpStream::connect(daemon.tcp()).is_err());
    assert!(!place.socket().exists(), "it tidies up behind itself");
}

#[test]
fn a_wake_returns_and_the_daemon_goes_on() {
    let (stop, stopped) = UnixStream::pair().expect("a pair");
    let (mut wake, woken) = UnixStream::pair().expect("a pair");
    let config = Config {
        listen: vec![crate::daemon::loopback()],
        ..Config::default()
    };
    let mut reactor = Reactor::bind(&config, stopped).expect("an address");
    reactor.wake_on(woken).expect("a poll");
    for _ in 0..3 {
        wake.write_all(b"!").expect("open");
        assert_eq!(reactor.run().expect("no error"), Exit::Woken);
    }
    drop(stop);
    assert_eq!(reactor.run().expect("no error"), Exit::Stopped);
}
