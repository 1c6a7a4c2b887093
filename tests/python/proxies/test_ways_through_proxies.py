"""Event streams and long polls through the proxies: what is held or streamed arrives at once."""

import concurrent.futures

import pytest

from daemon import PATIENCE_SECS
from events import Events
from proxied import BELOW_PATH, KINDS, Site


both_versions = pytest.mark.parametrize("version", ["--http1.1", "--http2"])


@both_versions
def test_each_event_arrives_before_the_next_one_is_made(site, task, version):
    site.publish(task, progress=0)
    with Events(site, f"/sse/progress/{task}", version) as events:
        # A proxy that keeps some back would let this wait for ever.
        for progress in range(1, 11):
            assert events.hear()["progress"] == progress - 1
            site.publish(task, progress=progress)


@both_versions
def test_a_stream_ends_with_its_task(site, task, version):
    with Events(site, f"/sse/progress/{task}?until=end", version) as events:
        site.publish(task, status="completed", progress=100)
        assert events.hear()["status"] == "completed"
        assert list(events) == []
        assert events.child.wait(PATIENCE_SECS) == 0


def test_a_stream_resumes_where_it_was(site, task):
    rev = site.publish(task, progress=1)["rev"]
    with Events(site, f"/sse/progress/{task}", "--header", f"Last-Event-ID: {rev}") as events:
        until_watched(site, task)
        site.publish(task, progress=2)
        assert events.hear()["progress"] == 2


def until_watched(site, task):
    """Heartbeats, until the answer to one says that somebody watches."""
    while site.publish(task)["watchers"] == 0:
        pass


def test_a_long_poll_is_answered_by_the_change(site, task):
    rev = site.publish(task, progress=1)["rev"]
    with concurrent.futures.ThreadPoolExecutor() as others:
        held = others.submit(
            site.request, "GET", f"/api/progress/{task}?since={rev}&wait={PATIENCE_SECS}"
        )
        until_watched(site, task)
        assert not held.done()
        site.publish(task, progress=2)
        status, _, state = held.result(PATIENCE_SECS)
    assert (status, state["progress"]) == (200, 2)


def test_a_long_poll_ends_empty_in_time(site, task):
    rev = site.publish(task, progress=1)["rev"]
    status, _, state = site.request("GET", f"/api/progress/{task}?since={rev}&wait=1")
    assert (status, state) == (204, None)


def test_a_worker_hears_of_a_cancel_by_its_long_poll(site, task):
    site.publish(task, progress=1)
    with concurrent.futures.ThreadPoolExecutor() as others:
        held = others.submit(
            site.request, "GET", f"/api/progress/{task}/cancel?wait={PATIENCE_SECS}"
        )
        status, _, _ = site.request("POST", f"/api/progress/{task}/cancel", {"reason": "enough"})
        assert status == 202
        status, _, answer = held.result(PATIENCE_SECS)
    assert (status, answer["cancel"]) == (200, "requested")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_below_a_path_streams_and_long_polls_are_there_too(kind, task):
    with Site(kind, BELOW_PATH) as site, Events(site, f"/sse/progress/{task}") as events:
        rev = site.publish(task, progress=1)["rev"]
        assert events.hear()["progress"] == 1
        status, _, state = site.request("GET", f"/api/progress/{task}?since={rev - 1}&wait=1")
        assert (status, state["progress"]) == (200, 1)
