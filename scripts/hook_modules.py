"""The modules whose runs hook_models.py records, and their inputs: CASES.

Each is small, and shows one way in which modules call each other, or one kind
of value that they hand over. Those of frozen_models.py are among them.
"""
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import frozen_models as frozen
from frozen_models import conv_bn, ids, ramp


# Networks

class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False),
                nn.BatchNorm2d(outputs))

    def forward(self, x):
        identity = x
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        if self.downsample is not None:
            identity = self.downsample(x)
        y += identity
        return self.relu(y)


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = nn.Sequential(BasicBlock(8, 8, 1))
        self.layer2 = nn.Sequential(BasicBlock(8, 12, 2), BasicBlock(12, 12, 1))
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(12, 5)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer2(self.layer1(x))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class InvertedResidual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(
            *conv_bn(6, 12, 1), nn.ReLU6(inplace=True),
            *conv_bn(12, 12, 3, groups=12), nn.Hardswish(inplace=True),
            *conv_bn(12, 6, 1))

    def forward(self, x):
        return x + self.conv(x)


class MobileNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Sequential(*conv_bn(3, 6, 3), nn.ReLU6(inplace=True)),
            InvertedResidual(), InvertedResidual())
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(6, 4))

    def forward(self, x):
        x = F.adaptive_avg_pool2d(self.features(x), (1, 1))
        return self.classifier(torch.flatten(x, 1))


class Encoder(nn.Module):
    """Its activation is none that PyTorch has a fused kernel for."""

    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 12, activation=F.silu,
                                           batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2,
                                             enable_nested_tensor=False)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.encoder(x).mean(1))


class PackedLstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(4, 5, batch_first=True, bidirectional=True)
        self.head = nn.Linear(10, 2)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(x, lengths, batch_first=True,
                                      enforce_sorted=False)
        packed, (hidden, cell) = self.rnn(packed)
        y, sizes = pad_packed_sequence(packed, batch_first=True)
        return self.head(y), hidden, sizes


class CellLoop(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.LSTMCell(4, 5)
        self.tanh_cell = nn.RNNCell(5, 3)

    def forward(self, x):
        hidden = torch.zeros(x.size(1), 5)
        state = torch.zeros(x.size(1), 5)
        last = torch.zeros(x.size(1), 3)
        steps: List[Tensor] = []
        for t in range(x.size(0)):
            hidden, state = self.cell(x[t], (hidden, state))
            last = self.tanh_cell(hidden, last)
            steps.append(last)
        return torch.stack(steps)


class Norms(nn.Module):
    """Batch statistics are used, and kept."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.bn = nn.BatchNorm2d(4)
        self.instance = nn.InstanceNorm2d(4, affine=True)

    def forward(self, x):
        return self.instance(self.bn(self.conv(x)))


# Control flow

class WhileLoop(nn.Module):
    def __init__(self):
        super().__init__()
        self.step = nn.Linear(4, 4)
        self.odd = nn.Tanh()

    def forward(self, x, limit: float = 2.0):
        count = 0
        while float(x.abs().sum()) > limit and count < 6:
            x = self.step(x) * 0.5
            if count % 2 == 1:
                x = self.odd(x)
            count += 1
        return x, count


class EarlyReturn(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.second = nn.Linear(4, 4)

    def forward(self, x):
        for i in range(5):
            x = self.first(x)
            if i == 1:
                continue
            if bool(x.sum() < 100.0) and i == 2:
                return self.second(x)
            x = torch.relu(x)
        return x


# Where modules are

class TwoNames(nn.Module):
    """One module under two names, and a parent under two names as well."""

    def __init__(self):
        super().__init__()
        self.second = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
        self.first = self.second
        self.inner = self.second[0]
        self.alone = nn.Linear(4, 4)

    def forward(self, x):
        x = self.first(x) + self.alone(x)
        return self.second(self.inner(x))


class Pieces(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleDict({"down": nn.Linear(6, 4),
                                     "act": nn.ReLU(),
                                     "up": nn.Linear(4, 6)})
        self.norms = nn.ModuleList([nn.LayerNorm(6), nn.LayerNorm(6)])

    def forward(self, x):
        for name, layer in self.layers.items():
            x = layer(x)
        for i, norm in enumerate(self.norms):
            x = norm(x) * float(i + 1)
        return x + self.norms[0](self.layers["up"](self.layers["down"](x)))


@torch.jit.interface
class Step(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        pass


class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.linear(x))


class Double(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 2


class Interfaces(nn.Module):
    first: Step
    second: Step

    def __init__(self):
        super().__init__()
        self.first = Affine()
        self.second = Double()
        self.last = nn.Linear(4, 2)

    def forward(self, x):
        # TorchScript's interfaces have no call, Python's hooks need one.
        if torch.jit.is_scripting():
            x = self.second.forward(self.first.forward(x))
        else:
            x = self.second(self.first(x))
        return self.last(x)


class Chosen(nn.Module):
    """Which module is called shows when it runs."""

    def __init__(self):
        super().__init__()
        self.steps = nn.ModuleList([Affine(), Affine(), Double()])

    def forward(self, x, order: List[int]):
        for i in order:
            step: Step = self.steps[i]
            if torch.jit.is_scripting():
                x = step.forward(x)
            else:
                x = step(x)
        return x


class Tree(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.node = nn.Linear(4, 4)
        self.children_ = nn.ModuleList(
            [Tree(depth - 1) for _ in range(2)] if depth else [])

    def forward(self, x):
        y = self.node(x)
        for child in self.children_:
            y = y + child(torch.tanh(y))
        return y


# Values

class Parts(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 3)
        self.b = nn.Linear(4, 2)

    def forward(self, x) -> Dict[str, Tensor]:
        return {"logits": self.a(x), "boxes.raw": self.b(x)}


class Pair(nn.Module):
    def forward(self, x) -> Tuple[Tensor, List[Tensor], int]:
        return x + 1, [x * 2, x * 3], x.size(0)


class Maybe(nn.Module):
    def __init__(self, gives):
        super().__init__()
        self.gives = gives

    def forward(self, x) -> Optional[Tensor]:
        if self.gives:
            return x * 0.5
        return None


class Nested(nn.Module):
    def forward(self, x) -> Dict[str, Tuple[Tensor, List[Tensor]]]:
        return {"k": (x, [x - 1, x - 2]), "none": (x, torch.jit.annotate(
            List[Tensor], []))}


class Structures(nn.Module):
    def __init__(self):
        super().__init__()
        self.parts = Parts()
        self.pair = Pair()
        self.some = Maybe(True)
        self.none = Maybe(False)
        self.nested = Nested()

    def forward(self, x) -> Tuple[Tensor, Dict[str, Tensor], Optional[Tensor]]:
        parts = self.parts(x)
        first, rest, rows = self.pair(parts["logits"])
        some = self.some(first + rest[1] * float(rows))
        assert some is not None
        none = self.none(some)
        tree = self.nested(some)
        return tree["k"][1][0], parts, none


class Numbers(nn.Module):
    def forward(self, x) -> Tuple[int, float, bool, str]:
        return x.dim(), float(x.sum()), bool(x.min() < 0), "cpu"


class Scalars(nn.Module):
    def __init__(self):
        super().__init__()
        self.numbers = Numbers()

    def forward(self, x):
        dims, total, negative, name = self.numbers(x)
        if negative and name == "cpu":
            x = x * total
        return x + dims


class Silent(nn.Module):
    """A method that returns nothing, for what it does to its argument."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> None:
        x.add_(self.scale(x))

    @torch.jit.export
    def clear(self, x: Tensor) -> None:
        x[0].zero_()


class Effects(nn.Module):
    def __init__(self):
        super().__init__()
        self.silent = Silent()
        self.relu = nn.ReLU()

    def forward(self, x):
        x = x.clone()
        self.silent(x)
        y = self.relu(x)
        self.silent.clear(x)
        return x + y


class InPlace(nn.Module):
    """Changes what a module returned, after it did."""

    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.act = nn.ReLU(inplace=True)
        self.view = nn.Flatten(0)
        self.b = nn.Linear(16, 2)

    def forward(self, x):
        y = self.a(x)
        y.mul_(3.0)
        z = self.act(y)
        flat = self.view(z)
        z[0] = -1.0
        z += y
        return self.b(flat), y


class ToType(nn.Module):
    def __init__(self, dtype: torch.dtype):
        super().__init__()
        self.dtype = dtype

    def forward(self, x):
        return x.to(self.dtype)


class MixedTypes(nn.Module):
    def __init__(self):
        super().__init__()
        self.to_half = ToType(torch.float16)
        self.to_bfloat16 = ToType(torch.bfloat16)
        self.to_double = ToType(torch.float64)
        self.to_long = ToType(torch.int64)
        self.to_byte = ToType(torch.uint8)
        self.to_bool = ToType(torch.bool)
        self.to_complex = ToType(torch.complex64)
        self.linear = nn.Linear(4, 4).double()

    def forward(self, x):
        y = self.to_half(x).float() + self.to_bfloat16(x).float()
        y = y + self.linear(self.to_double(y)).float()
        y = y * self.to_bool(self.to_byte(x.abs() * 3))
        return self.to_complex(y).abs() + self.to_long(x * 9)


class NotANumber(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 4)
        self.log = Log()
        self.fc2 = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc2(self.log(self.fc1(x)))


class Log(nn.Module):
    def forward(self, x):
        return torch.log(x) / 0.0


# Methods

class Exported(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed_layer = nn.Linear(4, 6)
        self.head = nn.Linear(6, 2)

    @torch.jit.export
    def embed(self, x):
        return torch.tanh(self.embed_layer(x))

    @torch.jit.export
    def score(self, x, scale: float = 0.5) -> Dict[str, Tensor]:
        return {"score": self.head(self.embed(x)) * scale}

    def forward(self, x):
        return self.head(self.embed(x))


class Codec(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Exported()
        self.out = nn.Linear(6, 4)

    @torch.jit.export
    def encode(self, x):
        return self.inner.embed(x), self.inner(x)

    @torch.jit.export
    def decode(self, z):
        return self.out(z)

    def roundtrip(self, x):
        z, _ = self.encode(x)
        return self.decode(z)

    def forward(self, x):
        y = self.roundtrip(x)
        return self.roundtrip(y) + self.inner.score(x)["score"].sum()


class Defaults(nn.Module):
    def __init__(self):
        super().__init__()
        self.mix = Mix()

    def forward(self, x, bias: Optional[Tensor] = None, steps: int = 2,
                mode: str = "sum"):
        for _ in range(steps):
            x = self.mix(x, scale=0.5)
        x = self.mix(x, x, 2.0)
        if bias is not None:
            x = x + bias
        return x.sum(0) if mode == "sum" else x


class Mix(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x, other: Optional[Tensor] = None, scale: float = 1.0):
        y = self.linear(x) * scale
        return y if other is None else y + other


def halve(self, inputs: Tuple[Tensor]) -> Tuple[Tensor]:
    return (inputs[0] / 2,)


def clamp(self, inputs: Tuple[Tensor], output: Tensor) -> Tensor:
    return output.clamp(-1.0, 1.0) + inputs[0].sum()


def negate(self, inputs: Tuple[Tensor], output: Tensor) -> Tensor:
    return -output


class Hooked(nn.Module):
    """Hooks that torch.jit.script compiles into it."""

    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.b = Affine()
        self.a.register_forward_pre_hook(halve)
        self.a.register_forward_hook(clamp)
        self.a.register_forward_hook(negate)
        self.b.register_forward_hook(negate)
        self.register_forward_pre_hook(halve)
        self.register_forward_hook(negate)

    def forward(self, x: Tensor) -> Tensor:
        return self.b(self.a(x)) + self.a(x)


@torch.jit.script
class Scaler:
    def __init__(self, scale: float, shift: Tensor):
        self.scale = scale
        self.shift = shift

    def apply(self, x: Tensor) -> Tensor:
        return x * self.scale + self.shift


class CustomClass(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.scaler = Scaler(0.5, torch.ones(4))
        self.b = nn.Linear(4, 2)

    def forward(self, x):
        return self.b(self.scaler.apply(self.a(x)))


# Threads

class Forked(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.b = nn.Linear(4, 4)

    def forward(self, x):
        future = torch.jit.fork(self.a, x)
        y = self.b(x)
        return y + torch.jit.wait(future)


class NestedFork(nn.Module):
    def __init__(self):
        super().__init__()
        self.left = Forked()
        self.right = Forked()
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        left = torch.jit.fork(self.left, x)
        right = torch.jit.fork(self.right, x * 2)
        return self.head(torch.jit.wait(left) - torch.jit.wait(right))


# Quantised

def dynamic_linear():
    return torch.ao.quantization.quantize_dynamic(
        frozen.Quantised().eval(), {nn.Linear}, torch.qint8)


def dynamic_lstm():
    return torch.ao.quantization.quantize_dynamic(
        frozen.Lstm().eval(), {nn.LSTM, nn.Linear}, torch.qint8)


class StaticConv(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = torch.ao.quantization.QuantStub()
        self.conv = nn.Conv2d(3, 4, 3)
        self.relu = nn.ReLU()
        self.fc = nn.Linear(4, 2)
        self.dequant = torch.ao.quantization.DeQuantStub()

    def forward(self, x):
        x = self.relu(self.conv(self.quant(x)))
        x = self.fc(x.mean([2, 3]))
        return self.dequant(x)


def static_conv():
    model = StaticConv().eval()
    model.qconfig = torch.ao.quantization.get_default_qconfig("x86")
    model = torch.ao.quantization.prepare(model)
    model(ramp(2, 3, 6, 6))
    return torch.ao.quantization.convert(model)


class Case(NamedTuple):
    """How to make a module, its inputs, and what applies to it."""

    make: Any
    inputs: Dict[str, Any]  # By the name of the argument.
    ways: str = "script trace script.frozen trace.frozen"
    # Further methods to run, each with its inputs.
    runs: Dict[str, Dict[str, Any]] = {}
    # Methods that are recorded besides forward and the one that is run.
    methods: Tuple[str, ...] = ()
    train: bool = False
    # Calls are made by several threads, in no order.
    unordered: bool = False


class Edit(NamedTuple):
    """What a hook puts in place of a value: EDITS."""

    path: str
    side: str  # "in": of all tensors among the inputs; "out": of the output.
    change: str  # A row of CHANGES.
    ways: str = "script trace"


CHANGES = {"half": lambda x: x * 0.5, "zeros": torch.zeros_like,
           "negative": lambda x: -x}

SCRIPT = "script script.frozen"

CASES = {
    "residual": Case(frozen.Residual, {"x": ramp(1, 3, 6, 6)}),
    "resnet": Case(ResNet, {"x": ramp(2, 3, 12, 12)}),
    "mobilenet": Case(MobileNet, {"x": ramp(1, 3, 6, 6)}),
    "unet": Case(frozen.UNet, {"x": ramp(1, 1, 8, 8)}),
    "convolutions": Case(frozen.Convolutions, {
        "x": ramp(1, 2, 8), "volume": ramp(1, 1, 3, 3, 3)}),
    "preactivation": Case(frozen.Preactivation, {"x": ramp(1, 6, 5, 5)}),
    "norms": Case(frozen.Norms, {"x": ramp(1, 3, 8)}),
    "mlp": Case(frozen.Mlp, {"x": ramp(2, 6)}),
    "linear_bn": Case(frozen.LinearBn, {"x": ramp(2, 6)}),
    "normalised": Case(frozen.Normalised, {"x": ramp(2, 4)}),
    "batch_norm_training": Case(Norms, {"x": ramp(2, 3, 6, 6)},
                                "script trace", train=True),
    "lstm": Case(frozen.Lstm, {"x": ramp(3, 1, 4)}),
    "packed_lstm": Case(PackedLstm, {"x": ramp(3, 4, 4),
                                     "lengths": ids(2, 4, 1)}),
    "gru_loop": Case(frozen.GruLoop, {"x": ramp(1, 3, 4)}),
    "cell_loop": Case(CellLoop, {"x": ramp(4, 2, 4)}),
    # Traced, its attention is another kernel.
    "encoder": Case(Encoder, {"x": ramp(2, 3, 8)},
                    "script script.frozen trace.frozen"),
    "attention": Case(frozen.Attention, {"x": ramp(1, 3, 8)},
                      methods=("heads",)),
    "cross_attention": Case(frozen.CrossAttention, {
        "x": ramp(3, 1, 8), "memory": ramp(4, 1, 8)}),
    "text_classifier": Case(frozen.TextClassifier, {
        "ids": ids([1, 2], [4, 7])}),
    "tied": Case(frozen.Tied, {"ids": ids([1, 2, 5])}),
    "bag": Case(frozen.Bag, {"ids": ids(1, 2, 4, 5), "offsets": ids(0, 3)}),
    "branches": Case(frozen.Branches, {"x": ramp(2, 4)}),
    "while_loop": Case(WhileLoop, {"x": ramp(2, 4) * 9}, SCRIPT),
    "early_return": Case(EarlyReturn, {"x": ramp(2, 4)}),
    "shared": Case(frozen.Shared, {"a": ramp(1, 4), "b": ramp(1, 4) * 2}),
    # Traced, both names are one module's, in another order.
    "two_names": Case(TwoNames, {"x": ramp(2, 4)},
                      "script script.frozen trace.frozen"),
    "pieces": Case(Pieces, {"x": ramp(2, 6)}),
    "interfaces": Case(Interfaces, {"x": ramp(2, 4)}),
    "chosen": Case(Chosen, {"x": ramp(2, 4), "order": [2, 0, 1, 0]},
                   "script"),
    "tree": Case(lambda: Tree(2), {"x": ramp(1, 4)}),
    "structures": Case(Structures, {"x": ramp(2, 4)}, SCRIPT),
    "scalars": Case(Scalars, {"x": ramp(2, 4)}),
    "effects": Case(Effects, {"x": ramp(2, 4)}, methods=("clear",)),
    "in_place": Case(InPlace, {"x": ramp(4, 4)}),
    "mixed_types": Case(MixedTypes, {"x": ramp(2, 4)}),
    "not_a_number": Case(NotANumber, {"x": ramp(2, 4)}),
    "exported": Case(Exported, {"x": ramp(2, 4)}, runs={
        "embed": {"x": ramp(3, 4)},
        "score": {"x": ramp(1, 4), "scale": 0.25}}, methods=("embed",)),
    "codec": Case(Codec, {"x": ramp(2, 4)}, runs={
        "encode": {"x": ramp(1, 4)}, "decode": {"z": ramp(2, 6)}}, methods=(
            "embed", "score", "encode", "decode", "roundtrip")),
    "defaults": Case(Defaults, {"x": ramp(2, 4), "steps": 3}, SCRIPT),
    "hooked": Case(Hooked, {"x": ramp(2, 4)}, "script"),
    "custom_class": Case(CustomClass, {"x": ramp(2, 4)}),
    "forked": Case(Forked, {"x": ramp(2, 4)}, unordered=True),
    # LibTorch does not load what its freezing makes of the traced one.
    "nested_fork": Case(NestedFork, {"x": ramp(2, 4)},
                        "script trace script.frozen", unordered=True),
    "dynamic_linear": Case(dynamic_linear, {"x": ramp(2, 6)}),
    "dynamic_lstm": Case(dynamic_lstm, {"x": ramp(3, 1, 4)}),
    "static_conv": Case(static_conv, {"x": ramp(1, 3, 6, 6)}, "script trace"),
}

EDITS = {
    "residual": [Edit("layer1.conv1", "out", "half"),
                 Edit("layer1", "out", "zeros"),
                 Edit("layer1.bn2", "in", "negative")],
    "lstm": [Edit("rnn", "in", "half"), Edit("rnn", "out", "half")],
    "encoder": [Edit("encoder.layers.0.linear1", "out", "zeros"),
                Edit("encoder.layers.1", "in", "half")],
    "shared": [Edit("tower.0", "out", "negative")],
    "two_names": [Edit("second", "out", "half"),
                  Edit("second.0", "in", "negative")],
    "cell_loop": [Edit("cell", "out", "half")],
    "while_loop": [Edit("step", "out", "half")],
    "interfaces": [Edit("first", "out", "negative")],
    "structures": [Edit("parts", "out", "half"), Edit("pair", "in", "zeros")],
    "in_place": [Edit("act", "out", "half", "script")],
    "hooked": [Edit("a", "out", "half"), Edit("a", "in", "half")],
    "forked": [Edit("a", "out", "half")],
    "exported": [Edit("", "in", "half"), Edit("", "out", "negative")],
}
