//! Lines written for machines, or so regular that a machine may read them as such.

use super::amount::{BYTES, number, size};
use super::reading::Reading;

/// `dlstatus:1:12.5:Retrieving file 1 of 7`, what `apt` writes to `APT::Status-Fd`. On a terminal
/// it comes glued to the end of a line that was still open.
pub fn apt(line: &str) -> Option<Reading> {
    let starts = ["dlstatus:", "pmstatus:"];
    let start = starts.iter().filter_map(|start| line.rfind(start)).max()?;
    let mut fields = line.get(start..)?.splitn(4, ':').skip(2);
    let percent = percent(fields.next()?)?;
    let message = fields.next().map(str::to_owned);
    Some(Reading {
        percent: Some(percent),
        message,
        ..Reading::default()
    })
}

/// `curl`'s table has no sign and no unit, but twelve columns with three times among them:
/// percent, total, percent, received, percent, sent, two mean speeds, time in all, spent, left, speed.
pub fn curl(line: &str) -> Option<Reading> {
    let mut columns = [""; 12];
    let mut words = line.split_ascii_whitespace();
    for column in &mut columns {
        *column = words.next()?;
    }
    let [
        percent_done,
        total,
        _,
        received,
        _,
        sent,
        _,
        _,
        whole,
        spent,
        left,
        speed,
    ] = columns;
    let times = [whole, spent, left].iter().all(|time| is_time(time));
    let (received, sent) = (bytes(received)?, bytes(sent)?);
    if words.next().is_some() || !times {
        return None;
    }
    let total = bytes(total).filter(|total| *total > 0.0);
    let share = percent(percent_done)?;
    Some(Reading {
        percent: total.map(|_| share),
        loaded: Some(received.max(sent)),
        total,
        unit: Some(BYTES),
        speed: Some(format!("{speed}/s")),
        eta: left
            .starts_with(|char: char| char.is_ascii_digit())
            .then(|| left.to_owned()),
        ..Reading::default()
    })
}

/// `PROGRESS=42`, `progress: 42`: a number that has only its name to say what it is.
pub fn named(line: &str) -> Option<f64> {
    let (name, value) = line.split_once(['=', ':'])?;
    let name = name.trim();
    let known = ["progress", "percent", "pct"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known));
    if known { percent(value.trim()) } else { None }
}

/// Nothing on the line but a number from 0 to 100, as `pv -n` writes and `dialog --gauge` reads.
pub fn bare(line: &str) -> Option<f64> {
    percent(line.trim())
}

fn percent(digits: &str) -> Option<f64> {
    let plain = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let value: f64 = digits.parse().ok().filter(|_| plain && digits.len() <= 8)?;
    (value <= 100.0).then_some(value)
}

fn bytes(column: &str) -> Option<f64> {
    let digits = column.trim_end_matches(|char: char| char.is_ascii_alphabetic());
    let unit = column.get(digits.len()..)?;
    let factor = if unit.is_empty() { 1.0 } else { size(unit)? };
    Some(number(digits)? * factor)
}

/// `0:00:06`, `--:--:--`, and for long times `2d 03h` without its blank.
fn is_time(column: &str) -> bool {
    column.matches(':').count() == 2 && column.len() >= 7
}
