//! The loop, and all the system calls of the daemon.
//!
//! One turn has five steps, each in its own method, and their order is the design:
//!
//! ```text
//! poll     until something happens, the next deadline, or not at all with work left over
//! 1 serve   readable: read, parse, hub; writable: no longer blocked
//! 2 accept  a batch, after the peers that are here already
//! 3 tick    pings and give-ups: before the flush, so that they share its write; jobs are started
//! 4 flush   one write per peer that is owed something
//! 5 bury    drop sockets and free slots: last, so that no event of this turn names a new peer
//! ```
//!
//! The polls are edge-triggered and every socket is registered once, for both directions. That
//! saves two system calls a stall, and costs four promises: to remember a peer that was not read
//! to its end (`Reactor::unread`), one that had its portion of work (it is in line), a listener
//! that was not accepted from to its end (`Listener::next_accept_ms`), and a peer whose last write
//! was short (`Outbox::is_blocked`).
//! A forgotten promise is a connection that sleeps for ever.

mod accept;
mod bind;
mod work;

use std::io::{self, Read};
use std::mem;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mio::event::Event;
use mio::net::UnixStream;
use mio::{Events, Poll, Token};

use crate::server::broker::{After, Broker};
use crate::server::journal::event::Event as Noted;
use crate::server::listener::Listener;
use crate::server::reactor::work::LastShift;
use crate::server::reserve::Reserve;
use crate::server::stderr::Stderr;
use crate::server::stream::Stream;
use crate::server::workshop::Workshop;
use crate::session::keys::Keys;
use crate::task::Now;
use crate::task::hub::PeerKey;

/// Bytes of the scratch buffer that all peers are read into.
const SCRATCH: usize = 64 * 1024;
/// Reads of one peer in one turn: then it is the others' turn.
const READS: usize = 4;
/// Peers written to before the loop looks for new events again.
const FLUSH_BATCH: usize = 4096;
/// What is written and made for it before the loop looks for new events again, in the cost of an
/// echo: 16 MiB.
const FLUSH_WORK: usize = 64 * 1024;
/// How long all may take to say goodbye.
const CLOSE_ALL_MS: u64 = 4_500;

const STOP: Token = Token(usize::MAX);
const WAKE: Token = Token(usize::MAX - 1);
const WORK: Token = Token(usize::MAX - 2);
/// Listeners are numbered downwards from here, peers upwards from 0.
const LISTENERS: usize = usize::MAX - 3;

/// Why [`Reactor::run`] returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It was told to stop, and everybody has been told goodbye.
    Stopped,
    /// It was woken; call it again to go on.
    Woken,
}

/// The daemon, bound to its addresses.
#[derive(Debug)]
pub struct Reactor {
    poll: Poll,
    pub(super) broker: Broker,
    pub(super) listeners: Vec<Listener>,
    streams: Vec<Option<Stream>>,
    reserve: Reserve,
    stop: UnixStream,
    wake: Option<UnixStream>,
    woken: bool,
    scratch: Box<[u8]>,
    started: Instant,
    /// Peers that may have more to read than they were allowed to send this turn.
    unread: Vec<PeerKey>,
    stopping_ms: Option<u64>,
    workshop: Box<dyn Workshop>,
    ends: Option<UnixStream>,
    /// While the daemon is to stop and waits for its jobs.
    last_shift: Option<LastShift>,
    pub(super) stderr: Stderr,
    pub(super) accept_pauses: u64,
}

impl Reactor {
    /// These keys count from now on.
    pub fn set_keys(&mut self, keys: Keys) {
        self.broker.set_keys(keys);
    }

    /// Serves until told to stop, and until all have been told goodbye, or until woken.
    ///
    /// # Errors
    /// Only if polling itself fails; no peer can cause it.
    pub fn run(&mut self) -> io::Result<Exit> {
        let mut events = Events::with_capacity(1024);
        let mut ended = Instant::now();
        loop {
            let timeout = self.timeout(self.ticks_ms(ended));
            // An interrupted poll has no events: the turn that follows looks at the clock only.
            match self.poll.poll(&mut events, timeout) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            let begun = Instant::now();
            let now = self.at(begun);
            self.turn(&events, now);
            // A turn reads the clock twice: its end is also when the next poll begins.
            ended = Instant::now();
            self.broker.count_turn(ended - begun);
            if self.is_over(now) {
                self.note_end();
                return Ok(Exit::Stopped);
            }
            if mem::take(&mut self.woken) {
                return Ok(Exit::Woken);
            }
        }
    }

    fn turn(&mut self, events: &Events, now: Now) {
        self.serve(events, now);
        self.accept(now);
        self.broker.tick(now);
        self.bring(now);
        self.start_jobs(now);
        self.press_jobs(now);
        self.flush(now);
        self.bury(now);
        self.write_journal(now);
    }

    fn serve(&mut self, events: &Events, now: Now) {
        for key in mem::take(&mut self.unread) {
            if self.broker.contains(key) {
                self.broker.resume(key, now);
                self.bring(now);
                self.read(key, ReadUntil::Blocked, now);
            }
        }
        for event in events {
            match event.token() {
                STOP => self.stop(now),
                WAKE => self.woken = self.wake.as_mut().is_some_and(was_readable),
                WORK => self.see_ends(now),
                Token(token) if token > LISTENERS - self.listeners.len() => {
                    self.listeners[LISTENERS - token].expect_more(now.ticks_ms);
                }
                Token(token) if self.broker.contains(PeerKey(token as u32)) => {
                    self.serve_peer(PeerKey(token as u32), event, now);
                }
                // A listener that was dropped when the daemon began to stop.
                _ => {}
            }
        }
    }

    fn serve_peer(&mut self, key: PeerKey, event: &Event, now: Now) {
        if event.is_writable() {
            self.broker.writable(key);
        }
        // Data and FIN that arrive together give one event: after a short read there would be no
        // other, so the end is read for at once.
        let until = match event.is_read_closed() || event.is_error() {
            true => ReadUntil::Blocked,
            false => ReadUntil::ShortRead,
        };
        if event.is_readable() || until == ReadUntil::Blocked {
            self.read(key, until, now);
        }
    }

    fn read(&mut self, key: PeerKey, until: ReadUntil, now: Now) {
        for _ in 0..READS {
            if !self.broker.wants_input(key) {
                return;
            }
            let Some(Some(stream)) = self.streams.get_mut(key.0 as usize) else {
                return;
            };
            match stream.read(&mut self.scratch) {
                Ok(0) => return self.broker.end_of_input(key),
                Ok(count) => {
                    self.broker.receive(key, &mut self.scratch[..count], now);
                    self.bring(now);
                    if count < SCRATCH && until == ReadUntil::ShortRead {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return self.broker.lose(key),
            }
        }
        self.unread.push(key);
    }

    /// What only system calls can do.
    fn bring(&mut self, now: Now) {
        self.bring_vitals(now);
        self.bring_files(now);
        self.watch_over_listeners();
    }

    fn watch_over_listeners(&mut self) {
        while let Some(key) = self.broker.next_listener() {
            if let Some(Some(stream)) = self.streams.get(key.0 as usize)
                && stream.expect_to_be_taken().is_err()
            {
                self.broker.lose(key);
            }
        }
    }

    fn flush(&mut self, now: Now) {
        let begun = self.broker.work();
        for _ in 0..FLUSH_BATCH.min(self.broker.line_len()) {
            if self.broker.work() - begun >= FLUSH_WORK {
                return;
            }
            let Some(key) = self.broker.next_to_write() else {
                return;
            };
            let Some(Some(stream)) = self.streams.get_mut(key.0 as usize) else {
                continue;
            };
            match self.broker.write(key, stream, now) {
                Ok(After::Nothing) => {}
                Ok(After::Read) => self.unread.push(key),
                // Input that was held may lie there, and the peer's end behind it. A shutdown wakes
                // whoever polls the socket, so there is an edge for it. One that cannot be shut down
                // is gone already.
                Ok(After::ShutDown) if stream.shut_down().is_ok() => {}
                Ok(After::ShutDown) | Err(_) => self.broker.lose(key),
            }
        }
    }

    fn bury(&mut self, now: Now) {
        while let Some(key) = self.broker.bury(now) {
            if let Some(slot) = self.streams.get_mut(key.0 as usize) {
                *slot = None;
            }
        }
    }

    fn stop(&mut self, now: Now) {
        was_readable(&mut self.stop);
        if self.stopping_ms.is_none() {
            self.stopping_ms = Some(now.ticks_ms + CLOSE_ALL_MS);
            let connections = self.broker.peer_count();
            self.broker
                .journal()
                .note(Noted::Stopping { connections }, now);
            self.keep_private_listener();
            self.broker.close_jobs(now);
            // Nobody is told goodbye before it has seen its job's end.
            self.last_shift = Some(LastShift::new(now));
        }
    }

    fn close_all(&mut self, now: Now) {
        self.listeners.clear();
        self.broker.close_all(now);
    }

    fn is_over(&self, now: Now) -> bool {
        let late = |stopping_ms: u64| {
            let all_gone = self.broker.peer_count() == 0 && self.last_shift.is_none();
            all_gone || stopping_ms <= now.ticks_ms
        };
        self.stopping_ms.is_some_and(late)
    }

    fn timeout(&mut self, ticks_ms: u64) -> Option<Duration> {
        if !self.unread.is_empty() || self.broker.line_len() > 0 {
            return Some(Duration::ZERO);
        }
        let accept_ms = self
            .listeners
            .iter()
            .filter_map(Listener::next_accept_ms)
            .min();
        let journal_ms = self.broker.journal().next_tick_ms();
        let next_ms = [
            accept_ms,
            journal_ms,
            self.broker.next_tick_ms(),
            self.stopping_ms,
            self.last_shift.as_ref().map(LastShift::due_ms),
        ];
        let next_ms = next_ms.into_iter().flatten().min()?;
        Some(Duration::from_millis(next_ms.saturating_sub(ticks_ms)))
    }

    /// Both clocks, now.
    pub(super) fn now(&self) -> Now {
        self.at(Instant::now())
    }

    /// The same for a reading of the first.
    fn at(&self, instant: Instant) -> Now {
        let unix = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Now {
            ticks_ms: self.ticks_ms(instant),
            unix_ms: unix.as_millis() as u64,
        }
    }

    fn ticks_ms(&self, instant: Instant) -> u64 {
        (instant - self.started).as_millis() as u64
    }
}

/// Whether there was anything to read; all of it is gone now.
fn was_readable(signals: &mut UnixStream) -> bool {
    let mut bytes = [0; 64];
    let mut any = false;
    while matches!(signals.read(&mut bytes), Ok(1..)) {
        any = true;
    }
    any
}

/// How far a readable socket is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReadUntil {
    /// A read that did not fill the buffer has emptied the socket: the next byte is a new edge.
    ShortRead,
    /// The end may be right behind the data.
    Blocked,
}
