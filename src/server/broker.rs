//! Peers and tasks, joined: the whole daemon but for the system calls.
//!
//! The reactor drives it with these verbs, in the order of a turn:
//!
//! 1. [`receive`](Broker::receive), [`end_of_input`](Broker::end_of_input),
//!    [`writable`](Broker::writable), [`lose`](Broker::lose) for what the poll reported;
//! 2. [`connect`](Broker::connect) for new connections;
//! 3. [`tick`](Broker::tick) for what the clock reports;
//! 4. [`next_to_write`](Broker::next_to_write) and [`write`](Broker::write) for whoever is owed
//!    something;
//! 5. [`bury`](Broker::bury) for the dead: only here slots are freed, so that no event of this
//!    turn can mean a new owner.
//!
//! Liveness, true between any two calls: *a peer that is owed something is in line or blocked,* and
//! so is one whose input is held.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::mem;
use std::rc::Rc;

use crate::server::batch::Batch;
use crate::server::config::Config;
use crate::server::fulfil::BYTES_A_UNIT;
use crate::server::inbox::Inbox;
use crate::server::jobs::Jobs;
use crate::server::journal::Journal;
use crate::server::metrics::Metrics;
use crate::server::peer::{DRAIN_MS, Input, LINGER_MS, NEXT_REQUEST_MS, Peers, Phase, limit_ms};
use crate::server::quota::Accounts;
use crate::server::sending::Sendings;
use crate::session::forwarded::Proxies;
use crate::session::keys::{Keyring, Keys};
use crate::session::list::List;
use crate::session::{Fault, Flow, Notice, Session, Wait};
use crate::task::board::TaskKey;
use crate::task::deadlines::Deadlines;
use crate::task::hub::{PeerKey, Role};
use crate::task::{Board, Hub, Now};
use crate::wire::close::CloseCode;

/// What the reactor has to do after a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// Nothing.
    Nothing,
    /// Shut down the sending half: these were the last words.
    ShutDown,
    /// Read again, beginning with [`Broker::resume`]: input was left lying.
    Read,
}

/// The daemon's state.
#[derive(Debug)]
pub struct Broker {
    pub(super) peers: Peers,
    pub(super) hub: Hub,
    pub(super) board: Board,
    deadlines: Deadlines,
    pub(super) keyring: Rc<Keyring>,
    pub(super) accounts: Accounts,
    pub(super) proxies: Rc<Proxies>,
    pub(super) metrics: Metrics,
    pub(super) journal: Journal,
    /// Peers whose demand for the daemon's numbers waits for the kernel's.
    pub(super) scrapers: Vec<PeerKey>,
    /// Peers that have begun to listen, and will not speak again.
    pub(super) listeners: Vec<PeerKey>,
    /// What was begun in an earlier turn.
    pub(super) batches: VecDeque<Batch>,
    pub(super) jobs: Jobs,
    pub(super) sendings: Sendings,
    /// What has been done since the start, in the cost of an echo: for budgets, which compare.
    pub(super) work: usize,
    /// The list that was last made, and of which status, for whoever else asks for it in this turn.
    pub(super) last_list: Option<(Option<String>, Rc<List>)>,
    dead: Vec<PeerKey>,
    /// Tells this daemon's lists from those of its predecessors: when it was first asked for one.
    pub(super) lists_since: Option<u64>,
}

impl Broker {
    /// A daemon with no peers and no tasks.
    pub fn new(config: &Config) -> Broker {
        Broker {
            peers: Peers::default(),
            hub: Hub::default(),
            board: Board::new(config.patience.clone(), config.max_tasks),
            deadlines: Deadlines::default(),
            keyring: Rc::new(Keyring::new(config.keys.clone())),
            metrics: Metrics::default(),
            journal: Journal::new(config.log_level),
            scrapers: Vec::new(),
            listeners: Vec::new(),
            batches: VecDeque::new(),
            jobs: Jobs::new(config.recipes.clone()),
            sendings: Sendings::default(),
            work: 0,
            last_list: None,
            accounts: Accounts::new(config.limits.clone()),
            proxies: Rc::new(config.proxies.clone()),
            dead: Vec::new(),
            lists_since: None,
        }
    }

    /// These keys count from now on.
    pub fn set_keys(&mut self, keys: Keys) {
        self.keyring.replace(keys);
    }

    /// Whether `key` is still a connection.
    pub fn contains(&self, key: PeerKey) -> bool {
        self.peers.contains(key)
    }

    /// Whether `key` may be read from now. If not, [`After::Read`] will say when.
    pub fn wants_input(&self, key: PeerKey) -> bool {
        let peer = &self.peers[key];
        match peer.phase {
            Phase::Open => peer.input == Input::Flowing,
            Phase::Draining | Phase::Lingering => true,
            Phase::LastWords | Phase::Dead => false,
        }
    }

    /// The peer has ended its side. Whatever it was given is still written out.
    pub fn end_of_input(&mut self, key: PeerKey) {
        let peer = &mut self.peers[key];
        // A client may shut its side down behind its last request and still read the answer; a
        // watcher that does is gone.
        let is_owed = match (peer.phase, &peer.session) {
            // Who has a poll held is gone as well: there is no other way to know.
            (Phase::Open, Session::Http(http)) => http.is_answering() || !peer.outbox.is_empty(),
            (Phase::Draining, _) => !peer.outbox.is_empty(),
            _ => false,
        };
        match is_owed {
            true => peer.phase = Phase::LastWords,
            false => self.lose(key),
        }
    }

    /// The kernel takes bytes for `key` again.
    pub fn writable(&mut self, key: PeerKey) {
        let peer = &mut self.peers[key];
        if peer.outbox.is_blocked() {
            // Room after a short write: the peer has acknowledged bytes. Its pong may be long in
            // coming, for our ping lies behind all that it has not read yet.
            peer.session.sign_of_life();
            peer.outbox.unblock();
        }
        if !self.peers[key].outbox.is_empty() || self.hub.is_owed(key) {
            self.hub.enlist(key);
        }
    }

    /// The connection is broken.
    pub fn lose(&mut self, key: PeerKey) {
        if mem::replace(&mut self.peers[key].phase, Phase::Dead) != Phase::Dead {
            self.dead.push(key);
        }
    }

    /// What the clock says to tasks and peers.
    pub fn tick(&mut self, now: Now) {
        self.last_list = None;
        self.go_on_with_batches(now);
        self.tick_tasks(now);
        self.tick_jobs(now);
        self.accounts.tick(now);
        while let Some(due) = self.deadlines.due(now.ticks_ms) {
            let key = PeerKey(due.key);
            if self.peers.contains(key)
                && self
                    .deadlines
                    .rings(due, &mut self.peers[key].alarm, now.ticks_ms)
            {
                self.tick_peer(key, now);
            }
        }
    }

    /// When [`tick`](Self::tick) is wanted, in ticks.
    pub fn next_tick_ms(&self) -> Option<u64> {
        if self.is_working() {
            return Some(0);
        }
        let next_ms = [
            self.deadlines.next_ms(),
            self.board.next_tick_ms(),
            self.accounts.next_tick_ms(),
            self.jobs.next_tick_ms(),
        ];
        next_ms.into_iter().flatten().min()
    }

    /// A peer that from now on only listens: whether it is still there, the kernel has to find out.
    pub fn next_listener(&mut self) -> Option<PeerKey> {
        self.listeners.pop()
    }

    /// Whose turn it is to be written to.
    pub fn next_to_write(&mut self) -> Option<PeerKey> {
        self.hub.next_in_line()
    }

    /// What has been done since the start, in the cost of an echo: for budgets, which compare.
    pub fn work(&self) -> usize {
        self.work
    }

    /// How many places the line has: a bound for one turn's flush.
    pub fn line_len(&self) -> usize {
        self.hub.line_len()
    }

    /// Writes to `socket`, once, what `key` is owed: its replies, and the newest of each task that
    /// it is behind on, as far as there is room.
    ///
    /// # Errors
    /// As the socket's; the peer is then to be given to [`lose`](Self::lose).
    pub fn write(&mut self, key: PeerKey, socket: &mut impl Write, now: Now) -> io::Result<After> {
        self.fill(key, now);
        let peer = &mut self.peers[key];
        if peer.outbox.is_blocked() || peer.phase == Phase::Dead {
            return Ok(After::Nothing);
        }
        let count = peer.outbox.write_to(socket)?;
        self.metrics.sent_bytes[peer.session.transport()] += count as u64;
        self.work += 1 + count / BYTES_A_UNIT;
        Ok(match peer.phase {
            Phase::Open => self.after_write(key, now),
            _ => self.after_last_write(key, now),
        })
    }

    /// The next connection to drop; its slot is free from now on.
    pub fn bury(&mut self, now: Now) -> Option<PeerKey> {
        let key = self.dead.pop()?;
        self.leave(key, now);
        self.hub.reset(key);
        self.deadlines.clear(&mut self.peers[key].alarm, key.0);
        self.scrapers.retain(|&scraper| scraper != key);
        self.orphan_batches(key);
        self.sendings.drop_peer(key);
        self.accounts.leave(self.peers[key].account, now);
        self.peers.remove(key);
        Some(key)
    }

    /// Says goodbye to everybody. Requests that are being answered get their answer, their last.
    pub fn close_all(&mut self, now: Now) {
        for key in self.peers.keys() {
            self.fill(key, now);
            match &mut self.peers[key].session {
                Session::Http(http) if http.is_busy() => http.conclude(),
                _ => {
                    let fault = Fault::Ended(CloseCode::GOING_AWAY, "the daemon is stopping");
                    self.end(key, &fault, now);
                }
            }
        }
    }

    fn tick_peer(&mut self, key: PeerKey, now: Now) {
        let peer = &mut self.peers[key];
        if peer.phase != Phase::Open {
            return self.lose(key);
        }
        match peer.session.tick(&mut peer.outbox, now) {
            Ok(flow) => {
                self.set_alarm(key, limit_ms(Wait::Ping), now);
                self.hub.enlist(key);
                self.after_answer(key, flow, now);
            }
            Err(Fault::Gone) => self.lose(key),
            Err(fault) => self.end(key, &fault, now),
        }
    }

    /// Moves what `key` is owed into its outbox, unless that is full already.
    fn fill(&mut self, key: PeerKey, now: Now) {
        while self.hub.is_owed(key)
            && let peer = &self.peers[key]
            && peer.phase == Phase::Open
            && !peer.outbox.is_blocked()
            && !peer.outbox.is_congested()
            && let Some((task, role)) = self.hub.take(key)
        {
            self.tell(key, task, role, now);
        }
        if self.sendings.has(key) {
            self.fill_with_content(key, now);
        }
    }

    /// There is news of `task`: `key` is told, or answered what it asked if news came.
    fn tell(&mut self, key: PeerKey, task: TaskKey, role: Role, now: Now) {
        if let Some(question) = self.peers[key].session.question() {
            if let Some(answer) = self.fulfil(key, question, now) {
                self.answer(key, &answer, now);
            }
        } else if let Some(notice) = self.notice(task, role) {
            self.notify(key, notice, now);
        }
    }

    pub(super) fn notify(&mut self, key: PeerKey, notice: Notice, now: Now) {
        let peer = &mut self.peers[key];
        if peer.phase != Phase::Open {
            return;
        }
        if let Notice::State(_) = &notice {
            self.metrics.updates_sent[peer.session.transport()] += 1;
        }
        let flow = peer.session.notify(notice, &mut peer.outbox, now);
        match peer.session {
            // What a poll was held for is its answer.
            Session::Http(_) => self.after_answer(key, flow, now),
            _ if flow == Flow::Over => self.drain(key, now),
            _ => {}
        }
    }

    /// An open peer stays in line while it is owed anything that the kernel has room for, and may
    /// speak again, in the next turn, if it has taken most of what it asked for.
    fn after_write(&mut self, key: PeerKey, now: Now) -> After {
        let is_sending = self.sendings.has(key);
        let peer = &mut self.peers[key];
        let waits = !peer.outbox.is_empty() || is_sending;
        if !peer.outbox.is_blocked() && (waits || self.hub.is_owed(key)) {
            self.hub.enlist(key);
        }
        let resumes = peer.input == Input::Held && !peer.outbox.is_congested() && !is_sending;
        if resumes {
            peer.input = Input::Flowing;
        }
        if waits && matches!(peer.session, Session::Http(_)) && !peer.session.is_held() {
            // A long answer to a slow client: as long as it moves, its time begins anew.
            self.set_alarm(key, NEXT_REQUEST_MS, now);
        }
        if resumes { After::Read } else { After::Nothing }
    }

    /// With the last byte written, our side is shut, or all is over if the peer's was already.
    fn after_last_write(&mut self, key: PeerKey, now: Now) -> After {
        let is_sending = self.sendings.has(key);
        let peer = &mut self.peers[key];
        if !peer.outbox.is_empty() || is_sending {
            if !peer.outbox.is_blocked() {
                self.hub.enlist(key);
            }
            self.set_alarm(key, DRAIN_MS, now);
        } else if peer.phase == Phase::Draining {
            peer.phase = Phase::Lingering;
            self.set_alarm(key, LINGER_MS, now);
            return After::ShutDown;
        } else if peer.phase == Phase::LastWords {
            self.lose(key);
        }
        After::Nothing
    }

    pub(super) fn end(&mut self, key: PeerKey, fault: &Fault, now: Now) {
        let peer = &mut self.peers[key];
        if peer.phase == Phase::Open {
            peer.session.farewell(fault, &mut peer.outbox, now);
            self.count_fault(fault, now);
            self.count_reply(key);
            self.drain(key, now);
        }
    }

    /// Nothing is said after what the outbox holds.
    pub(super) fn drain(&mut self, key: PeerKey, now: Now) {
        let peer = &mut self.peers[key];
        if peer.phase == Phase::Open {
            peer.phase = Phase::Draining;
            peer.inbox = Inbox::default();
            // Who has said goodbye watches nothing and works on nothing, however long its end takes.
            self.leave(key, now);
            // Also with an empty outbox: the write then finds nothing to do and shuts down.
            self.hub.enlist(key);
            self.set_alarm(key, DRAIN_MS, now);
        }
    }

    pub(super) fn leave(&mut self, key: PeerKey, now: Now) {
        while let Some((task, role)) = self.hub.leave(key) {
            self.left(key, task, role, now);
        }
    }

    pub(super) fn set_alarm(&mut self, key: PeerKey, after_ms: u64, now: Now) {
        let alarm = &mut self.peers[key].alarm;
        self.deadlines.set(alarm, key.0, now.ticks_ms + after_ms);
    }
}
