//! `publish`, `list`, `cancel` and the program as a whole, as a script uses them.

use serde_json::{Value, json};

use super::program::{Program, doneyet};
use super::{daemon, publish, state};

#[test]
fn help_and_version_are_everywhere() {
    for command in [
        "serve",
        "run",
        "watch",
        "publish",
        "cancel",
        "list",
        "demo",
        "bench",
        "bench fanout",
        "bench publish",
        "bench echo",
        "bench handshake",
        "bench idle",
    ] {
        let words: Vec<&str> = command.split(' ').collect();
        let help = Program::start(&[&words[..], &["--help"]].concat()).end();
        assert_eq!(help.code, Some(0), "{command}");
        assert!(
            help.out.starts_with(&format!("Usage: doneyet {command} ")),
            "{}",
            help.out
        );
        assert!(help.out.contains("Examples:"), "{}", help.out);
        assert!(
            help.out.lines().all(|line| line.chars().count() <= 100),
            "{}",
            help.out
        );
        let version = Program::start(&[&words[..], &["--version"]].concat()).end();
        assert_eq!(
            version.out,
            format!("doneyet {}\n", env!("CARGO_PKG_VERSION"))
        );
    }
    let overview = Program::start(&["--help"]).end();
    assert_eq!(overview.code, Some(0));
    assert!(overview.out.contains("\n  watch "), "{}", overview.out);
    assert!(!overview.out.contains("bench fanout"), "{}", overview.out);
}

#[test]
fn what_makes_no_sense_ends_with_2_and_a_hint() {
    for words in [
        &["fly"][..],
        &["--fly"],
        &["watch"],
        &["watch", "a/b"],
        &["publish", "a"],
        &["publish", "a", "nonsense"],
        &["cancel", "a", "b"],
        &["list", "a"],
        &["list", "--server", "https://example.org"],
        &["run"],
        &["run", "--grace", "soon", "true"],
    ] {
        let end = Program::start(words).end();
        assert_eq!(end.code, Some(2), "{words:?}");
        assert!(end.err.contains("--help"), "{words:?}: {}", end.err);
        assert_eq!(end.out, "", "{words:?}");
    }
}

#[test]
fn without_a_daemon_the_sentence_says_so() {
    let gone = daemon();
    let server = gone.server();
    drop(gone);
    for (command, words) in [
        ("publish", &["a", "progress=5"][..]),
        ("cancel", &["a"]),
        ("list", &[]),
        ("watch", &["a"]),
    ] {
        let end = doneyet(command, &server, words);
        assert_eq!(end.code, Some(1));
        assert!(
            end.err
                .contains("connection refused (is `doneyet serve` running?)"),
            "{}",
            end.err
        );
    }
}

#[test]
fn a_publish_is_merged_and_answered_in_a_line() {
    let daemon = daemon();
    let server = daemon.server();
    let end = doneyet(
        "publish",
        &server,
        &["dl-42", "progress=50", "title=Holiday"],
    );
    assert_eq!(end.code, Some(0), "{}", end.err);
    assert!(end.out.starts_with("dl-42: rev ") && end.out.ends_with(", nobody watches\n"));
    let state = state(&server, "dl-42");
    assert_eq!(
        (&state["progress"], &state["title"]),
        (&json!(50), &json!("Holiday"))
    );

    let end = doneyet(
        "publish",
        &server,
        &["dl-42", "{\"progress\":51}", "--json"],
    );
    let reply: Value = serde_json::from_str(&end.out).unwrap();
    assert_eq!(reply["task_id"], "dl-42");
}

#[test]
fn a_refused_publish_ends_with_1_and_the_daemon_s_sentence() {
    let daemon = daemon();
    let end = doneyet("publish", &daemon.server(), &["dl-42", "progress=101"]);
    assert_eq!((end.code, end.out.as_str()), (Some(1), ""));
    assert!(
        end.err.contains("progress") && end.err.contains("(bad_state)"),
        "{}",
        end.err
    );
}

#[test]
fn a_publish_tells_of_a_wanted_cancel() {
    let daemon = daemon();
    let server = daemon.server();
    publish(&server, "a", json!({}));
    let end = doneyet("cancel", &server, &["a", "--reason", "wrong file"]);
    assert_eq!(
        (end.code, end.out.as_str()),
        (Some(0), "a: cancel requested\n")
    );
    let end = doneyet("publish", &server, &["a", "progress=1"]);
    assert!(end.out.ends_with("cancel requested\n"), "{}", end.out);
}

#[test]
fn nothing_that_has_ended_can_be_cancelled() {
    let daemon = daemon();
    let server = daemon.server();
    publish(&server, "a", json!({"status": "completed"}));
    for (task, code) in [("a", "(finished)"), ("nobody", "(unknown_task)")] {
        let end = doneyet("cancel", &server, &[task]);
        assert_eq!(end.code, Some(1));
        assert!(end.err.contains(code), "{}", end.err);
    }
}

#[test]
fn a_list_is_a_table_for_people_and_lines_for_programs() {
    let daemon = daemon();
    let server = daemon.server();
    assert_eq!(doneyet("list", &server, &[]).out, "no tasks\n");
    publish(&server, "a", json!({"progress": 99.6, "title": "x"}));
    publish(&server, "b", json!({"status": "two words"}));
    let table = doneyet("list", &server, &[]).out;
    let rows: Vec<_> = table
        .lines()
        .map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(rows, [Some("TASK"), Some("b"), Some("a")]);
    assert!(table.contains(" 99% "), "{table}");

    let lines = doneyet("list", &server, &["--json", "--status", "two words"]).out;
    let task: Value = serde_json::from_str(&lines).unwrap();
    assert_eq!(task["task_id"], "b");
}

#[test]
fn a_title_cannot_give_orders_to_the_terminal() {
    let daemon = daemon();
    let server = daemon.server();
    publish(
        &server,
        "a",
        json!({"title": "\u{1b}]0;owned\u{7}", "status": "failed"}),
    );
    let list = doneyet("list", &server, &[]).out;
    let watch = doneyet("watch", &server, &["a"]).out;
    assert!(!list.contains('\x1b') && !watch.contains('\x1b'));
}

#[test]
fn an_output_nobody_reads_ends_the_command_quietly() {
    let daemon = daemon();
    let server = daemon.server();
    for number in 0..200 {
        publish(
            &server,
            &format!("task-{number}"),
            json!({"title": "t".repeat(1000)}),
        );
    }
    let script = format!(
        "{} list --json --server {server} | head -c 1 >/dev/null",
        env!("CARGO_BIN_EXE_doneyet")
    );
    let end = Program::with(std::process::Command::new("sh").args(["-c", &script])).end();
    assert_eq!(end.err, "");
}
