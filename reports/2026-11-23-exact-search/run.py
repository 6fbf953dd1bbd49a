"""Runs faiss and this search in turn on every data set and writes table.md: see run.sh."""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
ROOT, DATA, RUNS = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])


def run(command):
    """Standard output, seconds by the clock, seconds of the processor, peak MiB."""
    with tempfile.TemporaryFile("w+") as output:
        start = time.perf_counter()
        process = subprocess.Popen(list(map(str, command)), stdout=output, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{command} failed")
        output.seek(0)
        return output.read(), seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def newest(pattern):
    found = [path for path in ROOT.glob(pattern) if os.access(path, os.X_OK) and path.suffix == ""]
    return max(found, key=lambda path: path.stat().st_mtime)


def main():
    bench, sop = newest("target/release/deps/exact_search-*"), ROOT / "target/release/sop"
    lines = ["| data | faiss search s (CPU s) | search s | ratio | quantise / scan / settle, s of all threads "
             "| similarities per query | `sop eval knn` s (CPU s) | ratio to faiss's search | peak MiB | neighbours |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    for name in ["normal", "clustered", "tight"]:
        train, test = DATA / f"{name}-train.parquet", DATA / f"{name}-test.parquet"
        faiss, mine, whole = [], [], []
        for _ in range(RUNS):
            faiss.append(json.loads(run([sys.executable, HERE / "faiss_search.py", train, test,
                                         "--out", DATA / "faiss.npz"])[0]))
            mine.append(json.loads(run([bench, train, test, 200, DATA / "sop.u32"])[0]))
            whole.append(run([sop, "eval", "knn", "--train", train, "--test", test, "--json"])[1:])
        same = run([sys.executable, HERE / "compare.py", train, test, DATA / "faiss.npz", DATA / "sop.u32"])[0].strip()
        median = lambda values: statistics.median(values)
        ratio = lambda values, key: median([value / f[key] for value, f in zip(values, faiss)])
        parts = " / ".join(f"{median([m[key] for m in mine]):.2f}"
                           for key in ["quantizing", "scanning_threads", "settling_threads"])
        lines.append(
            f"| {name} | {median([f['searching'] for f in faiss]):.2f} ({median([f['searching_cpu'] for f in faiss]):.1f}) "
            f"| {median([m['searching'] for m in mine]):.2f} | {ratio([m['searching'] for m in mine], 'searching'):.2f} "
            f"| {parts} | {mine[0]['similarities'] / 10_000:.0f} "
            f"| {median([w[0] for w in whole]):.2f} ({median([w[1] for w in whole]):.1f}) "
            f"| {ratio([w[0] for w in whole], 'searching'):.2f}, CPU {ratio([w[1] for w in whole], 'searching_cpu'):.2f} "
            f"| {max(w[2] for w in whole):.0f} | {same} |")
        print(lines[-1], flush=True)
    (HERE / "table.md").write_text("\n".join(lines) + "\n")


main()
