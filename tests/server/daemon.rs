//! A daemon in a thread, on addresses that the system chose, and clients with real sockets.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::net::sockopt::set_socket_recv_buffer_size;
use rustix::net::{AddressFamily, SocketType, connect, socket};

use doneyet::server::config::{Address, Config};
use doneyet::server::reactor::{Exit, Reactor};

use crate::frames::{Said, handshake, take_answers, take_messages};

/// Longer than anything here takes. Nothing waits for it unless it is lost.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running daemon; dropping it stops it.
pub(crate) struct Daemon {
    pub(crate) addresses: Vec<Address>,
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<io::Result<Exit>>>,
}

impl Daemon {
    /// On a TCP port of loopback.
    pub(crate) fn start() -> Daemon {
        Daemon::on(&[loopback()])
    }

    pub(crate) fn on(listen: &[Address]) -> Daemon {
        let (stop, stopped) = UnixStream::pair().expect("a pair");
        let (send, addresses) = mpsc::channel();
        let mut config = Config {
            listen: listen.to_vec(),
            ..Config::default()
        };
        config.access.echo = true;
        let thread = thread::spawn(move || {
            let mut reactor = Reactor::bind(&config, stopped)?;
            let _ = send.send(reactor.addresses()?);
            reactor.run()
        });
        Daemon {
            addresses: addresses.recv().expect("a daemon that listens"),
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub(crate) fn tcp(&self) -> SocketAddr {
        let mut all = self.addresses.iter();
        all.find_map(|address| match address {
            Address::Tcp(address) => Some(*address),
            Address::Unix(_) => None,
        })
        .expect("a TCP address")
    }

    pub(crate) fn connect(&self) -> Client<TcpStream> {
        Daemon::patient(TcpStream::connect(self.tcp()).expect("a listener"))
    }

    /// A client whose kernel buffers so many bytes for it, or as few as it knows.
    pub(crate) fn connect_with_room(&self, bytes: usize) -> Client<TcpStream> {
        let socket = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
        set_socket_recv_buffer_size(&socket, bytes).expect("a size");
        connect(&socket, &self.tcp()).expect("a listener");
        Daemon::patient(socket.into())
    }

    fn patient(stream: TcpStream) -> Client<TcpStream> {
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        Client::new(stream)
    }

    /// A client whose handshake for `path` has succeeded.
    pub(crate) fn open(&self, path: &str) -> Client<TcpStream> {
        let mut client = self.connect();
        client.send(handshake(path));
        assert_eq!(client.answer().0, 101);
        client
    }

    /// Tells it to stop, by hanging up.
    pub(crate) fn hang_up(&mut self) {
        self.stop = None;
    }

    /// Why it returned.
    pub(crate) fn join(&mut self) -> Exit {
        let thread = self.thread.take().expect("joined once");
        thread.join().expect("no panic").expect("no error")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.hang_up();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join().map(|result| result.is_ok());
            assert!(
                thread::panicking() || matches!(ended, Ok(true)),
                "{ended:?}"
            );
        }
    }
}

/// A TCP address of loopback whose port the system chooses.
pub(crate) fn loopback() -> Address {
    Address::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
}

/// A path for a socket, in a directory of its own that goes with it.
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn new(name: &str) -> Place {
        let name = format!("doneyet-{}-{name}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&directory).expect("a directory");
        Place(directory)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.0.join("socket")
    }

    pub(crate) fn connect(&self) -> Client<UnixStream> {
        let stream = UnixStream::connect(self.socket()).expect("a listener");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        Client::new(stream)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A client that waits for what it expects.
pub(crate) struct Client<S> {
    pub(crate) stream: S,
    pub(crate) heard: Vec<u8>,
}

impl<S: Read + Write> Client<S> {
    fn new(stream: S) -> Client<S> {
        let heard = Vec::new();
        Client { stream, heard }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream
            .write_all(bytes.as_ref())
            .expect("an open connection");
    }

    /// Reads once; false at the end.
    fn read(&mut self) -> bool {
        let mut scratch = [0; 64 * 1024];
        let count = self.stream.read(&mut scratch).expect("something in time");
        self.heard.extend_from_slice(&scratch[..count]);
        count > 0
    }

    /// The next answer.
    pub(crate) fn answer(&mut self) -> (u16, Vec<u8>) {
        loop {
            let mut answers = take_answers(&mut self.heard).into_iter();
            if let Some(first) = answers.next() {
                assert_eq!(answers.next(), None, "one at a time");
                return first;
            }
            assert!(self.read(), "the end instead of an answer");
        }
    }

    /// The messages that have come, at least one.
    pub(crate) fn messages(&mut self) -> Vec<Said> {
        loop {
            let messages = take_messages(&mut self.heard);
            if !messages.is_empty() {
                return messages;
            }
            assert!(self.read(), "the end instead of a message");
        }
    }

    /// Everything up to the end, which is none of a broken connection.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        while self.read() {}
        std::mem::take(&mut self.heard)
    }
}
