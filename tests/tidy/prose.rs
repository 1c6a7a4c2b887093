//! What the documents say about the source, and whether it is so.

use std::collections::HashSet;
use std::path::Path;

use crate::source::{File, words};

/// First words of names that documents may use and that are others': crates, types of the standard
/// library, classes of other languages.
const FOREIGN: [&str; 3] = ["std", "Cow", "EventSource"];

/// Documents without their fenced blocks, so that only prose is left.
fn prose(text: &str) -> String {
    let mut fenced = false;
    let mut prose = String::new();
    for line in text.lines() {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        if !fenced && !fence {
            prose.push_str(line);
        }
        prose.push('\n');
    }
    prose
}

/// The `code spans` of a document, each with its line.
fn spans(text: &str) -> Vec<(usize, String)> {
    let prose = prose(text);
    let mut spans = Vec::new();
    for (number, line) in (1..).zip(prose.lines()) {
        let inside = line.split('`').skip(1).step_by(2);
        spans.extend(inside.map(|span| (number, span.to_owned())));
    }
    spans
}

/// A span that claims to be a name in our source, as its segments; none for any other span.
fn symbol(span: &str) -> Option<Vec<&str>> {
    let name = span.strip_suffix("()").unwrap_or(span);
    let segments: Vec<&str> = name.split("::").collect();
    let is_word = |s: &&str| words(s).next().is_some_and(|(at, w)| at == 0 && w == *s);
    if !segments.iter().all(is_word) {
        return None;
    }
    let has = |test: fn(char) -> bool| name.chars().any(test);
    let camel = name.starts_with(|c: char| c.is_ascii_uppercase()) && has(|c| c.is_lowercase());
    let constant = name.contains('_') && !has(|c| c.is_lowercase());
    let is_ours = segments.len() > 1 || name != span || camel || constant;
    (is_ours && !FOREIGN.contains(&segments[0])).then_some(segments)
}

/// Whether `member` is a word of a file that defines `owner`, or is named like it.
fn has_member(source: &[File], owner: &str, member: &str) -> bool {
    let defines = |file: &&File| {
        let named = [format!("/{owner}.rs"), format!("/{owner}/mod.rs")];
        let mut before = "";
        named.iter().any(|end| file.path.ends_with(end.as_str()))
            || file.words().any(|(_, word, _)| {
                let definers = ["struct", "enum", "trait", "type", "impl"];
                let found = word == owner && definers.contains(&before);
                before = word;
                found
            })
    };
    let mut owners = source.iter().filter(defines);
    owners.any(|file| file.words().any(|(_, word, _)| word == member))
}

/// Rule: a symbol or file that a document names exists.
pub(crate) fn unknown_symbols(documents: &[File], source: &[File]) -> Vec<String> {
    let known: HashSet<&str> = source
        .iter()
        .flat_map(|file| words(&file.spoken).map(|(_, word)| word))
        .collect();
    let mut faults = Vec::new();
    for document in documents {
        for (line, span) in spans(&document.text) {
            let Some(segments) = symbol(&span) else {
                continue;
            };
            let exists = match segments[..] {
                [name] => known.contains(name),
                ref path => path.windows(2).all(|pair| match pair {
                    ["crate" | "doneyet", module] => known.contains(module),
                    pair => has_member(source, pair[0], pair[1]),
                }),
            };
            if !exists {
                faults.push(format!(
                    "{}:{line}: `{span}` is not in src/ (any more): rename it here, or add it to \
                     FOREIGN in tests/tidy/prose.rs if it is somebody else's",
                    document.path
                ));
            }
        }
    }
    faults
}

/// Rule: a relative link, image, or `src/…` path leads to a file.
pub(crate) fn dead_links(documents: &[File], root: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    for document in documents {
        let folder = root.join(&document.path).parent().map(Path::to_owned);
        let folder = folder.unwrap_or_default();
        for (line, target) in links(&document.text) {
            let file = target.split('#').next().unwrap_or_default();
            let foreign = target.contains("://") || target.starts_with("mailto:");
            if !foreign && !file.is_empty() && !folder.join(file).exists() {
                faults.push(format!(
                    "{}:{line}: the link to {target} leads nowhere: correct its path",
                    document.path
                ));
            }
        }
        for (line, span) in spans(&document.text) {
            let is_path = ["src/", "tests/", "docs/", "benches/"]
                .iter()
                .any(|start| span.starts_with(start))
                && !span.contains(['*', ' ', '{', '…']);
            if is_path && !root.join(&span).exists() {
                faults.push(format!(
                    "{}:{line}: there is no {span}: correct the path",
                    document.path
                ));
            }
        }
    }
    faults
}

/// The targets of `[text](target)`, `![alt](target)` and `[label]: target`.
fn links(text: &str) -> Vec<(usize, String)> {
    let prose = prose(text);
    let mut links = Vec::new();
    for (number, line) in (1..).zip(prose.lines()) {
        let inline = line
            .split("](")
            .skip(1)
            .filter_map(|at| at.split(')').next());
        let label = line
            .starts_with('[')
            .then(|| line.split_once("]: "))
            .flatten();
        let targets = inline.chain(label.map(|(_, target)| target));
        links.extend(targets.map(|target| (number, target.trim().to_owned())));
    }
    links
}
