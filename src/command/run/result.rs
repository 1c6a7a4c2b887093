//! What a command has made: the files of its folder, as the `result` of its task.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::recipe::NamePattern;

/// Bytes of the list as JSON: half of what a state may have.
const MAX_LIST: usize = 8 * 1024;

/// The fields that name the plain files in `folder` whose names match, each with its size in bytes,
/// by their names. `unlisted` counts those for which there is no room in a state, or whose names
/// are no text.
pub fn result(folder: &Path, pattern: &NamePattern) -> Map<String, Value> {
    let mut names = Vec::new();
    let mut unlisted = 0;
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        // Of the entry itself: what a link leads to was made by somebody else.
        let Some(facts) = entry.metadata().ok().filter(fs::Metadata::is_file) else {
            continue;
        };
        match entry.file_name().into_string() {
            Ok(name) if pattern.matches(&name) => names.push((name, facts.len())),
            Ok(_) => {}
            Err(name) if pattern.matches(&name.to_string_lossy()) => unlisted += 1,
            Err(_) => {}
        }
    }
    names.sort();
    let (mut list, mut len) = (Vec::new(), 0);
    for (name, size) in names {
        let file = json!({"name": name, "size": size});
        len += file.to_string().len() + 1;
        match len <= MAX_LIST {
            true => list.push(file),
            false => unlisted += 1,
        }
    }
    let mut fields = Map::new();
    fields.insert("result".to_owned(), Value::Array(list));
    if unlisted > 0 {
        fields.insert("unlisted".to_owned(), unlisted.into());
    }
    fields
}
