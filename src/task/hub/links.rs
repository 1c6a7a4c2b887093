//! The hub's lists: each subscription stands in its peer's and in its topic's.
//!
//! The peer's list is doubly linked through the subscriptions themselves, so that one can be moved
//! or taken out in O(1); the topic's audience is a plain vector, which is what marking walks, and a
//! subscription knows its place in it.

use crate::task::hub::{Hub, Link, NONE, PeerKey, Subscription, Topic};

impl Hub {
    /// Walks the peer's list and the topic's audience in step and ends with the shorter: a worker
    /// with ten thousand tasks has few fellow workers on each, a watcher with ten thousand fellow
    /// watchers has few tasks.
    pub(super) fn find(&self, peer: PeerKey, topic: Topic) -> Option<Link> {
        let mut mine = self.mailbox(peer).first;
        for &theirs in self.audience_of(topic) {
            if self.subscriptions[theirs as usize].peer == peer {
                return Some(theirs);
            }
            let own = self.subscriptions.get(mine as usize)?;
            if own.topic == topic {
                return Some(mine);
            }
            mine = own.after;
        }
        None
    }

    pub(super) fn follow(&mut self, peer: PeerKey, topic: Topic) -> Link {
        self.find(peer, topic)
            .unwrap_or_else(|| self.add(peer, topic))
    }

    /// A new subscription goes to the front: it is up to date.
    fn add(&mut self, peer: PeerKey, topic: Topic) -> Link {
        let after = self.mailbox(peer).first;
        let place = self.audience_of(topic).len() as u32;
        let subscription = Subscription {
            topic,
            peer,
            place,
            before: NONE,
            after,
            behind: false,
        };
        let link = self.subscriptions.insert(subscription) as Link;
        match self.subscriptions.get_mut(after as usize) {
            Some(next) => next.before = link,
            None => self.mailbox_mut(peer).last = link,
        }
        self.mailbox_mut(peer).first = link;
        self.audience_mut(topic).push(link);
        link
    }

    pub(super) fn remove(&mut self, link: Link) -> Option<Subscription> {
        if !self.subscriptions.contains(link as usize) {
            return None;
        }
        self.unlink(link);
        let gone = self.subscriptions.remove(link as usize);
        let audience = self.audience_mut(gone.topic);
        audience.swap_remove(gone.place as usize);
        if let Some(&moved) = audience.get(gone.place as usize) {
            self.subscriptions[moved as usize].place = gone.place;
        }
        Some(gone)
    }

    pub(super) fn unlink(&mut self, link: Link) {
        let Subscription {
            peer,
            before,
            after,
            ..
        } = self.subscriptions[link as usize];
        match self.subscriptions.get_mut(before as usize) {
            Some(previous) => previous.after = after,
            None => self.mailbox_mut(peer).first = after,
        }
        match self.subscriptions.get_mut(after as usize) {
            Some(next) => next.before = before,
            None => self.mailbox_mut(peer).last = before,
        }
        let mailbox = self.mailbox_mut(peer);
        if mailbox.first_behind == link {
            mailbox.first_behind = after;
        }
    }

    pub(super) fn append(&mut self, link: Link) {
        let peer = self.subscriptions[link as usize].peer;
        let before = std::mem::replace(&mut self.mailbox_mut(peer).last, link);
        match self.subscriptions.get_mut(before as usize) {
            Some(previous) => previous.after = link,
            None => self.mailbox_mut(peer).first = link,
        }
        let subscription = &mut self.subscriptions[link as usize];
        (subscription.before, subscription.after) = (before, NONE);
    }
}
