//! A WebSocket seen from the client's end (RFC 6455), blocking.
//!
//! Reading and writing are two halves with different needs: one waits, the other is wanted at any
//! moment, also while the first waits. So the [`Sender`] can be cloned and given to another thread,
//! and the reading half holds one itself, to answer pings and the closing handshake.

use std::io::{self, Write as _};
use std::net::Shutdown;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::answer::Answer;
use super::stream::Stream;
use super::{ClientError, PATIENCE, Reply, Server, entropy};
use crate::wire::close::{Close, CloseCode, Violation};
use crate::wire::frame::{self, OpCode, Role};
use crate::wire::handshake::{Opening, Refusal};
use crate::wire::message::{Assembler, Limits, Message};

/// What is taken from a server: more than a state ever has, no more than `/ws/echo` gives.
const LIMITS: Limits = Limits {
    message: 16 * 1024 * 1024,
    fragments: 1024,
};

/// Bytes of a refused handshake's content that are read for its explanation.
const MAX_EXPLANATION: usize = 64 * 1024;

/// Bytes asked of the socket at once.
const READ: usize = 16 * 1024;

/// An open WebSocket: the half that reads, and a [`Sender`].
pub struct WebSocketClient {
    server: Server,
    stream: Stream,
    sender: Sender,
    /// Received and not yet understood.
    input: Vec<u8>,
    assembler: Assembler,
}

/// What [`WebSocketClient::receive`] saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// The answer to a [`Sender::ping`], with its payload.
    Pong(Vec<u8>),
    /// The server said goodbye, and has been answered. Nothing more will come.
    Closed(Close),
    /// The time is over.
    Quiet,
}

impl WebSocketClient {
    /// Opens a WebSocket at `route` of `server`.
    ///
    /// # Errors
    ///
    /// As for a request; [`ClientError::Refused`] carries what the daemon says against it.
    pub fn connect(server: &Server, route: &str) -> Result<WebSocketClient, ClientError> {
        let mut stream = server.connect()?;
        let opening = Opening::new(entropy::nonce());
        let authorization = server.authorization();
        let fields: Vec<_> = authorization
            .iter()
            .map(|value| ("Authorization", value.as_str()))
            .collect();
        let mut request = Vec::new();
        opening.request(&server.host(), &server.target(route), &fields, &mut request);
        stream
            .write_all(&request)
            .map_err(|error| server.broken(error))?;

        let answer = Answer::wait(server, stream, PATIENCE)?;
        match answer.read_head(|head| opening.verify(head))? {
            Ok(()) => WebSocketClient::opened(server, answer),
            Err(Refusal::Status(status)) => {
                let body = answer.content("GET", MAX_EXPLANATION)?;
                Err(ClientError::refused(server, &Reply { status, body }))
            }
            Err(source) => Err(ClientError::NotWebSocket {
                server: server.to_string(),
                source,
            }),
        }
    }

    /// Has the kernel keep about `bytes` at most that have come and were not received, so that the
    /// server soon notices who does not read.
    ///
    /// # Errors
    ///
    /// As the socket's.
    pub fn limit_unread(&self, bytes: usize) -> Result<(), ClientError> {
        let limited = self.stream.limit_unread(bytes);
        limited.map_err(|error| self.server.broken(error))
    }

    fn opened(server: &Server, answer: Answer<'_>) -> Result<WebSocketClient, ClientError> {
        let (stream, input) = answer.into_rest();
        let writing = stream.try_clone().map_err(|error| server.broken(error))?;
        let writer = Writer {
            stream: writing,
            is_closing: false,
        };
        let sender = Sender {
            server: server.clone(),
            writer: Arc::new(Mutex::new(writer)),
        };
        let assembler = Assembler::default();
        Ok(WebSocketClient {
            server: server.clone(),
            stream,
            sender,
            input,
            assembler,
        })
    }

    /// The half that writes.
    pub fn sender(&self) -> &Sender {
        &self.sender
    }

    /// Waits for the next message, `patience` long at most. Pings are answered on the way.
    ///
    /// # Errors
    ///
    /// If the connection breaks, or the server breaks a rule; the socket is then of no more use.
    pub fn receive(&mut self, patience: Duration) -> Result<Incoming, ClientError> {
        let deadline = Instant::now() + patience;
        loop {
            while let Some(message) = self.next_message()? {
                match self.react(message)? {
                    Some(incoming) => return Ok(incoming),
                    None => continue,
                }
            }
            let mut room = [0; READ];
            match self.stream.read_before(deadline, &mut room) {
                Ok(0) => return Err(self.server.broken(io::ErrorKind::UnexpectedEof.into())),
                Ok(count) => self.input.extend(room.iter().take(count)),
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    return Ok(Incoming::Quiet);
                }
                Err(error) => return Err(self.server.broken(error)),
            }
        }
    }

    fn next_message(&mut self) -> Result<Option<Message<'static>>, ClientError> {
        match self.assembler.next(&mut self.input, Role::Client, &LIMITS) {
            Ok(step) => {
                let (consumed, message) = (step.consumed, step.message.map(owned));
                self.input.drain(..consumed);
                Ok(message)
            }
            Err(source) => Err(self.offended(source)),
        }
    }

    /// Deals with what is the protocol's own business; hands on the rest.
    fn react(&mut self, message: Message<'static>) -> Result<Option<Incoming>, ClientError> {
        Ok(Some(match message {
            Message::Text(text) => Incoming::Text(text.into_owned()),
            Message::Binary(bytes) => Incoming::Binary(bytes.into_owned()),
            Message::Pong(payload) => Incoming::Pong(payload.into_owned()),
            Message::Ping(payload) => {
                self.sender.send_frame(OpCode::Pong, &payload)?;
                return Ok(None);
            }
            Message::Close(close) => {
                // RFC 6455 §5.5.1: the answer echoes the code. Whether it still arrives is the
                // server's affair.
                let _ = self.sender.close(&Close {
                    reason: String::new(),
                    ..close
                });
                Incoming::Closed(close)
            }
        }))
    }

    /// RFC 6455 §7.1.7: after a broken rule, say which and hang up.
    fn offended(&self, source: Violation) -> ClientError {
        let _ = self.sender.close(&source.into());
        self.sender.hang_up();
        ClientError::Violation {
            server: self.server.to_string(),
            source,
        }
    }
}

/// Without its ties to the input. What is assembled is owned already and moves.
fn owned(message: Message<'_>) -> Message<'static> {
    match message {
        Message::Text(text) => Message::Text(text.into_owned().into()),
        Message::Binary(bytes) => Message::Binary(bytes.into_owned().into()),
        Message::Ping(bytes) => Message::Ping(bytes.into_owned().into()),
        Message::Pong(bytes) => Message::Pong(bytes.into_owned().into()),
        Message::Close(close) => Message::Close(close),
    }
}

/// The half of a WebSocket that writes. Clones write to the same socket, one frame at a time.
#[derive(Clone)]
pub struct Sender {
    server: Server,
    writer: Arc<Mutex<Writer>>,
}

struct Writer {
    stream: Stream,
    /// A Close has been sent; nothing may follow it (RFC 6455 §5.5.1).
    is_closing: bool,
}

impl Sender {
    /// Sends a text message.
    ///
    /// # Errors
    ///
    /// If the connection broke, is closing, or took nothing for 10 s.
    pub fn send(&self, text: &str) -> Result<(), ClientError> {
        self.send_frame(OpCode::Text, text.as_bytes())
    }

    /// Sends several text messages in one write.
    ///
    /// # Errors
    ///
    /// As [`Sender::send`].
    pub fn send_all(&self, texts: &[String]) -> Result<(), ClientError> {
        let mut bytes = Vec::new();
        for text in texts {
            let key = entropy::mask_key();
            frame::encode_masked(OpCode::Text, text.as_bytes(), key, &mut bytes);
        }
        self.write(OpCode::Text, &bytes)
    }

    /// Sends a ping, whose pong comes after everything the server has read before it: proof that
    /// it has read that. The payload is cut to 125 bytes.
    ///
    /// # Errors
    ///
    /// As [`Sender::send`].
    pub fn ping(&self, payload: &[u8]) -> Result<(), ClientError> {
        let most = payload.len().min(frame::MAX_CONTROL);
        self.send_frame(OpCode::Ping, payload.get(..most).unwrap_or_default())
    }

    /// Says goodbye, once; a second time is nothing. The server's answer comes to the other half.
    ///
    /// # Errors
    ///
    /// As [`Sender::send`].
    pub fn close(&self, close: &Close) -> Result<(), ClientError> {
        let mut payload = Vec::new();
        close.encode(&mut payload);
        self.send_frame(OpCode::Close, &payload)
    }

    /// [`Sender::close`] because all is done.
    ///
    /// # Errors
    ///
    /// As [`Sender::send`].
    pub fn close_normally(&self) -> Result<(), ClientError> {
        self.close(&Close {
            code: Some(CloseCode::NORMAL),
            reason: String::new(),
        })
    }

    /// Ends the connection at once, both ways: a [`WebSocketClient::receive`] under way returns.
    pub fn hang_up(&self) {
        self.lock().stream.shutdown(Shutdown::Both);
    }

    fn send_frame(&self, opcode: OpCode, payload: &[u8]) -> Result<(), ClientError> {
        let mut bytes = Vec::new();
        frame::encode_masked(opcode, payload, entropy::mask_key(), &mut bytes);
        self.write(opcode, &bytes)
    }

    /// Writes whole frames, the last of which is an `opcode`.
    fn write(&self, opcode: OpCode, frames: &[u8]) -> Result<(), ClientError> {
        let mut writer = self.lock();
        if writer.is_closing {
            return match opcode {
                OpCode::Close | OpCode::Pong => Ok(()),
                _ => Err(self.server.broken(io::ErrorKind::BrokenPipe.into())),
            };
        }
        writer.is_closing = opcode == OpCode::Close;
        writer
            .stream
            .write_all(frames)
            .map_err(|error| self.server.broken(error))
    }

    /// A panic elsewhere leaves at worst half a frame, and the server then ends the connection.
    fn lock(&self) -> std::sync::MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
