"""Writes the ONNX files of this folder and what PyTorch computes with the same weights, which are random.

Run in this folder: python make.py
"""

import json

import onnx
import torch
from torch import nn

DIM, DEPTH, HEADS, PATCH, SIDE = 16, 2, 2, 16, 32
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(DIM, 3 * DIM)
        self.proj = nn.Linear(DIM, DIM)

    def forward(self, x):
        batch, tokens, _ = x.shape
        q, k, v = self.qkv(x).reshape(batch, tokens, 3, HEADS, DIM // HEADS).permute(2, 0, 3, 1, 4).unbind(0)
        weights = (q @ k.transpose(-2, -1) * (DIM // HEADS) ** -0.5).softmax(-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(batch, tokens, DIM))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(DIM), nn.LayerNorm(DIM)
        self.attention = Attention()
        self.mlp = nn.Sequential(nn.Linear(DIM, 4 * DIM), nn.GELU(), nn.Linear(4 * DIM, DIM))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class TinyViT(nn.Module):
    """A ViT for images of 32 x 32 pixels; `pooled` adds a projection of the CLS token as a second output."""

    def __init__(self, registers, pooled):
        super().__init__()
        self.patch_embed = nn.Conv2d(3, DIM, PATCH, PATCH)
        self.first_tokens = nn.Parameter(torch.randn(1, 1 + registers, DIM))
        self.position = nn.Parameter(torch.randn(1, (SIDE // PATCH) ** 2, DIM))
        self.blocks = nn.ModuleList(Block() for _ in range(DEPTH))
        self.norm = nn.LayerNorm(DIM)
        self.pooler = nn.Linear(DIM, DIM // 2) if pooled else None

    def forward(self, pixel_values):
        patches = self.patch_embed(pixel_values).flatten(2).transpose(1, 2) + self.position
        x = torch.cat([self.first_tokens.expand(pixel_values.shape[0], -1, -1), patches], dim=1)
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        return x if self.pooler is None else (x, torch.tanh(self.pooler(x[:, 0])))


def image(seed):
    """The same pixels as `fixture::images::png(32, seed)` of the tests, normalised as ImageNet."""
    index = torch.arange(SIDE * SIDE * 3)
    pixels = ((index * 7 + seed * 31) % 251).float().view(1, SIDE, SIDE, 3).permute(0, 3, 1, 2)
    return (pixels / 255 - MEAN) / STD


def export(model, path, names, batch):
    model.eval()
    dynamic = {"pixel_values": {0: torch.export.Dim("batch")}} if batch > 1 else None
    torch.onnx.export(
        model,
        (torch.zeros(batch, 3, SIDE, SIDE),),
        path,
        input_names=["pixel_values"],
        output_names=names,
        opset_version=18,
        dynamo=True,
        dynamic_shapes=dynamic,
        external_data=False,
    )
    # The exporter notes the stack of every node: half of the file, with the folders of the machine it ran on.
    written = onnx.load(path)
    for noted in [*written.graph.node, *written.graph.value_info, *written.graph.input, *written.graph.output, *written.graph.initializer, written.graph]:
        noted.ClearField("metadata_props")
        noted.ClearField("doc_string")
    onnx.save(written, path)


def main():
    images = torch.cat([image(seed) for seed in range(6)])
    expected = {}
    for name, registers, pooled, batch in [("fixed_batch_1", 2, False, 1), ("dynamic_batch", 0, True, 2)]:
        torch.manual_seed(7)
        model = TinyViT(registers, pooled)
        names = ["last_hidden_state", "pooler_output"][: 1 + pooled]
        export(model, f"{name}.onnx", names, batch)
        with torch.no_grad():
            outputs = model(images)
        outputs = outputs if pooled else (outputs,)
        expected[name] = {key: output.tolist() for key, output in zip(names, outputs)}
    with open("expected.json", "w") as file:
        json.dump({"torch": torch.__version__, "images": "png(32, seed), seed 0 to 5", **expected}, file)


if __name__ == "__main__":
    main()
