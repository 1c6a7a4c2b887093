//! A hundred thousand things that happen, in an order nobody would think of.
//!
//! Strangers of every kind come, speak in pieces, stop reading, read a little, break off; the
//! clock leaps; and after each step the rules hold: nobody owed is forgotten, no queue is without
//! bound, no tick leaves work, no rest is a spin. In the end, whoever still reads knows the newest
//! of what it watches, and when all have gone, nothing of them is left.

use std::collections::HashMap;

use doneyet::server::config::Config;
use doneyet::session::outbox::CONGESTED;
use serde_json::Value;

use crate::frames::{Said, take_answers, take_messages};
use crate::strangers::{Dice, Kind, Stranger, TASKS};
use crate::world::World;

const STEPS: usize = 12_500;
const MOST_STRANGERS: usize = 24;

struct Simulation {
    world: World,
    dice: Dice,
    strangers: Vec<Stranger>,
}

/// Says which seed it was.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the seed was {}", self.0);
        }
    }
}

impl Simulation {
    fn new(seed: u64) -> Simulation {
        Simulation {
            world: World::with(&Config {
                max_tasks: TASKS - 1,
                ..Config::default()
            }),
            dice: Dice::new(seed),
            strangers: Vec::new(),
        }
    }

    fn step(&mut self) {
        match self.dice.below(100) {
            0..4 if self.strangers.len() < MOST_STRANGERS => {
                let client = self.world.connect();
                self.strangers.push(Stranger::new(client, &mut self.dice));
            }
            4 if self.dice.once_in(40) => {
                self.world.now = self.world.now.plus_ms(self.dice.below(60_000) as u64);
            }
            4..10 => self.world.now = self.world.now.plus_ms(self.dice.below(300) as u64),
            _ => self.disturb(),
        }
        if self.dice.once_in(2) {
            self.world.turn();
        }
    }

    /// Something happens to one of the strangers.
    fn disturb(&mut self) {
        if self.strangers.is_empty() {
            return;
        }
        let chosen = self.dice.below(self.strangers.len());
        let (world, dice) = (&mut self.world, &mut self.dice);
        let stranger = &mut self.strangers[chosen];
        let client = stranger.client;
        match dice.below(100) {
            0..4 => world.block(client),
            4..10 => world.make_room(client, dice.below(500)),
            10..16 => world.make_room(client, 1_000_000),
            16 => world.wire(client).interruptions = dice.below(3),
            17 if dice.once_in(8) => world.reset(client),
            18 if dice.once_in(8) => world.end(client),
            19..50 => stranger.think(dice),
            _ if stranger.script.is_empty() => stranger.think(dice),
            _ => world.send(client, stranger.speak(dice)),
        }
        let queued = world.queued_len(client);
        assert!(
            queued < 4 * CONGESTED,
            "{queued} bytes for {:?}",
            stranger.kind
        );
        if !world.is_open(client) {
            self.strangers.swap_remove(chosen);
        }
    }

    /// Everybody says what it still had in mind and reads all there is.
    fn calm_down(&mut self) {
        for stranger in &mut self.strangers {
            let script = std::mem::take(&mut stranger.script);
            self.world.send(stranger.client, script);
            self.world.make_room(stranger.client, usize::MAX);
        }
        self.world.settle();
    }

    /// Those who read have their answers and know the newest; how many they were.
    fn check_readers(&mut self) -> usize {
        let ids = (0..TASKS).map(|n| format!("t{n}"));
        let newest: HashMap<String, Value> =
            ids.map(|id| (id.clone(), self.world.state(&id))).collect();
        let mut readers = 0;
        for stranger in &self.strangers {
            let wire = self.world.wire(stranger.client);
            if wire.is_shut || !wire.is_open() {
                continue;
            }
            readers += 1;
            let mut heard = wire.heard.clone();
            let answers = take_answers(&mut heard);
            let messages = take_messages(&mut heard);
            match (&stranger.kind, stranger.owed) {
                (Kind::Requests, Some(owed)) => assert_eq!(answers.len(), owed),
                (Kind::Echo, Some(owed)) => {
                    let echoes = messages
                        .iter()
                        .filter(|said| matches!(said, Said::Binary(_)));
                    assert_eq!(echoes.count(), owed);
                }
                (kind, _) => check_watcher(kind, &last_heard(messages), &newest),
            }
        }
        readers
    }

    fn leave(&mut self) {
        for stranger in &self.strangers {
            self.world.reset(stranger.client);
        }
        self.world.settle();
        assert_eq!(self.world.broker.peer_count(), 0, "a slot is not free");
        assert_eq!(self.world.broker.line_len(), 0, "somebody is still in line");
    }
}

/// What a watcher of this kind heard last is what is true.
fn check_watcher(kind: &Kind, last: &HashMap<String, Value>, newest: &HashMap<String, Value>) {
    match kind {
        Kind::Watch(task) | Kind::WatchUntilEnd(task) => {
            assert_eq!(last.get(task), known(&newest[task]), "{task}");
        }
        Kind::WatchAll => {
            for (task, state) in newest.iter().filter(|(_, state)| !state.is_null()) {
                assert_eq!(last.get(task), Some(state), "{task}");
            }
        }
        Kind::WatchMany => {
            for (task, state) in last.iter().filter(|(_, last)| last["rev"].is_u64()) {
                assert_eq!(state, &newest[task], "{task}");
            }
        }
        _ => {}
    }
}

fn known(state: &Value) -> Option<&Value> {
    Some(state).filter(|state| !state.is_null())
}

/// The last thing heard of each task: a state, or that it is forgotten.
fn last_heard(messages: Vec<Said>) -> HashMap<String, Value> {
    let about = messages.into_iter().filter_map(|said| match said {
        Said::Json(json) => Some((json["task_id"].as_str()?.to_owned(), json)),
        _ => None,
    });
    about.collect()
}

fn simulate(seeds: impl Iterator<Item = u64>) {
    let mut readers = 0;
    for seed in seeds {
        let _named = Seed(seed);
        let mut simulation = Simulation::new(seed);
        for _ in 0..STEPS {
            simulation.step();
        }
        simulation.calm_down();
        readers += simulation.check_readers();
        simulation.leave();
    }
    assert!(readers > 0, "a simulation without readers shows nothing");
}

#[test]
fn the_rules_hold_whatever_happens() {
    simulate(1..5);
}

#[test]
fn the_rules_hold_whatever_else_happens() {
    simulate(5..9);
}
