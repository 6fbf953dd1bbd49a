"""Maps the points of a safetensors file with openTSNE and writes map and time beside them.

    python tsne_peer.py POINTS.safetensors MAP.safetensors [INIT] [JOBS]

INIT is `random` or `pca` (default), JOBS the number of threads (default: all). Needs openTSNE and safetensors.
All other settings are openTSNE's own; perplexity is 30.
"""

import json
import os
import sys
import time

import numpy
import openTSNE
from safetensors.numpy import load_file, save_file


def main():
    source, target, *rest = sys.argv[1:]
    init = rest[0] if rest else "pca"
    jobs = int(rest[1]) if len(rest) > 1 else os.cpu_count()
    points = load_file(source)["points"]
    start = time.perf_counter()
    peer = openTSNE.TSNE(perplexity=30, initialization=init, n_jobs=jobs, random_state=0)
    positions = numpy.ascontiguousarray(peer.fit(points), dtype=numpy.float64)
    seconds = time.perf_counter() - start
    save_file({"map": positions, "seconds": numpy.array([[seconds]])}, target)
    print(json.dumps({"peer": f"openTSNE {openTSNE.__version__}", "seconds": round(seconds, 2), "threads": jobs}))


main()
