//! `watch` and `run` on a terminal.

use serde_json::json;

use super::program::Program;
use super::{await_state, daemon, publish, state};

const DONEYET: &str = env!("CARGO_BIN_EXE_doneyet");

/// The terminal is as a shell expects it: lines, and what is typed is seen.
pub(super) fn assert_usual_modes(terminal: &Program) {
    let modes = terminal.out.await_line("icanon");
    let off: Vec<_> = modes
        .split(' ')
        .filter(|mode| ["-icanon", "-echo"].contains(mode))
        .collect();
    assert!(off.is_empty(), "{off:?}");
}

#[test]
fn watch_draws_a_bar_and_gives_the_terminal_back() {
    let daemon = daemon();
    let server = daemon.server();
    publish(&server, "a", json!({"progress": 50, "title": "Holiday"}));
    let line = format!("{DONEYET} watch a --server {server}; echo code $?; stty -a");
    let watch = Program::on_terminal(&line);
    watch.out.await_line("████");
    publish(
        &server,
        "a",
        json!({"status": "failed", "error": "disk full"}),
    );
    let code = watch.out.await_line("code ");
    assert!(
        code.contains("\x1b[?25h"),
        "the cursor is still hidden: {code:?}"
    );
    assert!(code.contains("code 1"), "{code:?}");
    assert_usual_modes(&watch);
}

#[test]
fn c_asks_the_selected_task_to_cancel() {
    let daemon = daemon();
    let server = daemon.server();
    publish(&server, "a", json!({"progress": 50}));
    publish(&server, "b", json!({"progress": 60}));
    let mut watch = Program::on_terminal(&format!("{DONEYET} watch a b --server {server}"));
    watch.out.await_line("60%");
    watch.type_keys("\t");
    watch.out.await_line("▸ b");
    watch.type_keys("c");
    await_state(&server, "b", |state| state["cancel"] == "requested");
    watch.out.await_line("cancel requested");
    await_state(&server, "a", |state| state["cancel"].is_null());
}

#[test]
fn ctrl_c_gives_the_terminal_back_too() {
    let daemon = daemon();
    let server = daemon.server();
    publish(&server, "a", json!({"progress": 50}));
    let line = format!("trap : INT; {DONEYET} watch a --server {server}; echo code $?; stty -a");
    let mut watch = Program::on_terminal(&line);
    watch.out.await_line("████");
    watch.type_keys("\x03");
    let code = watch.out.await_line("code ");
    assert!(code.contains("code 130"), "{code:?}");
    assert_usual_modes(&watch);
}

#[test]
fn a_command_may_read_the_terminal_and_so_may_the_next() {
    let daemon = daemon();
    let server = daemon.server();
    let line = format!(
        "{DONEYET} run --server {server} -- sh -c 'echo ready; read x; echo command has $x'; \
         echo over; read y; echo next has $y"
    );
    let mut run = Program::on_terminal(&line);
    run.out.await_line("ready");
    run.type_keys("one\n");
    run.out.await_line("command has one");
    run.out.await_line("over");
    run.type_keys("two\n");
    run.out.await_line("next has two");
}

#[test]
fn ctrl_c_at_the_terminal_is_the_command_s() {
    let daemon = daemon();
    let server = daemon.server();
    let line = format!(
        "trap : INT; {DONEYET} run --server {server} -- \
         sh -c 'trap \"echo tidy; exit 7\" INT; echo ready; while :; do sleep 0.1; done'; \
         echo code $?"
    );
    let mut run = Program::on_terminal(&line);
    run.out.await_line("ready");
    run.type_keys("\x03");
    run.out.await_line("tidy");
    let code = run.out.await_line("code ");
    assert!(code.contains("code 7"), "{code:?}");
}

#[test]
fn the_echo_of_ctrl_c_explains_nothing() {
    let daemon = daemon();
    let server = daemon.server();
    let line = format!(
        "trap : INT; {DONEYET} run --task job --server {server} -- \
         sh -c 'echo disk full; exec sleep 60'; echo code $?"
    );
    let mut run = Program::on_terminal(&line);
    run.out.await_line("disk full");
    run.type_keys("\x03");
    run.out.await_line("code 130");
    assert_eq!(state(&server, "job")["error"], "disk full");
}
