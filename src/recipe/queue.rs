//! Whose turn it is: each recipe has a lane of jobs, some of which run and the rest of which wait.

use std::collections::VecDeque;

use super::Recipes;
use crate::task::TaskId;

/// An order that has become a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its task.
    pub task: TaskId,
    /// The place of its recipe.
    pub recipe: usize,
    /// A value for each of the recipe's inputs.
    pub values: Vec<String>,
}

/// All lanes. Invariant: of each, no more run and wait than its recipe says.
#[derive(Debug, Default)]
pub struct Queue(Vec<Lane>);

#[derive(Debug)]
struct Lane {
    waiting: VecDeque<Job>,
    running: usize,
    max_running: usize,
    max_queued: usize,
}

impl Queue {
    /// An empty lane for each recipe.
    pub fn new(recipes: &Recipes) -> Queue {
        let lane = |recipe: &super::Recipe| Lane {
            waiting: VecDeque::new(),
            running: 0,
            max_running: recipe.max_running,
            max_queued: recipe.max_queued,
        };
        Queue(recipes.all().iter().map(lane).collect())
    }

    /// Whether one more job of the recipe at place `recipe` may come.
    pub fn has_room(&self, recipe: usize) -> bool {
        self.0.get(recipe).is_some_and(|lane| {
            // Who waits for nothing but to be started holds nobody's place in the queue.
            lane.running + lane.waiting.len() < lane.max_running + lane.max_queued
        })
    }

    /// Puts a job at the end of its lane.
    ///
    /// # Errors
    /// The job itself, if there is no [room](Self::has_room).
    pub fn push(&mut self, job: Job) -> Result<(), Job> {
        match self.has_room(job.recipe) {
            true => {
                self.0[job.recipe].waiting.push_back(job);
                Ok(())
            }
            false => Err(job),
        }
    }

    /// The next job that may be started; it counts as running from now on.
    pub fn start_next(&mut self) -> Option<Job> {
        let may_start = |lane: &&mut Lane| lane.running < lane.max_running;
        let mut lanes = self.0.iter_mut().filter(may_start);
        lanes.find_map(|lane| {
            let job = lane.waiting.pop_front()?;
            lane.running += 1;
            Some(job)
        })
    }

    /// A running job of the recipe at place `recipe` is gone.
    pub fn end(&mut self, recipe: usize) {
        if let Some(lane) = self.0.get_mut(recipe) {
            lane.running = lane.running.saturating_sub(1);
        }
    }

    /// Takes a waiting job out; none if it does not wait.
    pub fn take(&mut self, task: &TaskId) -> Option<Job> {
        self.0.iter_mut().find_map(|lane| {
            let place = lane.waiting.iter().position(|job| job.task == *task)?;
            lane.waiting.remove(place)
        })
    }

    /// Takes all that wait out.
    pub fn take_all(&mut self) -> Vec<Job> {
        let lanes = self.0.iter_mut();
        lanes.flat_map(|lane| lane.waiting.drain(..)).collect()
    }

    /// Whether the job of `task` waits.
    pub fn is_waiting(&self, task: &TaskId) -> bool {
        let mut waiting = self.0.iter().flat_map(|lane| &lane.waiting);
        waiting.any(|job| job.task == *task)
    }

    /// How many jobs run.
    pub fn running(&self) -> usize {
        self.0.iter().map(|lane| lane.running).sum()
    }

    /// How many jobs wait.
    pub fn waiting(&self) -> usize {
        self.0.iter().map(|lane| lane.waiting.len()).sum()
    }
}
