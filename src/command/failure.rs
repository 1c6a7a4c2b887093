//! How a command ends when it does not end well.

use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::client::ClientError;

/// The end of a command, with the exit code that tells a script which kind it was.
#[derive(Debug)]
pub enum Failure {
    /// The command line makes no sense: exit code 2, and where to read about it.
    Usage(String),
    /// It did not work out: exit code 1, and one sentence.
    Failed(String),
    /// All that is to be said has been said: this exit code.
    Exit(u8),
}

impl Failure {
    /// Ctrl-C: 128 and the number of SIGINT, as shells count.
    pub const INTERRUPTED: Failure = Failure::Exit(130);

    /// Says on stderr what there is to say, in the name of `doneyet COMMAND`.
    pub fn report(&self, command: &str) -> ExitCode {
        match self {
            Failure::Usage(why) => {
                eprintln!("doneyet {command}: {why}\nTry `doneyet {command} --help`.");
                ExitCode::from(2)
            }
            Failure::Failed(why) => {
                eprintln!("doneyet {command}: {why}");
                ExitCode::from(1)
            }
            Failure::Exit(code) => ExitCode::from(*code),
        }
    }
}

impl From<lexopt::Error> for Failure {
    fn from(error: lexopt::Error) -> Failure {
        Failure::Usage(error.to_string())
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Failure {
        match &error {
            // The daemon's sentence is for all its clients; here there is one way.
            ClientError::Refused { code, .. } if code == "unauthorized" => Failure::Failed(
                format!("{error}; give it in DONEYET_TOKEN, or with --token"),
            ),
            _ => Failure::Failed(error.to_string()),
        }
    }
}

/// Output that nobody reads any more (`doneyet list | head -1`) is no reason to complain.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::Exit(1),
            _ => Failure::Failed(error.to_string()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Usage(why) | Failure::Failed(why) => f.write_str(why),
            Failure::Exit(code) => write!(f, "exit code {code}"),
        }
    }
}

impl std::error::Error for Failure {}
