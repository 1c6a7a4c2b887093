use crate::NONE;
use crate::{last, percents};

#[test]
fn the_usual_keys_are_known() {
    let lines = [
        r#"{"percent": 45}"#,
        r#"{"percentage": "45.0%", "rate": "12.5 MB/s"}"#,
        r#"{"pct": 45.0}"#,
        r#"{"progress": 45}"#,
        r#"{"percent_done": 0.45}"#,
        r#"{"downloaded_bytes": 45, "total_bytes": 100}"#,
        r#"{"downloaded_bytes": 45, "total_bytes": null, "total_bytes_estimate": 100.0}"#,
        r#"{"type": "progress", "done": 9, "total": 20}"#,
        r#"{"status": "Downloading", "progressDetail": {"current": 9, "total": 20}, "id": "7be9"}"#,
        r#"{"stats": {"inner": {"bytes": 9, "totalBytes": 20}}}"#,
    ];
    for line in lines {
        assert_eq!(percents(&format!("{line}\r\n")), [45.0], "{line}");
    }
}

#[test]
fn speed_time_and_words_come_along() {
    let reading = last(
        "{\"done\": 1, \"total\": 2, \"unit\": \"bytes\", \"speed\": \"2MB/s\", \"eta\": 78, \
         \"message\": \"copy\"}\n",
    );
    assert_eq!(
        (reading.loaded, reading.total, reading.unit),
        (Some(1.0), Some(2.0), Some("B"))
    );
    assert_eq!(reading.speed.as_deref(), Some("2MB/s"));
    assert_eq!(reading.eta.as_deref(), Some("01:18"));
    assert_eq!(reading.message.as_deref(), Some("copy"));
}

#[test]
fn what_is_counted_follows_from_the_key_where_no_unit_is_named() {
    let units = [
        ("{\"loaded\": 1, \"total\": 2}\n", Some("B")),
        ("{\"loaded\": 1, \"total\": 2, \"unit\": \"rows\"}\n", None),
        ("{\"done\": 1, \"total\": 2}\n", None),
    ];
    for (line, unit) in units {
        assert_eq!(last(line).unit, unit, "{line}");
    }
}

#[test]
fn a_progress_below_one_is_a_fraction_if_the_next_is_too() {
    let lines = |values: &[f64]| -> String {
        values
            .iter()
            .map(|value| format!("{{\"progress\": {value:?}}}\n"))
            .collect()
    };
    assert_eq!(percents(&lines(&[0.0, 0.25, 0.5, 1.0])), [0.0, 50.0, 100.0]);
    assert_eq!(percents(&lines(&[0.0, 0.5, 1.5, 2.5])), [0.0, 1.5, 2.5]);
    assert_eq!(percents(&lines(&[0.5])), NONE);
}

#[test]
fn other_objects_are_no_progress() {
    let lines = [
        r#"{"disk_percent": 91}"#,
        r#"{"percent": "n/a"}"#,
        r#"{"percent": 145}"#,
        r#"{"done": 5, "total": 0}"#,
        r#"{"done": 5, "total": 3}"#,
        r#"{"level": "info", "msg": "45% done"}"#,
        r#"[45]"#,
        r#"{"percent": 45"#,
        r#"{"a": {"b": {"c": {"percent": 45}}}}"#,
    ];
    for line in lines {
        assert_eq!(percents(&format!("{line}\n")), NONE, "{line}");
    }
}

#[test]
fn an_object_deeper_than_the_parser_goes_is_no_progress() {
    let deep = format!("{}{}\n", "{\"a\":".repeat(5000), "}".repeat(5000));
    assert_eq!(percents(&deep), NONE);
}
