"""Nothing happens for longer than a proxy waits: what the daemon sends by itself must be enough.

The proxies' 75 seconds are cut to 25, which is more than the 20 between two pings, and all three
are silent at once.
"""

import contextlib

import pytest

from daemon import hear
from proxied import KINDS, Site

# Of the proxies, for a word.
PATIENCE_SECS = 25


def test_pings_keep_an_idle_socket_open_through_a_proxy(task):
    with contextlib.ExitStack() as stack:
        sites = [
            stack.enter_context(Site(kind, patience=f"{PATIENCE_SECS}s")) for kind in sorted(KINDS)
        ]
        # Nobody on this side may ping either: the library would.
        sockets = [
            stack.enter_context(site.socket(f"/ws/progress/{task}", ping_interval=None))
            for site in sites
        ]
        with pytest.raises(TimeoutError):
            sockets[0].recv(timeout=PATIENCE_SECS + 2)
        for site, watcher in zip(sites, sockets):
            site.publish(task, progress=1)
            assert hear(watcher)["progress"] == 1
