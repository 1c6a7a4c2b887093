//! Whose turn it is.

use doneyet::recipe::{Job, Queue, Recipes};
use doneyet::task::TaskId;
use serde_json::json;

/// Two recipes: the first runs `max_running` jobs and keeps `max_queued` waiting, the second 1 and 1.
fn queue(max_running: u64, max_queued: u64) -> Queue {
    let recipe = |name: &str, running: u64, queued: u64| json!({"name": name, "argv": ["true"], "folder": "/", "max_running": running, "max_queued": queued});
    let file = json!({"recipes": [recipe("a", max_running, max_queued), recipe("b", 1, 1)]});
    Queue::new(&Recipes::parse(&file.to_string()).expect("a good file"))
}

fn id(name: &str) -> TaskId {
    TaskId::new(name).expect("a task id")
}

fn job(name: &str, recipe: usize) -> Job {
    Job {
        task: id(name),
        recipe,
        values: Vec::new(),
    }
}

/// The names of the jobs that may start now.
fn started(queue: &mut Queue) -> String {
    let jobs = std::iter::from_fn(|| queue.start_next());
    jobs.map(|job| job.task.as_str().to_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn jobs_start_in_order_as_many_at_once_as_may() {
    let mut queue = queue(2, 3);
    for name in ["1", "2", "3", "4", "5"] {
        queue.push(job(name, 0)).expect("there is room");
    }
    assert_eq!(started(&mut queue), "1 2");
    assert_eq!((queue.running(), queue.waiting()), (2, 3));
    assert_eq!(started(&mut queue), "");
    queue.end(0);
    assert_eq!(started(&mut queue), "3");
    queue.end(0);
    queue.end(0);
    assert_eq!(started(&mut queue), "4 5");
}

#[test]
fn no_more_wait_than_may() {
    let mut queue = queue(1, 1);
    queue.push(job("1", 0)).expect("there is room");
    queue.push(job("2", 0)).expect("there is room");
    assert_eq!(queue.push(job("3", 0)), Err(job("3", 0)));
    assert_eq!(started(&mut queue), "1");
    assert!(!queue.has_room(0));
    queue.end(0);
    assert!(queue.has_room(0));
    assert_eq!(started(&mut queue), "2");
}

#[test]
fn nothing_waits_where_nothing_may() {
    let mut queue = queue(1, 0);
    queue.push(job("1", 0)).expect("it need not wait");
    assert!(queue.push(job("2", 0)).is_err());
    assert_eq!(started(&mut queue), "1");
    assert!(queue.push(job("2", 0)).is_err());
    queue.end(0);
    assert!(queue.push(job("2", 0)).is_ok());
}

#[test]
fn recipes_do_not_wait_for_each_other() {
    let mut queue = queue(1, 5);
    for (name, recipe) in [("a1", 0), ("a2", 0), ("b1", 1), ("b2", 1)] {
        queue.push(job(name, recipe)).expect("there is room");
    }
    assert_eq!(started(&mut queue), "a1 b1");
    queue.end(1);
    assert_eq!(started(&mut queue), "b2");
}

#[test]
fn a_job_that_waits_can_be_taken_out() {
    let mut queue = queue(1, 5);
    for name in ["1", "2", "3"] {
        queue.push(job(name, 0)).expect("there is room");
    }
    assert_eq!(started(&mut queue), "1");
    assert_eq!(queue.take(&id("1")), None);
    assert!(queue.is_waiting(&id("2")));
    assert_eq!(queue.take(&id("2")), Some(job("2", 0)));
    assert!(!queue.is_waiting(&id("2")));
    queue.end(0);
    assert_eq!(started(&mut queue), "3");
    queue.push(job("4", 0)).expect("there is room");
    assert_eq!(queue.take_all(), [job("4", 0)]);
    assert_eq!(queue.waiting(), 0);
}

#[test]
fn a_recipe_that_is_not_there_has_no_room() {
    let mut queue = queue(1, 1);
    assert!(!queue.has_room(2));
    assert!(queue.push(job("1", 2)).is_err());
    queue.end(2);
}
