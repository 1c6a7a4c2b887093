//! The course, executed: every command it shows is run, and must print what it shows.
//!
//! A fenced block marked `console` is a session in bash: lines that begin with `$ ` are commands,
//! `> ` continues one, and what stands below is what it prints. `…` stands for anything within a
//! line, a line of nothing but `…` for any number of lines. All blocks of a chapter are one
//! session, against a daemon of its own on a port of its own.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, PipeReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The port that the documents name.
const SHOWN_PORT: &str = "8765";
/// How the documents find the daemon's process.
const SHOWN_PID: &str = "pgrep -n -x doneyet";
/// How many updates the reader's release build takes in two seconds, and what a test asks for.
const SHOWN_FLOOD: &str = "100000";
const FLOOD: &str = if cfg!(debug_assertions) {
    "20000"
} else {
    SHOWN_FLOOD
};
/// How long the documents wait for what comes by itself: enough for a reader's machine, while here
/// it must be enough for one that is busy.
const PAUSES: [(&str, &str); 3] = [
    ("timeout 0.3 cat", "timeout 2 cat"),
    ("timeout 1 cat", "timeout 5 cat"),
    ("& sleep 0.3", "& sleep 2"),
];
/// A chapter must not take longer, in seconds.
const PATIENCE_SECS: &str = "120";

#[test]
fn chapter_1_a_frame_by_hand() {
    check("docs/01-a-frame-by-hand.md");
}

#[test]
fn chapter_2_one_peer() {
    check("docs/02-one-peer.md");
}

#[test]
fn chapter_3_many_peers() {
    check("docs/03-many-peers.md");
}

#[test]
fn chapter_4_the_turn() {
    check("docs/04-the-turn.md");
}

#[test]
fn chapter_5_back_pressure() {
    check("docs/05-back-pressure.md");
}

#[test]
fn chapter_6_under_attack() {
    check("docs/06-under-attack.md");
}

#[test]
fn chapter_7_four_ways() {
    check("docs/07-four-ways.md");
}

#[test]
fn chapter_8_how_fast() {
    check("docs/08-how-fast.md");
}

#[test]
fn chapter_9_reading_progress() {
    check("docs/09-reading-progress.md");
}

#[test]
fn chapter_10_any_command() {
    check("docs/10-any-command.md");
}

#[test]
fn chapter_11_a_download_button() {
    check("docs/11-a-download-button.md");
}

#[test]
fn the_reference() {
    check("docs/protocol.md");
}

#[test]
fn publishing_by_hand() {
    check("docs/publish.md");
}

#[test]
fn a_wildcard_is_no_blank_cheque() {
    assert!(agrees("a…c\n…\nend", "abc\none\ntwo\nend"));
    assert!(agrees("…\nend", "end"));
    assert!(agrees("{\"rev\":…,\"a\":1}", "{\"rev\":17,\"a\":1}"));
    assert!(!agrees("a…c", "abd"));
    assert!(!agrees("a…c", "abc\nd"));
    assert!(!agrees("…\nend", "one\nend\nmore"));
    assert!(!agrees("one\ntwo", "one"));
    assert!(!agrees("", "something"));
}

/// A command of a document and what it is said to print.
#[derive(Debug)]
struct Shown {
    line: usize,
    command: String,
    output: String,
}

fn check(path: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join(path)).expect(path);
    let shown = commands(&text);
    assert!(shown.len() > 3, "{path} shows no commands");

    let daemon = Daemon::start();
    let patiently = |text: &str| {
        PAUSES.iter().fold(text.to_owned(), |text, (shown, here)| {
            text.replace(shown, here)
        })
    };
    let here = |text: &str| {
        patiently(text)
            .replace(SHOWN_FLOOD, FLOOD)
            .replace(SHOWN_PORT, &daemon.port)
            .replace(SHOWN_PID, &format!("echo {}", daemon.process.id()))
    };
    let outputs = run(
        root,
        shown.iter().map(|one| here(&one.command)),
        &daemon.port,
    );
    assert_eq!(
        outputs.len(),
        shown.len(),
        "{path}: the session broke off: {outputs:?}"
    );
    let mut wrong = String::new();
    for (shown, output) in shown.iter().zip(&outputs) {
        let expected = here(&shown.output);
        if !agrees(&expected, output) {
            let Shown { line, command, .. } = shown;
            let _ = write!(
                wrong,
                "\n{path}:{line}: $ {command}\nshown:\n{expected}\nis:\n{output}"
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn commands(text: &str) -> Vec<Shown> {
    let mut shown: Vec<Shown> = Vec::new();
    let mut inside = false;
    for (line, content) in (1..).zip(text.lines()) {
        if content.starts_with("```") {
            inside = content == "```console";
        } else if inside && let Some(command) = content.strip_prefix("$ ") {
            let (command, output) = (command.to_owned(), String::new());
            shown.push(Shown {
                line,
                command,
                output,
            });
        } else if inside {
            let last = shown.last_mut().expect("a session begins with a command");
            match content
                .strip_prefix("> ")
                .or((content == ">").then_some(""))
            {
                Some(more) if last.output.is_empty() => last.command += &format!("\n{more}"),
                _ => last.output += &format!("{content}\n"),
            }
        }
    }
    shown
}

/// Runs the commands in one bash; returns what each printed, on either stream.
fn run(root: &Path, commands: impl Iterator<Item = String>, port: &str) -> Vec<String> {
    let mark = format!("=== next command of {port} ===");
    let mut script = String::from("exec 2>&1\n");
    for command in commands {
        let _ = write!(script, "echo; echo '{mark}'\n{command}\n");
    }
    let mut bash = Command::new("timeout")
        .args([PATIENCE_SECS, "bash", "-s"])
        .current_dir(root)
        .env("PORT", port)
        .env("PATH", with_our_program())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("bash and coreutils are there");
    let mut stdin = bash.stdin.take().expect("piped");
    // Bash reads its script as it goes, and a command must not eat the rest of it.
    let script = format!("{{\n{script}\nexit\n}} < /dev/null\n");
    stdin.write_all(script.as_bytes()).expect("bash reads");
    drop(stdin);
    let output = bash.wait_with_output().expect("bash ends").stdout;
    let output = String::from_utf8_lossy(&output).replace('\r', "");
    output
        .split(&format!("{mark}\n"))
        .skip(1)
        .map(|part| part.trim().to_owned())
        .collect()
}

/// The search path on which `doneyet` is the program that is tested.
fn with_our_program() -> OsString {
    let ours = Path::new(env!("CARGO_BIN_EXE_doneyet")).parent();
    let others = std::env::var_os("PATH").unwrap_or_default();
    let folders = ours.map(Path::to_owned).into_iter();
    let all = folders.chain(std::env::split_paths(&others));
    std::env::join_paths(all).expect("a build directory has no colon in its name")
}

/// Whether `output` is what `shown` says, wildcards considered.
fn agrees(shown: &str, output: &str) -> bool {
    let lines = |text: &str| -> Vec<String> {
        text.trim()
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect()
    };
    lines_agree(&lines(shown), &lines(output))
}

fn lines_agree(shown: &[String], output: &[String]) -> bool {
    match shown.split_first() {
        None => output.is_empty(),
        Some((first, rest)) if first == "…" => {
            (0..=output.len()).any(|skipped| lines_agree(rest, &output[skipped..]))
        }
        Some((first, rest)) => output
            .split_first()
            .is_some_and(|(line, others)| line_agrees(first, line) && lines_agree(rest, others)),
    }
}

fn line_agrees(shown: &str, line: &str) -> bool {
    match shown.split_once('…') {
        None => shown == line,
        Some((start, rest)) => line.strip_prefix(start).is_some_and(|line| {
            let mut ends = line.char_indices().map(|(at, _)| at).chain([line.len()]);
            ends.any(|at| line_agrees(rest, &line[at..]))
        }),
    }
}

/// A daemon that ends with the test.
struct Daemon {
    process: Child,
    port: String,
    /// Kept open: a program whose output nobody can read any more may well end.
    _output: BufReader<PipeReader>,
}

impl Daemon {
    fn start() -> Daemon {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let process = Command::new(env!("CARGO_BIN_EXE_doneyet"))
            .args(["serve", "--listen", "127.0.0.1:0", "--echo"])
            .stdout(writer.try_clone().expect("a second descriptor"))
            .stderr(writer)
            .spawn()
            .expect("the daemon starts");
        let mut output = BufReader::new(reader);
        let port = output
            .by_ref()
            .lines()
            .map_while(Result::ok)
            .find_map(port_in);
        Daemon {
            process,
            port: port.expect("the daemon says where it listens"),
            _output: output,
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The digits behind the loopback address.
fn port_in(line: String) -> Option<String> {
    let (_, after) = line.split_once("127.0.0.1:")?;
    let end = after
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(after.len());
    (end > 0).then(|| after[..end].to_owned())
}
