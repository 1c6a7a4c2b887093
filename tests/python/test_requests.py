"""Requests in bytes, whole classes of them: what each is answered, and whether it was the last."""

import pytest

from bytewise import Talk
from dialogue import HOST, NEXT, ON, OVER, ask, check, publish, request

TASK = "/api/progress/known"
ABSENT = "/api/progress/nobody"
EMPTY = "Content-Length: 0"


@pytest.fixture(autouse=True)
def known(daemon):
    daemon.publish("known", progress=1)


def get(target, *fields, **how):
    return request("GET", target, *fields, **how)


def hosted(host):
    return get("/healthz", host=f"Host: {host}\r\n".encode("latin-1"))


TARGETS = {
    "a path": (get("/healthz"), 200, None, ON),
    "a path and an empty query": (get("/healthz?"), 200, None, ON),
    "a query that means nothing": (get("/healthz?a=b&&=&%zz"), 200, None, ON),
    "absolute-form": (get("http://localhost/healthz"), 200, None, ON),
    "absolute-form in capitals, with a port": (get("HTTP://LOCALHOST:80/healthz"), 200, None, ON),
    "absolute-form over TLS": (get("https://localhost/healthz"), 200, None, ON),
    "absolute-form without a path": (get("http://localhost"), 200, None, ON),
    "absolute-form with a query only": (get("http://localhost?x"), 200, None, ON),
    "absolute-form of a stranger": (get("http://evil.example/healthz"), 403, "forbidden_host", ON),
    "absolute-form without a Host": (get("http://localhost/", host=b""), 400, "bad_request", OVER),
    "absolute-form without a name": (get("http:///healthz"), 400, "bad_request", OVER),
    "absolute-form with a user": (get("http://me@localhost/"), 400, "bad_request", OVER),
    "another scheme": (get("ws://localhost/healthz"), 400, "bad_request", OVER),
    "authority-form": (get("localhost:80"), 400, "bad_request", OVER),
    "CONNECT": (request("CONNECT", "localhost:80"), 400, "bad_request", OVER),
    "an asterisk": (get("*"), 400, "bad_request", OVER),
    "a fragment": (get("/healthz#top"), 400, "bad_request", OVER),
    "a byte beyond ASCII": (get("/\xe9"), 400, "bad_request", OVER),
    "DEL": (get("/\x7f"), 400, "bad_request", OVER),
    "a backslash": (get("\\healthz"), 400, "bad_request", OVER),
    "an empty segment": (get("//healthz"), 404, "not_found", ON),
    "dots": (get("/./healthz"), 404, "not_found", ON),
    "a slash that is encoded": (get("/api%2fprogress"), 404, "not_found", ON),
    "a route that is encoded": (request("POST", TASK + "/%63ancel", EMPTY), 404, "not_found", ON),
    "a route in capitals": (get("/HEALTHZ"), 404, "not_found", ON),
    "a parameter of a path": (get("/healthz;v=1"), 404, "not_found", ON),
}

HOSTS = {
    "a name in capitals": (hosted("LOCALHOST"), 200, None, ON),
    "a name with its last dot": (hosted("localhost."), 200, None, ON),
    "a name below localhost": (hosted("a.localhost"), 200, None, ON),
    "any port": (hosted("localhost:1"), 200, None, ON),
    "an empty port": (hosted("localhost:"), 200, None, ON),
    "any address of loopback": (hosted("127.9.9.9:80"), 200, None, ON),
    "IPv6": (hosted("[::1]"), 200, None, ON),
    "IPv6 written out, with a port": (hosted("[0:0:0:0:0:0:0:1]:8765"), 200, None, ON),
    "another address": (hosted("192.0.2.1"), 403, "forbidden_host", ON),
    "no address at all": (hosted("0.0.0.0"), 403, "forbidden_host", ON),
    "IPv4 in IPv6": (hosted("[::ffff:127.0.0.1]"), 403, "forbidden_host", ON),
    "a short address": (hosted("127.1"), 403, "forbidden_host", ON),
    "an address as a number": (hosted("2130706433"), 403, "forbidden_host", ON),
    "an octal address": (hosted("0177.0.0.1"), 403, "forbidden_host", ON),
    "localhost as a prefix": (hosted("localhost.evil.example"), 403, "forbidden_host", ON),
    "localhost as a suffix": (hosted("notlocalhost"), 403, "forbidden_host", ON),
    "a name that begins like an address": (hosted("127.0.0.1.nip.io"), 403, "forbidden_host", ON),
    "two last dots": (hosted("localhost.."), 403, "forbidden_host", ON),
    "nothing": (hosted(""), 400, "bad_request", OVER),
    "only a port": (hosted(":80"), 400, "bad_request", OVER),
    "no number for a port": (hosted("localhost:x"), 400, "bad_request", OVER),
    "too large a port": (hosted("localhost:65536"), 400, "bad_request", OVER),
    "a port with a sign": (hosted("localhost:+80"), 400, "bad_request", OVER),
    "two ports": (hosted("localhost:80:80"), 400, "bad_request", OVER),
    "a user": (hosted("me@localhost"), 400, "bad_request", OVER),
    "a path": (hosted("localhost/"), 400, "bad_request", OVER),
    "a list": (hosted("localhost, localhost"), 400, "bad_request", OVER),
    "percent-encoding": (hosted("local%68ost"), 400, "bad_request", OVER),
    "IPv6 without brackets": (hosted("::1"), 400, "bad_request", OVER),
    "IPv6 with half a bracket": (hosted("[::1"), 400, "bad_request", OVER),
    "IPv6 with a zone": (hosted("[::1%25lo]"), 400, "bad_request", OVER),
    "IPv6 and more": (hosted("[::1]evil"), 400, "bad_request", OVER),
    "bytes beyond ASCII": (hosted("l\xf6calhost"), 400, "bad_request", OVER),
}

LENGTHS = {
    "leading zeros": (request("POST", TASK, "Content-Length: 002", content=b"{}"), 200, None, ON),
    "blanks around it": (request("POST", TASK, "Content-Length: \t2 \t", content=b"{}"), 200, None, ON),
    "a comma behind": (publish(TASK, b"{}")[:-6] + b",\r\n\r\n{}", 400, "bad_request", OVER),
    "an exponent": (request("POST", TASK, "Content-Length: 2e0", content=b"{}"), 400, "bad_request", OVER),
    "digits of another script": (
        request("POST", TASK, "Content-Length: \xb2", content=b"{}"), 400, "bad_request", OVER),
    "20 nines": (request("POST", TASK, "Content-Length: " + "9" * 20), 400, "bad_request", OVER),
    "no coding": (request("POST", TASK, "Transfer-Encoding:"), 400, "bad_request", OVER),
    "no coding but a comma": (request("POST", TASK, "Transfer-Encoding: ,"), 400, "bad_request", OVER),
    "chunked twice": (request("POST", TASK, "Transfer-Encoding: chunked, chunked"), 400, "bad_request", OVER),
    "chunked not last": (request("POST", TASK, "Transfer-Encoding: chunked, gzip"), 400, "bad_request", OVER),
    "chunked with a comma": (request("POST", TASK, "Transfer-Encoding: ,chunked"), 400, "bad_request", OVER),
    "a coding nobody knows": (request("POST", TASK, "Transfer-Encoding: br, chunked"), 501, "not_implemented", OVER),
    "chunked with a parameter": (
        request("POST", TASK, "Transfer-Encoding: chunked;q=1"), 400, "bad_request", OVER),
    "a coding behind a vertical tab": (
        request("POST", TASK, "Transfer-Encoding: \x0bchunked"), 400, "bad_request", OVER),
    "none for a publish": (request("POST", TASK), 411, "length_required", OVER),
    "none for a fresh start": (request("PUT", TASK), 411, "length_required", OVER),
    "none for a batch": (request("POST", "/api/progress"), 411, "length_required", OVER),
    "none for a cancel": (request("POST", ABSENT + "/cancel"), 404, "unknown_task", ON),
    "none for a DELETE": (request("DELETE", ABSENT), 404, "unknown_task", ON),
    "nothing for a publish": (publish(TASK, b""), 400, "bad_json", ON),
    "content of a GET": (request("GET", "/healthz", "Content-Length: 2", content=b"{}"), 200, None, ON),
    "content of a DELETE": (
        request("DELETE", ABSENT, "Content-Length: 2", content=b"{}"), 404, "unknown_task", ON),
    "content of an OPTIONS": (request("OPTIONS", TASK, "Content-Length: 2", content=b"{}"), 204, None, ON),
    "much content of a GET": (request("GET", "/healthz", "Content-Length: 16385"), 413, "too_large", OVER),
}


def chunked(content, *fields, target=TASK):
    return request("POST", target, "Transfer-Encoding: chunked", *fields, content=content)


LAST = b"0\r\n\r\n"
CHUNKS = {
    "one byte each": (chunked(b"1\r\n{\r\n1\r\n}\r\n" + LAST), 200, None, ON),
    "zeros before the size": (chunked(b"0000002\r\n{}\r\n00\r\n\r\n"), 200, None, ON),
    "an extension": (chunked(b"2;a\r\n{}\r\n0;b=c\r\n\r\n"), 200, None, ON),
    "an extension in quotes": (chunked(b'2;a="x;y\\""\r\n{}\r\n' + LAST), 200, None, ON),
    "trailers": (chunked(b"2\r\n{}\r\n0\r\nA: b\r\nC: d\r\n\r\n"), 200, None, ON),
    "a length among the trailers": (chunked(b"2\r\n{}\r\n0\r\nContent-Length: 9\r\n\r\n"), 200, None, ON),
    "extensions of 4 KiB": (chunked(b"2;" + b"a" * 4095 + b"\r\n{}\r\n" + LAST), 200, None, ON),
    "extensions without end": (chunked(b"2;" + b"a" * 5000 + b"\r\n{}\r\n" + LAST), 413, "too_large", OVER),
    "trailers without end": (
        chunked(b"2\r\n{}\r\n0\r\n" + b"A: b\r\n" * 2000 + b"\r\n"), 431, "head_too_large", OVER),
    "exactly the most": (
        chunked(b'3ff8\r\n{"a":"' + b"x" * 16368 + b'"}\r\n' + LAST, target="/api/progress/full"), 201, None, ON),
    "one more than the most": (chunked(b"4001\r\n" + b" " * 0x4001 + b"\r\n" + LAST), 413, "too_large", OVER),
    "a trailer without a colon": (chunked(b"2\r\n{}\r\n0\r\nnonsense\r\n\r\n"), 400, "bad_request", OVER),
    "a folded trailer": (chunked(b"2\r\n{}\r\n0\r\nA: b\r\n c\r\n\r\n"), 400, "bad_request", OVER),
    "a trailer's bare LF": (chunked(b"2\r\n{}\r\n0\r\nA: b\n\r\n"), 400, "bad_request", OVER),
    "CR alone after the size": (chunked(b"2\r{}\r\n" + LAST), 400, "bad_request", OVER),
    "a blank behind the size": (chunked(b"2 \r\n{}\r\n" + LAST), 400, "bad_request", OVER),
    "a negative size": (chunked(b"-2\r\n{}\r\n" + LAST), 400, "bad_request", OVER),
    "less data than announced": (chunked(b"3\r\n{}\r\n" + LAST), 400, "bad_request", OVER),
    "a NUL in an extension": (chunked(b"2;a\0\r\n{}\r\n" + LAST), 400, "bad_request", OVER),
}

VERSIONS = {
    "lower case": ("http/1.1", 400, "bad_request"),
    "two digits": ("HTTP/1.10", 400, "bad_request"),
    "no minor": ("HTTP/1", 400, "bad_request"),
    "a letter": ("HTTP/1.x", 400, "bad_request"),
    "blanks behind": ("HTTP/1.1 ", 400, "bad_request"),
    "another protocol": ("HTTQ/1.1", 400, "bad_request"),
    "3.0": ("HTTP/3.0", 505, "version_not_supported"),
    "9.9": ("HTTP/9.9", 505, "version_not_supported"),
    "0.0": ("HTTP/0.0", 505, "version_not_supported"),
}

METHODS = {
    "lower case": (request("get", "/healthz"), 501, "not_implemented", ON),
    "one that is far away": (request("PROPFIND", TASK), 501, "not_implemented", ON),
    "a long one": (request("A" * 300, TASK), 501, "not_implemented", ON),
    "no token": (request("GE(T", TASK), 400, "bad_request", OVER),
    "PATCH of nothing": (request("PATCH", "/nowhere"), 404, "not_found", ON),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "version_not_supported", OVER),
}

TABLES = {"target": TARGETS, "Host": HOSTS, "length": LENGTHS, "chunks": CHUNKS, "method": METHODS}
ROWS = [
    pytest.param(*row, id=f"{table}: {name}") for table, rows in TABLES.items() for name, row in rows.items()
]


@pytest.mark.parametrize("data, status, error, fate", ROWS)
def test_each_has_one_answer(daemon, data, status, error, fate):
    check(daemon, data, status, error, fate)


@pytest.mark.parametrize("version, status, error", VERSIONS.values(), ids=VERSIONS.keys())
def test_versions(daemon, version, status, error):
    check(daemon, get("/healthz", version=version), status, error, OVER)


# Route, its methods besides HEAD and OPTIONS.
ROUTES = {
    "/": "GET",
    "/doneyet.js": "GET",
    "/healthz": "GET",
    "/metrics": "GET",
    "/api/progress": "GET POST",
    TASK: "GET POST PUT DELETE",
    "/ws": "GET",
    "/ws/all": "GET",
    "/ws/echo": "GET",
    "/ws/progress": "GET",
    "/ws/progress/known": "GET",
    "/ws/worker": "GET",
    "/ws/worker/known": "GET",
}


@pytest.mark.parametrize("route", ROUTES)
def test_what_a_route_allows_and_refuses(daemon, route):
    allowed = set(ROUTES[route].split()) | {"HEAD", "OPTIONS"}
    reply = check(daemon, request("OPTIONS", route), 204, None, ON)
    assert set(reply.fields["allow"].split(", ")) == allowed
    for method in {"POST", "PUT", "DELETE", "PATCH", "TRACE"} - allowed:
        reply = check(daemon, request(method, route, EMPTY), 405, "method_not_allowed", ON)
        assert set(reply.fields["allow"].split(", ")) == allowed


@pytest.mark.parametrize("route", [*ROUTES, "/nowhere", ABSENT, "/api/progress/%"])
def test_head_is_get_without_the_content(daemon, route):
    head, _ = ask(daemon, request("HEAD", route))
    whole, _ = ask(daemon, request("GET", route))
    assert head.status == whole.status
    # Of `/metrics`, each answer is another one: the first is counted in the second.
    varying = {"date", "content-length"} if route == "/metrics" else {"date"}
    same = lambda reply: {name: value for name, value in reply.fields.items() if name not in varying}
    assert same(head) == same(whole)


PERSISTENCE = [
    ("HTTP/1.1", [], True),
    ("HTTP/1.1", ["Connection: close"], False),
    ("HTTP/1.1", ["Connection: CLOSE"], False),
    ("HTTP/1.1", ["Connection: a, close ,b"], False),
    ("HTTP/1.1", ["Connection: a", "Connection: close"], False),
    ("HTTP/1.1", ["Connection: close, keep-alive"], False),
    ("HTTP/1.1", ["Connection: closed"], True),
    ("HTTP/1.0", [], False),
    ("HTTP/1.0", ["Connection: keep-alive"], True),
    ("HTTP/1.0", ["Connection: Keep-Alive"], True),
    ("HTTP/1.0", ["Connection: keep-alive, close"], False),
    ("HTTP/1.0", ["Keep-Alive: 300"], False),
]


@pytest.mark.parametrize("version, fields, goes_on", PERSISTENCE)
def test_who_is_kept(daemon, version, fields, goes_on):
    for target, status in [("/healthz", 200), ("/nowhere", 404)]:
        reply, fate = ask(daemon, get(target, *fields, version=version))
        assert (reply.status, fate) == (status, ON if goes_on else OVER)
        if version == "HTTP/1.0" and goes_on:
            assert reply.fields["connection"] == "keep-alive"


def test_content_is_asked_for_only_where_it_is_wanted(daemon):
    expects = ["Content-Length: 2", "Expect: 100-continue"]
    with Talk(daemon.raw()) as talk:
        talk.send(request("POST", TASK, *expects))
        assert talk.head().status == 100
        talk.send(b"{}")
        assert talk.reply().status == 200
        # In any case; and who has sent the content already needs no invitation.
        talk.send(request("POST", TASK, "Content-Length: 2", "Expect: 100-Continue", content=b"{}"))
        reply = talk.reply()
        assert reply.status in (100, 200)
    refused = [
        (request("POST", "/nowhere", *expects), 404),
        (request("POST", "/api/progress/%", *expects), 400),
        (request("POST", TASK, "Content-Length: 16385", "Expect: 100-continue"), 413),
        (request("POST", TASK, "Content-Encoding: gzip", *expects), 415),
        (request("POST", TASK, "Origin: http://evil.example", *expects), 403),
        (request("PATCH", TASK, *expects), 405),
    ]
    for data, status in refused:
        with Talk(daemon.raw()) as talk:
            talk.send(data)
            assert talk.reply().status == status
            talk.expect_end()
    with Talk(daemon.raw()) as talk:
        talk.send(request("POST", TASK, *expects, version="HTTP/1.0", content=b"{}"))
        assert talk.reply().status == 200, "HTTP/1.0 knows no interim answers"


def test_a_pipeline_is_answered_to_its_first_fault_and_no_further(daemon):
    with Talk(daemon.raw()) as talk:
        talk.send(get("/healthz") * 5 + get("/nowhere") + b"GET nonsense\r\n\r\n" + get("/healthz") * 5)
        statuses = [talk.reply().status for _ in range(7)]
        assert statuses == [200] * 5 + [404, 400]
        talk.expect_end()


def test_empty_lines_before_a_request_are_skipped_and_few(daemon):
    check(daemon, b"\r\n" + get("/healthz"), 200, None, ON)
    check(daemon, publish(TASK, b"{}") + b"\r\n", 200, None, ON)
    check(daemon, b"\r\n" * 100 + get("/healthz"), 400, "bad_request", OVER)


def test_what_follows_a_missing_length_is_nobodys_request(daemon):
    with Talk(daemon.raw()) as talk:
        talk.send(request("POST", TASK) + request("DELETE", TASK, host=HOST) + NEXT)
        assert talk.reply().status == 411
        talk.expect_end()
    assert daemon.request("GET", TASK)[0] == 200
