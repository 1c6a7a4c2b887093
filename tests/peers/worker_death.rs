//! A worker that dies without a word, and what its watchers see.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::http::{get, post};
use crate::socket::Peer;

/// Tells the test program, started again as a worker, where the daemon is.
const ADDRESS: &str = "DONEYET_TEST_WORKER_OF";

/// The worker process: not a test, but a test program can start no other function of itself.
#[test]
#[ignore = "the worker that `kill_9_of_a_worker_leads_to_lost_and_back` starts and kills"]
fn worker_process() {
    let Ok(address) = std::env::var(ADDRESS) else {
        return;
    };
    let stream = std::net::TcpStream::connect(&address).expect("the daemon accepts");
    let url = format!("ws://{address}/ws/worker/job");
    let (mut socket, _) = tungstenite::client(url, stream).expect("the daemon upgrades");
    let patch = r#"{"status":"downloading","progress":30}"#;
    socket
        .send(tungstenite::Message::text(patch))
        .expect("the daemon reads");
    loop {
        socket.read().expect("it is killed before the daemon ends");
    }
}

#[test]
fn kill_9_of_a_worker_leads_to_lost_and_back() {
    let daemon = Daemon::start_with(&["--lease", "1s"]);
    let mut watcher = Peer::open(&daemon, "/ws/progress/job");
    let mut worker = Command::new(std::env::current_exe().expect("this program"))
        .args(["worker_death::worker_process", "--exact", "--ignored"])
        .env(ADDRESS, daemon.address.to_string())
        .stdout(Stdio::null())
        .spawn()
        .expect("the worker starts");
    assert_eq!(watcher.json()["status"], "downloading");

    worker.kill().expect("SIGKILL");
    worker.wait().expect("our child");
    let lost = watcher.json();
    assert_eq!(
        (&lost["status"], &lost["progress"]),
        (&json!("lost"), &json!(30))
    );
    watcher.expect_silence();

    // A worker back on a socket that only says it lives: the task goes on where it was.
    let mut revived = Peer::open(&daemon, "/ws/worker/job");
    revived.say("{}");
    let back = watcher.json();
    assert_eq!(
        (&back["status"], &back["progress"]),
        (&json!("downloading"), &json!(30))
    );
    revived.say(r#"{"status":"completed","progress":100}"#);
    assert_eq!(watcher.json()["status"], "completed");

    // Nobody is lost after the end.
    drop(revived);
    let mut canary = Peer::open(&daemon, "/ws/worker/canary");
    canary.say("{}");
    let mut all = Peer::open(&daemon, "/ws/progress/canary");
    all.json();
    drop(canary);
    assert_eq!(all.json()["status"], "lost");
    assert_eq!(
        get(&daemon, "/api/progress/job").body["status"],
        "completed"
    );
}

#[test]
fn a_worker_that_reconnects_within_the_lease_is_never_lost() {
    let daemon = Daemon::start_with(&["--lease", "1s"]);
    let mut first = Peer::open(&daemon, "/ws/worker/job");
    first.say(r#"{"progress":1}"#);
    first.expect_silence();
    let mut watcher = Peer::open(&daemon, "/ws/progress/job");
    watcher.json();
    drop(first);
    let mut second = Peer::open(&daemon, "/ws/worker/job");
    second.expect_silence();

    // A second worker dies for good later; by its end the first lease would have been over.
    let mut canary = Peer::open(&daemon, "/ws/worker/canary");
    canary.say("{}");
    let mut witness = Peer::open(&daemon, "/ws/progress/canary");
    witness.json();
    drop(canary);
    assert_eq!(witness.json()["status"], "lost");
    watcher.expect_silence();
    assert_eq!(get(&daemon, "/api/progress/job").body["status"], "running");
}

#[test]
fn a_worker_by_request_has_a_lease_only_if_it_asks() {
    let daemon = Daemon::start_with(&["--lease", "1s"]);
    post(&daemon, "/api/progress/free", "{}");
    post(&daemon, "/api/progress/leased?lease=0.5", "{}");
    let mut watcher = Peer::open(&daemon, "/ws/progress/leased");
    watcher.json_until(|state: &Value| state["status"] == "lost");
    assert_eq!(get(&daemon, "/api/progress/free").body["status"], "running");
    let revived = post(&daemon, "/api/progress/leased", "{}");
    assert_eq!(revived.status, 200);
    assert_eq!(watcher.json()["status"], "running");
}
