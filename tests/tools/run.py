"""Real tools under `doneyet run`, against sources that are slow and know how far they are.

Each tool runs twice. Once to its end: whatever is published while it runs must be within five points
of the truth at that moment. Once until it is cancelled: then no process of it may be left. All run
at once, so this takes about as long as the slowest.
"""

import concurrent.futures
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.request
import uuid

from sources import SECS, SIZE, Web, drain, feed, proxy

DONEYET = os.environ["DONEYET_BIN"]
TOLERANCE = 5
PATIENCE_SECS = 60
AT_ONCE = 32
MARK = "DONEYET_TOOL_MARK"


class Daemon:
    def __init__(self):
        words = [DONEYET, "serve", "--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        line = next(line for line in self.process.stdout if "127.0.0.1:" in line)
        port = line.split("127.0.0.1:")[1]
        self.port = int("".join(c for c in port[:5] if c.isdigit()))
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        self.server = f"http://127.0.0.1:{self.port}"

    def cancel(self, task):
        address = f"{self.server}/api/progress/{task}/cancel"
        urllib.request.urlopen(urllib.request.Request(address, method="POST", data=b""))

    def states(self, task):
        """The states of a task as they come, until its end."""
        way = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECS)
        way.request("GET", f"/sse/progress/{task}?until=end")
        for line in way.getresponse():
            if line.startswith(b"data: "):
                yield json.loads(line[6:])


class Tool:
    """What to run in a folder, and what is true of it.

    `prepare` returns the command and a function for the truth, in percent. `applies` says whether a
    state speaks of what the truth is about.
    """

    def __init__(self, name, prepare, shows="progress", applies=lambda state: True):
        self.name = name
        self.prepare = prepare
        self.shows = shows
        self.applies = applies

    def start(self, daemon, web, task):
        folder = tempfile.mkdtemp(prefix=f"doneyet-{self.name}-")
        command, truth = self.prepare(pathlib.Path(folder), web, task)
        mark = uuid.uuid4().hex
        process = subprocess.Popen(
            [DONEYET, "run", "--server", daemon.server, "--task", task, "--grace", "5", "--"] + command,
            cwd=folder,
            env={**os.environ, MARK: mark, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return process, folder, truth, mark

    def shown(self, state):
        """What the state says, in percent; None if it says nothing."""
        if self.shows != "loaded":
            return state.get("progress")
        loaded = state.get("loaded")
        return None if loaded is None else 100 * loaded / SIZE

    def to_the_end(self, daemon, web):
        process, folder, truth, _ = self.start(daemon, web, f"{self.name}-end")
        readings, worst, state = 0, (0, 0, 0), {}
        for state in daemon.states(f"{self.name}-end"):
            shown, true = self.shown(state), truth()
            if state["status"] != "running" or shown is None or not self.applies(state):
                continue
            readings += 1
            worst = max(worst, (abs(shown - true), shown, true))
        process.wait(PATIENCE_SECS)
        shutil.rmtree(folder)
        assert state["status"] == "completed", state
        if self.shows == "nothing":
            assert readings == 0, f"{readings} readings, like {worst[1]:.1f} %"
            return "nothing claimed"
        assert readings >= 8, f"only {readings} readings"
        assert worst[0] <= TOLERANCE, f"shown {worst[1]:.1f} when {worst[2]:.1f} was true"
        return f"{readings} readings, at most {worst[0]:.1f} points off"

    def cancelled(self, daemon, web):
        task = f"{self.name}-cancel"
        process, folder, truth, mark = self.start(daemon, web, task)
        while truth() < 5:
            assert process.poll() is None, "it has ended before it began"
            time.sleep(0.05)
        asked = time.monotonic()
        daemon.cancel(task)
        state = list(daemon.states(task))[-1]
        took = time.monotonic() - asked
        left = marked(mark) - {process.pid}
        process.wait(PATIENCE_SECS)
        shutil.rmtree(folder, ignore_errors=True)
        assert state["status"] == "cancelled", state
        assert not left, f"left behind: {left}"
        return f"gone after {took:.1f} s"


def marked(mark):
    """The living processes that have the mark in their environment."""
    found = set()
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark.encode() in (entry / "environ").read_bytes():
                found.add(int(entry.name))
        except OSError:
            pass
    return found


def fetch(*command, file="big.bin"):
    """A tool that fetches an address, and what the server has sent."""

    def prepare(_, web, task):
        count = web.count(task)
        words = [word.replace("{url}", web.url(f"{task}/{file}")) for word in command]
        return words, count.percent

    return prepare


def piped(line):
    """A shell's line that reads the slow pipe `source`."""

    def prepare(folder, _, __):
        count = feed(folder / "source")
        return ["sh", "-c", line.replace("{size}", str(SIZE))], count.percent

    return prepare


def pip(folder, web, task):
    count = web.count(task)
    words = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-cache-dir", "--no-input"]
    words += ["--disable-pip-version-check", "--index-url", web.url(f"{task}/simple"), "slowpack"]
    return words, count.percent


def rsync(folder, _, __):
    (folder / "from").write_bytes(os.urandom(SIZE))
    words = ["rsync", "--inplace", "--whole-file", "--info=progress2"]
    words += [f"--bwlimit={SIZE // SECS // 1024}", "from", "to"]
    return words, grows(folder / "to", SIZE)


def ffmpeg(*options):
    def prepare(folder, _, __):
        tone = f"sine=duration={SECS}:sample_rate=44100"
        made = folder / "in.wav"
        subprocess.run(
            ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", tone, made], check=True, stdin=subprocess.DEVNULL
        )
        words = ["ffmpeg", "-nostdin", "-re", "-i", "in.wav", "-flush_packets", "1", *options, "out.wav"]
        return words, grows(folder / "out.wav", made.stat().st_size)

    return prepare


def tar(folder, _, __):
    (folder / "from").write_bytes(os.urandom(SIZE))
    count = drain(folder / "to")
    words = ["tar", "cf", "to", "--checkpoint=100", "--checkpoint-action=ttyout=%{r}T\r", "from"]
    return words, count.percent


def grows(path, total):
    return lambda: 100 * path.stat().st_size / total if path.exists() else 0


def git(folder, _, task):
    """Many files of one size, so that objects are as far as bytes are."""
    work = folder / "work"
    work.mkdir()
    for number in range(400):
        (work / f"{number}.bin").write_bytes(os.urandom(SIZE // 400))
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], [*author, "commit", "-qm", "all"]):
        subprocess.run(["git", *words], cwd=work, check=True, capture_output=True)
    port = free_port()
    daemon = subprocess.Popen(
        ["git", "daemon", "--export-all", "--listen=127.0.0.1", f"--port={port}", f"--base-path={folder}", str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    SERVERS.append(daemon)
    slow, count = proxy(port, SIZE)

    wait_for(port)
    return ["git", "clone", "--progress", f"git://127.0.0.1:{slow}/work", "clone"], count.percent


SERVERS = []


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(port):
    deadline = time.monotonic() + PATIENCE_SECS
    while time.monotonic() < deadline:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)


BIN = pathlib.Path(sys.executable).parent
TOOLS = [
    Tool("curl", fetch("curl", "-o", "out", "{url}")),
    Tool("curl-bar", fetch("curl", "-#", "-o", "out", "{url}")),
    Tool("wget", fetch("wget", "-O", "out", "{url}")),
    Tool("aria2c", fetch("aria2c", "-x1", "-s1", "--file-allocation=none", "{url}")),
    Tool("yt-dlp", fetch(str(BIN / "yt-dlp"), "--force-generic-extractor", "--no-update", "{url}", file="film.mp4")),
    Tool("pip", pip),
    Tool("rsync", rsync),
    Tool("ffmpeg", ffmpeg()),
    Tool("ffmpeg-progress", ffmpeg("-progress", "pipe:1", "-nostats")),
    # Counting and compressing are percentages of their own, before the first byte.
    Tool("git", git, applies=lambda state: state.get("stage_label") == "Receiving objects"),
    Tool("dd", piped("dd if=source of=out bs=20000 iflag=fullblock status=progress"), shows="loaded"),
    Tool("pv", piped("pv -s {size} source > out")),
    Tool("tqdm", piped(f"{BIN}/tqdm --bytes --total {{size}} < source > out")),
    # It does not know how much there is to do: nothing may be claimed.
    Tool("tar", tar, shows="nothing"),
]


def main():
    names = sys.argv[1:]
    daemon, web = Daemon(), Web()
    passed = failed = 0
    chosen = [tool for tool in TOOLS if not names or tool.name in names]
    try:
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            cases = {
                pool.submit(case, daemon, web): f"{tool.name} {case.__name__}"
                for tool in chosen
                for case in (tool.to_the_end, tool.cancelled)
            }
            for case in concurrent.futures.as_completed(cases):
                try:
                    print(f"ok   {cases[case]}: {case.result()}", flush=True)
                    passed += 1
                except Exception as error:
                    print(f"FAIL {cases[case]}: {error}", flush=True)
                    if not isinstance(error, AssertionError):
                        traceback.print_exception(error)
                    failed += 1
    finally:
        for server in [daemon.process, *SERVERS]:
            server.terminate()
            server.wait()
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
