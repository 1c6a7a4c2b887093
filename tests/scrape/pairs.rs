//! Lines of `key=value` pairs, as logs for machines have them.

use crate::NONE;
use crate::{percents, percents_in_time};

fn log(line: &str, values: &[&str]) -> String {
    let lines = values.iter().map(|value| line.replace('@', value) + "\n");
    lines.collect()
}

#[test]
fn so_many_of_a_total_counts_once_it_goes_on() {
    let lines = [
        "level=info done=@ total=1000",
        "ts=2026-11-26T10:00:00Z level=info msg=\"copying rows\" processed=@ total=1000",
        "copying: done=@, total=1000",
        "done: @ total: 1000",
    ];
    for line in lines {
        let stream = log(line, &["200", "400", "650"]);
        assert_eq!(percents_in_time(&stream), [40.0, 65.0], "{line}");
        assert_eq!(percents(&log(line, &["200"])), NONE, "{line}");
    }
    let read = crate::last(&format!(
        "\r{}",
        log("bytes_done=@ total_bytes=1000", &["200"])
    ));
    assert_eq!((read.loaded, read.total), (Some(200.0), Some(1000.0)));
    let pool = log("active=@ total=10", &["2", "3", "4"]);
    assert_eq!(percents_in_time(&pool), NONE);
}

#[test]
fn a_named_share_counts_once_it_goes_on() {
    let line = "time=10:00 level=info msg=\"copying rows\" progress=@";
    assert_eq!(
        percents_in_time(&log(line, &["0.45", "0.55", "0.65"])),
        [55.0, 65.0]
    );
    assert_eq!(
        percents_in_time(&log(line, &["45", "55", "65.5"])),
        [55.0, 65.5]
    );
    assert_eq!(percents_in_time(&log(line, &["45%", "55%"])), [45.0, 55.0]);
    assert_eq!(percents_in_time("color=auto progress=1 verbose=0\n"), NONE);
    assert_eq!(percents_in_time("color=auto progress=0 verbose=0\n"), NONE);
    assert_eq!(
        percents_in_time(&log("cpu=3 progress=@x", &["45", "55"])),
        NONE
    );
}
