//! What peers demand, done: the one place where a conversation touches the tasks.

use std::rc::Rc;

use crate::server::broker::Broker;
use crate::server::metrics::label::{CancelOutcome, TaskEvent};
use crate::session::demand::{Answer, Demand, Feed, Notice, Publish, Published, Until};
use crate::session::list::List;
use crate::session::websocket::Purpose;
use crate::task::board::{Room, TaskKey};
use crate::task::hub::{Birth, PeerKey, Role};
use crate::task::record::{Effect, Tick};
use crate::task::refusal::MAX_SUBSCRIPTIONS;
use crate::task::state::Cancel;
use crate::task::{Now, Refusal, TaskId, Update};

/// Bytes of a state that are merged and encoded, or of an answer that are written, in the time of
/// an echo.
pub(super) const BYTES_A_UNIT: usize = 256;
/// The cost of a list: a look at every task.
const LIST_COST: usize = 64;

impl Broker {
    /// Does what `peer` demands. Without an answer, there will be one later.
    pub(super) fn fulfil(&mut self, peer: PeerKey, demand: Demand, now: Now) -> Option<Answer> {
        let result = match demand {
            Demand::Publish(publish) => self
                .publish(Some(peer), publish, now)
                .map(Answer::Published),
            Demand::PublishMany(lines) => return self.begin_batch(peer, lines, now),
            Demand::Forget(task) => self.delete(&task, now),
            Demand::Show(task) => self.show(&task).map(Answer::State),
            Demand::AwaitState { task, since, .. } => {
                return self.await_news(peer, &task, Role::Watcher, since);
            }
            Demand::AwaitCancel { task, .. } => {
                return self.await_news(peer, &task, Role::Worker, None);
            }
            Demand::Stream(feed) => {
                self.listeners.push(peer);
                Ok(self.stream(peer, &feed))
            }
            Demand::List { status } => Ok(self.list(status.as_deref(), now)),
            Demand::AwaitList { status, known, .. } => {
                if known.has(&self.list_tag(now)) {
                    self.hub.subscribe_to_everything(peer, Birth::UpToDate);
                    return None;
                }
                Ok(self.list(status.as_deref(), now))
            }
            Demand::Metrics => {
                self.scrapers.push(peer);
                return None;
            }
            Demand::Cancel { task, reason } => self.cancel(&task, reason.as_deref(), now),
            Demand::Subscribe(task) => self.subscribe(peer, &task),
            Demand::Unsubscribe(task) => {
                self.unsubscribe(peer, &task);
                Ok(Answer::Done)
            }
            Demand::Recipes => Ok(self.show_recipes()),
            Demand::Start(order) => self.start(&order, now),
            Demand::Fetch { task, name } => match self.fetch(peer, &task, name) {
                Ok(()) => return None,
                Err(refusal) => Err(refusal),
            },
        };
        Some(result.unwrap_or_else(Answer::Refused))
    }

    /// Hands the session of `key` the answer to its last demand.
    pub(super) fn answer(&mut self, key: PeerKey, answer: &Answer, now: Now) {
        self.count_answer(answer, now);
        let peer = &mut self.peers[key];
        let flow = peer.session.answer(answer, &mut peer.outbox, now);
        if let Answer::List(list) = answer {
            self.begin_list(key, list);
        }
        self.after_answer(key, flow, now);
    }

    /// A handshake succeeded: the peer takes its place, and keeps the shared copy of its task's
    /// name.
    pub(super) fn enter(&mut self, peer: PeerKey, purpose: Purpose) -> Purpose {
        match purpose {
            Purpose::Watch(task) => Purpose::Watch(self.watch(peer, &task)),
            Purpose::WatchUntilEnd(task) => Purpose::WatchUntilEnd(self.watch(peer, &task)),
            Purpose::Work(task) => {
                let key = self.board.intern(&task);
                self.attach(peer, key);
                Purpose::Work(self.board.id(key).cloned().unwrap_or(task))
            }
            Purpose::WatchAll => {
                self.hub.subscribe_to_everything(peer, Birth::Behind);
                purpose
            }
            Purpose::WatchMany | Purpose::WorkMany | Purpose::Hello | Purpose::Echo => purpose,
        }
    }

    /// A subscription of `peer` to `task` has ended.
    pub(super) fn left(&mut self, peer: PeerKey, task: TaskKey, role: Role, now: Now) {
        if self.is_attached(peer, role) {
            self.board.detach(task, now);
        }
        self.release_if_alone(task);
    }

    /// Lets the clock have its say about tasks.
    pub(super) fn tick_tasks(&mut self, now: Now) {
        while let Some((task, tick)) = self.board.tick(now) {
            match tick {
                Tick::Stays(Effect::Unchanged) => {}
                Tick::Stays(_) => {
                    self.hub.state_changed(task);
                    self.count_tick(task, now);
                }
                Tick::Forget => {
                    let id = self.board.id(task).cloned();
                    if !id.is_some_and(|id| self.keep_waiting(&id, now)) {
                        self.forget(task, now);
                    }
                }
            }
        }
    }

    pub(super) fn publish(
        &mut self,
        worker: Option<PeerKey>,
        publish: Publish,
        now: Now,
    ) -> Result<Published, Refusal> {
        let key = self.board.intern(&publish.task);
        let room = self.board.room_for(key);
        let Publish {
            task,
            patch,
            mode,
            lease_ms,
        } = publish;
        let cancel = self.board.record(key).and_then(|r| r.state().cancel());
        let last = self.board.update(key).cloned();
        // Merging and encoding cost by the length of the state, not of the patch.
        let len = last.as_ref().map_or(0, |last| last.json().len());
        self.work += len / BYTES_A_UNIT;
        let effect = match self.board.publish(key, patch, mode, lease_ms, now) {
            Ok(effect) => effect,
            Err(refusal) => {
                self.release_if_alone(key);
                return Err(refusal);
            }
        };
        // Only now: a publish that is refused drives nobody out.
        if let Room::After(oldest) = room {
            self.forget(oldest, now);
        }
        if effect != Effect::Unchanged {
            if let Some(last) = last.filter(|last| last.is_terminal()) {
                self.end_watches(key, &last, now);
            }
            self.hub.state_changed(key);
        }
        self.count_publish(key, effect, cancel, now);
        if let Some(peer) = worker.filter(|&peer| self.peers[peer].session.is_worker_socket()) {
            self.attach(peer, key);
        }
        let record = self.board.record(key).ok_or(Refusal::UnknownTask)?;
        Ok(Published {
            task,
            rev: record.update().rev(),
            watchers: self.hub.audience(key, Role::Watcher),
            cancel: record.is_cancel_wanted().then_some(Cancel::Requested),
            created: effect == Effect::Created,
        })
    }

    /// The task in slot `key`, which had ended with the state `last`, starts over. Whoever watches
    /// until the end and is still there has not taken it, and gets it now, blocked or not: later
    /// only the new run is left to take. Nothing grows by that, for it is the last that they get.
    fn end_watches(&mut self, key: TaskKey, last: &Rc<Update>, now: Now) {
        let watchers: Vec<PeerKey> = self.hub.followers(key, Role::Watcher).collect();
        for peer in watchers {
            if self.peers[peer].session.watches_until_end() {
                self.notify(peer, Notice::State(Rc::clone(last)), now);
            }
        }
    }

    pub(super) fn show(&self, task: &TaskId) -> Result<Rc<Update>, Refusal> {
        let key = self.board.find(task)?;
        self.board.update(key).cloned().ok_or(Refusal::UnknownTask)
    }

    /// The news of `task` for a follower in this role, if there is any but revision `since`. If
    /// there is none, `peer` follows the task, and the first notice will be the answer.
    fn await_news(
        &mut self,
        peer: PeerKey,
        task: &TaskId,
        role: Role,
        since: Option<u64>,
    ) -> Option<Answer> {
        let key = self.board.intern(task);
        let is_known = |notice: &Notice| match notice {
            Notice::State(update) => Some(update.rev()) == since,
            _ => false,
        };
        let news = self.notice(key, role).filter(|notice| !is_known(notice));
        if news.is_none() {
            self.hub.subscribe(peer, key, role, Birth::UpToDate);
        }
        news.map(Answer::News)
    }

    /// Subscribes `peer` to what a stream tells of. One that was here before, and has what there is
    /// to have, is owed nothing; and if that was the end, it need not have come.
    fn stream(&mut self, peer: PeerKey, feed: &Feed) -> Answer {
        let Feed::Task { task, until, seen } = feed else {
            self.hub.subscribe_to_everything(peer, Birth::Behind);
            return Answer::Stream(Until::Forgotten);
        };
        let key = self.board.intern(task);
        let newest = self.board.update(key);
        let birth = match newest {
            Some(newest) if Some(newest.rev()) != *seen => Birth::Behind,
            Some(newest) if *until == Until::End && newest.is_terminal() => return Answer::Done,
            _ => Birth::UpToDate,
        };
        self.hub.subscribe(peer, key, Role::Watcher, birth);
        Answer::Stream(*until)
    }

    /// The states of all tasks, or of those with this status. When a task changes, all who wait for
    /// the next list ask at once, and share it.
    fn list(&mut self, status: Option<&str>, now: Now) -> Answer {
        self.work += LIST_COST;
        let tag = self.list_tag(now);
        if let Some((of, last)) = &self.last_list
            && of.as_deref() == status
            && last.tag == tag
        {
            return Answer::List(Rc::clone(last));
        }
        let all = self.board.newest_first();
        let wanted =
            all.filter(|record| status.is_none_or(|status| record.state().status() == status));
        let updates = wanted.map(|record| Rc::clone(record.update()));
        let list = Rc::new(List::new(updates.collect(), tag));
        self.last_list = Some((status.map(str::to_owned), Rc::clone(&list)));
        Answer::List(list)
    }

    /// The entity tag of the list of all states, as it is now.
    fn list_tag(&mut self, now: Now) -> String {
        let since = *self.lists_since.get_or_insert(now.unix_ms);
        format!("\"{since}-{}\"", self.hub.version())
    }

    pub(super) fn cancel(
        &mut self,
        task: &TaskId,
        reason: Option<&str>,
        now: Now,
    ) -> Result<Answer, Refusal> {
        let key = self.board.find(task)?;
        if self.board.request_cancel(key, reason, now)? == Effect::Changed {
            self.hub.state_changed(key);
            self.hub.cancel_wanted(key);
            self.metrics.cancels[CancelOutcome::Requested] += 1;
            self.cancel_waiting(task, now);
        }
        self.show(task).map(Answer::CancelRequested)
    }

    fn subscribe(&mut self, peer: PeerKey, task: &TaskId) -> Result<Answer, Refusal> {
        let key = self.board.intern(task);
        let is_new = !self.hub.is_subscribed(peer, key, Role::Watcher);
        if is_new && self.hub.subscription_count(peer, MAX_SUBSCRIPTIONS) >= MAX_SUBSCRIPTIONS {
            self.release_if_alone(key);
            return Err(Refusal::TooManySubscriptions);
        }
        self.watch(peer, task);
        Ok(Answer::Done)
    }

    fn unsubscribe(&mut self, peer: PeerKey, task: &TaskId) {
        let key = self.board.intern(task);
        self.hub.unsubscribe(peer, key, Role::Watcher);
        self.release_if_alone(key);
    }

    /// Subscribes to the state of `task`, which need not exist yet; returns the shared copy of its
    /// name.
    fn watch(&mut self, peer: PeerKey, task: &TaskId) -> TaskId {
        let key = self.board.intern(task);
        self.follow(peer, key, Role::Watcher);
        self.board.id(key).unwrap_or(task).clone()
    }

    /// Notes that `peer` works on the task in slot `key`; it is owed a cancel that still stands.
    fn attach(&mut self, peer: PeerKey, key: TaskKey) {
        if self.hub.is_subscribed(peer, key, Role::Worker) {
            return;
        }
        self.board.attach(key);
        self.follow(peer, key, Role::Worker);
    }

    /// Subscribes `peer` in `role`; it is owed whatever there is to say already.
    fn follow(&mut self, peer: PeerKey, key: TaskKey, role: Role) {
        let birth = match self.notice(key, role) {
            Some(_) => Birth::Behind,
            None => Birth::UpToDate,
        };
        self.hub.subscribe(peer, key, role, birth);
    }

    /// What there is to say of `task` to a peer that follows it in `role`.
    pub(super) fn notice(&self, task: TaskKey, role: Role) -> Option<Notice> {
        let record = self.board.record(task)?;
        match role {
            Role::Watcher => Some(Notice::State(Rc::clone(record.update()))),
            Role::Worker => record.is_cancel_wanted().then_some(Notice::Cancel {
                task: self.board.id(task)?.clone(),
                reason: record.reason().map(Rc::from),
            }),
        }
    }

    /// A name that nobody published and nobody follows any more needs no slot.
    fn release_if_alone(&mut self, key: TaskKey) {
        if self.hub.is_alone(key) {
            self.board.release(key);
        }
    }

    /// Whether `peer`, following a task in this role, counts as one of its workers' sockets. A
    /// worker's long poll does not: it comes and goes, and its end means nothing.
    fn is_attached(&self, peer: PeerKey, role: Role) -> bool {
        role == Role::Worker && self.peers[peer].session.is_worker_socket()
    }

    /// Ends a task. A watcher that has not yet taken the last state gets it first.
    pub(super) fn forget(&mut self, key: TaskKey, now: Now) {
        let Some(task) = self.board.id(key).cloned() else {
            return;
        };
        self.count_task_event(key, TaskEvent::Forgotten, now);
        let last = self.board.update(key).cloned();
        self.jobs.forget(&task);
        self.board.forget(key);
        let mut ended = Vec::new();
        self.hub
            .forget(key, |peer, role, birth| ended.push((peer, role, birth)));
        for (peer, role, birth) in ended {
            if self.is_attached(peer, role) {
                self.board.detach(key, now);
                continue;
            }
            if let (Role::Watcher, Birth::Behind, Some(update)) = (role, birth, &last) {
                self.notify(peer, Notice::State(Rc::clone(update)), now);
            }
            self.notify(peer, Notice::Forgotten(task.clone()), now);
            self.hub.enlist(peer);
        }
        self.board.release(key);
    }
}
