"""What the protocol promises, through nginx, Caddy and HAProxy as docs/deploy.md sets them up."""

import http.client
import json
import subprocess

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from daemon import PATIENCE_SECS, expect_close, expect_silence, hear, hear_until, say
from events import Events
from over_http2 import Http2Socket
from proxied import BASE_PATH, BELOW_PATH, KINDS, NAME, Site

every_kind = pytest.mark.parametrize("kind", sorted(KINDS))


def test_a_conversation_with_a_cancel(site, task):
    with site.socket(f"/ws/worker/{task}") as worker, site.socket(f"/ws/progress/{task}") as watcher:
        say(worker, progress=10, title="Holiday.mp4")
        assert hear_until(watcher, lambda state: state.get("progress") == 10)
        say(watcher, action="cancel", reason="enough")
        assert hear(worker) == {"action": "cancel", "task_id": task, "reason": "enough"}
        say(worker, cancel="acknowledged")
        hear_until(watcher, lambda state: state.get("cancel") == "acknowledged")
        say(worker, status="cancelled")
        assert hear_until(watcher, lambda state: state["status"] == "cancelled")["progress"] == 10
        expect_silence(watcher)


def test_a_socket_is_closed_with_its_code(site, task):
    with site.socket(f"/ws/progress/{task}?until=end") as watcher:
        site.publish(task, status="completed")
        expect_close(watcher, 1000)


def test_publishing_and_polling(site, task):
    status, _, answer = site.request("POST", f"/api/progress/{task}", {"progress": 1})
    assert (status, answer["watchers"]) == (201, 0)
    status, fields, state = site.request("GET", f"/api/progress/{task}")
    assert (status, state["progress"], fields["ETag"]) == (200, 1, f'"{state["rev"]}"')
    status, _, _ = site.request(
        "GET", f"/api/progress/{task}", headers={"If-None-Match": fields["ETag"]}
    )
    assert status == 304
    status, _, answer = site.request("POST", f"/api/progress/{task}", {"progress": 101})
    assert (status, answer["error"]) == (422, "bad_state")
    status, _, _ = site.request("DELETE", f"/api/progress/{task}")
    assert status == 204


def test_a_batch_as_large_as_they_may_be(site, task):
    line = json.dumps({"task_id": task, "title": "x" * 15_000}) + "\n"
    batch = line * (1024 * 1024 // len(line))
    status, _, answer = site.request("POST", "/api/progress", batch)
    assert (status, len(answer["results"])) == (200, batch.count("\n"))
    assert all("error" not in result for result in answer["results"])


def test_a_page_of_the_site_may_cancel_and_a_strange_one_may_not(site, task):
    with site.socket(f"/ws/progress/{task}", origin=f"https://{site.authority}"):
        pass
    with pytest.raises(InvalidStatus) as refused:
        site.socket(f"/ws/progress/{task}", origin="https://evil.example").close()
    assert refused.value.response.status_code == 403


def test_plain_http_is_sent_to_https(site):
    connection = http.client.HTTPConnection(site.host, site.plain_port, timeout=PATIENCE_SECS)
    connection.request("GET", "/healthz?a=b", headers={"Host": NAME})
    response = connection.getresponse()
    assert response.status == 308
    # A port other than the test's stands in no address of a real site.
    assert response.headers["Location"].startswith(f"https://{NAME}")
    assert response.headers["Location"].endswith("/healthz?a=b")
    connection.close()


def test_the_page_comes_over_http_2(site):
    arguments = ["--http2", "--write-out", "\n%{http_version} %{http_code}"]
    answer = subprocess.run(
        site.curl(*arguments, f"https://{site.authority}/"),
        capture_output=True,
        text=True,
        check=True,
    )
    page, _, end = answer.stdout.rpartition("\n")
    assert end == "2 200"
    assert "<html" in page


def test_haproxy_carries_sockets_over_http_2(task):
    with Site("haproxy") as site:
        stream = site.secure(site.raw(), ["h2"])
        site.publish(task, progress=3)
        socket = Http2Socket(stream, site.authority, f"/ws/progress/{task}")
        assert socket.status == "200"
        assert socket.hear()["progress"] == 3
        socket.say(action="cancel")
        assert socket.hear()["cancel"] == "requested"
        stream.close()


@every_kind
def test_a_path_of_a_site_is_the_daemons_and_the_rest_is_not(kind, task):
    with Site(kind, BELOW_PATH) as site:
        status, _, _ = site.request("GET", "/healthz")
        assert status == 200
        with site.socket(f"/ws/progress/{task}") as watcher:
            site.publish(task, progress=7)
            assert hear(watcher)["progress"] == 7
        connection = site.connection()
        connection.request("GET", BASE_PATH)
        response = connection.getresponse()
        assert response.status in (301, 308)
        assert response.headers["Location"].endswith(f"{BASE_PATH}/")
        connection.close()
        for elsewhere in ["/healthz", f"{BASE_PATH}ive/healthz"]:
            connection = site.connection()
            connection.request("GET", elsewhere)
            response = connection.getresponse()
            assert (response.status, response.read()) != (200, b'{"status":"ok"}')
            connection.close()


@every_kind
def test_limits_hold_for_each_asker_whatever_it_claims(kind, task):
    with Site(kind, options=["--max-connections-per-address", "1"]) as site:
        path = f"/ws/progress/{task}"
        with site.socket(path, "127.0.0.2") as first:
            for lie in [{}, {"X-Forwarded-For": "127.9.9.9"}, {"Forwarded": "for=127.9.9.9"}]:
                with pytest.raises(InvalidStatus) as refused:
                    site.socket(path, "127.0.0.2", additional_headers=lie).close()
                assert refused.value.response.status_code == 503
            with site.socket(path, "127.0.0.3") as second:
                expect_silence(second)
            expect_silence(first)


@every_kind
def test_a_lie_of_one_asker_costs_no_other(kind, task):
    # Who writes the field that the proxy does not use must still be counted as itself.
    with Site(kind, options=["--max-connections-per-address", "1"]) as site:
        path = f"/ws/progress/{task}"
        lie = {"Forwarded": "for=127.9.9.9", "X-Forwarded-For": "127.9.9.8"}
        with site.socket(path, "127.0.0.2", additional_headers=lie):
            with site.socket(path, "127.0.0.3", additional_headers=lie) as other:
                expect_silence(other)


@every_kind
def test_a_restart_behind_the_proxy(kind, task):
    with Site(kind) as site:
        path = f"progress/{task}"
        with site.socket(f"/ws/{path}") as watcher, Events(site, f"/sse/{path}") as events:
            site.publish(task, progress=1)
            assert hear(watcher)["progress"] == 1
            assert events.hear()["progress"] == 1
            site.daemon.stop()
            expect_close(watcher, 1001)
            assert list(events) == []
        assert status_of(site, "/healthz") in (502, 503)
        site.restart_daemon()
        with site.socket(f"/ws/{path}") as watcher:
            site.publish(task, progress=2)
            assert hear(watcher)["progress"] == 2


def status_of(site, path):
    """The status of an answer that may be the proxy's own, and then is no JSON."""
    connection = site.connection()
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()
