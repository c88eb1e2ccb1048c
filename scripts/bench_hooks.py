#!/usr/bin/env python3
"""What capturing every submodule costs, here and with what Python has.

bench_hooks.py --bin FOLDER [--rounds N]: a resnet18-like network at 224x224
with batches of 1 and 8, and a transformer encoder of 6 layers. For each, in one
go: the scripted model in C++ as it is, with no hook, and captured whole
(bench_libtorch_hooks); the eager model in Python as it is, with a hook on each
module that clones its output, and under TorchLens where that is installed.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = nn.Identity() if stride == 1 else nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, stride, bias=False),
            nn.BatchNorm2d(outputs))

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(out)) + self.downsample(x))


def resnet18():
    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64),
              nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    inputs = 64
    for outputs in (64, 128, 256, 512):
        stride = 1 if outputs == 64 else 2
        layers += [Block(inputs, outputs, stride), Block(outputs, outputs, 1)]
        inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                         nn.Linear(512, 1000))


class Layer(nn.Module):
    """An encoder layer whose parts all run, where torch's own is one call."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width,
                                                                    width)
        self.gelu = nn.GELU()

    def forward(self, x):
        batch, length, width = x.shape
        parts = self.qkv(self.norm1(x)).view(batch, length, 3, self.heads, -1)
        q, k, v = parts.permute(2, 0, 3, 1, 4).unbind(0)
        seen = (q @ k.transpose(-2, -1) / (width // self.heads) ** 0.5).softmax(
            -1) @ v
        x = x + self.out(seen.transpose(1, 2).reshape(batch, length, width))
        return x + self.down(self.gelu(self.up(self.norm2(x))))


def transformer():
    return nn.Sequential(*(Layer(512, 8) for _ in range(6)))


CASES = [("resnet18, batch 1", resnet18, (1, 3, 224, 224)),
         ("resnet18, batch 8", resnet18, (8, 3, 224, 224)),
         ("transformer, 6 layers", transformer, (1, 128, 512))]


def median_ms(work, rounds):
    times = []
    for i in range(rounds + 2):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times[2:])


def with_hooks(model, x):
    """One run with a hook on each module, as capturing is done by hand."""
    seen = []
    handles = [module.register_forward_hook(
        lambda module, inputs, output: seen.append(output.detach().clone()))
        for module in model.modules()]
    model(x)
    for handle in handles:
        handle.remove()


def torchlens_ms(model, x, rounds):
    try:
        import torchlens
    except ImportError:
        return None
    trace = getattr(torchlens, "trace", None) or torchlens.log_forward_pass
    return median_ms(lambda: trace(model, x), rounds)


def measure(args, name, make, shape, folder):
    torch.manual_seed(0)
    model, x = make().eval(), torch.rand(shape)
    torch.jit.script(model).save(folder / "model.pt")
    torch.save({"x": x}, folder / "x.pt")
    done = subprocess.run(
        [args.bin / "bench_libtorch_hooks", folder / "model.pt",
         folder / "x.pt", str(args.rounds)],
        check=True, capture_output=True, text=True)
    ours = json.loads(done.stdout)
    theirs = {"eager": median_ms(lambda: model(x), args.rounds),
              "eager, hooks": median_ms(lambda: with_hooks(model, x),
                                        args.rounds),
              "TorchLens": torchlens_ms(model, x, min(args.rounds, 5))}
    print(f"{name}: {ours.pop('captured')} activations")
    base = {key: "plain" for key in ours} | {key: "eager" for key in theirs}
    for key, value in (ours | theirs).items():
        if value is None:
            print(f"  {key:13}  not installed")
            continue
        whole = (ours | theirs)[base[key]]
        print(f"  {key:13}{value:10.2f} ms{value / whole:8.3f} x {base[key]}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=30)
    args = parser.parse_args()
    torch.set_num_threads(2)
    with torch.no_grad(), tempfile.TemporaryDirectory() as folder:
        for name, make, shape in CASES:
            measure(args, name, make, shape, pathlib.Path(folder))


if __name__ == "__main__":
    main()
