//! What a publish to ten thousand watchers costs: one encoding for each way, and one write each.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IoSlice, Write};
use std::rc::Rc;

use doneyet::server::{Broker, Config};
use doneyet::session::Access;
use doneyet::task::Now;
use doneyet::task::hub::PeerKey;
use doneyet::wire::frame::{self, OpCode};

const WATCHERS: usize = 10_000;
const NOW: Now = Now {
    ticks_ms: 0,
    unix_ms: 1_724_323_200_000,
};

/// Whether the kernel takes anything.
#[derive(Clone, Copy, PartialEq)]
enum Room {
    None,
    Plenty,
}

/// A socket that remembers where in memory each piece lay that it was given.
struct Socket {
    room: Room,
    taken: Vec<u8>,
    addresses: Vec<usize>,
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.addresses.push(bytes.as_ptr().addr());
        if self.room == Room::None {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.taken.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        slices.iter().map(|bytes| self.write(bytes)).sum()
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn connect(broker: &mut Broker) -> PeerKey {
    let access = Rc::new(Access::default());
    broker.connect(access, None, NOW).expect("room")
}

fn listen(broker: &mut Broker, path: &str) -> PeerKey {
    let key = connect(broker);
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    broker.receive(key, &mut request.into_bytes(), NOW);
    key
}

fn open(broker: &mut Broker, path: &str) -> PeerKey {
    let key = connect(broker);
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    broker.receive(key, &mut request.into_bytes(), NOW);
    key
}

fn publish(broker: &mut Broker, worker: PeerKey, patch: &str) {
    let mut bytes = Vec::new();
    frame::encode_masked(OpCode::Text, patch.as_bytes(), [1, 2, 3, 4], &mut bytes);
    broker.receive(worker, &mut bytes, NOW);
}

/// Writes to everybody in line, as the reactor does.
fn flush(broker: &mut Broker, room: Room) -> BTreeMap<PeerKey, Socket> {
    let mut sockets = BTreeMap::<PeerKey, Socket>::new();
    while let Some(key) = broker.next_to_write() {
        let socket = sockets.entry(key).or_insert(Socket {
            room,
            taken: Vec::new(),
            addresses: Vec::new(),
        });
        broker.write(key, socket, NOW).expect("a socket in memory");
    }
    sockets
}

#[test]
fn an_update_is_encoded_once_and_written_once_to_each_who_watches() {
    check_fan_out(open, "/ws/progress", "}");
}

#[test]
fn an_event_is_encoded_once_and_written_once_to_each_who_listens() {
    check_fan_out(listen, "/sse/progress", "}\n\n");
}

fn check_fan_out(watch: fn(&mut Broker, &str) -> PeerKey, route: &str, end: &str) {
    let mut broker = Broker::new(&Config::default());
    let worker = open(&mut broker, "/ws/worker/a");
    publish(&mut broker, worker, r#"{"progress":1}"#);
    let watchers: Vec<_> = (0..WATCHERS)
        .map(|_| watch(&mut broker, &format!("{route}/a")))
        .collect();
    watch(&mut broker, &format!("{route}/b"));
    flush(&mut broker, Room::Plenty);

    for progress in 2..18 {
        publish(&mut broker, worker, &format!("{{\"progress\":{progress}}}"));
    }
    // All full at first, so that copies, were there any, would have to lie side by side.
    let full = flush(&mut broker, Room::None);
    let places: BTreeSet<_> = full.values().flat_map(|socket| &socket.addresses).collect();
    assert_eq!(places.len(), 1);

    watchers.iter().for_each(|&key| broker.writable(key));
    let sockets = flush(&mut broker, Room::Plenty);
    assert!(
        sockets.keys().eq(&watchers),
        "those who watch, and no others"
    );
    for Socket {
        taken, addresses, ..
    } in sockets.values()
    {
        let text = String::from_utf8_lossy(taken);
        assert!(text.contains("\"progress\":17,") && text.ends_with(end));
        assert_eq!(addresses.len(), 1, "one write each");
    }
}

#[test]
fn a_publish_that_changes_nothing_writes_nothing() {
    let mut broker = Broker::new(&Config::default());
    let worker = open(&mut broker, "/ws/worker/a");
    open(&mut broker, "/ws/progress/a");
    publish(&mut broker, worker, r#"{"progress":1}"#);
    assert_eq!(flush(&mut broker, Room::Plenty).len(), 2);
    publish(&mut broker, worker, r#"{"progress":1}"#);
    publish(&mut broker, worker, "{}");
    assert!(flush(&mut broker, Room::Plenty).is_empty());
}
