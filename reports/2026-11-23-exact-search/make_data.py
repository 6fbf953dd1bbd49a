"""Writes seeded embeddings as Parquet: {normal,clustered,tight}-{train,test}.parquet in a folder.

python make_data.py FOLDER [--rows 100000 --queries 10000 --dim 384]
"""

import argparse
import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


def write(path, vectors, labels, first_id):
    values = pa.array(np.ascontiguousarray(vectors, dtype=np.float32).reshape(-1))
    table = pa.table(
        {
            "id": pa.array([f"image-{first_id + row:07d}" for row in range(len(vectors))]),
            "label": pa.array(labels.astype(np.int32)),
            "embedding": pa.FixedSizeListArray.from_arrays(values, vectors.shape[1]),
        }
    )
    pq.write_table(table, path, row_group_size=16384, use_dictionary=False)


def draw(name, rng, count, dim, classes):
    """Vectors and labels; rows come sorted by label, as a folder of images gives them."""
    labels = np.sort(rng.integers(0, len(classes), count))
    noise = rng.standard_normal((count, dim), dtype=np.float32)
    if name == "normal":
        # A weak class direction in normal noise: nothing for a search to hold on to.
        return noise + 0.3 * classes[labels], labels
    if name == "clustered":
        # A common mean, classes, and noise that is as large as the distance of the classes.
        return 2.0 + classes[labels] + noise, labels
    # Members of a class are nearly alike (cosine 0.99), as after neural collapse.
    return classes[labels] + 0.1 * noise, labels


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=10_000)
    parser.add_argument("--dim", type=int, default=384)
    parser.add_argument("--data", nargs="+", default=["normal", "clustered", "tight"])
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for seed, name in enumerate(["normal", "clustered", "tight"]):
        if name not in arguments.data:
            continue
        rng = np.random.default_rng(seed)
        classes = rng.standard_normal((10 if name == "tight" else 100, arguments.dim), dtype=np.float32)
        for split, count, first_id in [("train", arguments.rows, 0), ("test", arguments.queries, arguments.rows)]:
            path = arguments.folder / f"{name}-{split}.parquet"
            if not path.exists():
                vectors, labels = draw(name, rng, count, arguments.dim, classes)
                write(path, vectors, labels, first_id)


main()
