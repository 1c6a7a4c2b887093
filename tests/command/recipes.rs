//! Jobs as real processes: the built daemon, shells as the commands, and gates (named pipes) that
//! keep them where a test wants them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use doneyet::client::{Incoming, Server, WebSocketClient, random_u64, request};
use serde_json::{Value, json};

use super::program::Program;
use super::{PATIENCE, await_state, cancel, state};

/// A daemon with one recipe, `job`: a shell's script, with an input `arg` behind it.
struct Daemon {
    program: Option<Program>,
    server: Server,
    folder: PathBuf,
}

impl Daemon {
    fn start(script: &str) -> Daemon {
        Daemon::with(script, &[])
    }

    fn with(script: &str, options: &[&str]) -> Daemon {
        let folder = std::env::temp_dir().join(format!("recipes-{:x}", random_u64()));
        fs::create_dir(&folder).expect("a folder");
        let file = recipe_file(&folder, json!(["sh", "-c", script, "sh", "{arg}"]));
        let mut words = vec!["serve", "--listen", "127.0.0.1:0", "--log-format", "text"];
        words.extend(["--recipes", &file]);
        words.extend(options);
        let program = Program::start(&words);
        let line = program.err.await_line("listening on ");
        let (_, address) = line.rsplit_once(' ').expect("an address");
        let server = address.trim().parse().expect("an address");
        Daemon {
            program: Some(program),
            server,
            folder,
        }
    }

    fn order(&self, arg: &str) -> (u16, Value) {
        let order = json!({"recipe": "job", "arg": arg}).to_string();
        let reply = request(&self.server, "POST", "/api/tasks", Some(order.as_bytes()));
        let reply = reply.expect("an answer");
        (reply.status, reply.json())
    }

    /// An order that is taken; the name of its task.
    fn ordered(&self, arg: &str) -> String {
        let (status, state) = self.order(arg);
        assert_eq!(status, 201, "{state}");
        assert_eq!(state["status"], "queued");
        state["task_id"].as_str().expect("a name").to_owned()
    }

    fn await_status(&self, task: &str, status: &str) -> Value {
        await_state(&self.server, task, |state| state["status"] == status)
    }

    /// A file of a job.
    fn file(&self, task: &str, name: &str) -> PathBuf {
        self.folder.join(task).join(name)
    }

    /// The content of a file that a job writes, once it ends with a line end.
    fn await_file(&self, task: &str, name: &str) -> String {
        let (path, begun) = (self.file(task, name), Instant::now());
        while begun.elapsed() < PATIENCE {
            match fs::read_to_string(&path) {
                Ok(text) if text.ends_with('\n') => return text,
                _ => std::thread::yield_now(),
            }
        }
        panic!("{} does not come", path.display());
    }

    /// A file of a task by HTTP.
    fn fetch(&self, task: &str, name: &str) -> (u16, Vec<u8>) {
        let route = format!("/api/tasks/{task}/files/{name}");
        let reply = request(&self.server, "GET", &route, None).expect("an answer");
        (reply.status, reply.body)
    }

    /// A named pipe: who reads from it waits until somebody writes.
    fn gate(&self, name: &str) -> String {
        let path = self.folder.join(name);
        let made = Command::new("mkfifo").arg(&path).status();
        assert!(made.expect("mkfifo").success());
        path.to_str().expect("a path").to_owned()
    }

    /// Ends the daemon as an init system does.
    fn stop(&mut self) {
        let program = self.program.take().expect("it runs");
        program.signal("TERM");
        assert_eq!(program.end().code, Some(0));
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(program) = self.program.take() {
            program.signal("TERM");
            program.end();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn recipe_file(folder: &Path, argv: Value) -> String {
    let recipes = json!({"recipes": [{
        "name": "job",
        "argv": argv,
        "inputs": [{"name": "arg", "type": "text", "pattern": ".*", "default": ""}],
        "folder": folder,
        "environment": {"FROM_RECIPE": "yes"},
        "max_running": 1,
        "result": "*.bin",
    }]});
    let path = folder.join("recipes.json");
    fs::write(&path, recipes.to_string()).expect("a file");
    path.to_str().expect("a path").to_owned()
}

/// The processes of these numbers that there are.
fn living(pids: &str) -> Vec<&str> {
    let is_alive = |pid: &&str| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
        stat.is_ok_and(|stat| !stat.contains(") Z "))
    };
    pids.split_whitespace().filter(is_alive).collect()
}

#[test]
fn a_job_runs_and_its_result_can_be_fetched() {
    let daemon = Daemon::start("printf 'a result' > a.bin; echo note > note.txt; pwd");
    let id = daemon.ordered("");
    let end = daemon.await_status(&id, "completed");
    assert_eq!(end["result"], json!([{"name": "a.bin", "size": 8}]));
    assert_eq!(end["recipe"], "job");
    assert_eq!(end["progress"], 100);
    assert_eq!(daemon.fetch(&id, "a.bin"), (200, b"a result".to_vec()));
    assert_eq!(daemon.fetch(&id, "note.txt").0, 404);
}

#[test]
fn with_one_job_at_once_the_next_one_waits_its_turn() {
    let daemon = Daemon::start("echo begun > begun; read line < \"$1\"");
    let (first_gate, second_gate) = (daemon.gate("1"), daemon.gate("2"));
    let (first, second) = (daemon.ordered(&first_gate), daemon.ordered(&second_gate));
    daemon.await_status(&first, "running");
    daemon.await_file(&first, "begun");
    assert_eq!(state(&daemon.server, &second)["status"], "queued");
    fs::write(first_gate, "go\n").expect("a reader");
    daemon.await_status(&first, "completed");
    daemon.await_status(&second, "running");
    fs::write(second_gate, "go\n").expect("a reader");
    daemon.await_status(&second, "completed");
}

#[test]
fn a_cancel_reaches_a_job_whether_it_waits_or_runs() {
    let daemon = Daemon::start("echo $$ > pid; exec sleep 1000");
    let (first, second) = (daemon.ordered(""), daemon.ordered(""));
    cancel(&daemon.server, &second);
    assert_eq!(state(&daemon.server, &second)["status"], "cancelled");
    let pid = daemon.await_file(&first, "pid");
    cancel(&daemon.server, &first);
    daemon.await_status(&first, "cancelled");
    assert_eq!(living(&pid), Vec::<&str>::new());
    assert!(!daemon.file(&second, "").exists(), "it was started");
}

#[test]
fn a_job_that_was_cancelled_is_so_although_it_ends_well() {
    let daemon = Daemon::start(
        "trap '' INT; echo whole > a.bin; echo begun > begun; read line < \"$1\"; exit 0",
    );
    let gate = daemon.gate("ignored");
    let id = daemon.ordered(&gate);
    daemon.await_file(&id, "begun");
    cancel(&daemon.server, &id);
    await_state(&daemon.server, &id, |state| {
        state["cancel"] == "acknowledged"
    });
    fs::write(gate, "go\n").expect("a reader");
    let end = daemon.await_status(&id, "cancelled");
    assert_eq!(
        (&end["result"], &end["exit_code"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(daemon.fetch(&id, "a.bin").0, 404);
    assert_eq!(daemon.await_file(&id, "a.bin"), "whole\n");
}

#[test]
fn a_cancel_that_comes_before_the_process_is_not_lost() {
    let daemon = Daemon::start("exec sleep 1000");
    let id = daemon.ordered("");
    cancel(&daemon.server, &id);
    daemon.await_status(&id, "cancelled");
}

/// The shell and one that has a session of its own ignore what can be ignored.
const STUBBORN: &str = "trap '' INT TERM HUP; setsid sh -c 'trap \"\" INT TERM HUP; echo $$ > pid2; \
                        sleep 1000; sleep 1000' & echo $$ > pid1; sleep 1000; sleep 1000";

#[test]
fn no_job_outlives_the_daemon() {
    let mut daemon = Daemon::start(STUBBORN);
    let (first, second) = (daemon.ordered(""), daemon.ordered(""));
    let pids = daemon.await_file(&first, "pid1") + &daemon.await_file(&first, "pid2");
    assert_eq!(living(&pids).len(), 2);
    daemon.stop();
    assert_eq!(living(&pids), Vec::<&str>::new());
    assert!(!daemon.file(&second, "").exists(), "it was started");
}

#[test]
fn no_job_outlives_a_daemon_that_is_killed() {
    // The last number is that of the daemon's own child.
    let mut daemon = Daemon::start(
        "setsid sh -c 'echo $$ > pid2; exec sleep 1000' & echo $$ > pid1; \
         cut -d ' ' -f 4 /proc/$PPID/stat > pid3; exec sleep 1000",
    );
    let id = daemon.ordered("");
    let pids = ["pid1", "pid2", "pid3"].map(|name| daemon.await_file(&id, name));
    let pids = pids.concat();
    assert_eq!(living(&pids).len(), 3);
    let program = daemon.program.take().expect("it runs");
    program.signal("KILL");
    program.end();
    let begun = Instant::now();
    while !living(&pids).is_empty() {
        assert!(begun.elapsed() < PATIENCE, "{:?} are there", living(&pids));
        std::thread::yield_now();
    }
}

#[test]
fn watchers_see_how_jobs_end_with_the_daemon() {
    let daemon = Daemon::start("echo begun > begun; exec sleep 1000");
    let (first, second) = (daemon.ordered(""), daemon.ordered(""));
    daemon.await_file(&first, "begun");
    let mut sockets = [&first, &second].map(|id| {
        let route = format!("/ws/progress/{id}");
        WebSocketClient::connect(&daemon.server, &route).expect("a WebSocket")
    });
    daemon.program.as_ref().expect("it runs").signal("TERM");
    for socket in &mut sockets {
        let mut last = Value::Null;
        while let Incoming::Text(text) = socket.receive(PATIENCE).expect("a message") {
            last = serde_json::from_str(&text).expect("a state");
        }
        assert_eq!(last["status"], "cancelled", "{last}");
    }
}

#[test]
fn nothing_outlives_its_job() {
    let daemon = Daemon::start(
        "setsid sh -c 'echo $$ > pid; exec sleep 1000' & while ! test -s pid; do :; done",
    );
    let id = daemon.ordered("");
    daemon.await_status(&id, "completed");
    let pid = daemon.await_file(&id, "pid");
    let begun = Instant::now();
    while !living(&pid).is_empty() {
        assert!(begun.elapsed() < PATIENCE, "{pid} is still there");
    }
}

#[test]
fn a_job_gets_the_environment_of_its_recipe_and_no_secret() {
    let daemon = Daemon::with(
        "env > env.bin; tr '\\0' '\\n' < /proc/$PPID/environ >> env.bin; \
         tr '\\0' ' ' < /proc/$PPID/cmdline >> env.bin",
        &["--publish-token", "a-secret-token"],
    );
    assert_eq!(daemon.order("").0, 401);
    let with_token = daemon
        .server
        .clone()
        .with_token("a-secret-token")
        .expect("a token");
    let anonymous = request(&daemon.server, "GET", "/api/recipes", None).expect("an answer");
    assert_eq!(anonymous.status, 401);
    let order = br#"{"recipe":"job"}"#;
    let reply = request(&with_token, "POST", "/api/tasks", Some(order)).expect("an answer");
    assert_eq!(reply.status, 201, "{}", reply.json());
    let id = reply.json()["task_id"].as_str().expect("a name").to_owned();
    daemon.await_status(&id, "completed");
    let (_, environment) = daemon.fetch(&id, "env.bin");
    let environment = String::from_utf8_lossy(&environment);
    assert!(environment.contains("FROM_RECIPE=yes\n"), "{environment}");
    assert!(environment.contains("PATH="), "{environment}");
    assert!(!environment.contains("secret"), "{environment}");
}

#[test]
fn a_value_is_one_word_whatever_is_in_it() {
    let daemon = Daemon::start("printf '%s\\n' \"$#\" \"$1\" > words.bin");
    let value = "two words; $(touch evil) `touch evil` '\"*{dir}%s";
    let id = daemon.ordered(value);
    daemon.await_status(&id, "completed");
    let (_, words) = daemon.fetch(&id, "words.bin");
    assert_eq!(String::from_utf8_lossy(&words), format!("1\n{value}\n"));
    assert!(!daemon.file(&id, "evil").exists());
    let (status, refusal) = daemon.order("--evil");
    assert_eq!((status, &refusal["field"]), (422, &json!("arg")));
}

#[test]
fn nothing_but_plain_files_of_the_job_itself_is_served() {
    let daemon = Daemon::start("echo good > good.bin; mkdir folder.bin; mkfifo pipe.bin");
    let id = daemon.ordered("");
    let end = daemon.await_status(&id, "completed");
    assert_eq!(end["result"], json!([{"name": "good.bin", "size": 5}]));
    fs::write(daemon.folder.join("outside.bin"), "secret").expect("a file");
    symlink("../outside.bin", daemon.file(&id, "link.bin")).expect("a link");
    for name in [
        "link.bin",
        "folder.bin",
        "pipe.bin",
        "none.bin",
        "..%2Foutside.bin",
        "%2Fetc%2Fpasswd",
        "..",
        "%2e%2e%2foutside.bin",
        "good.bin%00",
        "folder.bin%2Fx.bin",
    ] {
        assert_eq!(daemon.fetch(&id, name).0, 404, "{name}");
    }
    assert_eq!(daemon.fetch(&id, "good.bin"), (200, b"good\n".to_vec()));
    // The whole folder, replaced by a link to another one.
    let (folder, moved) = (daemon.file(&id, ""), daemon.folder.join("moved"));
    fs::rename(&folder, &moved).expect("a folder");
    symlink(&moved, daemon.folder.join(&id)).expect("a link");
    assert_eq!(daemon.fetch(&id, "good.bin").0, 404);
}

#[test]
fn a_large_file_arrives_byte_for_byte() {
    let daemon = Daemon::start("head -c 30000000 /dev/urandom > large.bin");
    let id = daemon.ordered("");
    daemon.await_status(&id, "completed");
    let (status, content) = daemon.fetch(&id, "large.bin");
    assert_eq!(status, 200);
    let original = fs::read(daemon.file(&id, "large.bin")).expect("a file");
    assert!(
        content == original,
        "{} of {} bytes",
        content.len(),
        original.len()
    );
}

#[test]
fn a_command_that_fails_or_is_not_there_says_so() {
    let daemon = Daemon::start("echo 'no luck' >&2; exit 7");
    let end = daemon.await_status(&daemon.ordered(""), "failed");
    assert_eq!(
        (&end["exit_code"], &end["error"]),
        (&json!(7), &json!("no luck"))
    );
    assert_eq!(end["result"], Value::Null);
    drop(daemon);

    let folder = std::env::temp_dir().join(format!("recipes-{:x}", random_u64()));
    fs::create_dir(&folder).expect("a folder");
    let file = recipe_file(&folder, json!(["no-such-command-anywhere", "{arg}"]));
    let words = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--log-format",
        "text",
        "--recipes",
        &file,
    ];
    let program = Program::start(&words);
    let line = program.err.await_line("listening on ");
    let server = line
        .rsplit_once(' ')
        .expect("an address")
        .1
        .trim()
        .parse()
        .expect("an address");
    let daemon = Daemon {
        program: Some(program),
        server,
        folder,
    };
    let id = daemon.ordered("");
    let end = daemon.await_status(&id, "failed");
    let error = end["error"].as_str().expect("a sentence");
    assert!(error.contains("no-such-command-anywhere"), "{error}");
    // Its folder was made for nothing.
    let begun = Instant::now();
    while daemon.file(&id, "").exists() {
        assert!(begun.elapsed() < PATIENCE, "an empty folder stays");
    }
}

#[test]
fn a_bad_recipe_file_keeps_the_daemon_from_starting() {
    let folder = std::env::temp_dir().join(format!("recipes-{:x}", random_u64()));
    fs::create_dir(&folder).expect("a folder");
    let path = folder.join("recipes.json");
    let name = path.to_str().expect("a path");
    let recipe = |folder: &str, running: u64| {
        format!(
            r#"{{"recipes":[{{"name":"a","argv":["true"],"folder":"{folder}","max_running":{running}}}]}}"#
        )
    };
    for (text, why) in [
        (
            recipe("/", 0),
            "recipe a: `max_running` must be a whole number from 1 to 1000",
        ),
        (
            recipe("/no/such/folder", 1),
            "recipe a: `folder` must be a folder that exists and that the daemon may write to",
        ),
        ("{".to_owned(), "`recipes` must be in a JSON object"),
    ] {
        fs::write(&path, text).expect("a file");
        let end = Program::start(&["serve", "--listen", "127.0.0.1:0", "--recipes", name]).end();
        assert_eq!(end.code, Some(2));
        assert!(
            end.err.contains(name) && end.err.contains(why),
            "{}",
            end.err
        );
    }
    fs::remove_dir_all(&folder).expect("the folder");
    let end = Program::start(&["serve", "--listen", "127.0.0.1:0", "--recipes", name]).end();
    assert_eq!(end.code, Some(2));
    assert!(end.err.contains(name), "{}", end.err);
}
