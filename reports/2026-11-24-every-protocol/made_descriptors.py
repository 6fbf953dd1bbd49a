"""Descriptors for the ground truth of a revisited benchmark, so that its evaluation can run without images.

    python made_descriptors.py gnd_roxford5k.pkl FOLDER

Writes FOLDER/queries.parquet, FOLDER/database.parquet and FOLDER/gnd.json. An image is noise plus the directions of the queries that it
answers: strongly where it is easy, weakly where it is hard, in between where it is junk. Needs numpy and pyarrow.
"""

import json
import pickle
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

DIM = 64
STRENGTH = {"easy": 1.2, "junk": 0.9, "hard": 0.6}


def write(path, names, vectors):
    vectors = vectors.astype(np.float32)
    table = pa.table(
        {
            "id": pa.array(names),
            "label": pa.array([None] * len(names), pa.int32()),
            "embedding": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), DIM),
        }
    )
    pq.write_table(table, path)


truth = pickle.load(open(sys.argv[1], "rb"))
folder = Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
random = np.random.default_rng(0)
queries = random.standard_normal((len(truth["qimlist"]), DIM))
queries /= np.linalg.norm(queries, axis=1, keepdims=True)
database = random.standard_normal((len(truth["imlist"]), DIM)) / np.sqrt(DIM)
for query, entry in zip(queries, truth["gnd"]):
    for role, strength in STRENGTH.items():
        for image in entry[role]:
            database[image] += strength * random.uniform(0.2, 1.0) * query
write(folder / "queries.parquet", truth["qimlist"], queries)
write(folder / "database.parquet", truth["imlist"], database)
roles = [{role: [int(image) for image in entry[role]] for role in ("easy", "hard", "junk")} for entry in truth["gnd"]]
(folder / "gnd.json").write_text(json.dumps({"imlist": truth["imlist"], "qimlist": truth["qimlist"], "gnd": roles}))
