"""Runs the courses of `doneyet bench` against each server in turn, and writes the comparison.

What is compared are ratios to *raw* (benches/peers/raw.rs) from the same round: a machine that gets
slower makes all of them slower. A round goes through all servers, so that they alternate; the figure
is the median of the rounds, the spread their range. A run that lost anything is no number.
"""

import argparse
import contextlib
import datetime
import itertools
import json
import os
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import chart

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "target/peers"
PEERS = ROOT / "benches/peers"
DONEYET = ROOT / "target/release/doneyet"
SERVER_CPU, LOAD_CPU = 0, 1


@dataclass
class Server:
    """A server, how it is started, and what of it cannot be measured."""

    name: str
    command: list
    needs: Path
    # Courses it has no answer to, and why.
    lacks: dict = field(default_factory=dict)
    # Given a port, it does not tell one.
    takes_port: bool = False


def rust(name):
    return FOLDER / "rust/release" / name


NO_BACK_PRESSURE = "it has no back-pressure"
SERVERS = [
    Server(
        "raw",
        [ROOT / "target/release/examples/raw"],
        ROOT / "target/release/examples/raw",
        {"stalled": NO_BACK_PRESSURE, "laggards": NO_BACK_PRESSURE},
    ),
    Server(
        "doneyet",
        [DONEYET, "serve", "--listen", "127.0.0.1:0", "--echo", "--log-format", "json"],
        DONEYET,
    ),
    Server(
        "uWebSockets",
        [FOLDER / "venv/bin/python", PEERS / "uws.py", "PORT"],
        FOLDER / "venv/requirements.txt",
        takes_port=True,
    ),
    Server(
        "nginx+nchan",
        ["nginx", "-c", FOLDER / "nginx.conf"],
        Path("/usr/lib/nginx/modules/ngx_nchan_module.so"),
        {"echo": "it has none"},
        takes_port=True,
    ),
    Server(
        "node ws",
        ["node", PEERS / "node.mjs", FOLDER / "node"],
        FOLDER / "node/installed.json",
    ),
    Server("axum", [rust("axum")], rust("axum")),
    Server("fastwebsockets", [rust("fastwebsockets")], rust("fastwebsockets")),
    Server(
        "FastAPI",
        [FOLDER / "venv/bin/python", PEERS / "article.py"],
        FOLDER / "venv/requirements.txt",
    ),
]

# Name, and the words behind `doneyet bench`. Where deliveries are timed the load never sleeps: one that
# does has to be woken by the server, more often by a slower one, which would be charged twice for it.
COURSES = {
    "1000": ["fanout", "--watchers", "1000", "--spin"],
    "10000": ["fanout", "--watchers", "10000", "--spin"],
    "tasks": ["fanout", "--watchers", "10000", "--tasks", "1000", "--spin"],
    "post": ["fanout", "--watchers", "1000", "--by", "post", "--spin"],
    "burst16": ["fanout", "--watchers", "1000", "--burst", "16", "--spin"],
    "burst64": ["fanout", "--watchers", "1000", "--burst", "64", "--spin"],
    "one": ["fanout", "--watchers", "1", "--spin"],
    "nine": ["fanout", "--watchers", "9", "--bytes", "1000", "--spin"],
    "stalled": ["fanout", "--watchers", "9", "--bytes", "1000", "--stalled", "1", "--spin"],
    "laggards": ["fanout", "--watchers", "100", "--bytes", "1000", "--stalled", "100"],
    "echo": ["echo"],
    "handshake": ["handshake"],
    "idle": ["idle", "--watchers", "10000"],
}


@dataclass
class Row:
    """A line of the table: a figure of a course, as a ratio to raw's or to another course's."""

    title: str
    course: str
    figure: str
    goal: str
    # The ratio must be at least, or at most, this; a figure without `ratio` is compared itself.
    bound: float
    at_least: bool
    ratio: str = "raw"
    scale: float = 1.0
    unit: str = ""


ROWS = [
    Row("fan-out to 1,000 watchers, deliveries/s", "1000", "deliveries_per_sec", "≥ 0.95", 0.95, True),
    Row("fan-out to 10,000 watchers", "10000", "deliveries_per_sec", "≥ 0.95", 0.95, True),
    Row("1,000 tasks × 10 watchers", "tasks", "deliveries_per_sec", "≥ 0.95", 0.95, True),
    Row("to 1,000 watchers, published by POST", "post", "deliveries_per_sec", "≥ 0.95", 0.95, True),
    Row("server CPU per delivery, 1,000 watchers", "1000", "server_cpu_us_per_delivery", "≤ 1.06", 1.06, False),
    Row("burst of 16, until all 1,000 know the newest: rate", "burst16", "rounds_per_sec", "≥ 1.0", 1.0, True),
    Row("burst of 64", "burst64", "rounds_per_sec", "≥ 1.0", 1.0, True),
    Row("first of 10,000 watchers, p50", "10000", "first_us.p50", "≤ 0.4 ms", 0.4, False, "", 0.001, "ms"),
    Row("publish → one watcher, p50", "one", "each_us.p50", "≤ 1.05", 1.05, False),
    Row("one watcher of ten never reads: rate against none stalled", "stalled", "rounds_per_sec", "≥ 0.97", 0.97, True, "nine"),
    Row("memory for each of 100 that never read, KiB", "laggards", "server_bytes_per_stalled", "≤ 1", 1.0, False, "", 1 / 1024, "KiB"),
    Row("echo, 64 connections × 16 in flight", "echo", "messages_per_sec", "≥ 0.95", 0.95, True),
    Row("server CPU per connect + 101 + close", "handshake", "server_cpu_us_per_handshake", "≤ 1.0", 1.0, False),
    Row("user memory per idle watcher, bytes", "idle", "bytes_per_watcher_updated", "≤ 200", 200.0, False, "", 1.0, "B"),
]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def nginx_conf(port):
    text = (PEERS / "nginx.conf").read_text()
    words = {"MODULES": "/usr/lib/nginx/modules", "FOLDER": str(FOLDER), "PORT": str(port)}
    for word, value in words.items():
        text = text.replace(word, value)
    (FOLDER / "nginx.conf").write_text(text)


@contextlib.contextmanager
def running(server):
    """The server, on its processor: its process and its address."""
    port = free_port()
    if server.name == "nginx+nchan":
        nginx_conf(port)
    words = [str(port) if word == "PORT" else str(word) for word in server.command]
    process = subprocess.Popen(
        ["taskset", "-c", str(SERVER_CPU), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if server.name == "doneyet" else subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process, address(server, process, port)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def address(server, process, port):
    if server.name == "doneyet":
        for line in process.stderr:
            if "address" in (entry := json.loads(line)):
                return entry["address"]
    if not server.takes_port:
        return process.stdout.readline().strip()
    while process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return f"127.0.0.1:{port}"
    raise RuntimeError(f"{server.name} does not start")


def measure(server, course, secs):
    """One run of `doneyet bench` with these words: the summary, or why there is none."""
    with running(server) as (process, where):
        command = [DONEYET, "bench", *course, "--server", f"http://{where}"]
        command += ["--server-pid", process.pid, "--load-cpu", LOAD_CPU, "--secs", secs]
        command += ["--patience", 20, "--json", "--quiet"]
        done = subprocess.run(map(str, command), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return done.stderr.strip().removeprefix("doneyet bench ")
    return json.loads(done.stdout)


def figure(summary, path):
    for name in path.split("."):
        summary = summary.get(name) if isinstance(summary, dict) else None
    return summary


class Results:
    """Every run's summary, by course, server and round."""

    def __init__(self):
        self.runs = {}

    def add(self, course, server, number, summary):
        self.runs.setdefault((course, server), {})[number] = summary

    def values(self, row, server):
        """The row's figure in each round, as the ratio that it is to be."""
        values = []
        for number, summary in self.runs.get((row.course, server), {}).items():
            value = figure(summary, row.figure)
            if row.ratio:
                base = (row.course, "raw") if row.ratio == "raw" else (row.ratio, server)
                against = figure(self.runs.get(base, {}).get(number), row.figure)
                if value is not None and against:
                    values.append(value / against)
            elif value is not None:
                values.append(value * row.scale)
        return values

    def failure(self, row, server):
        summaries = self.runs.get((row.course, server), {}).values()
        return next((summary for summary in summaries if isinstance(summary, str)), None)


def hold(servers, courses, args):
    results = Results()
    for together in groups(courses):
        for number in range(args.rounds):
            for server, course in itertools.product(servers, together):
                if course in server.lacks:
                    continue
                if server.name not in ("raw", "doneyet") and number >= args.peer_rounds:
                    continue
                summary = measure(server, COURSES[course], args.secs)
                results.add(course, server.name, number, summary)
                said = summary if isinstance(summary, str) else brief(course, summary)
                print(f"{course:>10}  round {number + 1}  {server.name:<15} {said}", flush=True)
    return results


def groups(courses):
    """The courses, those of which one is a ratio to the other together: they are to alternate."""
    bases = {row.course: row.ratio for row in ROWS if row.ratio in courses}
    for course in courses:
        if course in bases:
            yield [bases[course], course]
        elif course not in (bases.get(other) for other in courses):
            yield [course]


def brief(course, summary):
    figures = [row.figure for row in ROWS if course in (row.course, row.ratio)]
    load = summary["load_cpu_percent"]
    return ", ".join(f"{name} {figure(summary, name)}" for name in figures) + f", load {load:.0f} %"


def cell(row, server, results, notes):
    if row.course in server.lacks:
        return "–"
    values = results.values(row, server.name)
    if not values:
        why = results.failure(row, server.name)
        if why is None:
            return "–"
        notes.setdefault(f"{server.name}, {row.title}: {why}", None)
        return "lost"
    middle = statistics.median(values)
    digits = 0 if middle >= 100 else 2
    text = f"{middle:,.{digits}f}"
    if server.name == "doneyet":
        text += f" ({min(values):,.{digits}f}–{max(values):,.{digits}f})"
    return text


def verdict(row, results):
    values = results.values(row, "doneyet")
    if not values:
        return "not measured"
    middle = statistics.median(values)
    holds = middle >= row.bound if row.at_least else middle <= row.bound
    return "yes" if holds else "**no**"


def table(servers, results, notes):
    head = ["work", *(server.name for server in servers), "goal", "holds"]
    lines = [head, ["---"] * len(head)]
    for row in ROWS:
        cells = [cell(row, server, results, notes) for server in servers]
        lines.append([row.title, *cells, row.goal, verdict(row, results)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def absolute(results):
    """Raw's and doneyet's own figures, medians."""
    lines = [["work", "figure", "raw", "doneyet"], ["---"] * 4]
    for row in ROWS:
        cells = []
        for server in ("raw", "doneyet"):
            runs = results.runs.get((row.course, server), {}).values()
            values = [figure(summary, row.figure) for summary in runs]
            values = [value for value in values if value is not None]
            cells.append(f"{statistics.median(values):,.1f}" if values else "–")
        lines.append([row.title, f"`{row.figure}`", *cells])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def skipped(results):
    lines = []
    for course in ("burst16", "burst64"):
        for server in ("raw", "doneyet"):
            for summary in results.runs.get((course, server), {}).values():
                if isinstance(summary, dict):
                    told = summary["delivered"], summary["skipped"]
                    lines.append(f"{course}, {server}: {told[0]:,} delivered, {told[1]:,} skipped")
                    break
    return "\n".join(f"- {line}" for line in lines)


def versions():
    def said(*words):
        with contextlib.suppress(OSError, IndexError):
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            return (done.stdout + done.stderr).strip().splitlines()[0]
        return None

    pip = [FOLDER / "venv/bin/pip", "list", "--format=json", "--disable-pip-version-check"]
    listed = subprocess.run(map(str, pip), capture_output=True, text=True, check=False).stdout
    wanted = {"fastapi", "uvicorn", "websockets", "uvloop", "socketify"}
    python = [f"{p['name']} {p['version']}" for p in json.loads(listed or "[]") if p["name"] in wanted]
    lock = (PEERS / "rust/Cargo.lock").read_text().split("[[package]]")
    crates = []
    for name in ("axum", "fastwebsockets", "tokio"):
        part = next(part for part in lock if f'name = "{name}"' in part)
        version = part.split('version = "')[1].split('"')[0]
        crates.append(f"{name} {version}")
    with contextlib.suppress(OSError, KeyError):
        package = json.loads((FOLDER / "node/node_modules/ws/package.json").read_text())
        python.append(f"ws {package['version']} on node {said('node', '--version')}")
    nchan = said("dpkg-query", "-W", "libnginx-mod-nchan")
    known = [said("rustc", "--version"), said("nginx", "-v"), nchan and nchan.replace("\t", " ")]
    return ", ".join([*filter(None, known), *crates, *python])


def machine():
    model = next(
        (line.split(":")[1].strip() for line in open("/proc/cpuinfo") if "model name" in line), "?"
    )
    load = os.getloadavg()[0]
    return f"{model}, {os.cpu_count()} processors, {platform.system()} {platform.release()}, load before {load:.1f}"


def report(servers, results, args, began, before, where):
    notes = {}
    lines = table(servers, results, notes)
    missing = (FOLDER / "missing").read_text().strip() if (FOLDER / "missing").exists() else ""
    picture = where.with_suffix(".svg")
    picture.write_text(chart.draw(chart_rows(servers, results)))
    took = (datetime.datetime.now() - began).total_seconds() / 60
    text = f"""# Throughput: against the kernel's limit, and against peers

`benches/run {" ".join(sys.argv[1:])}`, {began:%d %B %Y}, {took:.0f} minutes

- Machine: {before}
- Versions: {versions()}
- How: server pinned to processor {SERVER_CPU}, load to {LOAD_CPU}; each run a fresh server; {args.rounds} rounds of
  {args.secs} s in which the servers alternate ({args.peer_rounds} for the peers). Figures are ratios to raw of the same round,
  unless they have a unit: medians, and for doneyet the range in brackets. Every delivery was checked; "lost" is a run in
  which one was missing.

{lines}

![Deliveries a second, as a share of what the kernel allows]({picture.name})

## The figures themselves

{absolute(results)}

Bursts, one round of runs:

{skipped(results)}
"""
    if notes or missing:
        text += "\n## What could not be measured\n\n"
        text += "".join(f"- {note}\n" for note in notes)
        text += "".join(f"- {line}\n" for line in missing.splitlines())
    where.write_text(text)
    print(text)


def chart_rows(servers, results):
    wanted = [row for row in ROWS if row.ratio == "raw" and row.at_least]
    return [
        (
            row.title,
            [
                (server.name, statistics.median(values))
                for server in servers
                if (values := results.values(row, server.name))
            ],
        )
        for row in wanted
    ]


def main():
    parser = argparse.ArgumentParser(prog="benches/run", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="of raw and doneyet; default 9")
    parser.add_argument("--peer-rounds", type=int, default=1, help="of the peers; default 1")
    parser.add_argument("--secs", type=int, default=1, help="of each run; default 1")
    parser.add_argument("--course", action="append", choices=COURSES, help="only this one; repeatable")
    parser.add_argument("--server", action="append", choices=[s.name for s in SERVERS], help="besides raw and doneyet only this one; repeatable")
    parser.add_argument("--out", type=Path, help="default: docs/measurements/DATE-throughput.md")
    args = parser.parse_args()
    began = datetime.datetime.now()
    before = machine()
    wanted = {"raw", "doneyet", *(args.server if args.server is not None else (s.name for s in SERVERS))}
    servers = []
    for server in SERVERS:
        if server.name not in wanted:
            continue
        if server.needs.exists() and shutil.which(server.command[0]):
            servers.append(server)
        else:
            print(f"{server.name}: not here")
    results = hold(servers, args.course or COURSES, args)
    where = args.out or ROOT / f"docs/measurements/{began:%Y-%m-%d}-throughput.md"
    report(servers, results, args, began, before, where)


if __name__ == "__main__":
    main()
