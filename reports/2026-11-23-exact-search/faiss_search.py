"""Searches with faiss-cpu's IndexFlatIP and prints one line of JSON: seconds of reading, adding and searching.

python faiss_search.py TRAIN.parquet TEST.parquet [--k 200 --threads 2 --out neighbours.npz]
"""

import argparse
import json
import resource
import time

import faiss
import numpy as np
import pyarrow.parquet as pq


def read(path):
    column = pq.read_table(path, columns=["embedding"]).column("embedding").combine_chunks()
    vectors = column.flatten().to_numpy().reshape(len(column), -1)
    norms = np.sqrt((vectors.astype(np.float64) ** 2).sum(1, keepdims=True))
    return np.ascontiguousarray((vectors / norms).astype(np.float32))


def processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("train")
    parser.add_argument("test")
    parser.add_argument("--k", type=int, default=200)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out")
    arguments = parser.parse_args()
    faiss.omp_set_num_threads(arguments.threads)
    start = time.perf_counter()
    train, test = read(arguments.train), read(arguments.test)
    reading = time.perf_counter() - start
    start = time.perf_counter()
    index = faiss.IndexFlatIP(train.shape[1])
    index.add(train)
    adding = time.perf_counter() - start
    start, cpu = time.perf_counter(), processor_seconds()
    similarities, indices = index.search(test, arguments.k)
    searching, cpu = time.perf_counter() - start, processor_seconds() - cpu
    if arguments.out:
        np.savez(arguments.out, similarities=similarities, indices=indices)
    print(json.dumps({"reading": reading, "adding": adding, "searching": searching, "searching_cpu": cpu,
                      "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                      "faiss": faiss.__version__}))


if __name__ == "__main__":
    main()
