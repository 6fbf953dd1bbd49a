"""Four times as many searches as the server can answer, and what becomes of it.

Every request must be answered rightly or with 429, and memory must stay as it is.

    .ci/serving/overload.py --seconds 60 --out reports/2026-11-30-serving/overload.json
"""

import argparse
import json
import os
import random
import subprocess
import tempfile
import threading
from pathlib import Path

from serving import ROOT, Server, ask, give

DIM = 128
# From so many seconds on, what a busy machine could disturb is demanded, too.
LONG = 30
BATCH = 1000


def fill(address, points, dim):
    """Seeded points, so that every run searches the same ones."""
    status, answer = ask(address, "PUT", "/collections/c", {"vectors": {"size": dim, "distance": "Cosine"}})
    assert status == 200, answer
    rng = random.Random(0)
    for first in range(0, points, BATCH):
        batch = [{"id": first + place, "vector": [rng.gauss(0, 1) for _ in range(dim)]} for place in range(min(BATCH, points - first))]
        status, answer = ask(address, "PUT", "/collections/c/points?wait=true", {"points": batch})
        assert status == 200, answer


def load(address, *flags, dim=DIM):
    """One run of the load generator over a server, or over an index folder itself."""
    binary = os.environ.get("SOP_LOAD", str(ROOT / "target" / "release" / "examples" / "load"))
    where = ["--in-process", address] if isinstance(address, Path) else ["--address", address]
    command = [binary, *where, "--collection", "c", "--dim", str(dim), *map(str, flags)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class Memory:
    """The memory of a server, looked at twice a second."""

    def __init__(self, server):
        self.server, self.samples, self.done = server, [], threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()

    def watch(self):
        while not self.done.wait(0.5):
            self.samples.append(self.server.resident_mib())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder) / "index") as server:
        fill(server.address, arguments.points, DIM)
        capacity = load(server.address, "--connections", 32, "--seconds", max(3, arguments.seconds / 6))
        rate = capacity["answered_per_second"]
        # What the first wave takes stays: buffers of connections, thread stacks.
        load(server.address, "--rate", 4 * rate, "--seconds", max(2, arguments.seconds / 6))
        with Memory(server) as memory:
            overload = load(server.address, "--rate", 4 * rate, "--seconds", arguments.seconds, "--check", "true")
        after = load(server.address, "--connections", 1, "--seconds", 2, "--check", "true")
        statuses = set(overload["statuses"])
        assert statuses <= {"200", "429"}, overload
        if arguments.seconds >= LONG:
            assert overload["statuses"].get("429", 0) > 0, f"no overload: {overload}"
        assert overload["wrong"] == 0 and after["wrong"] == 0, overload
        assert set(after["statuses"]) == {"200"}, after
        samples = memory.samples
        # The means of the first and the last third: one sample is noise.
        third = max(1, len(samples) // 3)
        first, last = sum(samples[:third]) / third, sum(samples[-third:]) / third
        growth = last / first - 1
        if arguments.seconds >= LONG:
            assert abs(growth) <= 0.05, f"memory went from {first:.1f} to {last:.1f} MiB"
        result = {
            "points": arguments.points,
            "dim": DIM,
            "capacity_per_second": rate,
            "asked_per_second": round(4 * rate, 1),
            "seconds": arguments.seconds,
            "statuses": overload["statuses"],
            "wrong": overload["wrong"],
            "answered_per_second": overload["answered_per_second"],
            "ms_of_the_answered": overload["ms"],
            "memory_mib_first_third": round(first, 1),
            "memory_mib_last_third": round(last, 1),
            "memory_growth": round(growth, 4),
        }
    give(result, arguments.out)


if __name__ == "__main__":
    main()
