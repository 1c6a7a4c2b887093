//! The hub, against what a progress server usually has in its place: a map from task to a list of
//! channels, one per watcher, and a publish that sends a copy of the handle into each.
//!
//! `cargo bench --bench hub`

mod harness;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use doneyet::task::Hub;
use doneyet::task::board::TaskKey;
use doneyet::task::hub::{Birth, PeerKey, Role};
use harness::Effort;
use harness::contest::Contest;

const TASK: TaskKey = TaskKey(0);

fn main() {
    let effort = Effort::from_args();
    for watchers in effort.choose([10, 100], [10_000, 1_000_000]) {
        check(watchers);
        publish(watchers, effort);
        coming_and_going(watchers, effort);
    }
    many_tasks(effort);
}

/// Every watcher is owed one update, however often the task changed, and owed it once.
fn check(watchers: u32) {
    let mut hub = watched(watchers);
    hub.state_changed(TASK);
    hub.state_changed(TASK);
    assert_eq!(drain(&mut hub), watchers);
    assert_eq!(drain(&mut hub), 0);
    let mut twin = Twin::watched(watchers);
    twin.publish();
    assert_eq!(twin.drain(), watchers);
}

fn publish(watchers: u32, effort: Effort) {
    let mut hub = watched(watchers);
    let mut twin = Twin::watched(watchers);
    let title = format!("publish to {watchers} watchers, all up to date");
    Contest::new(&title, watchers as usize, "watcher", effort)
        .enter_timed("twin: send", |times| {
            time(&mut twin, times, Twin::publish, |twin| _ = twin.drain())
        })
        .enter_timed("Hub::state_changed", |times| {
            time(
                &mut hub,
                times,
                |hub| hub.state_changed(TASK),
                |hub| _ = drain(hub),
            )
        })
        .hold();

    let title = format!("publish to {watchers} watchers, all behind");
    Contest::new(&title, watchers as usize, "watcher", effort)
        .enter_timed("twin: send", |times| {
            // Its memory grows with each, so it is given relief; the hub needs none.
            time(&mut twin, times, Twin::publish, |twin| _ = twin.drain())
        })
        .enter_timed("Hub::state_changed", |times| {
            hub.state_changed(TASK);
            time(&mut hub, times, |hub| hub.state_changed(TASK), |_| {})
        })
        .hold();
    twin.drain();
    drain(&mut hub);

    let title = format!("deliver to {watchers} watchers");
    Contest::new(&title, watchers as usize, "watcher", effort)
        .enter_timed("twin: receive", |times| {
            time_after(&mut twin, times, Twin::publish, |twin| _ = twin.drain())
        })
        .enter_timed("Hub::next_in_line + take", |times| {
            time_after(
                &mut hub,
                times,
                |hub| hub.state_changed(TASK),
                |hub| _ = drain(hub),
            )
        })
        .hold();
}

/// One of many watchers of a task comes and goes.
fn coming_and_going(watchers: u32, effort: Effort) {
    let mut hub = watched(watchers);
    let mut twin = Twin::watched(watchers);
    let newcomer = PeerKey(watchers);
    let title = format!("come and go, beside {watchers} watchers");
    Contest::new(&title, 1, "visit", effort)
        .enter("twin: push, then search and remove", || {
            twin.subscribe(watchers);
            twin.leave(watchers / 2);
            twin.subscribe(watchers / 2);
            twin.leave(watchers);
        })
        .enter("Hub::subscribe + leave, twice", || {
            hub.subscribe(newcomer, TASK, Role::Watcher, Birth::UpToDate);
            hub.leave(PeerKey(watchers / 2));
            hub.subscribe(PeerKey(watchers / 2), TASK, Role::Watcher, Birth::UpToDate);
            hub.leave(newcomer);
        })
        .hold();
    assert_eq!(hub.audience(TASK, Role::Watcher), watchers as usize);
}

/// The same number of watchers, ten to a task, and one watcher of everything.
fn many_tasks(effort: Effort) {
    let tasks: u32 = effort.choose(10, 1_000);
    let mut hub = Hub::default();
    for peer in 0..tasks * 10 {
        hub.subscribe(
            PeerKey(peer),
            TaskKey(peer % tasks),
            Role::Watcher,
            Birth::UpToDate,
        );
    }
    hub.subscribe_to_everything(PeerKey(tasks * 10), Birth::Behind);
    let turn = |hub: &mut Hub| {
        (0..tasks).for_each(|task| hub.state_changed(TaskKey(task)));
        drain(hub)
    };
    assert_eq!(turn(&mut hub), tasks * 11);
    let title = format!("{tasks} tasks change, 10 watchers each and one of all");
    Contest::new(&title, tasks as usize * 11, "watcher", effort)
        .enter("a whole turn", || turn(&mut hub))
        .hold();
}

fn watched(watchers: u32) -> Hub {
    let mut hub = Hub::default();
    for peer in 0..watchers {
        hub.subscribe(PeerKey(peer), TASK, Role::Watcher, Birth::UpToDate);
    }
    hub
}

/// Serves the whole line; how many updates that were.
fn drain(hub: &mut Hub) -> u32 {
    let mut count = 0;
    while let Some(peer) = hub.next_in_line() {
        while hub.take(peer).is_some() {
            count += 1;
        }
    }
    count
}

/// Times `work`, with `between` after each, untimed.
fn time<T>(on: &mut T, times: u64, work: impl Fn(&mut T), between: impl Fn(&mut T)) -> Duration {
    let mut total = Duration::ZERO;
    for _ in 0..times {
        let start = Instant::now();
        work(on);
        total += start.elapsed();
        between(on);
    }
    total
}

/// Times `work`, with `before` before each, untimed.
fn time_after<T>(
    on: &mut T,
    times: u64,
    before: impl Fn(&mut T),
    work: impl Fn(&mut T),
) -> Duration {
    let mut total = Duration::ZERO;
    for _ in 0..times {
        before(on);
        let start = Instant::now();
        work(on);
        total += start.elapsed();
    }
    total
}

type Frame = Rc<[u8]>;

/// The naive twin. Its messages share one allocation too, so that only the design is compared.
struct Twin {
    tasks: HashMap<String, Vec<(u32, Sender<Frame>)>>,
    receivers: HashMap<u32, Receiver<Frame>>,
    update: Frame,
}

impl Twin {
    fn watched(watchers: u32) -> Twin {
        let mut twin = Twin {
            tasks: HashMap::new(),
            receivers: HashMap::new(),
            update: Rc::from([0; 100].as_slice()),
        };
        (0..watchers).for_each(|peer| twin.subscribe(peer));
        twin
    }

    fn subscribe(&mut self, peer: u32) {
        let (sender, receiver) = channel();
        let watchers = self.tasks.entry("task".to_owned()).or_default();
        watchers.push((peer, sender));
        self.receivers.insert(peer, receiver);
    }

    fn leave(&mut self, peer: u32) {
        if let Some(watchers) = self.tasks.get_mut("task") {
            watchers.retain(|&(other, _)| other != peer);
        }
        self.receivers.remove(&peer);
    }

    fn publish(&mut self) {
        for (_, sender) in self.tasks.get("task").into_iter().flatten() {
            sender.send(Rc::clone(&self.update)).expect("a receiver");
        }
    }

    fn drain(&mut self) -> u32 {
        self.receivers
            .values()
            .map(|receiver| receiver.try_iter().count() as u32)
            .sum()
    }
}
