"""Runs the suite against the daemon and against our client, and judges: `judge.py TARGET [CASE…]`.

Good is `OK`, or `INFORMATIONAL` where the suite has no better word. Everything else fails the run,
also `NON-STRICT` (the right end by another way) and a TCP connection that is left open.
"""
import collections
import contextlib
import json
import pathlib
import re
import socket
import subprocess
import sys
import time

TARGET = pathlib.Path(sys.argv[1])
WORK = TARGET / "autobahn"
CASES = sys.argv[2:] or ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.*", "10.*"]
GOOD = ("OK", "INFORMATIONAL")
# For one half of the suite, with room for a busy machine; it takes some 20 s.
PATIENCE_SECS = 600


def spec(half, **more):
    """Where the suite of this half writes, and what it runs."""
    folder = WORK / half
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    content = {"outdir": str(folder), "cases": CASES, "exclude-cases": [], "exclude-agent-cases": {}, **more}
    path = folder / "spec.json"
    path.write_text(json.dumps(content))
    return path


def wstest(mode, path):
    # Python 2 wrote the report into the folder of the specification; so it is told where to log.
    log = (path.parent / "wstest.log").open("w")
    program = [WORK / "venv/bin/wstest", "-u", "0", "-m", mode, "-s", path]
    return subprocess.Popen(program, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


@contextlib.contextmanager
def running(process):
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=10)


def against_the_daemon():
    daemon = [TARGET / "release/doneyet", "serve", "--listen", "127.0.0.1:0", "--echo"]
    daemon = subprocess.Popen(daemon, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    with running(daemon):
        port = next(port for line in daemon.stderr for port in re.findall(r"127\.0\.0\.1:(\d+)", line))
        path = spec(
            "server",
            servers=[{"agent": "doneyet", "url": f"ws://127.0.0.1:{port}/ws/echo"}],
            # Three times the suite's own patience, as for its cases (see convert.py).
            options={"closeHandshakeTimeout": 3, "serverConnectionDropTimeout": 3},
        )
        with running(wstest("fuzzingclient", path)) as suite:
            suite.wait(timeout=PATIENCE_SECS)
        assert daemon.poll() is None, "the daemon has ended"
    return path.parent


def against_our_client():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = spec("client", url=f"ws://127.0.0.1:{port}", options={"failByDrop": False})
    with running(wstest("fuzzingserver", path)) as suite:
        wait_for(port, suite)
        client = [TARGET / "release/examples/autobahn_client", f"127.0.0.1:{port}"]
        subprocess.run(client, check=True, timeout=PATIENCE_SECS)
    return path.parent


def wait_for(port, suite):
    for _ in range(200):
        with contextlib.suppress(ConnectionRefusedError):
            return socket.create_connection(("127.0.0.1", port)).close()
        assert suite.poll() is None, "wstest has ended"
        time.sleep(0.1)
    raise TimeoutError("wstest does not listen")


def judge(title, folder, expected):
    """Prints how it went; returns how many cases were good, and how many were not."""
    results = json.loads((folder / "index.json").read_text())["doneyet"]
    verdicts = collections.Counter()
    bad = 0
    for case, result in results.items():
        verdicts[result["behavior"]] += 1
        if result["behavior"] not in GOOD or result["behaviorClose"] not in GOOD:
            bad += 1
            print(f"  {case}: {result['behavior']}, its end {result['behaviorClose']}")
    counts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
    print(f"{title}: {len(results)} cases: {counts}; {bad} not good. {folder}/index.html")
    assert len(results) == expected, f"{expected} cases were to run"
    return len(results) - bad, bad


def count_of(patterns):
    from autobahntestsuite.case import Cases

    names = [".".join(case.__name__[4:].split("_")) for case in Cases]
    wanted = [re.compile(re.escape(pattern).replace(r"\*", ".*")) for pattern in patterns]
    # The suite itself skips a case that it does not know in silence.
    assert all(any(map(one.fullmatch, names)) for one in wanted), f"no such case among {patterns}"
    return sum(any(one.fullmatch(name) for one in wanted) for name in names)


expected = count_of(CASES)
tally = [
    judge("server", against_the_daemon(), expected),
    judge("client", against_our_client(), expected),
]
passed, failed = map(sum, zip(*tally))
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
