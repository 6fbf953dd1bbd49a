"""Compares the neighbours of two programs, apart from exact ties and the rounding of f32; prints one line.

python compare.py TRAIN.parquet TEST.parquet FAISS.npz SOP.u32
"""

import sys

import numpy as np

from faiss_search import read


def main():
    train, test = (read(path).astype(np.float64) for path in sys.argv[1:3])
    faiss = np.load(sys.argv[3])["indices"]
    sop = np.fromfile(sys.argv[4], dtype="<u4").reshape(faiss.shape)
    differing = np.flatnonzero((np.sort(faiss, 1) != np.sort(sop, 1)).any(1))
    worst = 0.0
    for query in differing:
        mine = set(sop[query].tolist())
        theirs = set(faiss[query].tolist())
        lost = train[list(theirs - mine)] @ test[query]
        won = train[list(mine - theirs)] @ test[query]
        # Positive where faiss found a neighbour that is truly nearer than one found here.
        worst = max(worst, float(lost.max() - won.min()))
    print(f"{len(faiss)} queries, {len(differing)} with other sets of neighbours; "
          f"what faiss found instead is nearer by {worst:.1e} at most (f64)")


main()
