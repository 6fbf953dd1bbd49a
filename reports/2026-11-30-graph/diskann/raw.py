"""Writes the embeddings of a Parquet file as raw little-endian f32, row after row, each row of unit length.

python raw.py EMBEDDINGS.parquet OUT.f32
"""

import sys

import numpy as np
import pyarrow.parquet as pq

column = pq.read_table(sys.argv[1], columns=["embedding"]).column("embedding").combine_chunks()
vectors = column.flatten().to_numpy().reshape(len(column), -1)
norms = np.sqrt((vectors.astype(np.float64) ** 2).sum(1, keepdims=True))
(vectors / norms).astype("<f4").tofile(sys.argv[2])
print(*vectors.shape)
