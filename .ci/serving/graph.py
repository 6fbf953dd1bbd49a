"""The graph table in miniature: this graph beside usearch on 10,000 x 384 vectors.

    .ci/serving/graph.py

Fails where a row cannot be reached, or a recall is below what is asked for; times are printed,
and decide nothing. The table at length: `.ci/long graph`.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "reports/2026-11-23-exact-search/make_data.py"
PEERS = ROOT / "reports/2026-11-30-graph/peers.py"
ROWS, QUERIES, K = 10_000, 200, 10
BEAM, RECALL = 64, 0.98
FILTERED_RECALL = 0.95


def measured(*command):
    """The lines of JSON that a program prints, on one thread."""
    environment = {**os.environ, "RAYON_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, env=environment, check=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def benchmark():
    """The benchmark `graph` of sop-index, compiled."""
    command = ["cargo", "build", "--release", "-p", "sop-index", "--bench", "graph", "--message-format", "json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, cwd=ROOT)
    messages = map(json.loads, done.stdout.splitlines())
    found = [message["executable"] for message in messages if message["reason"] == "compiler-artifact" and message["target"]["kind"] == ["bench"]]
    return found[-1]


def main():
    bench = benchmark()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        subprocess.run([sys.executable, DATA, folder, "--rows", str(ROWS), "--queries", str(QUERIES), "--data", "clustered"], check=True)
        train, test, graph, truth = (folder / name for name in ["clustered-train.parquet", "clustered-test.parquet", "graph", "truth"])
        peer = [sys.executable, PEERS]
        built = measured(bench, "build", train, graph)[0]
        peer_built = measured(*peer, "build", "usearch", train, folder / "usearch", "--threads", 1)[0]
        measured(bench, "truth", train, test, K, truth)
        queries = [truth, K, 0, QUERIES]
        own = measured(bench, "curve", train, test, graph, *queries, BEAM)
        other = measured(*peer, "curve", "usearch", train, test, folder / "usearch", *queries, BEAM, "--threads", 1)[0]
        filters = measured(bench, "filters", train, test, graph, K, 0, QUERIES, BEAM)
    curve = next(line for line in own if line["what"] == "curve")
    filters = [line for line in filters if "recall" in line]
    print("build:", json.dumps(built), "usearch:", json.dumps(peer_built))
    print("curve:", json.dumps(curve), "usearch:", json.dumps(other))
    for line in filters:
        print("filter:", json.dumps(line))
    assert built["unreachable"] == 0, built
    assert curve["recall"] >= RECALL, curve
    assert len(filters) == 6 and all(line["recall"] >= FILTERED_RECALL for line in filters), filters


main()
