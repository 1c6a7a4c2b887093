//! A server with one large file and a narrow line.
//!
//! A thread per transfer, as there will be one or two. The file has no meaning and is nowhere: its
//! bytes are made as they are sent. What it can do besides is start the download again, for the
//! button in the dashboard.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::fetch::{Fetcher, Started};
use crate::session::Access;
use crate::wire::http::{Exchange, Fields, Head, HttpError, Response, Scan, Status};

/// The file.
pub(super) const PATH: &str = "/Holiday.mp4";

/// Where a `POST` starts the download again.
pub(super) const RESTART: &str = "/restart";

/// How long a client may take to ask, and to take a piece of the answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes sent at once.
const PIECE: usize = 32 * 1024;

/// The server, and how it sends.
pub(super) struct FileServer {
    listener: TcpListener,
    size: u64,
    pace: Duration,
}

/// What every connection needs.
struct Desk {
    size: u64,
    pace: Duration,
    fetcher: Fetcher,
    transfers: AtomicU64,
}

impl FileServer {
    /// Takes a port for a file of `size` bytes, each transfer of which lasts as long as `pace`.
    pub(super) fn bind(size: u64, pace: Duration) -> io::Result<FileServer> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        // Once, so that nobody has to ask for it where asking could fail.
        listener.local_addr()?;
        Ok(FileServer {
            listener,
            size,
            pace,
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.listener
            .local_addr()
            .unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }

    /// Serves, on threads of its own, for as long as the process lives.
    pub(super) fn serve(self, fetcher: Fetcher) {
        let (size, pace) = (self.size, self.pace);
        let desk = Arc::new(Desk {
            size,
            pace,
            fetcher,
            transfers: AtomicU64::new(0),
        });
        thread::spawn(move || {
            for stream in self.listener.incoming().flatten() {
                let desk = Arc::clone(&desk);
                thread::spawn(move || desk.answer(stream));
            }
        });
    }
}

impl Desk {
    /// One connection: one request, one answer. What breaks off is nobody's fault.
    fn answer(&self, mut stream: TcpStream) {
        let _ = stream.set_read_timeout(Some(PATIENCE));
        let _ = stream.set_write_timeout(Some(PATIENCE));
        let Ok(head) = read_head(&mut stream) else {
            return;
        };
        let mut fields = Fields::default();
        let answer = match Head::parse(&head, &mut fields) {
            Ok(head) => self.route(&head, &mut stream),
            Err(error) => Some(refusal(&error)),
        };
        if let Some(answer) = answer {
            let mut bytes = Vec::new();
            answer.encode(Exchange::unread(), &mut bytes);
            let _ = stream.write_all(&bytes);
        }
    }

    /// The answer, unless it is the file: that is sent from here.
    fn route(&self, head: &Head<'_>, stream: &mut TcpStream) -> Option<Response<'static>> {
        let access = Access {
            loopback: true,
            ..Access::default()
        };
        let origin = head.text("origin");
        let is_stranger = origin.is_some_and(|origin| !access.allows_origin(origin, head.host()));
        if is_stranger || !access.allows_host(head.host()) {
            return Some(Response::new(Status::FORBIDDEN));
        }
        match (head.method, head.target) {
            ("GET", PATH) => {
                self.send_file(stream);
                None
            }
            ("POST", RESTART) => {
                let status = match self.fetcher.start() {
                    Started::Now => Status::ACCEPTED,
                    Started::Before => Status::CONFLICT,
                };
                let answer = Response::new(status);
                // The dashboard is at another port, hence another origin.
                let allowed = origin.map(str::to_owned);
                Some(match allowed {
                    Some(origin) => answer.field("Access-Control-Allow-Origin", origin),
                    None => answer,
                })
            }
            _ => Some(Response::new(Status::NOT_FOUND)),
        }
    }

    fn send_file(&self, stream: &mut TcpStream) {
        let number = self.transfers.fetch_add(1, Ordering::Relaxed) + 1;
        eprintln!("files: transfer {number} begins, {} bytes", self.size);
        let mut sent = 0;
        match self.send_pieces(stream, &mut sent) {
            Ok(()) => eprintln!("files: transfer {number} is complete"),
            Err(_) => eprintln!("files: transfer {number} was cut off after {sent} bytes"),
        }
    }

    fn send_pieces(&self, stream: &mut TcpStream, sent: &mut u64) -> io::Result<()> {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n",
            self.size
        );
        stream.write_all(head.as_bytes())?;
        let began = Instant::now();
        let piece: Vec<u8> = (0..PIECE).map(|at| ((at * 167) >> 3) as u8).collect();
        while *sent < self.size {
            let len = (self.size - *sent).min(PIECE as u64);
            // By the clock from the beginning, so that a late piece makes none of the others late.
            let share = (*sent + len) as f64 / self.size as f64;
            let due = began + self.pace.mul_f64(share);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let len = usize::try_from(len).unwrap_or(PIECE);
            stream.write_all(piece.get(..len).unwrap_or_default())?;
            *sent += len as u64;
        }
        Ok(())
    }
}

fn read_head(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut scan = Scan::default();
    let mut received = Vec::new();
    let mut room = [0; 4096];
    loop {
        match stream.read(&mut room)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => received.extend(room.iter().take(count)),
        }
        if let Some(end) = scan.advance(&received).map_err(io::Error::other)? {
            received.truncate(end);
            return Ok(received);
        }
    }
}

fn refusal(error: &HttpError) -> Response<'static> {
    Response::new(error.status).body("text/plain", format!("{}\n", error.message).into_bytes())
}
