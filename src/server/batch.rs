//! Batches: many publishes in one request, done a portion a turn.
//!
//! A line may be short and what it changes long: ten thousand lines that each touch a state of
//! sixteen kilobytes take seconds. So a batch has the same budget as everything else that one peer
//! asks for, and goes on in the next turn. Its request is answered when the last line is done; what
//! the peer has sent behind it waits until then.

use std::vec;

use crate::server::broker::Broker;
use crate::server::reading::BUDGET;
use crate::session::demand::{Answer, Publish, Published};
use crate::task::hub::PeerKey;
use crate::task::{Now, Refusal};

/// A batch that is being worked on.
#[derive(Debug)]
pub(super) struct Batch {
    /// Who waits for the answer; nobody, if the peer has gone. What it asked for is done all the
    /// same: it was received whole.
    peer: Option<PeerKey>,
    lines: vec::IntoIter<Result<Publish, Refusal>>,
    results: Vec<Result<Published, Refusal>>,
}

impl Broker {
    /// Does the first portion; the answer, if that was all.
    pub(super) fn begin_batch(
        &mut self,
        peer: PeerKey,
        lines: Vec<Result<Publish, Refusal>>,
        now: Now,
    ) -> Option<Answer> {
        let mut batch = Batch {
            peer: Some(peer),
            lines: lines.into_iter(),
            results: Vec::new(),
        };
        if self.is_done_with(&mut batch, now) {
            return Some(Answer::PublishedMany(batch.results));
        }
        self.batches.push_back(batch);
        None
    }

    /// Does one more portion, of the batch that has waited for longest.
    pub(super) fn go_on_with_batches(&mut self, now: Now) {
        let Some(mut batch) = self.batches.pop_front() else {
            return;
        };
        if !self.is_done_with(&mut batch, now) {
            return self.batches.push_back(batch);
        }
        if let Some(key) = batch.peer {
            self.answer(key, &Answer::PublishedMany(batch.results), now);
        }
    }

    /// Whether there is something to go on with: a reason not to sleep.
    pub fn is_working(&self) -> bool {
        !self.batches.is_empty()
    }

    /// The peer that waited for a batch has gone.
    pub(super) fn orphan_batches(&mut self, peer: PeerKey) {
        for batch in &mut self.batches {
            batch.peer = batch.peer.filter(|&waiting| waiting != peer);
        }
    }

    fn is_done_with(&mut self, batch: &mut Batch, now: Now) -> bool {
        let start = self.work;
        while self.work - start < BUDGET {
            let Some(line) = batch.lines.next() else {
                return true;
            };
            self.work += 1;
            let result = line.and_then(|publish| self.publish(None, publish, now));
            batch.results.push(result);
        }
        batch.lines.len() == 0
    }
}
