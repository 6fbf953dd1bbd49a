"""How long searches take when they come at random times, at half and at four fifths of what the server can do.

    .ci/serving/arrivals.py --out reports/2026-11-30-serving/load.json
"""

import argparse
import tempfile
from pathlib import Path

from overload import DIM, fill, load
from serving import Server, give

# The most that the slowest hundredth may take beside the median, by the share of the capacity that is asked for.
ALLOWED = {0.5: 4.0, 0.8: 8.0}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    rows, within = [], True
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder) / "index") as server:
        fill(server.address, arguments.points, DIM)
        load(server.address, "--connections", 2, "--seconds", 2)
        one = load(server.address, "--connections", 1, "--seconds", arguments.seconds / 6)
        capacity = load(server.address, "--connections", 32, "--seconds", arguments.seconds / 3)["answered_per_second"]
        for share, allowed in ALLOWED.items():
            measured = load(server.address, "--rate", share * capacity, "--seconds", arguments.seconds)
            ratio = measured["ms"]["p99"] / measured["ms"]["p50"]
            within &= ratio <= allowed
            rows.append({"share_of_capacity": share, "p99_to_p50": round(ratio, 2), "allowed": allowed, **measured})
    result = {"points": arguments.points, "dim": DIM, "capacity_per_second": capacity, "one_client": one, "arrivals": rows, "within": within}
    give(result, arguments.out)


if __name__ == "__main__":
    main()
