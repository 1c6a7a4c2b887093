//! The built daemon, with a standard error of every kind.

use std::env;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::exposition::Page;

/// More than a slow machine needs for anything here.
const PATIENCE: Duration = Duration::from_secs(20);
/// What a pipe holds by default (pipe(7)).
const PIPE_CAPACITY: usize = 65_536;

/// A daemon on a Unix socket: its address is known without a look at its log.
struct Daemon {
    child: Child,
    path: PathBuf,
}

impl Daemon {
    fn start(name: &str, stderr: Stdio, options: &[&str]) -> Daemon {
        let id = std::process::id();
        let path = env::temp_dir().join(format!("doneyet-{name}-{id}.sock"));
        let child = Command::new(env!("CARGO_BIN_EXE_doneyet"))
            .args(["serve", "--listen", &format!("unix:{}", path.display())])
            .args(options)
            .stdin(Stdio::null())
            .stderr(stderr)
            .spawn()
            .expect("the daemon starts");
        Daemon { child, path }
    }

    fn ask(&self, line: &str, content: &str) -> String {
        let begun = Instant::now();
        let mut stream = loop {
            match UnixStream::connect(&self.path) {
                Ok(stream) => break stream,
                Err(error) if begun.elapsed() > PATIENCE => panic!("no daemon: {error}"),
                Err(_) => std::thread::yield_now(),
            }
        };
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let length = content.len();
        let head = format!("{line} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).expect("the head is sent");
        stream
            .write_all(content.as_bytes())
            .expect("the content is sent");
        stream.shutdown(Shutdown::Write).expect("no more is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    fn publish(&self, task: &str) {
        let answer = self.ask(&format!("POST /api/progress/{task}"), "{}");
        assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    }

    fn scrape(&self) -> Page {
        let answer = self.ask("GET /metrics", "");
        let (_, body) = answer.split_once("\r\n\r\n").expect("a head");
        Page::parse(body)
    }

    /// Ends it as an init system would; it must end well.
    fn stop(mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        let signal = rustix::process::Signal::TERM;
        rustix::process::kill_process(pid, signal).expect("the daemon is there");
        let status = self.child.wait().expect("the daemon is our child");
        assert!(status.success(), "{status}");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // All fail if it has ended and tidied up already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.path);
    }
}

#[test]
fn lines_are_json_where_no_terminal_is() {
    let (mut reader, writer) = io::pipe().expect("a pipe");
    let daemon = Daemon::start("json", writer.into(), &[]);
    daemon.publish("a");
    daemon.stop();
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("text");
    let events: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let names: Vec<&str> = events.iter().filter_map(|e| e["event"].as_str()).collect();
    let expected = [
        "started",
        "listening",
        "task_created",
        "stopping",
        "stopped",
    ];
    assert_eq!(names, expected, "{text}");
    assert_eq!(events[0]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(events[2]["task_id"], "a");
}

#[test]
fn text_and_a_level_can_be_asked_for() {
    let (mut reader, writer) = io::pipe().expect("a pipe");
    let options = ["--log-format", "text", "--log-level", "warn"];
    let daemon = Daemon::start("text", writer.into(), &options);
    daemon.publish("a");
    daemon.stop();
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("text");
    assert_eq!(text, "");
}

#[test]
fn a_pipe_that_nobody_reads_loses_lines_and_blocks_nobody() {
    let (mut reader, mut writer) = io::pipe().expect("a pipe");
    writer.write_all(&[b'\n'; PIPE_CAPACITY]).expect("room");
    let daemon = Daemon::start("full", writer.into(), &[]);
    daemon.publish("a");
    let lost = "log_lines_lost_total";
    assert_eq!(
        daemon.scrape().get(lost),
        3.0,
        "started, listening, created"
    );

    let mut full = vec![0; PIPE_CAPACITY];
    reader.read_exact(&mut full).expect("what we wrote");
    daemon.publish("b");
    assert_eq!(daemon.scrape().get(lost), 3.0);
    daemon.stop();
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("text");
    assert!(
        text.starts_with('{') && text.contains("task b created"),
        "{text}"
    );
}

#[test]
fn a_closed_standard_error_or_a_full_disk_stops_nothing() {
    let (reader, writer) = io::pipe().expect("a pipe");
    drop(reader);
    let full = File::options().write(true).open("/dev/full");
    let kinds: [(&str, Stdio); 2] = [
        ("closed", writer.into()),
        ("disk", full.expect("a device").into()),
    ];
    for (name, stderr) in kinds {
        let daemon = Daemon::start(name, stderr, &[]);
        daemon.publish("a");
        daemon.publish("b");
        assert_eq!(daemon.scrape().get("log_lines_lost_total"), 4.0, "{name}");
        daemon.stop();
    }
}

#[test]
fn the_kernels_numbers_are_this_processs() {
    let daemon = Daemon::start("vitals", Stdio::null(), &[]);
    let page = daemon.scrape();
    assert!(page.get("resident_memory_bytes") > 500_000.0);
    assert!(page.get("open_descriptors_limit") >= 64.0);
    let turns = page.get("turn_duration_seconds_count");
    let open = |page: &Page| match page.has("open_descriptors") {
        true => page.get("open_descriptors"),
        // A kernel before 6.2.
        false => 0.0,
    };
    let before = open(&page);
    let held: Vec<UnixStream> = (0..20)
        .map(|_| UnixStream::connect(&daemon.path).expect("a connection"))
        .collect();
    let page = daemon.scrape();
    assert_eq!(page.get("connections{transport=\"http\"}"), 21.0);
    assert!(before == 0.0 || open(&page) == before + 20.0, "{before}");
    assert!(page.get("turn_duration_seconds_count") > turns);
    assert!(page.get("turn_duration_seconds_sum") > 0.0);
    drop(held);
    daemon.stop();
}
