//! Strangers for the simulation: what they are, and what they have in mind to say.

use doneyet::wire::frame::OpCode;

use crate::frames::{handshake, masked, post, request, text};
use crate::world::Client;

/// Numbers that look random and are the same in every run (Marsaglia's xorshift64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % end
    }

    /// True once in `times`.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of few tasks, so that strangers meet.
    pub(crate) fn task(&mut self) -> String {
        format!("t{}", self.below(TASKS))
    }
}

/// How many tasks there are in the simulated world.
pub(crate) const TASKS: usize = 6;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Watch(String),
    WatchUntilEnd(String),
    WatchMany,
    WatchAll,
    Work(String),
    WorkMany,
    Listen(String),
    ListenUntilEnd(String),
    ListenAll,
    Echo,
    Requests,
    Polls,
    Noise,
}

impl Kind {
    /// Whether it asks for a stream of events.
    pub(crate) fn listens(&self) -> bool {
        matches!(
            self,
            Kind::Listen(_) | Kind::ListenUntilEnd(_) | Kind::ListenAll
        )
    }

    /// Whether it asks for a WebSocket.
    pub(crate) fn is_socket(&self) -> bool {
        !self.listens() && !matches!(self, Kind::Requests | Kind::Polls)
    }
}

/// A client with something in mind.
pub(crate) struct Stranger {
    pub(crate) client: Client,
    pub(crate) kind: Kind,
    /// What it will say, piece by piece.
    pub(crate) script: Vec<u8>,
    /// How many answers it is owed in the end; none if it broke the rules and is owed nothing.
    pub(crate) owed: Option<usize>,
}

impl Stranger {
    pub(crate) fn new(client: Client, dice: &mut Dice) -> Stranger {
        let kind = match dice.below(22) {
            0..3 => Kind::Watch(dice.task()),
            3 => Kind::WatchUntilEnd(dice.task()),
            4 | 5 => Kind::WatchMany,
            6 | 7 => Kind::WatchAll,
            8 | 9 => Kind::Work(dice.task()),
            10 => Kind::WorkMany,
            11 => Kind::Echo,
            12..15 => Kind::Requests,
            15 => Kind::Noise,
            16 | 17 => Kind::Listen(dice.task()),
            18 => Kind::ListenUntilEnd(dice.task()),
            19 => Kind::ListenAll,
            _ => Kind::Polls,
        };
        let script = match &kind {
            Kind::Watch(task) => handshake(&format!("/ws/progress/{task}")),
            Kind::WatchUntilEnd(task) => handshake(&format!("/ws/progress/{task}?until=end")),
            Kind::WatchMany => handshake("/ws/progress"),
            Kind::WatchAll => handshake("/ws/all"),
            Kind::Work(task) => handshake(&format!("/ws/worker/{task}")),
            Kind::WorkMany => handshake("/ws/worker"),
            Kind::Echo => handshake("/ws/echo"),
            Kind::Listen(task) => request("GET", &format!("/sse/progress/{task}")),
            Kind::ListenUntilEnd(task) => {
                request("GET", &format!("/sse/progress/{task}?until=end"))
            }
            Kind::ListenAll => request("GET", "/sse/all"),
            Kind::Requests | Kind::Polls | Kind::Noise => String::new(),
        };
        Stranger {
            client,
            kind,
            script: script.into_bytes(),
            owed: Some(0),
        }
    }

    /// Thinks of one more thing to say.
    pub(crate) fn think(&mut self, dice: &mut Dice) {
        let thought = match &self.kind {
            _ if dice.once_in(300) => self.make_noise(dice),
            Kind::Noise => self.make_noise(dice),
            Kind::Requests => {
                let times = if dice.once_in(20) { 40 } else { 1 };
                self.expect(times);
                a_request(dice).repeat(times)
            }
            Kind::Polls => {
                let times = if dice.once_in(20) { 40 } else { 1 };
                self.expect(times);
                a_poll(dice).repeat(times)
            }
            Kind::Work(_) => text(&patch(dice, None)),
            Kind::WorkMany => {
                let task = dice.task();
                text(&patch(dice, Some(&task)))
            }
            Kind::Echo => {
                self.expect(1);
                masked(OpCode::Binary, &vec![b'e'; dice.below(30_000)])
            }
            Kind::WatchMany if dice.once_in(2) => text(&action("subscribe", &dice.task())),
            _ => a_word(dice),
        };
        self.script.extend(thought);
    }

    fn expect(&mut self, answers: usize) {
        self.owed = self.owed.map(|owed| owed + answers);
    }

    fn make_noise(&mut self, dice: &mut Dice) -> Vec<u8> {
        self.owed = None;
        noise(dice)
    }

    /// The next piece of what it has in mind.
    pub(crate) fn speak(&mut self, dice: &mut Dice) -> Vec<u8> {
        let most = if dice.once_in(3) { 5 } else { 40_000 };
        let count = (1 + dice.below(most)).min(self.script.len());
        self.script.drain(..count).collect()
    }
}

fn action(action: &str, task: &str) -> String {
    format!(r#"{{"action":"{action}","task_id":"{task}"}}"#)
}

/// What any socket may say without harm to its connection, but for its strikes.
fn a_word(dice: &mut Dice) -> Vec<u8> {
    match dice.below(40) {
        0 => text(&action("cancel", &dice.task())),
        1 => text("nonsense"),
        2..20 => text("ping"),
        20..30 => masked(OpCode::Ping, b"are you there"),
        _ => masked(OpCode::Pong, b""),
    }
}

fn patch(dice: &mut Dice, task: Option<&str>) -> String {
    let task = task.map_or(String::new(), |task| format!(r#""task_id":"{task}","#));
    let change = match dice.below(20) {
        0 => r#""status":"completed""#.to_owned(),
        1 => r#""status":"running""#.to_owned(),
        2 => r#""cancel":"acknowledged""#.to_owned(),
        3 => r#""progress":101"#.to_owned(),
        4 => format!(r#""pad":"{}""#, "x".repeat(dice.below(1_500))),
        5 => format!(r#""loaded":{},"total":1000"#, dice.below(1_000)),
        _ => format!(r#""progress":{}"#, dice.below(100)),
    };
    format!("{{{task}{change}}}")
}

fn a_request(dice: &mut Dice) -> Vec<u8> {
    let task = dice.task();
    let path = format!("/api/progress/{task}");
    match dice.below(20) {
        0..7 => post("POST", &path, &patch(dice, None)),
        7 | 8 => post("PUT", &path, &patch(dice, None)),
        9 => post("POST", &format!("{path}?lease=5"), "{}"),
        10 => post("POST", &format!("{path}/cancel"), ""),
        11 if dice.once_in(4) => request("DELETE", &path),
        12 => post("POST", "/api/progress", &patch(dice, Some(&task))),
        13 => request("GET", "/api/progress"),
        14 => request("GET", "/doneyet.js"),
        15 => request("BREW", "/nowhere"),
        _ => request("GET", &path),
    }
    .into_bytes()
}

/// A poll that waits, and sometimes one that is answered at once or not what it should be.
fn a_poll(dice: &mut Dice) -> Vec<u8> {
    let path = format!("/api/progress/{}", dice.task());
    let wait = ["0", "0.02", "0.3", "1", "61"][dice.below(5)];
    match dice.below(8) {
        0 => request("GET", &path),
        1 => request("GET", &format!("{path}/cancel?wait={wait}")),
        2 => request("GET", &format!("{path}?since=7&wait={wait}")),
        // The revisions of this world begin here.
        3 => {
            let rev = 1_795_348_800_000 + dice.below(100_000);
            request("GET", &format!("{path}?since={rev}&wait={wait}"))
        }
        _ => request("GET", &format!("{path}?wait={wait}")),
    }
    .into_bytes()
}

/// Bytes, some of which look like the beginning of something.
fn noise(dice: &mut Dice) -> Vec<u8> {
    let mut bytes = match dice.below(4) {
        0 => b"GET / HTTP/1.1\r\nHost: localhost\r\n".to_vec(),
        1 => vec![0x81, 0xfe, 0xff, 0xff],
        2 => masked(OpCode::Close, b"\x03\xe8"),
        _ => Vec::new(),
    };
    bytes.extend((0..dice.below(40)).map(|_| dice.below(256) as u8));
    bytes
}
