use doneyet::scrape::Reader;

#[test]
fn an_open_line_is_looked_at_after_some_quiet() {
    let mut reader = Reader::new();
    assert_eq!(reader.deadline_ms(), None);
    assert_eq!(reader.push(b"\rget 4", 1000), []);
    let deadline = reader.deadline_ms().expect("a line is open");
    assert!((1050..=1100).contains(&deadline));
    assert_eq!(reader.push(b"5%", 1010), []);
    let deadline = reader.deadline_ms().expect("it is still open");
    let readings = reader.flush(deadline);
    assert_eq!(
        readings
            .iter()
            .map(|reading| reading.percent)
            .collect::<Vec<_>>(),
        [Some(45.0)]
    );
    assert_eq!(reader.deadline_ms(), None, "nothing new to look at");
    assert_eq!(reader.push(b"\r", 2000), []);
    assert_eq!(
        reader.flush(3000),
        [],
        "the same line, ended, says the same"
    );
}

#[test]
fn a_line_that_ended_leaves_no_deadline() {
    let mut reader = Reader::new();
    reader.push(b"45%\n", 0);
    assert_eq!(reader.deadline_ms(), None);
    assert_eq!(reader.flush(100), []);
}

#[test]
fn the_word_passes_on_when_its_owner_falls_silent() {
    let percent = |readings: Vec<doneyet::scrape::Reading>| readings.last().and_then(|r| r.percent);
    let mut reader = Reader::new();
    assert_eq!(percent(reader.push(b"{\"percent\": 45}\n", 0)), Some(45.0));
    assert_eq!(percent(reader.push(b"\rnext 1%\r", 5_000)), None);
    assert_eq!(percent(reader.push(b"\rnext 2%\r\n", 20_000)), Some(2.0));
}
