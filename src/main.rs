//! Arguments in, one command called.

use std::process::ExitCode;

fn main() -> ExitCode {
    doneyet::command::main(std::env::args_os().skip(1))
}
