//! Arguments in, one command called.

use doneyet::command::{self, ExitCode};

fn main() -> ExitCode {
    command::main(std::env::args_os().skip(1))
}
