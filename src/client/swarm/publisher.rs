//! Who publishes what a swarm of watchers waits for.

use std::io::{self, Write as _};
use std::time::Instant;

use super::Flaw;
use super::poster::{post, push_post};
use super::replies::Replies;
use crate::client::stream::Stream;
use crate::client::{ClientError, PATIENCE, Server, WebSocketClient};

/// How a publish reaches the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// As a frame on a worker's WebSocket.
    Worker,
    /// As an HTTP request.
    Post,
}

/// One task's publisher: one connection, and one write for however many updates.
///
/// It blocks. What it writes is small, and whoever calls it has nothing else to do until then.
pub struct Publisher(Line);

enum Line {
    /// Only written to: a worker is told nothing while all is well.
    Frames(WebSocketClient),
    Requests(Posts),
}

impl Publisher {
    /// Connects to `server` to publish `task`.
    ///
    /// # Errors
    ///
    /// If there is no such server, or it opens no worker's socket.
    pub fn connect(server: &Server, task: &str, by: By) -> Result<Publisher, ClientError> {
        Ok(Publisher(match by {
            By::Worker => {
                let route = format!("/ws/worker/{task}");
                Line::Frames(WebSocketClient::connect(server, &route)?)
            }
            By::Post => Line::Requests(Posts {
                stream: server.connect()?,
                head: post(server, task),
                owed: 0,
                replies: Replies::default(),
                received: Vec::new(),
            }),
        }))
    }

    /// Publishes these states, in one write.
    ///
    /// # Errors
    ///
    /// If the connection broke, or the server takes nothing.
    pub fn publish(&mut self, states: &[String]) -> Result<(), Flaw> {
        match &mut self.0 {
            Line::Frames(socket) => socket
                .sender()
                .send_all(states)
                .map_err(|error| io::Error::other(error).into()),
            Line::Requests(posts) => posts.publish(states),
        }
    }

    /// Waits for the answers to all that was published, if this way of publishing has answers.
    ///
    /// # Errors
    ///
    /// If one of them is no success, or does not come in time.
    pub fn settle(&mut self) -> Result<(), Flaw> {
        match &mut self.0 {
            Line::Frames(..) => Ok(()),
            Line::Requests(posts) => posts.settle(),
        }
    }
}

/// Requests on one connection.
struct Posts {
    stream: Stream,
    /// Of each request, but its length.
    head: String,
    /// Answers that have not been read.
    owed: usize,
    replies: Replies,
    received: Vec<u8>,
}

impl Posts {
    fn publish(&mut self, states: &[String]) -> Result<(), Flaw> {
        let mut out = Vec::new();
        for state in states {
            push_post(&self.head, state, &mut out);
        }
        self.owed += states.len();
        Ok(self.stream.write_all(&out)?)
    }

    fn settle(&mut self) -> Result<(), Flaw> {
        let deadline = Instant::now() + PATIENCE;
        while self.owed > 0 {
            let (count, reply) = self.replies.next("POST", &self.received)?;
            self.received.drain(..count);
            match reply {
                Some(reply) => {
                    reply.success()?;
                    self.owed -= 1;
                }
                None if count == 0 => self.receive(deadline)?,
                None => {}
            }
        }
        Ok(())
    }

    fn receive(&mut self, deadline: Instant) -> Result<(), Flaw> {
        let mut room = [0; 4096];
        match self.stream.read_before(deadline, &mut room)? {
            0 => Err(Flaw::HungUp),
            count => {
                self.received.extend(room.iter().take(count));
                Ok(())
            }
        }
    }
}
