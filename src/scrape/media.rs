//! `ffmpeg`'s clock: how long the film is, and how far into it the work has come.
//!
//! It says the first once (`Duration: 00:00:40.00`) and then only the second (`time=00:00:12.34`, or
//! `out_time=` in its machine form). With two films coming in nobody can tell which of them the
//! clock belongs to, so then there is no reading.

/// The length of the one input, as far as it is known.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub enum Media {
    /// No input was announced.
    #[default]
    Unknown,
    /// One input, of so many seconds.
    Length(f64),
    /// More than one.
    Several,
}

impl Media {
    /// Takes note of an announced length. `false`: the line announces none.
    pub fn notice(&mut self, line: &str) -> bool {
        let Some(length) = line
            .trim_start()
            .strip_prefix("Duration: ")
            .and_then(seconds)
        else {
            return false;
        };
        *self = match self {
            Self::Unknown => Self::Length(length),
            Self::Length(_) | Self::Several => Self::Several,
        };
        true
    }

    /// How far the line says the work has come: seconds done, seconds in all.
    pub fn read(&self, line: &str) -> Option<(f64, f64)> {
        let Self::Length(total) = *self else {
            return None;
        };
        let is_status = line.starts_with("frame=") || line.starts_with("size=");
        let status = line
            .split_once("time=")
            .filter(|(before, _)| is_status || *before == "out_");
        let done = seconds(status?.1)?;
        (total > 0.0).then_some((done.min(total), total))
    }
}

/// `HH:MM:SS.CC` at the start of the text.
fn seconds(text: &str) -> Option<f64> {
    let clock = |char: char| char.is_ascii_digit() || matches!(char, ':' | '.');
    let end = text.find(|char| !clock(char)).unwrap_or(text.len());
    let mut parts = text.get(..end)?.split(':');
    let (hours, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
    let number = |part: &str| part.parse::<f64>().ok().filter(|value| *value < 1.0e6);
    Some(number(hours)? * 3600.0 + number(minutes)? * 60.0 + number(seconds)?)
}
