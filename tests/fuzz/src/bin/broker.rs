//! The whole daemon but for its system calls, as a stream of operations.
//!
//! The input says who connects, speaks, reads, stalls, breaks, and how time goes. What must hold is
//! asserted in `world` at every turn and in `client` at every message; at the end everybody reads,
//! and then: each watcher has the newest state of what it watches, byte for byte; after a goodbye
//! nobody is left; and when all have gone, so has the memory.

#![no_main]

use doneyet::server::Config;
use doneyet::task::hub::PeerKey;
use doneyet::wire::frame::OpCode;
use doneyet_fuzz::client::Path;
use doneyet_fuzz::world::{UNLIMITED, World};
use doneyet_fuzz::{Script, meter};
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static METER: meter::Meter = meter::Meter;

const TASKS: [&str; 4] = ["a", "b", "c", "d"];
const MAX_PEERS: usize = 12;
/// What may stay when all is over: empty slabs, queues and tables with room for the peers.
const LEFTOVER: usize = 16 * 1024;

/// Times that decide something: ticks within a turn, the deadlines of peers, leases, retention.
const WAITS_MS: [u64; 8] = [1, 120, 2_001, 5_001, 20_000, 30_001, 3_600_001, 86_400_001];

fuzz_target!(|data: &[u8]| {
    let before = meter::live();
    let mut world = World::new(&Config {
        max_tasks: 3,
        ..Config::default()
    });
    let mut script = Script(data);
    for _ in 0..256 {
        if script.is_over() {
            break;
        }
        operate(&mut world, &mut script);
        if script.below(4) != 0 {
            world.turn();
        }
    }
    let waiting: Vec<PeerKey> = world.links.keys().copied().collect();
    waiting
        .into_iter()
        .for_each(|key| world.drain(key, UNLIMITED));
    world.settle();
    match world.closing {
        true => check_goodbye(&mut world),
        false => check_states(&mut world),
    }
    check_emptiness(&mut world, before);
});

fn operate(world: &mut World, script: &mut Script<'_>) {
    let choice = script.below(16);
    let Some(key) = pick(world, script, choice) else {
        return;
    };
    match choice {
        0 => {}
        1..=9 => say(world, key, choice, script),
        10 => world.drain(key, 1 << script.below(24)),
        11 => {
            let link = world.links.get_mut(&key).expect("it was picked");
            // From now on the kernel is nearly full, and a signal may come.
            link.room = link.room.min(script.below(256));
            link.interrupt = script.below(4) == 0;
        }
        12 => world.links.get_mut(&key).expect("it was picked").fin = true,
        13 => world.reset(key),
        14 => world.now = world.now.plus_ms(WAITS_MS[script.below(WAITS_MS.len())]),
        _ if script.below(32) == 0 => world.close_all(),
        _ => {}
    }
}

/// The peer that the operation is about; a new one now and then, and for the first.
fn pick(world: &mut World, script: &mut Script<'_>, choice: usize) -> Option<PeerKey> {
    let index = script.below(MAX_PEERS);
    let known = world.links.keys().nth(index).copied();
    let is_full = world.closing || world.links.len() == MAX_PEERS;
    if is_full || (choice != 0 && known.is_some()) {
        return known;
    }
    let room = [UNLIMITED, 100, 4_000, 200_000][script.below(4)];
    let read_len = [UNLIMITED, 1, 7, 1_000][script.below(4)];
    Some(world.connect(room, read_len, script.below(4) != 0))
}

fn say(world: &mut World, key: PeerKey, choice: usize, script: &mut Script<'_>) {
    let link = world.links.get_mut(&key).expect("it was picked");
    let client = &mut link.client;
    let task = TASKS[script.below(TASKS.len())];
    let one = format!("/api/progress/{task}");
    let bytes = match choice {
        1 => client.upgrade(path(script.below(11), task)),
        2 => match script.below(3) {
            0 => client.request("POST", &one, &patch(script, None)),
            1 => client.request("PUT", &one, &patch(script, None)),
            _ => client.request("POST", &format!("{one}?lease=3"), &patch(script, None)),
        },
        3 => client.request("DELETE", &one, b""),
        4 => match script.below(8) {
            0 => client.request("GET", "/api/progress?status=running", b""),
            1 => client.request("GET", "/", b""),
            2 => client.request("GET", "/api/progress", b""),
            4 => client.request("GET", &format!("{one}?since=1700000000000"), b""),
            5 => client.request("GET", &format!("{one}?wait=0.1"), b""),
            6 => client.request("GET", &format!("{one}?wait=60"), b""),
            7 => client.request("GET", &format!("{one}/cancel?wait=5"), b""),
            _ => client.request("GET", &one, b""),
        },
        5 => [
            client.request("POST", &format!("{one}/cancel"), b"{\"reason\":\"r\"}"),
            client.subscribe("cancel", task),
        ]
        .concat(),
        6 => client.subscribe(["subscribe", "unsubscribe"][script.below(2)], task),
        // A worker on its own socket must not, one on the other must, name the task.
        7 => {
            let named = [None, Some(task)][script.below(2)];
            client.message(OpCode::Text, &patch(script, named))
        }
        8 => {
            let opcode = [OpCode::Text, OpCode::Binary, OpCode::Ping, OpCode::Close];
            let opcode = opcode[script.below(4)];
            let len = script.below(126);
            client.message(opcode, script.bytes(len))
        }
        _ => {
            let len = script.below(256);
            client.rubbish(script.bytes(len))
        }
    };
    link.inbound.extend(bytes);
}

fn path(choice: usize, task: &'static str) -> Path {
    match choice {
        0 => Path::Watch(task),
        1 => Path::WatchUntilEnd(task),
        2 => Path::WatchMany,
        3 => Path::WatchAll,
        4 => Path::Work(task),
        5 => Path::WorkMany,
        6 => Path::Hello,
        7 => Path::Echo,
        8 => Path::Listen(task),
        9 => Path::ListenUntilEnd(task),
        _ => Path::ListenAll,
    }
}

fn patch(script: &mut Script<'_>, task: Option<&str>) -> Vec<u8> {
    let number = script.byte();
    let fields = match script.below(10) {
        0 | 1 => format!(r#""progress":{}"#, number % 101),
        2 => format!(r#""loaded":{number},"total":200"#),
        3 => r#""status":"completed""#.into(),
        4 => r#""status":"failed","cancel":"refused""#.into(),
        5 => r#""cancel":"acknowledged","status":"running""#.into(),
        6 => r#""progress":101"#.into(),
        7 => format!(r#""title":"{}""#, "x".repeat(usize::from(number) * 60)),
        8 => r#""title":null,"message":{"a":{"b":null,"c":1}}"#.into(),
        _ => String::new(),
    };
    let id = task
        .map(|task| format!(r#""task_id":"{task}""#))
        .unwrap_or_default();
    let comma = if id.is_empty() || fields.is_empty() {
        ""
    } else {
        ","
    };
    format!("{{{id}{comma}{fields}}}").into_bytes()
}

/// Whoever watches has the newest, exactly as somebody who asks now is told it.
fn check_states(world: &mut World) {
    for task in TASKS {
        let asker = world.connect(UNLIMITED, UNLIMITED, true);
        let link = world.links.get_mut(&asker).expect("just connected");
        link.inbound = link
            .client
            .request("GET", &format!("/api/progress/{task}"), b"");
        world.settle();
        let answer = world
            .links
            .get_mut(&asker)
            .and_then(|link| link.client.last.take());
        let (status, newest) = answer.expect("an answer");
        assert!(matches!(status, 200 | 404));
        world.reset(asker);
        world.turn();
        let watchers = world
            .links
            .values()
            .filter(|link| link.client.watches(task));
        for link in watchers.filter(|link| link.listens()) {
            let has = link.client.state(task).map(String::from_utf8_lossy);
            let is_newest = has.as_ref().is_some_and(|has| has.as_bytes() == newest);
            assert!(
                is_newest || status != 200,
                "an old state of {task}: {has:.200?}"
            );
        }
    }
}

/// Every socket that reads was told why it ends, and the slow ones do not keep the daemon.
fn check_goodbye(world: &mut World) {
    for link in world.links.values() {
        assert!(!link.client.is_socket() || link.fin, "{:?}", link.client);
    }
    for _ in 0..4 {
        world.now = world.now.plus_ms(5_001);
        world.settle();
    }
    // A request that is being received has its own time to end.
    world.now = world.now.plus_ms(75_001);
    world.settle();
    assert_eq!(world.broker.peer_count(), 0, "{:?}", world.links);
}

/// When all have gone and their tasks' time is over, nothing is left.
fn check_emptiness(world: &mut World, before: usize) {
    let left: Vec<PeerKey> = world.links.keys().copied().collect();
    left.into_iter().for_each(|key| world.reset(key));
    world.settle();
    for _ in 0..4 {
        world.now = world.now.plus_ms(86_400_001);
        world.settle();
    }
    assert_eq!(world.broker.peer_count(), 0);
    assert_eq!(
        world.broker.next_tick_ms(),
        None,
        "an alarm that nobody will hear"
    );
    let held = meter::live().saturating_sub(before);
    assert!(held <= LEFTOVER, "{held} bytes are still held");
}
