//! The newest change of every task, in order, and how far those have come who follow them all.
//!
//! A peer that follows everything has one mark for all tasks. What it is behind on is everything
//! that changed after its cursor, and since each task stands here once, at its newest change, the
//! list is no longer than the tasks are many, however long the peer has slept.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound::{Excluded, Unbounded};

use crate::task::board::TaskKey;
use crate::task::hub::{Birth, PeerKey};

/// Changes by their serial numbers, which begin at 1.
#[derive(Debug, Default)]
pub(super) struct Changes {
    newest: BTreeMap<u64, TaskKey>,
    cursors: HashMap<PeerKey, Cursor>,
    /// The number of the last change.
    serial: u64,
    forgotten: u64,
    skipped: u64,
}

/// How far a peer has come.
#[derive(Debug, Clone, Copy)]
struct Cursor {
    /// The last change it took.
    seen: u64,
    /// The last change before it came.
    born: u64,
}

impl Changes {
    /// Notes that `task` has changed, for the first time or after the change number `previous`;
    /// returns the number of this one.
    pub(super) fn note(&mut self, task: TaskKey, previous: u64) -> u64 {
        self.serial += 1;
        self.newest.remove(&previous);
        self.newest.insert(self.serial, task);
        self.serial
    }

    /// The task whose newest change has the number `last` is no more.
    pub(super) fn forget(&mut self, last: u64) {
        self.newest.remove(&last);
        self.forgotten += 1;
    }

    /// `peer` wants all there is, or only what is to come.
    pub(super) fn follow(&mut self, peer: PeerKey, birth: Birth) {
        let born = self.serial;
        let seen = match birth {
            Birth::Behind => 0,
            Birth::UpToDate => born,
        };
        self.cursors.insert(peer, Cursor { seen, born });
    }

    /// `peer` wants no more.
    pub(super) fn leave(&mut self, peer: PeerKey) {
        self.cursors.remove(&peer);
    }

    /// The task with the oldest change that `peer` has not seen; it counts as seen.
    pub(super) fn take(&mut self, peer: PeerKey) -> Option<TaskKey> {
        let cursor = self.cursors.get_mut(&peer)?;
        let unseen = (Excluded(cursor.seen), Unbounded);
        let (&serial, &task) = self.newest.range(unseen).next()?;
        // A gap in the numbers is a change that a newer one of the same task has replaced.
        self.skipped += (serial - 1).saturating_sub(cursor.seen.max(cursor.born));
        cursor.seen = serial;
        Some(task)
    }

    /// Rises with all that changes the list of tasks: with changes, and with what is forgotten.
    pub(super) fn version(&self) -> u64 {
        self.serial + self.forgotten
    }

    /// How many changes there were.
    pub(super) fn count(&self) -> u64 {
        self.serial
    }

    /// How many of these a follower was spared, counted once for each such follower.
    pub(super) fn skipped(&self) -> u64 {
        self.skipped
    }
}
