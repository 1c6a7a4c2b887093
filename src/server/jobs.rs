//! Jobs: orders become tasks, wait for their turn, run, and are gone.
//!
//! The broker keeps the queue and starts nothing. The reactor asks it for the
//! [next](Broker::next_job) job, has that started, and says when it has
//! [ended](Broker::job_ended). What happens in between the broker hears as it does of all tasks:
//! the process is a worker, with a socket of its own, and a cancel reaches it there. Only a job that
//! still waits has nobody to hear the cancel, so the broker ends that itself.

use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;

use crate::recipe::{Job, NamePattern, Order, Queue, Recipes};
use crate::server::broker::Broker;
use crate::session::demand::{Answer, Publish};
use crate::task::state::Mode;
use crate::task::{Now, Patch, Refusal, TaskId};

/// The longest title that an order makes, in characters.
const MAX_TITLE: usize = 300;

/// A job to be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// Its task, and the name of its folder.
    pub task: TaskId,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// A folder that is to be made for it.
    pub folder: PathBuf,
    /// Variables of its environment, beside the few that every job gets.
    pub environment: Vec<(String, String)>,
    /// Which files it is to name as its result.
    pub result: Option<NamePattern>,
}

/// The recipes, and all jobs whose tasks are remembered.
#[derive(Debug, Default)]
pub(super) struct Jobs {
    recipes: Recipes,
    description: Rc<str>,
    queue: Queue,
    known: HashMap<TaskId, Known>,
    /// The number in the last task's name.
    last_number: u64,
    closed: bool,
}

/// A job that has begun.
#[derive(Debug)]
struct Known {
    recipe: usize,
    /// When its time is over, in ticks, while it runs and that has not been said.
    ends_ms: Option<u64>,
    is_running: bool,
    /// Its task is to be forgotten as soon as nothing runs any more.
    is_deleted: bool,
}

impl Jobs {
    pub(super) fn new(recipes: Recipes) -> Jobs {
        Jobs {
            description: Rc::from(recipes.describe()),
            queue: Queue::new(&recipes),
            recipes,
            ..Jobs::default()
        }
    }

    /// When the next job's time is over.
    pub(super) fn next_tick_ms(&self) -> Option<u64> {
        self.known.values().filter_map(|job| job.ends_ms).min()
    }

    /// Whether the job of `task` waits for its turn.
    pub(super) fn is_waiting(&self, task: &TaskId) -> bool {
        self.queue.is_waiting(task)
    }

    /// The task is forgotten. Its job, if that runs, is not stopped by it.
    pub(super) fn forget(&mut self, task: &TaskId) {
        self.queue.take(task);
        if self.known.get(task).is_some_and(|job| !job.is_running) {
            self.known.remove(task);
        }
    }

    /// Where the files of `task` are, if `name` may be one.
    pub(super) fn folder_of(&self, task: &TaskId, name: &str) -> Option<PathBuf> {
        let recipe = &self.recipes.all()[self.known.get(task)?.recipe];
        let is_result = recipe.result.as_ref()?.matches(name);
        is_result.then(|| recipe.folder.join(task.as_str()))
    }

    /// A name that says which recipe, and is not taken. The time is in it, so that after a restart
    /// it is a new one all the same: folders last longer than tasks.
    fn new_name(&mut self, recipe: &str, now: Now) -> Result<TaskId, Refusal> {
        self.last_number = now.unix_ms.max(self.last_number + 1);
        Ok(TaskId::new(&format!(
            "{recipe}-{}",
            base_36(self.last_number)
        ))?)
    }

    fn launch(&mut self, job: &Job, now: Now) -> Launch {
        let recipe = &self.recipes.all()[job.recipe];
        let folder = recipe.folder.join(job.task.as_str());
        let known = Known {
            recipe: job.recipe,
            ends_ms: Some(now.ticks_ms + recipe.time_limit_secs * 1000),
            is_running: true,
            is_deleted: false,
        };
        self.known.insert(job.task.clone(), known);
        Launch {
            task: job.task.clone(),
            command: recipe.command(&job.values, &folder.to_string_lossy()),
            folder,
            environment: recipe.environment.clone(),
            result: recipe.result.clone(),
        }
    }
}

impl Broker {
    /// The recipes, for a page.
    pub(super) fn show_recipes(&self) -> Answer {
        Answer::Recipes(Rc::clone(&self.jobs.description))
    }

    /// Makes a task of an order, and has it wait for its turn.
    pub(super) fn start(&mut self, order: &Order, now: Now) -> Result<Answer, Refusal> {
        if self.jobs.closed {
            return Err(Refusal::Stopping);
        }
        let accepted = self.jobs.recipes.accept(order)?;
        if !self.jobs.queue.has_room(accepted.recipe) {
            return Err(Refusal::TooManyQueued);
        }
        let recipe = &self.jobs.recipes.all()[accepted.recipe];
        let title = recipe.title.fill(&accepted.values, "");
        let title: String = title.chars().take(MAX_TITLE).collect();
        let name = recipe.name.clone();
        let mut task = self.jobs.new_name(&name, now)?;
        while self.board.find(&task).is_ok() {
            task = self.jobs.new_name(&name, now)?;
        }
        let state = [("status", "queued"), ("title", &title), ("recipe", &name)];
        self.speak(&task, Mode::Replace, &state, now)?;
        let job = Job {
            task: task.clone(),
            recipe: accepted.recipe,
            values: accepted.values,
        };
        // There was room a moment ago.
        let _ = self.jobs.queue.push(job);
        let update = self.show(&task)?;
        Ok(Answer::Started(task, update))
    }

    /// The next job to be started. It counts as running until [`job_ended`](Self::job_ended).
    pub fn next_job(&mut self, now: Now) -> Option<Launch> {
        while let Some(job) = self.jobs.queue.start_next() {
            // Whoever may publish may also have ended the task by a publish.
            if self.is_under_way(&job.task) {
                return Some(self.jobs.launch(&job, now));
            }
            self.jobs.queue.end(job.recipe);
        }
        None
    }

    /// Forgets a task. One whose job runs is first asked to stop, and forgotten when that is gone:
    /// nobody could see or cancel what runs under a name that is unknown.
    pub(super) fn delete(&mut self, task: &TaskId, now: Now) -> Result<Answer, Refusal> {
        let key = self.board.find(task)?;
        let is_under_way = self.is_under_way(task);
        let running = self.jobs.known.get_mut(task).filter(|job| job.is_running);
        match running.filter(|_| is_under_way) {
            Some(job) => {
                job.is_deleted = true;
                self.cancel(task, Some("the task was deleted"), now)?;
            }
            None => self.forget(key, now),
        }
        Ok(Answer::Done)
    }

    /// Nothing is left of the job. If it has not said how it ended, `words` are its last ones.
    pub fn job_ended(&mut self, task: &TaskId, words: &str, now: Now) {
        let Some(job) = self.jobs.known.get_mut(task) else {
            return;
        };
        job.ends_ms = None;
        let is_deleted = job.is_deleted;
        if std::mem::take(&mut job.is_running) {
            self.jobs.queue.end(job.recipe);
        }
        if self.is_under_way(task) {
            self.say(task, &[("status", "failed"), ("error", words)], now);
        }
        match self.board.find(task) {
            Ok(key) if is_deleted => self.forget(key, now),
            Ok(_) => {}
            Err(_) => drop(self.jobs.known.remove(task)),
        }
    }

    /// Whether any job runs.
    pub fn has_jobs(&self) -> bool {
        self.jobs.queue.running() > 0
    }

    /// Starts nothing more, and asks whatever runs to stop.
    pub fn close_jobs(&mut self, now: Now) {
        self.jobs.closed = true;
        for job in self.jobs.queue.take_all() {
            self.say(&job.task, &[("status", "cancelled")], now);
        }
        let running = self.jobs.known.iter().filter(|(_, job)| job.is_running);
        let running: Vec<TaskId> = running.map(|(task, _)| task.clone()).collect();
        for task in running {
            // One that has ended, and is only not gone, needs no cancel.
            let _ = self.cancel(&task, Some("the daemon is stopping"), now);
        }
    }

    /// A watcher's cancel was noted; a job that waits is gone with it.
    pub(super) fn cancel_waiting(&mut self, task: &TaskId, now: Now) {
        if self.jobs.queue.take(task).is_some() {
            self.say(task, &[("status", "cancelled")], now);
        }
    }

    /// The clock's word to tasks that are about to be forgotten because nothing was heard of them:
    /// of a job that waits, nobody else could speak.
    pub(super) fn keep_waiting(&mut self, task: &TaskId, now: Now) -> bool {
        let waits = self.jobs.is_waiting(task);
        if waits {
            self.say(task, &[], now);
        }
        waits
    }

    /// Asks those to stop whose time is over.
    pub(super) fn tick_jobs(&mut self, now: Now) {
        if self.jobs.next_tick_ms().is_none_or(|ms| ms > now.ticks_ms) {
            return;
        }
        let mut late = Vec::new();
        for (task, job) in &mut self.jobs.known {
            if job.ends_ms.take_if(|ms| *ms <= now.ticks_ms).is_some() {
                let limit_secs = self.jobs.recipes.all()[job.recipe].time_limit_secs;
                late.push((task.clone(), limit_secs));
            }
        }
        for (task, limit_secs) in late {
            let words = format!("stopped after its time limit of {limit_secs} s");
            self.say(&task, &[("error", &words)], now);
            let _ = self.cancel(&task, Some(&words), now);
        }
    }

    fn is_under_way(&self, task: &TaskId) -> bool {
        let record = self.board.find(task).ok();
        let record = record.and_then(|key| self.board.record(key));
        record.is_some_and(|record| !record.state().is_terminal())
    }

    /// Publishes in a job's stead what cannot be refused.
    fn say(&mut self, task: &TaskId, fields: &[(&str, &str)], now: Now) {
        let said = self.speak(task, Mode::Merge, fields, now);
        debug_assert!(said.is_ok(), "{said:?}");
    }

    fn speak(
        &mut self,
        task: &TaskId,
        mode: Mode,
        fields: &[(&str, &str)],
        now: Now,
    ) -> Result<(), Refusal> {
        let publish = Publish {
            task: task.clone(),
            patch: Patch::of_texts(fields),
            mode,
            lease_ms: None,
        };
        self.publish(None, publish, now).map(drop)
    }
}

/// Digits and small letters.
fn base_36(mut number: u64) -> String {
    let mut digits = Vec::new();
    while number > 0 {
        digits.push(b"0123456789abcdefghijklmnopqrstuvwxyz"[(number % 36) as usize]);
        number /= 36;
    }
    digits.reverse();
    digits.into_iter().map(char::from).collect()
}
