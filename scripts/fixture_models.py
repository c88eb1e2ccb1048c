"""The modules that make_fixtures.py saves.

It runs this text as a module `models` from a file `models.py`, so that class
names and the source that torch keeps in its archives are the same everywhere.
"""
from typing import Dict, List, Tuple

import torch
from torch import nn


class SmallCnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.features(x).mean([2, 3]))


class ResidualBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(8)

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(x + self.bn2(self.conv2(y)))


class TinyResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.layer1 = ResidualBlock()
        self.fc = nn.Linear(8, 10)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        return self.fc(self.layer1(x).mean([2, 3]))


class Stage(nn.Module):
    def __init__(self, stride, activation):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, stride, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.act = activation

    def forward(self, x):
        return self.act(self.norm(self.conv(x)))


class Stages(nn.Module):
    """A model of which `diff` is shown variants."""

    def __init__(self, stride=1, activation=nn.ReLU, dropout=None):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3)
        self.layer1 = Stage(1, nn.ReLU())
        self.layer2 = Stage(stride, activation())
        self.dropout = dropout
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        x = self.layer2(self.layer1(self.stem(x))).mean([2, 3])
        if self.dropout is not None:
            x = self.dropout(x)
        return self.head(x)


class Pickled(nn.Module):
    """All that a pickled module can hold."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 2)
        self.tied = nn.Linear(3, 2)
        self.tied.weight = self.fc.weight
        self.again = self.fc
        self.scale = nn.Parameter(torch.tensor(0.5), requires_grad=False)
        self.register_buffer("mean", torch.tensor([1.0, 2.0]))
        self.register_buffer("scratch", torch.zeros(2), persistent=False)
        self.register_parameter("none", None)
        self.table = torch.arange(4)
        self.labels = {"cat": 0, "dog": 1}

    def forward(self, x):
        return self.again(x) * self.scale + self.mean


class Embedding(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(5, 3)
        self.register_buffer("offset", torch.tensor([1, 2, 3]))

    @torch.jit.export
    def lookup(self, i: int, scale: float = 2.0) -> torch.Tensor:
        return self.table.weight[i] * scale + self.offset

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.table(ids)


class Scripted(nn.Module):
    """Submodules, attributes of all kinds, exported methods, a list."""

    names: List[str]
    counts: Dict[str, int]
    limit: torch.jit.Final[int]

    def __init__(self):
        super().__init__()
        self.encoder = Embedding()
        self.layers = nn.ModuleList([nn.Linear(3, 3), nn.Linear(3, 3)])
        self.layers[1].bias = self.layers[0].bias
        self.register_buffer("scratch", torch.zeros(2), persistent=False)
        self.anchor = torch.tensor([[1.5, -2.5]], dtype=torch.float64)
        self.names = ["a", "b"]
        self.counts = {"a": 1}
        self.limit = 7

    @torch.jit.export
    def embed(self, ids: torch.Tensor) -> Tuple[torch.Tensor, int]:
        return self.encoder(ids), self.limit

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self.encoder(ids)
        for layer in self.layers:
            x = layer(x)
        return x


class Hooked(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(x)


def halve(self, x: Tuple[torch.Tensor]) -> Tuple[torch.Tensor]:
    return (x[0] / 2,)


def clamp(self, x: Tuple[torch.Tensor],
          y: torch.Tensor) -> torch.Tensor:
    return y.clamp(0, 1)


class Labelled(torch.Tensor):
    """A subclass of Tensor whose instances carry attributes."""


class Run:
    """An object of a class that a reader does not have."""

    def __init__(self):
        self.seed = 7
        self.best = torch.tensor([0.25, 0.75])


class Saver(nn.Module):
    """Writes what goes through it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        torch.save(x, "/dev/null")
        return x


class Outside(nn.Module):
    """Whose forward reaches outside of the process."""

    def __init__(self):
        super().__init__()
        self.saver = Saver()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.saver(x) + torch.from_file("/dev/zero", False, 4)


class OutsideWhenLoaded(nn.Module):
    """Whose __setstate__ does so, through another method."""

    def __init__(self):
        super().__init__()
        self.limit = 2

    @torch.jit.export
    def __getstate__(self) -> Tuple[int, bool]:
        return self.limit, self.training

    @torch.jit.export
    def keep(self, x: torch.Tensor) -> torch.Tensor:
        torch.save(x, "/dev/null")
        return x

    @torch.jit.export
    def __setstate__(self, state: Tuple[int, bool]) -> None:
        self.limit = self.keep(torch.ones(state[0])).numel()
        self.training = state[1]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.clamp_max(self.limit)
