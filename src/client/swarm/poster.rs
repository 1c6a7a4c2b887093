//! Who publishes by HTTP, one request behind the other on one connection.

use super::replies::Replies;
use super::witness::acknowledged;
use super::{Ending, Flaw, Flow, Heard, Part, Tally, Window, state_at};
use crate::client::Server;

/// Keeps POSTs in flight (pipelined, RFC 9112 §9.3.2), and checks that each answer is of its task
/// and has a higher revision than the last.
#[derive(Debug)]
pub struct Poster {
    /// All of the head but the length.
    head: String,
    task: String,
    window: Window,
    bytes: usize,
    /// The last one acknowledged.
    rev: u64,
    /// Whether the greeting has been answered.
    is_ready: bool,
    replies: Replies,
}

impl Poster {
    /// Who publishes states of `task` with `bytes` bytes; appends a first one to `out`, whose answer
    /// says that the server is there.
    pub fn open(
        server: &Server,
        task: &str,
        window: Window,
        bytes: usize,
        out: &mut Vec<u8>,
    ) -> Poster {
        let head = post(server, task);
        push_post(&head, &state_at(task, 0, Ending::Open, bytes), out);
        Poster {
            head,
            task: task.to_owned(),
            window,
            bytes,
            rev: 0,
            is_ready: false,
            replies: Replies::default(),
        }
    }

    /// Fills the window.
    pub fn begin(&mut self, out: &mut Vec<u8>, tally: &mut Tally) {
        while let Some(step) = self.window.ask(tally) {
            let state = state_at(&self.task, step, Ending::Open, self.bytes);
            push_post(&self.head, &state, out);
        }
    }

    /// The step published last.
    pub fn step(&self) -> u64 {
        self.window.asked()
    }
}

/// The head of a publish, all but its length.
pub(super) fn post(server: &Server, task: &str) -> String {
    let target = server.target(&format!("/api/progress/{task}"));
    let mut head = format!("POST {target} HTTP/1.1\r\nHost: {}\r\n", server.host());
    if let Some(value) = server.authorization() {
        head += &format!("Authorization: {value}\r\n");
    }
    head + "Content-Type: application/json\r\nContent-Length: "
}

/// Appends a publish.
pub(super) fn push_post(head: &str, state: &str, out: &mut Vec<u8>) {
    let len = state.len().to_string();
    for part in [head, &len, "\r\n\r\n", state] {
        out.extend_from_slice(part.as_bytes());
    }
}

impl Part for Poster {
    type Record = Tally;

    fn hear(
        &mut self,
        input: &mut [u8],
        out: &mut Vec<u8>,
        tally: &mut Tally,
    ) -> Result<Heard, Flaw> {
        let mut used = 0;
        loop {
            let rest = input.get(used..).unwrap_or_default();
            let (count, reply) = self.replies.next("POST", rest)?;
            used += count;
            if let Some(reply) = reply {
                let content = &reply.success()?;
                let rev = acknowledged(&self.task, content).filter(|rev| *rev > self.rev);
                self.rev = rev.ok_or_else(|| Flaw::wrong("a newer revision was due", content))?;
                match std::mem::replace(&mut self.is_ready, true) {
                    true => drop(self.window.answer(content, tally)?),
                    false => tally.ready += 1,
                }
            } else if count == 0 {
                break;
            }
        }
        if self.window.asked() > 0 {
            self.begin(out, tally);
        }
        let flow = Flow::On;
        Ok(Heard { used, flow })
    }
}
