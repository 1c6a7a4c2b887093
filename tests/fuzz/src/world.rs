//! The broker among sockets that are not there.
//!
//! The world takes the reactor's part: it carries bytes, tells the broker of what a poll would
//! report and in which order, and keeps the promises that edge-triggered events are. Between any two
//! turns it asserts what must always hold.

use std::collections::BTreeMap;
use std::io::{self, IoSlice, Write};
use std::rc::Rc;

use doneyet::server::broker::After;
use doneyet::server::{Broker, Config};
use doneyet::session::Access;
use doneyet::task::Now;
use doneyet::task::hub::PeerKey;

use crate::client::Client;

/// More than all tests write.
pub const UNLIMITED: usize = usize::MAX / 2;

/// A connection between a client and the broker.
#[derive(Debug)]
pub struct Link {
    pub client: Client,
    /// Sent by the client and not yet read by the broker.
    pub inbound: Vec<u8>,
    /// The client has ended its side behind that.
    pub fin: bool,
    /// The bytes that the kernel still takes from the broker.
    pub room: usize,
    /// How many bytes one read gives at most.
    pub read_len: usize,
    /// The client answers what it is asked: pings, and a Close.
    pub polite: bool,
    /// The broker has ended its side.
    shut: bool,
    /// The next write is interrupted by a signal.
    pub interrupt: bool,
}

impl Link {
    /// Whether the client is owed news: neither side has ended, and all its requests were read.
    pub fn listens(&self) -> bool {
        !self.fin && !self.shut && self.inbound.is_empty()
    }
}

/// The broker's end of a link, for one write.
struct Socket<'a>(&'a mut Link);

impl Write for Socket<'_> {
    /// Takes all the slices, as a kernel does: a short write means that there is no more room.
    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let all: Vec<u8> = slices
            .iter()
            .flat_map(|slice| slice.iter().copied())
            .collect();
        self.write(&all)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        assert!(!self.0.shut || bytes.is_empty(), "a write after the end");
        if std::mem::take(&mut self.0.interrupt) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let len = bytes.len().min(self.0.room);
        if len == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.0.room -= len;
        self.0.client.read(&bytes[..len]);
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The broker, its links, and the time.
pub struct World {
    pub broker: Broker,
    pub links: BTreeMap<PeerKey, Link>,
    pub now: Now,
    pub closing: bool,
    access: Rc<Access>,
    /// Peers whose reading the broker wants resumed.
    unread: Vec<PeerKey>,
}

impl World {
    pub fn new(config: &Config) -> World {
        let access = Access {
            echo: true,
            ..Access::default()
        };
        World {
            broker: Broker::new(config),
            links: BTreeMap::new(),
            now: Now {
                ticks_ms: 0,
                unix_ms: 1_700_000_000_000,
            },
            closing: false,
            access: Rc::new(access),
            unread: Vec::new(),
        }
    }

    /// A new connection.
    pub fn connect(&mut self, room: usize, read_len: usize, polite: bool) -> PeerKey {
        let access = Rc::clone(&self.access);
        let connected = self.broker.connect(access, None, self.now);
        let key = connected.expect("nobody is limited here");
        let link = Link {
            client: Client::default(),
            inbound: Vec::new(),
            fin: false,
            room,
            read_len,
            polite,
            shut: false,
            interrupt: false,
        };
        assert!(
            self.links.insert(key, link).is_none(),
            "a slot was given out twice"
        );
        key
    }

    /// The client of `key` reads `len` more bytes.
    pub fn drain(&mut self, key: PeerKey, len: usize) {
        if let Some(link) = self.links.get_mut(&key) {
            link.room = link.room.saturating_add(len).min(UNLIMITED);
            self.broker.writable(key);
        }
    }

    /// The connection breaks.
    pub fn reset(&mut self, key: PeerKey) {
        if self.links.contains_key(&key) {
            self.broker.lose(key);
        }
    }

    /// The daemon is told to stop.
    pub fn close_all(&mut self) {
        if !std::mem::replace(&mut self.closing, true) {
            self.broker.close_all(self.now);
        }
    }

    /// One turn of the loop, and then what must hold between two of them.
    pub fn turn(&mut self) {
        for key in std::mem::take(&mut self.unread) {
            if self.broker.contains(key) {
                self.broker.resume(key, self.now);
            }
        }
        let keys: Vec<PeerKey> = self.links.keys().copied().collect();
        for key in keys {
            self.receive(key);
        }
        while self.broker.next_listener().is_some() {}
        self.broker.tick(self.now);
        while self.broker.is_working() {
            self.broker.tick(self.now);
        }
        assert!(
            self.broker
                .next_tick_ms()
                .is_none_or(|at_ms| at_ms > self.now.ticks_ms)
        );
        for _ in 0..self.broker.line_len() {
            let Some(key) = self.broker.next_to_write() else {
                break;
            };
            self.write(key);
        }
        while let Some(key) = self.broker.bury(self.now) {
            assert!(self.links.remove(&key).is_some(), "buried twice");
        }
        assert!(
            self.broker.is_live(),
            "somebody is owed something and nobody will come"
        );
        assert_eq!(self.broker.peer_count(), self.links.len());
    }

    /// Turns until nothing moves any more. That it ends is a test by itself: no work without
    /// progress.
    pub fn settle(&mut self) {
        for _ in 0..10_000 {
            self.turn();
            let waits = |(key, link): (&PeerKey, &Link)| {
                self.broker.wants_input(*key) && (!link.inbound.is_empty() || link.fin)
            };
            let due_ms = self.broker.next_tick_ms();
            if self.broker.line_len() == 0
                && self.unread.is_empty()
                && due_ms.is_none_or(|due_ms| due_ms > self.now.ticks_ms)
                && !self.links.iter().any(waits)
            {
                return;
            }
        }
        panic!("the loop does not come to rest");
    }

    fn receive(&mut self, key: PeerKey) {
        let Some(link) = self.links.get_mut(&key) else {
            return;
        };
        if link.polite {
            link.inbound.append(&mut link.client.reply);
        }
        link.client.reply.clear();
        while self.broker.wants_input(key) && !link.inbound.is_empty() {
            let rest = link
                .inbound
                .split_off(link.read_len.min(link.inbound.len()));
            let mut piece = std::mem::replace(&mut link.inbound, rest);
            self.broker.receive(key, &mut piece, self.now);
        }
        if link.inbound.is_empty() && link.fin && self.broker.wants_input(key) {
            self.broker.end_of_input(key);
        }
    }

    fn write(&mut self, key: PeerKey) {
        let Some(link) = self.links.get_mut(&key) else {
            return;
        };
        match self.broker.write(key, &mut Socket(link), self.now) {
            Ok(After::Nothing) => {}
            Ok(After::Read) => self.unread.push(key),
            Ok(After::ShutDown) => {
                assert!(!std::mem::replace(&mut link.shut, true), "ended twice");
                // A client that is polite, or done, ends its side too.
                link.fin |= link.polite;
            }
            Err(_) => self.broker.lose(key),
        }
    }
}
