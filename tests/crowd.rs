//! Fifteen thousand who watch one task of the built daemon, in the four ways there are.
//!
//! A program of its own, because both ends together nearly use up what descriptors there are.

#[path = "peers/daemon.rs"]
#[allow(dead_code, reason = "another suite needs more of it")]
mod daemon;
#[path = "faults/house.rs"]
#[allow(dead_code, reason = "another suite needs more of it")]
mod house;

use std::time::{Duration, Instant};

use doneyet::client::Server;
use doneyet::client::swarm::{By, Follower, Ledger, Publisher, Swarm, Way};

use crate::daemon::{Daemon, PATIENCE};
use crate::house::{connections, make_room};

const WAYS: [Way; 4] = [
    Way::Polling(INTERVAL),
    Way::LongPolling,
    Way::Events,
    Way::WebSocket,
];
/// Descriptors permitting: this process has one for each of them, too.
const IN_EACH_WAY: usize = 3_750;
/// So many connect at a time: a listener's queue is not endless.
const PORTION: usize = 150;
const STEPS: usize = 6;
/// How often everybody polls who does; what matters here is that all of them do.
const INTERVAL: Duration = Duration::from_secs(1);
const GLANCE: Duration = Duration::from_millis(5);

#[test]
fn of_fifteen_thousand_in_four_ways_everybody_sees_the_end() {
    make_room();
    let daemon = Daemon::start();
    let server = Server::at(daemon.address);
    let mut publisher =
        Publisher::connect(&server, "crowd", By::Worker).expect("a worker's socket");
    let mut step = 0;
    let mut publish = |swarm: &mut Swarm<Follower>, status: &str| {
        step += 1;
        for ledger in &mut swarm.record {
            match status {
                "completed" => ledger.publish_last(),
                _ => ledger.publish(),
            }
        }
        let state = format!(r#"{{"status":"{status}","step":{step}}}"#);
        publisher.publish(&[state]).expect("the daemon reads");
    };
    let ledgers = WAYS.iter().map(|_| Ledger::default()).collect();
    let mut swarm = Swarm::new(ledgers).expect("a poll");
    publish(&mut swarm, "running");

    for (ledger, way) in WAYS.into_iter().enumerate() {
        while swarm.len() < (ledger + 1) * IN_EACH_WAY {
            for _ in 0..PORTION {
                let enter = |out: &mut Vec<u8>| Follower::open(way, &server, "crowd", ledger, out);
                swarm.join(daemon.address, enter).expect("room");
            }
            let everybody = swarm.len();
            turn_until(&mut swarm, |ledgers| {
                count(ledgers, |l| l.ready) == everybody
            });
        }
    }
    // Ours, the worker's, and the one that asks.
    assert_eq!(connections(&daemon), swarm.len() as u64 + 2);

    for step in 1..STEPS {
        publish(&mut swarm, "running");
        poll(&mut swarm, IN_EACH_WAY / 2);
        // Who is not behind when a state comes is told of this very state.
        let everybody = (step + 1) * IN_EACH_WAY;
        turn_until(&mut swarm, |ledgers| {
            ledgers[1..].iter().all(|l| l.news as usize >= everybody)
        });
    }
    publish(&mut swarm, "completed");
    let everybody = swarm.len();
    let is_over = |ledgers: &[Ledger]| count(ledgers, |l| l.finished) == everybody;
    turn_until(&mut swarm, |ledgers| {
        is_over(ledgers) || ledgers[1..].iter().all(|l| l.finished == IN_EACH_WAY)
    });
    // Who polls sees the end when asking the next time, and everybody does within an interval.
    poll(&mut swarm, IN_EACH_WAY);
    turn_until(&mut swarm, is_over);
    for (ledger, way) in swarm.record.iter().zip(WAYS) {
        println!(
            "{way:?}: {} states, {} answers without news",
            ledger.news, ledger.empty
        );
    }
}

fn count(ledgers: &[Ledger], of: impl Fn(&Ledger) -> usize) -> usize {
    ledgers.iter().map(of).sum()
}

/// The first so many of those who poll ask, if they have their last answer.
fn poll(swarm: &mut Swarm<Follower>, askers: usize) {
    for key in 0..askers {
        let asked = swarm.prompt(key, |follower, out, ledgers| follower.poll(out, ledgers));
        asked.expect("an open connection");
    }
}

fn turn_until(swarm: &mut Swarm<Follower>, is_reached: impl Fn(&[Ledger]) -> bool) {
    let begun = Instant::now();
    while !is_reached(&swarm.record) {
        swarm.turn(GLANCE).expect("no state is wrong");
        assert!(begun.elapsed() < PATIENCE, "{:?}", swarm.record);
    }
}
