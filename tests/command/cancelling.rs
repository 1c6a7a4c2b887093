//! `doneyet run`, cancelled: the command, and all that it has brought forth.

use std::time::Instant;

use serde_json::{Value, json};

use super::program::{Program, Script, start};
use super::run::{fifo, start_script, status};
use super::{PATIENCE, await_state, cancel, daemon, state};

/// Whether a process lives, and is more than a number waiting to be buried.
fn lives(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

/// The numbers in a line like `pids 12 34`.
fn pids(job: &Program) -> Vec<String> {
    let line = job.out.await_line("pids ");
    line.split_whitespace().skip(1).map(str::to_owned).collect()
}

#[test]
fn a_cancel_is_a_ctrl_c() {
    let daemon = daemon();
    let server = daemon.server();
    let script = "trap 'echo tidy; exit 4' INT; echo ready; while :; do sleep 0.1; done";
    let job = start_script(&server, script);
    job.out.await_line("ready");
    cancel(&server, "job");
    let end = job.end();
    assert_eq!((end.code, end.out.as_str()), (Some(4), "tidy\n"));
    assert_eq!(status(&state(&server, "job")), "cancelled");
}

#[test]
fn a_cancel_leaves_nobody_behind() {
    let daemon = daemon();
    let server = daemon.server();
    // A shell lets its background jobs ignore SIGINT.
    let script = "(trap 'echo told; exit' TERM; echo ready; while :; do sleep 0.1; done) & wait";
    let job = start_script(&server, script);
    job.out.await_line("ready");
    cancel(&server, "job");
    let end = job.end();
    assert_eq!((end.code, end.out.as_str()), (Some(130), "told\n"));
}

#[test]
fn a_cancel_is_acknowledged_before_the_end() {
    let daemon = daemon();
    let server = daemon.server();
    let fifo = fifo("tidying");
    let script =
        format!("trap 'read x <{fifo}; exit 0' INT; echo ready; while :; do sleep 0.1; done");
    let words = ["--task", "job", "--grace", "1h", "--", "sh", "-c", &script];
    let job = start("run", &server, &words);
    job.out.await_line("ready");
    cancel(&server, "job");
    await_state(&server, "job", |state| state["cancel"] == "acknowledged");
    std::fs::write(&fifo, "done\n").unwrap();
    assert_eq!(job.end().code, Some(0));
    std::fs::remove_file(&fifo).unwrap();
    let state = state(&server, "job");
    assert_eq!(
        (status(&state), &state["cancel"]),
        ("cancelled", &Value::Null)
    );
}

#[test]
fn a_command_that_will_not_hear_is_told_louder() {
    let daemon = daemon();
    let server = daemon.server();
    let script =
        "trap '' INT; trap 'echo told; exit 5' TERM; echo ready; while :; do sleep 0.1; done";
    let job = start_script(&server, script);
    job.out.await_line("ready");
    cancel(&server, "job");
    let end = job.end();
    assert_eq!((end.code, end.out.as_str()), (Some(5), "told\n"));
}

/// A script whose offspring escapes in every way a program has out of a process group and away from
/// a parent; it names them, and then does `last`.
fn escaping(name: &str, last: &str) -> (String, String) {
    let fifo = fifo(name);
    // A pipe that is open for both directions does not end when its writers do.
    let script = format!(
        r#"exec 3<>{fifo}
        setsid sh -c 'echo $$ >&3; exec sleep 600' &
        (setsid sh -c 'trap "" INT TERM HUP; echo $$ >&3; while :; do sleep 1; done' &)
        setsid sh -c 'sleep 600 & echo $! >&3'
        read a <&3; read b <&3; read c <&3
        exec 3>&-
        echo pids $a $b $c
        {last}"#
    );
    (script, fifo)
}

#[test]
fn a_cancel_finds_those_that_have_left_the_group() {
    let daemon = daemon();
    let server = daemon.server();
    let (script, fifo) = escaping("escape", "exec sleep 600");
    let job = start_script(&server, &script);
    let escaped = pids(&job);
    assert_eq!(escaped.len(), 3);
    assert!(escaped.iter().all(|pid| lives(pid)));
    cancel(&server, "job");
    // By the time a watcher hears of the end, they are gone.
    await_state(&server, "job", |state| status(state) == "cancelled");
    for pid in &escaped {
        assert!(!lives(pid), "{pid} of {escaped:?}");
    }
    assert_eq!(job.end().code, Some(130));
    // Not even as a number that nobody has buried.
    let all = escaped.iter().map(|pid| format!("/proc/{pid}"));
    assert_eq!(
        all.filter(|path| std::path::Path::new(path).exists())
            .count(),
        0
    );
    std::fs::remove_file(fifo).unwrap();
}

#[test]
fn a_command_that_ignores_everything_is_killed() {
    let daemon = daemon();
    let server = daemon.server();
    let script = "trap '' INT TERM HUP; sh -c 'echo pids $$ $PPID; while :; do sleep 1; done'";
    let words = ["--task", "job", "--grace", "0", "--", "sh", "-c", script];
    let job = start("run", &server, &words);
    let deaf = pids(&job);
    cancel(&server, "job");
    let end = await_state(&server, "job", |state| status(state) == "cancelled");
    assert!(deaf.iter().all(|pid| !lives(pid)), "{deaf:?}");
    assert_eq!(end["cancel"], Value::Null);
    assert_eq!(job.end().code, Some(137));
}

#[test]
fn what_a_command_leaves_behind_is_left_alone_if_nobody_cancels() {
    let daemon = daemon();
    let server = daemon.server();
    let (script, fifo) = escaping("leave", "exit 3");
    let job = start_script(&server, &script);
    let left = pids(&job);
    await_state(&server, "job", |state| state["exit_code"] == 3);
    assert_eq!(job.end().code, Some(3));
    assert!(left.iter().all(|pid| lives(pid)), "{left:?}");
    let killed = std::process::Command::new("kill")
        .arg("-KILL")
        .args(&left)
        .status();
    assert!(killed.unwrap().success());
    std::fs::remove_file(fifo).unwrap();
}

#[test]
fn a_cancel_reaches_who_was_made_to_ignore_it() {
    let daemon = daemon();
    let server = daemon.server();
    // As a script's background job, or a daemon's child, begins.
    let script = format!(
        "trap '' INT QUIT TERM; exec {} run --task job --grace 1h --server {server} -- \
         sh -c 'echo ready; exec sleep 600'",
        env!("CARGO_BIN_EXE_doneyet")
    );
    let job = Program::with(std::process::Command::new("sh").args(["-c", &script]));
    job.out.await_line("ready");
    cancel(&server, "job");
    assert_eq!(job.end().code, Some(130));
    assert_eq!(status(&state(&server, "job")), "cancelled");
}

#[test]
fn a_stopped_command_can_be_cancelled() {
    let daemon = daemon();
    let server = daemon.server();
    let job = start_script(&server, "echo pids $$; kill -STOP $$; sleep 600");
    let pid = pids(&job).remove(0);
    let stat = format!("/proc/{pid}/stat");
    let deadline = Instant::now() + PATIENCE;
    while !std::fs::read_to_string(&stat).unwrap().contains(") T ") {
        assert!(Instant::now() < deadline, "it has not stopped");
        std::thread::yield_now();
    }
    cancel(&server, "job");
    assert_eq!(job.end().code, Some(130));
    assert_eq!(state(&server, "job")["status"], json!("cancelled"));
}

#[test]
fn a_cancelled_command_is_cancelled_although_nobody_reads_its_output() {
    let daemon = daemon();
    let server = daemon.server();
    // More than a pipe holds, and nobody reads it before the end has been published.
    let (written, go) = (fifo("written"), fifo("unread"));
    let script = format!(
        "{} run --no-pty --task job --grace 1 --server {server} -- \
         sh -c 'head -c 100000 /dev/zero; echo >{written}; exec sleep 600' | (read x <{go}; wc -c)",
        env!("CARGO_BIN_EXE_doneyet")
    );
    let job = Program::with(std::process::Command::new("sh").args(["-c", &script]));
    assert_eq!(std::fs::read_to_string(&written).unwrap(), "\n");
    cancel(&server, "job");
    let end = await_state(&server, "job", |state| status(state) != "running");
    assert_eq!((status(&end), &end["error"]), ("cancelled", &Value::Null));
    std::fs::write(&go, "go\n").unwrap();
    assert_eq!(job.end().out.trim(), "100000");
    std::fs::remove_file(&written).unwrap();
    std::fs::remove_file(&go).unwrap();
}

#[test]
fn on_a_terminal_a_cancel_is_as_thorough() {
    let daemon = daemon();
    let server = daemon.server();
    let script = Script::new(
        "thorough",
        "trap : INT\nsetsid sh -c 'trap \"\" INT; echo pids $$ $PPID; sleep 600; sleep 600'",
    );
    let line = format!(
        "{} run --task job --grace 1 --server {server} -- sh {script}; echo code $?; stty -a",
        env!("CARGO_BIN_EXE_doneyet")
    );
    let job = Program::on_terminal(&line);
    let escaped = pids(&job);
    cancel(&server, "job");
    await_state(&server, "job", |state| status(state) == "cancelled");
    assert!(escaped.iter().all(|pid| !lives(pid)), "{escaped:?}");
    super::terminal::assert_usual_modes(&job);
}
