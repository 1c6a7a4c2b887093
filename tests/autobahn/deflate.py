#!/usr/bin/env python3
"""What permessage-deflate (RFC 7692) would save and cost for progress frames.

Three shapes of state, a thousand consecutive changes each, as the daemon writes them. Compressed as
the RFC says: raw deflate, a sync flush, its last four bytes dropped; with the window of the last
messages kept for each watcher ("takeover"), or with a fresh one for each message.
"""
import json
import random
import time
import zlib

CHANGES = 1000
# Bytes that zlib takes for one deflating window of 32 KiB (zlib.h: 2^(wbits+2) + 2^(memLevel+9)).
WINDOW = (1 << 17) + (1 << 17)


def states(extra):
    """What a watcher of a download is sent, one change after the other."""
    dice = random.Random(1)
    total, loaded, rev = 3_221_225_472, 0, 1_724_323_170_041
    for _ in range(CHANGES):
        loaded += dice.randrange(total // CHANGES)
        rev += 1
        speed = dice.uniform(2, 3)
        left = (total - loaded) / speed / 1e6
        state = {
            "task_id": "dl-42",
            "rev": rev,
            "status": "downloading",
            "progress": round(loaded * 100 / total, 2),
            "speed": f"{speed:.1f}MB/s",
            "eta": f"{int(left) // 60:02}:{int(left) % 60:02}",
            "updated_at": rev + dice.randrange(100_000),
            **extra(loaded, total),
        }
        yield json.dumps(state, separators=(",", ":")).encode()


SHAPES = {
    "bare": lambda loaded, total: {},
    "counters": lambda loaded, total: {"loaded": loaded, "total": total, "title": "Holiday.mp4"},
    "talkative": lambda loaded, total: {
        "filename": "/home/anna/Videos/2024/Holiday in Norway (uncut).mp4",
        "loaded": loaded,
        "total": total,
        "message": f"fragment {loaded >> 20} of {total >> 20} from mirror {loaded % 7}",
        "title": "Holiday in Norway (uncut)",
        "url": "https://media.example.org/watch?v=dQw4w9WgXcQ&list=PL0123456789abcdef",
    },
}


def deflater():
    return zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, -15)


def deflate(window, message):
    return (window.compress(message) + window.flush(zlib.Z_SYNC_FLUSH))[:-4]


def measure(messages, compress):
    """Bytes and microseconds a frame; a server's frame header is 2 bytes, or 4 from 126 on."""
    began = time.process_time()
    sizes = [len(compress(message)) for message in messages]
    micros = (time.process_time() - began) * 1e6 / len(messages)
    return sum(size + (2 if size < 126 else 4) for size in sizes) / len(sizes), micros


print("| state | plain | fresh window | takeover | CPU fresh | CPU takeover |")
print("|---|---|---|---|---|---|")
for name, extra in SHAPES.items():
    messages = list(states(extra))
    kept = deflater()
    plain, _ = measure(messages, lambda message: message)
    fresh, fresh_micros = measure(messages, lambda message: deflate(deflater(), message))
    takeover, takeover_micros = measure(messages, lambda message: deflate(kept, message))
    print(
        f"| {name} | {plain:.0f} B | {fresh:.0f} B | {takeover:.0f} B "
        f"| {fresh_micros:.0f} µs | {takeover_micros:.0f} µs |"
    )
print(f"\nA kept window is {WINDOW // 1024} KiB for each watcher.")
