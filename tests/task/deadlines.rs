//! Timers that traffic postpones for free, and that keep no trace of timers gone.

use doneyet::task::deadlines::{Alarm, Deadlines};

use crate::Random;

const NOBODY: [u32; 0] = [];

/// The owners that ring by `now_ms`, in order.
fn rung(deadlines: &mut Deadlines, alarms: &mut [Alarm], now_ms: u64) -> Vec<u32> {
    let mut rung = Vec::new();
    while let Some(due) = deadlines.due(now_ms) {
        if deadlines.rings(due, &mut alarms[due.key as usize], now_ms) {
            rung.push(due.key);
        }
    }
    rung
}

/// How many entries are kept.
fn entries(mut deadlines: Deadlines) -> usize {
    std::iter::from_fn(|| deadlines.due(u64::MAX)).count()
}

#[test]
fn an_alarm_rings_once_and_not_before_its_time() {
    let (mut deadlines, mut alarms) = (Deadlines::default(), [Alarm::default()]);
    deadlines.set(&mut alarms[0], 0, 100);
    assert_eq!(deadlines.next_ms(), Some(100));
    assert_eq!(rung(&mut deadlines, &mut alarms, 99), NOBODY);
    assert_eq!(rung(&mut deadlines, &mut alarms, 100), [0]);
    assert_eq!(rung(&mut deadlines, &mut alarms, u64::MAX), NOBODY);
    assert_eq!(deadlines.next_ms(), None);
}

#[test]
fn alarms_ring_in_the_order_of_their_times() {
    let (mut deadlines, mut alarms) = (Deadlines::default(), [Alarm::default(); 4]);
    for (key, at_ms) in [(0, 30), (1, 10), (2, 40), (3, 20)] {
        deadlines.set(&mut alarms[key as usize], key, at_ms);
    }
    assert_eq!(rung(&mut deadlines, &mut alarms, 35), [1, 3, 0]);
    assert_eq!(rung(&mut deadlines, &mut alarms, 40), [2]);
}

#[test]
fn postponing_pushes_nothing_until_the_old_time_has_come() {
    let (mut deadlines, mut alarms) = (Deadlines::default(), [Alarm::default()]);
    deadlines.set(&mut alarms[0], 0, 100);
    for at_ms in 101..=1000 {
        deadlines.set(&mut alarms[0], 0, at_ms);
        assert_eq!(deadlines.next_ms(), Some(100));
    }
    assert_eq!(rung(&mut deadlines, &mut alarms, 100), NOBODY);
    assert_eq!(deadlines.next_ms(), Some(1000));
    assert_eq!(rung(&mut deadlines, &mut alarms, 1000), [0]);
}

#[test]
fn an_alarm_that_is_set_earlier_rings_earlier_and_once() {
    let (mut deadlines, mut alarms) = (Deadlines::default(), [Alarm::default()]);
    deadlines.set(&mut alarms[0], 0, 100);
    deadlines.set(&mut alarms[0], 0, 50);
    assert_eq!(rung(&mut deadlines, &mut alarms, 50), [0]);
    assert_eq!(rung(&mut deadlines, &mut alarms, 200), NOBODY);
}

#[test]
fn an_alarm_may_be_set_again_when_it_has_rung() {
    let (mut deadlines, mut alarms) = (Deadlines::default(), [Alarm::default()]);
    for at_ms in [10, 20, 30] {
        deadlines.set(&mut alarms[0], 0, at_ms);
        assert_eq!(rung(&mut deadlines, &mut alarms, at_ms), [0]);
    }
}

#[test]
fn a_cleared_alarm_is_silent_until_it_is_set_again() {
    let (mut deadlines, mut alarms) = (Deadlines::default(), [Alarm::default()]);
    deadlines.set(&mut alarms[0], 0, 100);
    deadlines.clear(&mut alarms[0], 0);
    deadlines.set(&mut alarms[0], 0, 300);
    assert_eq!(rung(&mut deadlines, &mut alarms, 200), NOBODY);
    assert_eq!(rung(&mut deadlines, &mut alarms, 300), [0]);
    deadlines.set(&mut alarms[0], 0, 400);
    deadlines.clear(&mut alarms[0], 0);
    assert_eq!(rung(&mut deadlines, &mut alarms, 500), NOBODY);
}

#[test]
fn a_deadline_that_never_comes_takes_no_entry() {
    let (mut deadlines, mut alarm) = (Deadlines::default(), Alarm::default());
    deadlines.set(&mut alarm, 0, u64::MAX);
    assert_eq!(deadlines.next_ms(), None);
}

#[test]
fn the_entry_of_a_former_owner_rings_nobody() {
    let (mut deadlines, mut alarms) = (Deadlines::default(), [Alarm::default()]);
    deadlines.set(&mut alarms[0], 0, 100);
    alarms[0] = Alarm::default();
    assert_eq!(
        rung(&mut deadlines, &mut alarms, 100),
        NOBODY,
        "the new owner set nothing"
    );
    deadlines.set(&mut alarms[0], 0, 150);
    alarms[0] = Alarm::default();
    deadlines.set(&mut alarms[0], 0, 300);
    assert_eq!(
        rung(&mut deadlines, &mut alarms, 299),
        NOBODY,
        "it set a later time"
    );
    assert_eq!(rung(&mut deadlines, &mut alarms, 300), [0]);
    deadlines.set(&mut alarms[0], 0, 400);
    alarms[0] = Alarm::default();
    deadlines.set(&mut alarms[0], 0, 400);
    assert_eq!(
        rung(&mut deadlines, &mut alarms, 400),
        [0],
        "the same time rings once"
    );
}

#[test]
fn an_owner_has_one_entry_however_its_deadline_wanders() {
    let (mut deadlines, mut alarms) = (Deadlines::default(), [Alarm::default()]);
    for now_ms in 0..1000 {
        deadlines.set(&mut alarms[0], 0, now_ms + 1_000_000);
        rung(&mut deadlines, &mut alarms, now_ms);
        deadlines.set(&mut alarms[0], 0, now_ms + 1);
        deadlines.set(&mut alarms[0], 0, now_ms + 1_000_000);
    }
    assert!(entries(deadlines) <= 1);
}

#[test]
fn alarms_ring_as_a_list_that_is_searched_whole_would_have_it() {
    for seed in 0..100 {
        let mut random = Random::new(seed);
        let mut deadlines = Deadlines::default();
        let mut alarms = [Alarm::default(); 8];
        let mut truth = [u64::MAX; 8];
        let mut now_ms = 0;
        for _ in 0..500 {
            let key = random.below(8) as u32;
            match random.below(8) {
                0 => {
                    deadlines.clear(&mut alarms[key as usize], key);
                    truth[key as usize] = u64::MAX;
                }
                1..=2 => {
                    now_ms += random.below(40);
                    let mut rung = rung(&mut deadlines, &mut alarms, now_ms);
                    rung.sort_unstable();
                    let mut expected = Vec::new();
                    for (key, at_ms) in truth.iter_mut().enumerate() {
                        if *at_ms <= now_ms {
                            *at_ms = u64::MAX;
                            expected.push(key as u32);
                        }
                    }
                    assert_eq!(rung, expected, "seed {seed}");
                }
                _ => {
                    truth[key as usize] = now_ms + random.below(60);
                    deadlines.set(&mut alarms[key as usize], key, truth[key as usize]);
                }
            }
            let earliest_ms = truth.into_iter().min().filter(|&at_ms| at_ms != u64::MAX);
            assert!(
                earliest_ms.is_none_or(|at_ms| deadlines.next_ms().unwrap() <= at_ms),
                "{seed}"
            );
        }
    }
}
