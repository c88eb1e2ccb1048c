"""What the constants of a frozen file are, found out from torch alone.

A constant's names are those of the original tensors that it equals, bit by
bit. Equal ones are pooled by torch, so there can be several. What freezing
folded is recomputed from the original and compared. What becomes of a constant
is read from the graph of the loaded file.

A constant is an object with `name`, as in the file, and

    names         the originals that it is; none where the code made it
    folded        modules or tensors that freezing folded into the one it names,
                  which need not have existed: a bias, of a layer without one
    part_of       the original of which it is some elements
    transpose_of  the original of which it is the transpose
    class, floats of packed parameters: the object's class, and the names of
                  its parts in the model before it was quantised
    uses          [operator, argument] pairs that consume it in the end
    position      in the list that is that argument, where it is one
"""
import collections
import re

import torch
from torch import nn
from torch.nn.utils import fusion

# Operators that hand on their first argument's elements, or some of them.
VIEWS = {f"aten::{name}" for name in (
    "alias chunk clone contiguous detach expand expand_as flatten numpy_T "
    "permute reshape select slice split split_with_sizes squeeze t to "
    "transpose type_as unbind unflatten unsqueeze view view_as").split()}
VIEWS |= {"prim::unchecked_cast", "prim::unchecked_unwrap_optional",
          "aten::_unwrap_optional"}
PACKS = {"prim::ListConstruct", "prim::TupleConstruct"}
UNPACKS = {"prim::ListUnpack", "prim::TupleUnpack"}


# What a file's graph does with its constants.

def constant_name(node):
    """`CONSTANTS.c3`, which is underlined in the source text, or None."""
    lines = node.sourceRange().splitlines()
    for text, marks in zip(lines, lines[1:]):
        if marks.endswith("<--- HERE"):
            start = marks.index("~")
            name = text[start:start + marks.count("~")]
            return name if re.fullmatch(r"CONSTANTS\.c\d+", name) else None
    return None


def argument_name(node, index):
    if node.schema() == "(no schema)":
        return ""
    return torch._C.parse_schema(node.schema()).arguments[index].name


class Flow:
    """Follows constants through a graph; a value has (name, position)s."""

    def __init__(self, graph):
        self.values = {}  # name: value
        self.uses = {}  # name: [(operator, argument, position)]
        self.origins = {}  # name of a value in the graph: its origins
        self.walk(graph)

    def origins_of(self, value):
        return self.origins.get(value.debugName(), [])

    def add(self, value, origins):
        known = self.origins.setdefault(value.debugName(), [])
        known += [origin for origin in origins if origin not in known]

    def pass_on(self, values, targets):
        for value, target in zip(values, targets):
            self.add(target, self.origins_of(value))

    def walk(self, block):
        for node in block.nodes():
            inputs, outputs = list(node.inputs()), list(node.outputs())
            if node.kind() == "prim::Constant":
                self.constant(node)
            for inner in node.blocks():
                loop = node.kind() == "prim::Loop"  # Its first: the condition.
                self.pass_on(inputs[2:], list(inner.inputs())[1:])
                self.walk(inner)
                self.pass_on(list(inner.outputs())[loop:], outputs)
            if not list(node.blocks()):
                self.consume(node, inputs, outputs)

    def constant(self, node):
        name = constant_name(node)
        if name:
            self.values.setdefault(name, node.output().toIValue())
            self.uses.setdefault(name, [])
            self.add(node.output(), [(name, None)])

    def consume(self, node, inputs, outputs):
        for index, value in enumerate(inputs):
            for name, position in self.origins_of(value):
                if node.kind() in PACKS:
                    self.add(outputs[0], [(name, index)])
                elif node.kind() in UNPACKS:
                    chosen = outputs if position is None else [
                        outputs[position]]
                    for output in chosen:
                        self.add(output, [(name, None)])
                elif node.kind() in VIEWS and index == 0:
                    for output in outputs:
                        self.add(output, [(name, position)])
                else:
                    self.use(name, node, index, position)

    def use(self, name, node, index, position):
        use = node.kind(), argument_name(node, index), position
        if use not in self.uses[name]:
            self.uses[name].append(use)


# What a module has.

def originals(module):
    """{name: tensor}: parameters, buffers and attributes; tied ones, too."""
    found = dict(module.named_parameters(remove_duplicate=False))
    found |= module.named_buffers(remove_duplicate=False)
    for path, sub in module.named_modules():
        found |= {f"{path}.{name}" if path else name: value
                  for name, value in vars(sub).items()
                  if isinstance(value, torch.Tensor)}
    return {name: tensor.detach() for name, tensor in found.items()}


def packed_parameters(module):
    """{path: (weight, bias)} of the quantised linear layers."""
    return {path: module.get_submodule(path)._weight_bias()
            for path, sub in module.named_modules()
            if type(sub).__name__ == "LinearPackedParams"}


def fold_batch_norm(layer, norm):
    fuse = (fusion.fuse_linear_bn_weights if isinstance(layer, nn.Linear)
            else fusion.fuse_conv_bn_weights)
    return fuse(layer.weight, layer.bias, norm.running_mean, norm.running_var,
                norm.eps, norm.weight, norm.bias)


def fold_affine(layer, scale, shift):
    weight = layer.weight * scale.transpose(0, 1)
    bias = torch.zeros(len(weight)) if layer.bias is None else layer.bias
    return weight, bias * scale.flatten() + shift.flatten()


def folds(module, pairs):
    """{name: (tensor, what is folded in)} of the layers that pairs names."""
    result = {}
    for path, partners in pairs.items():
        layer = module.get_submodule(path)
        if len(partners) == 1:
            parts = fold_batch_norm(layer, module.get_submodule(partners[0]))
            weight_partners = partners
        else:
            named = originals(module)
            parts = fold_affine(layer, *(named[name] for name in partners))
            weight_partners = partners[:1]
        result[f"{path}.weight"] = parts[0].detach(), weight_partners
        result[f"{path}.bias"] = parts[1].detach(), partners
    return result


# Which is which.

def same(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and torch.equal(a, b)


def close(a, b):
    return (a.dtype == b.dtype and a.shape == b.shape and
            torch.allclose(a, b, rtol=1e-5, atol=1e-6))


def is_part(tensor, whole):
    """The elements of one lie one after another in the other."""
    if tensor.dtype != whole.dtype or not 0 < tensor.numel() < whole.numel():
        return False
    windows = whole.flatten().unfold(0, tensor.numel(), 1)
    return bool((windows == tensor.flatten()).all(1).any())


def is_transpose(tensor, whole):
    return whole.dim() == 2 and same(tensor, whole.t())


class Naming:
    """Names a file's constants, and keeps count of the originals they are."""

    def __init__(self, module, pairs):
        self.folds = folds(module, pairs)
        self.packed = packed_parameters(module)
        partners = [p for names in pairs.values() for p in names]
        self.absorbed = {name for name in originals(module) if any(
            name == p or name.startswith(p + ".") for p in partners)}
        self.originals = {name: tensor
                          for name, tensor in originals(module).items()
                          if name not in self.absorbed | self.folds.keys()}
        self.found = set(self.absorbed)

    def name(self, value):
        if not isinstance(value, torch.Tensor):
            return self.name_packed(value)
        names = [n for n, t in self.originals.items() if same(t, value)]
        if names:
            self.found.update(names)
            return {"names": names}
        for name, (tensor, partners) in self.folds.items():
            if close(tensor, value):
                self.found.add(name)
                return {"names": [name], "folded": partners}
        for name, tensor in self.originals.items():
            for relation, holds in (("part_of", is_part),
                                    ("transpose_of", is_transpose)):
                if holds(value, tensor):
                    self.found.add(name)
                    return {"names": [], relation: name}
        return {"names": []}

    def name_packed(self, value):
        """An object of packed parameters is the attribute that held it."""
        weight, bias = torch.ops.quantized.linear_unpack(value)
        path, = (p for p, (w, b) in self.packed.items()
                 if torch.equal(w.int_repr(), weight.int_repr()) and
                 torch.equal(b, bias))
        layer = path.removesuffix("._packed_params")
        return {"class": str(value._type().qualified_name()).removeprefix(
                    "__torch__."),
                "names": [f"{path}._packed_params"],
                "floats": [f"{layer}.weight", f"{layer}.bias"]}


def entry(name, flow, naming):
    uses, position = [], None
    for operator, argument, at in flow.uses[name]:
        if [operator, argument] not in uses:
            uses.append([operator, argument])
        position = at if position is None else position
    listed = {} if position is None else {"position": position}
    return {"name": name, **naming.name(flow.values[name]), "uses": uses,
            **listed}


def truth(file, loaded, module, pairs, unused):
    """The constants of a row of truth.jsonl.

    Fails where an original is neither among them nor kept under its name, but
    for those that are said to be unused.
    """
    flow, naming = Flow(loaded.inlined_graph), Naming(module, pairs)
    constants = loaded.code_with_constants[1].const_mapping
    names = [f"CONSTANTS.c{i}" for i in range(len(constants))]
    assert set(names) == set(flow.values), (file, names, flow.values.keys())
    for key, value in constants.items():
        if isinstance(value, torch.Tensor):
            assert same(value, flow.values[f"CONSTANTS.{key}"]), (file, key)
    entries = [entry(name, flow, naming) for name in names]
    kept = originals(loaded).keys() | naming.found
    lost = {name for name in naming.originals.keys() | naming.folds.keys()
            if name not in kept
            and not name.endswith("num_batches_tracked")}
    assert lost == set(unused), (file, lost, unused)
    return entries


def summary(rows):
    """[(kind, how many constants are of it)] of rows of truth.jsonl."""
    kinds = ("folded", "part_of", "transpose_of", "class")
    return collections.Counter(
        next((kind for kind in kinds if kind in constant),
             "named" if constant["names"] else "of the code")
        for row in rows for constant in row["constants"]).most_common()
