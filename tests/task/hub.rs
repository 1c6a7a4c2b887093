//! Who is behind on what, against a model that is too simple to be wrong.

use std::collections::BTreeSet;

use doneyet::task::Hub;
use doneyet::task::board::TaskKey;
use doneyet::task::hub::{Birth, PeerKey, Role};

use crate::Random;

const A: PeerKey = PeerKey(0);
const B: PeerKey = PeerKey(1);
const X: TaskKey = TaskKey(0);
const Y: TaskKey = TaskKey(1);
const Z: TaskKey = TaskKey(2);

fn taken(hub: &mut Hub, peer: PeerKey) -> Vec<TaskKey> {
    std::iter::from_fn(|| hub.take(peer))
        .map(|(task, _)| task)
        .collect()
}

fn line(hub: &mut Hub) -> Vec<PeerKey> {
    std::iter::from_fn(|| hub.next_in_line()).collect()
}

#[test]
fn a_watcher_is_owed_the_snapshot_it_asks_for() {
    let mut hub = Hub::default();
    hub.subscribe(A, X, Role::Watcher, Birth::Behind);
    hub.subscribe(B, X, Role::Watcher, Birth::UpToDate);
    assert_eq!(line(&mut hub), [A]);
    assert_eq!(hub.take(A), Some((X, Role::Watcher)));
    assert_eq!((hub.take(A), hub.take(B)), (None, None));
}

#[test]
fn many_changes_are_one_debt() {
    let mut hub = Hub::default();
    hub.subscribe(A, X, Role::Watcher, Birth::UpToDate);
    for _ in 0..1000 {
        hub.state_changed(X);
        assert_eq!(hub.line_len(), 1);
    }
    assert_eq!(line(&mut hub), [A]);
    hub.state_changed(X);
    assert_eq!(
        hub.line_len(),
        0,
        "a peer that is behind is in line, or blocked"
    );
    assert_eq!(taken(&mut hub, A), [X]);
    hub.state_changed(X);
    assert_eq!(line(&mut hub), [A]);
}

#[test]
fn the_longest_owed_is_taken_first() {
    let mut hub = Hub::default();
    for task in [X, Y, Z] {
        hub.subscribe(A, task, Role::Watcher, Birth::UpToDate);
    }
    for task in [Y, Z, X, Y] {
        hub.state_changed(task);
    }
    assert_eq!(hub.take(A), Some((Y, Role::Watcher)));
    hub.state_changed(Y);
    assert_eq!(taken(&mut hub, A), [Z, X, Y]);
}

#[test]
fn states_are_for_watchers_and_cancels_for_workers() {
    let mut hub = Hub::default();
    hub.subscribe(A, X, Role::Watcher, Birth::UpToDate);
    hub.subscribe(B, X, Role::Worker, Birth::UpToDate);
    hub.state_changed(X);
    assert_eq!(line(&mut hub), [A]);
    hub.cancel_wanted(X);
    assert_eq!(line(&mut hub), [B]);
    assert_eq!(hub.take(B), Some((X, Role::Worker)));
    assert_eq!(hub.take(A), Some((X, Role::Watcher)));
}

#[test]
fn one_peer_may_watch_and_work_on_the_same_task() {
    let mut hub = Hub::default();
    hub.subscribe(A, X, Role::Watcher, Birth::UpToDate);
    hub.subscribe(A, X, Role::Worker, Birth::UpToDate);
    hub.cancel_wanted(X);
    hub.state_changed(X);
    assert_eq!(hub.take(A), Some((X, Role::Worker)));
    assert!(hub.unsubscribe(A, X, Role::Worker));
    assert_eq!(hub.take(A), Some((X, Role::Watcher)));
}

#[test]
fn following_twice_is_following_once() {
    let mut hub = Hub::default();
    for birth in [
        Birth::UpToDate,
        Birth::Behind,
        Birth::Behind,
        Birth::UpToDate,
    ] {
        hub.subscribe(A, X, Role::Watcher, birth);
    }
    hub.subscribe_to_everything(B, Birth::Behind);
    hub.subscribe_to_everything(B, Birth::Behind);
    assert_eq!(
        (hub.audience(X, Role::Watcher), hub.subscription_count(A, 9)),
        (1, 1)
    );
    assert_eq!(hub.subscription_count(B, 9), 1);
    assert_eq!((taken(&mut hub, A), hub.line_len()), (vec![X], 2));
    assert!(hub.unsubscribe(A, X, Role::Watcher));
    assert!(!hub.unsubscribe(A, X, Role::Watcher));
}

#[test]
fn who_follows_everything_is_owed_every_task_there_is() {
    let mut hub = Hub::default();
    for task in [X, Y, Z, X] {
        hub.state_changed(task);
    }
    hub.subscribe_to_everything(A, Birth::Behind);
    assert_eq!(
        taken(&mut hub, A),
        [Y, Z, X],
        "each once, in the order of their last changes"
    );
    hub.state_changed(Y);
    assert_eq!(taken(&mut hub, A), [Y]);
    hub.forget(X, |_, _, _| unreachable!("nobody follows it by name"));
    hub.subscribe_to_everything(B, Birth::Behind);
    assert_eq!(taken(&mut hub, B), [Z, Y]);
}

#[test]
fn forgetting_a_task_ends_its_subscriptions_and_says_who_missed_its_last_state() {
    let mut hub = Hub::default();
    hub.subscribe(A, X, Role::Watcher, Birth::Behind);
    hub.subscribe(B, X, Role::Watcher, Birth::UpToDate);
    hub.subscribe(B, X, Role::Worker, Birth::UpToDate);
    hub.subscribe(B, Y, Role::Watcher, Birth::Behind);
    let mut ended = Vec::new();
    hub.forget(X, |peer, role, birth| {
        ended.push((peer.0, role == Role::Worker, birth))
    });
    ended.sort_by_key(|&(peer, worker, _)| (peer, worker));
    assert_eq!(
        ended,
        [
            (0, false, Birth::Behind),
            (1, false, Birth::UpToDate),
            (1, true, Birth::UpToDate)
        ]
    );
    assert!(hub.is_alone(X) && !hub.is_owed(A));
    assert_eq!(taken(&mut hub, B), [Y]);
}

#[test]
fn a_peer_that_leaves_says_what_it_followed_and_leaves_no_place_in_line() {
    let mut hub = Hub::default();
    hub.subscribe(A, X, Role::Watcher, Birth::Behind);
    hub.subscribe(A, Y, Role::Worker, Birth::UpToDate);
    hub.subscribe_to_everything(A, Birth::Behind);
    let mut left = Vec::new();
    while let Some((task, _)) = hub.leave(A) {
        left.push(task);
    }
    left.sort();
    assert_eq!(left, [X, Y]);
    hub.state_changed(X);
    assert!(!hub.is_owed(A), "it follows nothing, not even everything");
    hub.reset(A);
    assert!(hub.is_alone(X) && hub.is_alone(Y));
    assert_eq!(
        line(&mut hub),
        [],
        "the slot's next owner does not inherit the place"
    );
}

#[test]
fn a_peer_and_a_task_nobody_heard_of_are_nobody_and_nothing() {
    let mut hub = Hub::default();
    let (peer, task) = (PeerKey(70), TaskKey(70));
    assert_eq!(
        (hub.take(peer), hub.leave(peer), hub.next_in_line()),
        (None, None, None)
    );
    assert!(!hub.is_owed(peer) && !hub.is_in_line(peer) && hub.is_alone(task));
    assert!(!hub.unsubscribe(peer, task, Role::Watcher));
    hub.forget(task, |_, _, _| unreachable!());
    hub.cancel_wanted(task);
}

/// What a peer follows; no task stands for every task.
type Topic = (Option<TaskKey>, bool);

/// The hub as a list of sentences: "this peer follows this, and has been behind since then".
#[derive(Default)]
struct Model {
    /// (peer, topic, behind since); the order of the list means nothing.
    follows: Vec<(PeerKey, Topic, Option<u64>)>,
    /// (task, when it last changed, who follows everything and has seen that).
    changes: Vec<(TaskKey, u64, BTreeSet<PeerKey>)>,
    line: Vec<PeerKey>,
    time: u64,
}

impl Model {
    fn mark(&mut self, is_meant: impl Fn(PeerKey, Topic) -> bool) -> BTreeSet<PeerKey> {
        self.time += 1;
        let mut marked = BTreeSet::new();
        for (peer, topic, since) in &mut self.follows {
            if is_meant(*peer, *topic) && since.is_none() {
                *since = Some(self.time);
                marked.insert(*peer);
            }
        }
        marked
    }

    fn add(&mut self, peer: PeerKey, topic: Topic) {
        if !self.follows(peer, topic) {
            self.follows.push((peer, topic, None));
        }
    }

    fn follows(&self, peer: PeerKey, topic: Topic) -> bool {
        self.follows.iter().any(|f| (f.0, f.1) == (peer, topic))
    }

    fn changed(&mut self, task: TaskKey) -> BTreeSet<PeerKey> {
        self.changes.retain(|change| change.0 != task);
        self.changes.push((task, self.time, BTreeSet::new()));
        self.mark(|_, topic| topic == (Some(task), false) || topic.0.is_none())
    }

    fn is_owed(&self, peer: PeerKey) -> bool {
        self.follows.iter().any(|f| f.0 == peer && f.2.is_some())
    }

    /// What the peer must be given next.
    fn take(&mut self, peer: PeerKey) -> Option<(TaskKey, Role)> {
        loop {
            let owed = self
                .follows
                .iter_mut()
                .filter(|f| f.0 == peer && f.2.is_some());
            // Of one moment's marks, those by name come before those of who follows everything.
            let longest = owed.min_by_key(|f| (f.2, f.1.0.is_none()))?;
            if longest.1.0.is_none() {
                let unseen = self
                    .changes
                    .iter_mut()
                    .find(|change| !change.2.contains(&peer));
                if let Some((task, _, seen)) = unseen {
                    seen.insert(peer);
                    return Some((*task, Role::Watcher));
                }
            }
            longest.2 = None;
            if let (Some(task), works) = longest.1 {
                let role = if works { Role::Worker } else { Role::Watcher };
                return Some((task, role));
            }
        }
    }

    fn enlist(&mut self, peer: PeerKey) {
        if !self.line.contains(&peer) {
            self.line.push(peer);
        }
    }
}

fn role_of(works: bool) -> Role {
    if works { Role::Worker } else { Role::Watcher }
}

/// One run of hub and model side by side. Peers marked by one change may enter the line in any
/// order, so the line is compared as a set; that a place is kept is a test of its own.
struct Twins {
    hub: Hub,
    model: Model,
    seed: u64,
}

impl Twins {
    fn enlisted(&mut self, peers: BTreeSet<PeerKey>) {
        for peer in peers {
            self.model.enlist(peer);
        }
    }

    fn subscribe(&mut self, peer: PeerKey, topic: Topic, birth: Birth) {
        self.model.add(peer, topic);
        let marked = match (topic, birth) {
            ((Some(task), works), _) => {
                self.hub.subscribe(peer, task, role_of(works), birth);
                match birth {
                    Birth::Behind => self.model.mark(|p, t| (p, t) == (peer, topic)),
                    Birth::UpToDate => BTreeSet::new(),
                }
            }
            ((None, _), _) => {
                self.hub.subscribe_to_everything(peer, Birth::Behind);
                for change in &mut self.model.changes {
                    change.2.remove(&peer);
                }
                self.model.mark(|p, t| (p, t) == (peer, topic))
            }
        };
        self.enlisted(marked);
    }

    fn leave(&mut self, peer: PeerKey) {
        let mut left = BTreeSet::new();
        while let Some((task, role)) = self.hub.leave(peer) {
            left.insert((task, role == Role::Worker));
        }
        self.hub.reset(peer);
        let model = &mut self.model;
        let expected = model.follows.iter().filter(|f| f.0 == peer);
        let expected: BTreeSet<_> = expected
            .filter_map(|f| f.1.0.map(|task| (task, f.1.1)))
            .collect();
        assert_eq!(left, expected, "seed {}", self.seed);
        model.follows.retain(|f| f.0 != peer);
        model.line.retain(|&p| p != peer);
        for change in &mut model.changes {
            change.2.remove(&peer);
        }
    }

    fn forget(&mut self, task: TaskKey) {
        let mut ended = BTreeSet::new();
        self.hub.forget(task, |peer, role, birth| {
            ended.insert((peer, role == Role::Worker, birth == Birth::Behind));
        });
        let model = &mut self.model;
        let expected = model.follows.iter().filter(|f| f.1.0 == Some(task));
        let expected: BTreeSet<_> = expected.map(|f| (f.0, f.1.1, f.2.is_some())).collect();
        assert_eq!(ended, expected, "seed {}", self.seed);
        model.follows.retain(|f| f.1.0 != Some(task));
        model.changes.retain(|change| change.0 != task);
    }

    /// The first in line takes up to `most`, and goes to the end of the line if more is owed.
    fn flush_one(&mut self, most: u64) {
        let next = self.hub.next_in_line();
        assert_eq!(
            next.is_some(),
            !self.model.line.is_empty(),
            "seed {}",
            self.seed
        );
        let Some(peer) = next else { return };
        assert!(self.model.line.contains(&peer), "seed {}", self.seed);
        self.model.line.retain(|&p| p != peer);
        for _ in 0..most {
            assert_eq!(
                self.hub.take(peer),
                self.model.take(peer),
                "seed {}",
                self.seed
            );
        }
        if self.hub.is_owed(peer) {
            self.hub.enlist(peer);
            self.model.enlist(peer);
        }
    }

    fn compare(&self, peers: u32, tasks: u32) {
        let (hub, model, seed) = (&self.hub, &self.model, self.seed);
        for peer in (0..peers).map(PeerKey) {
            assert_eq!(hub.is_owed(peer), model.is_owed(peer), "seed {seed}");
            assert_eq!(
                hub.is_in_line(peer),
                model.line.contains(&peer),
                "seed {seed}"
            );
            assert!(
                !hub.is_owed(peer) || hub.is_in_line(peer),
                "forgotten, seed {seed}"
            );
            let count = model.follows.iter().filter(|f| f.0 == peer).count();
            assert_eq!(hub.subscription_count(peer, 99), count, "seed {seed}");
        }
        for task in (0..tasks).map(TaskKey) {
            for works in [false, true] {
                let topic = (Some(task), works);
                let count = model.follows.iter().filter(|f| f.1 == topic).count();
                assert_eq!(hub.audience(task, role_of(works)), count, "seed {seed}");
                for peer in (0..peers).map(PeerKey) {
                    let follows = hub.is_subscribed(peer, task, role_of(works));
                    assert_eq!(follows, model.follows(peer, topic), "seed {seed}");
                }
            }
        }
    }

    fn step(&mut self, random: &mut Random, peers: u32, tasks: u32) {
        let peer = PeerKey(random.below(peers.into()) as u32);
        let task = TaskKey(random.below(tasks.into()) as u32);
        let works = random.below(3) == 0;
        match random.below(20) {
            0..=4 => {
                let birth = random.pick(&[Birth::Behind, Birth::UpToDate]);
                self.subscribe(peer, (Some(task), works), birth);
            }
            5 => self.subscribe(peer, (None, false), Birth::Behind),
            6..=7 => {
                let topic = (Some(task), works);
                let had = self.model.follows(peer, topic);
                self.model.follows.retain(|f| (f.0, f.1) != (peer, topic));
                let ended = self.hub.unsubscribe(peer, task, role_of(works));
                assert_eq!(ended, had, "seed {}", self.seed);
            }
            8..=11 => {
                self.hub.state_changed(task);
                let marked = self.model.changed(task);
                self.enlisted(marked);
            }
            12 => {
                self.hub.cancel_wanted(task);
                let marked = self.model.mark(|_, topic| topic == (Some(task), true));
                self.enlisted(marked);
            }
            13 => self.leave(peer),
            14 => self.forget(task),
            15 => {
                self.hub.enlist(peer);
                self.model.enlist(peer);
            }
            _ => self.flush_one(random.below(4)),
        }
    }
}

#[test]
fn the_hub_does_what_the_model_does() {
    for seed in 0..60 {
        let mut random = Random::new(seed);
        let (peers, tasks) = random.pick(&[(2, 2), (3, 8), (8, 3), (12, 12)]);
        let mut twins = Twins {
            hub: Hub::default(),
            model: Model::default(),
            seed,
        };
        for step in 0..1000 {
            twins.step(&mut random, peers, tasks);
            if step % 8 == 0 {
                twins.compare(peers, tasks);
            }
        }
    }
}

/// Each watcher's memory against the truth: whatever is skipped, the newest arrives.
#[test]
fn everybody_ends_up_having_seen_the_latest() {
    for seed in 0..100 {
        let mut random = Random::new(seed);
        let mut hub = Hub::default();
        let mut latest = [0_u64; 10];
        let mut seen = [[0_u64; 10]; 8];
        for peer in 0..7 {
            for task in 0..10 {
                hub.subscribe(PeerKey(peer), TaskKey(task), Role::Watcher, Birth::UpToDate);
            }
        }
        hub.subscribe_to_everything(PeerKey(7), Birth::Behind);
        for step in 1..=2000 {
            if random.below(2) == 0 {
                let task = random.below(10) as usize;
                latest[task] = step;
                hub.state_changed(TaskKey(task as u32));
            } else if let Some(peer) = hub.next_in_line() {
                for _ in 0..random.below(3) {
                    if let Some((task, _)) = hub.take(peer) {
                        seen[peer.0 as usize][task.0 as usize] = latest[task.0 as usize];
                    }
                }
                if hub.is_owed(peer) {
                    hub.enlist(peer);
                }
            }
        }
        while let Some(peer) = hub.next_in_line() {
            while let Some((task, _)) = hub.take(peer) {
                seen[peer.0 as usize][task.0 as usize] = latest[task.0 as usize];
            }
        }
        for of_one in seen {
            assert_eq!(of_one, latest, "seed {seed}");
        }
    }
}

#[test]
fn the_line_is_served_in_its_order() {
    let mut hub = Hub::default();
    for peer in [4, 2, 3, 2, 4] {
        hub.enlist(PeerKey(peer));
    }
    assert_eq!(line(&mut hub), [PeerKey(4), PeerKey(2), PeerKey(3)]);
}
