"""A WebSocket client in sixty lines of plain Python, for the experiments of this course.

    python3 docs/ws.py /ws/progress/dl-42                    print what comes, until the end
    python3 docs/ws.py /ws/progress/dl-42 --count 2          print two messages and leave
    python3 docs/ws.py /ws/progress/dl-42 --send '{"action":"cancel"}' --count 2

It trusts the server, which a real client must not do. Chapter 1 explains every line of it.
"""

import argparse, base64, os, socket, struct


def connect(path, port):
    sock = socket.create_connection(("127.0.0.1", port))
    key = base64.b64encode(os.urandom(16)).decode()
    sock.sendall((
        f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n").encode())
    stream = sock.makefile("rb")
    head = [stream.readline()]
    while head[-1] not in (b"\r\n", b""):
        head.append(stream.readline())
    if b" 101 " not in head[0]:
        raise SystemExit(head[0].decode().strip())
    return sock, stream


def send(sock, opcode, payload):
    key = os.urandom(4)
    if len(payload) < 126:
        length = bytes([0x80 | len(payload)])
    else:
        length = bytes([0x80 | 126]) + struct.pack(">H", len(payload))
    masked = bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))
    sock.sendall(bytes([0x80 | opcode]) + length + key + masked)


def receive(stream):
    first, length = stream.read(2)
    if length >= 126:
        length = int.from_bytes(stream.read(2 if length == 126 else 8), "big")
    return first & 0x0F, stream.read(length)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("path")
    arguments.add_argument("--port", type=int, default=os.environ.get("PORT", 8765))
    arguments.add_argument("--send", action="append", default=[])
    arguments.add_argument("--count", type=int, default=0)
    wanted = arguments.parse_args()
    sock, stream = connect(wanted.path, wanted.port)
    for text in wanted.send:
        send(sock, 0x1, text.encode())
    seen = 0
    while not wanted.count or seen < wanted.count:
        opcode, payload = receive(stream)
        if opcode == 0x8:
            code = int.from_bytes(payload[:2], "big")
            return print("closed:", code, payload[2:].decode())
        if opcode == 0x9:
            send(sock, 0xA, payload)
            continue
        print(payload.decode(), flush=True)
        seen += 1


if __name__ == "__main__":
    main()
