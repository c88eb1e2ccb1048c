#!/usr/bin/env python3
"""Tests `tsinspect expose` on ONNX models, run by onnxruntime.

The models are the fixtures, those made here with values in every place that a
graph can hold them, and the corpus where TSINSPECT_CORPUS says it is. The
outputs a model had must stay as they were, bit for bit; new ones must be what
onnxruntime gives where onnx.helper adds the output, and, in graphs within
graphs, what onnx.reference computes.

Exit status 77: skipped, without onnx or onnxruntime.
"""
import argparse
import pathlib
import tempfile

from runtimes import Count, HERE, corpus, expose, same, skip

try:
    import numpy
    import onnx
    import onnx.parser
    import onnx.reference
    import onnxruntime
except ImportError as error:
    skip(error)

FIXTURES = HERE.parent / "fixtures" / "onnx"
HEAD = '<ir_version: 9, opset_import: ["" : 18, "local" : 1]>\n'

# Each with the values that are to be exposed, and what is to be left out.
NESTED = {
    "loop": ("""g (float[2] x) => (float[2] y, float[3, 2] all) {
        n = Constant<value_int=3>()
        t = Constant<value = bool {1}>()
        y, all = Loop(n, t, x) <body = b (int64 i, bool c, float[2] h)
            => (bool c2, float[2] h2, float[2] s) {
          c2 = Identity(c)  d = Add(h, h)  h2 = Relu(d)  e = Neg(h2)
          s = Abs(e) }>
      }""", {"n", "t", "y/body/d", "y/body/e"}, set()),
    "growing": ("""g (float[2] x) => (float[N] y) {
        n = Constant<value_int=3>()
        t = Constant<value = bool {1}>()
        y = Loop(n, t, x) <body = b (int64 i, bool c, float[N] h)
            => (bool c2, float[M] h2) {
          c2 = Identity(c)  d = Neg(h)  h2 = Concat<axis=0>(d, h) }>
      }""", {"n", "t"}, {"y/body/d"}),
    "scan": ("""g (float[2] x, float[3, 2] xs) => (float[2] y, float[3, 2] z) {
        y, z = Scan<num_scan_inputs=1, scan_output_axes=[0],
                    body = b (float[2] h, float[2] v)
            => (float[2] h2, float[2] s) {
          a = Add(h, v)  h2 = Tanh(a)  s = Neg(h2) }>(x, xs)
      }""", {"y/body/a"}, set()),
    "if": ("""g (float[2] x) => (float[2] y) {
        s = ReduceSum<keepdims=0>(x)
        zero = Constant<value_float=0.0>()
        c = Greater(s, zero)
        y = If(c) <then_branch = t () => (float[2] p) {
                     a = Neg(x)  p = Exp(a) },
                   else_branch = e () => (float[2] q) {
                     b = Abs(x)  c2 = Cast<to=7>(b)
                     d = Cast<to=1>(c2) q = Sqrt(d) }>
      }""", {"s", "zero", "c", "y/then_branch/a", "y/else_branch/b",
             "y/else_branch/c2", "y/else_branch/d"}, set()),
    "function": ("""g (float[2] x) => (float[2] y) {
        a = local.twice(x)
        y = local.twice(a)
      }
      <domain: "local", opset_import: ["" : 18]>
      half (v) => (w) { n = Neg(v)  w = Exp(n) }
      <domain: "local", opset_import: ["" : 18, "local" : 1]>
      twice (v) => (w) { k = local.half(v)  w = Add(k, k) }""",
                 {"a", "a/k", "y/k", "a/k/n", "y/k/n"}, set()),
}

TYPES = {"tensor(float)": "float32", "tensor(double)": "float64",
         "tensor(float16)": "float16", "tensor(bool)": "bool",
         "tensor(string)": "object"}
TYPES |= {f"tensor({name})": name for name in
          ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
           "uint64"]}


def session(path):
    """Without rewriting the graph: what is fused gives other bits."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = (
        onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL)
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"])


def random_input(info, numbers):
    dtype = numpy.dtype(TYPES[info.type])
    shape = [n if isinstance(n, int) and n > 0 else 2 for n in info.shape]
    if dtype == object:
        return numpy.full(shape, "a b", dtype=object)
    if dtype.kind in "iub":
        return numbers.integers(0, 2, shape).astype(dtype)
    return numbers.standard_normal(shape).astype(dtype)


def run_original(path):
    """A session, its inputs and outputs; None where it does not run."""
    try:
        original = session(path)
        numbers = numpy.random.default_rng(0)
        inputs = {info.name: random_input(info, numbers)
                  for info in original.get_inputs()}
        return original, inputs, original.run(None, inputs)
    except Exception as error:  # onnxruntime's have no common base.
        return None


def run_with_outputs(path, names, inputs):
    """As onnx.helper makes outputs of values in the main graph."""
    if not names:
        return {}
    model = onnx.load(path, load_external_data=False)
    del model.graph.output[:]
    model.graph.output.extend(
        onnx.helper.make_empty_tensor_value_info(name) for name in names)
    folder = pathlib.Path(path).parent
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        onnx.save(model, file.name)
        for tensor in model.graph.initializer:
            if tensor.data_location == onnx.TensorProto.EXTERNAL:
                return {}
        return dict(zip(names, session(file.name).run(None, inputs)))


def shape_fits(row, value):
    if row["shape"] is None or not hasattr(value, "shape"):
        return True
    return len(row["shape"]) == value.ndim and all(
        n == m for n, m in zip(row["shape"], value.shape) if isinstance(n, int))


def compare(program, path, folder, count):
    """Exposes, runs, compares; what the values are, by name."""
    label = path.name
    before = run_original(path)
    if before is None:
        return count.add("models that onnxruntime does not run")
    original, inputs, outputs = before
    out = folder / "exposed.onnx"
    result, error = expose(program, path, out, "--force")
    if error:
        return count.problems.append(f"{label}: {error}")
    exposed = session(out)
    values = dict(zip([o.name for o in exposed.get_outputs()],
                      exposed.run(None, inputs)))
    count.add("models")
    for info, value in zip(original.get_outputs(), outputs):
        count.check(same(values[info.name], value), "outputs as before",
                    f"{label}: {info.name} changed")
    rows = {row["name"]: row for row in result["exposed"]}
    count.check(list(values) == [o.name for o in original.get_outputs()] +
                list(rows), "models with the outputs that were told",
                f"{label}: has {list(values)}")
    for name, row in rows.items():
        count.check(shape_fits(row, values[name]), "shapes that fit",
                    f"{label}: {name} is not {row}")
    model = onnx.load(path, load_external_data=False)
    names = {n for node in model.graph.node for n in node.output}
    for name, value in run_with_outputs(path, [n for n in rows if n in names],
                                        inputs).items():
        count.check(same(values[name], value), "values as onnx.helper's",
                    f"{label}: {name} is another value")
    for name in rows.keys() - names:
        count.add("values of graphs within graphs")
    return result, inputs, values


def compare_with_reference(label, path, inputs, values, count):
    """The same file, run by onnx's own reference."""
    reference = onnx.reference.ReferenceEvaluator(onnx.load(path))
    for name, value in zip(reference.output_names,
                           reference.run(None, inputs)):
        right = (value.shape == values[name].shape and
                 numpy.allclose(value, values[name], atol=1e-6))
        count.check(right, "values as onnx.reference's",
                    f"{label}: {name}: {value} or {values[name]}")


def compare_nested(program, folder, count):
    for label, (text, wanted, left_out) in NESTED.items():
        model = onnx.parser.parse_model(HEAD + text)
        path = folder / f"{label}.onnx"
        onnx.save(model, path)
        done = compare(program, path, folder, count)
        if done is None:
            count.problems.append(f"{label}: was not compared")
            continue
        result, inputs, values = done
        names = {row["name"] for row in result["exposed"]}
        count.check(names == wanted, "nested models with what was wanted",
                    f"{label}: exposes {sorted(names)}")
        missing = {row["name"] for row in result["left_out"]}
        count.check(missing == left_out, "nested models without what cannot be",
                    f"{label}: leaves out {sorted(missing)}")
        compare_with_reference(label, folder / "exposed.onnx", inputs, values,
                               count)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tsinspect", required=True)
    program = parser.parse_args().tsinspect
    count = Count()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        compare_nested(program, folder, count)
        for path in sorted(FIXTURES.glob("*.onnx")) + corpus("*.onnx"):
            compare(program, path, folder, count)
            for companion in folder.iterdir():
                if companion.is_file():
                    companion.unlink()
    count.finish()


if __name__ == "__main__":
    main()
