"""What a peer says to the daemon, and the one thing it may be answered: rows for tables."""

import base64

from bytewise import Talk

HOST = b"Host: localhost\r\n"
# Said behind a request, to see whether anybody still listens: a 404 that nothing else gives.
NEXT = b"GET /next HTTP/1.1\r\nHost: localhost\r\n\r\n"

# Whether a connection goes on after the answer, or ends with it.
ON, OVER = "on", "over"


def request(method, target, *fields, content=b"", host=HOST, version="HTTP/1.1"):
    """A request of these lines, as they are: no length is added, nothing is checked."""
    line = f"{method} {target} {version}\r\n".encode("latin-1")
    lines = b"".join(field.encode("latin-1") + b"\r\n" for field in fields)
    return line + host + lines + b"\r\n" + content


def publish(target, content, *fields):
    """A POST with its length."""
    return request("POST", target, f"Content-Length: {len(content)}", *fields, content=content)


def ask(daemon, data, then=NEXT):
    """The answer to `data`, and whether `then` is answered behind it."""
    with Talk(daemon.raw()) as talk:
        talk.send(data + then)
        bodyless = data.lstrip().startswith(b"HEAD")
        reply = talk.reply(bodyless)
        while reply.status == 100:
            reply = talk.reply(bodyless)
        if reply.status == 101:
            return reply, OVER
        if "close" in reply.fields.get("connection", "").lower().split(", "):
            talk.expect_end()
            return reply, OVER
        following = talk.reply()
        assert following.json["error"] == "not_found", "the next request was misread"
        return reply, ON


def check(daemon, data, status, error, fate):
    """Asks, and compares with what is due. An answer without content has no code."""
    reply, then = ask(daemon, data)
    code = reply.json.get("error") if reply.body and status >= 300 else None
    assert (reply.status, code, then) == (status, error, fate)
    if code:
        assert set(reply.json) == {"error", "message"}
        assert reply.json["message"].strip()
        assert reply.fields["content-type"] == "application/json"
    return reply


KEY = base64.b64encode(bytes(range(16))).decode()


def handshake(path, *more, key=KEY, version="13", connection="Upgrade", upgrade="websocket", **how):
    """An opening handshake; a part that is None is left out."""
    parts = {
        "Connection": connection,
        "Upgrade": upgrade,
        "Sec-WebSocket-Version": version,
        "Sec-WebSocket-Key": key,
    }
    fields = [f"{name}: {value}" for name, value in parts.items() if value is not None]
    return request("GET", path, *fields, *more, **how)
