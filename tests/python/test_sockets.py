"""WebSockets in bytes: what no handshake gets past, and which close code each frame earns."""

import base64
import json
import struct

import pytest

from bytewise import Talk, masked
from dialogue import KEY, ON, OVER, check, handshake, request

PROTOCOL = "Sec-WebSocket-Protocol"


def key(length):
    return base64.b64encode(bytes(length)).decode()


HANDSHAKES = {
    "plain": (handshake("/ws/echo"), 101),
    "an Upgrade with more than one word": (handshake("/ws/echo", upgrade="h2c, WebSocket"), 101),
    "a Connection with more than one word": (handshake("/ws/echo", connection="keep-alive,UPGRADE"), 101),
    "an extension offered": (handshake("/ws/echo", "Sec-WebSocket-Extensions: permessage-deflate"), 101),
    "extensions that make no sense": (handshake("/ws/echo", "Sec-WebSocket-Extensions: ;;,="), 101),
    "a Connection of nothing": (handshake("/ws/echo", connection=None), 426),
    "a Connection of something else": (handshake("/ws/echo", connection="keep-alive"), 426),
    "a Connection that only begins so": (handshake("/ws/echo", connection="upgrades"), 426),
    "no Upgrade": (handshake("/ws/echo", upgrade=None), 426),
    "another Upgrade": (handshake("/ws/echo", upgrade="h2c"), 426),
    "an Upgrade with a version": (handshake("/ws/echo", upgrade="websocket/13"), 426),
    "HTTP/1.0": (handshake("/ws/echo").replace(b"HTTP/1.1", b"HTTP/1.0"), 426),
    "no version": (handshake("/ws/echo", version=None), 426),
    "version 8": (handshake("/ws/echo", version="8"), 426),
    "version 13 and others": (handshake("/ws/echo", version="13, 8, 7"), 426),
    "version 13.0": (handshake("/ws/echo", version="13.0"), 426),
    "version +13": (handshake("/ws/echo", version="+13"), 426),
    "two versions": (handshake("/ws/echo", "Sec-WebSocket-Version: 8"), 400),
    "no key": (handshake("/ws/echo", key=None), 400),
    "two keys": (handshake("/ws/echo", f"Sec-WebSocket-Key: {KEY}"), 400),
    "an empty key": (handshake("/ws/echo", key=""), 400),
    "a key of 15 bytes": (handshake("/ws/echo", key=key(15)), 400),
    "a key of 17 bytes": (handshake("/ws/echo", key=key(17)), 400),
    "a key of 24 bytes": (handshake("/ws/echo", key=key(24)), 400),
    "a long key": (handshake("/ws/echo", key=key(3000)), 400),
    "a key and more": (handshake("/ws/echo", key=KEY + ", " + KEY), 400),
    "a key with a blank": (handshake("/ws/echo", key=KEY[:4] + " " + KEY[4:]), 400),
    "a key without its end": (handshake("/ws/echo", key=KEY.rstrip("=")), 400),
    "content": (handshake("/ws/echo", "Content-Length: 2", content=b"{}"), 400),
    "content in chunks": (handshake("/ws/echo", "Transfer-Encoding: chunked", content=b"0\r\n\r\n"), 400),
    "no content, in so many words": (handshake("/ws/echo", "Content-Length: 0"), 101),
    "a subprotocol that is no token": (handshake("/ws/echo", f"{PROTOCOL}: a b"), 400),
    "a subprotocol in quotes": (handshake("/ws/echo", f'{PROTOCOL}: "doneyet.v1"'), 400),
    "16 subprotocols": (handshake("/ws/echo", f"{PROTOCOL}: " + ",".join(map(str, range(16)))), 101),
    "17 subprotocols": (handshake("/ws/echo", f"{PROTOCOL}: " + ",".join(map(str, range(17)))), 400),
    "a task that cannot be": (handshake("/ws/progress/%2e%2e"), 400),
    "a path that is not": (handshake("/ws/nothing"), 404),
    "an end nobody knows": (handshake("/ws/progress/x?until=noon"), 400),
}
CODES = {426: "upgrade_required", 404: "not_found"}


@pytest.mark.parametrize("data, status", HANDSHAKES.values(), ids=HANDSHAKES.keys())
def test_handshakes(daemon, data, status):
    code = None if status == 101 else CODES.get(status, "bad_request")
    if b"%2e" in data:
        code = "bad_task_id"
    # Without an upgrade it is a request like others, whose connection may go on.
    is_request = b"websocket" not in data.lower().replace(b"sec-websocket", b"")
    reply = check(daemon, data, status, code, ON if is_request else OVER)
    if status == 426:
        assert reply.fields["sec-websocket-version"] == "13"
        assert reply.fields["upgrade"] == "websocket"
        assert "upgrade" in reply.fields["connection"].lower()
    if status == 101:
        assert reply.fields["upgrade"].lower() == "websocket"
        assert reply.fields["connection"].lower() == "upgrade"
        assert "sec-websocket-extensions" not in reply.fields
        assert "content-length" not in reply.fields and "transfer-encoding" not in reply.fields


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_only_get_opens_a_socket(daemon, method):
    data = handshake("/ws/echo").replace(b"GET", method.encode(), 1)
    expected = {"OPTIONS": (204, None), "HEAD": (426, None)}
    check(daemon, data, *expected.get(method, (405, "method_not_allowed")), OVER)


@pytest.mark.parametrize(
    "offered, chosen",
    [
        ([], None),
        (["chat"], None),
        (["doneyet.v1"], "doneyet.v1"),
        (["chat, doneyet.v1"], "doneyet.v1"),
        (["chat", "doneyet.v1"], "doneyet.v1"),
        (["doneyet.v1, bearer.any"], "doneyet.v1"),
        (["bearer.any, doneyet.v1"], "doneyet.v1"),
        (["bearer.any"], None),
        (["DONEYET.V1"], None),
        (["doneyet.v2"], None),
    ],
)
def test_the_subprotocol_is_the_one_known_if_offered(daemon, offered, chosen):
    fields = [f"{PROTOCOL}: {offer}" for offer in offered]
    reply = check(daemon, handshake("/ws", *fields), 101, None, OVER)
    assert reply.fields.get("sec-websocket-protocol") == chosen


def open_socket(daemon, path):
    talk = Talk(daemon.raw())
    talk.send(handshake(path))
    assert talk.reply().status == 101
    return talk


def header(first, length, masking=True, form=None):
    """A frame's header alone, its length in 7, 16 or 64 bits."""
    form = form or (7 if length < 126 else 16 if length < 65536 else 64)
    mask = 0x80 if masking else 0
    size = {
        7: lambda: bytes([mask | length]),
        16: lambda: bytes([mask | 126]) + struct.pack("!H", length),
        64: lambda: bytes([mask | 127]) + struct.pack("!Q", length),
    }[form]()
    return bytes([first]) + size + (b"\0" * 4 if masking else b"")


TEXT, BINARY, CLOSE, PING, PONG = 0x81, 0x82, 0x88, 0x89, 0x8A


def closing(code, reason=b""):
    return masked(CLOSE, struct.pack("!H", code) + reason)


PROTOCOL_ERRORS = {
    "no mask": header(TEXT, 1, masking=False) + b"a",
    "an empty frame without a mask": header(TEXT, 0, masking=False),
    "a ping without a mask": header(PING, 0, masking=False),
    "a close without a mask": header(CLOSE, 0, masking=False),
    "RSV1": masked(0xC1, b"a"),
    "RSV2": masked(0xA1, b"a"),
    "RSV3": masked(0x91, b"a"),
    "RSV1 on a ping": masked(0xC9, b""),
    "RSV1 on a continuation": masked(0x01, b"a") + masked(0xC0, b"a"),
    "a ping of 126 bytes": header(PING, 126),
    "a close of 126 bytes": header(CLOSE, 126),
    "a ping in pieces": masked(0x09, b""),
    "a pong in pieces": masked(0x0A, b""),
    "a close in pieces": masked(0x08, b""),
    "a continuation of nothing": masked(0x80, b"a"),
    "a first piece that continues": masked(0x00, b"a"),
    "a continuation behind a whole message": masked(BINARY, b"") + masked(0x80, b""),
    "a text inside a text": masked(0x01, b"a") + masked(TEXT, b"b"),
    "a binary inside a text": masked(0x01, b"a") + masked(0x02, b"b"),
    "a length of 5 in 16 bits": header(TEXT, 5, form=16),
    "a length of 125 in 64 bits": header(BINARY, 125, form=64),
    "a length of 65535 in 64 bits": header(BINARY, 65535, form=64),
    "a length of 2^63": header(BINARY, 2**63, form=64),
    "a length of 2^64 - 1": header(BINARY, 2**64 - 1, form=64),
    "a close of one byte": masked(CLOSE, b"\x03"),
    **{f"opcode {opcode}": masked(0x80 | opcode, b"") for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
    **{
        f"close code {code}": closing(code)
        for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)
    },
}
BAD_TEXTS = {
    "a lone continuation byte": b"\x80",
    "a byte that is never there": b"\xff",
    "an overlong slash": b"\xc0\xaf",
    "an overlong NUL": b"\xe0\x80\x80",
    "a surrogate": b"\xed\xa0\x80",
    "beyond Unicode": b"\xf4\x90\x80\x80",
    "five bytes": b"\xf8\x88\x80\x80\x80",
    "half a character": b"\xe2\x82",
    "half a character and a letter": b"\xe2\x82a",
}
NOT_UTF8 = {
    **{f"text: {name}": masked(TEXT, b"ok " + text) for name, text in BAD_TEXTS.items()},
    **{f"close: {name}": closing(1000, text) for name, text in BAD_TEXTS.items()},
    "in the second piece": masked(0x01, b"ok") + masked(0x80, b"\xff"),
    "before the end of an unfinished text": masked(0x01, b"\xff"),
    "a character cut by the end": masked(0x01, b"\xe2") + masked(0x80, b"\x82"),
}
FAULTS = [
    *(pytest.param(data, 1002, id=f"1002: {name}") for name, data in PROTOCOL_ERRORS.items()),
    *(pytest.param(data, 1007, id=f"1007: {name}") for name, data in NOT_UTF8.items()),
]


def expect_closed(talk, code):
    """Whatever the daemon still says, the last is a Close with this code, and then the end."""
    while True:
        first, payload = talk.frame()
        if first == CLOSE:
            break
    assert struct.unpack("!H", payload[:2]) == (code,), payload
    payload[2:].decode()
    talk.expect_end()


@pytest.mark.parametrize("data, code", FAULTS)
def test_each_fault_has_its_close_code_on_every_socket(daemon, data, code):
    for path in ("/ws/echo", "/ws", "/ws/all", "/ws/progress/faults", "/ws/worker/faults"):
        with open_socket(daemon, path) as talk:
            # What follows the fault is not looked at, be it never so good.
            talk.send(data + masked(TEXT, b"ping"))
            expect_closed(talk, code)


@pytest.mark.parametrize("data, code", FAULTS)
def test_each_fault_is_the_same_byte_by_byte(daemon, data, code):
    with open_socket(daemon, "/ws/echo") as talk:
        for at in range(len(data)):
            try:
                talk.send(data[at : at + 1])
            except (BrokenPipeError, ConnectionResetError):
                break
        expect_closed(talk, code)


GOOD_CLOSES = [b"", *(struct.pack("!H", code) for code in (1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 4999)),
               b"\x03\xe8" + b"r" * 123, b"\x03\xe8" + "gr\u00fc\u00dfe".encode()]


@pytest.mark.parametrize("body", GOOD_CLOSES, ids=repr)
def test_a_close_is_answered_with_its_code_and_is_the_last_word(daemon, body):
    for path in ("/ws/echo", "/ws/progress/closing", "/ws/worker/closing"):
        with open_socket(daemon, path) as talk:
            talk.send(masked(CLOSE, body) + masked(TEXT, b"ping") + masked(PING, b""))
            assert talk.frame() == (CLOSE, body[:2])
            talk.expect_end()


def test_pings_are_answered_in_order_with_what_they_carry(daemon):
    with open_socket(daemon, "/ws/progress/pings") as talk:
        payloads = [b"", b"a", b"\xff" * 125, bytes(range(100))]
        talk.send(b"".join(masked(PING, payload) for payload in payloads))
        talk.send(masked(PONG, b"nobody asked") + masked(TEXT, b"ping"))
        for payload in payloads:
            assert talk.frame() == (PONG, payload)
        assert talk.frame() == (TEXT, b"pong")


# Route, the most bytes in a message, and what comes back for that many.
LIMITS = [
    ("/ws/progress/limits", 4 * 1024, b"bad_action"),
    ("/ws/progress", 4 * 1024, b"bad_action"),
    ("/ws/all", 4 * 1024, b"bad_action"),
    ("/ws/worker/limits", 64 * 1024, b"bad_json"),
    ("/ws/worker", 64 * 1024, b"bad_json"),
    ("/ws/echo", 16 * 1024 * 1024, None),
]


@pytest.mark.parametrize("path, most, error", LIMITS)
def test_the_longest_message_and_one_byte_more(daemon, path, most, error):
    opcode = TEXT if error else BINARY
    message = header(opcode, most) + b"x" * most
    for data in (message, header(opcode & 0x0F, most - 1) + b"x" * (most - 1) + header(0x80, 1) + b"x"):
        with open_socket(daemon, path) as talk:
            talk.send(data)
            first, payload = talk.frame()
            assert first == opcode
            if error:
                # 64 KiB pass the socket, and are then too much for a state.
                assert json.loads(payload)["error"].encode() in (error, b"too_large")
            else:
                assert payload == b"x" * most
    over = [
        header(opcode, most + 1),
        header(opcode & 0x0F, most) + b"x" * most + header(0x80, 1),
        header(opcode & 0x0F, 1) + b"x" + header(0x00, most),
    ]
    for data in over:
        with open_socket(daemon, path) as talk:
            talk.send(data)
            expect_closed(talk, 1009)


def test_pieces_are_counted_whatever_is_in_them(daemon):
    for payload in (b"", b"x"):
        with open_socket(daemon, "/ws/progress/pieces") as talk:
            talk.send(masked(0x01, payload) + masked(0x00, payload) * 62 + masked(0x80, payload))
            assert json.loads(talk.frame()[1])["error"] == "bad_action"
            talk.send(masked(0x01, payload) + masked(0x00, payload) * 63 + masked(0x80, payload))
            expect_closed(talk, 1008)


NONSENSE = [masked(TEXT, b"hello"), masked(TEXT, b"{}"), masked(BINARY, b"ping"), masked(TEXT, b"PING"),
            masked(TEXT, b" ping"), masked(TEXT, b""), masked(TEXT, b'{"action":"dance"}'),
            masked(TEXT, b"[" * 4000), masked(0x01, b"he") + masked(PING, b"") + masked(0x80, b"llo")]


@pytest.mark.parametrize("data", NONSENSE, ids=range(len(NONSENSE)))
def test_the_sixteenth_senseless_message_is_the_last(daemon, data):
    for path in ("/ws/progress/nonsense", "/ws/progress", "/ws/all", "/ws"):
        with open_socket(daemon, path) as talk:
            talk.send((data + masked(TEXT, b"ping")) * 20)
            answers = []
            while (frame := talk.frame())[0] != CLOSE:
                answers.append(frame)
            bad = [payload for first, payload in answers if b"bad_action" in payload]
            pongs = [payload for first, payload in answers if payload == b"pong"]
            assert (len(bad), len(pongs)) == (16, 15)
            assert frame[1][:2] == struct.pack("!H", 1008)
            talk.expect_end()


def test_frames_arrive_whole_however_they_are_cut(daemon):
    messages = [b"", b"a", b"b" * 125, b"c" * 126, b"d" * 127, b"e" * 300]
    data = b"".join(masked(BINARY, message) for message in messages)
    for size in (1, 2, 3, 7, 64):
        with open_socket(daemon, "/ws/echo") as talk:
            for at in range(0, len(data), size):
                talk.send(data[at : at + size])
            for message in messages:
                assert talk.frame() == (BINARY, message)


def test_a_request_behind_the_handshake_is_read_as_frames(daemon):
    with open_socket(daemon, "/ws/echo") as talk:
        talk.send(request("DELETE", "/api/progress/x"))
        expect_closed(talk, 1002)
