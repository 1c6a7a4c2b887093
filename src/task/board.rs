//! All the tasks, by name and by slot, and the clock's work on them.
//!
//! A task has a slot from the moment somebody mentions it: a watcher may come before the first
//! publish. It has a [`Record`] once a worker has published, and only then does it exist for the
//! outside.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use slab::Slab;

use crate::task::clock::Now;
use crate::task::deadlines::{Alarm, Deadlines};
use crate::task::id::TaskId;
use crate::task::patch::Patch;
use crate::task::record::{Effect, Patience, Record, Tick};
use crate::task::refusal::Refusal;
use crate::task::state::Mode;
use crate::task::update::Update;

/// A task's slot. Given out again after the task is forgotten and nobody watches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskKey(pub u32);

/// Whether there is a place for one more task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Yes.
    Free,
    /// If this one, the one that ended longest ago, is forgotten right after.
    After(TaskKey),
    /// No: nothing has ended.
    Full,
}

#[derive(Debug)]
struct Task {
    id: TaskId,
    record: Option<Record>,
    /// Workers connected on sockets.
    sockets: u32,
    /// Its place in the list.
    listed: u64,
    /// Its place among the ended.
    ended: Option<u64>,
    alarm: Alarm,
}

/// All tasks.
#[derive(Debug)]
pub struct Board {
    tasks: Slab<Task>,
    names: HashMap<TaskId, TaskKey>,
    /// Tasks with a record, by their first publish.
    listed: BTreeMap<u64, TaskKey>,
    /// Of these the ended ones, by their end.
    ended: BTreeMap<u64, TaskKey>,
    deadlines: Deadlines,
    patience: Patience,
    max_tasks: usize,
    /// Counts first publishes and ends: a clock's milliseconds would not tell them apart.
    serial: u64,
    /// No revision up to here is ever given to a new task: a name that is forgotten and comes back
    /// within a millisecond, or after more changes than milliseconds, still counts upwards.
    rev_floor: u64,
}

impl Board {
    /// An empty board for at most `max_tasks` published tasks.
    pub fn new(patience: Patience, max_tasks: usize) -> Board {
        Board {
            tasks: Slab::new(),
            names: HashMap::new(),
            listed: BTreeMap::new(),
            ended: BTreeMap::new(),
            deadlines: Deadlines::default(),
            patience,
            max_tasks,
            serial: 0,
            rev_floor: 0,
        }
    }

    /// The slot of `id`, new if nobody mentioned it before.
    pub fn intern(&mut self, id: &TaskId) -> TaskKey {
        if let Some(&key) = self.names.get(id) {
            return key;
        }
        let (id, record, alarm) = (id.clone(), None, Alarm::default());
        let task = Task {
            id: id.clone(),
            record,
            sockets: 0,
            listed: 0,
            ended: None,
            alarm,
        };
        let key = TaskKey(self.tasks.insert(task) as u32);
        self.names.insert(id, key);
        key
    }

    /// The slot of `id` if it has been published.
    ///
    /// # Errors
    /// [`Refusal::UnknownTask`].
    pub fn find(&self, id: &TaskId) -> Result<TaskKey, Refusal> {
        let key = self.names.get(id).copied().ok_or(Refusal::UnknownTask)?;
        self.update(key).map(|_| key).ok_or(Refusal::UnknownTask)
    }

    /// The name in slot `key`, as the copy that all share.
    pub fn id(&self, key: TaskKey) -> Option<&TaskId> {
        self.tasks.get(key.0 as usize).map(|task| &task.id)
    }

    /// The record in slot `key`, if published.
    pub fn record(&self, key: TaskKey) -> Option<&Record> {
        self.tasks.get(key.0 as usize)?.record.as_ref()
    }

    /// The newest revision of the task in slot `key`, if published.
    pub fn update(&self, key: TaskKey) -> Option<&Rc<Update>> {
        self.record(key).map(Record::update)
    }

    /// All published tasks, the newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Record> {
        let keys = self.listed.values().rev();
        keys.filter_map(|&key| self.record(key))
    }

    /// How many tasks may be published at once.
    pub fn max_tasks(&self) -> usize {
        self.max_tasks
    }

    /// How many tasks are published.
    pub fn len(&self) -> usize {
        self.listed.len()
    }

    /// Whether no task is published.
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// Whether the task in slot `key` may be published now.
    pub fn room_for(&self, key: TaskKey) -> Room {
        if self.len() < self.max_tasks || self.record(key).is_some() {
            return Room::Free;
        }
        self.ended
            .first_key_value()
            .map_or(Room::Full, |(_, &oldest)| Room::After(oldest))
    }

    /// A worker's publish. A lease is asked for in `lease_ms`.
    ///
    /// # Errors
    /// As [`Record::publish`], and [`Refusal::TooManyTasks`] where there is no [`Room`]. After one
    /// that was granted where there was [`Room::After`] another, that one is to be forgotten.
    pub fn publish(
        &mut self,
        key: TaskKey,
        patch: Patch,
        mode: Mode,
        lease_ms: Option<u64>,
        now: Now,
    ) -> Result<Effect, Refusal> {
        if self.room_for(key) == Room::Full {
            return Err(Refusal::TooManyTasks);
        }
        let Some(task) = self.tasks.get_mut(key.0 as usize) else {
            return Err(Refusal::UnknownTask);
        };
        let effect = match &mut task.record {
            Some(record) => record.publish(&task.id, patch, mode, now),
            None => {
                let rev = now.unix_ms.max(self.rev_floor + 1);
                task.record = Some(Record::create(&task.id, patch, rev, now)?);
                self.serial += 1;
                task.listed = self.serial;
                self.listed.insert(task.listed, key);
                Ok(Effect::Created)
            }
        };
        // Nothing but a fresh run changes a task that has ended; should it end as well, that is a
        // new end.
        if matches!(effect, Ok(Effect::Changed | Effect::Created))
            && let Some(serial) = task.ended.take()
        {
            self.ended.remove(&serial);
        }
        // A worker on a socket has its lease when the socket drops.
        if let (Some(record), Some(lease_ms), 0) = (&mut task.record, lease_ms, task.sockets)
            && effect.is_ok()
        {
            record.start_lease(lease_ms, now);
        }
        self.settle(key);
        effect
    }

    /// A watcher asks the worker of `key` to stop.
    ///
    /// # Errors
    /// [`Refusal::UnknownTask`] and as [`Record::request_cancel`].
    pub fn request_cancel(
        &mut self,
        key: TaskKey,
        reason: Option<&str>,
        now: Now,
    ) -> Result<Effect, Refusal> {
        let task = self
            .tasks
            .get_mut(key.0 as usize)
            .ok_or(Refusal::UnknownTask)?;
        let record = task.record.as_mut().ok_or(Refusal::UnknownTask)?;
        record.request_cancel(&task.id, reason, now)
    }

    /// A worker has connected for `key`.
    pub fn attach(&mut self, key: TaskKey) {
        let Some(task) = self.tasks.get_mut(key.0 as usize) else {
            return;
        };
        task.sockets += 1;
        if let Some(record) = &mut task.record {
            record.end_lease();
        }
        self.settle(key);
    }

    /// A worker's socket for `key` is gone; with the last one, the lease begins.
    pub fn detach(&mut self, key: TaskKey, now: Now) {
        let Some(task) = self.tasks.get_mut(key.0 as usize) else {
            return;
        };
        task.sockets = task.sockets.saturating_sub(1);
        if let (Some(record), 0) = (&mut task.record, task.sockets) {
            record.socket_closed(self.patience.lease_ms, now);
        }
        self.settle(key);
    }

    /// Takes the record of `key` away. The slot stays until [`release`](Self::release).
    pub fn forget(&mut self, key: TaskKey) {
        let Some(task) = self.tasks.get_mut(key.0 as usize) else {
            return;
        };
        if let Some(record) = task.record.take() {
            self.rev_floor = self.rev_floor.max(record.update().rev());
            self.listed.remove(&task.listed);
        }
        if let Some(serial) = task.ended.take() {
            self.ended.remove(&serial);
        }
        self.deadlines.clear(&mut task.alarm, key.0);
    }

    /// Gives the slot of `key` back, unless the task is published. Nobody may be subscribed to it.
    pub fn release(&mut self, key: TaskKey) {
        if self.record(key).is_some() {
            return;
        }
        if let Some(task) = self.tasks.try_remove(key.0 as usize) {
            self.names.remove(&task.id);
        }
    }

    /// The next task that the clock has something to say about, and what; none when all is done.
    pub fn tick(&mut self, now: Now) -> Option<(TaskKey, Tick)> {
        while let Some(due) = self.deadlines.due(now.ticks_ms) {
            let Some(task) = self.tasks.get_mut(due.key as usize) else {
                continue;
            };
            if !self.deadlines.rings(due, &mut task.alarm, now.ticks_ms) {
                continue;
            }
            let Some(record) = &mut task.record else {
                continue;
            };
            let tick = record.tick(&task.id, task.sockets, &self.patience, now);
            self.settle(TaskKey(due.key));
            return Some((TaskKey(due.key), tick));
        }
        None
    }

    /// When [`tick`](Self::tick) is wanted, in ticks.
    pub fn next_tick_ms(&self) -> Option<u64> {
        self.deadlines.next_ms()
    }

    /// Brings alarm and index in line with the record.
    fn settle(&mut self, key: TaskKey) {
        let Some(task) = self.tasks.get_mut(key.0 as usize) else {
            return;
        };
        let Some(record) = &task.record else { return };
        if record.state().is_terminal() && task.ended.is_none() {
            self.serial += 1;
            task.ended = Some(self.serial);
            self.ended.insert(self.serial, key);
        }
        let at_ms = record.next_tick_ms(task.sockets, &self.patience);
        self.deadlines.set(&mut task.alarm, key.0, at_ms);
    }
}
