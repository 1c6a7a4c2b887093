//! The loop, one turn at a time: whoever wakes it before it runs gets exactly one.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;

use doneyet::server::config::{Address, Config};
use doneyet::server::reactor::{Exit, Reactor};
use rustix::net::sockopt::set_socket_send_buffer_size;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::daemon::{Client, Place};
use crate::frames::{Said, handshake, post, request, take_answers, take_messages};

/// A loop that stands still between two turns.
struct Stepped {
    reactor: Reactor,
    wake: UnixStream,
    place: Place,
    _stop: UnixStream,
}

impl Stepped {
    /// On a Unix socket, where a byte that was written has arrived.
    fn new(name: &str, mut config: Config) -> Stepped {
        let place = Place::new(name);
        let (stop, stopped) = UnixStream::pair().expect("a pair");
        let (wake, woken) = UnixStream::pair().expect("a pair");
        config.listen = vec![Address::Unix(place.socket())];
        let mut reactor = Reactor::bind(&config, stopped).expect("an address");
        reactor.wake_on(woken).expect("a poll");
        Stepped {
            reactor,
            wake,
            place,
            _stop: stop,
        }
    }

    fn turn(&mut self) {
        self.wake.write_all(b"!").expect("open");
        assert_eq!(self.reactor.run().expect("no error"), Exit::Woken);
    }
}

/// What has come by now.
fn heard(client: &mut Client<UnixStream>) -> &mut Vec<u8> {
    client.stream.set_nonblocking(true).expect("a mode");
    let end = client.stream.read_to_end(&mut client.heard);
    client.stream.set_nonblocking(false).expect("a mode");
    if let Err(error) = end {
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
    }
    &mut client.heard
}

/// How many of `clients` have been answered since this was last asked.
fn answered(clients: &mut [Client<UnixStream>]) -> usize {
    let answers = clients
        .iter_mut()
        .map(|client| take_answers(heard(client)).len());
    answers.sum()
}

/// So many who watch the task `a`, which need not exist yet.
fn crowd(stepped: &mut Stepped, size: usize) -> Vec<Client<UnixStream>> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    setrlimit(Resource::Nofile, raised).expect("more files");
    let mut watchers = Vec::new();
    while watchers.len() < size {
        let mut watcher = stepped.place.connect();
        watcher.send(handshake("/ws/progress/a"));
        watchers.push(watcher);
        if watchers.len() % 100 == 0 {
            stepped.turn();
            stepped.turn();
        }
    }
    assert_eq!(answered(&mut watchers), size);
    watchers
}

/// How many states have come since this was last asked.
fn told(watchers: &mut [Client<UnixStream>]) -> usize {
    let states = watchers.iter_mut().map(|watcher| {
        let messages = take_messages(heard(watcher));
        assert!(messages.iter().all(|said| matches!(said, Said::Json(_))));
        messages.len()
    });
    states.sum()
}

/// Content costs no budget while it comes, so only `READS` ends a turn; and the kernel, which has
/// announced the bytes already, says nothing of what is left.
#[test]
fn content_is_read_a_portion_a_turn_and_to_its_end() {
    let mut stepped = Stepped::new("reads", Config::default());
    let mut client = stepped.place.connect();
    set_socket_send_buffer_size(&client.stream, 1 << 20).expect("a size");
    stepped.turn();
    client.send(post("POST", "/api/progress", &"x".repeat(300 * 1024)));
    stepped.turn();
    assert_eq!(take_answers(heard(&mut client)), [], "256 KiB a turn");
    stepped.turn();
    assert_eq!(take_answers(heard(&mut client))[0].0, 200);
}

#[test]
fn connections_are_accepted_a_portion_a_turn_and_to_the_last() {
    let mut stepped = Stepped::new("accepts", Config::default());
    let mut clients: Vec<_> = (0..300).map(|_| stepped.place.connect()).collect();
    for client in &mut clients {
        client.send(request("GET", "/healthz"));
    }
    stepped.turn();
    stepped.turn();
    assert_eq!(answered(&mut clients), 256, "those of the first turn");
    stepped.turn();
    assert_eq!(answered(&mut clients), 44, "and the others");
}

/// A socket that is closed over what it has not read resets.
#[test]
fn whoever_is_turned_away_behind_a_request_hears_why() {
    let mut config = Config::default();
    config.limits.max_connections = 0;
    let mut stepped = Stepped::new("away", config);
    let mut client = stepped.place.connect();
    client.send(request("GET", "/healthz"));
    stepped.turn();
    assert_eq!(take_answers(&mut client.rest())[0].0, 503);
}

/// The rest of a refused upload is read, whatever turn it takes, and so is the end behind it.
#[test]
fn what_is_dropped_is_read_a_portion_a_turn_and_to_its_end() {
    let mut stepped = Stepped::new("drops", Config::default());
    let mut client = stepped.place.connect();
    set_socket_send_buffer_size(&client.stream, 1 << 20).expect("a size");
    stepped.turn();
    client.send("NONSENSE\r\n\r\n");
    client.send("x".repeat(300 * 1024));
    client.stream.shutdown(Shutdown::Write).expect("open");
    for _ in 0..4 {
        stepped.turn();
    }
    assert_eq!(take_answers(&mut client.rest())[0].0, 400);
}

/// A change that more watch than are written to in one turn; what happens meanwhile is seen in
/// between.
#[test]
fn watchers_are_written_to_a_portion_a_turn_and_to_the_last() {
    const WATCHERS: usize = 4_200;
    let mut stepped = Stepped::new("flushes", Config::default());
    let mut watchers = crowd(&mut stepped, WATCHERS);
    let mut worker = stepped.place.connect();
    stepped.turn();
    worker.send(post("POST", "/api/progress/a", "{}"));
    stepped.turn();
    let first = told(&mut watchers);
    assert!((1..WATCHERS).contains(&first), "{first} in one turn");
    stepped.turn();
    assert_eq!(first + told(&mut watchers), WATCHERS);
}

/// Few may be owed much: what is written in one turn is counted in bytes too.
#[test]
fn long_states_are_written_a_portion_a_turn_and_to_the_last() {
    const WATCHERS: usize = 1_500;
    let mut stepped = Stepped::new("bytes", Config::default());
    let mut watchers = crowd(&mut stepped, WATCHERS);
    let mut worker = stepped.place.connect();
    stepped.turn();
    let state = format!("{{\"text\":\"{}\"}}", "x".repeat(16_000));
    worker.send(post("POST", "/api/progress/a", &state));
    stepped.turn();
    let first = told(&mut watchers);
    assert!((1_000..1_100).contains(&first), "{first} in one turn");
    stepped.turn();
    assert_eq!(first + told(&mut watchers), WATCHERS);
}

/// Nothing tells of what has lain there for as long as the poll was held, nor of the end behind it.
#[test]
fn an_end_that_lay_behind_a_held_poll_is_seen_when_that_is_answered() {
    let mut config = Config::default();
    config.limits.max_connections = 2;
    let mut stepped = Stepped::new("ends", config);
    let mut client = stepped.place.connect();
    let mut worker = stepped.place.connect();
    stepped.turn();
    let poll = request("GET", "/api/progress/a?wait=60");
    client.send(poll.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
    client.send("x".repeat(100 * 1024));
    client.stream.shutdown(Shutdown::Write).expect("open");
    stepped.turn();
    worker.send(post("POST", "/api/progress/a", "{}"));
    for _ in 0..3 {
        stepped.turn();
    }
    let mut next = stepped.place.connect();
    next.send(request("GET", "/healthz"));
    stepped.turn();
    stepped.turn();
    assert_eq!(take_answers(heard(&mut next))[0].0, 200);
    assert_eq!(take_answers(&mut client.rest())[0].0, 200);
}
