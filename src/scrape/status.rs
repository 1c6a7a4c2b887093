//! Lines written for machines, or so regular that a machine may read them as such.

use super::amount::{BYTES, number, size};
use super::ratio::percent_of;
use super::reading::Reading;

/// Where a scale begins at most.
const MAX_FIRST_MARK: f64 = 10.0;

/// Columns of the widest table.
const MAX_COLUMNS: usize = 12;

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

/// `curl`'s tables have no sign and no unit, but three times before the last column: time in all,
/// spent, left, and then the speed.
pub fn curl(line: &str) -> Option<Reading> {
    let mut columns = [""; MAX_COLUMNS + 1];
    let words = line.split_ascii_whitespace();
    let count = columns
        .iter_mut()
        .zip(words)
        .map(|(column, word)| *column = word)
        .count();
    let (columns, [whole, spent, left, speed]) = columns.get(..count)?.split_last_chunk()?;
    if ![whole, spent, left].iter().all(|time| is_time(time)) {
        return None;
    }
    let (share, total, received, sent) = match columns {
        // Percent, total, percent, received, percent, sent, two mean speeds.
        [share, total, _, received, _, sent, _, _] => {
            let total = bytes(total).filter(|total| *total > 0.0);
            (
                Some(percent(share)?).filter(|_| total.is_some()),
                total,
                received,
                sent,
            )
        }
        // Of several transfers: percent received, percent sent, received, sent, and how many.
        [share, _, received, sent, _, _] | [share, _, received, sent, _, _, _] => {
            (percent(share), None, received, sent)
        }
        _ => return None,
    };
    let (received, sent) = (bytes(received)?, bytes(sent)?);
    Some(Reading {
        percent: share,
        loaded: Some(received.max(sent)),
        total,
        unit: Some(BYTES),
        speed: Some(format!("{speed}/s")),
        eta: left
            .starts_with(|char: char| char.is_ascii_digit())
            .then(|| (*left).to_owned()),
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

/// `1 28 38 fs.img`, as `e2fsck -C` writes it: a step, how much of it is done, how much there is,
/// and a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    step: u32,
    done: u32,
    total: u32,
    name: String,
}

impl Columns {
    /// Nothing says which number is which, so a second line must go on from the first: the same
    /// name, and more of the same step, or the start of a later one.
    pub fn continues(&self, last: &Self) -> bool {
        let goes_on = self.step == last.step && self.total == last.total && self.done >= last.done;
        let next = self.step > last.step && last.done == last.total && self.done <= 1;
        self.name == last.name && (goes_on || next)
    }

    /// What they say.
    pub fn reading(&self) -> Reading {
        let (done, total) = (f64::from(self.done), f64::from(self.total));
        Reading {
            percent: Some(percent_of(done, total)),
            loaded: Some(done),
            total: Some(total),
            ..Reading::default()
        }
    }
}

/// See [`Columns`]; nothing else may stand in the line.
pub fn columns(line: &str) -> Option<Columns> {
    let mut words = line.split_ascii_whitespace();
    let mut number = || words.next()?.parse::<u32>().ok();
    let (step, done, total) = (number()?, number()?, number()?);
    let name = words.next()?;
    let found = done <= total && total > 1 && name.contains(char::is_alphabetic);
    (found && words.next().is_none()).then(|| Columns {
        step,
        done,
        total,
        name: name.to_owned(),
    })
}

/// `0...10...20`, `0%...10%...20%`: a scale that grows along the line, whose last mark is how far it is.
pub fn scale(line: &str) -> Option<f64> {
    let line = line.trim_start();
    if !line.starts_with(|char: char| char.is_ascii_digit()) || !line.contains("...") {
        return None;
    }
    let marks = line.split(['.', '%', ' ']).filter(|mark| !mark.is_empty());
    let mut last = None;
    for mark in marks {
        let Some(value) = percent(mark).filter(|value| last.is_none_or(|last| *value > last))
        else {
            // `100 - done.`
            return last.filter(|last| *last == 100.0);
        };
        if last.is_none() && value > MAX_FIRST_MARK {
            return None;
        }
        last = Some(value);
    }
    last.filter(|last| *last > 0.0)
}

/// `Copying 0% 10% 20%`: the same while the line is open. One that came whole is a ruler.
pub fn growing_scale(line: &str) -> Option<f64> {
    let from = line.find(|char: char| char.is_ascii_digit())?;
    let words = line.get(from..)?.split_ascii_whitespace();
    let marks: Option<Vec<f64>> = words.map(|word| percent(word.strip_suffix('%')?)).collect();
    let marks = marks?;
    let begins = *marks.first()? <= MAX_FIRST_MARK;
    let rises = marks.len() > 1 && marks.windows(2).all(|pair| pair[0] < pair[1]);
    marks.last().copied().filter(|_| begins && rises)
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
    Some((number(digits)? * factor).round())
}

/// `0:00:06`, `--:--:--`, and for long times `2d 03h` without its blank.
fn is_time(column: &str) -> bool {
    column.matches(':').count() == 2 && column.len() >= 7
}
