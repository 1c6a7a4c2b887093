//! A download as it went: bytes over time.

use std::time::Duration;

/// One that was recorded; its first lines tell of it.
const RECORDED: &str = include_str!("trace.txt");

/// How far a download was, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Since it began.
    pub at: Duration,
    /// Bytes that had come.
    pub loaded: u64,
}

/// All changes of a download, in their order; the last one is its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace(Vec<Point>);

impl Trace {
    /// The recorded one.
    pub fn recorded() -> Trace {
        Trace::parse(RECORDED).expect("the recorded trace is one: a test reads it")
    }

    /// Reads lines of milliseconds and bytes, neither of which may fall. Blank lines and what begins
    /// with `#` are skipped.
    ///
    /// # Errors
    ///
    /// A sentence with the number of the line that is wrong.
    pub fn parse(text: &str) -> Result<Trace, String> {
        let mut points: Vec<Point> = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let point = point(line).ok_or_else(|| {
                format!("line {number} of the trace must be milliseconds and bytes")
            })?;
            if points
                .last()
                .is_some_and(|last| point.at < last.at || point.loaded < last.loaded)
            {
                return Err(format!(
                    "line {number} of the trace falls behind the one before"
                ));
            }
            points.push(point);
        }
        match points.is_empty() {
            false => Ok(Trace(points)),
            true => Err("the trace has no points".to_owned()),
        }
    }

    /// Its points; at least one.
    pub fn points(&self) -> &[Point] {
        &self.0
    }

    /// How long it took.
    pub fn time(&self) -> Duration {
        self.0.last().map_or(Duration::ZERO, |last| last.at)
    }

    /// Bytes in all.
    pub fn total(&self) -> u64 {
        self.0.last().map_or(0, |last| last.loaded)
    }
}

fn point(line: &str) -> Option<Point> {
    let (millis, loaded) = line.trim().split_once(' ')?;
    Some(Point {
        at: Duration::from_millis(millis.parse().ok()?),
        loaded: loaded.trim().parse().ok()?,
    })
}
