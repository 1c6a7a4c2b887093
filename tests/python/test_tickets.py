"""Tickets signed by the very lines that the protocol's description gives to back ends."""

import os
import re
import subprocess
import sys

import pytest
from websockets.exceptions import InvalidStatus

from daemon import Daemon, PATIENCE_SECS, ROOT, expect_silence, hear, hear_until, say

SECRET = "c2VjcmV0IGZvciB0aWNrZXRz"

# Of the snippets: how the file is called that they are written to, and what runs it.
RUN = {
    "python": ("ticket.py", [sys.executable]),
    "js": ("ticket.mjs", ["node"]),
    "go": ("ticket.go", ["go", "run"]),
}


@pytest.fixture(scope="module")
def guarded():
    """A daemon that lets nobody watch without a ticket."""
    with Daemon("--ticket-secret", SECRET) as daemon:
        daemon.publish("dl-42", progress=1)
        daemon.publish("another", progress=2)
        yield daemon


def snippet(language):
    """The only block in this language."""
    text = (ROOT / "docs/protocol.md").read_text(encoding="utf-8")
    (block,) = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return block


def signed(language, directory):
    """What the snippet prints, run as a reader would run it."""
    name, command = RUN[language]
    path = directory / name
    path.write_text(snippet(language), encoding="utf-8")
    environment = {**os.environ, "DONEYET_TICKET_SECRET": SECRET}
    # A compiler may take longer than anything else here.
    done = subprocess.run(
        [*command, str(path)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=6 * PATIENCE_SECS,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def check(daemon, ticket):
    """The ticket opens its task, by HTTP and by socket, and no other."""
    status, _, state = daemon.request("GET", f"/api/progress/dl-42?ticket={ticket}")
    assert (status, state["progress"]) == (200, 1)
    status, _, answer = daemon.request("GET", f"/api/progress/another?ticket={ticket}")
    assert (status, answer["error"]) == (403, "forbidden")
    with daemon.socket(f"/ws/progress/dl-42?ticket={ticket}") as ws:
        assert hear(ws)["task_id"] == "dl-42"
        say(ws, action="cancel")
        hear_until(ws, lambda state: state.get("cancel") == "requested")
        daemon.publish("dl-42", cancel="refused")
        hear_until(ws, lambda state: state.get("cancel") == "refused")
        expect_silence(ws)
    with daemon.socket(
        "/ws/progress/dl-42", subprotocols=["doneyet.v1", f"ticket.{ticket}"]
    ) as ws:
        assert hear(ws)["task_id"] == "dl-42"


@pytest.mark.parametrize("language", ["python", "js", "go"])
def test_the_documented_lines_sign_tickets(guarded, language, tmp_path):
    check(guarded, signed(language, tmp_path))


def test_without_a_ticket_or_with_a_forged_one_nobody_watches(guarded, tmp_path):
    genuine = signed("python", tmp_path)
    # The first character of the signature: the last one has bits that mean nothing.
    at = genuine.rindex(".") + 1
    forged = genuine[:at] + ("B" if genuine[at] == "A" else "A") + genuine[at + 1 :]
    for query in ["", f"?ticket={forged}"]:
        status, _, answer = guarded.request("GET", f"/api/progress/dl-42{query}")
        assert (status, answer["error"]) == (401, "unauthorized")
        with pytest.raises(InvalidStatus) as refused:
            guarded.socket(f"/ws/progress/dl-42{query}").close()
        assert refused.value.response.status_code == 401
