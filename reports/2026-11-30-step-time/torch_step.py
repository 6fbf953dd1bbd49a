"""A training step of a ViT in PyTorch, with the same sizes as `benches/step_time.rs`: prints the seconds of each step.

    python torch_step.py [BATCH] [STEPS]
"""

import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

DIM, DEPTH, HEADS, PATCH, SIDE = 384, 12, 6, 16, 224
PROTOTYPES = 4096


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(DIM, eps=1e-6), nn.LayerNorm(DIM, eps=1e-6)
        self.qkv, self.proj = nn.Linear(DIM, 3 * DIM), nn.Linear(DIM, DIM)
        self.mlp = nn.Sequential(nn.Linear(DIM, 4 * DIM), nn.GELU(), nn.Linear(4 * DIM, DIM))

    def forward(self, x):
        batch, count, _ = x.shape
        q, k, v = self.qkv(self.norm1(x)).reshape(batch, count, 3, HEADS, DIM // HEADS).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, count, DIM)
        x = x + self.proj(mixed)
        return x + self.mlp(self.norm2(x))


class Network(nn.Module):
    """Backbone and head: three layers to 256 components of unit length, and prototypes."""

    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, DIM, PATCH, PATCH)
        self.cls = nn.Parameter(torch.zeros(1, 1, DIM))
        self.pos = nn.Parameter(torch.zeros(1, 1 + (SIDE // PATCH) ** 2, DIM))
        self.blocks = nn.Sequential(*[Block() for _ in range(DEPTH)])
        self.norm = nn.LayerNorm(DIM, eps=1e-6)
        self.head = nn.Sequential(nn.Linear(DIM, 2048), nn.GELU(), nn.Linear(2048, 2048), nn.GELU(), nn.Linear(2048, 256))
        self.prototypes = nn.Linear(256, PROTOTYPES, bias=False)

    def forward(self, images, places):
        tokens = self.patch(images).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.cls.expand(len(images), -1, -1), tokens], 1) + self.pos
        tokens = self.norm(self.blocks(tokens))
        rows = torch.cat([tokens[:, 0], tokens.flatten(0, 1)[places]])
        return self.prototypes(F.normalize(self.head(rows), dim=-1))


def main():
    batch = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    torch.set_num_threads(2)
    torch.manual_seed(0)
    student, teacher = Network(), Network()
    optimiser = torch.optim.AdamW(student.parameters(), lr=1e-4, weight_decay=0.04)
    images = torch.randn(2 * batch, 3, SIDE, SIDE)
    count = 1 + (SIDE // PATCH) ** 2
    # Three patches in ten, and the CLS tokens.
    places = torch.tensor([place for place in range(2 * batch * count) if place % count and (place % count - 1) % 10 < 3])
    for number in range(steps + 1):
        started = time.perf_counter()
        with torch.no_grad():
            target = F.softmax(teacher(images, places) / 0.04, dim=-1)
        loss = -(target * F.log_softmax(student(images, places) / 0.1, dim=-1)).sum(-1).mean()
        optimiser.zero_grad()
        loss.backward()
        for parameter in student.parameters():
            if parameter.grad is not None:
                nn.utils.clip_grad_norm_(parameter, 3.0)
        optimiser.step()
        with torch.no_grad():
            for own, other in zip(teacher.parameters(), student.parameters()):
                own.mul_(0.996).add_(other, alpha=0.004)
        if number > 0:
            print(f"{time.perf_counter() - started:.3f} s, loss {loss.item():.5f}", flush=True)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss} kB")


if __name__ == "__main__":
    main()
