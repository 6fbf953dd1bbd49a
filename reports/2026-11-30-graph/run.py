"""Measures this graph and its peers in turn on every data set; writes measurements.jsonl and table.md: see run.sh.

Every round runs each program once, one after another. The beam (ef) of a recall is chosen on the first half of the queries and
reported on the second half; figures are medians over the rounds.
"""

import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
BENCH, DATA, ROUNDS, SETS = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
# All peers where they are built within a minute or two each; the two that count where they are not. Builds of hnsw_rs run on one thread.
PEERS = {
    "clustered": ["hnswlib", "usearch", "usearch-i8", "faiss"],
    "cifar10": ["hnswlib", "usearch", "usearch-i8", "faiss"],
    "cifar10-sop": ["hnswlib", "usearch", "usearch-i8", "faiss"],
    "tight": ["hnswlib", "usearch", "faiss"],
    "normal": ["hnswlib", "usearch"],
}
WITH_HNSW_RS = ["clustered", "cifar10"]
K = 10
# The recall of searches that those under filters are compared with, and the beam where a caller says nothing.
ENOUGH, DEFAULT = 0.98, 128
# Queries in each half, and beams of this graph and of its peers: as far as the data need them.
PLANS = {
    "normal": (200, [64, 256, 512, 1024, "exact"], [64, 512, 2048, 4096, 8192, 16384]),
    "clustered": (1000, [16, 24, 32, 48, 64, 96, 128, 192, 256, 384, "exact"], [16, 32, 48, 64, 96, 128, 192, 256, 384]),
    "tight": (300, [64, 128, 256, 384, 512, 768, 1024, 1536, 2048, "exact"], [64, 128, 256, 384, 512, 768, 1024, 2048, 3072]),
    "cifar10": (1000, [10, 16, 24, 32, 48, 64, 96, 128, 192, 256, "exact"], [10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384]),
    "cifar10-sop": (1000, [10, 16, 24, 32, 48, 64, 96, 128, 192, 256, "exact"], [10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384]),
}
MEASURED = HERE / "measurements.jsonl"
# A run goes on where an earlier one stopped; remove the file to begin anew.
rows = [json.loads(line) for line in MEASURED.read_text().splitlines()] if MEASURED.exists() else []


def run(command, threads):
    """The lines of JSON that a program prints; it has so many threads."""
    environment = {**os.environ, "RAYON_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, env=environment, check=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def note(data, round, part, program, command, threads):
    """Runs a program and appends what it measured, unless that was measured before."""
    key = {"data": data, "round": round, "part": part, "program": program, "ran_on": threads}
    if any(all(row[name] == value for name, value in key.items()) for row in rows):
        return
    for line in run(command, threads):
        rows.append({**key, **line})
    with open(MEASURED, "w") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def measure(data):
    count, beams, efs = PLANS[data]
    train, test, truth = DATA / f"{data}-train.parquet", DATA / f"{data}-test.parquet", DATA / f"{data}.truth"
    graph, other = DATA / f"{data}.graph", DATA / f"{data}.hnsw_rs.graph"
    peers = [sys.executable, HERE / "peers.py"]
    for round in range(1 if data == "normal" else ROUNDS):
        for peer in PEERS[data]:
            # Beyond the first round only what build times are compared with.
            if round and peer != "hnswlib":
                continue
            note(data, round, "build", peer, peers + ["build", peer, train, DATA / f"{data}.{peer}", "--threads", 2], 2)
        note(data, round, "build", "sop", [BENCH, "build", train, graph], 2)
        if round == 0 and data in WITH_HNSW_RS:
            note(data, round, "build", "hnsw_rs", [BENCH, "build", train, other, "builder=hnsw_rs"], 1)
    run([BENCH, "truth", train, test, K, truth], 2)
    for round in range(ROUNDS):
        for threads in [1, 2]:
            for part, first in [("tuning", 0), ("reported", count)]:
                if part == "tuning" and (round or threads == 2):
                    continue
                queries = [truth, K, first, count]
                note(data, round, part, "sop", [BENCH, "curve", train, test, graph, *queries, *beams], threads)
                if round == 0 and threads == 1 and data in WITH_HNSW_RS:
                    note(data, round, part, "hnsw_rs", [BENCH, "curve", train, test, other, *queries, *beams[:-1]], threads)
                for peer in PEERS[data]:
                    # The others' curves are of the first round.
                    if round and peer not in ["hnswlib", "usearch"]:
                        continue
                    index = DATA / f"{data}.{peer}"
                    command = peers + ["curve", peer, train, test, index, *queries, *efs, "--threads", threads]
                    note(data, round, part, peer, command, threads)
    # Filters are measured where a search without one finds enough, and at the default; 4097 is the first beam that is always exact.
    singles = [BENCH, "singles", train, test, graph, K, 0, count, *sorted({*(beam for beam in beams if beam != "exact"), DEFAULT}), 4097]
    note(data, 0, "filter tuning", "sop", singles, 1)
    enough = [row["beam"] for row in rows if row["data"] == data and row["part"] == "filter tuning" and row.get("recall", 0) >= ENOUGH]
    note(data, 0, "filters", "sop", [BENCH, "filters", train, test, graph, K, count, count, *dict.fromkeys([min(enough), DEFAULT])], 1)


def main():
    for data in SETS:
        measure(data)
        subprocess.run([sys.executable, HERE / "table.py"], check=True)


main()
