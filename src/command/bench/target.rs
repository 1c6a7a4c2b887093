//! The daemon that is measured.

use std::io::{self, BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread;
use std::{env, rc::Rc};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::options;
use super::processes::{Processes, stay_on};
use crate::client::Server;
use crate::command::options::Arguments;
use crate::command::{Failure, reach};

/// A daemon, and how to reach it.
pub(super) struct Target {
    pub(super) server: Rc<Server>,
    pub(super) address: SocketAddr,
    pub(super) processes: Processes,
    /// Ended with this value.
    _own: Option<OwnDaemon>,
}

impl Target {
    /// The daemon that the arguments name, or one of our own. Puts server and load on their
    /// processors.
    pub(super) fn find(arguments: &Arguments) -> Result<Target, Failure> {
        let pids = arguments.values(&options::PID, pid)?;
        if arguments.has(&options::SERVER) {
            Target::on_processors(reach::server(arguments)?, pids, None, arguments)
        } else if pids.is_empty() {
            Target::own(arguments)
        } else {
            let why = "--server-pid tells of a server that --server names";
            Err(Failure::Usage(why.to_owned()))
        }
    }

    /// A daemon of our own.
    pub(super) fn own(arguments: &Arguments) -> Result<Target, Failure> {
        let own = OwnDaemon::start()?;
        let (server, pid) = (own.1.clone(), own.0.id());
        Target::on_processors(server, vec![pid], Some(own), arguments)
    }

    fn on_processors(
        server: Server,
        pids: Vec<u32>,
        own: Option<OwnDaemon>,
        arguments: &Arguments,
    ) -> Result<Target, Failure> {
        let processes = Processes::new(pids);
        if let Some(cpu) = arguments.value(&options::SERVER_CPU, cpu)? {
            processes.keep_on(cpu)?;
        }
        if let Some(cpu) = arguments.value(&options::LOAD_CPU, cpu)? {
            stay_on(cpu)?;
        }
        Ok(Target {
            address: server.socket_address()?,
            server: Rc::new(server),
            processes,
            _own: own,
        })
    }
}

fn pid(text: &str) -> Result<u32, &'static str> {
    let pid = text
        .parse()
        .ok()
        .filter(|pid| (1..=i32::MAX as u32).contains(pid));
    pid.ok_or("this must be the number of a process")
}

fn cpu(text: &str) -> Result<usize, &'static str> {
    text.parse()
        .map_err(|_| "this must be the number of a processor, from 0")
}

/// A daemon in a process of its own: the same program, on a free port. Dropping it ends it.
struct OwnDaemon(Child, Server);

impl OwnDaemon {
    fn start() -> Result<OwnDaemon, Failure> {
        let words = [
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--echo",
            "--log-format",
            "json",
        ];
        let mut command = Command::new(env::current_exe()?);
        command
            .args(words)
            .stdin(Stdio::null())
            .stderr(Stdio::piped());
        for (name, _) in env::vars_os() {
            // Our options are not the daemon's.
            if name.to_string_lossy().starts_with("DONEYET_") {
                command.env_remove(name);
            }
        }
        let mut child = command.spawn()?;
        let address = child.stderr.take().map(listening);
        match address {
            Some(Ok(address)) => Ok(OwnDaemon(child, Server::at(address))),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                Err(Failure::Failed(
                    "the daemon to be measured does not start".to_owned(),
                ))
            }
        }
    }
}

impl Drop for OwnDaemon {
    fn drop(&mut self) {
        if let Some(pid) = Pid::from_raw(self.0.id() as i32) {
            // It may have ended by itself: then there is nothing to end.
            let _ = kill_process(pid, Signal::TERM);
        }
        let _ = self.0.wait();
    }
}

/// The address in the daemon's log. A thread goes on reading, or the daemon would have to drop
/// lines.
fn listening(log: ChildStderr) -> io::Result<SocketAddr> {
    let mut log = BufReader::new(log);
    let mut line = String::new();
    loop {
        line.clear();
        if log.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let entry: Value = serde_json::from_str(&line).unwrap_or_default();
        let address = entry.get("address").and_then(Value::as_str);
        if let Some(address) = address.and_then(|address| address.parse().ok()) {
            thread::spawn(move || io::copy(&mut log, &mut io::sink()));
            return Ok(address);
        }
    }
}
