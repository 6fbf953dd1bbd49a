"""Images per second of ONNX Runtime alone: the model over tensors that are in memory already.

usage: python bare_runtime.py ENCODER.onnx IMAGES [BATCH]
"""
import sys
import time

import numpy
import onnxruntime

model, images, batch = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 32
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
pixels = numpy.random.default_rng(0).standard_normal((batch, 3, 224, 224), dtype=numpy.float32)
session.run(["cls"], {"image": pixels})
start = time.perf_counter()
for first in range(0, images, batch):
    session.run(["cls"], {"image": pixels[: min(batch, images - first)]})
seconds = time.perf_counter() - start
print(f"{images / seconds:.3f}")
