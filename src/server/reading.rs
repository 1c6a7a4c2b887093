//! What peers sent, read: a portion of each peer's input a turn.
//!
//! A packet may hold more than a thousand requests, and all other peers wait while they are
//! answered. So a peer has a budget, and what is left over when it is spent stays in the inbox with
//! the peer's input *held*, just as when its answers pile up. One rule lets go of both: a held peer
//! is in line to be written to (or blocked), and after the write the reactor is told to read on, in
//! the next turn.

use crate::server::broker::Broker;
use crate::server::peer::{Input, Phase, limit_ms};
use crate::server::quota::Purse;
use crate::session::report::Reply;
use crate::session::websocket::WebSocket;
use crate::session::{Fault, Flow, Outcome, Session, Step, Wait};
use crate::task::Now;
use crate::task::hub::PeerKey;
use crate::wire::http::MAX_HEAD;

/// Bytes behind a poll that is held, after which no more is read. Until then its peer is read from,
/// only to see whether it goes; any other answer is soon there.
const MAX_AHEAD: usize = MAX_HEAD;

/// What is done for one peer before it is the others' turn, in the cost of an echo.
pub(super) const BUDGET: usize = 256;

impl Broker {
    /// `bytes` arrived from `key`; they are changed in place.
    pub fn receive(&mut self, key: PeerKey, bytes: &mut [u8], now: Now) {
        let transport = self.peers[key].session.transport();
        self.metrics.received_bytes[transport] += bytes.len() as u64;
        if self.peers[key].phase != Phase::Open {
            return;
        }
        let mut inbox = self.peers[key].inbox.take();
        let rest = if inbox.is_empty() {
            let used = self.converse(key, bytes, now);
            bytes[used..].to_vec()
        } else {
            inbox.extend_from_slice(bytes);
            let used = self.converse(key, &mut inbox, now);
            inbox.drain(..used);
            inbox
        };
        // Memory goes back when nothing is left over.
        let peer = &mut self.peers[key];
        if !rest.is_empty() && peer.phase == Phase::Open {
            peer.inbox.keep(rest);
            let is_enough = peer.inbox.len() >= MAX_AHEAD || !peer.session.is_held();
            if peer.input == Input::Flowing && peer.session.awaits_answer() && is_enough {
                peer.input = Input::Waiting;
            }
        }
    }

    /// Takes up the input that was left lying; like [`receive`](Self::receive) with no new bytes.
    pub fn resume(&mut self, key: PeerKey, now: Now) {
        self.receive(key, &mut [], now);
    }

    /// Lets the session read `bytes` until it needs more, until its answers pile up, or until its
    /// budget is spent. What is begun is finished: the last thing may cost more than was left.
    /// Returns how many bytes are done with.
    fn converse(&mut self, key: PeerKey, bytes: &mut [u8], now: Now) -> usize {
        let (mut used, mut spent) = (0, 0);
        while spent < BUDGET && self.peers[key].listens() {
            let step = match self.next_step(key, &mut bytes[used..], now) {
                Ok(step) => step,
                Err(fault) => {
                    self.end(key, &fault, now);
                    break;
                }
            };
            used += step.consumed;
            if matches!(step.outcome, Outcome::Starved) {
                break;
            }
            spent += self.carry_out(key, step.outcome, now);
        }
        if spent >= BUDGET {
            self.hold(key);
        }
        self.settle(key, now);
        used
    }

    /// What comes next in `bytes`. The session may charge its peer for it.
    #[inline]
    fn next_step(&mut self, key: PeerKey, bytes: &mut [u8], now: Now) -> Result<Step, Fault> {
        let peer = &mut self.peers[key];
        let mut purse = Purse {
            accounts: &mut self.accounts,
            key: &mut peer.account,
            now,
        };
        peer.session.next(bytes, &mut peer.outbox, &mut purse, now)
    }

    /// Does what the session has read. Returns what that cost, see [`BUDGET`].
    #[inline]
    fn carry_out(&mut self, key: PeerKey, outcome: Outcome, now: Now) -> usize {
        let before = self.work;
        self.act(key, outcome, now);
        self.count_reply(key);
        1 + self.work - before
    }

    fn act(&mut self, key: PeerKey, outcome: Outcome, now: Now) {
        match outcome {
            Outcome::Starved | Outcome::Handled => {}
            Outcome::Over => self.drain(key, now),
            Outcome::Refused(code, flow) => {
                self.count_refusal(code, now);
                if flow == Flow::Over {
                    self.drain(key, now);
                }
            }
            Outcome::Demand(demand) => {
                if let Some(answer) = self.fulfil(key, demand, now) {
                    self.answer(key, &answer, now);
                }
            }
            Outcome::Upgrade(purpose, permit) => {
                self.metrics.count_reply(Reply::HANDSHAKE);
                let purpose = self.enter(key, purpose);
                let peer = &mut self.peers[key];
                peer.session =
                    Session::WebSocket(WebSocket::open(purpose, permit, &mut peer.outbox));
                self.set_alarm(key, limit_ms(Wait::Ping), now);
            }
        }
    }

    /// The rest of its input waits for the next turn, in line behind the others.
    fn hold(&mut self, key: PeerKey) {
        self.peers[key].input = Input::Held;
        self.hub.enlist(key);
    }

    /// After a conversation: what was written goes in line, what was too much holds the input, and
    /// what is waited for now sets the alarm.
    fn settle(&mut self, key: PeerKey, now: Now) {
        let peer = &mut self.peers[key];
        if !peer.outbox.is_empty() {
            self.hub.enlist(key);
        }
        if peer.outbox.is_congested() {
            peer.input = Input::Held;
        }
        self.begin_wait(key, now);
    }

    /// Sets the alarm for what is waited for from now on.
    fn begin_wait(&mut self, key: PeerKey, now: Now) {
        let peer = &mut self.peers[key];
        if let Some(wait) = peer.session.new_wait()
            && peer.phase == Phase::Open
        {
            self.set_alarm(key, limit_ms(wait), now);
        }
    }

    /// After an answer, be it one that came late: nothing is followed any more for its sake, and
    /// what was sent behind the request has waited for this.
    pub(super) fn after_answer(&mut self, key: PeerKey, flow: Flow, now: Now) {
        if flow == Flow::Over {
            self.drain(key, now);
        }
        self.count_reply(key);
        let peer = &mut self.peers[key];
        if let Session::Http(http) = &peer.session
            && !http.is_held()
        {
            if !peer.inbox.is_empty() {
                peer.input = Input::Held;
            }
            if http.is_proxied() {
                self.accounts.return_to_proxy(&mut peer.account, now);
            }
            self.leave(key, now);
            self.hub.enlist(key);
        }
        self.begin_wait(key, now);
    }
}
