//! Before the first turn: from a configuration to a loop that is bound to its addresses, and can be
//! stopped and woken from outside.

use std::io;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::time::Instant;

use mio::net::UnixStream;
use mio::{Interest, Poll, Token};

use crate::server::broker::Broker;
use crate::server::config::{Address, Config};
use crate::server::listener::Listener;
use crate::server::reactor::{LISTENERS, Reactor, SCRATCH, STOP, WAKE};
use crate::server::reserve::Reserve;
use crate::server::stderr::Stderr;
use crate::server::workshop::Closed;
use crate::session::Access;

impl Reactor {
    /// Binds all addresses. Anything readable on `stop` (a byte, or its other end's close) makes
    /// [`run`](Self::run) say goodbye and return.
    ///
    /// # Errors
    /// The address that could not be bound, and why.
    pub fn bind(config: &Config, stop: StdUnixStream) -> io::Result<Reactor> {
        let poll = Poll::new()?;
        let mut listeners = Vec::new();
        for (address, access) in addresses(config) {
            let mut listener = Listener::bind(&address, &access).map_err(|error| {
                io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
            })?;
            listener.register(poll.registry(), Token(LISTENERS - listeners.len()))?;
            listeners.push(listener);
        }
        stop.set_nonblocking(true)?;
        let mut stop = UnixStream::from_std(stop);
        poll.registry()
            .register(&mut stop, STOP, Interest::READABLE)?;
        let mut reactor = Reactor {
            poll,
            broker: Broker::new(config),
            listeners,
            streams: Vec::new(),
            reserve: Reserve::new(),
            stop,
            wake: None,
            woken: false,
            scratch: vec![0; SCRATCH].into_boxed_slice(),
            started: Instant::now(),
            unread: Vec::new(),
            stopping_ms: None,
            workshop: Box::new(Closed),
            ends: None,
            last_shift: None,
            stderr: Stderr::new(config.log_format),
            accept_pauses: 0,
        };
        reactor.note_start(config)?;
        Ok(reactor)
    }

    /// The addresses, with the ports that were really bound.
    ///
    /// # Errors
    /// If the kernel does not know them any more.
    pub fn addresses(&self) -> io::Result<Vec<Address>> {
        let public = self.listeners.iter().filter(|l| !l.access.private);
        public.map(Listener::address).collect()
    }

    /// Anything readable on `wake` makes [`run`](Self::run) return for its caller to act.
    ///
    /// # Errors
    /// If it cannot be polled.
    pub fn wake_on(&mut self, wake: StdUnixStream) -> io::Result<()> {
        wake.set_nonblocking(true)?;
        let mut wake = UnixStream::from_std(wake);
        self.poll
            .registry()
            .register(&mut wake, WAKE, Interest::READABLE)?;
        self.wake = Some(wake);
        Ok(())
    }
}

/// Where to listen, and who may come: the private address first, so that it can be the last.
fn addresses(config: &Config) -> impl Iterator<Item = (Address, Access)> {
    let access = Access {
        recipes: !config.recipes.all().is_empty(),
        ..config.access.clone()
    };
    let private = Access {
        private: true,
        base_path: String::new(),
        ..access.clone()
    };
    let first = config
        .private
        .iter()
        .map(|path| Address::Unix(path.clone()));
    let first = first.map(move |address| (address, private.clone()));
    let others = config.listen.iter().cloned();
    first.chain(others.map(move |address| (address, access.clone())))
}
