"""k-NN on raw pixels of a generated set.

Each image is resized to 16 x 16 (Pillow, bicubic with antialiasing), normalised with the ImageNet mean and standard deviation,
flattened and L2-normalised. Votes are weighted with exp(cosine / 0.07).

Usage: python knn.py TRAIN_FOLDER TEST_FOLDER OUT.csv
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

MEAN = np.array([0.485, 0.456, 0.406])
STD = np.array([0.229, 0.224, 0.225])


def load(root):
    vectors, labels = [], []
    for label, folder in enumerate(sorted(p for p in Path(root).iterdir())):
        for file in sorted(folder.iterdir()):
            small = Image.open(file).convert("RGB").resize((16, 16), Image.Resampling.BICUBIC)
            vectors.append(((np.asarray(small) / 255.0 - MEAN) / STD).ravel())
            labels.append(label)
    vectors = np.stack(vectors)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.array(labels)


def main():
    train, train_labels = load(sys.argv[1])
    test, test_labels = load(sys.argv[2])
    similarity = test @ train.T
    order = np.argsort(-similarity, axis=1, kind="stable")
    lines = ["k,top1"]
    for k in (1, 5, 10, 20, 50, 100, 200):
        nearest = order[:, :k]
        weights = np.exp(np.take_along_axis(similarity, nearest, axis=1) / 0.07)
        votes = np.zeros((len(test), 10))
        for column in range(k):
            votes[np.arange(len(test)), train_labels[nearest[:, column]]] += weights[:, column]
        lines.append(f"{k},{(votes.argmax(axis=1) == test_labels).mean():.4f}")
    Path(sys.argv[3]).write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


main()
