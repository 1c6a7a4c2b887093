//! One connection, over TCP or over a unix socket.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::net::sockopt;

use super::PATIENCE;

/// A connected socket. Writing to it fails after [`PATIENCE`] without progress.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    /// Tries all addresses of `host` and returns the first that accepts.
    pub(super) fn tcp(host: &str, port: u16) -> io::Result<Stream> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in (host, port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, PATIENCE) {
                Ok(stream) => {
                    // A publish is small and wants to arrive now, not when the next one does.
                    stream.set_nodelay(true)?;
                    stream.set_write_timeout(Some(PATIENCE))?;
                    return Ok(Stream::Tcp(stream));
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    pub(super) fn unix(path: &Path) -> io::Result<Stream> {
        let stream = UnixStream::connect(path)?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Stream::Unix(stream))
    }

    /// A second handle on the same connection, so that one thread can read while another writes.
    pub(super) fn try_clone(&self) -> io::Result<Stream> {
        match self {
            Stream::Tcp(stream) => stream.try_clone().map(Stream::Tcp),
            Stream::Unix(stream) => stream.try_clone().map(Stream::Unix),
        }
    }

    /// Ends one direction or both, for every handle: a blocked read returns.
    pub(super) fn shutdown(&self, how: Shutdown) {
        // Fails only if the connection is gone already, which is what was wanted.
        let _ = match self {
            Stream::Tcp(stream) => stream.shutdown(how),
            Stream::Unix(stream) => stream.shutdown(how),
        };
    }

    /// Has the kernel keep less for us that we have not read (SO_RCVBUF, socket(7)): `bytes`, and what
    /// was promised to the other end already. Left alone it takes megabytes.
    pub(super) fn limit_unread(&self, bytes: usize) -> io::Result<()> {
        Ok(match self {
            Stream::Tcp(stream) => sockopt::set_socket_recv_buffer_size(stream, bytes),
            Stream::Unix(stream) => sockopt::set_socket_recv_buffer_size(stream, bytes),
        }?)
    }

    /// Waits for bytes until `deadline`, at most; 0 is the end of the stream.
    ///
    /// # Errors
    ///
    /// `TimedOut` at the deadline.
    pub(super) fn read_before(&mut self, deadline: Instant, room: &mut [u8]) -> io::Result<usize> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            // A timeout of zero would mean: none at all.
            self.set_read_timeout(left.max(Duration::from_millis(1)))?;
            match self.read(room) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }

    fn set_read_timeout(&self, timeout: Duration) -> io::Result<()> {
        match self {
            Stream::Tcp(stream) => stream.set_read_timeout(Some(timeout)),
            Stream::Unix(stream) => stream.set_read_timeout(Some(timeout)),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => stream.read(room),
            Stream::Unix(stream) => stream.read(room),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => stream.write(bytes),
            Stream::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
