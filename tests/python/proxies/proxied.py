"""A proxy in front of a daemon, configured with the blocks of docs/deploy.md.

A reader copies a block and changes names, addresses and files. So does this, and nothing else:
every exchange must find what it replaces. What the blocks stand in on a real machine (nginx's
main file, HAProxy's `global`, Caddy's own ports) is put around them.
"""

import http.client
import os
import pathlib
import platform
import random
import re
import shlex
import socket
import ssl
import subprocess
import tempfile

from websockets.sync.client import connect

from daemon import PATIENCE_SECS, ROOT, Daemon, Door

NAME = "progress.example.org"
PAGE = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
UNPACKED = ROOT / "target/proxies"

# What the page says, and the tests exchange.
SHOWN_DAEMON = "127.0.0.1:8765"
SHOWN_FILES = "/etc/ssl/progress/"
SHOWN_PATIENCE = "75s"


def blocks(language):
    """The page's blocks in one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def options(command):
    """What a shown `doneyet serve …` is started with."""
    words = shlex.split(command)
    assert words[:2] == ["doneyet", "serve"], command
    return words[2:]


OWN_HOST, BELOW_PATH = (options(command) for command in blocks("sh"))
BASE_PATH = BELOW_PATH[BELOW_PATH.index("--base-path") + 1]


def own_address():
    """A loopback address that nobody else on this machine is likely to use: its ports stay ours
    between asking for a free one and listening on it, and while the daemon restarts."""
    return f"127.{random.randrange(1, 255)}.{random.randrange(256)}.{random.randrange(1, 255)}"


def free_port(address):
    """A port of this address on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def exchange(text, shown, real):
    """`text` with `real` for `shown`, which must be there."""
    assert shown in text, f"docs/deploy.md no longer says {shown!r} in\n{text}"
    return text.replace(shown, real)


class Nginx:
    """Reads `conf.d/*.conf` inside the `http` block of a main file."""

    language = "nginx"

    def program(self, folder):
        return ["usr/sbin/nginx", "-p", folder, "-e", "stderr", "-c", folder / "nginx.conf"]

    def write(self, folder, text, site):
        text = exchange(text, "listen 80;", f"listen {site.host}:{site.plain_port};")
        text = exchange(text, "listen 443 ", f"listen {site.host}:{site.port} ")
        (folder / "doneyet.conf").write_text(text)
        # Its own user must be able to buffer requests in here.
        (folder / "nginx.conf").write_text(f"""
            daemon off;
            user root root;
            pid nginx.pid;
            worker_processes 1;
            events {{ worker_connections 768; }}
            http {{
                access_log off;
                client_body_temp_path body;
                proxy_temp_path proxy;
                fastcgi_temp_path fastcgi;
                uwsgi_temp_path uwsgi;
                scgi_temp_path scgi;
                include {folder}/doneyet.conf;
            }}
        """)

    def below_path(self, text, part):
        return re.sub(r"    location / \{.*?\n    \}\n", lambda _: part, text, flags=re.DOTALL)


class Caddy:
    """Reads a Caddyfile; where it listens is set by global options."""

    language = "caddyfile"

    def program(self, folder):
        return ["usr/bin/caddy", "run", "--config", folder / "Caddyfile"]

    def write(self, folder, text, site):
        (folder / "Caddyfile").write_text(f"""{{
            admin off
            http_port {site.plain_port}
            https_port {site.port}
            default_bind {site.host}
        }}
        {text}""")

    def below_path(self, text, part):
        return re.sub(r"\treverse_proxy .*?\n\t\}\n", lambda _: part, text, flags=re.DOTALL)


class HaProxy:
    """Reads one file, whose `global` section is the package's."""

    language = "haproxy"

    def program(self, folder):
        return ["usr/sbin/haproxy", "-db", "-f", folder / "haproxy.cfg"]

    def write(self, folder, text, site):
        text = exchange(text, "bind :80\n", f"bind {site.host}:{site.plain_port}\n")
        text = exchange(text, "bind :443 ", f"bind {site.host}:{site.port} ")
        # A machine that stands still for ten seconds is no client that takes them for its request.
        text = exchange(text, "timeout http-request    10s", f"timeout http-request {PATIENCE_SECS}s")
        (folder / "haproxy.cfg").write_text(f"global\n    maxconn 1000\n\n{text}")

    def below_path(self, text, part):
        return exchange(text, "    default_backend doneyet\n", part)


KINDS = {"nginx": Nginx(), "caddy": Caddy(), "haproxy": HaProxy()}


def certificate(folder):
    """A certificate of the site's own name, in the files that the page names."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        + ["-nodes", "-days", "2", "-subj", f"/CN={NAME}"]
        + ["-addext", f"subjectAltName=DNS:{NAME}"]
        + ["-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"],
        check=True,
        capture_output=True,
    )
    both = (folder / "fullchain.pem").read_text() + (folder / "privkey.pem").read_text()
    (folder / "both.pem").write_text(both)


class Site(Door):
    """A daemon behind a proxy of some kind, asked by name and through TLS."""

    def __init__(self, kind, shown=OWN_HOST, options=(), patience=SHOWN_PATIENCE):
        """`shown` is the page's command, `options` come on top of it; `patience` is how long the
        proxy waits for a word."""
        self.kind = KINDS[kind]
        self.base = BASE_PATH if shown == BELOW_PATH else ""
        self.host = own_address()
        self.options = [*shown, *options]
        self.daemon = Daemon(*self.options, listen=f"{own_address()}:0")
        self.port = free_port(self.host)
        self.plain_port = free_port(self.host)
        self.authority = f"{NAME}:{self.port}"
        self.room = tempfile.TemporaryDirectory(prefix="doneyet-proxy-")
        self.folder = pathlib.Path(self.room.name)
        self.proxy = None
        try:
            self._start(patience)
        except BaseException:
            self.stop()
            raise

    def _start(self, patience):
        folder = self.folder
        certificate(folder)
        self.trust = ssl.create_default_context(cafile=folder / "fullchain.pem")
        self.kind.write(folder, self._configuration(patience), self)
        self.log = folder / "log"
        program, *arguments = self.kind.program(folder)
        libraries = UNPACKED / f"usr/lib/{platform.machine()}-linux-gnu"
        home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        with open(self.log, "wb") as log:
            self.proxy = subprocess.Popen(
                [UNPACKED / program, *arguments],
                env={**os.environ, **home, "LD_LIBRARY_PATH": str(libraries)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._wait_for(self.port)
        self._wait_for(self.plain_port)

    def _configuration(self, patience):
        whole, below = blocks(self.kind.language)
        text = self.kind.below_path(whole, below) if self.base else whole
        text = exchange(text, SHOWN_DAEMON, f"{self.daemon.host}:{self.daemon.port}")
        text = exchange(text, SHOWN_FILES, f"{self.folder}/")
        return exchange(text, SHOWN_PATIENCE, patience)

    def _wait_for(self, port):
        for _ in range(50 * PATIENCE_SECS):
            try:
                return socket.create_connection((self.host, port), PATIENCE_SECS).close()
            except ConnectionRefusedError:
                try:
                    self.proxy.wait(0.02)
                except subprocess.TimeoutExpired:
                    continue
                break
        raise RuntimeError(f"the proxy does not listen:\n{self.log.read_text()}")

    def restart_daemon(self):
        """Another daemon takes the place of one that was stopped, on the same address."""
        address = f"{self.daemon.host}:{self.daemon.port}"
        self.daemon = Daemon(*self.options, listen=address)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        try:
            if self.proxy:
                self.proxy.terminate()
                try:
                    self.proxy.wait(2)
                except subprocess.TimeoutExpired:
                    self.proxy.kill()
                    self.proxy.wait()
        finally:
            self.daemon.__exit__()
            self.room.cleanup()

    def raw(self, source=None):
        """A connection on which TLS has not begun, from an address of this machine."""
        source = (source, 0) if source else None
        return socket.create_connection((self.host, self.port), PATIENCE_SECS, source)

    def secure(self, plain, protocols=("http/1.1",)):
        """Begins TLS on a connection, for one of these protocols."""
        trust = ssl.create_default_context(cafile=self.folder / "fullchain.pem")
        trust.set_alpn_protocols(protocols)
        return trust.wrap_socket(plain, server_hostname=NAME)

    def connection(self):
        connection = http.client.HTTPSConnection(
            NAME, self.port, timeout=PATIENCE_SECS, context=self.trust
        )
        connection.sock = self.secure(self.raw())
        return connection

    def request(self, method, target, body=None, headers={}):
        return super().request(method, self.base + target, body, headers)

    def socket(self, path, source=None, **options):
        options = {"compression": None, "open_timeout": PATIENCE_SECS, **options}
        return connect(
            f"wss://{self.authority}{self.base}{path}",
            sock=self.raw(source),
            ssl=self.trust,
            server_hostname=NAME,
            **options,
        )

    def curl(self, *arguments):
        """curl, which asks the site by name."""
        return [
            *("curl", "--silent", "--show-error", "--no-buffer"),
            *("--max-time", str(PATIENCE_SECS)),
            *("--resolve", f"{self.authority}:{self.host}"),
            *("--cacert", self.folder / "fullchain.pem"),
            *arguments,
        ]
