//! House rules, executed: a rule that has to be remembered is a rule that is broken in a month.
//!
//! Each rule is a function from files to faults. Its test holds it to the project, which must have
//! none, and then to a small text that breaks it, which must have one: so no rule can go blind.

#[path = "tidy/prose.rs"]
mod prose;
#[path = "tidy/source.rs"]
mod source;

use std::path::Path;

use source::{File, files};

/// What each top-level module may import: only what stands below it, and not all of that.
const MAP: [(&str, &[&str]); 9] = [
    ("page", &[]),
    ("wire", &[]),
    ("task", &["wire"]),
    ("scrape", &[]),
    ("recipe", &["task"]),
    ("session", &["task", "recipe", "wire", "page"]),
    ("server", &["session", "task", "recipe", "wire"]),
    ("client", &["wire", "task"]),
    (
        "command",
        &[
            "page", "wire", "task", "scrape", "recipe", "session", "server", "client",
        ],
    ),
];

/// One dependency, one door: where a crate, or a part of the standard library, may be used.
const DOORS: [(&str, &[&str]); 18] = [
    ("mio", &["src/server/reactor", LISTENER, STREAM, SWARM]),
    (
        "slab",
        &[
            "src/task/board.rs",
            "src/task/hub.rs",
            "src/server/peer.rs",
            "src/server/quota.rs",
            SWARM,
        ],
    ),
    ("sha1", &["src/wire/handshake.rs"]),
    ("base64", &["src/wire/handshake.rs", KEYS]),
    ("sha2", &[KEYS]),
    ("hmac", &[KEYS]),
    ("subtle", &[KEYS]),
    ("httparse", &["src/wire/http/"]),
    ("httpdate", &["src/session/refuse.rs"]),
    (
        "rustix",
        &[
            LISTENER,
            FILES,
            STREAM,
            RESERVE,
            STDERR,
            VITALS,
            "src/client/",
            "src/command/",
        ],
    ),
    ("regex_lite", &["src/recipe/input.rs"]),
    ("lexopt", &["src/command/"]),
    ("signal_hook", &["src/command/"]),
    ("thread", &["src/client/", "src/command/"]),
    (
        "process",
        &[VITALS, "src/client/", "src/command/", "src/main.rs"],
    ),
    ("unicode_width", &["src/scrape/cells.rs"]),
    ("serde_core", &["src/task/parse.rs", "src/task/fields.rs"]),
    (
        "serde_json",
        &[
            "src/task/fields.rs",
            "src/task/parse.rs",
            "src/task/patch.rs",
            "src/task/derived.rs",
            "src/session/vocabulary.rs",
            KEYS,
            "src/scrape/json.rs",
            "src/recipe/",
            "src/client/",
            "src/command/",
        ],
    ),
];
const FILES: &str = "src/server/files.rs";
const KEYS: &str = "src/session/keys.rs";
const LISTENER: &str = "src/server/listener.rs";
const RESERVE: &str = "src/server/reserve.rs";
const STREAM: &str = "src/server/stream.rs";
const STDERR: &str = "src/server/stderr.rs";
const VITALS: &str = "src/server/vitals.rs";
/// The benchmark's thousand clients in one thread.
const SWARM: &str = "src/client/swarm";

/// Types that are a socket or a clock. Addresses and durations are values and may go anywhere.
const SYSTEM: [&str; 8] = [
    "Instant",
    "SystemTime",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "UnixStream",
    "UnixListener",
    "UnixDatagram",
];
const SYSTEM_DOORS: [&str; 5] = [
    "src/server/reactor",
    LISTENER,
    STREAM,
    "src/client/",
    "src/command/",
];

/// Run-time dependencies. A new one is a decision: argue it in docs/decisions.md first.
const DEPENDENCIES: [&str; 16] = [
    "base64",
    "hmac",
    "httparse",
    "httpdate",
    "lexopt",
    "mio",
    "regex-lite",
    "rustix",
    "serde_core",
    "serde_json",
    "sha1",
    "sha2",
    "signal-hook",
    "slab",
    "subtle",
    "unicode-width",
];

const MAX_LINES: usize = 450;

#[test]
fn imports_point_down() {
    assert_none(upward_imports(&src()));
    for (path, text) in [
        ("src/wire/frame.rs", "use crate::task::TaskId;"),
        ("src/task/hub.rs", "use crate::session::Session;"),
        ("src/scrape/eta.rs", "use crate::wire::utf8::Utf8;"),
        ("src/session/http.rs", "fn f() { crate::server::run() }"),
        ("src/client/link.rs", "use crate::{server, wire};"),
        ("src/wire/mod.rs", "use super::task::TaskId;"),
        ("src/wire/http/scan.rs", "use super::super::super::task;"),
        ("src/attic/mod.rs", "use std::fmt;"),
    ] {
        assert_one(upward_imports(&[File::new(path, text)]));
    }
    let legal = "use crate::wire::frame; // not crate::server\nlet s = \"crate::server\";";
    assert_none(upward_imports(&[File::new("src/task/update.rs", legal)]));
}

fn upward_imports(files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in files {
        let Some(module) = file.module() else {
            continue;
        };
        let Some((_, below)) = MAP.iter().find(|(name, _)| *name == module) else {
            faults.push(format!("{}: give `{module}` its level in MAP", file.path));
            continue;
        };
        for (line, word, rest) in file.words() {
            let next = source::words(rest).next().map_or("", |(_, next)| next);
            let fault = match word {
                "crate" if rest.starts_with("::{") => "name one module for each `use crate::`",
                "crate" if !rest.starts_with("::") || next == module || below.contains(&next) => {
                    continue;
                }
                "crate" => "imports point down only (see the map in src/lib.rs)",
                "super" if rest.starts_with("::super::super") => "write `crate::` for so far a way",
                "super" if is_root(file) && MAP.iter().any(|(name, _)| *name == next) => {
                    "write `crate::`, so that the map can be checked"
                }
                _ => continue,
            };
            faults.push(format!("{}:{line}: {word}::{next}: {fault}", file.path));
        }
    }
    faults
}

fn is_root(file: &File) -> bool {
    file.path.split('/').count() == 3 && file.path.ends_with("/mod.rs")
}

#[test]
fn each_dependency_has_its_door() {
    assert_none(wrong_doors(&src()));
    for (path, text) in [
        ("src/server/broker.rs", "use mio::Token;"),
        ("src/server/fulfil.rs", "fn f(token: mio::Token) {}"),
        ("src/wire/frame.rs", "use sha1::Sha1;"),
        ("src/session/call.rs", "use httparse::Request;"),
        ("src/server/fulfil.rs", "use slab::Slab;"),
        ("src/server/reactor.rs", "use signal_hook::consts::SIGINT;"),
        ("src/wire/close.rs", "use serde_json::Value;"),
        ("src/server/reactor.rs", "std::thread::spawn(run);"),
        ("src/main.rs", "use lexopt::Parser;"),
    ] {
        assert_one(wrong_doors(&[File::new(path, text)]));
    }
}

fn wrong_doors(files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in files {
        for (line, word, rest) in file.words() {
            let door = DOORS.iter().find(|(name, _)| *name == word);
            let Some((name, doors)) = door.filter(|_| rest.starts_with("::")) else {
                continue;
            };
            if !doors.iter().any(|door| file.path.starts_with(door)) {
                let doors = doors.join(", ");
                faults.push(format!(
                    "{}:{line}: `{name}` is used only in {doors}: ask for what you need there",
                    file.path
                ));
            }
        }
    }
    faults
}

#[test]
fn sockets_and_clocks_are_the_reactors() {
    assert_none(stray_system_types(&src()));
    for (path, text) in [
        ("src/server/broker.rs", "let now = Instant::now();"),
        ("src/server/peer.rs", "use std::net::TcpStream;"),
        ("src/task/record.rs", "std::time::SystemTime::now()"),
        ("src/session/mod.rs", "use std::os::unix::net::UnixStream;"),
    ] {
        assert_one(stray_system_types(&[File::new(path, text)]));
    }
}

fn stray_system_types(files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in files {
        let open = SYSTEM_DOORS.iter().any(|door| file.path.starts_with(door));
        for (line, word, _) in file.words() {
            if SYSTEM.contains(&word) && !open {
                faults.push(format!(
                    "{}:{line}: `{word}`: take bytes and a `Now` as arguments, the reactor has \
                     the sockets and the clock",
                    file.path
                ));
            }
        }
    }
    faults
}

#[test]
fn every_file_begins_with_an_essay() {
    assert_none(without_essay(&src()));
    assert_one(without_essay(&[File::new(
        "src/task/id.rs",
        "use std::fmt;\n",
    )]));
}

fn without_essay(files: &[File]) -> Vec<String> {
    let silent = files.iter().filter(|file| !file.text.starts_with("//! "));
    silent
        .map(|file| format!("{}: say in `//!` what it is for, and why so", file.path))
        .collect()
}

#[test]
fn no_file_is_too_long_to_read() {
    assert_none(too_long(&src()));
    let long = "\n".repeat(MAX_LINES + 1);
    assert_one(too_long(&[File::new("src/task/hub.rs", &long)]));
}

fn too_long(files: &[File]) -> Vec<String> {
    let counted = files.iter().map(|file| (file, file.text.lines().count()));
    counted
        .filter(|&(_, count)| count > MAX_LINES)
        .map(|(file, count)| {
            format!(
                "{}: {count} lines, more than {MAX_LINES}: find the second idea in it and give it \
                 a file",
                file.path
            )
        })
        .collect()
}

#[test]
fn nothing_is_left_for_later() {
    assert_none(left_for_later(&src()));
    for text in [
        "// TODO: errors",
        "/* FIXME */",
        "todo!()",
        "fn f() { unimplemented!() }",
    ] {
        assert_one(left_for_later(&[File::new("src/task/id.rs", text)]));
    }
}

fn left_for_later(files: &[File]) -> Vec<String> {
    let marks = ["TODO", "FIXME", "XXX", "todo!", "unimplemented!"];
    let mut faults = Vec::new();
    for file in files {
        for (line, text) in (1..).zip(file.text.lines()) {
            if marks.iter().any(|mark| text.contains(mark)) {
                faults.push(format!("{}:{line}: do it now or drop it", file.path));
            }
        }
    }
    faults
}

#[test]
fn whatever_may_panic_says_why_it_does_not() {
    assert_none(unexplained_panics(&src()));
    for text in [
        "let x = y.unwrap();",
        "let x = y.expect(message);",
        "panic!(\"bad\");",
        "_ => unreachable!(),",
    ] {
        assert_one(unexplained_panics(&[File::new("src/task/id.rs", text)]));
    }
    let explained = "// The key was inserted two lines above.\nlet x = y.unwrap();";
    assert_none(unexplained_panics(&[File::new(
        "src/task/id.rs",
        explained,
    )]));
    let explained = "_ => unreachable!(\"a chunk was just pushed\"),";
    assert_none(unexplained_panics(&[File::new(
        "src/task/id.rs",
        explained,
    )]));
}

/// A peer's bytes must not be able to end the daemon. Where the code itself guarantees that a
/// panic cannot happen, it says so: in the message, or in a comment on the line or above it.
fn unexplained_panics(files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in files {
        let lines: Vec<&str> = file.text.lines().collect();
        for (number, code) in file.code_lines() {
            let line = lines[number - 1];
            let above = number.checked_sub(2).map_or("", |above| lines[above]);
            let commented = line.contains("//") || above.trim_start().starts_with("//");
            let reasoned = line.contains(".expect(\"") || line.contains("unreachable!(\"");
            let may_panic = [".unwrap()", ".expect(", "panic!(", "unreachable!("]
                .iter()
                .any(|call| code.contains(call));
            if may_panic && !commented && !reasoned {
                faults.push(format!(
                    "{}:{number}: return an error, or say why this cannot happen",
                    file.path
                ));
            }
        }
    }
    faults
}

#[test]
fn documents_name_what_exists() {
    assert_none(prose::unknown_symbols(&documents(), &src()));
    let source = [
        File::new(
            "src/wire/frame.rs",
            "pub struct Header; impl Header { fn parse() {} }",
        ),
        File::new(
            "src/task/hub.rs",
            "pub const MAX_PEERS: u32 = 1; fn take() {}",
        ),
    ];
    let broken = [
        "`Heador`",
        "`Header::take`",
        "`hub::parse`",
        "`frame::Header::take`",
        "`MAX_TASKS`",
        "`publish()`",
    ];
    for text in broken {
        let document = [File::new("docs/x.md", text)];
        assert_one(prose::unknown_symbols(&document, &source));
    }
    let fine = "`Header`, `frame::Header::parse`, `take()`, `MAX_PEERS`, `EPOLLIN`, `std::io::Error`, \
                `Cache-Control`, `stalled`\n```\nlet x: Heador = `Heador`;\n```\n";
    assert_none(prose::unknown_symbols(
        &[File::new("docs/x.md", fine)],
        &source,
    ));
}

#[test]
fn links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_none(prose::dead_links(&documents(), root));
    for text in [
        "see [this](nowhere.md)",
        "![a picture](../nowhere.png)",
        "[label]: nowhere.md#part",
        "as in `src/nowhere.rs`",
    ] {
        assert_one(prose::dead_links(&[File::new("docs/x.md", text)], root));
    }
    let fine = "[a](../Cargo.toml#top) [b](#part) [c](https://example.org/x) `src/lib.rs`";
    assert_none(prose::dead_links(&[File::new("docs/x.md", fine)], root));
}

#[test]
fn dependencies_are_the_ones_decided_on() {
    let manifest = include_str!("../Cargo.toml");
    assert_eq!(
        dependencies(manifest),
        DEPENDENCIES,
        "argue a dependency in docs/decisions.md, then change DEPENDENCIES"
    );
    let more = manifest.replace("[dependencies]", "[dependencies]\nanyhow = \"1\"");
    assert_ne!(dependencies(&more), DEPENDENCIES);
}

fn dependencies(manifest: &str) -> Vec<&str> {
    let lines = manifest.lines().map(str::trim);
    let section = lines.skip_while(|line| *line != "[dependencies]").skip(1);
    section
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name.trim())
        .collect()
}

fn src() -> Vec<File> {
    let files = files("src", ".rs");
    assert!(files.len() > 40, "the source is not where it was");
    files
}

/// The course and the references; `README.md` too, where there is one.
fn documents() -> Vec<File> {
    let mut all = files("docs", ".md");
    assert!(all.len() > 5, "the documents are not where they were");
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    if let Ok(text) = std::fs::read_to_string(readme) {
        all.push(File::new("README.md", &text));
    }
    all
}

#[track_caller]
fn assert_none(faults: Vec<String>) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[track_caller]
fn assert_one(faults: Vec<String>) {
    assert_eq!(faults.len(), 1, "the rule has gone blind: {faults:?}");
}
