"""The modules whose frozen forms make_fixtures.py saves, and their inputs.

It runs this text as a module `frozen` from a file `frozen.py`, as it does with
fixture_models.py. MODELS says for each what freezing folds into what.
"""
from typing import Dict, List, NamedTuple, Tuple

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(8)

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(x + self.bn2(self.conv2(y)))


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.layer1 = Block()
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        return self.fc(self.layer1(x).mean([2, 3]))


class Preactivation(nn.Module):
    """No batch norm is right behind a convolution; two are as constructed."""

    def __init__(self):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(6)
        self.conv1 = nn.Conv2d(6, 6, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(6)
        self.conv2 = nn.Conv2d(6, 6, 1)
        self.bn3 = nn.BatchNorm2d(6)
        self.head = nn.Linear(6, 2)

    def forward(self, x):
        y = self.bn2(torch.relu(self.conv1(self.bn1(x))))
        return self.head(self.bn3(x + self.conv2(y)).mean([2, 3]))


def conv_bn(inputs, outputs, size, groups=1):
    return [nn.Conv2d(inputs, outputs, size, padding=size // 2, groups=groups,
                      bias=False), nn.BatchNorm2d(outputs)]


class InvertedResidual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(
            *conv_bn(6, 12, 1), nn.ReLU6(),
            *conv_bn(12, 12, 3, groups=12), nn.ReLU6(),
            *conv_bn(12, 6, 1))

    def forward(self, x):
        return x + self.conv(x)


class MobileNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Sequential(*conv_bn(3, 6, 3), nn.ReLU6()), InvertedResidual())
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(6, 4))

    def forward(self, x):
        x = F.adaptive_avg_pool2d(self.features(x), (1, 1))
        return self.classifier(torch.flatten(x, 1))


class Lstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(4, 5, num_layers=2, bidirectional=True)
        self.head = nn.Linear(10, 3)

    def forward(self, x):
        return self.head(self.rnn(x)[0])


class GruLoop(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(4, 4, batch_first=True)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        state = torch.zeros(1, x.size(0), 4)
        for _ in range(2):
            x, state = self.rnn(x, state)
        return self.head(x)


class Cells(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTMCell(4, 5)
        self.gru = nn.GRUCell(5, 3)

    def forward(self, x):
        hidden, cell = self.lstm(x)
        return self.gru(hidden + cell)


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)

    def forward(self, x):
        return self.encoder(x)


class CrossAttention(nn.Module):
    """Its projections are slices of one parameter."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2)

    def forward(self, x, memory):
        return self.attention(x, memory, memory)[0]


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q_proj = nn.Linear(8, 8)
        self.k_proj = nn.Linear(8, 8, bias=False)
        self.v_proj = nn.Linear(8, 8)
        self.out_proj = nn.Linear(8, 8)

    def heads(self, x):
        return x.view(x.size(0), x.size(1), 2, 4).transpose(1, 2)

    def forward(self, x):
        q = self.heads(self.q_proj(x))
        k = self.heads(self.k_proj(x))
        v = self.heads(self.v_proj(x))
        weights = torch.softmax(q @ k.transpose(-2, -1) / 2.0, dim=-1)
        y = (weights @ v).transpose(1, 2).reshape(x.size(0), x.size(1), 8)
        return self.out_proj(y)


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down1 = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU())
        self.down2 = nn.Sequential(nn.Conv2d(4, 8, 3, padding=1), nn.ReLU())
        self.up = nn.ConvTranspose2d(8, 4, 2, stride=2)
        self.bn = nn.BatchNorm2d(4)
        self.merge = nn.Conv2d(8, 4, 3, padding=1)
        self.out = nn.Conv2d(4, 2, 1)

    def forward(self, x):
        skip = self.down1(x)
        x = self.bn(self.up(self.down2(F.max_pool2d(skip, 2))))
        return self.out(torch.relu(self.merge(torch.cat([skip, x], dim=1))))


class Bag(nn.Module):
    def __init__(self):
        super().__init__()
        self.bag = nn.EmbeddingBag(10, 6, mode="mean")
        self.head = nn.Linear(6, 2)

    def forward(self, ids, offsets):
        return self.head(self.bag(ids, offsets))


class TextClassifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(12, 6, padding_idx=0)
        self.fc = nn.Linear(6, 3)

    def forward(self, ids):
        return self.fc(self.embedding(ids).mean(1))


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(12, 6)
        self.hidden = nn.Linear(6, 6)
        self.decoder = nn.Linear(6, 12)
        self.decoder.weight = self.embedding.weight

    def forward(self, ids):
        return self.decoder(torch.tanh(self.hidden(self.embedding(ids))))


class Norms(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(3, 6, 3)
        self.group = nn.GroupNorm(2, 6)
        self.instance = nn.InstanceNorm1d(6, affine=True,
                                          track_running_stats=True)

    def forward(self, x):
        return self.instance(self.group(self.conv(x)))


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(6, 6) for _ in range(3)])
        self.norms = nn.ModuleList([nn.LayerNorm(6) for _ in range(3)])

    def forward(self, x):
        for layer, norm in zip(self.layers, self.norms):
            x = x + F.gelu(layer(norm(x)))
        return x


class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.tower = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 6))
        self.head = nn.Linear(12, 1)

    def forward(self, a, b):
        return self.head(torch.cat([self.tower(a), self.tower(b)], dim=1))


class Branches(nn.Module):
    def __init__(self):
        super().__init__()
        self.small = nn.Linear(4, 2)
        self.large = nn.Linear(4, 2)
        self.even = nn.Parameter(torch.ones(2))
        self.odd = nn.Parameter(torch.ones(2))

    def forward(self, x):
        if bool(x.abs().max() > 1.0):
            y = self.large(x)
        else:
            y = self.small(x)
        scale = self.even if x.size(0) % 2 == 0 else self.odd
        return y * scale


class Quantised(nn.Module):
    """Dynamically quantised before it is scripted."""

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(6, 8)
        self.norm = nn.LayerNorm(8)
        self.fc2 = nn.Linear(8, 2)

    def forward(self, x):
        return self.fc2(self.norm(torch.relu(self.fc1(x))))


class ConvScale(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, bias=False)
        self.scale = nn.Parameter(torch.ones(1, 4, 1, 1))
        self.register_buffer("shift", torch.ones(1, 4, 1, 1))
        self.conv2 = nn.Conv2d(4, 2, 1)

    def forward(self, x):
        return self.conv2(torch.relu(self.conv1(x) * self.scale + self.shift))


class LinearBn(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(6, 8)
        self.bn1 = nn.BatchNorm1d(8)
        self.fc2 = nn.Linear(8, 4, bias=False)
        self.bn2 = nn.BatchNorm1d(4)

    def forward(self, x):
        return self.bn2(self.fc2(torch.relu(self.bn1(self.fc1(x)))))


class Convolutions(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1d = nn.Conv1d(2, 4, 3)
        self.bn1d = nn.BatchNorm1d(4)
        self.conv3d = nn.Conv3d(1, 2, 2)
        self.bn3d = nn.BatchNorm3d(2)
        self.padded = nn.Conv1d(4, 4, 3, padding="same",
                                padding_mode="circular")

    def forward(self, x, volume):
        x = self.padded(self.bn1d(self.conv1d(x)))
        return x.mean() + self.bn3d(self.conv3d(volume))


class Normalised(nn.Module):
    """Uses buffers, an attribute and a tensor made by its code."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(4))
        self.register_buffer("std", torch.ones(4), persistent=False)
        self.limits = torch.tensor([-3.0, 3.5])
        self.bilinear = nn.Bilinear(4, 4, 3)
        self.prelu = nn.PReLU(3)

    def forward(self, x):
        x = (x - self.mean) / self.std
        x = torch.clamp(x, self.limits[0], self.limits[1])
        y = self.prelu(self.bilinear(x, x))
        return y * torch.tensor([0.25, 0.5, 0.75])


class Projected(nn.Module):
    """Computes with a transposed parameter and with rows of one."""

    def __init__(self):
        super().__init__()
        self.matrix = nn.Parameter(torch.ones(3, 4))
        self.rows = nn.Parameter(torch.ones(4, 3))

    def forward(self, x):
        return F.linear(x @ self.matrix.t(), self.rows[:2])


class Model(NamedTuple):
    """A module's class, the shapes of its inputs, and what becomes of it."""

    make: type
    inputs: List[torch.Tensor]
    folds: Dict[str, List[str]] = {}  # Layer: its batch norm, or scale, shift.
    untraced: List[str] = []  # Tensors that a trace does not meet.
    default: List[str] = []  # Modules that are left as constructed.


def ramp(*shape):
    return torch.linspace(-1, 1, int(torch.Size(shape).numel())).reshape(shape)


def ids(*values):
    return torch.tensor(values)


MODELS = {
    "attention": Model(Attention, [ramp(1, 3, 8)]),
    "bag": Model(Bag, [ids(1, 2, 4, 5), ids(0, 3)]),
    "branches": Model(Branches, [ramp(2, 4)], untraced=[
        "large.weight", "large.bias", "odd"]),
    "cells": Model(Cells, [ramp(2, 4)]),
    "conv_scale": Model(ConvScale, [ramp(1, 3, 5, 5)],
                        {"conv1": ["scale", "shift"]}),
    "convolutions": Model(Convolutions, [ramp(1, 2, 8), ramp(1, 1, 3, 3, 3)],
                          {"conv1d": ["bn1d"], "conv3d": ["bn3d"]}),
    "cross_attention": Model(CrossAttention, [ramp(3, 1, 8), ramp(4, 1, 8)]),
    "gru_loop": Model(GruLoop, [ramp(1, 3, 4)]),
    "linear_bn": Model(LinearBn, [ramp(2, 6)],
                       {"fc1": ["bn1"], "fc2": ["bn2"]}),
    "lstm": Model(Lstm, [ramp(3, 1, 4)]),
    "mlp": Model(Mlp, [ramp(2, 6)]),
    "mobilenet": Model(MobileNet, [ramp(1, 3, 6, 6)], {
        "features.0.0": ["features.0.1"],
        "features.1.conv.0": ["features.1.conv.1"],
        "features.1.conv.3": ["features.1.conv.4"],
        "features.1.conv.6": ["features.1.conv.7"]}),
    "normalised": Model(Normalised, [ramp(2, 4)]),
    "norms": Model(Norms, [ramp(1, 3, 8)]),
    "preactivation": Model(Preactivation, [ramp(1, 6, 5, 5)],
                           default=["bn1", "bn2"]),
    "projected": Model(Projected, [ramp(2, 4)]),
    "quantised": Model(Quantised, [ramp(2, 6)]),
    "residual": Model(Residual, [ramp(1, 3, 6, 6)], {
        "conv1": ["bn1"], "layer1.conv1": ["layer1.bn1"],
        "layer1.conv2": ["layer1.bn2"]}),
    "shared": Model(Shared, [ramp(1, 4), ramp(1, 4)]),
    "text_classifier": Model(TextClassifier, [ids([1, 2], [4, 7])]),
    "tied": Model(Tied, [ids([1, 2, 5])]),
    "transformer": Model(Transformer, [ramp(1, 3, 4)]),
    "unet": Model(UNet, [ramp(1, 1, 8, 8)]),
}
