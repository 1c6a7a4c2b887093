//! Who watches what, and who is behind.
//!
//! The hub moves no bytes. Publishing leaves a mark on each subscription, *behind*, and puts the
//! subscriber *in line*, unless the mark is there already: a peer that is behind owes and is owed
//! nothing more by a second publish. When the peer's turn comes it *takes* the tasks it is behind
//! on and is given whatever is newest then. First snapshot, live update, and catching up after a
//! stall are this one mechanism: a subscription that wants a snapshot is simply born behind.
//!
//! A peer's subscriptions form one list in two parts, those up to date and then those behind;
//! `Mailbox::first_behind` is the border. Marking moves a subscription to the end, taking moves
//! the border by one: both O(1), and the longest-owed is served first.

mod links;

use std::collections::VecDeque;

use slab::Slab;

use crate::task::board::TaskKey;
use crate::task::changes::Changes;

/// A connection's slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerKey(pub u32);

/// In which matter a peer follows a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// It is owed the state.
    Watcher,
    /// It is owed the wish to cancel.
    Worker,
}

/// Whether a new subscription is owed what is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Birth {
    /// It wants what there is.
    Behind,
    /// It has seen the newest, or there is nothing yet.
    UpToDate,
}

/// What a peer follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Topic {
    Task(TaskKey, Role),
    /// Every task's state, present and future.
    Everything,
}

/// A subscription's place in the slab, or none: half the size of an `Option<usize>`.
type Link = u32;
const NONE: Link = Link::MAX;

#[derive(Debug)]
struct Subscription {
    topic: Topic,
    peer: PeerKey,
    /// Its index in the topic's audience.
    place: u32,
    /// Neighbours in the peer's list.
    before: Link,
    after: Link,
    behind: bool,
}

/// A peer's side. Invariant: the part of the list from `first_behind` on is exactly the part with
/// `behind` set.
#[derive(Debug, Clone, Copy)]
struct Mailbox {
    first: Link,
    last: Link,
    first_behind: Link,
    in_line: bool,
}

const EMPTY: Mailbox = Mailbox {
    first: NONE,
    last: NONE,
    first_behind: NONE,
    in_line: false,
};

// A watcher is one of each: see the size of a peer.
const _: () = assert!(size_of::<Subscription>() <= 28 && size_of::<Mailbox>() <= 16);

/// A task's side: who follows it.
#[derive(Debug, Default)]
struct Audiences {
    watchers: Vec<Link>,
    workers: Vec<Link>,
    /// The serial number of the last change; 0 before the first.
    changed: u64,
}

/// The graph of peers and tasks.
#[derive(Debug, Default)]
pub struct Hub {
    subscriptions: Slab<Subscription>,
    mailboxes: Vec<Mailbox>,
    tasks: Vec<Audiences>,
    /// Peers that follow everything: one subscription each, however many tasks there are.
    everything: Vec<Link>,
    changes: Changes,
    /// Changes that a follower of one task was spared, because a newer one came first.
    skipped: u64,
    line: VecDeque<PeerKey>,
}

impl Hub {
    /// Makes `peer` follow `task` in `role`. Following twice is following once: the second call
    /// only renews what the peer is owed.
    pub fn subscribe(&mut self, peer: PeerKey, task: TaskKey, role: Role, birth: Birth) {
        let link = self.follow(peer, Topic::Task(task, role));
        if birth == Birth::Behind {
            self.mark_one(link);
        }
    }

    /// Makes `peer` follow every task; born behind, it is owed all that there are.
    pub fn subscribe_to_everything(&mut self, peer: PeerKey, birth: Birth) {
        let link = self.follow(peer, Topic::Everything);
        self.changes.follow(peer, birth);
        if birth == Birth::Behind {
            self.mark_one(link);
        }
    }

    /// Ends one subscription; false if there was none.
    pub fn unsubscribe(&mut self, peer: PeerKey, task: TaskKey, role: Role) -> bool {
        let found = self.find(peer, Topic::Task(task, role));
        found.is_some_and(|link| self.remove(link).is_some())
    }

    /// Whether `peer` follows `task` in `role`.
    pub fn is_subscribed(&self, peer: PeerKey, task: TaskKey, role: Role) -> bool {
        self.find(peer, Topic::Task(task, role)).is_some()
    }

    /// How many topics `peer` follows, counted up to `most`.
    pub fn subscription_count(&self, peer: PeerKey, most: usize) -> usize {
        let mut link = self.mailbox(peer).first;
        let mut count = 0;
        while count < most
            && let Some(subscription) = self.subscriptions.get(link as usize)
        {
            count += 1;
            link = subscription.after;
        }
        count
    }

    /// How many peers follow `task` in `role`.
    pub fn audience(&self, task: TaskKey, role: Role) -> usize {
        self.audience_of(Topic::Task(task, role)).len()
    }

    /// The peers that follow `task` in `role`.
    pub fn followers(&self, task: TaskKey, role: Role) -> impl Iterator<Item = PeerKey> {
        let audience = self.audience_of(Topic::Task(task, role)).iter();
        audience.map(|&link| self.subscriptions[link as usize].peer)
    }

    /// How many changes there were, of all tasks and since the start.
    pub fn change_count(&self) -> u64 {
        self.changes.count()
    }

    /// A number that rises whenever the list of all states becomes another.
    pub fn version(&self) -> u64 {
        self.changes.version()
    }

    /// How many of these some watcher was spared, counted once for each such watcher.
    pub fn skipped_count(&self) -> u64 {
        self.skipped + self.changes.skipped()
    }

    /// Whether nobody follows `task` at all.
    pub fn is_alone(&self, task: TaskKey) -> bool {
        self.audience(task, Role::Watcher) == 0 && self.audience(task, Role::Worker) == 0
    }

    /// The state of `task` has changed: every watcher that was up to date is now behind.
    pub fn state_changed(&mut self, task: TaskKey) {
        let previous = self.entry(task).changed;
        self.entry(task).changed = self.changes.note(task, previous);
        self.mark(Topic::Task(task, Role::Watcher));
        self.mark(Topic::Everything);
    }

    /// A cancel of `task` was asked for: its workers must hear of it.
    pub fn cancel_wanted(&mut self, task: TaskKey) {
        self.mark(Topic::Task(task, Role::Worker));
    }

    /// The task is no more: all its subscriptions end. Calls `ended` with each subscriber, and
    /// whether it had not yet taken the last state.
    pub fn forget(&mut self, task: TaskKey, mut ended: impl FnMut(PeerKey, Role, Birth)) {
        for role in [Role::Watcher, Role::Worker] {
            while let Some(&link) = self.audience_of(Topic::Task(task, role)).last() {
                let Some(gone) = self.remove(link) else { break };
                let birth = if gone.behind {
                    Birth::Behind
                } else {
                    Birth::UpToDate
                };
                ended(gone.peer, role, birth);
            }
        }
        let last = std::mem::take(&mut self.entry(task).changed);
        self.changes.forget(last);
    }

    /// Ends a subscription of a peer that leaves, and says of which task and in which role; call it
    /// until none is left.
    pub fn leave(&mut self, peer: PeerKey) -> Option<(TaskKey, Role)> {
        loop {
            let link = self.mailbox(peer).first;
            match self.remove(link)?.topic {
                Topic::Task(task, role) => return Some((task, role)),
                Topic::Everything => self.changes.leave(peer),
            }
        }
    }

    /// Puts `peer` in line for a write, if it is not.
    pub fn enlist(&mut self, peer: PeerKey) {
        let mailbox = self.mailbox_mut(peer);
        if !std::mem::replace(&mut mailbox.in_line, true) {
            self.line.push_back(peer);
        }
    }

    /// The peer whose turn it is.
    pub fn next_in_line(&mut self) -> Option<PeerKey> {
        loop {
            let peer = self.line.pop_front()?;
            // The entry of a peer that left, and whose slot may have a new owner, means nothing.
            if std::mem::take(&mut self.mailbox_mut(peer).in_line) {
                return Some(peer);
            }
        }
    }

    /// How many places the line has.
    pub fn line_len(&self) -> usize {
        self.line.len()
    }

    /// Whether `peer` waits in line.
    pub fn is_in_line(&self, peer: PeerKey) -> bool {
        self.mailbox(peer).in_line
    }

    /// Whether `peer` is behind on anything.
    pub fn is_owed(&self, peer: PeerKey) -> bool {
        self.mailbox(peer).first_behind != NONE
    }

    /// Forgets that `peer` waited in line; for a slot about to get a new owner.
    pub fn reset(&mut self, peer: PeerKey) {
        *self.mailbox_mut(peer) = EMPTY;
    }

    /// The task that `peer` has been behind on for longest; it counts as up to date from now on.
    pub fn take(&mut self, peer: PeerKey) -> Option<(TaskKey, Role)> {
        loop {
            let link = self.mailbox(peer).first_behind;
            let subscription = self.subscriptions.get_mut(link as usize)?;
            let next = match subscription.topic {
                Topic::Task(task, role) => Some((task, role)),
                // As long as this one has something left, it stays behind.
                Topic::Everything => match self.changes.take(peer) {
                    Some(task) => return Some((task, Role::Watcher)),
                    None => None,
                },
            };
            subscription.behind = false;
            let after = subscription.after;
            self.mailbox_mut(peer).first_behind = after;
            if next.is_some() {
                return next;
            }
        }
    }

    fn mark(&mut self, topic: Topic) {
        let audience = std::mem::take(self.audience_mut(topic));
        let mut already_behind = 0;
        for &link in &audience {
            already_behind += u64::from(!self.mark_one(link));
        }
        *self.audience_mut(topic) = audience;
        if let Topic::Task(_, Role::Watcher) = topic {
            self.skipped += already_behind;
        }
    }

    /// False if it was behind already.
    fn mark_one(&mut self, link: Link) -> bool {
        let subscription = &mut self.subscriptions[link as usize];
        if std::mem::replace(&mut subscription.behind, true) {
            return false;
        }
        let peer = subscription.peer;
        if self.mailbox(peer).last != link {
            self.unlink(link);
            self.append(link);
        }
        let mailbox = self.mailbox_mut(peer);
        if mailbox.first_behind == NONE {
            mailbox.first_behind = link;
        }
        self.enlist(peer);
        true
    }

    fn mailbox(&self, peer: PeerKey) -> Mailbox {
        self.mailboxes
            .get(peer.0 as usize)
            .copied()
            .unwrap_or(EMPTY)
    }

    fn mailbox_mut(&mut self, peer: PeerKey) -> &mut Mailbox {
        let index = peer.0 as usize;
        if index >= self.mailboxes.len() {
            self.mailboxes.resize(index + 1, EMPTY);
        }
        &mut self.mailboxes[index]
    }

    fn entry(&mut self, task: TaskKey) -> &mut Audiences {
        let index = task.0 as usize;
        if index >= self.tasks.len() {
            self.tasks.resize_with(index + 1, Audiences::default);
        }
        &mut self.tasks[index]
    }

    fn audience_of(&self, topic: Topic) -> &[Link] {
        match topic {
            Topic::Everything => &self.everything,
            Topic::Task(task, role) => {
                self.tasks
                    .get(task.0 as usize)
                    .map_or(&[], |audiences| match role {
                        Role::Watcher => &audiences.watchers,
                        Role::Worker => &audiences.workers,
                    })
            }
        }
    }

    fn audience_mut(&mut self, topic: Topic) -> &mut Vec<Link> {
        match topic {
            Topic::Everything => &mut self.everything,
            Topic::Task(task, Role::Watcher) => &mut self.entry(task).watchers,
            Topic::Task(task, Role::Worker) => &mut self.entry(task).workers,
        }
    }
}
