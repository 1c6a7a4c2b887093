//! What a course ends with, for people and for programs.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Map, Number, Value, json};

use super::options;
use super::processes::Reading;
use crate::client::swarm::Spread;
use crate::command::Failure;
use crate::command::options::Arguments;

/// Figures in their order, each under a name with its unit last.
#[derive(Debug)]
pub(super) struct Summary {
    course: &'static str,
    figures: Vec<(&'static str, Figure)>,
}

#[derive(Debug)]
enum Figure {
    Count(u64),
    Number(f64),
    /// p50, p90, p99 and the longest, in µs.
    Spread([f64; 4]),
}

impl Summary {
    pub(super) fn new(course: &'static str) -> Summary {
        Summary {
            course,
            figures: Vec::new(),
        }
    }

    pub(super) fn count(&mut self, name: &'static str, count: u64) {
        self.figures.push((name, Figure::Count(count)));
    }

    /// A number that has decimals. One that is none (a division by nothing) is left out.
    pub(super) fn number(&mut self, name: &'static str, number: f64) {
        if number.is_finite() {
            self.figures.push((name, Figure::Number(number)));
        }
    }

    pub(super) fn spread(&mut self, name: &'static str, spread: &Spread) {
        let at = |percent| micros(spread.percentile(percent));
        let figure = [at(50.0), at(90.0), at(99.0), micros(spread.max())];
        self.figures.push((name, Figure::Spread(figure)));
    }

    /// What server and load took of a processor, and the server for each of `count` things.
    pub(super) fn processors(&mut self, each: &'static str, count: u64, reading: Reading) {
        let share = |time: Duration| time.as_secs_f64() / reading.wall.as_secs_f64() * 100.0;
        if let Some(server) = reading.server {
            self.number(each, micros(server) / count as f64);
            self.number("server_cpu_percent", share(server));
        }
        self.number("load_cpu_percent", share(reading.own));
    }

    /// Prints it in the form that is asked for.
    pub(super) fn print(&self, arguments: &Arguments) -> Result<ExitCode, Failure> {
        let text = match arguments.has(&options::JSON) {
            true => format!("{}\n", self.json()),
            false => self.text(),
        };
        io::stdout().lock().write_all(text.as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }

    /// One object.
    pub(super) fn json(&self) -> Value {
        let mut object = Map::new();
        object.insert("course".to_owned(), self.course.into());
        for (name, figure) in &self.figures {
            let value = match figure {
                Figure::Count(count) => (*count).into(),
                Figure::Number(number) => rounded(*number),
                Figure::Spread([p50, p90, p99, max]) => json!({
                    "p50": rounded(*p50),
                    "p90": rounded(*p90),
                    "p99": rounded(*p99),
                    "max": rounded(*max),
                }),
            };
            object.insert((*name).to_owned(), value);
        }
        Value::Object(object)
    }

    /// A figure a line.
    pub(super) fn text(&self) -> String {
        let mut text = format!("{}\n", self.course);
        for (name, figure) in &self.figures {
            let value = match figure {
                Figure::Count(count) => grouped(*count),
                Figure::Number(number) => decimal(*number),
                Figure::Spread([p50, p90, p99, max]) => format!(
                    "p50 {}  p90 {}  p99 {}  max {}",
                    decimal(*p50),
                    decimal(*p90),
                    decimal(*p99),
                    decimal(*max)
                ),
            };
            text += &format!("  {:<34}{value}\n", name.replace('_', " "));
        }
        text
    }
}

fn micros(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1000.0
}

/// To three decimals: what comes behind is noise.
fn rounded(number: f64) -> Value {
    Number::from_f64((number * 1000.0).round() / 1000.0).map_or(Value::Null, Value::Number)
}

fn decimal(number: f64) -> String {
    match number {
        1000.0.. => grouped(number.round() as u64),
        100.0.. => format!("{number:.0}"),
        10.0.. => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

/// `1234567` as `1,234,567`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
