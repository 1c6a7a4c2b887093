//! One published task: its state, the bytes of it, and the moments that decide what becomes of it.

use std::rc::Rc;

use crate::task::clock::Now;
use crate::task::derived::Derived;
use crate::task::id::TaskId;
use crate::task::patch::Patch;
use crate::task::refusal::Refusal;
use crate::task::state::{Cancel, Mode, State};
use crate::task::update::Update;

/// How long the daemon waits for whom; all in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patience {
    /// From the loss of a worker's socket to `lost`.
    pub lease_ms: u64,
    /// Without a change while the worker lives, to `stalled`.
    pub stall_ms: u64,
    /// A task that has ended is kept this long.
    pub keep_ms: u64,
    /// A task that has not ended is kept this long after the last word of it.
    pub silence_ms: u64,
}

impl Default for Patience {
    fn default() -> Patience {
        let minute_ms = 60_000;
        Patience {
            lease_ms: 30_000,
            stall_ms: 30_000,
            keep_ms: 60 * minute_ms,
            silence_ms: 24 * 60 * minute_ms,
        }
    }
}

/// What a publish, a cancel or the clock did to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It is new.
    Created,
    /// It has a new revision.
    Changed,
    /// Nothing that a watcher could see.
    Unchanged,
}

/// What the clock wants of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tick {
    /// Nothing, or a new revision.
    Stays(Effect),
    /// Its time is over.
    Forget,
}

/// A published task.
#[derive(Debug)]
pub struct Record {
    state: State,
    update: Rc<Update>,
    derived: Derived,
    reason: Option<Rc<str>>,
    /// The last word of it: a publish, or a worker's socket that was open until then.
    heard_ms: u64,
    /// The last publish that changed nothing, for as long as it shows that the worker lives.
    heartbeat_ms: Option<u64>,
    /// The last publish that changed something.
    changed_ms: u64,
    /// When a worker that has gone, or that asked for a lease, is given up.
    lease_ends_ms: Option<u64>,
}

impl Record {
    /// The first publish of `id`, as revision `rev`.
    ///
    /// # Errors
    /// As [`State::apply`].
    pub fn create(id: &TaskId, patch: Patch, rev: u64, now: Now) -> Result<Record, Refusal> {
        let mut derived = Derived::default();
        let state = State::default().apply(patch, Mode::Replace, &mut derived, now.ticks_ms)?;
        Ok(Record {
            update: encode(&state, id, rev, now),
            state,
            derived,
            reason: None,
            heard_ms: now.ticks_ms,
            heartbeat_ms: None,
            changed_ms: now.ticks_ms,
            lease_ends_ms: None,
        })
    }

    /// A further publish.
    ///
    /// # Errors
    /// As [`State::apply`]; [`Refusal::Finished`] if the task has ended and the merge would change
    /// it.
    pub fn publish(
        &mut self,
        id: &TaskId,
        patch: Patch,
        mode: Mode,
        now: Now,
    ) -> Result<Effect, Refusal> {
        // Learned on a copy: a refused publish leaves no trace in the speed either.
        let mut derived = match mode {
            Mode::Merge => self.derived.clone(),
            Mode::Replace => Derived::default(),
        };
        let next = self.state.apply(patch, mode, &mut derived, now.ticks_ms)?;
        if mode == Mode::Merge && self.state.is_terminal() && next != self.state {
            return Err(Refusal::Finished);
        }
        let effect = self.become_state(next, id, now);
        self.derived = derived;
        self.heard_ms = now.ticks_ms;
        self.heartbeat_ms = None;
        self.lease_ends_ms = None;
        match effect {
            Effect::Unchanged => self.heartbeat_ms = Some(now.ticks_ms),
            Effect::Changed | Effect::Created => self.changed_ms = now.ticks_ms,
        }
        Ok(effect)
    }

    /// A watcher asks the worker to stop.
    ///
    /// # Errors
    /// [`Refusal::Finished`] if the task has ended.
    pub fn request_cancel(
        &mut self,
        id: &TaskId,
        reason: Option<&str>,
        now: Now,
    ) -> Result<Effect, Refusal> {
        if self.state.is_terminal() {
            return Err(Refusal::Finished);
        }
        let effect = self.become_state(self.state.with_cancel_requested(), id, now);
        if effect == Effect::Changed {
            self.reason = reason.map(Rc::from);
        }
        Ok(effect)
    }

    /// The last socket of its workers has closed: it was a sign of life until now, and is none from
    /// now on.
    pub fn socket_closed(&mut self, lease_ms: u64, now: Now) {
        self.heard_ms = now.ticks_ms;
        self.heartbeat_ms = None;
        self.start_lease(lease_ms, now);
    }

    /// The worker is to be given up after `lease_ms` unless it is heard again.
    pub fn start_lease(&mut self, lease_ms: u64, now: Now) {
        self.lease_ends_ms = Some(now.ticks_ms.saturating_add(lease_ms));
    }

    /// The worker is back on a socket of its own.
    pub fn end_lease(&mut self) {
        self.lease_ends_ms = None;
    }

    /// What is due by `now`. `sockets` counts the workers connected for this task.
    pub fn tick(&mut self, id: &TaskId, sockets: u32, patience: &Patience, now: Now) -> Tick {
        if self.forget_ms(sockets, patience) <= now.ticks_ms {
            return Tick::Forget;
        }
        let is_over = |ends_ms: u64| ends_ms <= now.ticks_ms;
        self.heartbeat_ms
            .take_if(|at_ms| is_over(at_ms.saturating_add(patience.stall_ms)));
        let next = if self.lease_ms().is_some_and(is_over) {
            self.lease_ends_ms = None;
            self.state.with_worker_lost()
        } else {
            let stalls = self.stalls_ms(sockets, patience).is_some_and(is_over);
            self.state.with_stalled(stalls)
        };
        Tick::Stays(self.become_state(next, id, now))
    }

    /// When [`tick`](Self::tick) has something to do, in ticks.
    pub fn next_tick_ms(&self, sockets: u32, patience: &Patience) -> u64 {
        [self.lease_ms(), self.stall_turns_ms(sockets, patience)]
            .into_iter()
            .flatten()
            .fold(self.forget_ms(sockets, patience), u64::min)
    }

    /// The newest revision, encoded.
    pub fn update(&self) -> &Rc<Update> {
        &self.update
    }

    /// The newest state.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Why the watcher wants it cancelled, if it said so.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// Whether the worker still has to answer a watcher's cancel.
    pub fn is_cancel_wanted(&self) -> bool {
        self.state.cancel() == Some(Cancel::Requested)
    }

    fn become_state(&mut self, next: State, id: &TaskId, now: Now) -> Effect {
        if next == self.state {
            return Effect::Unchanged;
        }
        self.update = encode(&next, id, self.update.rev() + 1, now);
        self.state = next;
        Effect::Changed
    }

    fn lease_ms(&self) -> Option<u64> {
        self.lease_ends_ms.filter(|_| !self.state.is_terminal())
    }

    fn forget_ms(&self, sockets: u32, patience: &Patience) -> u64 {
        match (self.state.is_terminal(), sockets) {
            (true, _) => self.changed_ms.saturating_add(patience.keep_ms),
            (false, 0) => self.heard_ms.saturating_add(patience.silence_ms),
            // Its worker is there and answers pings: that is a word of it.
            (false, _) => u64::MAX,
        }
    }

    /// When the worker counts as stalled if it lives on without a change; none if it does not live.
    /// One without a socket lives as long as its heartbeats come closer together than that.
    fn stalls_ms(&self, sockets: u32, patience: &Patience) -> Option<u64> {
        let lives = sockets > 0 || self.heartbeat_ms.is_some();
        let counts = lives && !self.state.is_terminal() && !self.state.is_lost();
        counts.then(|| self.changed_ms.saturating_add(patience.stall_ms))
    }

    /// When `stalled` may turn by the clock alone. After a tick this is never in the past, or the
    /// next tick would find the same, and the next.
    fn stall_turns_ms(&self, sockets: u32, patience: &Patience) -> Option<u64> {
        let begins_ms = self.stalls_ms(sockets, patience);
        match (self.state.is_stalled(), sockets, self.heartbeat_ms) {
            (false, ..) => begins_ms,
            (true, 0, Some(at_ms)) => Some(at_ms.saturating_add(patience.stall_ms)),
            // Its socket has gone: at once.
            (true, 0, None) => Some(0),
            (true, _, _) => None,
        }
    }
}

fn encode(state: &State, id: &TaskId, rev: u64, now: Now) -> Rc<Update> {
    let json = state.encode(id, rev, now.unix_ms);
    Rc::new(Update::new(rev, state.is_terminal(), &json))
}
