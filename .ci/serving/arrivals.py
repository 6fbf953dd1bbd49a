"""How long searches take when they come at random times, at half and at four fifths of what the server can do.

    .ci/serving/arrivals.py --out reports/2026-11-30-serving/load.json
"""

import argparse
import tempfile
from pathlib import Path

from overload import fill, load
from serving import Server, give

DIM = 384
# The most that HTTP and the server may add to a search, in milliseconds at the median, and a search may take in all.
ADDED, IN_ALL = 1.0, 10.0
# The most that the slowest hundredth may take beside the median, by the share of the capacity that is asked for.
ALLOWED = {0.5: 4.0, 0.8: 8.0}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    rows, within = [], True
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        with Server(index) as server:
            fill(server.address, arguments.points, DIM)

        def of_server(*flags):
            return load(server.address, *flags, dim=DIM)

        def alone():
            """The median of a search of the folder itself, while no server runs, in milliseconds."""
            return load(index, "--seconds", arguments.seconds / 12, dim=DIM)["ms"]["p50"]

        before = alone()
        with Server(index) as server:
            of_server("--connections", 2, "--seconds", 2)
            one = of_server("--connections", 1, "--seconds", arguments.seconds / 6)
            capacity = of_server("--connections", 32, "--seconds", arguments.seconds / 3)["answered_per_second"]
            for share, allowed in ALLOWED.items():
                measured = of_server("--rate", share * capacity, "--seconds", arguments.seconds)
                ratio = measured["ms"]["p99"] / measured["ms"]["p50"]
                within &= ratio <= allowed
                rows.append({"share_of_capacity": share, "p99_to_p50": round(ratio, 2), "allowed": allowed, **measured})
        in_process = (before + alone()) / 2
    added = one["ms"]["p50"] - in_process
    within &= added <= ADDED and one["ms"]["p50"] <= IN_ALL
    result = {"points": arguments.points, "dim": DIM, "in_process_ms": round(in_process, 3), "one_client": one,
              "added_ms": round(added, 3), "capacity_per_second": capacity, "arrivals": rows, "within": within}
    give(result, arguments.out)


if __name__ == "__main__":
    main()
