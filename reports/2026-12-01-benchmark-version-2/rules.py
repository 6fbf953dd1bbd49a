"""Whether the generated benchmark, version 2, keeps its rules.

    python rules.py DATA pixels|colours|histograms|untrained|cnn:EPOCHS|labels:SECONDS|contrast:SECONDS ...

DATA has train/ and test/ with a folder per category. Needs torch, numpy and Pillow. Prints a line of JSON for each rule: top-1 over the
test images in per cent. k-NN takes 5,000 training images and the best of k in 5, 10, 20, 50 and 100, weighted as exp(cosine / 0.07),
where nothing else is said.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

SIDE, PATCH, DIM, CLASSES = 32, 8, 96, 10
GALLERY = 5000


def load(folder):
    """Images [count, height, width, 3] of all categories in turns, as they were drawn, and their labels."""
    files = [(path.name, label, path) for label, name in enumerate(sorted(p.name for p in folder.iterdir())) for path in (folder / name).iterdir()]
    files.sort()
    images = np.stack([np.asarray(Image.open(path).convert("RGB")) for _, _, path in files])
    return images, torch.tensor([label for _, label, _ in files])


def resized(images, side):
    return np.stack([np.asarray(Image.fromarray(image).resize((side, side), Image.BICUBIC)) for image in images])


def as_tensor(images):
    return torch.tensor(images).permute(0, 3, 1, 2).float() / 127.5 - 1


def nearest(gallery, queries, labels, truth, ks, by_cosine=True):
    """The best top-1 over `ks`, and its k."""
    if by_cosine:
        scores = F.normalize(queries) @ F.normalize(gallery).T
    else:
        scores = -torch.cdist(queries, gallery)
    found = []
    for k in ks:
        values, places = scores.topk(k)
        weights = (values / 0.07).exp() if by_cosine else torch.ones_like(values)
        votes = torch.zeros(len(queries), CLASSES).scatter_add_(1, labels[places], weights)
        found.append(((votes.argmax(1) == truth).float().mean().item() * 100, k))
    return max(found)


class Vit(torch.nn.Module):
    """A network of the demo's size."""

    def __init__(self, outputs):
        super().__init__()
        self.patches = torch.nn.Conv2d(3, DIM, PATCH, PATCH)
        self.cls = torch.nn.Parameter(torch.randn(1, 1, DIM) * 0.02)
        self.position = torch.nn.Parameter(torch.randn(1, 1 + (SIDE // PATCH) ** 2, DIM) * 0.02)
        block = torch.nn.TransformerEncoderLayer(DIM, 3, 4 * DIM, 0.0, "gelu", batch_first=True, norm_first=True)
        self.blocks = torch.nn.TransformerEncoder(block, 3, enable_nested_tensor=False)
        self.norm = torch.nn.LayerNorm(DIM)
        self.head = torch.nn.Sequential(torch.nn.Linear(DIM, 192), torch.nn.GELU(), torch.nn.Linear(192, outputs))

    def feature(self, images):
        tokens = self.patches(images).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.cls.expand(len(images), -1, -1), tokens], 1) + self.position
        return self.norm(self.blocks(tokens))[:, 0]

    def forward(self, images):
        return self.head(self.feature(images))


def small_cnn():
    """170,000 parameters, for images of 64 pixels."""
    layers, width = [], 3
    for channels in (16, 32, 64, 128):
        for _ in range(2 if channels < 128 else 1):
            layers += [torch.nn.Conv2d(width, channels, 3, padding=1, bias=False), torch.nn.BatchNorm2d(channels), torch.nn.ReLU()]
            width = channels
        layers.append(torch.nn.MaxPool2d(2))
    return torch.nn.Sequential(*layers, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(width, CLASSES))


def view(images, least, grey_share=0.0):
    """A crop of at least `least` of each side, perhaps mirrored, with brightness, contrast and saturation changed as for photographs.

    With `grey_share` hues turn by up to a tenth of the circle, too, and so many images lose their colours (SimCLR's).
    """
    count = len(images)
    scale = torch.empty(count).uniform_(least, 1.0)
    place = torch.zeros(count, 2, 3)
    place[:, 0, 0] = scale * (torch.randint(0, 2, (count,)) * 2 - 1)
    place[:, 1, 1] = scale
    place[:, :, 2] = (torch.rand(count, 2) * 2 - 1) * (1 - scale)[:, None]
    images = F.grid_sample(images, F.affine_grid(place, images.shape, align_corners=False), align_corners=False)
    brightness, contrast, saturation = (torch.empty(count, 1, 1, 1).uniform_(0.6, 1.4) for _ in range(3))
    images = images * brightness
    mean = images.mean((1, 2, 3), keepdim=True)
    images = (images - mean) * contrast + mean
    grey = images.mean(1, keepdim=True)
    images = (images - grey) * saturation + grey
    if grey_share == 0.0:
        return images
    # A turn around the grey axis.
    turn = torch.empty(count, 1, 1).uniform_(-0.1, 0.1) * 2 * np.pi
    root = 3**-0.5
    cross = torch.tensor([[[0.0, -root, root], [root, 0.0, -root], [-root, root, 0.0]]])
    matrix = turn.cos() * torch.eye(3) + (1 - turn.cos()) / 3 + turn.sin() * cross
    images = torch.einsum("bij,bjhw->bihw", matrix, images)
    is_grey = (torch.rand(count, 1, 1, 1) < grey_share).float()
    return images * (1 - is_grey) + is_grey * images.mean(1, keepdim=True)


def main():
    data = Path(sys.argv[1])
    torch.set_num_threads(2)
    train, labels = load(data / "train")
    test, truth = load(data / "test")
    usual = (5, 10, 20, 50, 100)

    def say(rule, top1, **more):
        print(json.dumps({"rule": rule, "top1": round(top1, 1), **more}), flush=True)

    def knn(rule, of, by_cosine=True):
        top1, k = nearest(of(train[:GALLERY]), of(test), labels[:GALLERY], truth, usual, by_cosine)
        say(rule, top1, k=k)

    small = None
    for rule in sys.argv[2:]:
        name, _, amount = rule.partition(":")
        torch.manual_seed(0)
        if name == "pixels":
            knn("pixels, 16 x 16", lambda images: torch.tensor(resized(images, 16).reshape(len(images), -1)).float() / 255)
        elif name == "colours":
            knn("mean colours, Euclidean", lambda images: torch.tensor(images.reshape(len(images), -1, 3).mean(1)).float(), False)
        elif name == "histograms":

            def histograms(images):
                bins = (images.reshape(len(images), -1, 3) // 64).astype(int) @ np.array([16, 4, 1])
                return torch.tensor(np.stack([np.bincount(row, minlength=64) for row in bins])).float().sqrt()

            knn("roots of colour histograms, 4 x 4 x 4 bins", histograms)
        elif name == "cnn":
            images, model = as_tensor(train), small_cnn()
            steps = int(amount) * (len(images) // 64)
            optimiser = torch.optim.AdamW(model.parameters(), 3e-3, weight_decay=0.05)
            schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps, pct_start=0.2)
            for step in range(steps):
                if step % (len(images) // 64) == 0:
                    order = torch.randperm(len(images))
                chosen = order[step % (len(images) // 64) * 64 :][:64]
                loss = F.cross_entropy(model(view(images[chosen], 0.8)), labels[chosen])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
            model.eval()
            with torch.no_grad():
                found = torch.cat([model(part) for part in as_tensor(test).split(250)]).argmax(1)
            say("small convolutional network with labels", (found == truth).float().mean().item() * 100, epochs=int(amount), images=len(images), parameters=sum(p.numel() for p in model.parameters()))
        else:
            if small is None:
                small = as_tensor(resized(train, SIDE)), as_tensor(resized(test, SIDE))
            images, queries = small
            gallery = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))[: 2000 if name == "contrast" else GALLERY]
            model = Vit(CLASSES if name == "labels" else 64)

            def own(ks):
                with torch.no_grad():
                    return nearest(model.feature(images[gallery]), model.feature(queries), labels[gallery], truth, ks)

            if name == "untrained":
                top1, k = own(usual)
                say("untrained ViT", top1, k=k)
                continue
            batch = 64 if name == "labels" else 128
            start = own((20,))[0]
            optimiser = torch.optim.AdamW(model.parameters(), 1e-3, weight_decay=0.05)
            started, steps = time.time(), 0
            while time.time() - started < float(amount):
                chosen = torch.randint(0, len(images), (batch,))
                if name == "labels":
                    loss = F.cross_entropy(model(view(images[chosen], 0.7)), labels[chosen])
                else:
                    embedded = F.normalize(model(torch.cat([view(images[chosen], 0.5, 0.2), view(images[chosen], 0.5, 0.2)])))
                    scores = (embedded @ embedded.T / 0.2).fill_diagonal_(-1e9)
                    loss = F.cross_entropy(scores, torch.cat([torch.arange(batch, 2 * batch), torch.arange(batch)]))
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                steps += 1
            if name == "labels":
                with torch.no_grad():
                    top1 = (model(queries).argmax(1) == truth).float().mean().item() * 100
                say("network of the demo's size with labels", top1, seconds=float(amount), steps=steps, batch=batch)
            else:
                say("network of the demo's size by contrast of views, k-NN", own((20,))[0], start=round(start, 1), seconds=float(amount), steps=steps, batch=batch)


main()
