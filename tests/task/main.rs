//! Tasks from outside: what a publish, a cancel and the clock make of them, and who is told.
//!
//! Time is fed, so a day of silence costs microseconds. What is fast is tested against what is
//! obviously right, over operations that look random and are the same in every run.

mod board;
mod clock;
mod deadlines;
mod hub;
mod id;
mod merge;
mod merge_patch;
mod rate;
mod record;
mod state;
mod update;

use doneyet::task::board::{Room, TaskKey};
use doneyet::task::record::{Effect, Patience, Tick};
use doneyet::task::{Board, Mode, Now, Patch, Refusal, TaskId};
use serde_json::Value;

/// When every test begins.
const DAWN: Now = Now {
    ticks_ms: 5_000,
    unix_ms: 1_724_323_170_041,
};

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

fn task(id: &str) -> TaskId {
    TaskId::new(id).unwrap()
}

fn patch(json: &str) -> Patch {
    Patch::parse(json.as_bytes()).unwrap()
}

/// A board and the clock that it is fed.
struct Day {
    board: Board,
    now: Now,
}

impl Day {
    fn new() -> Day {
        Day::with_places(100)
    }

    fn with_places(max_tasks: usize) -> Day {
        Day {
            board: Board::new(Patience::default(), max_tasks),
            now: DAWN,
        }
    }

    fn key(&mut self, id: &str) -> TaskKey {
        self.board.intern(&task(id))
    }

    fn publish(&mut self, id: &str, json: &str) -> Result<Effect, Refusal> {
        self.send(id, json, Mode::Merge, None)
    }

    fn replace(&mut self, id: &str, json: &str) -> Result<Effect, Refusal> {
        self.send(id, json, Mode::Replace, None)
    }

    fn send(
        &mut self,
        id: &str,
        json: &str,
        mode: Mode,
        lease_ms: Option<u64>,
    ) -> Result<Effect, Refusal> {
        let key = self.key(id);
        let patch = Patch::parse(json.as_bytes())?;
        self.board.publish(key, patch, mode, lease_ms, self.now)
    }

    fn cancel(&mut self, id: &str, reason: Option<&str>) -> Result<Effect, Refusal> {
        let key = self.board.find(&task(id))?;
        self.board.request_cancel(key, reason, self.now)
    }

    fn forget(&mut self, id: &str) {
        let key = self.key(id);
        self.board.forget(key);
        self.board.release(key);
    }

    /// Lets time pass for a daemon that wakes whenever the board wants to be ticked. Returns what
    /// became visible, as (ticks since dawn, task, status or `forgotten`).
    fn pass(&mut self, ms: u64) -> Vec<(u64, String, String)> {
        let end_ms = self.now.ticks_ms + ms;
        let mut seen = Vec::new();
        let mut wakes = 0;
        while let Some(at_ms) = self.board.next_tick_ms().filter(|&at_ms| at_ms <= end_ms) {
            self.now = self.now.plus_ms(at_ms.saturating_sub(self.now.ticks_ms));
            seen.extend(self.tick());
            wakes += 1;
            assert!(wakes < 10_000, "the board wants to be ticked for ever");
        }
        self.now = self.now.plus_ms(end_ms - self.now.ticks_ms);
        seen
    }

    /// Lets time pass for a daemon that oversleeps: one tick, at the end.
    fn oversleep(&mut self, ms: u64) -> Vec<(u64, String, String)> {
        self.now = self.now.plus_ms(ms);
        self.tick()
    }

    fn tick(&mut self) -> Vec<(u64, String, String)> {
        let at_ms = self.now.ticks_ms - DAWN.ticks_ms;
        let mut seen = Vec::new();
        let mut ticks = 0;
        while let Some((key, tick)) = self.board.tick(self.now) {
            ticks += 1;
            assert!(ticks < 10_000, "one moment's ticks never end");
            let id = self.board.id(key).unwrap().to_string();
            match tick {
                Tick::Stays(Effect::Unchanged) => {}
                Tick::Stays(_) => {
                    let status = self.field(&id, "status").as_str().unwrap().to_owned();
                    seen.push((at_ms, id, status));
                }
                Tick::Forget => {
                    self.board.forget(key);
                    self.board.release(key);
                    seen.push((at_ms, id, "forgotten".to_owned()));
                }
            }
        }
        seen
    }

    fn json(&self, id: &str) -> Vec<u8> {
        let key = self.board.find(&task(id)).unwrap();
        self.board.update(key).unwrap().json().to_vec()
    }

    fn state(&self, id: &str) -> Value {
        serde_json::from_slice(&self.json(id)).unwrap()
    }

    /// One field of the state; null if it is absent.
    fn field(&self, id: &str, name: &str) -> Value {
        self.state(id).get(name).cloned().unwrap_or(Value::Null)
    }

    fn rev(&self, id: &str) -> u64 {
        let key = self.board.find(&task(id)).unwrap();
        self.board.update(key).unwrap().rev()
    }

    fn is_known(&self, id: &str) -> bool {
        self.board.find(&task(id)).is_ok()
    }

    fn room(&mut self, id: &str) -> Room {
        let key = self.key(id);
        self.board.room_for(key)
    }
}

/// Numbers that look random and are the same in every run (Marsaglia's xorshift64).
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number in `0..end`.
    fn below(&mut self, end: u64) -> u64 {
        (self.number() >> 11) % end
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}
