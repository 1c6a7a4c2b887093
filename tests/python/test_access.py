"""Who may: origins, tokens in each of their places, and paths below a base."""

import base64
import hashlib
import hmac
import json
import time

import pytest

from daemon import Daemon
from dialogue import ON, OVER, ask, check, handshake, publish, request

TASK = "/api/progress/known"
LENGTH = "Content-Length: 0"
PUBLISH, WATCH, SECRET = "pub-0a~b", "look.1+2/3=", "c2VjcmV0IGZvciB0aWNrZXRz"


def origin(text):
    return f"Origin: {text}"


# The daemon is asked as `localhost`, without a port: as a page at http://localhost:80 would.
KNOWN = [
    "http://localhost",
    "http://localhost:80",
    "https://localhost:443",
    "http://localhost:5173",
    "https://127.0.0.1",
    "http://127.200.1.2:1",
    "http://[::1]",
    "http://[::1]:65535",
    "http://app.localhost:3000",
    "http://LOCALHOST:3000",
    "https://app.example",
    "HTTPS://APP.EXAMPLE",
    "http://10.0.0.7:8080",
]
STRANGE = [
    "",
    "null",
    "NULL",
    "*",
    "localhost",
    "//localhost",
    "http:",
    "http://",
    "http://localhost:",
    "http://localhost:x",
    "http://localhost:65536",
    "http://localhost:80:80",
    "http://localhost/",
    "http://localhost/path",
    "http://me@localhost",
    "http://localhost@evil.example",
    "http://localhost.evil.example",
    "http://evil.example/.localhost",
    "http://evil-localhost",
    "http://127.0.0.1.evil.example",
    "http://128.0.0.1",
    "http://[::2]",
    "http://[::1",
    "http://::1",
    "file://",
    "file://localhost",
    "chrome-extension://localhost",
    "http://app.example",
    "https://app.example:8443",
    "https://app.example.evil",
    "https://evilapp.example",
    "https://app.example, http://localhost",
    "http://localhost http://evil.example",
    "http://10.0.0.7",
    "http://10.0.0.7:80808",
]
# An empty port is never written by a browser, and means the default one where it is (RFC 3986).
KNOWN.append(STRANGE.pop(STRANGE.index("http://localhost:")))


@pytest.fixture(scope="module")
def friendly():
    options = ["--allow-origin", "https://app.example", "--allow-origin", "http://10.0.0.7:8080"]
    with Daemon(*options, "--allow-host", "progress.example") as daemon:
        daemon.publish("known", progress=1)
        yield daemon


def changes(field):
    """Everything that a page of a stranger must not do."""
    return [
        publish(TASK, b'{"by":"a page"}', field),
        request("PUT", TASK, "Content-Length: 2", field, content=b"{}"),
        request("DELETE", TASK, field),
        request("POST", TASK + "/cancel", LENGTH, field),
        request("POST", "/api/progress", LENGTH, field),
        request("OPTIONS", TASK, field),
        request("HEAD", TASK, field),
        request("PATCH", TASK, LENGTH, field),
        request("POST", "/nowhere", LENGTH, field),
    ]


@pytest.mark.parametrize("text", STRANGE)
def test_a_page_of_a_strange_origin_reads_nothing_and_changes_nothing(friendly, text):
    before = friendly.request("GET", TASK)[2]
    for data in changes(origin(text)):
        head = data.startswith(b"HEAD")
        left_unread = b"Content-Length: " in data and b"Content-Length: 0" not in data
        fate = OVER if left_unread else ON
        check(friendly, data, 403, None if head else "forbidden_origin", fate)
    for path in ("/ws", "/ws/all", "/ws/progress", "/ws/progress/known", "/ws/worker/known"):
        check(friendly, handshake(path, origin(text)), 403, "forbidden_origin", OVER)
    reply = check(friendly, request("GET", TASK, origin(text)), 200, None, ON)
    assert "access-control-allow-origin" not in reply.fields
    assert friendly.request("GET", TASK)[2] == before


@pytest.mark.parametrize("text", KNOWN)
def test_a_page_of_a_known_origin_does_both(friendly, text):
    told = lambda reply: reply.fields["access-control-allow-origin"] == text
    assert told(check(friendly, request("GET", TASK, origin(text)), 200, None, ON))
    assert told(check(friendly, publish(TASK, b"{}", origin(text)), 200, None, ON))
    reply = check(friendly, request("OPTIONS", TASK, origin(text)), 204, None, ON)
    assert told(reply) and "PUT" in reply.fields["access-control-allow-methods"]
    check(friendly, handshake("/ws/progress/known", origin(text)), 101, None, OVER)


def test_two_origins_are_none(friendly):
    two = origin("http://localhost") + "\r\n" + origin("http://localhost")
    check(friendly, request("POST", TASK + "/cancel", LENGTH, two), 403, "forbidden_origin", ON)
    check(friendly, handshake("/ws", two), 403, "forbidden_origin", OVER)


def test_a_page_at_the_name_that_was_asked_is_at_home(friendly):
    host = b"Host: Progress.Example:8443\r\n"
    for text, status in [
        ("https://progress.example:8443", 101),
        ("http://progress.example:8443", 101),
        ("https://progress.example", 403),
        ("https://progress.example:843", 403),
    ]:
        data = handshake("/ws", origin(text), host=host)
        check(friendly, data, status, "forbidden_origin" if status == 403 else None, OVER)
    check(friendly, request("GET", "/", host=b"Host: other.example\r\n"), 403, "forbidden_host", ON)


@pytest.fixture(scope="module")
def guarded():
    options = ["--publish-token", PUBLISH, "--watch-token", WATCH, "--ticket-secret", SECRET]
    with Daemon(*options) as daemon:
        bearer = {"Authorization": f"Bearer {PUBLISH}"}
        for task in ("known", "other"):
            assert daemon.request("POST", f"/api/progress/{task}", "{}", bearer)[0] == 201
        yield daemon


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def ticket(secret=SECRET, algorithm="HS256", **claims):
    claims = {"task_id": "known", "rights": ["watch", "cancel"], "exp": int(time.time()) + 600, **claims}
    claims = {name: value for name, value in claims.items() if value is not None}
    parts = [encode(json.dumps(part).encode()) for part in ({"alg": algorithm}, claims)]
    signed = ".".join(parts)
    return signed + "." + encode(hmac.digest(secret.encode(), signed.encode(), "sha256"))


# Method, target, and which key opens it.
GUARDED = [
    ("POST", TASK, PUBLISH),
    ("PUT", TASK, PUBLISH),
    ("POST", "/api/progress", PUBLISH),
    ("DELETE", "/api/progress/nobody", PUBLISH),
    ("GET", TASK, WATCH),
    ("HEAD", TASK, WATCH),
    ("GET", "/api/progress", WATCH),
    ("POST", TASK + "/cancel", WATCH),
]
SOCKETS = [
    ("/ws/worker", PUBLISH),
    ("/ws/worker/known", PUBLISH),
    ("/ws", WATCH),
    ("/ws/all", WATCH),
    ("/ws/progress", WATCH),
    ("/ws/progress/known", WATCH),
]


def with_content(method, target, *fields):
    """A request with as little content as makes sense."""
    if method == "DELETE" or method in ("GET", "HEAD"):
        return request(method, target, *fields)
    content = b"{}"
    return request(method, target, f"Content-Length: {len(content)}", *fields, content=content)


def escaped(text):
    return "".join(f"%{byte:02x}" for byte in text.encode())


def placed(key):
    """A key in each of its places: what goes into the query, and what among the fields."""
    yield "", [f"Authorization: Bearer {key}"]
    yield "", [f"authorization: bearer  {key} "]
    yield f"?token={key}", []
    yield f"?a=b&token={escaped(key)}&c", []
    yield "?token=wrong", [f"Authorization: Bearer {key}"]


@pytest.mark.parametrize("method, target, key", GUARDED)
def test_each_route_opens_with_its_key_in_each_place(guarded, method, target, key):
    for query, fields in placed(key):
        reply, _ = ask(guarded, with_content(method, target + query, *fields))
        assert reply.status in (200, 202, 404), reply.body


def wrong_keys(key):
    other = WATCH if key == PUBLISH else PUBLISH
    yield "", []
    for wrong in (other, key + "x", key[:-1], key.upper(), "", ticket(secret="guessed")):
        yield "", [f"Authorization: Bearer {wrong}"]
        yield f"?token={wrong}", []
    yield "", [f"Authorization: Basic {key}"]
    yield "", [f"Authorization: Basic {base64.b64encode(key.encode()).decode()}"]
    yield "", [f"Authorization: {key}"]
    yield "", ["Authorization: Bearer"]
    yield "", [f"Cookie: token={key}"]
    yield "", [f"X-Token: {key}"]
    yield f"?Token={key}", []
    yield f"?ticket={key}", []
    yield f"?xtoken={key}", []
    yield f"?token={escaped(key)}%00", []


@pytest.mark.parametrize("method, target, key", GUARDED)
def test_no_other_key_opens_it(guarded, method, target, key):
    for query, fields in wrong_keys(key):
        data = with_content(method, target + query, *fields)
        head = method == "HEAD"
        fate = OVER if b"Content-Length" in data else ON
        reply = check(guarded, data, 401, None if head else "unauthorized", fate)
        assert reply.fields["www-authenticate"].startswith("Bearer")
        assert key.encode() not in reply.body


@pytest.mark.parametrize("path, key", SOCKETS)
def test_sockets_open_with_their_key_and_no_other(guarded, path, key):
    offers = [(query, fields) for query, fields in placed(key)]
    if "/" not in key:
        offers.append(("", [f"Sec-WebSocket-Protocol: doneyet.v1, bearer.{key}"]))
        offers.append(("", ["Sec-WebSocket-Protocol: doneyet.v1", f"Sec-WebSocket-Protocol: bearer.{key}"]))
    for query, fields in offers:
        reply = check(guarded, handshake(path + query, *fields), 101, None, OVER)
        offered = any(field.startswith("Sec-WebSocket-Protocol") for field in fields)
        assert reply.fields.get("sec-websocket-protocol") == ("doneyet.v1" if offered else None)
    for query, fields in wrong_keys(key):
        check(guarded, handshake(path + query, *fields), 401, "unauthorized", OVER)
    check(guarded, handshake(path, "Sec-WebSocket-Protocol: doneyet.v1, bearer.no"), 401, "unauthorized", OVER)


@pytest.mark.parametrize("target", ["/", "/doneyet.js", "/healthz"])
def test_what_needs_no_key_needs_none(guarded, target):
    check(guarded, request("GET", target), 200, None, ON)
    check(guarded, request("GET", target, "Authorization: Bearer wrong"), 200, None, ON)
    check(guarded, request("OPTIONS", TASK), 204, None, ON)


BAD_TICKETS = {
    "another secret": (ticket(secret="guessed"), 401, "unauthorized"),
    "no algorithm": (ticket(algorithm="none"), 401, "unauthorized"),
    "a stronger algorithm": (ticket(algorithm="HS512"), 401, "unauthorized"),
    "no signature": (ticket().rsplit(".", 1)[0] + ".", 401, "unauthorized"),
    "no end": (ticket(exp=None), 401, "unauthorized"),
    "an end in words": (ticket(exp="tomorrow"), 401, "unauthorized"),
    "rights in words": (ticket(rights="watch"), 401, "unauthorized"),
    "no task": (ticket(task_id=None), 401, "unauthorized"),
    "two parts": ("a.b", 401, "unauthorized"),
    "four parts": (ticket() + ".x", 401, "unauthorized"),
    "dots": ("...", 401, "unauthorized"),
    "nothing": ("", 401, "unauthorized"),
    "the watch token": (WATCH, 401, "unauthorized"),
    "time that is over": (ticket(exp=1), 401, "expired_ticket"),
    "time that has not begun": (ticket(nbf=4e9), 401, "early_ticket"),
    "a beginning in words": (ticket(nbf="now"), 401, "unauthorized"),
    "another task": (ticket(task_id="other"), 403, "forbidden"),
    "no rights": (ticket(rights=[]), 403, "forbidden"),
    "no right to watch": (ticket(rights=["cancel"]), 403, "forbidden"),
}


@pytest.mark.parametrize("text, status, error", BAD_TICKETS.values(), ids=BAD_TICKETS.keys())
def test_tickets_that_open_nothing(guarded, text, status, error):
    check(guarded, request("GET", f"{TASK}?ticket={text}"), status, error, ON)
    check(guarded, handshake(f"/ws/progress/known?ticket={text}"), status, error, OVER)


@pytest.mark.parametrize("target", ["/", "/doneyet.js", "/healthz", "/metrics"])
def test_what_names_no_task_needs_no_key(guarded, target):
    check(guarded, request("GET", target), 200, None, ON)


def test_a_ticket_opens_its_task_as_far_as_it_says(guarded):
    full, looks = ticket(), ticket(rights=["watch"])
    check(guarded, request("GET", f"{TASK}?ticket={full}"), 200, None, ON)
    check(guarded, handshake("/ws/progress/known", f"Sec-WebSocket-Protocol: ticket.{full}"), 101, None, OVER)
    check(guarded, request("POST", f"{TASK}/cancel?ticket={looks}", LENGTH), 403, "forbidden", ON)
    check(guarded, request("POST", f"{TASK}/cancel?ticket={full}", LENGTH), 202, None, ON)
    for target in ("/api/progress", "/api/progress/other"):
        check(guarded, request("GET", f"{target}?ticket={full}"), 403, "forbidden", ON)
    for path in ("/ws/all", "/ws/progress", "/ws/progress/other"):
        check(guarded, handshake(f"{path}?ticket={full}"), 403, "forbidden", OVER)
    for path in ("/ws/worker", "/ws/worker/known"):
        check(guarded, handshake(f"{path}?ticket={full}"), 403, "forbidden", OVER)
    check(guarded, publish(f"{TASK}?ticket={full}", b"{}"), 403, "forbidden", OVER)


def test_below_a_base_path(task):
    with Daemon("--base-path", "/p/q", "--echo") as daemon:
        for target in ("/p/q/", "/p/q/doneyet.js", "/p/q/healthz", "/p/q/metrics", "/p/q/api/progress"):
            check(daemon, request("GET", target), 200, None, ON)
        reply = check(daemon, request("GET", "/p/q?a=b"), 308, "moved", ON)
        assert reply.fields["location"] == "/p/q/?a=b"
        outside = ["/", "/healthz", "/api/progress", "/p", "/p/", "/p/qq/healthz", "/p/q.", "/P/Q/", "/p%2fq/", "//p/q/"]
        for target in outside:
            check(daemon, request("GET", target), 404, "not_found", ON)
        check(daemon, publish(f"/p/q/api/progress/{task}", b"{}"), 201, None, ON)
        check(daemon, handshake(f"/p/q/ws/progress/{task}"), 101, None, OVER)
        check(daemon, handshake(f"/ws/progress/{task}"), 404, "not_found", OVER)
