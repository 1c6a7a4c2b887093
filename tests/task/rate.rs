//! Speed and time left, from counters and a fed clock.

use doneyet::task::rate::{Rate, WINDOW_MS, eta_text, speed_text};
use serde_json::{Value, json};

use crate::{Day, HOUR, Random, SECOND};

/// A counter that moves by `per_sec`, told every `step_ms` for `for_ms`.
fn steady(
    rate: &mut Rate,
    from: (f64, u64),
    per_sec: f64,
    step_ms: u64,
    for_ms: u64,
) -> (f64, u64) {
    let mut at_ms = 0;
    while at_ms < for_ms {
        at_ms += step_ms;
        rate.observe(from.0 + per_sec * at_ms as f64 / 1000.0, from.1 + at_ms);
    }
    (from.0 + per_sec * for_ms as f64 / 1000.0, from.1 + for_ms)
}

fn assert_near(rate: &Rate, expected: f64) {
    let speed = rate.per_sec().unwrap();
    assert!(
        (speed - expected).abs() <= expected.abs() * 0.01 + 0.01,
        "{speed} is not {expected}"
    );
}

#[test]
fn one_moment_makes_no_speed() {
    let mut rate = Rate::default();
    assert_eq!(rate.per_sec(), None);
    for loaded in [0.0, 10.0, 20.0] {
        rate.observe(loaded, 7);
        assert_eq!((rate.per_sec(), rate.eta_secs(100.0)), (None, None));
    }
}

#[test]
fn a_steady_counter_has_its_speed_however_often_it_is_told() {
    for step_ms in [1, 7, 99, 100, 101, 250, 1000, 2999, 3000, 3001, 60_000] {
        let mut rate = Rate::default();
        rate.observe(0.0, 0);
        steady(&mut rate, (0.0, 0), 500.0, step_ms, 120_000);
        assert_near(&rate, 500.0);
    }
}

#[test]
fn no_time_left_is_told_in_the_first_second() {
    let mut rate = Rate::default();
    rate.observe(0.0, 50);
    for at_ms in (150..1050).step_by(100) {
        rate.observe(at_ms as f64, at_ms);
        assert_eq!(rate.eta_secs(10_000.0), None, "{at_ms}");
    }
    rate.observe(1050.0, 1050);
    assert!(rate.eta_secs(10_000.0).is_some());
}

#[test]
fn the_past_beyond_the_window_is_forgotten() {
    let mut rate = Rate::default();
    rate.observe(0.0, 0);
    let there = steady(&mut rate, (0.0, 0), 1_000_000.0, 100, 10 * SECOND);
    // Three windows later, nothing of the fast time is left in the slope, e⁻⁶ of it in the smoothing.
    steady(&mut rate, there, 10.0, 100, 3 * WINDOW_MS);
    assert!(rate.per_sec().unwrap() < 10_000.0);
    steady(
        &mut rate,
        (there.0 + 90.0, there.1 + 9000),
        10.0,
        100,
        10 * SECOND,
    );
    assert_near(&rate, 10.0);
}

#[test]
fn a_single_burst_is_smoothed() {
    let mut rate = Rate::default();
    rate.observe(0.0, 0);
    let (loaded, at_ms) = steady(&mut rate, (0.0, 0), 100.0, 100, 5 * SECOND);
    rate.observe(loaded + 100_010.0, at_ms + 100);
    // The slope over the window jumps to some 33,000; what is shown moves a tenth of the way.
    assert!(rate.per_sec().unwrap() < 5_000.0);
}

#[test]
fn a_counter_that_falls_began_anew() {
    let mut rate = Rate::default();
    rate.observe(0.0, 0);
    steady(&mut rate, (0.0, 0), 500.0, 100, 5 * SECOND);
    rate.observe(3.0, 5100);
    assert_eq!((rate.per_sec(), rate.eta_secs(100.0)), (None, None));
    rate.observe(13.0, 5200);
    assert_near(&rate, 100.0);
    assert_eq!(
        rate.eta_secs(1000.0),
        None,
        "the first second begins anew, too"
    );
}

#[test]
fn a_counter_that_stands_has_no_time_left() {
    let mut rate = Rate::default();
    rate.observe(0.0, 0);
    let (loaded, at_ms) = steady(&mut rate, (0.0, 0), 500.0, 100, 5 * SECOND);
    steady(&mut rate, (loaded, at_ms), 0.0, 1000, 60 * SECOND);
    assert_near(&rate, 0.0);
    assert_eq!(rate.eta_secs(1e9), None);
    assert_eq!(Rate::default().eta_secs(1.0), None);
}

#[test]
fn the_time_left_is_never_less_than_what_remains() {
    let mut rate = Rate::default();
    rate.observe(0.0, 0);
    let (loaded, _) = steady(&mut rate, (0.0, 0), 100.0, 100, 5 * SECOND);
    for (more, secs) in [(0.0, 0), (1.0, 1), (3000.0, 30)] {
        let left = rate.eta_secs(loaded + more).unwrap();
        assert!((secs..=secs + 1).contains(&left), "{more}: {left}");
    }
    assert_eq!(
        rate.eta_secs(loaded - 50.0),
        Some(0),
        "a total that was estimated too low"
    );
}

#[test]
fn no_counter_whatever_makes_a_speed_that_is_no_number() {
    for seed in 0..200 {
        let mut random = Random::new(seed);
        let (mut rate, mut at_ms) = (Rate::default(), 0);
        for _ in 0..100 {
            at_ms += random.pick(&[0, 1, 99, 100, 1000, HOUR]);
            rate.observe(
                random.pick(&[0.0, 0.5, 1.0, 1e9, 9_007_199_254_740_991.0]),
                at_ms,
            );
            assert!(
                rate.per_sec()
                    .is_none_or(|speed| speed.is_finite() && speed >= 0.0),
                "{seed}"
            );
        }
    }
}

#[test]
fn speeds_read_as_people_write_them() {
    for (per_sec, unit, text) in [
        (0.0, "B", "0B/s"),
        (0.4, "B", "0B/s"),
        (999.0, "B", "999B/s"),
        (999.4, "B", "999B/s"),
        (999.6, "B", "1.0kB/s"),
        (1000.0, "B", "1.0kB/s"),
        (999_400.0, "B", "999.4kB/s"),
        (999_600.0, "B", "1.0MB/s"),
        (2_500_000.0, "B", "2.5MB/s"),
        (3e9, "B", "3.0GB/s"),
        (4e12, "B", "4.0TB/s"),
        (5e15, "B", "5.0PB/s"),
        (5e18, "B", "5000.0PB/s"),
        (24.0, "frames", "24.0 frames/s"),
        (1234.56, "rows", "1234.6 rows/s"),
    ] {
        assert_eq!(speed_text(per_sec, unit), text, "{per_sec}");
    }
}

#[test]
fn times_read_as_people_write_them() {
    for (secs, text) in [
        (0, "00:00"),
        (30, "00:30"),
        (59, "00:59"),
        (60, "01:00"),
        (3599, "59:59"),
        (3600, "1:00:00"),
        (3723, "1:02:03"),
        (100 * 3600, "100:00:00"),
    ] {
        assert_eq!(eta_text(secs), text);
    }
}

fn shown(day: &Day) -> [Value; 3] {
    ["progress", "speed", "eta"].map(|name| day.field("t", name))
}

#[test]
fn counters_alone_become_progress_speed_and_time_left() {
    let mut day = Day::new();
    for tenth in 0..=20_u64 {
        let json = format!(r#"{{"loaded":{},"total":100000000}}"#, tenth * 250_000);
        day.publish("t", &json).unwrap();
        day.pass(100);
    }
    assert_eq!(shown(&day), [json!(5), json!("2.5MB/s"), json!("00:38")]);
}

#[test]
fn each_of_the_three_appears_when_it_can_be_known() {
    let mut day = Day::new();
    day.publish("t", r#"{"loaded":0,"total":10000}"#).unwrap();
    assert_eq!(shown(&day), [json!(0), Value::Null, Value::Null]);
    day.pass(500);
    day.publish("t", r#"{"loaded":500}"#).unwrap();
    assert_eq!(shown(&day), [json!(5), json!("1.0kB/s"), Value::Null]);
    day.pass(500);
    day.publish("t", r#"{"loaded":1000}"#).unwrap();
    assert_eq!(shown(&day), [json!(10), json!("1.0kB/s"), json!("00:09")]);
}

#[test]
fn without_a_total_there_is_only_a_speed() {
    let mut day = Day::new();
    for second in 0..4_u64 {
        day.publish(
            "t",
            &format!(r#"{{"loaded":{},"unit":"rows"}}"#, second * 20),
        )
        .unwrap();
        day.pass(SECOND);
    }
    assert_eq!(
        shown(&day),
        [Value::Null, json!("20.0 rows/s"), Value::Null]
    );
    day.publish("t", r#"{"loaded":80,"total":0}"#).unwrap();
    assert_eq!(shown(&day)[0], Value::Null);
    day.publish("t", r#"{"total":800}"#).unwrap();
    assert_eq!(shown(&day)[0], json!(10));
    day.publish("t", r#"{"total":null}"#).unwrap();
    assert_eq!(shown(&day)[0], Value::Null);
}

#[test]
fn what_the_worker_says_itself_is_not_computed() {
    let mut day = Day::new();
    day.publish("t", r#"{"loaded":0,"total":100}"#).unwrap();
    day.pass(2 * SECOND);
    day.publish(
        "t",
        r#"{"loaded":50,"progress":7,"speed":"fast","eta":"soon"}"#,
    )
    .unwrap();
    assert_eq!(shown(&day), [json!(7), json!("fast"), json!("soon")]);
    day.publish("t", r#"{"message":"no counters here"}"#)
        .unwrap();
    assert_eq!(shown(&day), [json!(7), json!("fast"), json!("soon")]);
    day.publish("t", r#"{"loaded":60,"eta":null}"#).unwrap();
    assert_eq!(shown(&day)[0], json!(60));
    assert_eq!(shown(&day)[2], Value::Null);
}

#[test]
fn progress_is_cut_so_that_only_all_is_100() {
    for (loaded, total, progress) in [
        ("0", "3", json!(0)),
        ("1", "3", json!(33.33)),
        ("29", "100", json!(29)),
        ("2", "3", json!(66.66)),
        ("99999", "100000", json!(99.99)),
        ("999999999", "1000000000", json!(99.99)),
        ("9007199254740990", "9007199254740991", json!(99.99)),
        ("0.5", "2", json!(25)),
        ("7", "7", json!(100)),
        ("8", "7", json!(100)),
        ("9007199254740991", "1e-300", json!(100)),
    ] {
        let mut day = Day::new();
        day.publish("t", &format!(r#"{{"loaded":{loaded},"total":{total}}}"#))
            .unwrap();
        assert_eq!(shown(&day)[0], progress, "{loaded} of {total}");
    }
}

#[test]
fn a_run_that_starts_over_has_no_speed_yet() {
    let mut day = Day::new();
    for second in 0..4_u64 {
        day.publish("t", &format!(r#"{{"loaded":{},"total":100}}"#, second * 20))
            .unwrap();
        day.pass(SECOND);
    }
    day.replace("t", r#"{"loaded":70,"total":100}"#).unwrap();
    assert_eq!(shown(&day), [json!(70), Value::Null, Value::Null]);
}

#[test]
fn counters_of_any_size_make_texts_of_ordinary_size() {
    for number in ["1e300", "1.7e308", "1e19", "18446744073709551615"] {
        let mut day = Day::new();
        day.publish("t", r#"{"loaded":0,"total":1}"#).unwrap();
        day.pass(2 * SECOND);
        let json = format!(r#"{{"loaded":{number},"total":{number}}}"#);
        if day.publish("t", &json).is_ok() {
            let speed = shown(&day)[1].to_string();
            assert!(
                speed.len() < 40 && !speed.contains("inf") && !speed.contains("NaN"),
                "{speed}"
            );
        }
    }
}
