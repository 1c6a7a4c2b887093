//! `doneyet run`: that the command does not notice, and that the watchers do.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use doneyet::client::{Incoming, Server, WebSocketClient};
use doneyet::command::daemon::Daemon;
use doneyet::session::keys::Keys;
use serde_json::{Value, json};

use super::program::{Ended, Program, doneyet, start};
use super::{PATIENCE, await_state, cancel, daemon, state};

/// Runs a shell script as the task `job`.
pub(super) fn run(server: &Server, script: &str) -> Ended {
    doneyet("run", server, &["--task", "job", "--", "sh", "-c", script])
}

pub(super) fn start_script(server: &Server, script: &str) -> Program {
    start(
        "run",
        server,
        &["--task", "job", "--grace", "1", "--", "sh", "-c", script],
    )
}

/// A pipe with a name, on which a script waits for us.
pub(super) fn fifo(name: &str) -> String {
    let path = std::env::temp_dir().join(format!("doneyet-{name}-{}", std::process::id()));
    let path = path.to_string_lossy().into_owned();
    assert!(
        Command::new("mkfifo")
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    path
}

pub(super) fn status(state: &Value) -> &str {
    state["status"].as_str().unwrap_or_default()
}

#[test]
fn output_passes_through_unchanged_on_its_own_stream() {
    let daemon = daemon();
    let end = run(
        &daemon.server(),
        "printf 'a\\001\\tb'; printf 'c\\r50%%\\r' >&2",
    );
    assert_eq!(end.out, "a\u{1}\tb");
    assert!(end.err.ends_with("\nc\r50%\r"), "{:?}", end.err);
}

#[test]
fn a_state_that_the_command_writes_is_the_tasks() {
    let daemon = daemon();
    let server = daemon.server();
    let end = run(
        &server,
        r#"echo '{"progress":1,"title":"New","status":"packing","stage":"zip","files":["a"]}'
           echo '{"progress":2,"status":"completed"}'; exit 3"#,
    );
    assert_eq!(end.code, Some(3));
    let state = state(&server, "job");
    assert_eq!(
        (&state["title"], &state["stage"]),
        (&json!("New"), &json!("zip"))
    );
    assert_eq!(
        (&state["progress"], &state["files"]),
        (&json!(2), &json!(["a"]))
    );
    assert_eq!(status(&state), "failed");
}

#[test]
fn a_flood_passes_through_whole() {
    let daemon = daemon();
    let server = daemon.server();
    let script = format!(
        "head -c 20000000 /dev/zero | {} run --server {server} -- cat | cksum; \
         head -c 20000000 /dev/zero | cksum",
        env!("CARGO_BIN_EXE_doneyet")
    );
    // The input of the inner run is a pipe, so this is also the test that it is inherited.
    let end = Program::with(Command::new("sh").args(["-c", &script])).end();
    let sums: Vec<&str> = end.out.lines().collect();
    assert_eq!(sums.len(), 2, "{end:?}");
    assert_eq!(sums[0], sums[1]);
}

#[test]
fn what_a_flood_ends_with_is_read_while_the_command_goes_on() {
    let daemon = daemon();
    let server = daemon.server();
    for flags in [&["--no-pty"][..], &[]] {
        let script = "yes a line | head -c 4000000; printf '\\r45%% done'; exec sleep 60";
        let words = [&["--task", "job"], flags, &["--", "sh", "-c", script]].concat();
        let _job = start("run", &server, &words);
        await_state(&server, "job", |state| {
            state["progress"] == 45 && status(state) == "running"
        });
        cancel(&server, "job");
        await_state(&server, "job", |state| status(state) == "cancelled");
    }
}

#[test]
fn the_exit_code_is_the_command_s_own() {
    let daemon = daemon();
    let server = daemon.server();
    for (script, code) in [
        ("exit 0", 0),
        ("exit 7", 7),
        ("kill -TERM $$", 143),
        ("exit 255", 255),
    ] {
        assert_eq!(run(&server, script).code, Some(code), "{script}");
    }
}

#[test]
fn success_is_completed() {
    let daemon = daemon();
    let server = daemon.server();
    run(&server, "true");
    let state = state(&server, "job");
    assert_eq!(
        (status(&state), &state["progress"]),
        ("completed", &json!(100))
    );
    assert_eq!(state["title"], "sh -c true");
}

#[test]
fn failure_carries_the_code_and_the_last_words() {
    let daemon = daemon();
    let server = daemon.server();
    run(&server, "echo working; echo 'disk full' >&2; exit 3");
    let failed = state(&server, "job");
    assert_eq!(
        (status(&failed), &failed["exit_code"]),
        ("failed", &json!(3))
    );
    assert_eq!(failed["error"], "disk full");
    run(&server, "kill -KILL $$");
    let killed = state(&server, "job");
    assert_eq!(
        (status(&killed), &killed["signal"]),
        ("failed", &json!("SIGKILL"))
    );
    assert_eq!(
        killed["exit_code"],
        Value::Null,
        "left over from the run before"
    );
}

#[test]
fn a_command_that_cannot_start_fails_as_in_a_shell() {
    let daemon = daemon();
    let server = daemon.server();
    let end = doneyet(
        "run",
        &server,
        &["--task", "job", "--", "no-such-command-anywhere"],
    );
    assert_eq!(end.code, Some(127));
    assert_eq!(status(&state(&server, "job")), "failed");
    let end = doneyet("run", &server, &["--task", "job", "--", "/dev/null"]);
    assert_eq!(end.code, Some(126));
}

#[test]
fn progress_is_read_off_either_stream() {
    let daemon = daemon();
    let server = daemon.server();
    for redirect in ["", ">&2"] {
        let script = format!("printf '\\r 37%% 2.5MB/s eta 00:30' {redirect}; exec sleep 60");
        let job = start_script(&server, &script);
        // The figures go with the end of a run, so these are not the last one's.
        let seen = await_state(&server, "job", |state| state["eta"] == "00:30");
        assert_eq!(
            (&seen["speed"], &seen["progress"]),
            (&json!("2.5MB/s"), &json!(37))
        );
        cancel(&server, "job");
        assert_eq!(job.end().code, Some(130));
    }
}

#[test]
fn signals_to_us_reach_the_command() {
    let daemon = daemon();
    let server = daemon.server();
    for (name, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let job = start_script(&server, "echo ready; exec sleep 60");
        job.out.await_line("ready");
        job.signal(name);
        assert_eq!(job.end().code, Some(code), "{name}");
        let state = state(&server, "job");
        assert_eq!(
            (status(&state), &state["signal"]),
            ("failed", &json!(format!("SIG{name}")))
        );
    }
}

#[test]
fn a_parent_that_is_none_is_refused_before_anything_is_started() {
    let daemon = daemon();
    let server = daemon.server();
    let words = |parent| ["--task", "job", "--parent", parent, "--", "echo", "started"];
    // A number that no process has (proc(5), pid_max).
    let end = doneyet("run", &server, &words("4194304"));
    assert_eq!((end.code, end.out.as_str()), (Some(1), ""));
    assert!(
        end.err.contains("process 4194304 is not our parent"),
        "{}",
        end.err
    );
    assert_eq!(doneyet("run", &server, &words("none")).code, Some(2));
    let ours = std::process::id().to_string();
    assert_eq!(doneyet("run", &server, &words(&ours)).code, Some(0));
}

#[test]
fn nohup_is_respected() {
    let daemon = daemon();
    let server = daemon.server();
    let script = format!(
        "trap '' HUP; exec {} run --task job --server {server} -- sh -c 'echo ready; sleep 60'",
        env!("CARGO_BIN_EXE_doneyet")
    );
    let job = Program::with(Command::new("sh").args(["-c", &script]));
    job.out.await_line("ready");
    job.signal("HUP");
    job.signal("TERM");
    assert_eq!(
        job.end().code,
        Some(143),
        "the first signal was to be ignored"
    );
}

#[test]
fn whoever_is_left_holding_the_output_does_not_hold_us() {
    let daemon = daemon();
    let server = daemon.server();
    // The end is published although the output stays open.
    let job = start_script(&server, "sh -c 'exec sleep 60' & echo $!; exit 0");
    let left: u32 = job.out.await_line("").trim().parse().unwrap();
    await_state(&server, "job", |state| status(state) == "completed");
    let killed = Command::new("kill").arg(left.to_string()).status().unwrap();
    assert!(killed.success());
    assert_eq!(job.end().code, Some(0));
}

#[test]
fn a_reader_who_leaves_is_noticed_by_the_command() {
    let daemon = daemon();
    let server = daemon.server();
    let script = format!(
        "{} run --no-pty --task job --server {server} -- yes | head -n 1",
        env!("CARGO_BIN_EXE_doneyet")
    );
    let end = Program::with(Command::new("sh").args(["-c", &script])).end();
    assert_eq!(end.out, "y\n");
    let state = await_state(&server, "job", |state| status(state) == "failed");
    assert_eq!(state["signal"], "SIGPIPE");
}

#[test]
fn it_is_noticed_through_a_terminal_by_the_same_signal() {
    let daemon = daemon();
    let server = daemon.server();
    let command = "while :; do echo y; echo noise >&2; done";
    for redirect in ["2>&1", "2>/dev/null", ""] {
        let line = format!(
            "{} run --task job --server {server} -- sh -c '{command}' {redirect} | head -n 1 | wc -l; \
             echo code ${{PIPESTATUS[0]}}",
            env!("CARGO_BIN_EXE_doneyet")
        );
        let end = Program::with(Command::new("bash").args(["-c", &line])).end();
        assert_eq!(end.out, "1\ncode 141\n", "{redirect}");
        assert!(!end.err.contains("rror"), "{}", end.err);
        assert_eq!(state(&server, "job")["signal"], "SIGPIPE");
    }
}

#[test]
fn who_ignores_that_signal_finds_the_terminal_gone() {
    let daemon = daemon();
    let server = daemon.server();
    let line = format!(
        "{} run --task job --server {server} -- sh -c 'trap \"\" PIPE; exec yes' | head -n 1",
        env!("CARGO_BIN_EXE_doneyet")
    );
    let end = Program::with(Command::new("sh").args(["-c", &line])).end();
    assert_eq!(end.out, "y\n");
    await_state(&server, "job", |state| state["exit_code"] == 1);
}

#[test]
fn a_task_of_the_same_name_begins_again() {
    let daemon = daemon();
    let server = daemon.server();
    run(&server, "echo broken >&2; exit 1");
    run(&server, "exit 0");
    let state = state(&server, "job");
    assert_eq!(
        (status(&state), &state["error"]),
        ("completed", &Value::Null)
    );
}

#[test]
fn an_invented_id_is_the_command_s_name_and_never_twice_the_same() {
    let daemon = daemon();
    let server = daemon.server();
    for _ in 0..2 {
        doneyet("run", &server, &["--title", "T", "--", "/bin/true"]);
    }
    let reply = doneyet::client::request(&server, "GET", "/api/progress", None)
        .unwrap()
        .json();
    let ids: Vec<&str> = reply["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|t| t["task_id"].as_str())
        .collect();
    assert!(ids.iter().all(|id| id.starts_with("true-")), "{ids:?}");
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn a_daemon_that_is_away_for_a_while_changes_nothing() {
    let first = daemon();
    let server = first.server();
    let address: SocketAddr = server
        .to_string()
        .trim_start_matches("http://")
        .parse()
        .unwrap();
    // One for each signal: a reader that comes back before the writer has closed would take that
    // writer's end for the second signal.
    let (go, end) = (fifo("away-go"), fifo("away-end"));
    let script = format!("echo one; read x <{go}; printf '\\r 60%%'; read x <{end}; exit 6");
    let job = start_script(&server, &script);
    job.out.await_line("one");
    drop(first);
    std::fs::write(&go, "go\n").unwrap();
    let second = Daemon::listen(address, &Keys::default()).unwrap();
    let seen = await_state(&second.server(), "job", |state| state["progress"] == 60);
    assert!(seen["title"].is_string());
    std::fs::write(&end, "go\n").unwrap();
    assert_eq!(job.end().code, Some(6));
    std::fs::remove_file(&go).unwrap();
    std::fs::remove_file(&end).unwrap();
    assert_eq!(status(&state(&server, "job")), "failed");
}

#[test]
fn a_daemon_that_does_not_answer_keeps_no_command_from_running() {
    // The kernel accepts in its name.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let end = fifo("silent");
    let server: Server = format!("http://{address}").parse().unwrap();
    let job = start_script(&server, &format!("echo ready; read x <{end}; exit 6"));
    job.out.await_line("ready");
    drop(silent);
    let daemon = Daemon::listen(address, &Keys::default()).unwrap();
    await_state(&daemon.server(), "job", |state| state["title"].is_string());
    std::fs::write(&end, "go\n").unwrap();
    assert_eq!(job.end().code, Some(6));
    std::fs::remove_file(&end).unwrap();
}

#[test]
fn without_a_daemon_the_task_is_served_from_here() {
    let gone = daemon();
    let server = gone.server();
    drop(gone);
    let job = start_script(&server, "echo ready; exec sleep 60");
    job.out.await_line("ready");
    let said = job.err.await_line("doneyet: watch");
    let page = said
        .split_whitespace()
        .find(|word| word.starts_with("http://"))
        .unwrap();
    let here: Server = page.parse().unwrap();
    await_state(&here, "job", |state| status(state) == "running");
    cancel(&here, "job");
    assert_eq!(job.end().code, Some(130));
}

#[test]
fn a_slow_reader_gets_everything_although_the_command_has_ended() {
    let daemon = daemon();
    let server = daemon.server();
    let fifo = fifo("slow");
    // The reader begins only after the end of the command has been published: by then twice what a
    // pipe holds is still on its way.
    let script = format!(
        "{} run --task job --server {server} -- head -c 190000 /dev/zero | (read x <{fifo}; wc -c)",
        env!("CARGO_BIN_EXE_doneyet")
    );
    let job = Program::with(Command::new("sh").args(["-c", &script]));
    await_state(&server, "job", |state| state["title"].is_string());
    std::fs::write(&fifo, "go\n").unwrap();
    let end = job.end();
    std::fs::remove_file(&fifo).unwrap();
    assert_eq!(end.out.trim(), "190000");
}

/// Runs a command that writes more than a pipe holds to a reader who does not read, and then does
/// `last`. The reader's end is open until it is dropped.
fn start_unread(server: &Server, name: &str, last: &str) -> (Program, String, File) {
    let unread = fifo(name);
    let reader = File::options().read(true).write(true).open(&unread);
    let script = format!(
        "exec {} run --no-pty --task job --server {server} -- \
         sh -c 'head -c 100000 /dev/zero; echo pid $$ >&2; {last}' >{unread}",
        env!("CARGO_BIN_EXE_doneyet")
    );
    let job = Program::with(Command::new("sh").args(["-c", &script]));
    let pid = job.err.await_line("pid ").trim().replace("pid ", "");
    std::fs::remove_file(&unread).unwrap();
    (job, pid, reader.unwrap())
}

pub(super) fn await_burial(pid: &str) {
    let deadline = Instant::now() + PATIENCE;
    while Path::new("/proc").join(pid).exists() {
        assert!(Instant::now() < deadline, "{pid} is still there");
        std::thread::yield_now();
    }
}

#[test]
fn a_signal_after_the_end_leaves_the_output_to_those_who_do_not_read_it() {
    let daemon = daemon();
    let server = daemon.server();
    for name in ["TERM", "INT", "HUP"] {
        let (job, pid, reader) = start_unread(&server, "unread-end", "exit 3");
        await_burial(&pid);
        job.signal(name);
        let end = job.end();
        assert_eq!(end.code, Some(3), "{name}");
        assert!(end.err.contains("was not read"), "{}", end.err);
        assert_eq!(state(&server, "job")["exit_code"], 3);
        drop(reader);
    }
}

#[test]
fn a_signal_after_a_cancel_leaves_them_to_it_too() {
    let daemon = daemon();
    let server = daemon.server();
    let (job, _, reader) = start_unread(&server, "unread-cancelled", "exec sleep 600");
    cancel(&server, "job");
    await_state(&server, "job", |state| status(state) == "cancelled");
    job.signal("TERM");
    assert_eq!(job.end().code, Some(130));
    drop(reader);
}

#[test]
fn watchers_of_a_task_served_from_here_see_its_end() {
    let gone = daemon();
    let server = gone.server();
    drop(gone);
    let fifo = fifo("served");
    let job = start_script(&server, &format!("read x <{fifo}; exit 9"));
    let said = job.err.await_line("doneyet: watch");
    let page = said
        .split_whitespace()
        .find(|word| word.starts_with("http://"));
    let here: Server = page.unwrap().parse().unwrap();
    let mut socket = WebSocketClient::connect(&here, "/ws/progress/job").unwrap();
    assert!(matches!(
        socket.receive(PATIENCE).unwrap(),
        Incoming::Text(_)
    ));
    std::fs::write(&fifo, "go\n").unwrap();
    let mut last = Value::Null;
    while let Incoming::Text(text) = socket.receive(PATIENCE).unwrap() {
        last = serde_json::from_str(&text).unwrap();
    }
    assert_eq!((status(&last), &last["exit_code"]), ("failed", &json!(9)));
    assert_eq!(job.end().code, Some(9));
    std::fs::remove_file(&fifo).unwrap();
}
