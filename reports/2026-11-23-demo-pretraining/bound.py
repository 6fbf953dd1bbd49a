"""What the demo's ViT reaches on the generated benchmark in a given time, with labels or by contrast of views.

Usage: bound.py labels|contrast SECONDS DATA   (DATA has train/ and test/ with a folder per class)

Needs torch, numpy and Pillow. Prints the top-1 accuracy on the test images: of the classifier, or of k-NN (k 20,
temperature 0.07) against 2,000 training images drawn at random.
"""

import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

SIZE, PATCH, DIM, CLASSES = 32, 8, 96, 10


def load(folder):
    images, labels = [], []
    for label, name in enumerate(sorted(path.name for path in folder.iterdir())):
        for file in sorted((folder / name).iterdir()):
            image = Image.open(file).convert("RGB").resize((SIZE, SIZE), Image.BICUBIC)
            images.append(np.asarray(image))
            labels.append(label)
    pixels = torch.tensor(np.stack(images)).permute(0, 3, 1, 2).float() / 127.5 - 1
    return pixels, torch.tensor(labels)


class Vit(torch.nn.Module):
    def __init__(self, outputs):
        super().__init__()
        self.patches = torch.nn.Conv2d(3, DIM, PATCH, PATCH)
        self.cls = torch.nn.Parameter(torch.randn(1, 1, DIM) * 0.02)
        self.position = torch.nn.Parameter(torch.randn(1, 1 + (SIZE // PATCH) ** 2, DIM) * 0.02)
        block = torch.nn.TransformerEncoderLayer(DIM, 3, 4 * DIM, 0.0, "gelu", batch_first=True, norm_first=True)
        self.blocks = torch.nn.TransformerEncoder(block, 3, enable_nested_tensor=False)
        self.norm = torch.nn.LayerNorm(DIM)
        self.head = torch.nn.Sequential(torch.nn.Linear(DIM, 192), torch.nn.GELU(), torch.nn.Linear(192, outputs))

    def feature(self, images):
        tokens = self.patches(images).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.cls.expand(len(images), -1, -1), tokens], 1) + self.position
        return self.norm(self.blocks(tokens))[:, 0]


def view(images):
    """A crop of at least 70 % of each side, perhaps mirrored, with its colours mixed and perhaps inverted."""
    count = len(images)
    scale = torch.empty(count).uniform_(0.7, 1.0)
    place = torch.zeros(count, 2, 3)
    place[:, 0, 0] = scale * (torch.randint(0, 2, (count,)) * 2 - 1)
    place[:, 1, 1] = scale
    place[:, :, 2] = (torch.rand(count, 2) * 2 - 1) * (1 - scale)[:, None]
    images = F.grid_sample(images, F.affine_grid(place, images.shape, align_corners=False), align_corners=False)
    mixing = torch.randn(count, 3, 3) * 0.5 + torch.eye(3) * (torch.randint(0, 2, (count, 1, 1)) * 2 - 1)
    return torch.einsum("bij,bjhw->bihw", mixing, images) + torch.randn(count, 3, 1, 1) * 0.2


def main():
    mode, seconds, data = sys.argv[1], float(sys.argv[2]), Path(sys.argv[3])
    torch.manual_seed(0)
    torch.set_num_threads(2)
    train, train_labels = load(data / "train")
    test, test_labels = load(data / "test")
    batch = 64 if mode == "labels" else 128
    model = Vit(CLASSES if mode == "labels" else 64)
    optimiser = torch.optim.AdamW(model.parameters(), 1e-3, weight_decay=0.05)
    started, steps = time.time(), 0
    while time.time() - started < seconds:
        chosen = torch.randint(0, len(train), (batch,))
        if mode == "labels":
            loss = F.cross_entropy(model.head(model.feature(view(train[chosen]))), train_labels[chosen])
        else:
            pair = torch.cat([view(train[chosen]), view(train[chosen])])
            embedded = F.normalize(model.head(model.feature(pair)))
            scores = (embedded @ embedded.T / 0.2).fill_diagonal_(-1e9)
            partner = torch.cat([torch.arange(batch, 2 * batch), torch.arange(batch)])
            loss = F.cross_entropy(scores, partner)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        steps += 1
    with torch.no_grad():
        if mode == "labels":
            found = model.head(model.feature(test)).argmax(1)
        else:
            order = torch.randperm(len(train), generator=torch.Generator().manual_seed(0))[:2000]
            gallery, queries = F.normalize(model.feature(train[order])), F.normalize(model.feature(test))
            similarities, nearest = (queries @ gallery.T).topk(20)
            votes = torch.zeros(len(test), CLASSES).scatter_add_(1, train_labels[order][nearest], (similarities / 0.07).exp())
            found = votes.argmax(1)
    right = (found == test_labels).float().mean().item()
    print(f"{mode}: {steps} steps of {batch} in {seconds:.0f} s, loss {loss.item():.3f}, top-1 {100 * right:.1f} %")


main()
