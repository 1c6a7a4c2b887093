"""Conversations in bytes, for what no client library lets one say."""

import json
import os
import struct


class Reply:
    """One response."""

    def __init__(self, head, body):
        lines = head.decode("ascii").split("\r\n")
        self.status = int(lines[0].split(" ")[1])
        self.fields = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            # Several lines of one name are one list (RFC 9110 §5.3).
            values = [self.fields[name.lower()]] if name.lower() in self.fields else []
            self.fields[name.lower()] = ", ".join([*values, value.strip()])
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)


class Talk:
    """A connection, read reply by reply."""

    def __init__(self, stream):
        self.stream = stream
        self.unread = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()

    def send(self, data):
        self.stream.sendall(data)

    def _more(self):
        data = self.stream.recv(65536)
        self.unread += data
        return data

    def head(self):
        while b"\r\n\r\n" not in self.unread:
            assert self._more(), f"the connection ended in a head: {self.unread!r}"
        head, self.unread = self.unread.split(b"\r\n\r\n", 1)
        return Reply(head, b"")

    def take(self, length):
        while len(self.unread) < length:
            assert self._more(), f"the connection ended early: {self.unread!r}"
        data, self.unread = self.unread[:length], self.unread[length:]
        return data

    def reply(self, bodyless=False):
        reply = self.head()
        if not bodyless and reply.status >= 200 and reply.status not in (204, 304):
            reply.body = self.take(int(reply.fields["content-length"]))
        return reply

    def frame(self):
        """One frame of a server: first byte and payload."""
        first, length = self.take(2)
        assert length < 128, "a server masks nothing"
        if length == 126:
            (length,) = struct.unpack("!H", self.take(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self.take(8))
        return first, self.take(length)

    def expect_end(self):
        """The daemon says no more and closes; a reset would be a fault, it may eat the reply."""
        while self._more():
            pass
        assert self.unread == b"", self.unread


def masked(first, payload):
    """A client's frame."""
    length = len(payload)
    if length < 126:
        size = bytes([0x80 | length])
    elif length < 65536:
        size = b"\xfe" + struct.pack("!H", length)
    else:
        size = b"\xff" + struct.pack("!Q", length)
    key = os.urandom(4)
    body = bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))
    return bytes([first]) + size + key + body
