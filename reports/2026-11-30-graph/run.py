"""Measures this graph and its peers in turn on every data set; writes measurements.jsonl and table.md: see run.sh.

Every round runs each program once, one after another. The beam (ef) of a recall is chosen on the first half of the queries and
reported on the second half; figures are medians over the rounds.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
BENCH, DATA, ROUNDS, SETS = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
PEERS = ["hnswlib", "usearch", "usearch-i8", "faiss"]
K = 10
TUNED = [0.9, 0.95, 0.98, 0.99, 0.999]
# Queries in each half, and beams of this graph and of its peers: as far as the data need them.
PLANS = {
    "normal": (300, [64, 256, 512, 1024, 2048, "exact"], [64, 256, 1024, 4096, 8192]),
    "clustered": (1000, [16, 24, 32, 48, 64, 96, 128, 192, 256, 384, "exact"], [16, 32, 48, 64, 96, 128, 192, 256, 384]),
    "tight": (500, [64, 128, 256, 384, 512, 768, 1024, 1536, 2048, "exact"], [64, 128, 256, 384, 512, 768, 1024, 2048, 3072]),
    "cifar10": (1000, [10, 16, 24, 32, 48, 64, 96, 128, 192, 256, "exact"], [10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384]),
}
rows = []


def run(command, threads):
    """The lines of JSON that a program prints; it has so many threads."""
    environment = {**os.environ, "RAYON_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, env=environment, check=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def note(data, round, part, program, lines):
    for line in lines:
        rows.append({"data": data, "round": round, "part": part, "program": program, **line})
    with open(HERE / "measurements.jsonl", "w") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def measure(data):
    count, beams, efs = PLANS[data]
    train, test, truth = DATA / f"{data}-train.parquet", DATA / f"{data}-test.parquet", DATA / f"{data}.truth"
    graph = DATA / f"{data}.graph"
    run([BENCH, "truth", train, test, K, truth], 2)
    peers = [sys.executable, HERE / "peers.py"]
    for round in range(1 if data == "normal" else min(ROUNDS, 2)):
        note(data, round, "build", "sop", run([BENCH, "build", train, graph], 2))
        for peer in PEERS:
            if peer == "usearch-i8" and round:
                continue
            command = peers + ["build", peer, train, DATA / f"{data}.{peer}", "--threads", 2]
            note(data, round, "build", peer, run(command, 2))
        if round == 0:
            other = DATA / f"{data}.hnsw_rs.graph"
            note(data, round, "build", "hnsw_rs", run([BENCH, "build", train, other, "builder=hnsw_rs"], 1))
    for round in range(ROUNDS):
        for threads in [1, 2]:
            for part, first in [("tuning", 0), ("reported", count)]:
                if part == "tuning" and (round or threads == 2):
                    continue
                common = [train, test, graph, truth, K, first, count]
                note(data, round, part, "sop", run([BENCH, "curve", *common, *beams], threads))
                if round == 0 and threads == 1:
                    other = [train, test, DATA / f"{data}.hnsw_rs.graph", truth, K, first, count]
                    note(data, round, part, "hnsw_rs", run([BENCH, "curve", *other, *beams[:-1]], threads))
                for peer in PEERS:
                    common = [train, test, DATA / f"{data}.{peer}", truth, K, first, count]
                    command = peers + ["curve", peer, *common, *efs, "--threads", threads]
                    note(data, round, part, peer, run(command, threads))
        graph_filters = [train, test, graph, K, count, min(count, 300)]
        note(data, round, "filters", "sop", run([BENCH, "filters", *graph_filters, 32, 64, 128], 1))


def main():
    for data in SETS:
        measure(data)
        subprocess.run([sys.executable, HERE / "table.py"], check=True)


main()
