#!/usr/bin/env python3
"""Compares `tsinspect activations` with Python's own hooks.

scripts/hook_models.py makes the models, and records what register_forward_hook
sees in the eager modules. For every model, and every way of saving it:

- not frozen: every value that Python's hooks saw is there under its name, in
  the same order, and the same bit for bit; nothing else is said to be the call
  of a submodule. Tracing hands on only what is used of a module's outputs, and
  numbers as what they were in the one run it saw: such values may be missing,
  and what is left of a tuple may be a tensor. They are counted.
- frozen: the model's output is among the values, within 1e-5. How many of those
  that Python's hooks saw still are is counted.
- with a hook that puts other values in place of a module's output or arguments
  (hook_edits.cpp): all of the above for what is not frozen.

Prints a row a model and way, then what differs. Exit status 77: skipped.
"""
import argparse
import collections
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

SCRIPTS = pathlib.Path(__file__).parents[2] / "scripts"
TOLERANCE = 1e-5
PROBLEMS_SHOWN = 4  # Of each run.


class Ours:
    """What tsinspect saw in one run."""

    def __init__(self, program, folder, line, way, values=None):
        command = [program, "activations", folder / line["files"][way],
                   "--method", line["method"], "--threads", "1", "--json",
                   "--inputs", "--sha256",
                   "--input", folder / line["inputs"]]
        for name, value in line["values"].items():
            command += ["--input", f"{name}={value!r}"]
        methods = {row["method"] for row in line["rows"]}
        if way == "script":
            for method in sorted(methods - {"forward", line["method"]}):
                command += ["--module", "*", "--module", f"*::{method}"]
        if values:
            command += ["-o", values, "--force"]
        done = subprocess.run(command, capture_output=True, text=True,
                              timeout=120)
        self.error = done.returncode != 0 and (
            f"exit status {done.returncode}: {done.stderr.strip()[-1000:]}")
        self.rows = [] if self.error else (
            json.loads(done.stdout)["activations"])


def is_input(row):
    return row["name"].rpartition("@")[2].startswith("in.")


def side(rows, inputs):
    return [row for row in rows if is_input(row) == inputs]


def call_of(row):
    return row["path"], row["method"], row["call"]


def is_tensor(row):
    return "dtype" in row


def unlike(want, got):
    """What differs between two rows of one name, as text."""
    if not is_tensor(want):
        text = str(want.get("value"))
        if want["type"] == "float":
            text = text.removesuffix("0")  # As C++ writes it: "2."
        if "value" in want and text.lower() != str(got.get("value")).lower():
            yield f"{got.get('value')}, in Python {text}"
        return
    for key in ("dtype", "shape", "sha256"):
        if want[key] != got.get(key):
            yield f"{key} {got.get(key)}, in Python {want[key]}"


class Comparison:
    """Of one run: counts, and problems as texts."""

    def __init__(self):
        self.hooked = self.equal = self.gone = 0
        self.problems = []

    def exact(self, want, got, unordered):
        """Every value is there under its name."""
        by_name = {row["name"]: row for row in got}
        for row in want:
            ours = by_name.get(row["name"])
            if ours is None:
                self.problems.append(f"{row['name']}: missing")
                continue
            problems = list(unlike(row, ours))
            self.count(row, not problems)
            self.problems += [f"{row['name']}: {p}" for p in problems]
        wanted = [row["name"] for row in want]
        known = set(wanted)
        order = [row["name"] for row in got if row["name"] in known]
        if order != wanted and not unordered and known == set(order):
            self.problems.append(f"order {order}, in Python {wanted}")
        calls = {call_of(row) for row in want}
        self.problems += [f"{row['name']}: not in Python" for row in got
                          if row["method"] == "forward"
                          and call_of(row) not in calls]

    def traced(self, want, got, unordered):
        """What a traced module returns, it returned in Python, in that order.
        """
        calls = collections.defaultdict(list)
        for row in want:
            if is_tensor(row):
                calls[call_of(row)].append(row)
        seen = []
        for row in got:
            rest = calls.get(call_of(row))
            if not is_tensor(row) or rest is None:
                continue
            seen.append(call_of(row))
            same = [w for w in rest if not list(unlike(w, row))]
            if not same:
                # Tracing hands over what the method uses: weights, too.
                if not is_input(row):
                    self.problems.append(
                        f"{row['name']}: no such value in Python")
                continue
            rest.remove(same[0])
            self.count(row, True)
        wanted = [c for c in dict.fromkeys(map(call_of, want)) if c in seen]
        if list(dict.fromkeys(seen)) != wanted and not unordered:
            self.problems.append(f"order {seen}, in Python {wanted}")
        self.gone += sum(len(rest) for rest in calls.values())
        self.hooked += sum(len(rest) for rest in calls.values())

    def count(self, row, is_equal):
        if is_tensor(row):
            self.hooked += 1
            self.equal += is_equal


def compare_whole(line, way, ours):
    """A file that is not frozen."""
    result = Comparison()
    if ours.error:
        result.problems.append(ours.error)
        return result
    for inputs in (False, True):
        want, got = side(line["rows"], inputs), side(ours.rows, inputs)
        if way == "trace" or line["edit"]:
            # Tracing knows no other methods, and hook_edits asks for none.
            want = [row for row in want if row["method"] == "forward"]
        if way == "trace":
            result.traced(want, got, line["unordered"])
        else:
            result.exact(want, got, line["unordered"])
    return result


def close(a, b):
    import torch
    wide = torch.complex128 if a.is_complex() else torch.float64
    return a.shape == b.shape and a.is_complex() == b.is_complex() and (
        torch.allclose(a.to(wide), b.to(wide), rtol=TOLERANCE, atol=TOLERANCE,
                       equal_nan=True))


def golden_tensor(archive, row):
    """A golden array as the numbers that it stands for."""
    import torch
    tensor = torch.from_numpy(archive[row["name"]])
    if row["dtype"] == "bfloat16":
        return tensor.view(torch.bfloat16)
    return tensor


def numbers(tensor):
    return tensor.dequantize() if tensor.is_quantized else tensor


def compare_frozen(line, ours, golden, values):
    """Looks for each of Python's values among those of a frozen graph."""
    result = Comparison()
    values = [numbers(value) for value in values]
    for want in side(line["rows"], False):
        if not is_tensor(want):
            continue
        reference = golden_tensor(golden, want)
        found = any(close(reference, value) for value in values)
        result.hooked += 1
        result.equal += found
        is_output = not want["path"] and want["method"] == line["method"]
        if not found and is_output:
            result.problems.append(f"{want['name']}: not within {TOLERANCE}")
    return result


def compare(program, folder, line, way):
    import numpy
    import torch
    if not way.endswith(".frozen"):
        return compare_whole(line, way, Ours(program, folder, line, way))
    path = folder / "ours.pt"
    ours = Ours(program, folder, line, way, path)
    if ours.error:
        result = Comparison()
        result.problems.append(ours.error)
        return result
    names = {row["name"] for row in side(ours.rows, False)}
    values = torch.load(path, weights_only=True)
    with numpy.load(folder / line["golden"]) as golden:
        return compare_frozen(line, ours, golden, [
            value for name, value in values.items() if name in names])


class Edited:
    """What our hooks saw behind one that puts other values in place."""

    def __init__(self, program, folder, line, way):
        edit, out = line["edit"], folder / "edited.npz"
        done = subprocess.run(
            [program, folder / line["files"][way], edit["path"], edit["side"],
             edit["change"], folder / line["inputs"], out],
            capture_output=True, text=True, timeout=120)
        self.error = done.returncode != 0 and done.stderr.strip()[-1000:]
        self.rows = [] if self.error else read_golden(out)


def read_golden(path):
    """The rows of a golden file, with the hashes of the tensors' values."""
    import numpy
    with numpy.load(path) as archive:
        rows = json.loads(archive["__meta__"].tobytes())["values"]
        for row in filter(is_tensor, rows):
            values = archive[row["name"]].tobytes()
            row["sha256"] = hashlib.sha256(values).hexdigest()
    return rows


def compare_all(programs, folder, lines):
    """Prints the table; the problems."""
    program, hook_edits = programs
    print(f"{'model':24} {'way':14} {'run':24} {'hooked':>6} {'equal':>6}"
          f" {'share':>7}")
    totals = collections.defaultdict(collections.Counter)
    for line in lines:
        for way in line["files"]:
            if line["edit"]:
                result = compare_whole(line, way, Edited(hook_edits, folder,
                                                         line, way))
            else:
                result = compare(program, folder, line, way)
            what = " ".join((line["edit"] or {"": line["method"]}).values())
            share = result.equal / max(result.hooked, 1)
            print(f"{line['case']:24} {way:14} {what:24}"
                  f" {result.hooked:6} {result.equal:6} {share:7.1%}")
            totals[way].update(runs=1, hooked=result.hooked,
                               equal=result.equal, gone=result.gone)
            for problem in result.problems[:PROBLEMS_SHOWN]:
                yield f"{line['case']}.{way}, {what}: {problem}"
    for way, total in totals.items():
        print(f"{way}: {total['runs']} runs, {total['hooked']} hooked, "
              f"{total['equal']} equal, {total['gone']} dropped by tracing")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tsinspect", required=True, type=pathlib.Path)
    parser.add_argument("--hook-edits", required=True, type=pathlib.Path)
    parser.add_argument("--models", type=pathlib.Path,
                        help="made already, by hook_models.py")
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    try:
        import numpy  # noqa: F401
        import torch  # noqa: F401
    except ImportError as error:
        print(f"skipped: {error}")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as made:
        folder = options.models or pathlib.Path(made)
        if not options.models:
            subprocess.run([sys.executable, "-B", SCRIPTS / "hook_models.py",
                            folder, *options.cases], check=True)
        lines = [json.loads(line) for line in open(folder / "index.jsonl")]
        lines = [line for line in lines if not options.cases
                 or line["case"] in options.cases]
        programs = options.tsinspect.resolve(), options.hook_edits.resolve()
        problems = list(compare_all(programs, folder, lines))
    for problem in problems:
        print(problem)
    if problems:
        sys.exit(f"{len(problems)} differences")


if __name__ == "__main__":
    main()
