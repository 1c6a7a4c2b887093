"""Nothing happens for longer than a proxy waits: what the daemon sends by itself must be enough.

The proxies' 75 seconds are cut to 25, which is more than lies between two pings (20) or comments
(15), and less than a long poll may be held (60). All three are silent at once; how long it takes
for a proxy to lose its patience is told by the long poll that it cuts off.
"""

import concurrent.futures
import contextlib

from daemon import PATIENCE_SECS, hear
from events import Events
from proxied import KINDS, Site

PROXY_PATIENCE_SECS = 25


def cut_off(site, task):
    """Lets the proxy of a site wait in vain, and returns the status of its own answer."""
    connection = site.connection()
    connection.sock.settimeout(PROXY_PATIENCE_SECS + PATIENCE_SECS)
    try:
        connection.request("GET", f"/api/progress/{task}?wait=60")
        return connection.getresponse().status
    finally:
        connection.close()


def test_pings_and_comments_outlast_the_patience_of_a_proxy(task):
    with contextlib.ExitStack() as stack:
        sites = [
            stack.enter_context(Site(kind, patience=f"{PROXY_PATIENCE_SECS}s"))
            for kind in sorted(KINDS)
        ]
        path = f"progress/{task}"
        # Nobody on this side may ping: the library would.
        sockets = [
            stack.enter_context(site.socket(f"/ws/{path}", ping_interval=None)) for site in sites
        ]
        longer = ["--max-time", str(PROXY_PATIENCE_SECS + 2 * PATIENCE_SECS)]
        streams = [stack.enter_context(Events(site, f"/sse/{path}", *longer)) for site in sites]
        with concurrent.futures.ThreadPoolExecutor() as others:
            statuses = list(others.map(lambda site: cut_off(site, task), sites))
        assert set(statuses) <= {502, 504}
        for site, socket, stream in zip(sites, sockets, streams):
            site.publish(task, progress=1)
            assert hear(socket)["progress"] == 1
            assert stream.hear()["progress"] == 1
