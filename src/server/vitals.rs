//! What the kernel knows of this process. It is asked only when somebody wants the numbers.

use std::fs;

use rustix::process::{Resource, getrlimit};

use crate::server::metrics::Vitals;

impl Vitals {
    /// Asks the kernel; some ten microseconds.
    pub(super) fn read() -> Vitals {
        Vitals {
            resident_bytes: resident_bytes(),
            open_descriptors: open_descriptors(),
            max_descriptors: max_descriptors(),
            ..Vitals::default()
        }
    }
}

/// The soft limit; none if there is none.
pub(super) fn max_descriptors() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

/// `VmRSS` of proc_pid_status(5), where it is in KiB; `statm` would count in pages of a size that
/// has to be asked for.
fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// Since Linux 6.2 the folder's size is the number of its entries. Before that it is 0, and
/// nothing is told: to count a hundred thousand entries takes longer than all the rest of a turn.
fn open_descriptors() -> Option<u64> {
    let folder = fs::metadata("/proc/self/fd").ok()?;
    Some(folder.len()).filter(|&count| count > 0)
}
