//! Jobs as processes: each is a `doneyet run` of the daemon's own, and that has the command.
//!
//! So there is one way to run a command, and the daemon's loop has nothing to do with pipes,
//! terminals and signals. What it starts are workers like any others, on a Unix socket in a folder
//! that only this user may enter. They need no token there, and none is in their environment or on
//! their command line, where commands and other users could read it.

use std::env;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::kin;
use crate::client::random_u64;
use crate::server::{Launch, Workshop};
use crate::task::TaskId;

/// This program, even if its file has been replaced by a newer one since (proc(5)).
const SELF: &str = "/proc/self/exe";

/// What a job inherits of the daemon's environment. Not the rest: tokens may be among it.
const INHERITED: [&str; 9] = [
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "TMPDIR",
];

/// The processes, and where they report.
#[derive(Debug)]
pub struct Processes {
    socket: PathBuf,
    jobs: Vec<Running>,
}

#[derive(Debug)]
struct Running {
    task: TaskId,
    process: Child,
    folder: PathBuf,
}

impl Processes {
    /// None yet. Makes the folder for [`socket`](Self::socket).
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn new() -> io::Result<Processes> {
        kin::adopt_orphans();
        let base = env::var_os("XDG_RUNTIME_DIR").map_or_else(env::temp_dir, PathBuf::from);
        let folder = base.join(format!("doneyet-{:016x}", random_u64()));
        // It must be new: in one that lies there already, somebody else may be at home.
        DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .map_err(|error| {
                let what = format!("no private folder {}: {error}", folder.display());
                io::Error::new(error.kind(), what)
            })?;
        Ok(Processes {
            socket: folder.join("jobs.sock"),
            jobs: Vec::new(),
        })
    }

    /// The address at which the daemon has to listen for its jobs.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    fn spawn(&self, launch: &Launch) -> io::Result<Child> {
        let mut server = std::ffi::OsString::from("unix:");
        server.push(&self.socket);
        let mut runner = Command::new(SELF);
        runner
            .arg0("doneyet")
            .args(["run", "--join", "--task", launch.task.as_str(), "--server"])
            .arg(server)
            .args(["--parent", &process::id().to_string()]);
        if let Some(pattern) = &launch.result {
            runner.args(["--result", pattern.as_str()]);
        }
        runner
            .arg("--")
            .args(&launch.command)
            .current_dir(&launch.folder)
            .env_clear()
            .envs(
                INHERITED
                    .iter()
                    .filter_map(|name| Some((*name, env::var_os(name)?))),
            )
            .envs(launch.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A Ctrl-C is the daemon's, which then stops its jobs in its own way.
            .process_group(0)
            .spawn()
    }

    fn pids(&self) -> Vec<Pid> {
        self.jobs
            .iter()
            .map(|job| Pid::from_child(&job.process))
            .collect()
    }
}

impl Workshop for Processes {
    fn start(&mut self, launch: &Launch) -> io::Result<()> {
        // Never one that is there: what lies in it would seem to be this job's.
        fs::create_dir(&launch.folder)?;
        let process = self
            .spawn(launch)
            .inspect_err(|_| tidy_up(&launch.folder))?;
        self.jobs.push(Running {
            task: launch.task.clone(),
            process,
            folder: launch.folder.clone(),
        });
        Ok(())
    }

    fn next_ended(&mut self) -> Option<(TaskId, String)> {
        for place in 0..self.jobs.len() {
            if let Ok(Some(status)) = self.jobs[place].process.try_wait() {
                let job = self.jobs.swap_remove(place);
                tidy_up(&job.folder);
                let words = format!("the job broke off ({status})");
                return Some((job.task, words));
            }
        }
        // What outlives its job was not meant to.
        kin::end_orphans(&self.pids());
        None
    }

    fn hurry(&mut self) {
        for pid in self.pids() {
            // None of them is buried yet, so the number is still its own.
            let _ = kill_process(pid, Signal::TERM);
        }
    }

    fn kill_commands(&mut self) {
        kin::signal_all(&kin::ours(&self.pids()), Signal::KILL);
    }

    fn kill_all(&mut self) {
        kin::signal_all(&kin::ours(&[]), Signal::KILL);
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        self.kill_all();
        if let Some(folder) = self.socket.parent() {
            // The listener has removed the socket itself.
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Removes a job's folder if there is nothing in it. What is in it stays: it is the operator's.
fn tidy_up(folder: &Path) {
    let _ = fs::remove_dir(folder);
}
