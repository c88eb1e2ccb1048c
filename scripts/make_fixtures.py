#!/usr/bin/env python3
"""Writes tests/fixtures/: model files of all kinds, and what is in them.

    python make_fixtures.py [NAME...]     needs torch 2.13, numpy, safetensors,
                                         onnx 1.23

The files are written by torch, safetensors and NumPy themselves, or, where
those no longer write a form, by hand and read back by them. expected.jsonl
says what they find in each file, in the form that tests/corpus/corpus.py
compares: an object a file with its tensors in order, their SHA-256 over the
contiguous little-endian values, and the modules, methods and schemas of
TorchScript. frozen/truth.jsonl says what the constants of frozen files are, as
frozen_truth.py finds out. Seeds are fixed. What torch does not fix: the paths
of Python files, which TorchScript archives quote. The committed files come from
Debian's Python and a torch at /opt/python:

    PYTHONHASHSEED=0 PYTHONPATH=/opt/python \\
        /usr/bin/python3 -B make_fixtures.py

With names, only those of the functions below are run, and expected.jsonl stays
as it is. Keys of legacy files are addresses, which differ from run to run.
"""
import collections
import concurrent.futures
import copy
import gzip
import hashlib
import io
import json
import linecache
import pathlib
import pickle
import struct
import sys
import tarfile
import types
import warnings
import zipfile

import numpy as np
import safetensors
import safetensors.torch
import torch
from torch import nn

import frozen_truth

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE.parent / "tests" / "fixtures"
MOST_BYTES = 64 << 10

EXPECTED = []  # Rows of expected.jsonl.
FIXTURES = []  # The functions that write them.


def load_models(script, name):
    """A script of HERE as a module `name` that says it is in name.py."""
    text = (HERE / script).read_text(encoding="utf-8")
    file = f"{name}.py"
    module = types.ModuleType(name)
    module.__file__ = file
    sys.modules[name] = module
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True),
                             file)
    exec(compile(text, file, "exec"), module.__dict__)
    return module


models = load_models("fixture_models.py", "models")
frozen_models = load_models("frozen_models.py", "frozen")


def fixture(function):
    FIXTURES.append(function)
    return function


def path(name):
    result = OUT / name
    result.parent.mkdir(parents=True, exist_ok=True)
    return result


# What is in a value, as its own library says.

def little_endian(tensor):
    tensor = tensor.detach().resolve_conj().resolve_neg().contiguous()
    return tensor.flatten().view(torch.uint8).numpy().tobytes()


def row(name, dtype, shape, data, role="tensor", requires_grad=None, **more):
    return {"name": name, "dtype": dtype, "shape": list(shape), "role": role,
            "requires_grad": requires_grad,
            "sha256": hashlib.sha256(data).hexdigest() if data is not None
                      else "0" * 64, **more}


SPARSE_PARTS = {
    torch.sparse_coo: ("_indices", "_values"),
    torch.sparse_csr: ("crow_indices", "col_indices", "values"),
    torch.sparse_csc: ("ccol_indices", "row_indices", "values"),
    torch.sparse_bsr: ("crow_indices", "col_indices", "values"),
    torch.sparse_bsc: ("ccol_indices", "row_indices", "values"),
}

NESTED_PARTS = {"buffer": "values", "sizes": "_nested_tensor_size",
                "strides": "_nested_tensor_strides",
                "storage_offsets": "_nested_tensor_storage_offsets"}


def tensor_rows(name, tensor, role):
    """The rows of a tensor: one, or one for each tensor that makes it up."""
    if role is None:
        role = "parameter" if isinstance(tensor, nn.Parameter) else "tensor"
    dtype = str(tensor.dtype).removeprefix("torch.")
    if tensor.layout in SPARSE_PARTS:
        for part in SPARSE_PARTS[tensor.layout]:
            value = getattr(tensor, part)()
            yield from tensor_rows(f"{name}.{part.removeprefix('_')}", value,
                                   role)
    elif tensor.is_nested and tensor.layout == torch.strided:
        for part, method in NESTED_PARTS.items():
            value = getattr(tensor, method)()
            yield from tensor_rows(f"{name}.{part}", value, role)
    elif tensor.is_meta:
        yield row(name, dtype, tensor.shape, None, role, tensor.requires_grad)
    elif tensor.is_quantized:
        data = (tensor.int_repr().contiguous()
                if tensor.dtype != torch.quint4x2
                else torch.tensor(tensor.untyped_storage(), dtype=torch.uint8))
        yield row(name, dtype, tensor.shape, little_endian(data), role,
                  tensor.requires_grad)
    else:
        yield row(name, dtype, tensor.shape, little_endian(tensor), role,
                  tensor.requires_grad)


def array_row(name, array, **more):
    array = np.asarray(array)
    # Text has no type in torch.
    dtype = "opaque" if array.dtype.kind in "US" else array.dtype.name
    data = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<")))
    return row(name, dtype, array.shape, data.tobytes(), **more)


def dotted(where, name):
    return f"{where}.{name}" if where else name


def module_rows(prefix, module):
    """Parameters, buffers, then other tensor attributes; tied ones, too."""
    at = prefix + "." if prefix else ""
    for role, own in (("parameter", lambda m: m._parameters),
                      ("buffer", lambda m: m._buffers), ("attribute", vars)):
        for where, sub in module.named_modules():
            for name, value in own(sub).items():
                if isinstance(value, torch.Tensor):
                    yield from tensor_rows(at + dotted(where, name), value,
                                           role)


def rows(value, name=""):
    if isinstance(value, nn.Module):
        yield from module_rows(name, value)
    elif isinstance(value, torch.Tensor):
        yield from tensor_rows(name, value, None)
    elif isinstance(value, torch.TypedStorage):
        yield row(name, str(value.dtype).removeprefix("torch."), [len(value)],
                  bytes(value.untyped()))
    elif isinstance(value, torch.UntypedStorage):
        yield row(name, "uint8", [len(value)], bytes(value))
    elif isinstance(value, (np.ndarray, np.generic)):
        yield array_row(name, value, optional=True, kind="numpy")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from rows(item, dotted(name, str(key)))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from rows(item, dotted(name, str(index)))
    elif type(value).__module__ == "models":
        for key, item in vars(value).items():
            yield from rows(item, dotted(name, str(key)))


def expect(name, form, reader, tensors=(), error=None, **more):
    EXPECTED.append({"file": name, "form": form, "reader": reader,
                     "error": error, "tensors": list(tensors), **more})


# torch.save

def saved(name, value, form="torch-save-zip", **options):
    torch.save(value, path(name),
               _use_new_zipfile_serialization=form == "torch-save-zip",
               **options)
    reread(name, form)


def reread(name, form):
    value = torch.load(path(name), weights_only=False)
    expect(name, form, f"torch.load {torch.__version__.split('+')[0]}",
           rows(value))


def ramp(*shape, dtype=torch.float32):
    n = int(np.prod(shape))
    return (torch.arange(n, dtype=torch.float32) / 4 - 2).reshape(
        shape).to(dtype)


def cnn():
    torch.manual_seed(1)
    model = models.SmallCnn()
    model(torch.randn(4, 3, 6, 6))  # So that the running statistics are some.
    return model


@fixture
def state_dicts():
    saved("state_dict.pt", cnn().state_dict())
    saved("state_dict_legacy.pt", cnn().state_dict(), "torch-save-legacy")
    for protocol in (1, 3, 4, 5):
        saved(f"state_dict_protocol{protocol}.pt", cnn().head.state_dict(),
              pickle_protocol=protocol)
    saved("state_dict_legacy_protocol4.pt", cnn().head.state_dict(),
          "torch-save-legacy", pickle_protocol=4)


@fixture
def checkpoint():
    model = cnn()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model(torch.randn(2, 3, 6, 6)).sum().backward()
    optimizer.step()
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 10)
    saved("checkpoint.ckpt", {
        "epoch": 12,
        "global_step": 3450,
        "pytorch-lightning_version": "2.5.1",
        "state_dict": {f"model.{k}": v for k, v in model.state_dict().items()},
        "loops": {"fit_loop": {"state_dict": {}, "current": {"ready": 13}}},
        "callbacks": {"ModelCheckpoint{'monitor': 'val_loss'}": {
            "best_model_score": torch.tensor(0.125), "best_k_models": {}}},
        "optimizer_states": [optimizer.state_dict()],
        "lr_schedulers": [scheduler.state_dict()],
        "hparams_name": "kwargs",
        "hyper_parameters": {"lr": 1e-3, "channels": (3, 4), "augment": None,
                             "name": "cnn-small", "amp": True},
    })


@fixture
def plain_values():
    saved("bare_tensor.pt", ramp(2, 3))
    saved("tensor_list.pt", [ramp(2), (ramp(3), [ramp(1)]), {"x": ramp(2, 2)}])
    saved("no_tensors.pt", {"epoch": 1, "tags": {"a"}, "history": []})
    saved("protocol0.pt",
          {"text": "caf\u00e9\n", "big": 1 << 70, "small": -5, "yes": True,
           "none": None, "pi": 3.25, "nested": [(1, 2), {3: "x"}]},
          pickle_protocol=0)
    saved("python_values.pt",
          {"set": {1}, "frozenset": frozenset({"f"}), "bytes": b"\x00\xff",
           "bytearray": bytearray(b"ab"), "big": -(1 << 3000), "complex": 1j,
           "inf": float("inf"), "nan": float("nan"), "size": torch.Size([2]),
           "dtype": torch.bfloat16, "device": torch.device("cuda:1"),
           "range": range(3), "deque": collections.deque([1, 2]),
           "layout": torch.strided}, pickle_protocol=5)
    saved("parameters.pt", [nn.Parameter(ramp(2, 2)),
                            nn.Parameter(ramp(3), requires_grad=False)])
    saved("parameter_list.pt", nn.ParameterList([ramp(2), ramp(1)]))
    saved("parameter_with_state.pt", with_attribute(nn.Parameter(ramp(2))))


def with_attribute(tensor):
    tensor.origin = "layer 3"
    return tensor


@fixture
def pickled_modules():
    torch.manual_seed(2)
    saved("pickled_module.pt", models.Pickled())
    saved("pickled_module_legacy.pt", models.Hooked(), "torch-save-legacy")
    saved("pickled_modules_in_dict.pt",
          {"model": models.Pickled().eval(), "epoch": 3})
    saved("unknown_class.pt", {"run": models.Run(), "loss": ramp(1)})


@fixture
def numpy_values():
    values = {"array": np.arange(6, dtype=np.float64).reshape(2, 3),
              "fortran": np.asfortranarray(np.arange(6).reshape(2, 3)),
              "big_endian": np.arange(3, dtype=">i4"),
              "half": np.float16([1.5, -2]),
              "flags": np.array([True, False]),
              "text": np.array(["ab", "c"]),
              "empty": np.zeros((0, 3), np.uint8),
              "scalar": np.float32(0.5), "count": np.int64(-3),
              "mixed": [torch.tensor([1.0]), np.complex64([1 + 2j])]}
    saved("numpy_values.pt", values)
    saved("numpy_values_protocol5.pt", values, pickle_protocol=5)
    saved("numpy_values_legacy.pt", values, "torch-save-legacy")


@fixture
def quantized():
    saved("quantized.pt", {
        "per_tensor": torch.quantize_per_tensor(ramp(2, 2), 0.5, 10,
                                                torch.quint8),
        "qint8": torch.quantize_per_tensor(ramp(3), 0.25, 0, torch.qint8),
        "qint32": torch.quantize_per_tensor(ramp(3), 0.125, 2, torch.qint32),
        "per_channel": torch.quantize_per_channel(
            ramp(2, 3), torch.tensor([0.5, 0.25]).double(),
            torch.tensor([0, 1]), 0, torch.qint8),
        "float_qparams": torch.quantize_per_channel(
            ramp(2, 4), torch.tensor([0.5, 0.25]),
            torch.tensor([0.5, 1.0]), 0, torch.quint8),
        "quint4x2": torch.quantize_per_channel(
            ramp(2, 4), torch.tensor([0.5, 0.25]),
            torch.tensor([0.5, 1.0]), 0, torch.quint4x2),
    })


@fixture
def layouts():
    dense = torch.tensor([[0, 1.5, 0, 0], [2.5, 0, 0, 3.5]])
    saved("sparse.pt", {
        "coo": dense.to_sparse().coalesce(),
        "hybrid": torch.sparse_coo_tensor([[0, 2, 2]], ramp(3, 2), (4, 2)),
        "csr": dense.to_sparse_csr(), "csc": dense.to_sparse_csc(),
        "bsr": dense.to_sparse_bsr((2, 2)), "bsc": dense.to_sparse_bsc((2, 2)),
        "dense": dense})
    saved("sparse_legacy.pt", {"coo": dense.to_sparse().coalesce(),
                               "csr": dense.to_sparse_csr()},
          "torch-save-legacy")
    saved("nested.pt", {"strided": torch.nested.nested_tensor(
        [ramp(2, 3), ramp(1, 3)])})
    saved("meta.pt", {"weight": torch.empty(1000, 1000, device="meta"),
                      "bias": nn.Parameter(torch.empty(7, device="meta"))})


@fixture
def jagged():
    value = torch.nested.nested_tensor([ramp(2, 3), ramp(1, 3)],
                                       layout=torch.jagged)
    torch.save({"jagged": value, "after": ramp(2)}, path("jagged.pt"))
    value = torch.load(path("jagged.pt"), weights_only=False)
    inner = vars(value["jagged"])
    parts = [t for t in (*inner.values(), *inner["_metadata_cache"].values())
             if isinstance(t, torch.Tensor)]
    # They are what it is rebuilt from and, again, its state.
    expect("jagged.pt", "torch-save-zip", "torch.load",
           [*(dict(r, optional=True, kind="object-state")
              for t in 2 * parts for r in tensor_rows("jagged", t, None)),
            *rows(value["after"], "after")])


@fixture
def dtypes():
    z = torch.tensor([1 + 2j, -3.5 - 0.25j])
    saved("conj_and_neg.pt", {
        "conj": z.conj(), "conj128": z.to(torch.complex128).conj(),
        "neg": z.clone().conj().imag, "real": z.clone().real})
    floats = ["float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2",
              "float8_e5m2fnuz", "float8_e8m0fnu", "bfloat16", "float16",
              "float32", "float64"]
    saved("floats.pt", {name: torch.tensor(
        [0.5, 1.0, 4.0, float("nan")] if name == "float8_e8m0fnu" else
        [0.5, -1.25, 448.0, float("nan")]).to(getattr(torch, name))
        for name in floats})
    integers = ["bool", "uint8", "uint16", "uint32", "uint64", "int8",
                "int16", "int32", "int64"]
    saved("integers.pt", {name: torch.tensor(
        [0, 1, 100], dtype=getattr(torch, name)) for name in integers})
    saved("complex.pt", {name: z.to(getattr(torch, name)) for name in (
        "complex32", "complex64", "complex128")})
    saved("dtypes_legacy.pt", {name: torch.tensor(
        [0, 1, 100], dtype=getattr(torch, name)) for name in (
        "bool", "uint8", "int8", "int16", "int32", "int64", "float16",
        "bfloat16", "float32", "float64", "complex64")},
        "torch-save-legacy")
    saved("empty_tensors.pt", {"none": torch.empty(0), "scalar": ramp(1)[0],
                               "flat": torch.empty(3, 0, 2)})


@fixture
def subclasses():
    labelled = ramp(2, 2).as_subclass(models.Labelled)
    labelled.label = "validation"
    labelled.mask = torch.tensor([True, False])
    torch.save({"x": labelled}, path("tensor_subclass.pt"))
    value = torch.load(path("tensor_subclass.pt"), weights_only=False)["x"]
    plain = value.as_subclass(torch.Tensor)
    expect("tensor_subclass.pt", "torch-save-zip", "torch.load",
           [*tensor_rows("x", plain, None),
            *(dict(r, optional=True, kind="object-state")
              for r in tensor_rows("x.mask", value.mask, None))])


@fixture
def storages():
    big = torch.arange(1000, dtype=torch.float32)
    values = {"typed": torch.tensor([1.0, 2.0]).storage(),
              "untyped": torch.tensor([1, 2], dtype=torch.int16)
                         .untyped_storage()}
    saved("storages.pt", values)
    saved("storages_legacy.pt", {"typed": values["typed"]},
          "torch-save-legacy")
    matrix = ramp(3, 4)
    views = {"base": matrix, "transposed": matrix.t(),
             "column": matrix[:, 1], "every_second": matrix[::2, ::2],
             "expanded": torch.tensor([7.0]).expand(2, 5),
             "hidden_bulk": big[10:14], "window": ramp(6).unfold(0, 3, 1),
             "permuted": ramp(2, 3, 4).permute(2, 0, 1)}
    saved("views.pt", views)
    saved("views_legacy.pt", views, "torch-save-legacy")
    shared = ramp(2, 2)
    saved("tied.pt", {"encoder.weight": shared, "decoder.weight": shared,
                      "flat": shared.view(4), "copy": shared.clone()})


@fixture
def odd_names():
    saved("odd_keys.pt", {0: ramp(1), "0": ramp(2), (1, "a"): ramp(3),
                          None: ramp(4), True: ramp(5), 2.5: ramp(6),
                          "": ramp(7), "a.b": ramp(8), "a": {"b": ramp(9)},
                          b"bytes": ramp(10)})
    saved("control_characters.pt", {
        "\x1b[31mred\x1b[0m": ramp(1), "line\nbreak": ramp(2),
        "tab\tnul\x00bell\a": ramp(3), "bidi\u202eteg": ramp(4),
        "\u65e5\u672c\u8a9e": ramp(5), "quote'\"\\": ramp(6),
        "\x1b]0;title\a": ramp(7), "\x9bcsi": ramp(8), "caf\u00e9": ramp(9)})
    saved("long_names.pt", {"n" * 10000: ramp(1), "w": ramp(2)})


def rewrite(source, target, change, method=zipfile.ZIP_STORED):
    """A zip's records through `change(name, bytes)`, by Python's zipfile."""
    with zipfile.ZipFile(path(source)) as old, \
            zipfile.ZipFile(path(target), "w", method) as new:
        for info in old.infolist():
            entry = zipfile.ZipInfo(info.filename)
            entry.compress_type = method
            data = change(info.filename, old.read(info))
            if data is not None:
                new.writestr(entry, data)


@fixture
def rezipped():
    rewrite("state_dict.pt", "deflated.pt", lambda name, data: data,
            zipfile.ZIP_DEFLATED)
    reread("deflated.pt", "torch-save-zip")


@fixture
def big_endian():
    values = {"float32": ramp(3), "int16": torch.tensor(
        [1, 258], dtype=torch.int16), "complex64": torch.tensor([1 + 2j]),
        "bytes": torch.tensor([1, 2], dtype=torch.uint8)}
    torch.save(values, path("big_endian.pt"))
    swapped = iter([4, 2, 4, 1])  # Sizes in the order of the data.

    def change(name, data):
        if name.endswith("/byteorder"):
            return b"big"
        if "/data/" in name:
            size = next(swapped)
            return np.frombuffer(data, f"V{size}").tobytes() if size == 1 else \
                np.frombuffer(data, f"<u{size}").byteswap().tobytes()
        return data

    data = path("big_endian.pt").read_bytes()
    path("little.tmp").write_bytes(data)
    rewrite("little.tmp", "big_endian.pt", change)
    path("little.tmp").unlink()
    reread("big_endian.pt", "torch-save-zip")
    for name, value in torch.load(path("big_endian.pt")).items():
        assert torch.equal(value, values[name]), name


def tar_storages(storages_, views):
    out = io.BytesIO()
    pickle.dump(len(storages_), out, 2)
    for key, (kind, values) in storages_.items():
        pickle.dump((key, "cpu", kind), out, 2)
        out.write(struct.pack("<q", len(values)) + values.tobytes())
    pickle.dump(views, out, 2)
    return out.getvalue()


def tar_tensors(tensors):
    out = io.BytesIO()
    pickle.dump(len(tensors), out, 2)
    for key, (storage, kind, shape, strides, offset) in tensors.items():
        pickle.dump((key, storage, kind), out, 2)
        out.write(struct.pack(f"<ii{len(shape)}q{len(strides)}qq", len(shape),
                              0, *shape, *strides, offset))
    return out.getvalue()


@fixture
def tar_form():
    """What torch 0.1 wrote; torch.load still reads it."""
    class Ref:
        def __init__(self, key):
            self.key = key

    out = io.BytesIO()
    pickler = pickle.Pickler(out, 2)
    pickler.persistent_id = lambda v: (
        str(v.key) if isinstance(v, Ref) else None)
    pickler.dump({"weight": Ref(11), "transposed": Ref(12), "tail": Ref(13),
                  "ids": Ref(14), "storage": Ref(1), "epoch": 4})
    members = {
        "sys_info": pickle.dumps({"protocol_version": 1000,
                                  "little_endian": True,
                                  "type_sizes": {"short": 2, "int": 4,
                                                 "long": 4}}, 2),
        "pickle": out.getvalue(),
        "tensors": tar_tensors({
            11: (1, torch.FloatTensor, (2, 3), (3, 1), 0),
            12: (1, torch.FloatTensor, (3, 2), (1, 3), 0),
            13: (3, torch.FloatTensor, (2,), (1,), 0),
            14: (2, torch.LongTensor, (4,), (1,), 0)}),
        "storages": tar_storages({
            1: (torch.FloatStorage, np.arange(6, dtype="<f4") / 4),
            2: (torch.LongStorage, np.arange(4, dtype="<i8") - 2)},
            [(3, 1, 4, 2)]),
    }
    with tarfile.open(path("tar_form.pt"), "w") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    reread("tar_form.pt", "torch-save-tar")


# TorchScript

def script_rows(module, attributes):
    """Parameters, buffers, the attributes named, the frozen constants."""
    for role, named in (("parameter", module.named_parameters(
            remove_duplicate=False)), ("buffer", module.named_buffers(
                remove_duplicate=False))):
        for name, tensor in named:
            yield from tensor_rows(name, tensor, role)
    for name in attributes:
        yield from tensor_rows(name, getattr(module, name), "attribute")
    if not module.code:
        return
    constants = module.code_with_constants[1].const_mapping
    for index in range(len(constants)):
        yield from constant_rows(f"CONSTANTS.c{index}", constants[f"c{index}"])


def constant_rows(name, value):
    """A tensor, or the weight and bias of a packed linear layer."""
    if isinstance(value, torch.Tensor):
        yield from tensor_rows(name, value, "constant")
        return
    for index, part in enumerate(torch.ops.quantized.linear_unpack(value)):
        yield from tensor_rows(f"{name}.{index}", part, "constant")


def rescript(name, form, attributes=()):
    module = torch.jit.load(path(name))
    where = {p: sub for p, sub in module.named_modules(remove_duplicate=False)}
    expect(name, form, f"torch.jit.load {torch.__version__.split('+')[0]}",
           script_rows(module, attributes),
           modules=[[p, sub._c._type().qualified_name()]
                    for p, sub in where.items()],
           methods=[dotted(p, m) for p, sub in where.items()
                    for m in sub._c._method_names()],
           schemas={m: str(module._c._get_method(m).schema)
                    for m in module._c._method_names()})


def scripted(name, module, form="torchscript", attributes=(), **options):
    torch.jit.save(module, path(name), **options)
    rescript(name, form, attributes)


def trace(module, *inputs):
    """Traces in a thread, whose call stack has no frame of this script."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(torch.jit.trace, module, inputs).result()


@fixture
def torchscript():
    torch.manual_seed(3)
    net = models.TinyResNet()
    net(torch.randn(2, 3, 8, 8))
    net.eval()
    scripted("resnet_block.pt", torch.jit.script(net))
    scripted("scripted_cnn.pt", torch.jit.script(cnn()))
    scripted("traced_cnn.pt", trace(cnn().eval(), torch.ones(1, 3, 6, 6)))
    scripted("scripted_attributes.pt", torch.jit.script(models.Scripted()),
             attributes=["anchor"])
    hooked = models.Hooked()
    hooked.fc.register_forward_pre_hook(models.halve)
    hooked.register_forward_pre_hook(models.halve)
    hooked.register_forward_hook(models.clamp)
    scripted("scripted_hooks.pt", torch.jit.script(hooked))
    scripted("extra_files.pt", torch.jit.script(models.Hooked()),
             _extra_files={"labels.txt": "cat\ndog\n", "meta/config.json":
                           '{"version": 3}'})


@fixture
def frozen():
    net = cnn().eval()
    form = "torchscript-frozen"
    traced = trace(net, torch.ones(1, 3, 6, 6))
    scripted("frozen_cnn.pt", torch.jit.freeze(
        torch.jit.script(net), optimize_numerics=False), form)
    scripted("frozen_traced_cnn.pt", torch.jit.freeze(
        traced, optimize_numerics=False), form)
    # Here the batch norm is folded into the convolution.
    scripted("frozen_folded_cnn.pt", torch.jit.freeze(torch.jit.script(net)),
             form)


@fixture
def mobile():
    torch.jit.script(cnn().eval())._save_for_lite_interpreter(
        str(path("mobile_cnn.ptl")))
    rescript("mobile_cnn.ptl", "mobile-ptl")


# Frozen files and what their constants are

def varied(module, default):
    """Its parameters and statistics, but for those of some modules, random."""
    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        parent, _, own = name.rpartition(".")
        if not tensor.is_floating_point() or (
                parent in default and own in ("weight", "bias")):
            continue
        with torch.no_grad():
            if own in ("running_var", "std"):
                tensor.uniform_(0.5, 1.5)
            else:
                tensor.normal_(0, 0.5)


def frozen_model(name, model, seed):
    torch.manual_seed(seed)
    module = model.make().eval()
    varied(module, model.default)
    if name == "quantised":
        module = torch.ao.quantization.quantize_dynamic(module, {nn.Linear})
    return module


def frozen_file(name, module, origin, model, untraced=()):
    """Saves a module that is frozen, and says what its constants are."""
    torch.jit.save(torch.jit.freeze(module), path(name))
    loaded = torch.jit.load(path(name))
    whole = not list(loaded.children()) and not list(loaded.parameters())
    rescript(name, "torchscript-frozen" if whole else "torchscript")
    return {"file": name, "original": f"frozen/{model}.original.pt",
            "constants": frozen_truth.truth(
                name, loaded, origin, frozen_models.MODELS[model].folds,
                untraced)}


def listed_rows(module):
    """Tensors in lists, and those of packed parameters."""
    for where, sub in module.named_modules():
        for index, tensor in enumerate(getattr(sub, "_flat_weights", ())):
            yield from tensor_rows(f"{where}._flat_weights.{index}", tensor,
                                   "attribute")
    for where, parts in frozen_truth.packed_parameters(module).items():
        for index, part in enumerate(parts):
            yield from tensor_rows(f"{where}._packed_params.{index}", part,
                                   "attribute")


def original(name, module, script):
    """The twin that is not frozen."""
    torch.jit.save(script, path(name))
    rescript(name, "torchscript", [
        key for key, value in vars(module).items()
        if isinstance(value, torch.Tensor)])
    EXPECTED[-1]["tensors"] += listed_rows(module)


@fixture
def frozen_twins():
    """Models as they were, scripted and frozen, traced and frozen."""
    torch.backends.mha.set_fastpath_enabled(False)  # It makes no trace.
    truths = []
    for seed, (name, model) in enumerate(frozen_models.MODELS.items()):
        module = frozen_model(name, model, seed)
        script = torch.jit.script(module)
        original(f"frozen/{name}.original.pt", module, script)
        truths += [frozen_file(f"frozen/{name}.script.pt", script, module,
                               name),
                   frozen_file(f"frozen/{name}.trace.pt",
                               trace(module, *model.inputs), module, name,
                               model.untraced)]
        if name in ("lstm", "mobilenet", "residual"):
            saved(f"frozen/{name}.state.pt", module.state_dict())
        if name == "residual":
            file = f"frozen/{name}.state.safetensors"
            safetensors.torch.save_file(module.state_dict(), path(file))
            safetensors_read(file)
    with path("frozen/truth.jsonl").open("w", encoding="utf-8") as out:
        for truth in truths:
            out.write(json.dumps(truth) + "\n")
    print(f"frozen: {len(truths)} files, " + ", ".join(
        f"{count} {kind}" for kind, count in frozen_truth.summary(truths)))


# safetensors, NumPy

def safetensors_rows(files):
    for file in files:
        with safetensors.safe_open(path(file), "pt") as opened:
            names = opened.offset_keys()
            for name in names:
                yield from tensor_rows(name, opened.get_tensor(name), None)


def safetensors_read(name, *files):
    expect(name, "safetensors", f"safetensors {safetensors.__version__}",
           [dict(r, requires_grad=None)
            for r in safetensors_rows(files or [name])])


@fixture
def safetensors_files():
    save = safetensors.torch.save_file
    save({"encoder.weight": ramp(2, 3), "encoder.bias": ramp(3),
          "half": ramp(2, dtype=torch.float16),
          "brain": ramp(2, dtype=torch.bfloat16),
          "float8": ramp(4, dtype=torch.float8_e4m3fn),
          "flags": torch.tensor([True, False]),
          "ids": torch.tensor([[1, -2]]),
          "unsigned": torch.tensor([1, 65535], dtype=torch.uint16),
          "complex": torch.tensor([1 + 2j]),
          "empty": torch.empty(0, 3), "scalar": torch.tensor(1.5)},
         path("weights.safetensors"),
         metadata={"format": "pt", "license": "apache-2.0"})
    safetensors_read("weights.safetensors")
    save({}, path("no_tensors.safetensors"))
    safetensors_read("no_tensors.safetensors")


def index(name, weight_map, total):
    path(name).write_text(json.dumps(
        {"metadata": {"total_size": total}, "weight_map": weight_map},
        indent=2) + "\n")


@fixture
def shards():
    save = safetensors.torch.save_file
    first, second = ("model-00001-of-00002.safetensors",
                     "model-00002-of-00002.safetensors")
    listed = {"embed.weight": first, "layer.0.weight": first,
              "layer.0.bias": second, "head.weight": second}
    one = {"embed.weight": ramp(4, 2), "layer.0.weight": ramp(2, 2)}
    two = {"layer.0.bias": ramp(2), "head.weight": ramp(4, 2)}
    for folder, parts, present in (
            ("sharded", (one, two), (first, second)),
            ("sharded_missing", (one, two), (first,)),
            ("sharded_wrong", ({"embed.weight": ramp(4, 2)},
                               {**two, "layer.0.weight": ramp(2, 2)}),
             (first, second)),
            ("sharded_unlisted", (one, {**two, "extra.weight": ramp(3)}),
             (first, second))):
        for file, part in zip((first, second), parts):
            if file in present:
                save(part, path(f"{folder}/{file}"))
        index(f"{folder}/model.safetensors.index.json", listed, 88)
    for folder in ("sharded", "sharded_missing"):
        present = [first] if folder.endswith("missing") else [first, second]
        safetensors_read(f"{folder}/model.safetensors.index.json",
                         *(f"{folder}/{file}" for file in present))


@fixture
def bin_shards():
    files = ("pytorch_model-00001-of-00002.bin",
             "pytorch_model-00002-of-00002.bin")
    parts = ({"embed.weight": ramp(4, 2)}, {"head.weight": ramp(2, 2)})
    for file, part in zip(files, parts):
        torch.save(part, path(f"sharded_bin/{file}"))
    name = "sharded_bin/pytorch_model.bin.index.json"
    index(name, {"embed.weight": files[0], "head.weight": files[1]}, 48)
    expect(name, "torch-save-zip", "torch.load",
           [r for file in files
            for r in rows(torch.load(path(f"sharded_bin/{file}")))])


@fixture
def numpy_files():
    matrix = np.arange(6, dtype=np.float32).reshape(2, 3)
    arrays = {"array": matrix, "fortran_order": np.asfortranarray(matrix),
              "big_endian": np.arange(4, dtype=">i2"),
              "unicode": np.array(["caf\u00e9", "x"]),
              "byte_strings": np.array([b"ab", b"c"])}
    for name, array in arrays.items():
        np.save(path(name + ".npy"), array)
        expect(name + ".npy", "numpy", f"numpy.load {np.__version__}",
               [array_row("", np.load(path(name + ".npy")))])
    np.savez(path("arrays.npz"), **arrays)
    np.savez_compressed(path("arrays_compressed.npz"), **arrays)
    for name in ("arrays.npz", "arrays_compressed.npz"):
        with np.load(path(name)) as opened:
            expect(name, "numpy", f"numpy.load {np.__version__}",
                   [array_row(key, opened[key]) for key in opened.files])


def training(epoch, model, optimizer):
    return copy.deepcopy({"epoch": epoch, "model": model.state_dict(),
                          "optimizer": optimizer.state_dict()})


@fixture
def diff_pairs():
    """Variants of diff/base.pt, each with one difference that `diff` tells."""
    torch.manual_seed(7)
    base = {"encoder.weight": torch.randn(4, 3), "encoder.bias": torch.randn(4),
            "head.weight": torch.randn(2, 4), "head.bias": torch.randn(2)}
    one_bit = base["head.weight"].clone()
    one_bit.view(torch.int32)[1, 2] ^= 1
    with_nan = base["encoder.weight"].clone()
    with_nan[2, 1] = float("nan")
    variants = {
        "base": base,
        "permuted": dict(reversed(base.items())),
        "renamed": {k.replace("encoder", "backbone"): v
                    for k, v in base.items()},
        "flipped_bit": {**base, "head.weight": one_bit},
        "bfloat16": {k: v.bfloat16() for k, v in base.items()},
        "reshaped": {**base, "head.weight": base["head.weight"].reshape(4, 2)},
        "with_nan": {**base, "encoder.weight": with_nan},
    }
    model = cnn()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in (3, 4):
        optimizer.zero_grad()
        model(ramp(2, 3, 8, 8)).sum().backward()
        optimizer.step()
        variants[f"epoch_{epoch}"] = training(epoch, model, optimizer)
        optimizer.param_groups[0]["lr"] = 5e-4
    for name, value in variants.items():
        torch.save(value, path(f"diff/{name}.pt"))


@fixture
def code_pairs():
    """Variants of diff/code_base.pt, whose programs `diff` compares."""
    torch.manual_seed(8)
    variants = {
        "base": models.Stages(),
        "again": models.Stages(),  # Its classes get other numbers.
        "stride": models.Stages(stride=2),
        "activation": models.Stages(activation=nn.GELU),
        "dropout": models.Stages(dropout=nn.Dropout(0.25)),
    }
    state = variants["base"].state_dict()
    for name, module in variants.items():
        module.load_state_dict(state)
        module.eval()
        torch.jit.save(torch.jit.script(module), path(f"diff/code_{name}.pt"))
    for name in ("base", "again", "stride"):
        frozen = torch.jit.freeze(torch.jit.script(variants[name]),
                                  optimize_numerics=False)
        torch.jit.save(frozen, path(f"diff/frozen_{name}.pt"))


@fixture
def not_models():
    with zipfile.ZipFile(path("no_pickle.zip"), "w") as out:
        out.writestr(zipfile.ZipInfo("readme.txt"), "no model in here\n")
    files = {
        "lfs_pointer.pt": b"version https://git-lfs.github.com/spec/v1\n"
                          b"oid sha256:" + b"4d7a" * 16 + b"\nsize 12345\n",
        "html_page.pt": b"<!DOCTYPE html>\n<html><head><title>403</title>"
                        b"</head><body>Forbidden</body></html>\n",
        "gzip.pt": gzip.compress(b"weights", mtime=0),
        "empty.pt": b"",
        "weights.h5": b"\x89HDF\r\n\x1a\n" + bytes(24),
        "cut_off.pt": path("state_dict.pt").read_bytes()[:3000],
    }
    for name, data in files.items():
        path(name).write_bytes(data)
    for name in [*files, "no_pickle.zip"]:
        form = "torch-save-zip" if name == "cut_off.pt" else "unsupported"
        expect(name, form, None, error="no model")


@fixture
def outside():
    scripted("outside.pt", torch.jit.script(models.Outside()))
    scripted("outside_when_loaded.pt",
             torch.jit.script(models.OutsideWhenLoaded()))
    torch.jit.script(models.Outside())._save_for_lite_interpreter(
        str(path("outside_mobile.ptl")))
    rescript("outside_mobile.ptl", "mobile-ptl")


@fixture
def onnx_models():
    import onnx
    import google.protobuf.text_format
    import onnx_models as made
    reader = f"onnx.load {onnx.__version__}"
    path("onnx/external.bin").write_bytes(made.EXTERNAL_BYTES)
    for name, make in made.MODELS.items():
        file = path(f"onnx/{name}")
        file.write_bytes(make().SerializeToString(deterministic=True))
        expect(f"onnx/{name}", "onnx", reader, made.model_rows(file))
    text = google.protobuf.text_format.MessageToString(made.cnn())
    path("onnx/cnn.onnx.txt").write_text(text, encoding="utf-8")
    expect("onnx/cnn.onnx.txt", "onnx", reader,
           made.model_rows(path("onnx/cnn.onnx")))


def check():
    """No file is large, none names a folder of this machine."""
    private = [str(HERE.parent).encode(), str(pathlib.Path.home()).encode()]
    private += [p.encode() for p in sys.path
                if p.startswith(("/tmp", "/home"))]
    if sys.base_prefix != "/usr":
        private.append(sys.base_prefix.encode())
    for file in sorted(OUT.rglob("*")):
        if not file.is_file() or file.suffix == ".jsonl":
            continue
        data = [file.read_bytes()]
        assert len(data[0]) < MOST_BYTES, f"{file} has {len(data[0])} bytes"
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as opened:
                data += [opened.read(info) for info in opened.infolist()]
        for text in private:
            assert not any(text in d for d in data if len(text) > 5), (
                f"{file} names {text.decode()}")


def main():
    warnings.filterwarnings("ignore")
    wanted = set(sys.argv[1:])
    for function in FIXTURES:
        if not wanted or function.__name__ in wanted:
            function()
    if not wanted:
        with (OUT / "expected.jsonl").open("w", encoding="utf-8") as out:
            for entry in EXPECTED:
                out.write(json.dumps(entry) + "\n")
    check()


if __name__ == "__main__":
    main()
