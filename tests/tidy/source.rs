//! The source as the rules see it: files, each also without its comments and without its strings.

use std::fs;
use std::path::Path;

/// One text file of the project.
pub(crate) struct File {
    /// From the project's root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
    /// The text with comments and the insides of strings blanked out; lines stay where they were.
    pub(crate) code: String,
    /// The text with only the comments blanked out.
    pub(crate) spoken: String,
}

impl File {
    pub(crate) fn new(path: &str, text: &str) -> File {
        File {
            path: path.to_owned(),
            text: text.to_owned(),
            code: blank(text, Hide::CommentsAndStrings),
            spoken: blank(text, Hide::Comments),
        }
    }

    /// The top-level module the file belongs to; none for `lib.rs` and `main.rs`.
    pub(crate) fn module(&self) -> Option<&str> {
        let (module, _) = self.path.strip_prefix("src/")?.split_once('/')?;
        Some(module)
    }

    /// The lines of code, numbered from 1.
    pub(crate) fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.code.lines())
    }

    /// The identifiers of the code, each with what comes right behind it and its line.
    pub(crate) fn words(&self) -> impl Iterator<Item = (usize, &str, &str)> {
        self.code_lines().flat_map(|(number, line)| {
            words(line).map(move |(at, word)| (number, word, &line[at + word.len()..]))
        })
    }
}

/// The files below `folder` whose names end with `extension`, in the order of their paths.
pub(crate) fn files(folder: &str, extension: &str) -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(extension) {
                let name = path.strip_prefix(root).expect("below the root");
                let text = fs::read_to_string(&path).expect("UTF-8");
                found.push(File::new(&name.to_string_lossy(), &text));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Identifiers of `text` with their places.
pub(crate) fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.split(move |c| !is_part(c))
        .filter(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '_'))
        .map(move |word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

#[derive(Clone, Copy, PartialEq)]
enum Hide {
    Comments,
    CommentsAndStrings,
}

/// Blanks out comments, and perhaps what is inside string and character literals.
fn blank(text: &str, hide: Hide) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (visible, hidden) = match first {
            '/' if rest.starts_with("//") => (0, rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => (0, rest.find("*/").map_or(rest.len(), |at| at + 2)),
            '"' => (1, quoted(&rest[1..], '"')),
            'r' if !ends_in_word(&code) && raw_string(rest).is_some() => {
                let hashes = raw_string(rest).unwrap_or_default();
                let end = format!("\"{}", "#".repeat(hashes));
                let from = hashes + 2;
                let to = rest[from..].find(&end).map_or(rest.len(), |at| from + at);
                (0, (to + end.len()).min(rest.len()))
            }
            '\'' => (1, character(&rest[1..])),
            other => (other.len_utf8(), 0),
        };
        code.push_str(&rest[..visible]);
        let (gone, keep) = (
            &rest[visible..visible + hidden],
            hide == Hide::Comments && first != '/',
        );
        code.extend(
            gone.chars()
                .map(|c| if keep || c == '\n' { c } else { ' ' }),
        );
        rest = &rest[visible + hidden..];
    }
    code
}

fn ends_in_word(code: &str) -> bool {
    code.ends_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// The number of hashes, if a raw string starts here.
fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some(hashes)
}

/// The length up to and with the closing `quote`.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a character literal's rest, or 0 for a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices();
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), _) => quoted(text, '\''),
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 0,
    }
}
