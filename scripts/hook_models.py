#!/usr/bin/env python3
"""Writes small TorchScript models, and what Python's hooks saw in them.

    hook_models.py FOLDER [CASE...]

The references that the tests of lib/libtorch hold our hooks to. For each of
CASES in hook_modules.py, and each way of saving it that applies, FOLDER gets

    CASE.script.pt, CASE.trace.pt    what torch.jit.script, .trace make of it
    CASE.script.frozen.pt, …         the same frozen
    CASE.METHOD.inputs.npz           tensors to call METHOD with, by argument
    CASE.METHOD[.EDIT].golden.npz    what record_golden.py recorded in the eager
                                     module, see there

and index.jsonl a line a golden file:

    case, method, golden
    files       {way: model file} that it holds for
    inputs      the file with the tensors
    values      {argument: value} of what is no tensor
    edit        null, or {path, side, change}: a hook of `path` put change(x) in
                place of each tensor x of its inputs ("in") or output ("out")
                when this was recorded, behind hooks of the module's own
    train       the module was recorded in training mode
    unordered   calls are made by several threads
    rows        the golden file's rows, in order, with the `sha256` of the
                contiguous little-endian values of each tensor

Everything is seeded and runs on one thread, so that the values are the same bit
for bit wherever the same LibTorch runs on the same kind of processor.
"""
import argparse
import copy
import hashlib
import inspect
import json
import pathlib
import sys
import warnings
import zlib

import torch
from torch import nn

import hook_modules
from record_golden import (Recorder, describe, plain, write_golden, write_npz)


def sha256(tensor):
    values = plain(tensor.int_repr() if tensor.is_quantized else tensor)
    flat = values.reshape(-1).view(torch.uint8)
    return hashlib.sha256(flat.numpy().tobytes()).hexdigest()


def mapped(function, value):
    """The value with every tensor in it replaced."""
    if isinstance(value, torch.Tensor):
        return function(value)
    if isinstance(value, (tuple, list)):
        return type(value)(mapped(function, item) for item in value)
    if isinstance(value, dict):
        return {key: mapped(function, item) for key, item in value.items()}
    return value


def varied(model):
    """The model with norms that are not as they were constructed."""
    for module in model.modules():
        for name in ("running_mean", "running_var"):
            buffer = getattr(module, name, None)
            if isinstance(buffer, torch.Tensor):
                low, high = (0.5, 1.5) if "var" in name else (-0.2, 0.2)
                buffer.uniform_(low, high)
        if isinstance(module, (nn.LayerNorm, nn.GroupNorm, nn.BatchNorm2d)):
            with torch.no_grad():
                module.weight.uniform_(0.5, 1.5)
                module.bias.uniform_(-0.2, 0.2)
    return model


def made(name, case):
    torch.manual_seed(zlib.crc32(name.encode()))
    return varied(case.make()).train(case.train)


def separated(model):
    """The model as TorchScript has it: a module of its own for every name."""
    seen = set()

    def walk(module):
        for name, child in list(module._modules.items()):
            if child is None:
                continue
            if child in seen:
                child = module._modules[name] = copy.deepcopy(child)
            seen.add(child)
            walk(child)
        return module

    return walk(model)


def saved_ways(name, case, folder):
    """Saves the model in every way; {way: file}."""
    files = {}
    kept = list(case.runs)
    for way in case.ways.split():
        how = way.partition(".")[0]
        model = made(name, case)
        if how == "script":
            module = torch.jit.script(model)
        else:
            module = torch.jit.trace(model, tuple(case.inputs.values()),
                                     strict=False, check_trace=False)
        if way.endswith(".frozen"):
            module = torch.jit.freeze(module, preserved_attrs=kept)
        files[way] = f"{name}.{way}.pt"
        torch.jit.save(module, str(folder / files[way]))
    return files


def put_in_place(model, edit):
    """Registers the hook that an edit stands for."""
    change = hook_modules.CHANGES[edit.change]
    module = model.get_submodule(edit.path)
    if edit.side == "in":
        module.register_forward_pre_hook(
            lambda module, inputs: mapped(change, inputs))
    else:
        module.register_forward_hook(
            lambda module, inputs, output: mapped(change, output))


def recorded(name, case, method, inputs, edit):
    """What the eager module computes."""
    model = separated(made(name, case))
    if edit:
        put_in_place(model, edit)
    methods = {method, *case.methods} - {"forward"}
    with torch.no_grad(), Recorder(model, methods) as recorder:
        given = inspect.signature(getattr(model, method)).bind(
            **mapped(torch.clone, inputs))
        recorder.run(method, given.args, given.kwargs)
    return recorder.entries


def row(entry):
    # A quantised tensor's values are stored by what they stand for in any file.
    result = describe(entry, has_all_dtypes=False)
    if isinstance(entry.value, torch.Tensor):
        result["sha256"] = sha256(entry.value)
    return result


def write_run(name, case, files, folder, method, inputs, edit=None):
    """Writes the inputs and golden file of a run; its line of the index."""
    base = f"{name}.{method}"
    tensors = {key: value for key, value in inputs.items()
               if isinstance(value, torch.Tensor)}
    write_npz(folder / f"{base}.inputs.npz",
              {key: value.numpy() for key, value in tensors.items()})
    entries = recorded(name, case, method, inputs, edit)
    suffix = ".".join(["", edit.path or "root", edit.side,
                       edit.change]) if edit else ""
    write_golden(entries, folder / f"{base}{suffix}.golden.npz", method)
    return {
        "case": name, "method": method,
        "golden": f"{base}{suffix}.golden.npz",
        "files": files, "inputs": f"{base}.inputs.npz",
        "values": {key: value for key, value in inputs.items()
                   if key not in tensors},
        "edit": edit and dict(zip(("path", "side", "change"), edit)),
        "train": case.train,
        "unordered": case.unordered, "rows": [row(e) for e in entries]}


def write_case(name, folder):
    """Writes all files of a case; its lines of the index."""
    case = hook_modules.CASES[name]
    files = saved_ways(name, case, folder)
    yield write_run(name, case, files, folder, "forward", case.inputs)
    for method, inputs in case.runs.items():
        own = {way: file for way, file in files.items() if "script" in way}
        yield write_run(name, case, own, folder, method, inputs)
    whole = {way: file for way, file in files.items() if "frozen" not in way}
    for edit in hook_modules.EDITS.get(name, ()):
        own = {way: file for way, file in whole.items()
               if way in edit.ways.split()}
        yield write_run(name, case, own, folder, "forward", case.inputs, edit)


def main():
    parser = argparse.ArgumentParser(
        description="Writes TorchScript models and what hooks saw in them.")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("cases", nargs="*", help="these only")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    options.folder.mkdir(parents=True, exist_ok=True)
    with open(options.folder / "index.jsonl", "w") as index:
        for name in options.cases or hook_modules.CASES:
            for line in write_case(name, options.folder):
                index.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
