//! The built program, started and listened to.

use std::fmt;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Once};
use std::thread;

use doneyet::client::Server;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::flag;

use super::PATIENCE;

/// A run of the program. Its output comes line by line; dropping it kills it.
pub(super) struct Program {
    child: Child,
    /// Held open: where it ends, script(1) ends the terminal.
    keyboard: Option<ChildStdin>,
    pub(super) out: Lines,
    pub(super) err: Lines,
}

/// The lines of one stream, as they come.
pub(super) struct Lines(Receiver<String>);

/// A shell script in a file, gone with this value.
pub(super) struct Script(PathBuf);

impl Script {
    /// `name` is for this test alone.
    pub(super) fn new(name: &str, text: &str) -> Script {
        let name = format!("doneyet-{name}-{}.sh", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).expect("a temporary file");
        Script(path)
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What is ignored stays ignored in a program that is started, and a shell lets what runs in its
/// background ignore SIGINT. A signal that is caught, however, is the default again after an exec.
fn ignore_no_signal() {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
            let always = Arc::new(AtomicBool::new(true));
            flag::register_conditional_default(signal, always).expect("a signal to be caught");
        }
    });
}

/// What is left of a run.
#[derive(Debug)]
pub(super) struct Ended {
    /// The exit code; none if a signal ended it.
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

impl Program {
    /// Starts `doneyet` with these words, an empty input and no variables but the path.
    pub(super) fn start(words: &[&str]) -> Program {
        Program::with(Command::new(env!("CARGO_BIN_EXE_doneyet")).args(words))
    }

    /// The same for a command prepared elsewhere.
    pub(super) fn with(command: &mut Command) -> Program {
        Program::with_input(command, Stdio::null())
    }

    /// Runs a shell's command line on a terminal, which script(1) pretends to be.
    pub(super) fn on_terminal(line: &str) -> Program {
        let mut script = Command::new("sh");
        script.args(["-c", "TERM=xterm exec script -qefc \"$0\" /dev/null", line]);
        Program::with_input(&mut script, Stdio::piped())
    }

    /// Types on that terminal.
    pub(super) fn type_keys(&mut self, keys: &str) {
        let keyboard = self.keyboard.as_mut().expect("a terminal");
        keyboard.write_all(keys.as_bytes()).expect("a listener");
    }

    fn with_input(command: &mut Command, input: Stdio) -> Program {
        ignore_no_signal();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut child = command
            .env_clear()
            .env("PATH", path)
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program");
        let out = Lines::of(child.stdout.take().expect("its output"));
        let err = Lines::of(child.stderr.take().expect("its errors"));
        let keyboard = child.stdin.take();
        Program {
            child,
            keyboard,
            out,
            err,
        }
    }

    /// Waits for its end.
    pub(super) fn end(mut self) -> Ended {
        // Its output ends with it, and waiting for that has a deadline.
        let (out, err) = (self.out.rest(), self.err.rest());
        let code = self.child.wait().expect("its end").code();
        Ended { code, out, err }
    }

    /// Sends it a signal, by the number of the process.
    pub(super) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.expect("kill").success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Lines {
    fn of(stream: impl Read + Send + 'static) -> Lines {
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            while stream
                .read_until(b'\n', &mut line)
                .is_ok_and(|count| count > 0)
            {
                let text = String::from_utf8_lossy(&line).into_owned();
                line.clear();
                if sender.send(text).is_err() {
                    return;
                }
            }
        });
        Lines(lines)
    }

    /// Waits for a line with `text` in it.
    pub(super) fn await_line(&self, text: &str) -> String {
        let mut seen = String::new();
        loop {
            match self.0.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(text) => return line,
                Ok(line) => seen += &line,
                Err(error) => panic!("no line with {text:?} ({error}); there were:\n{seen}"),
            }
        }
    }

    fn rest(&self) -> String {
        let mut all = String::new();
        loop {
            match self.0.recv_timeout(PATIENCE) {
                Ok(line) => all += &line,
                Err(mpsc::RecvTimeoutError::Disconnected) => return all,
                Err(error) => panic!("the output has no end ({error}); so far:\n{all}"),
            }
        }
    }
}

/// Runs `doneyet COMMAND --server SERVER WORDS…` to its end.
pub(super) fn doneyet(command: &str, server: &Server, words: &[&str]) -> Ended {
    start(command, server, words).end()
}

/// Starts `doneyet COMMAND --server SERVER WORDS…`.
pub(super) fn start(command: &str, server: &Server, words: &[&str]) -> Program {
    let server = server.to_string();
    let command: Vec<&str> = command.split(' ').collect();
    Program::start(&[&command[..], &["--server", &server], words].concat())
}
