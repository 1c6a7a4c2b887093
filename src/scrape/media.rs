//! `ffmpeg`'s clock: how long the film is, and how far into it the work has come.
//!
//! It says the first once (`Duration: 00:00:40.00`) and then only the second, `time=00:00:12.34` on
//! a line for people, `out_time=` in a block of `key=value` lines for machines. With two films
//! coming in, or none, nobody can tell how long the work is; then the clock is an amount of seconds.

use super::ratio::percent_of;
use super::reading::Reading;
use super::speed;
use super::token::Text;

/// The length of the one input, as far as it is known.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum Length {
    /// No input was announced, or one without a length.
    #[default]
    Unknown,
    /// One input, of so many seconds.
    Known(f64),
    /// More than one.
    Several,
}

/// What the clock shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Clock {
    /// So far into a film of known length; for a machine.
    Block(Reading),
    /// So far into a film of known length.
    Film(Reading),
    /// So many seconds, of nobody knows how many.
    Endless(Reading),
}

/// What is known of the input, and of the block that has begun.
#[derive(Debug, Default)]
pub struct Media {
    length: Length,
    /// Seconds done, by the block that has begun.
    out_time: Option<f64>,
    speed: Option<String>,
}

impl Media {
    /// Takes note of what the line says, and returns what the clock shows if it says so.
    pub fn read(&mut self, line: &str) -> Option<Clock> {
        if let Some(length) = line.trim_start().strip_prefix("Duration: ") {
            self.announce(length);
            return None;
        }
        let (key, value) = line.split_once('=')?;
        match key.trim() {
            "out_time" => {
                self.out_time = seconds(value);
                None
            }
            "speed" => {
                self.speed = Some(value.trim().to_owned()).filter(|speed| speed != "N/A");
                None
            }
            "progress" => {
                let (done, speed) = (self.out_time.take()?, self.speed.take());
                Some(match self.shows(done, speed) {
                    Clock::Film(reading) => Clock::Block(reading),
                    clock => clock,
                })
            }
            "frame" | "size" => {
                let done = seconds(line.split_once("time=")?.1)?;
                let speed = speed::find(&Text::new(line)).map(|speed| speed.spelled());
                Some(self.shows(done, speed))
            }
            _ => None,
        }
    }

    fn announce(&mut self, length: &str) {
        self.length = match (seconds(length), self.length) {
            (None, length) => length,
            (Some(length), Length::Unknown) if length > 0.0 => Length::Known(length),
            _ => Length::Several,
        };
    }

    fn shows(&self, done: f64, speed: Option<String>) -> Clock {
        let reading = Reading {
            loaded: Some(done),
            unit: Some("s"),
            speed,
            ..Reading::default()
        };
        let Length::Known(total) = self.length else {
            return Clock::Endless(reading);
        };
        // The last frame ends a little after the film.
        let done = done.min(total);
        Clock::Film(Reading {
            percent: Some(percent_of(done, total)),
            loaded: Some(done),
            total: Some(total),
            ..reading
        })
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
