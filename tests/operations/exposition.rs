//! Prometheus' text format, read by a parser that forgives nothing.

use std::collections::{BTreeMap, BTreeSet};

use doneyet::server::metrics::exposition::{Family, Kind, Sample};
use doneyet::server::metrics::histogram::{BOUNDS_SECS, Histogram};
use doneyet::server::metrics::table::render;
use doneyet::server::metrics::{Census, Metrics};
use std::time::Duration;

use crate::house::VITALS;

/// A page that was read.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// The kind of each family.
    pub(crate) kinds: BTreeMap<String, String>,
    /// Each sample by its name and its labels, as they were written.
    samples: BTreeMap<String, f64>,
}

impl Page {
    /// Reads `text`, and panics at the first thing the format or its conventions do not allow.
    pub(crate) fn parse(text: &str) -> Page {
        assert!(text.ends_with('\n'), "the last line has no end");
        let mut page = Page::default();
        let mut family = String::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').expect("a name and a help text");
                assert!(help.ends_with('.'), "{help:?} is no sentence");
                let kind = lines.next().and_then(|line| line.strip_prefix("# TYPE "));
                let (typed, kind) = kind.and_then(|k| k.split_once(' ')).expect("a type");
                assert_eq!(typed, name, "HELP and TYPE belong together");
                let earlier = page.kinds.insert(name.to_owned(), kind.to_owned());
                assert_eq!(earlier, None, "{name} comes twice");
                assert!(name.starts_with("doneyet_"), "{name}");
                assert_eq!(name.ends_with("_total"), kind == "counter", "{name} {kind}");
                family = name.to_owned();
                continue;
            }
            let (series, value) = line.rsplit_once(' ').expect("a value");
            let (name, labels) = read_series(series);
            check_name(&family, &page.kinds[&family], &name, &labels);
            let value = value.parse().expect("a number");
            assert_eq!(page.samples.insert(series.to_owned(), value), None);
        }
        page.check_histograms();
        page
    }

    /// The value of a series, written as on the page without the prefix.
    pub(crate) fn get(&self, series: &str) -> f64 {
        let found = self.samples.get(&format!("doneyet_{series}"));
        *found.unwrap_or_else(|| panic!("no {series} in {:#?}", self.samples))
    }

    pub(crate) fn has(&self, series: &str) -> bool {
        self.samples.contains_key(&format!("doneyet_{series}"))
    }

    /// How many series there are.
    pub(crate) fn len(&self) -> usize {
        self.samples.len()
    }

    fn check_histograms(&self) {
        let histograms = self.kinds.iter().filter(|(_, kind)| *kind == "histogram");
        for (name, _) in histograms {
            let prefix = format!("{name}_bucket{{le=\"");
            let mut buckets: Vec<(f64, f64)> = self
                .samples
                .iter()
                .filter_map(|(series, &count)| {
                    let bound = series.strip_prefix(&prefix)?.strip_suffix("\"}")?;
                    Some((bound.parse().expect("a bound"), count))
                })
                .collect();
            buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(buckets.is_sorted_by(|a, b| a.1 <= b.1), "{buckets:?}");
            let last = buckets.last().expect("a bucket");
            assert_eq!(last.0, f64::INFINITY);
            assert_eq!(last.1, self.samples[&format!("{name}_count")]);
            assert!(self.samples[&format!("{name}_sum")] >= 0.0);
        }
    }
}

fn check_name(family: &str, kind: &str, name: &str, labels: &[(String, String)]) {
    let suffix = name.strip_prefix(family);
    let suffix = suffix.unwrap_or_else(|| panic!("{name} is not among its kind, {family}"));
    match (kind, suffix) {
        ("counter" | "gauge", "") | ("histogram", "_sum" | "_count") => {
            assert!(labels.iter().all(|(label, _)| label != "le"));
        }
        ("histogram", "_bucket") => assert_eq!(labels[0].0, "le"),
        _ => panic!("{name} of {kind} {family}"),
    }
}

/// `name{label="value",…}`, with the values unescaped.
fn read_series(series: &str) -> (String, Vec<(String, String)>) {
    let is_word = |text: &str| {
        let first = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        first && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let Some((name, rest)) = series.split_once('{') else {
        assert!(is_word(series), "{series:?}");
        return (series.to_owned(), Vec::new());
    };
    assert!(is_word(name), "{name:?}");
    let mut labels = Vec::new();
    let mut names = BTreeSet::new();
    let mut rest = rest.chars();
    loop {
        let label: String = rest.by_ref().take_while(|&c| c != '=').collect();
        assert!(is_word(&label), "{label:?} in {series}");
        assert!(names.insert(label.clone()), "{label} twice in {series}");
        assert_eq!(rest.next(), Some('"'));
        let mut value = String::new();
        loop {
            match rest.next().expect("the end of a value") {
                '"' => break,
                '\\' => value.push(match rest.next() {
                    Some('n') => '\n',
                    Some(c @ ('"' | '\\')) => c,
                    other => panic!("\\{other:?} in {series}"),
                }),
                c => value.push(c),
            }
        }
        labels.push((label, value));
        match rest.next() {
            Some(',') => {}
            Some('}') => break,
            other => panic!("{other:?} in {series}"),
        }
    }
    assert_eq!(rest.next(), None, "{series}");
    (name.to_owned(), labels)
}

#[test]
fn every_family_has_its_help_its_type_and_its_samples_together() {
    let page = Page::parse(&render(&Metrics::default(), &Census::default(), &VITALS));
    assert_eq!(page.get("resident_memory_bytes"), 4096.0);
    assert_eq!(page.get("open_descriptors_limit"), 1024.0);
    assert_eq!(page.get("accept_pauses_total"), 3.0);
    assert_eq!(page.get("log_lines_lost_total"), 2.0);
    assert!(page.len() > 90, "{}", page.len());
}

#[test]
fn what_the_kernel_does_not_tell_is_absent_and_not_0() {
    let unknown = Default::default();
    let text = render(&Metrics::default(), &Census::default(), &unknown);
    assert!(!Page::parse(&text).has("resident_memory_bytes"));
    assert!(!text.contains("open_descriptors"), "no HELP either");
}

#[test]
fn labels_are_escaped_so_that_they_are_read_as_they_were() {
    for value in ["plain", "a\"b", "a\\b", "a\nb", "\\n\"\n\\", "ä}{,=", ""] {
        let family = Family {
            name: "x",
            kind: Kind::Gauge,
            help: "One.",
            samples: vec![Sample {
                suffix: "",
                labels: vec![("label", value.to_owned()), ("other", "o".to_owned())],
                value: 1.5,
            }],
        };
        let mut text = String::new();
        family.write(&mut text);
        assert_eq!(text.lines().count(), 3, "{text}");
        let series = text
            .lines()
            .last()
            .and_then(|line| line.strip_suffix(" 1.5"));
        let (name, labels) = read_series(series.expect("the value"));
        assert_eq!(name, "doneyet_x");
        assert_eq!(labels[0], ("label".to_owned(), value.to_owned()));
        assert_eq!(labels[1].1, "o");
    }
}

#[test]
fn a_help_text_stays_on_its_line() {
    let family = Family {
        name: "x",
        kind: Kind::Counter,
        help: "a\\b\nc",
        samples: Vec::new(),
    };
    let mut text = String::new();
    family.write(&mut text);
    assert_eq!(text, "", "a family without samples is not there");
    let one = Sample {
        suffix: "",
        labels: Vec::new(),
        value: 0.0,
    };
    Family {
        samples: vec![one],
        ..family
    }
    .write(&mut text);
    let lines: Vec<&str> = text.lines().collect();
    let help = "# HELP doneyet_x a\\\\b\\nc";
    assert_eq!(lines, [help, "# TYPE doneyet_x counter", "doneyet_x 0"]);
}

#[test]
fn a_duration_counts_in_its_bucket_and_all_above() {
    let mut histogram = Histogram::default();
    for micros in [0, 10, 11, 700, 1_000_000, 1_000_001, 90_000_000] {
        histogram.observe(Duration::from_micros(micros));
    }
    let at_most = |secs: f64| {
        let mut buckets = histogram.cumulative();
        buckets.find(|&(bound, _)| bound == secs).map(|(_, n)| n)
    };
    assert_eq!(at_most(0.000_01), Some(2), "the bound belongs to it");
    assert_eq!(at_most(0.000_025), Some(3));
    assert_eq!(at_most(0.000_5), Some(3));
    assert_eq!(at_most(0.001), Some(4));
    assert_eq!(at_most(1.0), Some(5));
    assert_eq!(histogram.count(), 7);
    assert!((histogram.sum_secs() - 92.000_722).abs() < 1e-9);
    assert!(BOUNDS_SECS.is_sorted());
}

#[test]
fn the_handbook_has_the_same_table() {
    let handbook = include_str!("../../docs/operations.md");
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| `doneyet_")?.split(" | ");
        let name = cells.next()?.split(['`', '{']).next()?;
        let kind = cells.next()?;
        Some((format!("doneyet_{name}"), kind.to_owned()))
    };
    let told: BTreeMap<String, String> = handbook.lines().filter_map(row).collect();
    let mut metrics = Metrics::default();
    metrics.count_refusal("bad_json");
    let page = Page::parse(&render(&metrics, &Census::default(), &VITALS));
    assert_eq!(told, page.kinds);
}
