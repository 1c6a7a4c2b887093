//! A listening socket of either family.

use std::fs;
use std::io;
use std::mem;
use std::net::IpAddr;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use mio::net::{TcpListener, UnixListener};
use mio::{Interest, Registry, Token};
use rustix::net::sockopt;

use crate::server::config::Address;
use crate::server::stream::Stream;
use crate::session::Access;

/// The kernel's buffer for what a peer has not taken, in bytes (it keeps books for twice as much,
/// socket(7)). Left alone it grows to megabytes: a watcher that wakes up would first read
/// thousands of old states, and a crowd that does not read would cost gigabytes.
const SEND_BUFFER: usize = 64 * 1024;

/// Where connections come from, and what those that come may do.
#[derive(Debug)]
pub(super) struct Listener {
    socket: Socket,
    pub(super) access: Rc<Access>,
    /// From when on, in ticks, there may be connections to accept. An edge announces the first of
    /// them only, so this stays until the kernel says that there are none.
    next_accept_ms: Option<u64>,
    is_paused: bool,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    /// With the path to remove at the end.
    Unix(UnixListener, PathBuf),
}

impl Listener {
    /// Listens on `address`. For a Unix socket, a dead one left at the path is replaced; a path
    /// where somebody listens, or where anything else lies, is not.
    pub(super) fn bind(address: &Address, access: &Access) -> io::Result<Listener> {
        let socket = match address {
            Address::Tcp(address) => {
                let socket = TcpListener::bind(*address)?;
                // Connections inherit these from the listener (Linux): two system calls for all.
                sockopt::set_tcp_nodelay(&socket, true)?;
                sockopt::set_socket_send_buffer_size(&socket, SEND_BUFFER)?;
                Socket::Tcp(socket)
            }
            Address::Unix(path) => {
                remove_dead_socket(path)?;
                Socket::Unix(UnixListener::bind(path)?, path.clone())
            }
        };
        let access = Access {
            loopback: address.is_loopback(),
            ..access.clone()
        };
        Ok(Listener {
            socket,
            access: Rc::new(access),
            next_accept_ms: None,
            is_paused: false,
        })
    }

    pub(super) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        match &mut self.socket {
            Socket::Tcp(socket) => registry.register(socket, token, Interest::READABLE),
            Socket::Unix(socket, _) => registry.register(socket, token, Interest::READABLE),
        }
    }

    /// Notes that the poll announced connections. A pause is not cut short.
    pub(super) fn expect_more(&mut self, now_ms: u64) {
        self.next_accept_ms.get_or_insert(now_ms);
    }

    /// Notes that the kernel has no more connections: the next one is announced. True if that ends
    /// a pause.
    pub(super) fn expect_none(&mut self) -> bool {
        self.next_accept_ms = None;
        mem::take(&mut self.is_paused)
    }

    /// Leaves the connections waiting until `until_ms`. True if it was not paused yet.
    pub(super) fn pause(&mut self, until_ms: u64) -> bool {
        self.next_accept_ms = Some(until_ms);
        !mem::replace(&mut self.is_paused, true)
    }

    /// When to accept, in ticks; none while nobody waits.
    pub(super) fn next_accept_ms(&self) -> Option<u64> {
        self.next_accept_ms
    }

    /// The next connection, and its address unless it came by a Unix socket.
    pub(super) fn accept(&self) -> io::Result<(Stream, Option<IpAddr>)> {
        match &self.socket {
            Socket::Tcp(socket) => {
                let (stream, address) = socket.accept()?;
                Ok((Stream::Tcp(stream), Some(address.ip())))
            }
            Socket::Unix(socket, _) => {
                let (stream, _) = socket.accept()?;
                Ok((Stream::Unix(stream), None))
            }
        }
    }

    /// The address, for people.
    pub(super) fn name(&self) -> String {
        self.address()
            .map_or_else(|error| error.to_string(), |address| address.to_string())
    }

    /// The address, with the port that was really bound.
    pub(super) fn address(&self) -> io::Result<Address> {
        match &self.socket {
            Socket::Tcp(socket) => socket.local_addr().map(Address::Tcp),
            Socket::Unix(_, path) => Ok(Address::Unix(path.clone())),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Socket::Unix(_, path) = &self.socket {
            // Somebody may have removed it already: then there is nothing to tidy up.
            let _ = fs::remove_file(path);
        }
    }
}

fn remove_dead_socket(path: &Path) -> io::Result<()> {
    let Ok(found) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    let connected = std::os::unix::net::UnixStream::connect(path);
    if found.file_type().is_socket() && connected.is_err_and(refused) {
        return fs::remove_file(path);
    }
    Ok(())
}
