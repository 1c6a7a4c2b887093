//! The figures as Markdown, which a terminal shows as well.

use super::figures::{Figures, Report};

const HEADS: [&str; 10] = [
    "way",
    "requests",
    "sent",
    "received",
    "no news",
    "late p50",
    "p99",
    "max",
    "CPU a minute",
    "memory",
];

/// What was done, the table, and what is said of polling.
pub(super) fn text(report: &Report) -> String {
    let mut text = format!(
        "One download of {:.0} s with {} changes, {} watchers in each way; all have seen its end.\n\
         Each watcher:\n\n",
        report.time.as_secs_f64(),
        report.changes,
        report.watchers,
    );
    text += &table(report);
    if let Some(claims) = report.claims() {
        text += &format!(
            "\nThree downloads polled every second: {:.1} requests a second, {:.0} % of the answers \
             without news.\n\
             A change is known {} later in the median, and {} later at most.\n",
            claims.requests_per_sec,
            claims.empty_percent,
            time(claims.late_p50_ms),
            time(claims.late_max_ms),
        );
    }
    text
}

fn table(report: &Report) -> String {
    let rows: Vec<_> = report.figures.iter().map(row).collect();
    let heads = HEADS.map(str::to_owned);
    let all: Vec<_> = [&heads].into_iter().chain(&rows).collect();
    let width = |column: usize| {
        let cells = all.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..HEADS.len()).map(width).collect();
    let line = |cells: &[String; 10]| {
        let mut line = String::from("|");
        for (column, (cell, &width)) in cells.iter().zip(&widths).enumerate() {
            line += &match column {
                0 => format!(" {cell:<width$} |"),
                _ => format!(" {cell:>width$} |"),
            };
        }
        line + "\n"
    };
    let mut rule = String::from("|");
    for (column, &width) in widths.iter().enumerate() {
        let end = if column == 0 { '-' } else { ':' };
        rule += &format!("{:-<1$}{end}|", "", width + 1);
    }
    let body: String = rows.iter().map(line).collect();
    format!("{}{rule}\n{body}", line(&heads))
}

fn row(figures: &Figures) -> [String; 10] {
    let [p50, p99, max] = figures.staleness_ms;
    [
        figures.named.title.to_owned(),
        format!("{:.0}", figures.requests),
        bytes(figures.sent_bytes),
        bytes(figures.received_bytes),
        format!("{:.0} ({:.0} %)", figures.empty, figures.empty_percent()),
        time(p50),
        time(p99),
        time(max),
        time(figures.cpu_ms),
        bytes(figures.memory_bytes),
    ]
}

/// `412 B`, `23.5 KB`.
pub(super) fn bytes(bytes: f64) -> String {
    match bytes {
        1000.0.. => format!("{:.1} KB", bytes / 1000.0),
        _ => format!("{bytes:.0} B"),
    }
}

/// `0.21 ms`, `14 ms`, `501 ms`.
pub(super) fn time(millis: f64) -> String {
    match millis {
        10.0.. => format!("{millis:.0} ms"),
        1.0.. => format!("{millis:.1} ms"),
        _ => format!("{millis:.2} ms"),
    }
}
