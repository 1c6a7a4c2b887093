"""The unit of docs/deploy.md, as systemd reads it."""

import re
import subprocess
import sys
import pathlib

import pytest

from daemon import BINARY, Daemon, expect_silence, hear
from proxied import blocks

CONFINED = pathlib.Path(__file__).with_name("confined.py")
SHOWN_PROGRAM = "/usr/local/bin/doneyet"
# Of 0 to 100, as `systemd-analyze security` counts. A unit that says nothing has 96.
MAX_EXPOSURE = 15

(UNIT,) = blocks("ini")


@pytest.fixture
def unit(tmp_path):
    """The unit in a file, with the program where it is here."""
    assert SHOWN_PROGRAM in UNIT
    path = tmp_path / "doneyet.service"
    path.write_text(UNIT.replace(SHOWN_PROGRAM, str(BINARY)))
    return path


def settings(name):
    """The values of a setting, in order."""
    return re.findall(rf"^{name}=(.*)$", UNIT, re.MULTILINE)


def analyze(*arguments):
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *arguments], capture_output=True, text=True
    )


def test_systemd_understands_every_line(unit):
    answer = analyze("verify", "--man=no", unit)
    assert (answer.returncode, answer.stdout + answer.stderr) == (0, "")


def test_systemd_finds_little_exposed(unit):
    answer = analyze("security", "--offline=true", f"--threshold={MAX_EXPOSURE}", unit)
    assert answer.returncode == 0, answer.stdout
    # One that would not be confined is told from it.
    unit.write_text(f"[Service]\nExecStart={BINARY}\n")
    assert analyze("security", "--offline=true", f"--threshold={MAX_EXPOSURE}", unit).returncode


def calls(group):
    """The system calls in a group, those of the groups within it included."""
    listing = analyze("syscall-filter", group)
    assert listing.returncode == 0, listing.stderr
    names = set()
    for word in re.findall(r"^\s+([@\w-]+)$", listing.stdout, re.MULTILINE):
        names |= calls(word) if word.startswith("@") else {word}
    return names


def allowed_calls():
    """What the unit's `SystemCallFilter=` lines come to, and what systemd always allows."""
    first, *rest = settings("SystemCallFilter")
    names = calls(first)
    for taken in rest:
        names -= calls(taken.removeprefix("~"))
    return names | calls("@default") | {"execve"}


def test_the_daemon_serves_within_its_system_calls(tmp_path, task):
    listed = tmp_path / "calls"
    listed.write_text("\n".join(sorted(allowed_calls())))
    (command,) = re.findall(rf"^ExecStart={SHOWN_PROGRAM} serve ((?:.*\\\n)*.*)$", UNIT, re.MULTILINE)
    (tmp_path / "publish-tokens").write_text("secret\n")
    options = command.replace("\\\n", " ").replace("%d", str(tmp_path)).split()
    with Daemon(*options, program=[sys.executable, CONFINED, listed, BINARY]) as daemon:
        with daemon.socket(f"/ws/progress/{task}") as watcher:
            status, _, _ = daemon.request("POST", f"/api/progress/{task}", {"progress": 1})
            assert status == 401
            bearer = {"Authorization": "Bearer secret"}
            daemon.request("POST", f"/api/progress/{task}", {"progress": 1}, bearer)
            assert hear(watcher)["progress"] == 1
            expect_silence(watcher)
