//! Prometheus' text format, version 0.0.4.
//!
//! A family is a `HELP` line, a `TYPE` line and its samples, one a line, all together:
//!
//! ```text
//! # HELP doneyet_connections Connections open now.
//! # TYPE doneyet_connections gauge
//! doneyet_connections{transport="http"} 3
//! ```

use std::fmt::Write as _;

use crate::server::metrics::histogram::Histogram;
use crate::server::metrics::label::{By, Label};

/// What every name begins with.
const PREFIX: &str = "doneyet_";

/// What kind of number a family has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only rises, until a restart.
    Counter,
    /// It is what it is.
    Gauge,
    /// Buckets, their sum and their count.
    Histogram,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        }
    }
}

/// A number with its labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// What follows the family's name; only histograms have it.
    pub suffix: &'static str,
    /// Names and values.
    pub labels: Vec<(&'static str, String)>,
    /// The number. An `f64`, as it will be one in the database: exact up to 2^53.
    pub value: f64,
}

impl Sample {
    fn of(labels: &[(&'static str, &str)], value: u64) -> Sample {
        let owned = |&(name, value): &(&'static str, &str)| (name, value.to_owned());
        Sample {
            suffix: "",
            labels: labels.iter().map(owned).collect(),
            value: value as f64,
        }
    }
}

/// Samples of one name.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    /// The name, without what all names begin with.
    pub name: &'static str,
    /// The kind.
    pub kind: Kind,
    /// A sentence for who reads it in the browser.
    pub help: &'static str,
    /// The numbers; a family without any is not written.
    pub samples: Vec<Sample>,
}

impl Family {
    /// Appends the family to `text`.
    pub fn write(&self, text: &mut String) {
        if self.samples.is_empty() {
            return;
        }
        let (name, kind) = (self.name, self.kind.name());
        let help = escaped(self.help, "\\\n");
        // Writing to memory cannot fail.
        let _ = writeln!(
            text,
            "# HELP {PREFIX}{name} {help}\n# TYPE {PREFIX}{name} {kind}"
        );
        for sample in &self.samples {
            let _ = write!(text, "{PREFIX}{name}{}", sample.suffix);
            for (index, (label, value)) in sample.labels.iter().enumerate() {
                let before = if index == 0 { '{' } else { ',' };
                let value = escaped(value, "\\\"\n");
                let _ = write!(text, "{before}{label}=\"{value}\"");
            }
            let end = if sample.labels.is_empty() { "" } else { "}" };
            let _ = writeln!(text, "{end} {}", sample.value);
        }
    }
}

/// `text` with a backslash before each of `special`, and `n` for a line's end.
fn escaped(text: &str, special: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if special.contains(c) {
            escaped.push('\\');
        }
        escaped.push(if c == '\n' { 'n' } else { c });
    }
    escaped
}

/// A number without labels, unless it is unknown.
pub fn one(value: impl Into<Option<u64>>) -> Vec<Sample> {
    value
        .into()
        .map(|value| Sample::of(&[], value))
        .into_iter()
        .collect()
}

/// A number with a label that says what it is, itself being 1.
pub fn info(label: &'static str, value: &str) -> Vec<Sample> {
    vec![Sample::of(&[(label, value)], 1)]
}

/// A number for each value of a label.
pub fn by<L: Label, const N: usize>(label: &'static str, values: &By<L, N>) -> Vec<Sample> {
    named(
        label,
        values.iter().map(|(value, &number)| (value.name(), number)),
    )
}

/// A number for each name.
pub fn named<'n>(label: &'static str, values: impl Iterator<Item = (&'n str, u64)>) -> Vec<Sample> {
    values
        .map(|(name, number)| Sample::of(&[(label, name)], number))
        .collect()
}

/// A number for each pair of values of two labels.
pub fn by_both<L: Label, const N: usize, M: Label, const O: usize>(
    labels: [&'static str; 2],
    values: &By<L, N, By<M, O>>,
) -> Vec<Sample> {
    let pairs = values
        .iter()
        .flat_map(|(one, inner)| inner.iter().map(move |(other, &n)| (one, other, n)));
    pairs
        .map(|(one, other, number)| {
            Sample::of(
                &[(labels[0], one.name()), (labels[1], other.name())],
                number,
            )
        })
        .collect()
}

/// The buckets, their sum and their count.
pub fn histogram(histogram: &Histogram) -> Vec<Sample> {
    let bucket = |bound: String, count| Sample {
        suffix: "_bucket",
        ..Sample::of(&[("le", &bound)], count)
    };
    let mut samples: Vec<Sample> = histogram
        .cumulative()
        .map(|(bound, count)| bucket(bound.to_string(), count))
        .collect();
    samples.push(bucket("+Inf".to_owned(), histogram.count()));
    samples.push(Sample {
        suffix: "_sum",
        labels: Vec::new(),
        value: histogram.sum_secs(),
    });
    samples.push(Sample {
        suffix: "_count",
        ..Sample::of(&[], histogram.count())
    });
    samples
}
