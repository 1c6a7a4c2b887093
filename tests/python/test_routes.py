"""Every route, by Python's `websockets` and the standard library's HTTP client."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack

import pytest
from websockets.exceptions import InvalidStatus

from daemon import Daemon, PATIENCE_SECS, expect_close, expect_silence, hear, hear_until, say


def test_watch_one_task(daemon, task):
    with daemon.socket(f"/ws/progress/{task}") as ws:
        expect_silence(ws)
        assert daemon.publish(task, progress=1, title="Holiday")["watchers"] == 1
        first = hear(ws)
        assert (first["task_id"], first["status"], first["progress"]) == (task, "running", 1)
        daemon.publish(task, progress=2)
        second = hear(ws)
        assert (second["progress"], second["title"]) == (2, "Holiday")
        assert second["rev"] == first["rev"] + 1
        daemon.publish(task, progress=2)
        expect_silence(ws)


def test_everybody_gets_the_same_text(daemon, task):
    paths = [f"/ws/progress/{task}", f"/ws/progress/{task}?until=end", "/ws/progress"]
    with ExitStack() as stack:
        sockets = [stack.enter_context(daemon.socket(path)) for path in paths]
        say(sockets[2], action="subscribe", task_id=task)
        expect_silence(sockets[2])
        daemon.publish(task, progress=1, extra={"list": [1, None, "é"]})
        texts = {ws.recv(timeout=PATIENCE_SECS) for ws in sockets}
        assert len(texts) == 1


def test_watch_all(daemon, task):
    daemon.publish(task, progress=1)
    with daemon.socket("/ws/all") as ws:
        hear_until(ws, lambda state: state["task_id"] == task)
        daemon.publish(task + "-2")
        hear_until(ws, lambda state: state["task_id"] == task + "-2")


def test_subscribe_and_unsubscribe(daemon, task):
    daemon.publish(task, progress=1)
    with daemon.socket("/ws/progress") as ws:
        say(ws, action="subscribe", task_id=task)
        assert hear(ws)["progress"] == 1
        say(ws, action="unsubscribe", task_id=task)
        expect_silence(ws)
        assert daemon.publish(task, progress=2)["watchers"] == 0
        expect_silence(ws)


def test_until_end(daemon, task):
    with daemon.socket(f"/ws/progress/{task}?until=end") as ws:
        daemon.publish(task, status="failed", error="disk full")
        assert hear(ws)["error"] == "disk full"
        expect_close(ws, 1000)


def test_worker_socket(daemon, task):
    with daemon.socket(f"/ws/worker/{task}") as worker, daemon.socket("/ws/progress") as watcher:
        say(watcher, action="subscribe", task_id=task)
        say(worker, status="downloading", loaded=50, total=200)
        state = hear(watcher)
        assert (state["status"], state["progress"]) == ("downloading", 25)
        say(worker, progress="half")
        answer = hear(worker)
        assert answer["error"] == "bad_state" and "progress" in answer["message"]
        say(watcher, action="cancel", task_id=task, reason="enough")
        assert hear(worker) == {"action": "cancel", "task_id": task, "reason": "enough"}
        assert hear(watcher)["cancel"] == "requested"
        say(worker, cancel="acknowledged")
        assert hear(watcher)["cancel"] == "acknowledged"
        say(worker, status="cancelled")
        end = hear(watcher)
        assert end["status"] == "cancelled" and "cancel" not in end


def test_worker_socket_of_many_tasks(daemon, task):
    with daemon.socket("/ws/worker") as worker, daemon.socket("/ws/progress") as watcher:
        for name in (task + "-a", task + "-b"):
            say(watcher, action="subscribe", task_id=name)
            expect_silence(watcher)
            say(worker, task_id=name, progress=3)
            assert hear(watcher)["task_id"] == name
            say(watcher, action="cancel", task_id=name)
            assert hear(worker) == {"action": "cancel", "task_id": name}
            assert hear(watcher)["cancel"] == "requested"


def test_a_watcher_may_cancel_by_socket(daemon, task):
    daemon.publish(task, progress=1)
    with daemon.socket(f"/ws/progress/{task}") as one, daemon.socket(f"/ws/progress/{task}") as two:
        hear(one), hear(two)
        say(one, action="cancel")
        assert hear(one)["cancel"] == hear(two)["cancel"] == "requested"


def test_hello_and_echo(daemon):
    with daemon.socket("/ws") as ws:
        assert hear(ws) == {"hello": "world"}
    with daemon.socket("/ws/echo", max_size=None) as ws:
        for message in ("", "grüße 🎉", b"\x00\xff", "x" * 70_000, b"y" * 3_000_000):
            ws.send(message)
            assert ws.recv(timeout=PATIENCE_SECS) == message
        ws.send(["frag", "ment", "ed"])
        assert ws.recv(timeout=PATIENCE_SECS) == "fragmented"
        assert ws.ping(b"there?").wait(PATIENCE_SECS)


def test_offered_compression_is_declined(daemon):
    with daemon.socket("/ws/echo", compression="deflate") as ws:
        assert ws.response.headers.get("Sec-WebSocket-Extensions") is None
        ws.send("plain")
        assert ws.recv(timeout=PATIENCE_SECS) == "plain"


def test_echo_is_not_there_unless_asked_for():
    with Daemon() as daemon, pytest.raises(InvalidStatus) as refused:
        with daemon.socket("/ws/echo"):
            pass
    assert refused.value.response.status_code == 404


def test_publish_show_list_forget(daemon, task):
    target = f"/api/progress/{task}"
    assert daemon.request("POST", target, {"progress": 1, "a": 1})[0] == 201
    assert daemon.request("POST", target, {"progress": 2, "a": None})[0] == 200
    status, headers, state = daemon.request("GET", target)
    assert (status, state["progress"], "a" in state) == (200, 2, False)
    assert headers["ETag"] == f'"{state["rev"]}"'
    assert daemon.request("GET", target, headers={"If-None-Match": headers["ETag"]})[0] == 304
    assert daemon.request("HEAD", target)[0] == 200
    assert daemon.request("PUT", target, {"status": "completed"})[0] == 200
    assert daemon.request("POST", target, {"progress": 3})[2]["error"] == "finished"
    tasks = daemon.request("GET", "/api/progress?status=completed")[2]["tasks"]
    assert task in [each["task_id"] for each in tasks]
    with daemon.socket(f"/ws/progress/{task}") as ws:
        assert hear(ws)["status"] == "completed"
        assert daemon.request("DELETE", target)[0] == 204
        expect_close(ws, 1000)
    assert daemon.request("GET", target)[0] == 404


def test_batch(daemon, task):
    lines = f'{{"task_id":"{task}","progress":1}}\n\n[]\n{{"task_id":"/"}}\n'
    status, _, answer = daemon.request("POST", "/api/progress", lines)
    assert status == 200
    said = [result.get("error", result.get("task_id")) for result in answer["results"]]
    assert said == [task, "bad_state", "bad_task_id"]


def test_cancel_by_request(daemon, task):
    target = f"/api/progress/{task}/cancel"
    assert daemon.request("POST", target)[2]["error"] == "unknown_task"
    daemon.publish(task)
    for body in (None, '{"reason":"enough"}'):
        status, _, state = daemon.request("POST", target, body)
        assert (status, state["cancel"]) == (202, "requested")
    assert daemon.publish(task, progress=1)["cancel"] == "requested"
    daemon.publish(task, status="cancelled")
    status, _, answer = daemon.request("POST", target)
    assert (status, answer["error"]) == (409, "finished")


def test_dashboard_module_and_health(daemon):
    base = f"http://{daemon.host}:{daemon.port}"
    with urllib.request.urlopen(base + "/") as page:
        assert page.headers.get_content_type() == "text/html"
        assert b"<html" in page.read()
    with urllib.request.urlopen(base + "/doneyet.js") as module:
        assert module.headers.get_content_type() == "text/javascript"
    assert daemon.request("GET", "/healthz")[0] == 200


WORKER = """
import json, sys
from websockets.sync.client import connect
ws = connect(sys.argv[1], compression=None)
ws.send(json.dumps({"status": "training", "progress": 12}))
ws.recv()
"""


def test_a_killed_worker_is_lost_and_comes_back(task):
    with Daemon("--lease", "1s") as daemon, daemon.socket(f"/ws/progress/{task}") as watcher:
        url = f"ws://{daemon.host}:{daemon.port}/ws/worker/{task}"
        worker = subprocess.Popen([sys.executable, "-c", WORKER, url])
        try:
            assert hear(watcher)["status"] == "training"
        finally:
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait(PATIENCE_SECS)
        lost = hear(watcher)
        assert (lost["status"], lost["progress"]) == ("lost", 12)
        with daemon.socket(f"/ws/worker/{task}") as revived:
            say(revived, progress=13)
            back = hear(watcher)
            assert (back["status"], back["progress"]) == ("training", 13)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_stop_closes_with_1001(task, how):
    with Daemon() as daemon, daemon.socket(f"/ws/progress/{task}") as ws:
        expect_silence(ws)
        begun = time.monotonic()
        daemon.stop(how)
        assert time.monotonic() - begun < 5
        expect_close(ws, 1001)


@pytest.mark.parametrize(
    "origin, allowed",
    [
        ("http://localhost:3000", True),
        ("http://127.0.0.1:1", True),
        ("http://[::1]:9", True),
        ("https://example.org", False),
        ("http://localhost.example.org", False),
        ("http://127.0.0.1.example.org", False),
        ("null", False),
        ("file://", False),
    ],
)
def test_pages_of_strangers_are_kept_out(daemon, task, origin, allowed):
    headers = {"Origin": origin}
    status, fields, _ = daemon.request("POST", f"/api/progress/{task}", {}, headers)
    assert status == (201 if allowed else 403)
    assert fields.get("Access-Control-Allow-Origin") == (origin if allowed else None)
    if allowed:
        with daemon.socket(f"/ws/progress/{task}", origin=origin):
            pass
        status, fields, _ = daemon.request("OPTIONS", f"/api/progress/{task}", None, headers)
        assert status == 204 and "POST" in fields["Access-Control-Allow-Methods"]
    else:
        with pytest.raises(InvalidStatus) as refused:
            with daemon.socket(f"/ws/progress/{task}", origin=origin):
                pass
        assert refused.value.response.status_code == 403


@pytest.mark.parametrize("host", ["example.org", "localhost.example.org", "10.0.0.1", "doneyet"])
def test_a_name_rebound_to_loopback_is_refused(daemon, host):
    status, _, answer = daemon.request("GET", "/api/progress", headers={"Host": host})
    assert (status, answer["error"]) == (403, "forbidden_host")
