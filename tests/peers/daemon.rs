//! The daemon under test: the built program, listening on a port that the system chose.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

/// How long any one thing may take before the test gives up: far more than a slow machine needs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

const PROGRAM: &str = env!("CARGO_BIN_EXE_doneyet");

/// A running daemon; ended with the value.
pub(crate) struct Daemon {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Kept open: a daemon that writes to a closed pipe would be another test.
    stderr: BufReader<ChildStderr>,
}

impl Daemon {
    /// `doneyet serve --echo` on a free port.
    pub(crate) fn start() -> Daemon {
        Daemon::start_with(&[])
    }

    /// The same with further options.
    pub(crate) fn start_with(options: &[&str]) -> Daemon {
        Daemon::start_as(Command::new(PROGRAM), options)
    }

    /// The same with no more than so many descriptors: `ulimit`'s own options.
    pub(crate) fn start_with_limit(limit: &str, options: &[&str]) -> Daemon {
        let mut shell = Command::new("sh");
        let script = format!("ulimit {limit} && exec \"$0\" \"$@\"");
        shell.args(["-c", &script, PROGRAM]);
        Daemon::start_as(shell, options)
    }

    fn start_as(mut program: Command, options: &[&str]) -> Daemon {
        let mut child = program
            .args(["serve", "--listen", "127.0.0.1:0", "--echo"])
            .args(options)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the daemon starts");
        let mut stderr = BufReader::new(child.stderr.take().expect("stderr is a pipe"));
        let address = address_in(&mut stderr);
        Daemon {
            child,
            address,
            stderr,
        }
    }

    /// A plain connection.
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("the daemon accepts");
        stream
            .set_read_timeout(Some(PATIENCE))
            .expect("a timeout can be set");
        stream
            .set_write_timeout(Some(PATIENCE))
            .expect("a timeout can be set");
        stream
    }

    /// Resident memory of the process, in KiB.
    pub(crate) fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .expect("the daemon is a process");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .expect("the kernel knows its memory");
        let number = line.trim().trim_end_matches("kB").trim();
        number.parse().expect("a number of KiB")
    }

    /// How many descriptors the process has open.
    pub(crate) fn descriptors(&self) -> usize {
        let folder = std::fs::read_dir(format!("/proc/{}/fd", self.child.id()));
        folder.expect("the daemon is a process").count()
    }

    /// Processor time that the process has used, in the kernel too (`utime` and `stime` of
    /// proc_pid_stat(5)). A tick is 10 ms.
    pub(crate) fn processor_ticks(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))
            .expect("the daemon is a process");
        // The name before the third field may hold anything, but no further parenthesis.
        let (_, fields) = stat.rsplit_once(") ").expect("a name");
        let times = fields.split(' ').skip(11).take(2);
        times
            .map(|time| time.parse::<u64>().expect("a number of ticks"))
            .sum()
    }

    /// Lets it have no more than so many descriptors from now on.
    pub(crate) fn limit_descriptors(&self, count: u64) {
        self.set_descriptors(Rlimit {
            current: Some(count),
            maximum: Some(count),
        });
    }

    /// The same, but it can be undone, by setting what is returned.
    pub(crate) fn lower_descriptors(&self, count: u64) -> Rlimit {
        let limit = getrlimit(Resource::Nofile);
        self.set_descriptors(Rlimit {
            current: Some(count),
            ..limit
        });
        limit
    }

    pub(crate) fn set_descriptors(&self, limit: Rlimit) {
        let pid = Pid::from_child(&self.child);
        prlimit(Some(pid), Resource::Nofile, limit).expect("the daemon is ours");
    }

    /// Asks it to stop, as an init system would.
    pub(crate) fn terminate(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)
            .expect("the daemon is there");
    }

    /// The rest of what it has to say, up to its end.
    pub(crate) fn log(&mut self) -> String {
        let mut log = String::new();
        self.stderr.read_to_string(&mut log).expect("text");
        log
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> ExitStatus {
        self.child.wait().expect("the daemon is our child")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn address_in(stderr: &mut BufReader<ChildStderr>) -> SocketAddr {
    let mut line = String::new();
    while stderr.read_line(&mut line).expect("stderr is text") > 0 {
        let event: serde_json::Value = serde_json::from_str(&line).expect("a line is JSON");
        if event["event"] == "listening" {
            let address = event["address"].as_str().expect("an address is text");
            return address.parse().expect("an address and a port");
        }
        line.clear();
    }
    panic!("the daemon ended without listening");
}
