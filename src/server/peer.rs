//! A connection, as the broker sees it. Every byte counts: there may be a million idle ones.

use std::ops::{Index, IndexMut};

use slab::Slab;

use crate::server::inbox::Inbox;
use crate::server::quota::AccountKey;
use crate::session::{Outbox, Session, Wait};
use crate::task::deadlines::Alarm;
use crate::task::hub::PeerKey;

/// How long a request's head may take, from the connection or from its first byte.
const HEAD_MS: u64 = 10_000;
/// How long a request's content may take, from the end of the head.
const CONTENT_MS: u64 = 15_000;
/// How long a connection may idle between requests: longer than proxies keep theirs (60 s), or a
/// proxy would send a request into a connection that is just being closed.
pub(super) const NEXT_REQUEST_MS: u64 = 75_000;
/// From ping to ping, and so the time to show a sign of life.
const PING_MS: u64 = 20_000;
/// From comment to comment in a stream (HTML standard §9.2.7: "every 15 seconds or so").
const COMMENT_MS: u64 = 15_000;
/// How long the last bytes may take to go out.
pub(super) const DRAIN_MS: u64 = 5_000;
/// How long to wait for the peer's end after ours.
pub(super) const LINGER_MS: u64 = 2_000;

/// Where a connection is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// In conversation.
    Open,
    /// Everything is said; the outbox holds the end of it. Input is read and dropped, because a
    /// socket closed with unread input resets, and the reset may overtake our last words
    /// (RFC 9112 §9.6).
    Draining,
    /// As Draining, but the peer's side has ended: with the last byte written, it is over.
    LastWords,
    /// Our side is shut; the peer's is not yet.
    Lingering,
    /// To be buried at the end of this turn.
    Dead,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) session: Session,
    pub(super) inbox: Inbox,
    pub(super) outbox: Outbox,
    pub(super) alarm: Alarm,
    /// Where it is charged.
    pub(super) account: AccountKey,
    pub(super) phase: Phase,
    pub(super) input: Input,
}

// With its subscription, its mailbox, its stream and its place in three lists, an idle watcher
// is some 200 bytes in all. Whoever lets this grow decides so here.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Peer>() <= 96);

/// Whether a peer is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    /// It is.
    Flowing,
    /// Not in this turn, and not until it has taken the answers to what it asked for: its further
    /// requests stay in the kernel, whose buffer fills, which makes the peer itself wait.
    Held,
    /// Not until the answer has come that it waits for: enough of what is to be answered after it
    /// lies in the inbox.
    Waiting,
}

impl Peer {
    pub(super) fn new(session: Session, account: AccountKey) -> Peer {
        Peer {
            session,
            inbox: Inbox::default(),
            outbox: Outbox::default(),
            alarm: Alarm::default(),
            account,
            phase: Phase::Open,
            input: Input::Flowing,
        }
    }

    /// Whether it may be asked for more: the conversation goes on, and it takes its answers.
    pub(super) fn listens(&self) -> bool {
        self.phase == Phase::Open && !self.outbox.is_congested()
    }
}

/// All connections, each in its slot. Only the reactor's and the deadlines' keys may be stale, and
/// these are asked about with [`contains`](Self::contains); a bad key anywhere else is a bug.
#[derive(Debug, Default)]
pub(super) struct Peers(Slab<Peer>);

impl Peers {
    pub(super) fn insert(&mut self, peer: Peer) -> PeerKey {
        PeerKey(self.0.insert(peer) as u32)
    }

    pub(super) fn remove(&mut self, key: PeerKey) {
        self.0.remove(key.0 as usize);
    }

    pub(super) fn contains(&self, key: PeerKey) -> bool {
        self.0.contains(key.0 as usize)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Peer> {
        self.0.iter().map(|(_, peer)| peer)
    }

    pub(super) fn keys(&self) -> Vec<PeerKey> {
        self.0.iter().map(|(key, _)| PeerKey(key as u32)).collect()
    }
}

impl Index<PeerKey> for Peers {
    type Output = Peer;

    fn index(&self, key: PeerKey) -> &Peer {
        &self.0[key.0 as usize]
    }
}

impl IndexMut<PeerKey> for Peers {
    fn index_mut(&mut self, key: PeerKey) -> &mut Peer {
        &mut self.0[key.0 as usize]
    }
}

/// How long a peer may be waited for.
pub(super) fn limit_ms(wait: Wait) -> u64 {
    match wait {
        Wait::Head => HEAD_MS,
        Wait::Content => CONTENT_MS,
        Wait::NextRequest => NEXT_REQUEST_MS,
        Wait::News { ms } => u64::from(ms),
        Wait::Comment => COMMENT_MS,
        Wait::Ping => PING_MS,
    }
}
