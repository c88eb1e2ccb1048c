#!/usr/bin/env python3
"""Records what every module of a PyTorch model computes, as a golden file.

    from record_golden import record
    record(model, (image,), "ref.npz")

or, with a function that returns (model, inputs) or (model, inputs, kwargs):

    record_golden.py my_model.py:build -o ref.npz

and then, on any machine, against any form of the model that TorchScript has:

    tsinspect compare model.pt --golden ref.npz

The model runs once, without gradients; record() leaves the mode it is in, the
command sets eval(). Values are taken by ordinary forward hooks, which are
removed again, and copied at that moment. Modules that are TorchScript take no
hooks: of a model that is one, its own inputs and outputs are recorded.

Names

    path[::method][#call][@in.i... | @out.key...]

`layer1.0.conv1` is that module's output, where it is one tensor; the second
call in the run is `layer1.0.conv1#2`; a method other than forward
`layer1.0::embed`; parts of tuples, lists and dicts `encoder@out.0`,
`encoder@out.state.1`; arguments `encoder@in.0`, by their place in the method's
signature; the model itself `(root)`. A module that has several names goes by
the first in named_modules(), and its calls are counted together.

The file

An .npz or .safetensors that holds an array under each tensor's name, and a
JSON text: in an .npz the bytes of the array `__meta__` (uint8, UTF-8), in a
.safetensors the metadata `tsinspect.golden`.

    {"format": "tsinspect-golden/1", "producer": "torch 2.13.0",
     "method": "forward", "values": [
       {"name": "conv@in.0", "path": "conv", "method": "forward", "call": 1,
        "type": "Tensor", "dtype": "float32", "shape": [1, 3, 8, 8]},
       {"name": "conv", ...,
        "type": "Tensor", "dtype": "bfloat16", "shape": [1, 4, 6, 6],
        "stored": "uint16"},
       {"name": "loop@out.1", ..., "type": "int", "value": 3}]}

`values` is in the order in which calls end; the arguments, as they were when it
began, stand before what it returned. `path` of the model itself is empty. `stored` is the array's dtype
where it is another one: "uint16" and "uint8" are the bits of dtypes that the
file has none for, "float32" the numbers that a quantised tensor stands for.
What is no tensor has its `value`: a bool, int, float, str or null, a list or
dict of these; of other types there is a `type` alone. Floats that JSON lacks
are the strings "nan", "inf" and "-inf". Lists and dicts without a tensor in
them are one value.
"""
import argparse
import contextlib
import importlib
import inspect
import io
import json
import math
import pathlib
import sys
import zipfile
from typing import Any, NamedTuple

import numpy
import torch

FORMAT = "tsinspect-golden/1"

# The dtype whose bits an .npz holds for one that NumPy has not.
BITS = {torch.bfloat16: torch.uint16,
        **{getattr(torch, name): torch.uint8
           for name in ("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz",
                        "float8_e5m2fnuz") if hasattr(torch, name)}}


class Entry(NamedTuple):
    """One value of a run: a tensor, copied, or anything that is none."""

    name: str
    path: str
    method: str
    call: int
    value: Any

    @property
    def is_input(self):
        return self.name.rpartition("@")[2].startswith("in.")


def has_parts(value):
    """Whether a value is recorded by its parts: a tuple, or what holds tensors.
    """
    if isinstance(value, (list, dict)):
        items = value.values() if isinstance(value, dict) else value
        return any(map(has_parts, items))
    return isinstance(value, (tuple, torch.Tensor))


def leaves(value, keys=()):
    """The values in tuples, lists and dicts, each with its keys."""
    if isinstance(value, torch.Tensor) or not has_parts(value):
        yield keys, value
        return
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield from leaves(item, (*keys, key))


def places(function, args, kwargs):
    """Each argument with its place in the signature, in that order."""
    yield from enumerate(args)
    names = list(inspect.signature(function).parameters)
    for place, name in enumerate(names):
        if name in kwargs:
            yield place, kwargs[name]
    for name, value in kwargs.items():
        if name not in names:  # It is one of **kwargs.
            yield name, value


def copied(value):
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    return value


class Recorder:
    """Records the calls that a model's modules get inside of a `with`.

    `methods` are the names of methods to record besides forward. What hooks
    that were registered earlier put in place is what is recorded.
    """

    def __init__(self, model, methods=(), inputs=True):
        self.model, self.methods, self.inputs = model, methods, inputs
        self.entries = []
        self._calls = {}
        self._running = []
        self._undo = contextlib.ExitStack()

    def __enter__(self):
        for path, module in self.model.named_modules():
            if isinstance(module, torch.jit.ScriptModule):
                continue
            self._watch_forward(path, module)
            for method in self.methods:
                if hasattr(type(module), method):
                    self._watch_method(path, module, method)
        return self

    def run(self, method, args, kwargs):
        """Calls the model."""
        if not isinstance(self.model, torch.jit.ScriptModule):
            call = getattr(self.model,
                           "__call__" if method == "forward" else method)
            return call(*args, **kwargs)
        call = getattr(self.model, method)
        self._begin("", method, call, args, kwargs)
        output = call(*args, **kwargs)
        self._end(output)
        return output

    def __exit__(self, *error):
        self._undo.close()

    def _watch_forward(self, path, module):
        def before(module, args, kwargs):
            self._begin(path, "forward", module.forward, args, kwargs)

        def after(module, args, kwargs, output):
            self._end(output)

        for handle in (
                module.register_forward_pre_hook(before, with_kwargs=True),
                module.register_forward_hook(after, with_kwargs=True)):
            self._undo.callback(handle.remove)

    def _watch_method(self, path, module, method):
        original = getattr(module, method)

        def watched(*args, **kwargs):
            self._begin(path, method, original, args, kwargs)
            output = original(*args, **kwargs)
            self._end(output)
            return output

        setattr(module, method, watched)
        self._undo.callback(delattr, module, method)

    def _begin(self, path, method, function, args, kwargs):
        count = self._calls.get((path, method), 0) + 1
        self._calls[path, method] = count
        call = (path, method, count)
        inputs = []
        if self.inputs:
            for place, value in places(function, args, kwargs):
                inputs += [self._entry(call, "in", keys, leaf)
                           for keys, leaf in leaves(value, (place,))]
        self._running.append((call, inputs))

    def _end(self, output):
        call, inputs = self._running.pop()
        self.entries += inputs
        self.entries += [self._entry(call, "out", keys, leaf)
                         for keys, leaf in leaves(output)]

    @staticmethod
    def _entry(of, side, keys, value):
        path, method, call = of
        name = path or "(root)"
        if method != "forward":
            name += f"::{method}"
        if call > 1:
            name += f"#{call}"
        if keys:
            name += ".".join([f"@{side}", *map(str, keys)])
        return Entry(name, path, method, call, copied(value))


def dtype_name(dtype):
    return str(dtype).removeprefix("torch.")


def plain(tensor):
    """Laid out in memory as its values stand in its shape."""
    return tensor.cpu().resolve_conj().resolve_neg().contiguous()


def stored(tensor, has_all_dtypes):
    """The tensor that a file holds for it."""
    if tensor.is_quantized:
        return tensor.dequantize().contiguous()
    if tensor.dtype in BITS and not has_all_dtypes:
        return plain(tensor).view(BITS[tensor.dtype])
    return plain(tensor)


def json_value(value):
    """The value as JSON has it; raises TypeError for what it lacks."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [json_value(item) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(type(value).__name__)


def describe(entry, has_all_dtypes=True):
    """The row of an entry in the JSON text."""
    row = {"name": entry.name, "path": entry.path, "method": entry.method,
           "call": entry.call}
    value = entry.value
    if isinstance(value, torch.Tensor):
        kept = stored(value, has_all_dtypes).dtype
        row |= {"type": "Tensor", "dtype": dtype_name(value.dtype),
                "shape": list(value.shape)}
        if kept != value.dtype:
            row["stored"] = dtype_name(kept)
        return row
    row["type"] = type(value).__name__
    with contextlib.suppress(TypeError):
        row["value"] = json_value(value)
    return row


def write_npz(path, arrays):
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            data = io.BytesIO()
            numpy.lib.format.write_array(data, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(name + ".npy"), data.getvalue())


def write_golden(entries, path, method="forward"):
    """Writes a golden file of what a Recorder recorded."""
    is_npz = pathlib.Path(path).suffix == ".npz"
    meta = json.dumps(
        {"format": FORMAT, "method": method,
         "producer": f"torch {torch.__version__.partition('+')[0]}",
         "values": [describe(entry, not is_npz) for entry in entries]},
        ensure_ascii=False, allow_nan=False)
    tensors = {entry.name: stored(entry.value, not is_npz)
               for entry in entries if isinstance(entry.value, torch.Tensor)}
    if is_npz:
        arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
        meta_bytes = numpy.frombuffer(meta.encode(), numpy.uint8)
        write_npz(path, {"__meta__": meta_bytes, **arrays})
    else:
        from safetensors.torch import save_file
        save_file(tensors, path, {"tsinspect.golden": meta})


def record(model, inputs, path=None, *, kwargs=None, method="forward",
           methods=(), record_inputs=True):
    """Runs a method of `model` and returns what was recorded, in order.

    Writes it to `path`, if there is one: an .npz or .safetensors.
    """
    recorder = Recorder(model, {method, *methods} - {"forward"}, record_inputs)
    with torch.no_grad(), recorder:
        recorder.run(method, inputs, kwargs or {})
    if path:
        write_golden(recorder.entries, path, method)
    return recorder.entries


def load_function(target):
    """The function of "file.py:name" or "package.module:name"."""
    source, _, name = target.rpartition(":")
    if not source.endswith(".py"):
        return getattr(importlib.import_module(source), name)
    sys.path.insert(0, str(pathlib.Path(source).resolve().parent))
    return getattr(importlib.import_module(pathlib.Path(source).stem), name)


def main():
    parser = argparse.ArgumentParser(
        description="Records what every module of a PyTorch model computes.")
    parser.add_argument("function", metavar="FILE.py:FUNCTION",
                        help="returns (model, inputs[, kwargs])")
    parser.add_argument("-o", "--output", required=True,
                        metavar="OUT.npz|OUT.safetensors")
    parser.add_argument("--method", default="forward",
                        help="run this one instead of forward")
    parser.add_argument("--threads", type=int,
                        help="one makes sums the same on machines alike")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    made = load_function(options.function)()
    model, inputs, kwargs = (*made, None)[:3]
    entries = record(model.eval(), inputs, options.output, kwargs=kwargs,
                     method=options.method)
    print(f"{options.output}: {len(entries)} values", file=sys.stderr)


if __name__ == "__main__":
    main()
