"""What a peer may send wrong, each with the status it gets. Raw bytes, since clients are polite."""

import base64
import json
import time
from contextlib import ExitStack

import pytest

from bytewise import Talk, masked
from daemon import PATIENCE_SECS

HOST = b"Host: localhost\r\n"
OK = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"


def ask(daemon, request):
    """The reply to `request`, after which the daemon has closed."""
    with Talk(daemon.raw()) as talk:
        talk.send(request)
        reply = talk.reply()
        talk.expect_end()
        return reply


def expect_error(daemon, request, status):
    """Sent whole, byte by byte, and with more behind it: always `status`, and then the end."""
    reply = ask(daemon, request)
    assert reply.status == status
    assert set(reply.json) == {"error", "message"}
    assert ask(daemon, request + OK * 3).status == status
    if len(request) < 300:
        with Talk(daemon.raw()) as talk:
            for at in range(len(request)):
                try:
                    talk.send(request[at : at + 1])
                except (BrokenPipeError, ConnectionResetError):
                    break  # Refused before the end, and rightly so.
            assert talk.reply().status == status
    return reply


def post(fields, content=b"", target=b"/api/progress/x"):
    return b"POST " + target + b" HTTP/1.1\r\n" + HOST + fields + b"\r\n" + content


MALFORMED_HEADS = {
    "bare LF after the request line": b"GET /healthz HTTP/1.1\n" + HOST + b"\r\n",
    "bare LF after a field": b"GET /healthz HTTP/1.1\r\nHost: localhost\n\r\n",
    "bare LF at the end": b"GET /healthz HTTP/1.1\r\n" + HOST + b"\n",
    "nothing but LF": b"GET /healthz HTTP/1.1\nHost: localhost\n\n",
    "CR without LF": b"GET /healthz HTTP/1.1\r\nHost: localhost\rX: y\r\n\r\n",
    "obs-fold with a space": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n",
    "obs-fold with a tab": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: a\r\n\tb\r\n\r\n",
    "blank before the first field": b"GET /healthz HTTP/1.1\r\n " + HOST + b"\r\n",
    "NUL in the target": b"GET /heal\0thz HTTP/1.1\r\n" + HOST + b"\r\n",
    "NUL in a name": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X\0: y\r\n\r\n",
    "NUL in a value": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: a\0b\r\n\r\n",
    "a space before the colon": b"GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n",
    "a tab before the colon": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X\t: y\r\n\r\n",
    "an empty name": b"GET /healthz HTTP/1.1\r\n" + HOST + b": y\r\n\r\n",
    "no colon": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X\r\n\r\n",
    "two Hosts": b"GET /healthz HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
    "two different Hosts": b"GET /healthz HTTP/1.1\r\n" + HOST + b"Host: [::1]\r\n\r\n",
    "no Host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "an empty method": b" /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "two spaces": b"GET  /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "no version": b"GET /healthz\r\n" + HOST + b"\r\n",
    "a space in the target": b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n",
    "a relative target": b"GET healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}


@pytest.mark.parametrize("request_", MALFORMED_HEADS.values(), ids=MALFORMED_HEADS.keys())
def test_malformed_heads(daemon, request_):
    expect_error(daemon, request_, 400)


def test_http_1_0_needs_no_host(daemon):
    assert ask(daemon, b"GET /healthz HTTP/1.0\r\n\r\n").status == 200


@pytest.mark.parametrize("version", [b"HTTP/2.0", b"HTTP/1.2", b"HTTP/0.9"])
def test_other_versions(daemon, version):
    expect_error(daemon, b"GET /healthz " + version + b"\r\n" + HOST + b"\r\n", 505)


MALFORMED_LENGTHS = {
    "twice, equal": b"Content-Length: 2\r\nContent-Length: 2\r\n",
    "twice, different": b"Content-Length: 2\r\nContent-Length: 3\r\n",
    "a list": b"Content-Length: 2, 2\r\n",
    "with Transfer-Encoding": b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
    "with Transfer-Encoding first": b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
    "a sign": b"Content-Length: +2\r\n",
    "negative": b"Content-Length: -2\r\n",
    "hexadecimal": b"Content-Length: 0x2\r\n",
    "empty": b"Content-Length:\r\n",
    "a space inside": b"Content-Length: 1 2\r\n",
    "a fraction": b"Content-Length: 2.0\r\n",
    "beyond 64 bits": b"Content-Length: 18446744073709551618\r\n",
    "Transfer-Encoding twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
}


@pytest.mark.parametrize("fields", MALFORMED_LENGTHS.values(), ids=MALFORMED_LENGTHS.keys())
def test_malformed_lengths(daemon, fields):
    expect_error(daemon, post(fields, b"{}"), 400)
    # Also where no content is wanted, and where nothing is: a proxy counts on it.
    expect_error(daemon, b"GET /nowhere HTTP/1.1\r\n" + HOST + fields + b"\r\n{}", 400)


@pytest.mark.parametrize(
    "coding, status", [(b"gzip, chunked", 501), (b"gzip", 400), (b"identity", 400), (b"xchunked", 400)]
)
def test_other_transfer_codings(daemon, coding, status):
    reply = expect_error(daemon, post(b"Transfer-Encoding: " + coding + b"\r\n", b"0\r\n\r\n"), status)
    assert reply.fields["connection"].lower() == "close"


def test_chunks_in_http_1_0(daemon):
    request = b"POST /api/progress/x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    expect_error(daemon, request, 400)


MALFORMED_CHUNKS = {
    "a size that overflows 64 bits": b"10000000000000002\r\n{}\r\n0\r\n\r\n",
    "a size that overflows when added": b"fffffffffffffffe\r\n{}",
    "a sign": b"+2\r\n{}\r\n0\r\n\r\n",
    "0x": b"0x2\r\n{}\r\n0\r\n\r\n",
    "no size": b"\r\n{}\r\n0\r\n\r\n",
    "no hex": b"g\r\n{}\r\n0\r\n\r\n",
    "a blank before the size": b" 2\r\n{}\r\n0\r\n\r\n",
    "LF after the size": b"2\n{}\r\n0\r\n\r\n",
    "LF after the data": b"2\r\n{}\n0\r\n\r\n",
    "more data than announced": b"1\r\n{}\r\n0\r\n\r\n",
    "LF at the end": b"2\r\n{}\r\n0\r\n\n",
    "LF in an extension": b"2;a\nb\r\n{}\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("content", MALFORMED_CHUNKS.values(), ids=MALFORMED_CHUNKS.keys())
def test_malformed_chunks(daemon, content):
    request = post(b"Transfer-Encoding: chunked\r\n", content)
    # 2^64-2 is a number; it is only too much.
    status = 413 if content.startswith(b"fff") else 400
    expect_error(daemon, request, status)


def test_well_formed_chunks(daemon, task):
    content = b'5;name="v"\r\n{"a":\r\n2\r\n1}\r\n0\r\nTrailer: x\r\n\r\n'
    request = post(b"Transfer-Encoding: ChunkeD\r\n", content, b"/api/progress/" + task.encode())
    with Talk(daemon.raw()) as talk:
        talk.send(request + OK)
        assert talk.reply().status == 201
        assert talk.reply().status == 200


def test_request_line_limit(daemon):
    def line(length):
        start, end = b"GET /", b" HTTP/1.1"
        return start + b"a" * (length - len(start) - len(end)) + end + b"\r\n" + HOST + b"\r\n"

    expect_error(daemon, line(8193), 414)
    expect_error(daemon, b"GET /" + b"a" * 100_000, 414)
    with Talk(daemon.raw()) as talk:
        talk.send(line(8192))
        assert talk.reply().status == 404


def test_head_limit(daemon):
    def head(length):
        start = b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: "
        return start + b"a" * (length - len(start) - 4) + b"\r\n\r\n"

    expect_error(daemon, head(16 * 1024 + 1), 431)
    expect_error(daemon, head(500_000), 431)
    with Talk(daemon.raw()) as talk:
        talk.send(head(16 * 1024))
        assert talk.reply().status == 200


def test_field_limit(daemon):
    def head(fields):
        return b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: y\r\n" * (fields - 1) + b"\r\n"

    expect_error(daemon, head(101), 431)
    with Talk(daemon.raw()) as talk:
        talk.send(head(100))
        assert talk.reply().status == 200


def test_content_limit(daemon, task):
    target = b"/api/progress/" + task.encode()
    for length in (16 * 1024 + 1, 2**63, 2**64 - 1):
        reply = expect_error(daemon, post(b"Content-Length: %d\r\n" % length, b"", target), 413)
        assert reply.json["error"] == "too_large"
    chunked = b"Transfer-Encoding: chunked\r\n"
    too_much = b"4000\r\n" + b" " * 0x4000 + b"\r\n1\r\n \r\n0\r\n\r\n"
    assert ask(daemon, post(chunked, too_much, target)).status == 413
    batch = post(b"Content-Length: %d\r\n" % (1024 * 1024 + 1), b"", b"/api/progress")
    expect_error(daemon, batch, 413)
    just = b'{"a":"' + b"x" * (16 * 1024 - 8) + b'"}'
    with Talk(daemon.raw()) as talk:
        talk.send(post(b"Content-Length: %d\r\n" % len(just), just, target))
        assert talk.reply().status == 201


def test_publish_without_a_length(daemon):
    assert ask(daemon, post(b"Connection: close\r\n")).status == 411


def test_coded_content(daemon):
    fields = b"Content-Encoding: gzip\r\nContent-Length: 2\r\n"
    assert ask(daemon, post(fields, b"{}")).status == 415


def test_a_head_not_finished_in_ten_seconds(daemon):
    starts = [b"", b"GET /healthz HTTP/1.1\r\n", OK[:-2]]
    begun = time.monotonic()
    with ExitStack() as stack:
        silent = [stack.enter_context(Talk(daemon.raw())) for _ in starts]
        dripping = stack.enter_context(Talk(daemon.raw()))
        for talk, start in zip(silent, starts):
            talk.send(start)
        drip_until_answered(dripping)
        for talk in [*silent, dripping]:
            reply = talk.reply()
            assert (reply.status, reply.json["error"]) == (408, "timeout")
            talk.expect_end()
    assert 9.5 < time.monotonic() - begun < 13


def drip_until_answered(talk):
    """A byte now and then is no reason to wait for longer."""
    talk.send(OK[:-2] + b"X: ")
    talk.stream.settimeout(0.5)
    while not talk.unread:
        try:
            talk.send(b"y")
            talk._more()
        except TimeoutError:
            pass
    talk.stream.settimeout(PATIENCE_SECS)


def handshake(*, path=b"/ws/echo", method=b"GET", version=b"HTTP/1.1", without=(), **fields):
    named = {
        "Host": "localhost",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(bytes(16)).decode(),
    }
    named.update({name.replace("_", "-"): value for name, value in fields.items()})
    lines = [f"{name}: {value}\r\n" for name, value in named.items() if name not in without]
    return method + b" " + path + b" " + version + b"\r\n" + "".join(lines).encode() + b"\r\n"


KEYS = {
    "no base64": "not base64 at all!!!!!!!",
    "15 bytes": base64.b64encode(bytes(15)).decode(),
    "17 bytes": base64.b64encode(bytes(17)).decode(),
    "no padding": base64.b64encode(bytes(16)).decode().rstrip("="),
    "the other alphabet": base64.urlsafe_b64encode(b"\xff" * 16).decode(),
    "empty": "",
    "twice": "AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS.keys())
def test_handshake_with_a_bad_key(daemon, key):
    expect_error(daemon, handshake(Sec_WebSocket_Key=key), 400)


def test_handshake_without_a_key(daemon):
    expect_error(daemon, handshake(without=["Sec-WebSocket-Key"]), 400)


@pytest.mark.parametrize("version", ["8", "12", "14", "0", "013", "13, 8", "x"])
def test_handshake_of_another_version(daemon, version):
    reply = expect_error(daemon, handshake(Sec_WebSocket_Version=version), 426)
    assert reply.fields["sec-websocket-version"] == "13"
    assert reply.fields["upgrade"] == "websocket"


def test_socket_routes_asked_without_an_upgrade(daemon):
    for absent in (["Upgrade"], ["Connection"], ["Upgrade", "Connection"]):
        with Talk(daemon.raw()) as talk:
            talk.send(handshake(without=absent))
            reply = talk.reply()
            assert reply.status == 426
            assert reply.fields["sec-websocket-version"] == "13"
    expect_error(daemon, handshake(version=b"HTTP/1.0"), 426)


@pytest.mark.parametrize(
    "connection, upgrade",
    [
        ("keep-alive, Upgrade", "websocket"),
        ("UPGRADE", "WebSocket"),
        ("upgrade,keep-alive", "websocket"),
        (",, upgrade ,", "h2c, WEBSOCKET"),
        ("keep-alive\r\nConnection: Upgrade", "websocket"),
    ],
)
def test_handshake_tokens_in_lists_and_any_case(daemon, connection, upgrade):
    with Talk(daemon.raw()) as talk:
        talk.send(handshake(Connection=connection, Upgrade=upgrade))
        assert talk.reply().status == 101


def test_handshake_names_in_any_case(daemon):
    with Talk(daemon.raw()) as talk:
        first, rest = handshake().split(b"\r\n", 1)
        lines = [line.partition(b":") for line in rest.split(b"\r\n")]
        shouted = b"\r\n".join(name.upper() + colon + value for name, colon, value in lines)
        talk.send(first + b"\r\n" + shouted)
        reply = talk.reply()
        assert reply.status == 101
        assert reply.fields["sec-websocket-accept"] == "ICX+Yqv66kxgM0FcWaLWlFLwTAI="


def test_data_right_behind_the_handshake(daemon):
    request = handshake() + masked(0x81, b"first") + masked(0x82, b"second")
    for cut in (len(request), len(request) - 3, len(handshake()), len(handshake()) + 1):
        with Talk(daemon.raw()) as talk:
            talk.send(request[:cut])
            talk.send(request[cut:])
            assert talk.reply().status == 101
            assert talk.frame() == (0x81, b"first")
            assert talk.frame() == (0x82, b"second")


UNKNOWN = ["/nowhere", "/api", "/api/", "/api/progress/", "/api/progress/x/y", "/ws/", "/ws/nothing",
           "/ws/progress/x/y", "/ws/worker/x/y", "/healthz/", "/index.html/x", "//", "/../etc/passwd"]


@pytest.mark.parametrize("path", UNKNOWN)
def test_unknown_paths(daemon, path):
    status = daemon.request("GET", path)[0]
    # An empty task id is one that breaks the rules of ids.
    assert status == (400 if path == "/api/progress/" else 404)


METHODS = [
    ("PATCH", "/api/progress/x", {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"}),
    ("DELETE", "/api/progress", {"GET", "HEAD", "POST", "OPTIONS"}),
    ("DELETE", "/api/progress/x/cancel", {"POST", "OPTIONS"}),
    ("POST", "/", {"GET", "HEAD", "OPTIONS"}),
    ("POST", "/doneyet.js", {"GET", "HEAD", "OPTIONS"}),
    ("PUT", "/healthz", {"GET", "HEAD", "OPTIONS"}),
    ("POST", "/ws/progress/x", {"GET", "HEAD", "OPTIONS"}),
    ("DELETE", "/ws/worker", {"GET", "HEAD", "OPTIONS"}),
    ("TRACE", "/api/progress/x", {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"}),
]


@pytest.mark.parametrize("method, path, allowed", METHODS)
def test_wrong_methods(daemon, method, path, allowed):
    status, headers, answer = daemon.request(method, path)
    assert (status, answer["error"]) == (405, "method_not_allowed")
    assert set(headers["Allow"].split(", ")) >= allowed


def test_unknown_methods(daemon):
    assert daemon.request("BREW", "/healthz")[0] == 501


BAD_IDS = ["%2e", "%2e%2e", "%00", "a%20b", "a%2fb", "%ff", "%C3%A9", "%zz", "%", "a%", "x" * 129, "a+b", "a*b"]


@pytest.mark.parametrize("name", BAD_IDS)
def test_bad_task_ids(daemon, name):
    for method, path, body in [
        ("GET", f"/api/progress/{name}", None),
        ("POST", f"/api/progress/{name}", "{}"),
        ("DELETE", f"/api/progress/{name}", None),
        ("POST", f"/api/progress/{name}/cancel", None),
        ("GET", f"/ws/progress/{name}", None),
        ("GET", f"/ws/worker/{name}", None),
    ]:
        status, _, answer = daemon.request(method, path, body)
        assert (status, answer["error"]) == (400, "bad_task_id"), (method, path)


def test_good_task_ids(daemon):
    for name in ("a", "x" * 128, "A.b_c~d:e@f-9", "%61%3Ab", "...", "-"):
        assert daemon.request("POST", f"/api/progress/{name}", "{}")[0] == 201
    assert daemon.request("GET", "/api/progress/a%3ab")[2]["task_id"] == "a:b"


DEEP = b"[" * 8000 + b"]" * 8000
BAD_BODIES = [
    (b"", 400, "bad_json"),
    (b"nonsense", 400, "bad_json"),
    (b"{", 400, "bad_json"),
    (b"{} {}", 400, "bad_json"),
    (b'{"progress":1e999}', 400, "bad_json"),
    (b'{"x":-1e999}', 400, "bad_json"),
    (b'{"progress":NaN}', 400, "bad_json"),
    (b'{"progress":Infinity}', 400, "bad_json"),
    (b'{"title":"\\ud800"}', 400, "bad_json"),
    (b'{"title":"\\udc00\\ud800"}', 400, "bad_json"),
    (b'{"\\ud800":1}', 400, "bad_json"),
    (b'{"title":"\xff"}', 400, "bad_json"),
    (b'{"title":"\xed\xa0\x80"}', 400, "bad_json"),
    (b'{"title":"\n"}', 400, "bad_json"),
    (b"\xef\xbb\xbf{}", 400, "bad_json"),
    (DEEP, 400, "bad_json"),
    (b'{"x":' + DEEP + b"}", 400, "bad_json"),
    (b'{"a":' * 2000 + b"1" + b"}" * 2000, 400, "bad_json"),
    (b"[]", 422, "bad_state"),
    (b"null", 422, "bad_state"),
    (b'"text"', 422, "bad_state"),
    (b"1", 422, "bad_state"),
    (b'{"progress":101}', 422, "bad_state"),
    (b'{"progress":-0.001}', 422, "bad_state"),
    (b'{"progress":"50"}', 422, "bad_state"),
    (b'{"progress":true}', 422, "bad_state"),
    (b'{"status":7}', 422, "bad_state"),
    (b'{"status":""}', 422, "bad_state"),
    (b'{"status":"' + b"s" * 65 + b'"}', 422, "bad_state"),
    (b'{"speed":5}', 422, "bad_state"),
    (b'{"eta":5}', 422, "bad_state"),
    (b'{"loaded":-1}', 422, "bad_state"),
    (b'{"total":"many"}', 422, "bad_state"),
    (b'{"unit":1}', 422, "bad_state"),
    (b'{"cancel":"maybe"}', 422, "bad_state"),
    (b'{"task_id":"another"}', 422, "bad_state"),
    (b'{"task_id":7}', 422, "bad_state"),
]


@pytest.mark.parametrize("body, status, code", BAD_BODIES, ids=lambda v: repr(v)[:40])
def test_bad_states(daemon, task, body, status, code):
    daemon.publish(task, progress=1, title="before")
    before = daemon.request("GET", f"/api/progress/{task}")[2]
    answered, _, answer = daemon.request("POST", f"/api/progress/{task}", body)
    assert (answered, answer["error"]) == (status, code)
    if code == "bad_state" and body.startswith(b"{"):
        field = body.split(b'"')[1].decode()
        assert f"`{field}`" in answer["message"]
    # Nothing of a refused publish is applied, also where the other fields are good.
    if body.startswith(b'{"'):
        daemon.request("POST", f"/api/progress/{task}", b'{"title":"after",' + body[1:])
    assert daemon.request("GET", f"/api/progress/{task}")[2] == before
    assert daemon.request("PUT", f"/api/progress/{task}", body)[0] == status
    assert daemon.request("GET", f"/api/progress/{task}")[2] == before


def test_a_hundred_thousand_brackets(daemon, task):
    brackets = b"[" * 100_000
    assert daemon.request("POST", f"/api/progress/{task}", brackets)[0] == 413
    status, _, answer = daemon.request("POST", "/api/progress", brackets)
    assert (status, answer["results"][0]["error"]) == (200, "too_large")
    line = b'{"task_id":"deep","x":' + b"[" * 16_000 + b"\n"
    status, _, answer = daemon.request("POST", "/api/progress", line * 50)
    assert {result["error"] for result in answer["results"]} == {"bad_json"}
    with daemon.socket(f"/ws/worker/{task}") as worker:
        worker.send("[" * 60_000)
        assert json.loads(worker.recv(timeout=PATIENCE_SECS))["error"] in ("bad_json", "too_large")
    with daemon.socket(f"/ws/progress/{task}") as watcher:
        watcher.send("[" * 4_000)
        assert json.loads(watcher.recv(timeout=PATIENCE_SECS))["error"] == "bad_action"
    status, _, answer = daemon.request("POST", f"/api/progress/{task}/cancel", DEEP)
    assert (status, answer["error"]) == (400, "bad_json")


def test_bad_frames_of_watchers(daemon, task):
    with daemon.socket(f"/ws/progress/{task}") as ws:
        for text in ("", "hello", "[]", "{}", '{"action":7}', '{"action":"dance"}',
                     '{"action":"subscribe","task_id":"a"}', '{"action":"cancel","task_id":"other"}',
                     '{"action":"cancel","reason":7}', '{"action":"\\ud800"}'):
            ws.send(text)
            answer = json.loads(ws.recv(timeout=PATIENCE_SECS))
            assert answer["error"] == "bad_action", text
        ws.send(b"binary")
        assert json.loads(ws.recv(timeout=PATIENCE_SECS))["error"] == "bad_action"


def test_pipelined_requests_are_answered_in_order(daemon, task):
    target = b"/api/progress/" + task.encode()
    publish = post(b"Content-Length: 14\r\n", b'{"progress":5}', target)
    show = b"GET " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n"
    head = b"HEAD " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n"
    with Talk(daemon.raw()) as talk:
        talk.send(publish + show + head + b"GET /nowhere HTTP/1.1\r\n" + HOST + b"\r\n" + show)
        assert talk.reply().status == 201
        assert talk.reply().json["progress"] == 5
        assert talk.reply(bodyless=True).status == 200
        assert talk.reply().status == 404
        assert talk.reply().json["progress"] == 5


def test_an_error_does_not_leave_its_content_to_be_read_as_a_request(daemon):
    smuggled = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for target, method in ((b"/nowhere", b"POST"), (b"/healthz", b"PUT"), (b"/ws/echo", b"GET")):
        request = method + b" " + target + b" HTTP/1.1\r\n" + HOST
        request += b"Content-Length: %d\r\n\r\n" % len(smuggled) + smuggled
        reply = ask(daemon, request)
        assert reply.status in (404, 405, 426)


def test_requests_whose_answers_nobody_reads_cost_no_memory(daemon):
    daemon.publish("large", text="x" * 15_000)
    before = daemon.resident_kib()
    show = b"GET /api/progress/large HTTP/1.1\r\n" + HOST + b"\r\n"
    with Talk(daemon.raw()) as talk:
        talk.stream.settimeout(2)
        with pytest.raises((TimeoutError, ConnectionError)):
            for _ in range(100_000):
                talk.send(show * 100)
        assert daemon.resident_kib() - before < 4096
        assert daemon.request("GET", "/healthz")[0] == 200


def test_many_silent_connections_hold_nobody_up(daemon):
    talks = [Talk(daemon.raw()) for _ in range(500)]
    for talk in talks[::2]:
        talk.send(b"GET /healthz HT")
    assert daemon.request("GET", "/healthz")[0] == 200
    for talk in talks[::2]:
        talk.send(b"TP/1.1\r\n" + HOST + b"\r\n")
        assert talk.reply().status == 200
    for talk in talks:
        talk.stream.close()
