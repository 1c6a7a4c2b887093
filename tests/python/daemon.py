"""The daemon under test: the built program, on a port that the system chose."""

import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("DONEYET_BIN", str(ROOT / "target/release/doneyet"))

# How long any one thing may take before a test gives up: far more than a slow machine needs.
PATIENCE_SECS = 20


class Door:
    """Where a daemon is reached: an address with `host` and `port`, and how to speak to it."""

    def raw(self):
        """A plain connection."""
        return socket.create_connection((self.host, self.port), PATIENCE_SECS)

    def connection(self):
        """A connection of the standard library's HTTP client."""
        return http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE_SECS)

    def request(self, method, target, body=None, headers={}):
        """One request: status, headers, JSON."""
        connection = self.connection()
        try:
            content = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
            if isinstance(content, str):
                content = content.encode()
            connection.request(method, target, content, headers)
            response = connection.getresponse()
            text = response.read()
            return response.status, response.headers, json.loads(text) if text else None
        finally:
            connection.close()

    def publish(self, task, **state):
        """Publishes and expects it to go well."""
        status, _, answer = self.request("POST", f"/api/progress/{task}", state)
        assert status in (200, 201), answer
        return answer

    def socket(self, path, **options):
        """A WebSocket by the `websockets` library; to be used as a context manager."""
        options = {"compression": None, "open_timeout": PATIENCE_SECS, **options}
        return connect(f"ws://{self.host}:{self.port}{path}", **options)


class Daemon(Door):
    """`doneyet serve` with some options; ended with the block."""

    def __init__(self, *options, listen="127.0.0.1:0", program=(BINARY,)):
        self.child = subprocess.Popen(
            [*program, "serve", "--listen", listen, *options],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log = []
        self.stopped = False
        for line in self.child.stderr:
            self.log.append(line)
            event = json.loads(line)
            if event["event"] == "listening":
                self.host, port = event["address"].rsplit(":", 1)
                self.port = int(port)
                break
        else:
            raise RuntimeError(f"the daemon ended without listening: {self.log}")
        # A daemon whose messages nobody reads would block in the end.
        self.reader = threading.Thread(target=self._read_log, daemon=True)
        self.reader.start()

    def _read_log(self):
        self.log.extend(self.child.stderr)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self.stopped:
            self.stop()

    def stop(self, how=signal.SIGTERM):
        """Whatever peers did to it, it must still be there, and end well when told to."""
        self.stopped = True
        died = self.child.poll()
        assert died is None, f"the daemon died: {died}\n{''.join(self.log)}"
        self.child.send_signal(how)
        try:
            status = self.child.wait(PATIENCE_SECS)
        finally:
            self.child.kill()
            self.reader.join(PATIENCE_SECS)
        assert status == 0, f"the daemon ended with {status}\n{''.join(self.log)}"

    def resident_kib(self):
        """Resident memory of the process."""
        status = pathlib.Path(f"/proc/{self.child.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s*(\d+) kB", status)[1])


def hear(ws):
    """The next message as JSON."""
    return json.loads(ws.recv(timeout=PATIENCE_SECS))


def hear_until(ws, wanted):
    """The first of the coming messages that is `wanted`; a watcher is owed the newest, not each."""
    while True:
        state = hear(ws)
        if wanted(state):
            return state


def say(ws, **message):
    """Sends JSON."""
    ws.send(json.dumps(message))


def expect_silence(ws):
    """Nothing lies between what was heard and now: the daemon answers in order."""
    ws.send("ping")
    assert ws.recv(timeout=PATIENCE_SECS) == "pong"


def expect_close(ws, code):
    """Reads up to the daemon's Close."""
    try:
        while True:
            ws.recv(timeout=PATIENCE_SECS)
    except ConnectionClosed as closed:
        assert closed.rcvd is not None, "the connection broke without a Close"
        assert closed.rcvd.code == code
