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
fn a_whole_state_passes_with_all_that_is_the_programs_to_say() {
    let reading = last(
        "{\"progress\":10,\"title\":\"New title\",\"stage\":\"encode\",\"filename\":\"a.mp4\",\
         \"message\":\"first pass\",\"status\":\"encoding\",\"error\":null,\"fps\":[24,1],\
         \"task_id\":\"x\",\"rev\":7,\"updated_at\":1,\"cancel\":\"refused\",\"stalled\":true}\n",
    );
    let expected = serde_json::json!({
        "title": "New title", "stage": "encode", "filename": "a.mp4", "message": "first pass",
        "status": "encoding", "error": null, "fps": [24, 1],
    });
    assert_eq!(reading.percent, Some(10.0));
    assert_eq!(serde_json::Value::from(reading.fields), expected);
    assert_eq!(reading.message, None);
    let stage = reading.stage.unwrap_or_default();
    assert_eq!(stage.label.as_deref(), Some("encode"));
}

#[test]
fn what_a_state_says_of_its_stage_and_unit_stands_until_it_says_it_anew() {
    let named = "{\"loaded\":1,\"total\":4,\"unit\":\"rows\",\"stage\":\"read\"}\n";
    let next = format!("{named}{{\"loaded\":2,\"total\":4}}\n");
    let expected = serde_json::json!({"unit": "rows", "stage": "read"});
    assert_eq!(serde_json::Value::from(last(&next).fields), expected);
    let freed = format!("{named}{{\"loaded\":2,\"unit\":null,\"stage\":null}}\n{{\"loaded\":3}}\n");
    assert!(last(&freed).fields.is_empty());
}

#[test]
fn a_line_neither_ends_its_task_nor_spoils_the_state() {
    for field in [
        r#""status":"completed""#,
        r#""status":"lost""#,
        r#""status":7"#,
        r#""status":"""#,
        r#""unit":7"#,
    ] {
        let reading = last(&format!("{{\"progress\":10,{field}}}\n"));
        assert_eq!(reading.percent, Some(10.0), "{field}");
        assert!(reading.fields.is_empty(), "{field}");
    }
}

#[test]
fn of_other_formats_the_texts_pass_that_a_state_has_too() {
    let reading = last(
        "{\"status\":\"downloading\",\"downloaded_bytes\":1,\"total_bytes\":4,\"elapsed\":2,\
         \"filename\":\"a.mp4\"}\n",
    );
    let fields = serde_json::Value::from(reading.fields);
    assert_eq!(fields, serde_json::json!({"filename": "a.mp4"}));
    assert_eq!((reading.percent, reading.message), (Some(25.0), None));
    assert_eq!(
        reading.stage.unwrap_or_default().label.as_deref(),
        Some("a.mp4")
    );
}

#[test]
fn a_line_that_is_not_understood_yet_names_no_stage_and_loses_no_field() {
    let lines = "{\"progress\":0.1,\"title\":\"T\"}\n{\"progress\":0.2}\n";
    let readings = crate::read(lines.as_bytes());
    let titles: Vec<_> = readings.iter().map(|r| r.fields.get("title")).collect();
    assert_eq!(titles, [Some(&serde_json::json!("T")), None]);
    let stage = last(lines).stage.unwrap_or_default();
    assert_eq!((stage.number, stage.label), (1, None));
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
