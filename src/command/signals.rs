//! Signals, as events in an ordinary thread.
//!
//! Next to nothing is allowed while a signal is being handled, so the handler writes one byte into
//! a socket and a thread reads it. Which signal it was stands in a flag, raised before the byte.

use std::fs;
use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use signal_hook::{flag, low_level::pipe};

/// Gives every arriving one of `signals` to `deliver`, on a thread of its own. Several of the same
/// kind that arrive at once may be given as one, as the kernel does itself.
///
/// # Errors
///
/// If a signal cannot be caught.
pub fn listen(signals: &[i32], deliver: impl Fn(i32) + Send + 'static) -> io::Result<()> {
    let (mut reader, writer) = UnixStream::pair()?;
    let mut flags = Vec::new();
    for &signal in signals {
        let raised = Arc::new(AtomicBool::new(false));
        // In this order: who reads the byte must find the flag.
        flag::register(signal, Arc::clone(&raised))?;
        pipe::register(signal, writer.try_clone()?)?;
        flags.push((signal, raised));
    }
    thread::spawn(move || {
        let mut bytes = [0; 64];
        while reader.read(&mut bytes).is_ok_and(|count| count > 0) {
            for (signal, raised) in &flags {
                if raised.swap(false, Ordering::SeqCst) {
                    deliver(*signal);
                }
            }
        }
    });
    Ok(())
}

/// The signals this process ignores, as whoever started it has decided; none where the system does
/// not tell (it is asked by way of Linux's proc(5), `SigIgn`).
pub fn ignored() -> Vec<i32> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0);
    (1..=31)
        .filter(|signal| mask >> (signal - 1) & 1 == 1)
        .collect()
}
