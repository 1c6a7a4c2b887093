//! `doneyet run` and terminals: what the command sees of one, and what a person does.

use std::process::Command;

use serde_json::json;

use super::program::{Program, Script, doneyet, start};
use super::run::{await_burial, fifo, run, status};
use super::terminal::assert_usual_modes;
use super::{await_state, cancel, daemon, state};

const DONEYET: &str = env!("CARGO_BIN_EXE_doneyet");

/// What a script can tell of its streams.
const STREAMS: &str = "for fd in 0 1 2; do test -t $fd && echo $fd is a terminal; done; :";

#[test]
fn the_output_goes_to_terminals_and_the_input_is_what_it_was() {
    let daemon = daemon();
    let server = daemon.server();
    let end = run(&server, STREAMS);
    assert_eq!(end.out, "1 is a terminal\n2 is a terminal\n");
    // Two of them, since there are two places.
    assert_eq!(
        run(
            &server,
            "test \"$(readlink /proc/self/fd/1)\" != \"$(readlink /proc/$$/fd/2)\""
        )
        .code,
        Some(0)
    );
    let words = ["--no-pty", "--", "sh", "-c", STREAMS];
    assert_eq!(doneyet("run", &server, &words).out, "");
}

#[test]
fn where_out_and_err_are_one_they_are_one_terminal_in_order() {
    let daemon = daemon();
    let server = daemon.server();
    let script = "i=0; while [ $i -lt 50 ]; do echo $i; echo $i >&2; i=$((i+1)); done; exit 4";
    let line = format!("{DONEYET} run --task job --server {server} -- sh -c '{script}' 2>&1");
    let end = Program::with(Command::new("sh").args(["-c", &line])).end();
    let numbers: Vec<&str> = end.out.lines().filter(|line| line.len() < 3).collect();
    let expected: Vec<String> = (0..100).map(|at| (at / 2).to_string()).collect();
    assert_eq!(numbers, expected);
    // There is no error output then, only what was seen last.
    let error = state(&server, "job")["error"].to_string();
    assert!(error.ends_with("48\\n49\\n49\""), "{error}");
}

#[test]
fn a_file_gets_the_work_itself() {
    let daemon = daemon();
    let server = daemon.server();
    let file = std::env::temp_dir().join(format!("doneyet-work-{}", std::process::id()));
    let line = format!(
        "{DONEYET} run --task job --server {server} -- sh -c '{STREAMS}' > {}",
        file.display()
    );
    let end = Program::with(Command::new("sh").args(["-c", &line])).end();
    assert_eq!(end.code, Some(0));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "2 is a terminal\n");
    std::fs::remove_file(file).unwrap();
}

#[test]
fn the_end_of_a_piped_input_arrives() {
    let daemon = daemon();
    let server = daemon.server();
    let line = format!("printf 'one\\ntwo' | {DONEYET} run --server {server} -- cat");
    let end = Program::with(Command::new("sh").args(["-c", &line])).end();
    assert_eq!((end.code, end.out.as_str()), (Some(0), "one\ntwo"));
    let seated = Program::on_terminal(&format!("{line}; echo; echo code $?; stty -a"));
    assert!(seated.out.await_line("two").contains("two"));
    seated.out.await_line("code 0");
    assert_usual_modes(&seated);
}

#[test]
fn a_question_to_a_terminal_without_a_person_is_answered() {
    let daemon = daemon();
    let server = daemon.server();
    // As `pv -c` does it: the terminal is the one behind its error output.
    let script = "exec 3<>\"$(readlink /proc/$$/fd/2)\"; printf '\\033[6n' >&3; \
                  head -c 7 <&3 | od -An -c";
    assert_eq!(
        run(&server, script).out.trim(),
        r"033   [   2   4   ;   1   R"
    );
}

#[test]
fn closing_the_terminal_is_not_the_end() {
    let daemon = daemon();
    let server = daemon.server();
    let fifo = fifo("silent");
    let script = format!("exec >/dev/null 2>&1; read x <{fifo}; exit 7");
    let job = start(
        "run",
        &server,
        &["--task", "job", "--", "sh", "-c", &script],
    );
    await_state(&server, "job", |state| state["title"].is_string());
    std::fs::write(&fifo, "go\n").unwrap();
    assert_eq!(job.end().code, Some(7));
    std::fs::remove_file(fifo).unwrap();
}

#[test]
fn on_a_terminal_the_command_has_one_of_its_own_just_like_it() {
    let daemon = daemon();
    let server = daemon.server();
    let script = Script::new("alike", "tty; stty -a; stty size; exit 3");
    let line = format!(
        "stty rows 33 cols 101 -ixon; tty; {DONEYET} run --server {server} -- sh {script}; \
         echo code $?; stty -a"
    );
    let run = Program::on_terminal(&line);
    let outer = run.out.await_line("/dev/");
    let inner = run.out.await_line("/dev/");
    assert_ne!(outer, inner);
    assert!(run.out.await_line("ixon").contains("-ixon"));
    run.out.await_line("33 101");
    run.out.await_line("code 3");
    assert_usual_modes(&run);
}

#[test]
fn a_change_of_the_window_is_passed_on() {
    let daemon = daemon();
    let server = daemon.server();
    let script = Script::new(
        "resized",
        "trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.1; done",
    );
    let line =
        format!("stty rows 33 cols 101; tty; {DONEYET} run --server {server} -- sh {script}");
    let run = Program::on_terminal(&line);
    let terminal = run.out.await_line("/dev/");
    run.out.await_line("ready");
    let resized = Command::new("stty")
        .args(["-F", terminal.trim(), "rows", "44", "cols", "202"])
        .status();
    assert!(resized.unwrap().success());
    run.out.await_line("44 202");
}

#[test]
fn keys_reach_the_command_as_they_are() {
    let daemon = daemon();
    let server = daemon.server();
    let script = Script::new(
        "keys",
        "stty raw -echo; echo ready; head -c 5 | od -An -c; stty sane",
    );
    let line = format!("{DONEYET} run --server {server} -- sh {script}; stty -a");
    let mut run = Program::on_terminal(&line);
    run.out.await_line("ready");
    // Ctrl-C, Ctrl-Z, Ctrl-D, return and an arrow's beginning are keys like others now.
    run.type_keys("\x03\x1a\x04\r\x1b");
    run.out.await_line(r"003 032 004  \r 033");
    assert_usual_modes(&run);
}

#[test]
fn ctrl_z_stops_the_job_and_fg_continues_it() {
    let daemon = daemon();
    let server = daemon.server();
    let fifo = fifo("stopped");
    let inner = Script::new(
        "stops",
        &format!("echo ready; read x <{fifo}; echo got $x; exit 6"),
    );
    let outer = Script::new(
        "job",
        &format!(
            "{DONEYET} run --task job --server {server} -- sh {inner}
             echo stopped $?; stty -a; fg; echo code $?; stty -a"
        ),
    );
    let line = format!("exec bash -m {outer}");
    let mut run = Program::on_terminal(&line);
    run.out.await_line("ready");
    run.type_keys("\x1a");
    // 128 and the number of the signal.
    let stopped = run.out.await_line("stopped ");
    assert!(stopped.contains("stopped 1"), "{stopped:?}");
    assert_usual_modes(&run);
    std::fs::write(&fifo, "it\n").unwrap();
    run.out.await_line("got it");
    run.out.await_line("code 6");
    assert_usual_modes(&run);
    std::fs::remove_file(fifo).unwrap();
}

#[test]
fn ctrl_z_where_no_shell_could_continue_us_changes_nothing() {
    let daemon = daemon();
    let server = daemon.server();
    let script = Script::new(
        "vain",
        "trap 'echo again' CONT; echo ready; while :; do read x && echo got $x; done",
    );
    let line = format!("{DONEYET} run --task job --grace 0 --server {server} -- sh {script}");
    let mut run = Program::on_terminal(&line);
    run.out.await_line("ready");
    run.type_keys("\x1a");
    run.out.await_line("again");
    run.type_keys("key\n");
    run.out.await_line("got key");
    cancel(&server, "job");
    await_state(&server, "job", |state| status(state) == "cancelled");
}

#[test]
fn a_reader_who_leaves_is_noticed_at_a_terminal() {
    let daemon = daemon();
    let server = daemon.server();
    let script = Script::new(
        "leaving",
        &format!(
            "{DONEYET} run --task job --server {server} -- yes 2>/dev/null | head -n 1
             echo code ${{PIPESTATUS[0]}}; stty -a"
        ),
    );
    let run = Program::on_terminal(&format!("exec bash {script}"));
    run.out.await_line("code 141");
    assert_usual_modes(&run);
    assert_eq!(state(&server, "job")["signal"], "SIGPIPE");
}

#[test]
fn ctrl_z_stops_us_also_when_only_our_reader_is_left() {
    let daemon = daemon();
    let server = daemon.server();
    let outer = Script::new(
        "unread",
        &format!(
            "{DONEYET} run --no-pty --server {server} -- \
             sh -c 'head -c 100000 /dev/zero; echo pid $$ >&2' | sleep 600
             echo stopped $?; kill -KILL %1"
        ),
    );
    let mut run = Program::on_terminal(&format!("exec bash -m {outer}"));
    let pid = run.out.await_line("pid ").trim().replace("pid ", "");
    await_burial(&pid);
    run.type_keys("\x1a");
    run.out.await_line("stopped 1");
}

#[test]
fn a_group_outside_our_pid_namespace_is_no_harm() {
    const APART: &str = "unshare --map-root-user --pid --fork --mount-proc";
    let possible = Program::on_terminal(&format!("{APART} true; echo code $?"));
    if possible.out.await_line("code ").trim() != "code 0" {
        println!("no PID namespace of its own here: nobody's group is outside");
        return;
    }
    let daemon = daemon();
    let server = daemon.server();
    let script = Script::new("inside", "kill -TSTP $$; echo pid $$; exit 6");
    for pty in ["", "--no-pty"] {
        let line = format!("{APART} {DONEYET} run {pty} --server {server} -- sh {script}");
        let run = Program::on_terminal(&format!("{line}; echo code $?; stty -a"));
        run.out.await_line("pid ");
        assert_eq!(run.out.await_line("code ").trim(), "code 6");
        assert_usual_modes(&run);
    }
}

#[test]
fn however_we_are_ended_the_terminal_is_given_back() {
    let daemon = daemon();
    let server = daemon.server();
    for (name, code) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
        let line = format!(
            "{DONEYET} run --task job --server {server} -- \
             sh -c 'echo pid $PPID; exec sleep 600'; echo code $?; stty -a"
        );
        let run = Program::on_terminal(&line);
        // The parent is the session's leader; whose parent is to be signalled.
        let leader = run.out.await_line("pid ");
        let leader = leader.trim().rsplit(' ').next().unwrap().to_owned();
        let stat = std::fs::read_to_string(format!("/proc/{leader}/stat")).unwrap();
        let parent = stat.rsplit(") ").next().unwrap().split(' ').nth(1).unwrap();
        let sent = Command::new("kill").args(["-s", name, parent]).status();
        assert!(sent.unwrap().success());
        let said = run.out.await_line("code ");
        assert!(said.contains(&format!("code {code}")), "{said:?}");
        assert_usual_modes(&run);
        let failed = state(&server, "job");
        assert_eq!(failed["signal"], json!(format!("SIG{name}")));
    }
}

#[test]
fn a_command_that_cannot_start_says_so_on_a_terminal_too() {
    let daemon = daemon();
    let server = daemon.server();
    let line = format!(
        "{DONEYET} run --task job --server {server} -- no-such-command; echo code $?; stty -a"
    );
    let run = Program::on_terminal(&line);
    run.out
        .await_line("no-such-command: there is no such command");
    run.out.await_line("code 127");
    assert_usual_modes(&run);
    let failed = state(&server, "job");
    assert_eq!(
        (status(&failed), &failed["exit_code"]),
        ("failed", &json!(127))
    );
}

#[test]
fn a_typed_ctrl_c_ends_us_as_it_ended_the_command() {
    let daemon = daemon();
    let server = daemon.server();
    let line = format!(
        "perl -e 'system @ARGV; print qq(signal ), $? & 127, qq(\\n)' {DONEYET} run --task job \
         --server {server} -- sh -c 'echo ready; exec sleep 600'"
    );
    let mut run = Program::on_terminal(&line);
    run.out.await_line("ready");
    run.type_keys("\x03");
    let said = run.out.await_line("signal ");
    assert!(said.contains("signal 2"), "{said:?}");
    assert_eq!(state(&server, "job")["signal"], "SIGINT");
}

#[test]
fn a_death_by_a_signal_is_seen_through_the_session_s_leader() {
    let daemon = daemon();
    let server = daemon.server();
    for (name, code) in [("KILL", 137), ("SEGV", 139), ("USR1", 138), ("PIPE", 141)] {
        let line = format!(
            "{DONEYET} run --task job --server {server} -- sh -c 'kill -{name} $$'; echo code $?"
        );
        Program::on_terminal(&line)
            .out
            .await_line(&format!("code {code}"));
        assert_eq!(state(&server, "job")["signal"], json!(format!("SIG{name}")));
    }
}

/// Runs a script where no terminal is at all, as under cron or a service manager.
fn run_unattended(script: &str) -> String {
    let daemon = daemon();
    let server = daemon.server().to_string();
    let words = [
        "-w", DONEYET, "run", "--server", &server, "--", "sh", "-c", script,
    ];
    Program::with(Command::new("setsid").args(words)).end().out
}

#[test]
fn where_nobody_sits_the_command_has_the_foreground_all_the_same() {
    // `pv` shows nothing in the background: process group, and group of the terminal.
    let groups = run_unattended("cat /proc/self/stat; cat");
    let fields: Vec<&str> = groups.trim().split(' ').collect();
    assert_eq!(fields[4], fields[7], "{groups}");
    assert_ne!(fields[4], fields[5], "somebody looks after it: {groups}");
}

#[test]
fn where_nobody_sits_a_question_to_a_person_is_not_waited_for() {
    let out = run_unattended("read answer </dev/tty || echo nobody; echo on");
    assert_eq!(out, "nobody\non\n");
}
