"""The daemon's numbers, read by Prometheus' own tool."""

import json
import subprocess
import urllib.request

from daemon import Daemon, PATIENCE_SECS, ROOT, hear, say
from dialogue import ask, handshake, publish, request

PROMTOOL = ROOT / "target/promtool/usr/bin/promtool"


def page(daemon):
    with urllib.request.urlopen(f"http://{daemon.host}:{daemon.port}/metrics") as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return answer.read()


def check(text):
    """What `promtool` finds: nothing, if the page keeps the format and the rules of naming."""
    done = subprocess.run(
        [PROMTOOL, "check", "metrics"], input=text, capture_output=True, timeout=PATIENCE_SECS
    )
    return done.returncode, (done.stdout + done.stderr).decode()


def live(daemon):
    """A bit of everything that is counted."""
    daemon.publish("job", status='"quoted" \\ {and} more')
    with daemon.socket("/ws/worker/job") as worker, daemon.socket("/ws/progress/job") as watcher:
        hear(watcher)
        say(watcher, action="cancel")
        hear(worker)
        say(worker, cancel="acknowledged")
        watcher.send("nonsense")
        worker.send("nonsense")
        hear(worker)
    ask(daemon, publish("/api/progress/%", b"{}"))
    ask(daemon, request("BREW", "/"))
    ask(daemon, handshake("/ws/nothing", version="8"))


def test_promtool_finds_nothing_to_complain_of():
    with Daemon("--max-publishes", "1") as daemon:
        assert check(page(daemon)) == (0, ""), "before anything has happened"
        for n in range(8):
            daemon.request("POST", f"/api/progress/t{n}", json.dumps({"n": n}))
        assert check(page(daemon)) == (0, ""), "with somebody over a limit"


def test_nor_with_a_bit_of_everything(daemon):
    live(daemon)
    assert check(page(daemon)) == (0, "")


def test_promtool_would_have_complained():
    for text in (b"a 1\na 1\n", b"a{b=1} 1\n", b"# TYPE a counter\n# HELP a b\na 1\n", b"a 1"):
        status, said = check(text)
        assert status != 0 and said
