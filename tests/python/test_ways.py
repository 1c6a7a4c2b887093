"""Long polls and Server-Sent Events, by `requests`, `sseclient` and the standard library."""

import base64
import hmac
import http.client
import json
import signal
import threading

import pytest
import requests
from sseclient import SSEClient

from daemon import PATIENCE_SECS, Daemon

SECRET = "c2VjcmV0IGZvciB0aWNrZXRz"


def ticket(task):
    """A ticket to watch one task, as docs/protocol.md has it signed."""
    encode = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=")
    claims = {"task_id": task, "rights": ["watch"], "exp": 4102444800}
    signed = encode(b'{"alg":"HS256"}') + b"." + encode(json.dumps(claims).encode())
    mac = hmac.digest(SECRET.encode(), signed, "sha256")
    return (signed + b"." + encode(mac)).decode()


def url(daemon, path):
    return f"http://{daemon.host}:{daemon.port}{path}"


def listen(daemon, path, **options):
    """An event stream by a library that comes back by itself, with what it heard last."""
    return SSEClient(url(daemon, path), timeout=PATIENCE_SECS, **options)


def next_state(events):
    """The next event with something in it, which must be a state that names its revision."""
    while True:
        event = next(events)
        if event.data:
            state = json.loads(event.data)
            assert (event.event, event.id) == ("message", str(state["rev"]))
            return state


def poll(daemon, path, **options):
    return requests.get(url(daemon, path), timeout=PATIENCE_SECS, **options)


class Later(threading.Thread):
    """A request in the background."""

    def __init__(self, daemon, path, **options):
        super().__init__(daemon=True)
        self.call = lambda: poll(daemon, path, **options)
        self.start()

    def run(self):
        self.answer = self.call()

    def result(self):
        self.join(PATIENCE_SECS)
        return self.answer


def wait_for_watchers(daemon, task, count):
    """Until the daemon has taken in what other connections asked."""
    while daemon.publish(task)["watchers"] != count:
        pass


def test_events(daemon, task):
    daemon.publish(task, progress=1, title="größer")
    events = listen(daemon, f"/sse/progress/{task}")
    first = next_state(events)
    assert (first["progress"], first["title"]) == (1, "größer")
    assert events.retry == 2000
    assert daemon.publish(task, progress=2)["watchers"] == 1
    assert next_state(events)["rev"] == first["rev"] + 1
    fields = events.resp.headers
    assert fields["Content-Type"].startswith("text/event-stream")
    assert (fields["Cache-Control"], fields["X-Accel-Buffering"]) == ("no-cache", "no")
    assert "Content-Length" not in fields and "Transfer-Encoding" not in fields


def test_four_ways_to_the_same_text(daemon, task):
    daemon.publish(task, progress=1, extra={"list": [1, None, "é"]})
    with daemon.socket(f"/ws/progress/{task}") as ws:
        text = ws.recv(timeout=PATIENCE_SECS)
    events = listen(daemon, f"/sse/progress/{task}")
    data = next(event.data for event in events if event.data)
    plain = poll(daemon, f"/api/progress/{task}")
    held = poll(daemon, f"/api/progress/{task}?since=1")
    assert text == data == plain.content.decode() == held.content.decode()
    assert plain.headers["ETag"] == held.headers["ETag"] == f'"{json.loads(text)["rev"]}"'


def test_events_of_all(daemon, task):
    daemon.publish(task, progress=1)
    events = listen(daemon, "/sse/all", last_id="7")
    while next_state(events)["task_id"] != task:
        pass
    daemon.publish(task + "-2")
    while next_state(events)["task_id"] != task + "-2":
        pass


def test_events_are_resumed_without_a_repetition(daemon, task):
    daemon.publish(task, progress=1)
    events = listen(daemon, f"/sse/progress/{task}")
    seen = next_state(events)["rev"]
    events.resp.close()
    again = listen(daemon, f"/sse/progress/{task}", last_id=str(seen))
    wait_for_watchers(daemon, task, 1)
    daemon.publish(task, progress=2)
    assert next_state(again)["progress"] == 2
    late = listen(daemon, f"/sse/progress/{task}", last_id=str(seen))
    assert next_state(late)["progress"] == 2


def test_events_until_the_end_and_not_again(daemon, task):
    events = listen(daemon, f"/sse/progress/{task}?until=end")
    daemon.publish(task, status="completed")
    end = next_state(events)
    assert end["status"] == "completed"
    # Who comes back with it is told that there is nothing more; `EventSource` stops then.
    again = {"Last-Event-ID": str(end["rev"])}
    assert poll(daemon, f"/sse/progress/{task}?until=end", headers=again).status_code == 204


def test_a_listener_outlives_the_daemon(task):
    """The states it hears after a restart go on where they were, none twice, to the end."""
    with Daemon() as daemon:
        port = daemon.port
        daemon.publish(task, progress=1)
        events = listen(daemon, f"/sse/progress/{task}")
        revs = [next_state(events)["rev"]]
        daemon.publish(task, progress=2)
        revs.append(next_state(events)["rev"])
    with Daemon("--listen", f"127.0.0.1:{port}") as daemon:
        daemon.publish(task, progress=2)
        daemon.publish(task, progress=3)
        state = None
        while state is None:
            try:
                state = next_state(events)
            except requests.ConnectionError:
                events = SSEClient(events.url, last_id=events.last_id, timeout=PATIENCE_SECS)
        revs.append(state["rev"])
        daemon.publish(task, status="completed")
        while state["status"] != "completed":
            state = next_state(events)
            revs.append(state["rev"])
        assert revs == sorted(set(revs))


def test_a_poll_that_waits(daemon, task):
    daemon.publish(task, progress=1)
    rev = poll(daemon, f"/api/progress/{task}").json()["rev"]
    held = Later(daemon, f"/api/progress/{task}?since={rev}&wait=60")
    wait_for_watchers(daemon, task, 1)
    daemon.publish(task, progress=2)
    answer = held.result()
    assert (answer.status_code, answer.json()["rev"]) == (200, rev + 1)
    nothing = poll(daemon, f"/api/progress/{task}?since={rev + 1}&wait=0.1")
    assert (nothing.status_code, nothing.content) == (204, b"")
    tagged = {"If-None-Match": f'"{rev + 1}"'}
    assert poll(daemon, f"/api/progress/{task}?since={rev}", headers=tagged).status_code == 304


def test_a_poll_before_its_task(daemon, task):
    held = Later(daemon, f"/api/progress/{task}?wait=60")
    # A plain poll does not wait, and to watch is to publish nothing.
    assert poll(daemon, f"/api/progress/{task}").status_code == 404
    other = Later(daemon, f"/api/progress/{task}?since=7")
    daemon.publish(task, progress=5)
    assert held.result().json()["progress"] == 5
    assert other.result().json()["progress"] == 5


@pytest.mark.parametrize("query", ["since=x", "since=-1", "wait=61", "wait=-1", "wait=", "wait=nan"])
def test_a_poll_that_makes_no_sense(daemon, task, query):
    answer = poll(daemon, f"/api/progress/{task}?{query}")
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")
    assert query.split("=")[0] in answer.json()["message"]


def test_one_connection_polls_on_and_on(daemon, task):
    connection = http.client.HTTPConnection(daemon.host, daemon.port, timeout=PATIENCE_SECS)
    since, progress = 0, 0
    for _ in range(20):
        progress += 5
        daemon.publish(task, progress=progress)
        connection.request("GET", f"/api/progress/{task}?since={since}")
        state = json.loads(connection.getresponse().read())
        assert state["progress"] == progress
        since = state["rev"]
    connection.request("HEAD", f"/api/progress/{task}?since={since}&wait=0.1")
    assert connection.getresponse().read() == b""
    connection.close()


def test_a_worker_without_a_socket(daemon, task):
    daemon.publish(task, progress=1)
    assert poll(daemon, f"/api/progress/{task}/cancel?wait=0.1").status_code == 204
    held = Later(daemon, f"/api/progress/{task}/cancel?wait=30")
    daemon.request("POST", f"/api/progress/{task}/cancel", {"reason": "enough"})
    wish = {"cancel": "requested", "task_id": task, "reason": "enough"}
    assert held.result().json() == wish
    assert poll(daemon, f"/api/progress/{task}/cancel").json() == wish
    daemon.publish(task, status="cancelled")
    assert poll(daemon, f"/api/progress/{task}/cancel?wait=0").status_code == 204


def test_forgotten_means_the_end_of_each_way(daemon, task):
    daemon.publish(task, progress=1)
    events = poll(daemon, f"/sse/progress/{task}", stream=True)
    rev = poll(daemon, f"/api/progress/{task}").json()["rev"]
    held = Later(daemon, f"/api/progress/{task}?since={rev}")
    worker = Later(daemon, f"/api/progress/{task}/cancel")
    wait_for_watchers(daemon, task, 2)
    assert daemon.request("DELETE", f"/api/progress/{task}")[0] == 204
    assert events.content.count(b"data: ") == 1
    assert held.result().json()["error"] == "unknown_task"
    # It may have asked just after: then it waits for a task that nobody knows.
    daemon.publish(task, progress=1)
    daemon.request("POST", f"/api/progress/{task}/cancel")
    assert worker.result().status_code in (200, 404)


def test_who_may_listen_and_poll():
    keys = ("--publish-token", "pub", "--watch-token", "watch", "--ticket-secret", SECRET)
    with Daemon(*keys) as daemon:
        worker = {"Authorization": "Bearer pub"}
        daemon.request("POST", "/api/progress/a", {"progress": 1}, worker)
        for path in ("/sse/progress/a", "/sse/all", "/api/progress/a?since=1"):
            assert poll(daemon, path).status_code == 401
            assert poll(daemon, path, headers=worker).status_code == 401
        assert next_state(listen(daemon, "/sse/all?token=watch"))["progress"] == 1
        assert next_state(listen(daemon, f"/sse/progress/a?ticket={ticket('a')}"))
        assert poll(daemon, f"/api/progress/a?since=1&ticket={ticket('a')}").ok
        for path in ("/sse/progress/b", "/sse/all", "/api/progress/b?wait=1"):
            mark = "&" if "?" in path else "?"
            answer = poll(daemon, f"{path}{mark}ticket={ticket('a')}")
            assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")
        assert poll(daemon, "/api/progress/a/cancel?token=watch").status_code == 401
        assert poll(daemon, "/api/progress/a/cancel?wait=0", headers=worker).status_code == 204


def test_pages_of_friends_may_listen_and_strangers_cannot_read(daemon, task):
    daemon.publish(task, progress=1)
    for path in (f"/sse/progress/{task}", f"/api/progress/{task}?since=1"):
        friend = {"Origin": "http://localhost:3000"}
        with poll(daemon, path, headers=friend, stream=True) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == friend["Origin"]
        with poll(daemon, path, headers={"Origin": "https://evil.example"}, stream=True) as answer:
            assert "Access-Control-Allow-Origin" not in answer.headers


def test_below_a_base_path(task):
    with Daemon("--base-path", "/p") as daemon:
        daemon.request("POST", f"/p/api/progress/{task}", {"progress": 1})
        assert next_state(listen(daemon, f"/p/sse/progress/{task}"))["progress"] == 1
        assert poll(daemon, f"/p/api/progress/{task}?since=1").ok
        assert poll(daemon, f"/sse/progress/{task}").status_code == 404


def test_an_old_client_listens_to_the_end(daemon, task):
    with daemon.raw() as stream:
        stream.sendall(f"GET /sse/progress/{task}?until=end HTTP/1.0\r\n\r\n".encode())
        head = b""
        while not head.endswith(b"\r\n\r\nretry: 2000\n\n"):
            head += stream.recv(1)
        daemon.publish(task, status="completed")
        rest = b""
        while chunk := stream.recv(4096):
            rest += chunk
        assert rest.startswith(b"id: ") and rest.endswith(b"}\n\n")


def test_a_daemon_that_stops_lets_nobody_wait(task):
    daemon = Daemon()
    daemon.publish(task, progress=1)
    rev = poll(daemon, f"/api/progress/{task}").json()["rev"]
    events = poll(daemon, f"/sse/progress/{task}", stream=True)
    held = Later(daemon, f"/api/progress/{task}?since={rev}&wait=60")
    wait_for_watchers(daemon, task, 2)
    daemon.stop(signal.SIGTERM)
    answer = held.result()
    assert (answer.status_code, answer.json()["error"]) == (503, "stopping")
    assert int(answer.headers["Retry-After"]) > 0
    assert events.content.endswith(b"}\n\n")
