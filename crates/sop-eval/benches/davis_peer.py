"""The peers of davis.rs: the references' label propagation in PyTorch, and the challenge's J and F in numpy and OpenCV.

python3 davis_peer.py propagation FOLDER | scores TRUTH PREDICTED
"""

import json
import math
import os
import sys
import time

import numpy as np

H, W, DIM, FRAMES, LABELS, LAST, RADIUS, TOP, TEMPERATURE = 30, 52, 384, 12, 4, 7, 12, 5, 0.1


def propagation(folder):
    import torch

    frames = torch.from_numpy(np.fromfile(f"{folder}/frames.f32", dtype=np.float32).reshape(FRAMES, H * W, DIM))
    column = torch.arange(H * W) % W
    masks = torch.nn.functional.one_hot(column * LABELS // W, LABELS).T.float()
    row, column = torch.arange(H * W) // W, torch.arange(H * W) % W
    near = ((row[:, None] - row).abs() <= RADIUS) & ((column[:, None] - column).abs() <= RADIUS)
    context, seconds = [], []
    for t in range(1, FRAMES):
        start = time.time()
        used = [(frames[0], masks)] + context
        query = torch.nn.functional.normalize(frames[t], dim=1)
        sources = torch.nn.functional.normalize(torch.stack([features for features, _ in used]), dim=2)
        affinity = torch.exp(torch.einsum("ntd,qd->ntq", sources, query) / TEMPERATURE)
        affinity = (affinity * near.float()).reshape(-1, H * W)
        threshold = torch.topk(affinity, TOP, dim=0).values[TOP - 1]
        affinity[affinity < threshold] = 0
        affinity = affinity / affinity.sum(0, keepdim=True)
        found = torch.cat([mask for _, mask in used], dim=1) @ affinity
        context = (context + [(frames[t], found)])[-LAST:]
        seconds.append(time.time() - start)
    print(json.dumps({"torch_seconds_per_frame": np.mean(seconds[8:]), "mask_1_sum": float(found[1].sum())}))


def boundary(mask):
    right, below, corner = np.zeros_like(mask), np.zeros_like(mask), np.zeros_like(mask)
    right[:, :-1], below[:-1], corner[:-1, :-1] = mask[:, 1:], mask[1:], mask[1:, 1:]
    edge = (mask ^ right) | (mask ^ below) | (mask ^ corner)
    edge[-1] = mask[-1] ^ right[-1]
    edge[:, -1] = mask[:, -1] ^ below[:, -1]
    edge[-1, -1] = False
    return edge


def score(truth, predicted):
    import cv2

    union = (truth | predicted).sum()
    j = (truth & predicted).sum() / union if union else 1.0
    radius = math.ceil(0.008 * math.hypot(*truth.shape))
    span = np.arange(-radius, radius + 1)
    disk = (span[:, None] ** 2 + span**2 <= radius**2).astype(np.uint8)
    a, b = boundary(truth), boundary(predicted)
    if not a.any() and not b.any():
        return j, 1.0
    if not a.any() or not b.any():
        return j, 0.0
    near = [cv2.dilate(edge.astype(np.uint8), disk).astype(bool) for edge in (a, b)]
    precision, recall = (b & near[0]).sum() / b.sum(), (a & near[1]).sum() / a.sum()
    return j, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def scores(truth, predicted):
    from PIL import Image

    def read(folder):
        masks = [np.array(Image.open(f"{folder}/{name}")) for name in sorted(os.listdir(folder))]
        return [np.where(mask == 255, 0, mask) for mask in masks]

    truth, predicted = read(truth), read(predicted)
    objects = range(1, truth[0].max() + 1)
    start = time.time()
    found = [score(t == i, p == i) for i in objects for t, p in zip(truth[1:-1], predicted[1:-1])]
    milliseconds = 1e3 * (time.time() - start) / len(found)
    j, f = np.mean(found, axis=0)
    print(json.dumps({"python_milliseconds_per_object_and_frame": milliseconds, "j": round(j, 6), "f": round(f, 6)}))


{"propagation": propagation, "scores": scores}[sys.argv[1]](*sys.argv[2:])
