"""Builds and searches the peers' graphs; prints one line of JSON a measurement.

python peers.py build NAME TRAIN.parquet INDEX [--threads 2]
python peers.py curve NAME TRAIN.parquet TEST.parquet INDEX TRUTH K FIRST COUNT EF… [--threads 1]

NAME is hnswlib, usearch, usearch-i8 or faiss: M = 16 (32 links a row at the base), ef_construction = 200.
Rows are brought to unit length; similarity is the inner product. TRUTH is what `graph truth` of the benchmark writes.
"""

import argparse
import json
import pathlib
import resource
import time

import numpy as np
import pyarrow.parquet as pq

M, EF_CONSTRUCTION = 16, 200


def read(path):
    column = pq.read_table(path, columns=["embedding"]).column("embedding").combine_chunks()
    vectors = column.flatten().to_numpy().reshape(len(column), -1)
    norms = np.sqrt((vectors.astype(np.float64) ** 2).sum(1, keepdims=True))
    return np.ascontiguousarray((vectors / norms).astype(np.float32))


def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Hnswlib:
    def __init__(self, dim, threads):
        import hnswlib

        self.dim, self.threads = dim, threads
        self.index = hnswlib.Index(space="ip", dim=dim)

    def build(self, train, path):
        self.index.init_index(max_elements=len(train), M=M, ef_construction=EF_CONSTRUCTION, random_seed=100)
        self.index.set_num_threads(self.threads)
        start = time.perf_counter()
        self.index.add_items(train, np.arange(len(train)), num_threads=self.threads)
        seconds = time.perf_counter() - start
        self.index.save_index(str(path))
        return seconds

    def load(self, path, rows):
        self.index.load_index(str(path), max_elements=rows)
        self.index.set_num_threads(self.threads)

    def search(self, queries, k, ef):
        self.index.set_ef(max(ef, k))
        return self.index.knn_query(queries, k=k, num_threads=self.threads)[0]


class Usearch:
    dtype = "f32"

    def __init__(self, dim, threads):
        from usearch.index import Index

        self.threads = threads
        self.index = Index(ndim=dim, metric="ip", dtype=self.dtype, connectivity=M, expansion_add=EF_CONSTRUCTION)

    def build(self, train, path):
        start = time.perf_counter()
        self.index.add(np.arange(len(train)), train, threads=self.threads)
        seconds = time.perf_counter() - start
        self.index.save(str(path))
        return seconds

    def load(self, path, rows):
        self.index.load(str(path))

    def search(self, queries, k, ef):
        self.index.expansion_search = max(ef, k)
        found = self.index.search(queries, k, threads=self.threads)
        keys = found.keys
        return keys.reshape(len(queries), -1)


class UsearchI8(Usearch):
    dtype = "i8"


class Faiss:
    def __init__(self, dim, threads):
        import faiss

        self.faiss = faiss
        faiss.omp_set_num_threads(threads)
        self.index = faiss.IndexHNSWFlat(dim, M, faiss.METRIC_INNER_PRODUCT)
        self.index.hnsw.efConstruction = EF_CONSTRUCTION

    def build(self, train, path):
        start = time.perf_counter()
        self.index.add(train)
        seconds = time.perf_counter() - start
        self.faiss.write_index(self.index, str(path))
        return seconds

    def load(self, path, rows):
        self.index = self.faiss.read_index(str(path))

    def search(self, queries, k, ef):
        self.index.hnsw.efSearch = max(ef, k)
        return self.index.search(queries, k)[1]


PEERS = {"hnswlib": Hnswlib, "usearch": Usearch, "usearch-i8": UsearchI8, "faiss": Faiss}


def recall(found, truth):
    return float(np.mean([len(np.intersect1d(a, b)) / len(b) for a, b in zip(found, truth)]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["build", "curve"])
    parser.add_argument("name", choices=PEERS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("rest", nargs="+")
    arguments = parser.parse_args()
    rest = arguments.rest
    train = read(rest[0])
    peer = PEERS[arguments.name](train.shape[1], arguments.threads)
    common = {"peer": arguments.name, "threads": arguments.threads}
    if arguments.what == "build":
        before = peak_mib()
        seconds = peer.build(train, rest[1])
        size = pathlib.Path(rest[1]).stat().st_size / 2**20
        print(json.dumps({"what": "build", **common, "seconds": round(seconds, 3), "file_mib": round(size, 1),
                          "vectors_mib": round(before, 1), "peak_mib": round(peak_mib(), 1)}))
        return
    queries = read(rest[1])
    k, first, count = map(int, rest[4:7])
    truth = np.fromfile(rest[3], dtype="<u4").reshape(len(queries), k)[first : first + count]
    queries = np.ascontiguousarray(queries[first : first + count])
    peer.load(rest[2], len(train))
    for ef in map(int, rest[7:]):
        start = time.perf_counter()
        found = peer.search(queries, k, ef)
        seconds = time.perf_counter() - start
        print(json.dumps({"what": "curve", **common, "beam": ef, "recall": round(recall(found, truth), 5),
                          "qps": round(count / seconds, 1)}), flush=True)


main()
