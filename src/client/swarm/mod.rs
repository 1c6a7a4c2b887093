//! Many connections on one loop: the load of a benchmark.
//!
//! A program that measures a server must not be slower than the server, so this is the server's own
//! design seen from the other end: one thread, one edge-triggered poll, one scratch buffer that all
//! members read into, and a read that came up short is not repeated.
//!
//! What a member says and how it understands the answer is its [`Part`]; the swarm knows sockets
//! only. Parts are
//!
//! - [`Watcher`]: follows one task over a WebSocket, and believes nothing (see [`Witness`]);
//! - [`Echoer`], [`Poster`], [`Worker`]: keep a number of questions in flight, each answer bringing
//!   the next question (see [`Window`]);
//! - [`Visitor`]: shakes hands and leaves;
//! - [`Follower`]: follows one task in any of the ways there are, and keeps books ([`Ledger`]) of what
//!   that costs. Who polls is reminded to by [`Swarm::prompt`].
//!
//! What all members have seen together is the part's *record*, which the swarm owns, so that whoever
//! runs it can ask it between two turns whether all is there. A [`Publisher`] is no member: it
//! writes when it is told to, and blocks.

mod deliveries;
mod echoer;
mod events;
mod flaw;
mod follower;
mod ledger;
mod member;
mod poster;
mod publisher;
mod replies;
mod socket;
mod spread;
mod visitor;
mod watcher;
mod window;
mod witness;
mod worker;

pub use deliveries::Deliveries;
pub use echoer::Echoer;
pub use flaw::Flaw;
pub use follower::{Follower, Way};
pub use ledger::Ledger;
pub use poster::Poster;
pub use publisher::{By, Publisher};
pub use spread::Spread;
pub use visitor::{Visitor, Visits};
pub use watcher::Watcher;
pub use window::{Tally, Window};
pub use witness::{Ending, Witness, state_at};
pub use worker::Worker;

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use slab::Slab;

use member::Member;

/// Bytes of the scratch buffer that all members are read into.
const SCRATCH: usize = 64 * 1024;

/// What a member says, and what it makes of the answers.
pub trait Part {
    /// What all members of a swarm have seen together.
    type Record;

    /// Reads as many whole things as there are at the front of `input`, which may be changed in
    /// place; what is not used comes again, with more behind it. Appends to `out` what there is to
    /// say to them.
    ///
    /// # Errors
    ///
    /// The [`Flaw`] in what the server said: a benchmark that goes on after that measures nothing.
    fn hear(
        &mut self,
        input: &mut [u8],
        out: &mut Vec<u8>,
        record: &mut Self::Record,
    ) -> Result<Heard, Flaw>;

    /// The server has closed.
    ///
    /// # Errors
    ///
    /// [`Flaw::HungUp`], unless this part may end so.
    fn end(&mut self, _record: &mut Self::Record) -> Result<(), Flaw> {
        Err(Flaw::HungUp)
    }
}

/// How far a part has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// Bytes at the front of the input that are done with.
    pub used: usize,
    /// Whether the member stays.
    pub flow: Flow,
}

/// Whether a member stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// It does.
    On,
    /// It has what it came for, and hangs up.
    Over,
}

/// What a swarm does while there is nothing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// It sleeps, and whoever has something for it pays for waking it.
    Asleep,
    /// It looks again and again, and has spent so much time on what it found.
    Awake(Duration),
}

/// The members, and what they have seen.
pub struct Swarm<P: Part> {
    poll: Poll,
    events: Events,
    scratch: Box<[u8]>,
    members: Slab<Member<P>>,
    rest: Rest,
    /// What all have seen together.
    pub record: P::Record,
}

impl<P: Part> Swarm<P> {
    /// A swarm without members.
    ///
    /// # Errors
    ///
    /// If the system has no poll to give.
    pub fn new(record: P::Record) -> io::Result<Swarm<P>> {
        Ok(Swarm {
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            scratch: vec![0; SCRATCH].into_boxed_slice(),
            members: Slab::new(),
            rest: Rest::Asleep,
            record,
        })
    }

    /// Has it never sleep from now on. It then takes a processor for itself.
    pub fn stay_awake(&mut self) {
        self.rest = Rest::Awake(Duration::ZERO);
    }

    /// The time that it has spent on what it found; none if that is all of its processor time.
    pub fn busy(&self) -> Option<Duration> {
        match self.rest {
            Rest::Asleep => None,
            Rest::Awake(busy) => Some(busy),
        }
    }

    /// Sends a new member to `address` and returns its key. `enter` makes its part, and appends what
    /// is said first; what comes of that is a matter of later turns.
    ///
    /// # Errors
    ///
    /// If there is no descriptor for it, or no way.
    pub fn join(
        &mut self,
        address: SocketAddr,
        enter: impl FnOnce(&mut Vec<u8>) -> P,
    ) -> io::Result<usize> {
        let mut stream = TcpStream::connect(address)?;
        // What is said in answer to something small must not wait for an acknowledgement.
        stream.set_nodelay(true)?;
        let slot = self.members.vacant_entry();
        let key = slot.key();
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll
            .registry()
            .register(&mut stream, Token(key), interest)?;
        let mut out = Vec::new();
        let part = enter(&mut out);
        slot.insert(Member::new(stream, part, out));
        Ok(key)
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The keys of all members.
    pub fn keys(&self) -> Vec<usize> {
        self.members.iter().map(|(key, _)| key).collect()
    }

    /// The part of member `key`, if it is still there.
    pub fn part(&self, key: usize) -> Option<&P> {
        self.members.get(key).map(|member| &member.part)
    }

    /// Has member `key`, if it is still there, say what `prompt` makes its part append.
    ///
    /// # Errors
    ///
    /// If its connection is broken.
    pub fn prompt(
        &mut self,
        key: usize,
        prompt: impl FnOnce(&mut P, &mut Vec<u8>, &mut P::Record),
    ) -> Result<(), Flaw> {
        let Some(member) = self.members.get_mut(key) else {
            return Ok(());
        };
        prompt(&mut member.part, &mut member.out, &mut self.record);
        member.flush()
    }

    /// Waits until something happens, at most `patience` long (and not at all if it never sleeps),
    /// and lets all whom it concerns have their say. A signal ends the waiting, too.
    ///
    /// # Errors
    ///
    /// The first [`Flaw`] that any member finds.
    pub fn turn(&mut self, patience: Duration) -> Result<(), Flaw> {
        let patience = match self.rest {
            Rest::Asleep => patience,
            Rest::Awake(_) => Duration::ZERO,
        };
        match self.poll.poll(&mut self.events, Some(patience)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            result => result?,
        }
        if self.events.is_empty() {
            return Ok(());
        }
        let began = Instant::now();
        self.hear()?;
        if let Rest::Awake(busy) = &mut self.rest {
            *busy += began.elapsed();
        }
        Ok(())
    }

    /// Lets all whom an event concerns have their say.
    fn hear(&mut self) -> Result<(), Flaw> {
        for event in &self.events {
            let key = event.token().0;
            // Who has hung up in this turn may have another event in it.
            let Some(member) = self.members.get_mut(key) else {
                continue;
            };
            if event.is_writable() {
                member.flush()?;
            }
            let may_end = event.is_read_closed() || event.is_error();
            if (event.is_readable() || may_end)
                && member.read(&mut self.scratch, may_end, &mut self.record)? == Flow::Over
            {
                self.members.remove(key);
            }
        }
        Ok(())
    }
}
