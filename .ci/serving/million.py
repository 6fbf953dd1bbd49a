"""A million vectors: built with a graph, opened from its cache, searched over HTTP; how long that takes and how much memory.

    .ci/serving/million.py --data FOLDER --out reports/2026-11-30-serving/million.json

FOLDER has clustered-train.parquet of reports/2026-11-23-exact-search/make_data.py with as many rows as wanted.
"""

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from overload import load
from serving import Server, binary, give

DIM = 384


def measured(*command):
    """Seconds, peak memory in MiB and standard output of a program."""
    start = time.monotonic()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"exit code {os.waitstatus_to_exitcode(status)}: {' '.join(map(str, command))}")
    return round(time.monotonic() - start, 1), round(usage.ru_maxrss / 1024), output


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.data) as folder:
        index = Path(folder) / "index"
        build = [binary(), "index", "build", "-q", "--embeddings", arguments.data / "clustered-train.parquet", "--out", index,
                 "--collection", "c", "--graph", "own"]
        seconds, peak, _ = measured(*build)
        result = {"built_s": seconds, "build_peak_mib": peak, "disk_mib": sum(f.stat().st_size for f in index.rglob("*") if f.is_file()) >> 20}
        _, _, stats = measured(binary(), "index", "stats", "-q", "--json", "--index", index)
        result["points"] = json.loads(stats)["points"]
        starts = []
        for _ in range(3):
            start = time.monotonic()
            with Server(index) as server:
                starts.append(round(time.monotonic() - start, 2))
                result["resident_mib"] = round(server.resident_mib())
                result["one_client_ms"] = load(server.address, "--connections", 1, "--seconds", 5, dim=DIM)["ms"]
                result["answered_per_second"] = load(server.address, "--connections", 8, "--seconds", 10, dim=DIM)["answered_per_second"]
        result["started_s"] = starts
        _, _, verified = measured(binary(), "index", "verify", "-q", "--json", "--index", index, "--collection", "c")
        result["verified"] = json.loads(verified)
        shutil.rmtree(index)
    give(result, arguments.out)


if __name__ == "__main__":
    main()
