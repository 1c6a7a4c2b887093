"""The programs of docs/publish.md: each is taken out of the page and run, to the end, until it is
cancelled, with a token that nobody knows, and without a daemon."""

import contextlib
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading

import pytest

from daemon import PATIENCE_SECS, ROOT, Daemon, hear_until, say

PAGE = (ROOT / "docs/publish.md").read_text(encoding="utf-8")
SHOWN_DAEMON = "127.0.0.1:8765"

TOKEN = "what-workers-know"

# The programs of which the others are made, each with its own way to speak to a daemon.
SPEAKERS = ["bash", "go", "node", "requests", "rust"]

# What the address of a daemon that is not there may be: nothing can listen on port 1 of it.
NOBODY = "127.0.0.9:1"

# Some of the programs have a lot to load before they begin.
START_SECS = 3 * PATIENCE_SECS

CHUNK = b"." * 65536
QUICK_CHUNKS = 5
# The endless one comes at this pace, in seconds a chunk, until whoever reads it has gone.
PACE_SECS = 0.02
ENDLESS_CHUNKS = 6000

# Runs the Celery task as an installation would, with a worker; succeeds if Celery says it did.
CELERY = """
import os, sys
from celery.contrib.testing.worker import start_worker
import tasks

task_id, url = sys.argv[1:]
tasks.app.conf.update(result_backend="cache+memory://")
with start_worker(tasks.app, perform_ping_check=False, loglevel="error"):
    result = tasks.fetch.apply_async(args=[url], task_id=task_id)
    result.get(propagate=False)
    print(result.state, flush=True)
    # The worker's own end takes four seconds of polling.
    os._exit(result.state != "SUCCESS")
"""

CARGO = """
[package]
name = "copy"
edition = "2024"
[dependencies]
serde_json = { version = "1", features = ["float_roundtrip"] }
tungstenite = { version = "0.30.0", default-features = false, features = ["handshake"] }
[[bin]]
name = "copy"
path = "main.rs"
[workspace]
"""


class Files(http.server.BaseHTTPRequestHandler):
    """Serves a file that is there at once, and one that takes two minutes."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.chunks = ENDLESS_CHUNKS if "endless" in self.path else QUICK_CHUNKS
        self.send_response(200)
        self.send_header("Content-Type", "video/mp4")
        self.send_header("Content-Length", str(len(CHUNK) * self.chunks))
        self.end_headers()

    def do_GET(self):
        self.do_HEAD()
        pace = threading.Event()
        with contextlib.suppress(ConnectionError):
            for _ in range(self.chunks):
                self.wfile.write(CHUNK)
                if self.chunks == ENDLESS_CHUNKS:
                    pace.wait(PACE_SECS)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def files():
    """The address of a server of files."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(PATIENCE_SECS)


@pytest.fixture(scope="module")
def guarded():
    """A daemon that takes publishes with the token only."""
    with Daemon("--publish-token", TOKEN) as daemon:
        yield daemon


def unpack(folder, daemon):
    """Writes every program of the page to its file; they speak to this daemon."""
    for language, text in re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        name = {"bash": "compress", "go": "main.go", "rust": "main.rs"}.get(language)
        if language in ("python", "js"):
            (name,) = re.findall(r"^(?:#|//) (\S+)", text)[:1]
        if name:
            (folder / name).write_text(text.replace(SHOWN_DAEMON, daemon))
    (folder / "run_celery.py").write_text(CELERY)
    (folder / "Cargo.toml").write_text(CARGO)


def built(folder, *command):
    """Runs a compiler there."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def go(folder):
    built(folder, "go", "build", "-o", "fetch", "main.go")
    return ["./fetch"]


def rust(folder):
    # The versions are the project's own, and what was compiled for its tests is not compiled again.
    shutil.copy(ROOT / "Cargo.lock", folder)
    target = ROOT / "target"
    built(folder, "cargo", "build", "--quiet", "--target-dir", target)
    shutil.move(target / "debug/copy", folder / "copy")
    return ["./copy"]


def python(name):
    return lambda folder: [sys.executable, name]


# How each program is started, and which of its arguments stand for the work.
PROGRAMS = {
    "bash": (lambda folder: ["bash", "compress"], "files"),
    "requests": (python("fetch.py"), "url file"),
    "tqdm": (python("shared_bar.py"), "url"),
    "yt-dlp": (python("video.py"), "url"),
    "celery": (python("run_celery.py"), "url"),
    "node": (lambda folder: ["node", "fetch.mjs"], "url file"),
    "go": (go, "url file"),
    "rust": (rust, "from to"),
}


def work(kind, folder, files, size):
    """Arguments that mean `quick` or `endless` work."""
    if kind == "files":
        (folder / "data").write_bytes(CHUNK)
        return ["data"] * (QUICK_CHUNKS if size == "quick" else ENDLESS_CHUNKS)
    if kind == "from to":
        # A file of holes: nothing on disk, and hours to read.
        length = QUICK_CHUNKS * len(CHUNK) if size == "quick" else 1 << 43
        os.truncate(os.open(folder / "from", os.O_CREAT | os.O_WRONLY), length)
        return ["from", "to" if size == "quick" else "/dev/null"]
    return [f"{files}/{size}.mp4", "to"][: len(kind.split())]


class Published:
    """The programs of the page in a folder, and one of them to run."""

    def __init__(self, name, folder, files, daemon):
        unpack(folder, daemon)
        self.folder = folder
        self.files = files
        start, self.kind = PROGRAMS[name]
        self.command = start(folder)

    @contextlib.contextmanager
    def run(self, task, size, token=TOKEN):
        arguments = work(self.kind, self.folder, self.files, size)
        child = subprocess.Popen(
            [*self.command, task, *arguments],
            cwd=self.folder,
            env={**os.environ, "CELERY_BROKER_URL": "memory://", "DONEYET_TOKEN": token},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield child
        finally:
            child.kill()
            child.communicate()


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_a_program_of_the_page_publishes_and_stops_when_asked(name, guarded, task, files, tmp_path):
    daemon = guarded
    program = Published(name, tmp_path, files, f"{daemon.host}:{daemon.port}")
    if name in SPEAKERS:
        with program.run(f"{task}-refused", "quick", token="guessed") as child:
            output, _ = child.communicate(timeout=START_SECS)
            assert child.returncode == 0, output
            assert "publish token" in output or "401" in output
        assert daemon.request("GET", f"/api/progress/{task}-refused")[0] == 404
    with program.run(f"{task}-whole", "quick") as child:
        output, _ = child.communicate(timeout=START_SECS)
        assert child.returncode == 0, output
    _, _, state = daemon.request("GET", f"/api/progress/{task}-whole")
    assert (state["status"], state["progress"]) == ("completed", 100)

    with daemon.socket(f"/ws/progress/{task}-cancelled") as watcher:
        with program.run(f"{task}-cancelled", "endless") as child:
            begun = json.loads(watcher.recv(timeout=START_SECS))
            assert begun["status"] == "running"
            hear_until(watcher, lambda state: state.get("loaded"))
            say(watcher, action="cancel")
            state = hear_until(watcher, lambda state: state["status"] != "running")
            assert (state["status"], "cancel" in state) == ("cancelled", False)
            output, _ = child.communicate(timeout=PATIENCE_SECS)
            assert child.returncode != 0, output


@pytest.mark.parametrize("name", SPEAKERS)
def test_a_program_of_the_page_works_without_a_daemon(name, task, files, tmp_path):
    program = Published(name, tmp_path, files, NOBODY)
    with program.run(task, "quick", token="") as child:
        output, _ = child.communicate(timeout=START_SECS)
        assert child.returncode == 0, output
