"""ONNX models for make_fixtures.py, and what the onnx package finds in them.

Needs onnx 1.23. MODELS gives each file's name and the function that makes it.
"""
import hashlib

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# Of numpy's types with torch's names where they differ.
DTYPES = {"object": "string"}

# Element types whose values share bytes.
PACKED_BITS = {TensorProto.UINT4: 4, TensorProto.INT4: 4,
               TensorProto.FLOAT4E2M1: 4, TensorProto.UINT2: 2,
               TensorProto.INT2: 2}

FLOATS = [-1.5, 0.0, 0.5, 1.0, 2.0, 6.0]
INTEGERS = [0, 1, 2, 3, 1, 0]

MODELS = {}


def model(name):
    def add(function):
        MODELS[name] = function
        return function
    return add


def ramp(*shape):
    count = int(np.prod(shape))
    return (np.arange(count, dtype=np.float32) / 4 - 1).reshape(shape)


def tensor(name, array):
    return numpy_helper.from_array(np.asarray(array), name)


def value(name, data_type=TensorProto.FLOAT, shape=()):
    return helper.make_tensor_value_info(name, data_type, shape)


def make(graph, opset=21, **more):
    return helper.make_model(
        graph, ir_version=10, producer_name="fixtures",
        opset_imports=[helper.make_opsetid("", opset)], **more)


@model("cnn.onnx")
def cnn():
    """Named as torch.onnx.export names things."""
    weights = [tensor("conv1.weight", ramp(4, 3, 3, 3)),
               tensor("conv1.bias", ramp(4)),
               tensor("bn1.weight", ramp(4)), tensor("bn1.bias", ramp(4)),
               tensor("bn1.running_mean", ramp(4)),
               tensor("bn1.running_var", ramp(4) + 2),
               tensor("fc.weight", ramp(2, 36)), tensor("fc.bias", ramp(2))]
    steps = [
        ("Conv", "/conv1/Conv", ["input", "conv1.weight", "conv1.bias"],
         {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [1, 1]}),
        ("BatchNormalization", "/bn1/BatchNormalization",
         [None, "bn1.weight", "bn1.bias", "bn1.running_mean",
          "bn1.running_var"], {"epsilon": 1e-5}),
        ("Relu", "/relu/Relu", [None], {}),
        ("MaxPool", "/pool/MaxPool", [None],
         {"kernel_shape": [2, 2], "strides": [2, 2]}),
        ("Flatten", "/Flatten", [None], {"axis": 1}),
        ("Gemm", "/fc/Gemm", [None, "fc.weight", "fc.bias"], {"transB": 1}),
    ]
    nodes, last = [], None
    for op, name, inputs, attributes in steps:
        output = "logits" if op == "Gemm" else f"{name}_output_0"
        nodes.append(helper.make_node(
            op, [i or last for i in inputs], [output], name=name,
            **attributes))
        last = output
    graph = helper.make_graph(
        nodes, "main_graph",
        [value("input", shape=["batch", 3, 6, 6])],
        [value("logits", shape=["batch", 2])], weights,
        value_info=[value("/conv1/Conv_output_0", shape=["batch", 4, 6, 6])])
    made = make(graph, opset=17)
    made.producer_name, made.producer_version = "pytorch", "2.1.0"
    helper.set_model_props(made, {"task": "classify", "license": "none"})
    return made


def of_every_type(as_raw):
    """A tensor of each element type, in raw_data or the field for its type."""
    tensors = []
    for name, data_type in TensorProto.DataType.items():
        if name in ("UNDEFINED", "FLOAT6E2M3", "FLOAT6E3M2"):
            continue
        dtype = helper.tensor_dtype_to_np_dtype(data_type)
        if data_type == TensorProto.STRING:
            if not as_raw:
                tensors.append(TensorProto(
                    name="string", data_type=data_type, dims=[2, 2],
                    string_data=[b"one", b"", "drei \u2713".encode(),
                                 b"\xff\0"]))
            continue
        is_float = "float" in dtype.name or dtype.kind in "fc"
        array = np.array(FLOATS if is_float else INTEGERS).astype(
            dtype)[:5 if data_type in PACKED_BITS else 6]
        if data_type == TensorProto.FLOAT8E8M0:
            array = np.array([0.5, 1, 2, 4, 8, 16]).astype(dtype)
        if as_raw:
            tensors.append(numpy_helper.from_array(array, name.lower()))
        else:
            tensors.append(typed(name.lower(), data_type, array))
    return tensors


def packed(data_type, array):
    """The bytes of values, little-endian, those of a few bits packed."""
    bits = PACKED_BITS.get(data_type)
    if bits is None:
        return np.ascontiguousarray(array).tobytes()
    codes = array.reshape(-1).view(np.uint8).astype(int) & (2 ** bits - 1)
    step = 8 // bits
    return bytes(sum(int(code) << bits * i
                     for i, code in enumerate(codes[at:at + step]))
                 for at in range(0, len(codes), step))


def typed(name, data_type, array):
    made = TensorProto(name=name, data_type=data_type, dims=array.shape)
    field = helper.tensor_dtype_to_field(data_type)
    data = packed(data_type, array)
    storage = {"float_data": "<f4", "double_data": "<f8",
               "int64_data": "<i8"}.get(field)
    if storage is None:  # As unsigned or signed integers of the same size.
        size = 1 if data_type in PACKED_BITS else array.dtype.itemsize
        signed = array.dtype.kind == "i" and data_type not in PACKED_BITS
        storage = f"<{'i' if signed else 'u'}{size}"
    getattr(made, field).extend(np.frombuffer(data, storage).tolist())
    return made


@model("dtypes_raw.onnx")
def dtypes_raw():
    return make(helper.make_graph([], "g", [], [], of_every_type(True)), 25)


@model("dtypes_typed.onnx")
def dtypes_typed():
    return make(helper.make_graph([], "g", [], [], of_every_type(False)), 25)


@model("constants.onnx")
def constants():
    values = {"value": tensor("", ramp(2, 2)), "value_float": 1.5,
              "value_floats": [0.25, -2.0, 8.0], "value_int": -7,
              "value_ints": [3, -1, 4096], "value_string": "text",
              "value_strings": ["a", "", "ccc"],
              "sparse_value": sparse("", [1.5, 2.5], [1, 3], [4])}
    nodes = [helper.make_node("Constant", [], [name], **{name: value})
             for name, value in values.items()]
    nodes.append(helper.make_node("ConstantOfShape", ["value_ints"],
                                  ["filled"], value=tensor("", [2.5])))
    nodes.append(helper.make_node("Custom", [], [], name="listed",
                                  domain="com.example",
                                  tables=[tensor("", ramp(2)),
                                          tensor("", ramp(3))]))
    made = make(helper.make_graph(nodes, "g", [], [value("filled")]))
    made.opset_import.append(helper.make_opsetid("com.example", 1))
    return made


def sparse(name, values, indices, dims):
    return helper.make_sparse_tensor(
        tensor(name, np.array(values, np.float32)),
        tensor("", np.array(indices, np.int64)), dims)


@model("sparse.onnx")
def sparse_initializers():
    return make(helper.make_graph(
        [], "g", [], [], [tensor("dense", ramp(2))],
        sparse_initializer=[
            sparse("linear", [1, 2, 3], [0, 4, 5], [2, 3]),
            sparse("by_axis", [4, 5], [[0, 1], [2, 0]], [3, 2])]))


@model("subgraphs.onnx")
def subgraphs():
    """A loop in a branch; both branches and the loop have a `w`."""
    step = helper.make_graph(
        [helper.make_node("Add", ["sum_in", "w"], ["sum_out"]),
         helper.make_node("Identity", ["going_in"], ["going_out"])],
        "step",
        [value("i", TensorProto.INT64), value("going_in", TensorProto.BOOL),
         value("sum_in", shape=[2])],
        [value("going_out", TensorProto.BOOL), value("sum_out", shape=[2])],
        [tensor("w", np.float32([0.5, 0.25]))])
    yes = helper.make_graph(
        [helper.make_node("Loop", ["count", "", "w"], ["looped"], body=step)],
        "yes", [], [value("looped", shape=[2])],
        [tensor("w", np.float32([1, 2])), tensor("count", np.int64(3))])
    no = helper.make_graph(
        [helper.make_node("Constant", [], ["w"],
                          value=tensor("", np.float32([3, 4])))],
        "no", [], [value("w", shape=[2])])
    return make(helper.make_graph(
        [helper.make_node("If", ["choice"], ["result"], name="choose",
                          then_branch=yes, else_branch=no)],
        "g", [value("choice", TensorProto.BOOL)],
        [value("result", shape=[2])], [tensor("unused", ramp(1))]))


@model("functions.onnx")
def functions():
    scale = helper.make_function(
        "com.example", "Scale", ["x"], ["y"],
        [helper.make_node("Constant", [], ["factor"],
                          value=tensor("", np.float32([2, 4]))),
         helper.make_node("Mul", ["x", "factor"], ["y"])],
        [helper.make_opsetid("", 21)],
        attribute_protos=[helper.make_attribute("bias", tensor("", ramp(2)))])
    reference = scale.node.add(op_type="Constant", output=["given"])
    reference.attribute.add(name="value_int", type=onnx.AttributeProto.INT,
                            ref_attr_name="steps")
    made = make(helper.make_graph(
        [helper.make_node("Scale", ["a"], ["b"], domain="com.example")],
        "g", [value("a", shape=[2])], [value("b", shape=[2])]),
        functions=[scale])
    made.opset_import.append(helper.make_opsetid("com.example", 1))
    return made


@model("quantized.onnx")
def quantized():
    weights = [
        tensor("w", np.arange(-8, 8, dtype=np.int8).reshape(4, 4)),
        tensor("w_scale", np.float32([0.5, 0.25, 0.125, 1])),
        tensor("w_zero", np.int8([0, 1, 2, 3])),
        tensor("half", np.arange(-4, 4).astype(ml_dtypes.int4)),
        tensor("half_scale", np.float32(0.1)),
        tensor("k", np.uint8([[1, 2], [3, 4]])),
        tensor("k_scale", np.float32(0.5)), tensor("k_zero", np.uint8(128)),
        tensor("x_scale", np.float32(0.01)), tensor("x_zero", np.uint8(7)),
        tensor("noted", np.int8([1, 2])), tensor("noted_scale", np.float32(3)),
    ]
    nodes = [
        helper.make_node("DequantizeLinear", ["w", "w_scale", "w_zero"],
                         ["w_real"], axis=0),
        helper.make_node("DequantizeLinear", ["half", "half_scale"],
                         ["half_real"]),
        helper.make_node("QLinearMatMul",
                         ["x", "x_scale", "x_zero", "k", "k_scale", "k_zero",
                          "x_scale", "x_zero"], ["y"]),
        helper.make_node("MatMulInteger", ["x", "k", "x_zero", "k_zero"],
                         ["z"]),
    ]
    graph = helper.make_graph(
        nodes, "g", [value("x", TensorProto.UINT8, [2, 2])],
        [value("y", TensorProto.UINT8, [2, 2])], weights)
    note = graph.quantization_annotation.add(tensor_name="noted")
    note.quant_parameter_tensor_names.add(key="SCALE_TENSOR",
                                          value="noted_scale")
    return make(graph)


def external(name, location, array, **place):
    made = tensor(name, array)
    made.ClearField("raw_data")
    made.data_location = TensorProto.EXTERNAL
    for key, text in {"location": location, **place}.items():
        made.external_data.add(key=key, value=str(text))
    return made


EXTERNAL_BYTES = ramp(2, 3).tobytes() + bytes(40) + ramp(4).tobytes()


@model("external.onnx")
def external_data():
    return make(helper.make_graph(
        [], "g", [], [],
        [external("first", "external.bin", ramp(2, 3), length=24),
         tensor("inline", ramp(2)),
         external("second", "external.bin", ramp(4), offset=64, length=16)]))


@model("external_missing.onnx")
def external_missing():
    """No value of the first five can be read."""
    return make(helper.make_graph(
        [], "g", [], [],
        [external("absent", "nowhere.bin", ramp(2)),
         external("absent_too", "nowhere.bin", ramp(2), offset=8),
         external("above", "../weights.h5", ramp(2)),
         external("absolute", "/dev/zero", ramp(2)),
         external("beyond", "external.bin", ramp(2), offset=76),
         tensor("inline", ramp(2))]))


# What the onnx package finds.

def row(name, made, role, folder, **more):
    array = None
    try:
        if made.data_location == TensorProto.EXTERNAL:
            onnx.external_data_helper.load_external_data_for_tensor(
                made, str(folder))
            made.data_location = TensorProto.DEFAULT
        array = numpy_helper.to_array(made)
    except (OSError, ValueError, onnx.checker.ValidationError):
        pass
    dtype = helper.tensor_dtype_to_np_dtype(made.data_type).name
    if made.data_type == TensorProto.STRING:
        data = b"".join(len(s).to_bytes(8, "little") + s
                        for s in made.string_data)
    else:
        data = packed(made.data_type, array) if array is not None else None
    return {"name": name, "dtype": DTYPES.get(dtype, dtype),
            "shape": list(made.dims), "role": role, "requires_grad": None,
            "sha256": hashlib.sha256(data).hexdigest() if data is not None
                      else "0" * 64, **more}


def sparse_rows(name, made, role, folder, **more):
    yield row(f"{name}.indices", made.indices, role, folder, **more)
    yield row(f"{name}.values", made.values, role, folder, **more)


PLAIN = {"value_float": (TensorProto.FLOAT, "f"),
         "value_floats": (TensorProto.FLOAT, "floats"),
         "value_int": (TensorProto.INT64, "i"),
         "value_ints": (TensorProto.INT64, "ints"),
         "value_string": (TensorProto.STRING, "s"),
         "value_strings": (TensorProto.STRING, "strings")}


def constant_rows(node, attribute, folder):
    name = node.output[0]
    if attribute.name == "value":
        yield row(name, attribute.t, "constant", folder)
    elif attribute.name == "sparse_value":
        yield from sparse_rows(name, attribute.sparse_tensor, "constant",
                               folder)
    elif not attribute.ref_attr_name:
        data_type, field = PLAIN[attribute.name]
        data = getattr(attribute, field)
        is_list = attribute.name.endswith("s")
        yield row(name, helper.make_tensor(
            "", data_type, [len(data)] if is_list else [],
            list(data) if is_list else [data]), "constant", folder)


def attribute_rows(label, attribute, folder):
    more = {"optional": True, "kind": "node-attribute"}
    name = f"{label}.{attribute.name}"
    if attribute.HasField("t"):
        yield row(name, attribute.t, "attribute", folder, **more)
    for index, made in enumerate(attribute.tensors):
        yield row(f"{name}.{index}", made, "attribute", folder, **more)
    for graph in [attribute.g] * attribute.HasField("g") + [*attribute.graphs]:
        yield from graph_rows(graph, folder)


def node_rows(nodes, folder):
    for node in nodes:
        for attribute in node.attribute:
            if node.op_type == "Constant":
                yield from constant_rows(node, attribute, folder)
            else:
                label = node.output[0] if node.output else node.name
                yield from attribute_rows(label, attribute, folder)


def graph_rows(graph, folder):
    for made in graph.initializer:
        yield row(made.name, made, "initializer", folder)
    for made in graph.sparse_initializer:
        yield from sparse_rows(made.values.name, made, "initializer", folder)
    yield from node_rows(graph.node, folder)


def model_rows(file):
    made = onnx.load(file, load_external_data=False)
    yield from graph_rows(made.graph, file.parent)
    for function in made.functions:
        for attribute in function.attribute_proto:
            yield from attribute_rows(function.name, attribute, file.parent)
        yield from node_rows(function.node, file.parent)
