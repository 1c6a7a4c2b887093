//! `doneyet serve`: the daemon in the foreground.

use std::io;
use std::os::unix::net::UnixStream;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level::pipe;

use crate::server::{Config, Reactor};

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// If an address cannot be bound.
pub fn serve(config: &Config) -> io::Result<()> {
    let (stop, signals) = UnixStream::pair()?;
    for signal in [SIGTERM, SIGINT] {
        pipe::register(signal, signals.try_clone()?)?;
    }
    let mut reactor = Reactor::bind(config, stop)?;
    for address in reactor.addresses()? {
        eprintln!("doneyet: listening on {address}");
    }
    reactor.run()
}
