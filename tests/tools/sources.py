"""Where the tools get their bytes from: slow, and counted as they go."""

import http.server
import io
import os
import socket
import socketserver
import threading
import time
import zipfile

SIZE = 20_000_000
SECS = 40
CHUNK = 20_000


class Count:
    """How many bytes of how many are on their way."""

    def __init__(self, total=SIZE):
        self.done = 0
        self.total = total

    def percent(self):
        return 100 * self.done / self.total


def drip(write, count, chunks):
    """Writes the chunks so that the whole takes SECS; stops where the reader does."""
    due = time.monotonic()
    for chunk in chunks:
        # What has come late is not made up for: no tool could show such a leap.
        due = max(due, time.monotonic() - SECS / 1000)
        time.sleep(max(0, due - time.monotonic()))
        due += SECS * len(chunk) / count.total
        try:
            write(chunk)
        except OSError:
            return
        count.done += len(chunk)


def noise(size=SIZE):
    block = os.urandom(CHUNK)
    for at in range(0, size, CHUNK):
        yield block[: min(CHUNK, size - at)]


def cut(data):
    for at in range(0, len(data), CHUNK):
        yield data[at : at + CHUNK]


WHEEL = "slowpack-1.0-py3-none-any.whl"


def wheel():
    """A package of nothing but weight."""
    file = io.BytesIO()
    about = "slowpack-1.0.dist-info/"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("slowpack.bin", os.urandom(SIZE - 1000))
        archive.writestr(about + "METADATA", "Metadata-Version: 2.1\nName: slowpack\nVersion: 1.0\n")
        tag = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        archive.writestr(about + "WHEEL", tag)
        archive.writestr(about + "RECORD", "")
    return file.getvalue()


class Web(http.server.ThreadingHTTPServer):
    """A server of noise: /NAME/anything.bin is a file, counted under NAME. It also is a package index."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Page)
        self.counts = {}
        self.wheel = wheel()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def count(self, name):
        self.counts[name] = Count()
        return self.counts[name]

    def url(self, path):
        return f"http://127.0.0.1:{self.server_port}/{path}"

    def handle_error(self, request, client_address):
        """A client that leaves is what a cancel looks like from here."""


class Page(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        count = self.answer()
        if count:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * CHUNK)
            whole = self.path.endswith(WHEEL)
            drip(self.wfile.write, count, cut(self.server.wheel) if whole else noise())

    def answer(self):
        name, _, file = self.path.strip("/").partition("/")
        if file.startswith("simple"):
            page = f'<a href="/{name}/{WHEEL}">{WHEEL}</a>'.encode()
            self.head(len(page), "text/html")
            self.wfile.write(page)
            return None
        count = self.server.counts.get(name)
        if not count:
            return self.send_error(404)
        if file == WHEEL:
            count.total = len(self.server.wheel)
        self.head(count.total, "video/mp4" if file.endswith(".mp4") else "application/octet-stream")
        return count

    def head(self, size, kind):
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.send_header("Content-Type", kind)
        self.end_headers()


def feed(path):
    """A named pipe that is filled as slowly."""
    os.mkfifo(path)
    count = Count()

    def fill():
        with open(path, "wb", buffering=0) as pipe:
            drip(pipe.write, count, noise())

    threading.Thread(target=fill, daemon=True).start()
    return count


def drain(path):
    """A named pipe that is emptied as slowly."""
    os.mkfifo(path)
    count = Count()

    def empty():
        with open(path, "rb", buffering=0) as pipe:
            drip(lambda _: None, count, iter(lambda: pipe.read(CHUNK), b""))

    threading.Thread(target=empty, daemon=True).start()
    return count


def proxy(port, total):
    """A slow way to the server at `port`: returns its own port, and what has come through."""
    count = Count(total)

    class Way(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * CHUNK)
            with socket.create_connection(("127.0.0.1", port)) as far:
                threading.Thread(target=self.up, args=(far,), daemon=True).start()
                drip(self.request.sendall, count, iter(lambda: far.recv(CHUNK), b""))

        def up(self, far):
            try:
                while data := self.request.recv(CHUNK):
                    far.sendall(data)
            except OSError:
                pass

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Way)
    server.daemon_threads = True
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1], count
