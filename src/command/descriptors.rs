//! File descriptors: each connection is one, and a shell gives out few.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Those that are no connections: listeners, standard streams, the poll, and what a library opens.
const OTHERS: u64 = 64;

/// Takes all that the system would give: the soft limit protects programs that use `select`, of
/// which this is none.
pub fn raise() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where it is refused, the daemon has fewer connections; that is all.
    let _ = setrlimit(Resource::Nofile, limit);
}

/// How many connections there is room for: at least half of the limit, if that is tiny.
pub fn room() -> usize {
    let Some(limit) = getrlimit(Resource::Nofile).current else {
        return usize::MAX;
    };
    let room = limit - OTHERS.min(limit / 2);
    usize::try_from(room).unwrap_or(usize::MAX)
}
