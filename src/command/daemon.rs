//! A daemon inside another command: the same reactor, on a thread.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use super::Failure;
use crate::client::Server;
use crate::server::{Address, Config, Reactor};
use crate::session::keys::Keys;

/// The usual address, and the one that is always free.
const LOOPBACK: [SocketAddr; 2] = [loopback(8765), loopback(0)];

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// A running daemon. Dropping it says goodbye to its peers, first of all the news they are owed.
pub struct Daemon {
    address: SocketAddr,
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Daemon {
    /// Serves on the usual loopback address, or on another port if somebody has that one. `keys` say
    /// who may do what.
    ///
    /// # Errors
    ///
    /// If neither can be had.
    pub fn start(keys: &Keys) -> Result<Daemon, Failure> {
        let mut last = Failure::Failed("no address to listen on".to_owned());
        for address in LOOPBACK {
            match Daemon::listen(address, keys) {
                Ok(daemon) => return Ok(daemon),
                Err(error) => last = error.into(),
            }
        }
        Err(last)
    }

    /// Serves on `address`; port 0 lets the system choose.
    ///
    /// # Errors
    ///
    /// If the address cannot be bound.
    pub fn listen(address: SocketAddr, keys: &Keys) -> io::Result<Daemon> {
        let config = Config {
            listen: vec![Address::Tcp(address)],
            keys: keys.clone(),
            ..Config::default()
        };
        let (stop, stopped) = UnixStream::pair()?;
        let (bound, is_bound) = mpsc::channel();
        // A reactor shares what it encodes without locks, so it is born on the thread it lives on.
        let thread = thread::spawn(move || {
            let reactor = Reactor::bind(&config, stopped);
            let mut reactor = match reactor.and_then(|reactor| Ok((reactor.addresses()?, reactor)))
            {
                Ok((addresses, reactor)) => {
                    let _ = bound.send(Ok(addresses));
                    reactor
                }
                Err(error) => {
                    let _ = bound.send(Err(error));
                    return Ok(());
                }
            };
            reactor.run().map(drop)
        });
        let addresses = is_bound.recv().map_err(io::Error::other)??;
        let tcp = addresses.into_iter().find_map(|address| match address {
            Address::Tcp(address) => Some(address),
            Address::Unix(_) => None,
        });
        let address = tcp.ok_or(io::Error::other("the daemon has no port"))?;
        Ok(Daemon {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// How it is called.
    pub fn server(&self) -> Server {
        Server::at(self.address)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // How it ended interests nobody now.
            let _ = thread.join();
        }
    }
}
