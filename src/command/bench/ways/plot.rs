//! The figures as a picture: for each way a row, for each kind of cost a column of bars.

use std::fmt::Write as _;

use super::figures::{Figures, Report};
use super::table::{bytes, time};

/// Of the picture, in pixels.
const WIDTH: u32 = 880;
const TOP: u32 = 74;
const ROW: u32 = 30;
const BAR: u32 = 14;
/// Where the columns begin, and how long a full bar is.
const LEFT: u32 = 150;
const COLUMN: u32 = 184;
const LONGEST: f64 = 100.0;

/// Readable on white and on black.
const STYLE: &str = "\
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.head { font-weight: 600 }
.note { fill: #59636e }
.bar { fill: #0969da }
.tail { fill: #0969da; opacity: .35 }
.rule { stroke: #d1d9e0 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc }
.note { fill: #9198a1 }
.bar, .tail { fill: #4493f8 }
.rule { stroke: #3d444d }
}
";

/// A kind of cost.
struct Column {
    head: &'static str,
    note: &'static str,
    /// The solid part of the bar, and a paler one that reaches further.
    values: fn(&Figures) -> [f64; 2],
    label: fn(&Figures) -> String,
    scale: Scale,
}

enum Scale {
    /// From 0 to the largest.
    Linear,
    /// From this value, ten times as much each equal step.
    Logarithmic(f64),
}

const COLUMNS: [Column; 4] = [
    Column {
        head: "Requests",
        note: "pale: answered without news",
        values: |one| [one.requests - one.empty, one.requests],
        label: |one| format!("{:.0}", one.requests),
        scale: Scale::Linear,
    },
    Column {
        head: "Bytes on the wire",
        note: "sent; pale: received",
        values: |one| [one.sent_bytes, one.sent_bytes + one.received_bytes],
        label: |one| bytes(one.sent_bytes + one.received_bytes),
        scale: Scale::Linear,
    },
    Column {
        head: "How late",
        note: "median; pale: 99 %; log scale",
        values: |one| [one.staleness_ms[0], one.staleness_ms[1]],
        label: |one| time(one.staleness_ms[0]),
        scale: Scale::Logarithmic(0.01),
    },
    Column {
        head: "Server's CPU",
        note: "for a watcher, a minute",
        values: |one| [one.cpu_ms, one.cpu_ms],
        label: |one| time(one.cpu_ms),
        scale: Scale::Linear,
    },
];

/// The picture.
pub(super) fn svg(report: &Report) -> String {
    let height = TOP + ROW * report.figures.len() as u32 + 10;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n\
         <title>What each way of watching costs</title>\n<style>\n{STYLE}</style>\n"
    );
    text(
        &mut svg,
        0,
        16,
        "note",
        &format!(
            "A download of {:.0} s with {} changes, for each of {} watchers in each way",
            report.time.as_secs_f64(),
            report.changes,
            report.watchers
        ),
    );
    for (row, one) in (0..).zip(&report.figures) {
        text(
            &mut svg,
            0,
            TOP + ROW * row + BAR - 2,
            "head",
            one.named.title,
        );
    }
    for (index, column) in (0..).zip(&COLUMNS) {
        column.draw(LEFT + COLUMN * index, &report.figures, &mut svg);
    }
    svg + "</svg>\n"
}

impl Column {
    fn draw(&self, left: u32, figures: &[Figures], svg: &mut String) {
        text(svg, left, 42, "head", self.head);
        text(svg, left, 58, "note", self.note);
        let longest = figures.iter().map(|one| (self.values)(one)[1]);
        let longest = longest.fold(f64::MIN_POSITIVE, f64::max);
        for (row, one) in (0..).zip(figures) {
            let top = TOP + ROW * row;
            let [solid, whole] = (self.values)(one).map(|value| self.length(value, longest));
            bar(svg, "tail", left, top, whole);
            bar(svg, "bar", left, top, solid);
            let label = left + whole.ceil() as u32 + 6;
            text(svg, label, top + BAR - 2, "note", &(self.label)(one));
        }
        let bottom = TOP + ROW * figures.len() as u32 - BAR;
        // Writing to memory cannot fail.
        let _ = writeln!(
            svg,
            "<line class=\"rule\" x1=\"{left}\" y1=\"{}\" x2=\"{left}\" y2=\"{bottom}\"/>",
            TOP - 4
        );
    }

    fn length(&self, value: f64, longest: f64) -> f64 {
        let part = match self.scale {
            Scale::Linear => value / longest,
            Scale::Logarithmic(from) => (value / from).log10() / (longest / from).log10(),
        };
        // What is there can be seen.
        LONGEST * part.clamp(0.01, 1.0)
    }
}

fn bar(svg: &mut String, class: &str, left: u32, top: u32, length: f64) {
    // Writing to memory cannot fail.
    let _ = writeln!(
        svg,
        "<rect class=\"{class}\" x=\"{left}\" y=\"{top}\" width=\"{length:.1}\" height=\"{BAR}\" \
         rx=\"2\"/>"
    );
}

fn text(svg: &mut String, left: u32, base: u32, class: &str, words: &str) {
    // Writing to memory cannot fail.
    let _ = writeln!(
        svg,
        "<text class=\"{class}\" x=\"{left}\" y=\"{base}\">{words}</text>"
    );
}
