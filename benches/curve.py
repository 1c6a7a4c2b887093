"""Prints how the cost of an update grows with the watchers of a task, on real sockets.

From one watcher to as many as there are descriptors; for raw (benches/peers/raw.rs) and doneyet, in
turns, the median of three runs.
"""

import resource
import statistics

from compare import SERVERS, figure, measure

SIZES = [1, 10, 100, 1_000, 10_000, 20_000]
# Descriptors that are no watcher's.
OTHERS = 100
ROUNDS = 3
SECS = 2
FIGURES = ["deliveries_per_sec", "server_cpu_us_per_delivery", "first_us.p50", "last_us.p50"]


def medians(size):
    """For each server the middle of each figure."""
    servers = SERVERS[:2]
    runs = {server.name: [] for server in servers}
    for _ in range(ROUNDS):
        for server in servers:
            summary = measure(server, ["fanout", "--watchers", str(size)], SECS)
            if isinstance(summary, str):
                raise SystemExit(f"{server.name}, {size} watchers: {summary}")
            runs[server.name].append(summary)
    return [
        [statistics.median(figure(summary, name) for summary in of_server) for name in FIGURES]
        for of_server in runs.values()
    ]


def main():
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1] - OTHERS
    titles = ["deliveries/s", "CPU µs each", "first, µs", "last, µs"]
    print("| watchers | " + " | ".join(f"{title}: raw, doneyet" for title in titles) + " |")
    print("|---" * (len(titles) + 1) + "|")
    for size in sorted({min(size, most) for size in SIZES}):
        raw, doneyet = medians(size)
        cells = [f"{of_raw:,.1f}, {ours:,.1f}" for of_raw, ours in zip(raw, doneyet)]
        print(f"| {size:,} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
