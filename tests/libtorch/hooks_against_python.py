#!/usr/bin/env python3
"""Compares `tsinspect activations` with Python's own hooks.

scripts/hook_models.py makes the models, and records what register_forward_hook
sees in the eager modules. For every model, and every way of saving it:

- not frozen: every value that Python's hooks saw is there under its name, in
  the same order, and the same bit for bit; nothing else is said to be the call
  of a submodule. Tracing hands on only what is used of a module's outputs, and
  numbers as what they were in the one run it saw: such values may be missing,
  and what is left of a tuple may be a tensor. They are counted.
- frozen: the model's output, and every value of a module that still exists, is
  within 1e-5. How many do is counted, and may not become fewer: see SURVIVORS.

Prints a row a model and way, then what differs. Exit status 77: skipped.
"""
import argparse
import collections
import json
import pathlib
import subprocess
import sys
import tempfile

SCRIPTS = pathlib.Path(__file__).parents[2] / "scripts"
TOLERANCE = 1e-5


class Ours:
    """What tsinspect saw in one run."""

    def __init__(self, program, folder, line, way, arrays=None):
        command = [program, "activations", folder / line["files"][way],
                   "--method", line["method"], "--threads", "1", "--json",
                   "--inputs", "--sha256",
                   "--input", folder / line["inputs"]]
        for name, value in line["values"].items():
            command += ["--input", f"{name}={value!r}"]
        if arrays:
            command += ["-o", arrays, "--force"]
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


def unlike(want, got):
    """What differs between two rows of one name, as text."""
    if want["type"] != "Tensor":
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
            if row["type"] == "Tensor":
                calls[call_of(row)].append(row)
        seen = []
        for row in got:
            rest = calls.get(call_of(row))
            if row["type"] != "Tensor" or rest is None:
                continue
            seen.append(call_of(row))
            same = [w for w in rest if not list(unlike(w, row))]
            if not same:
                self.problems.append(f"{row['name']}: no such value in Python")
                continue
            rest.remove(same[0])
            self.count(row, True)
        wanted = [c for c in dict.fromkeys(map(call_of, want)) if c in seen]
        if list(dict.fromkeys(seen)) != wanted and not unordered:
            self.problems.append(f"order {seen}, in Python {wanted}")
        self.gone += sum(len(rest) for rest in calls.values())
        self.hooked += sum(len(rest) for rest in calls.values())

    def count(self, row, is_equal):
        if row["type"] == "Tensor":
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
        if way == "trace":
            # Tracing knows no methods but those of the modules it called.
            result.traced([w for w in want if w["method"] == "forward"], got,
                          line["unordered"])
        else:
            result.exact(want, got, line["unordered"])
    return result


def close(a, b):
    import numpy
    a, b = (numpy.asarray(x, dtype=numpy.complex128) for x in (a, b))
    return numpy.allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE,
                          equal_nan=True)


def numbers(archive, row):
    """A golden array, or one of ours, as numbers that can be compared."""
    import numpy
    array = archive[row["name"]]
    if row["dtype"] == "bfloat16":
        array = (array.astype(numpy.uint32) << 16).view(numpy.float32)
    return array


def compare_frozen(line, ours, golden, arrays):
    """Looks for each of Python's values among those of a frozen graph."""
    result = Comparison()
    if ours.error:
        result.problems.append(ours.error)
        return result
    by_shape = collections.defaultdict(list)
    for row in ours.rows:
        if row["type"] == "Tensor" and row["name"] in arrays:
            by_shape[tuple(row["shape"])].append(row)
    for want in side(line["rows"], False):
        if want["type"] != "Tensor":
            continue
        reference = numbers(golden, want)
        found = any(close(reference, numbers(arrays, row))
                    for row in by_shape[tuple(want["shape"])])
        result.hooked += 1
        result.equal += found
        if not found and not want["path"]:
            result.problems.append(f"{want['name']}: not within {TOLERANCE}")
    return result


def compare(program, folder, line, way):
    import numpy
    if not way.endswith(".frozen"):
        return compare_whole(line, way, Ours(program, folder, line, way))
    arrays = folder / "ours.npz"
    ours = Ours(program, folder, line, way, arrays)
    if ours.error:
        return compare_frozen(line, ours, None, None)
    with numpy.load(folder / line["golden"]) as golden, \
            numpy.load(arrays) as own:
        return compare_frozen(line, ours, golden, own)


def compare_all(program, folder, lines):
    """Prints the table; the problems."""
    print(f"{'model':24} {'way':14} {'method':8} {'hooked':>6} {'equal':>6}"
          f" {'share':>7}")
    totals = collections.defaultdict(collections.Counter)
    for line in lines:
        for way in line["files"]:
            result = compare(program, folder, line, way)
            share = result.equal / max(result.hooked, 1)
            print(f"{line['case']:24} {way:14} {line['method']:8}"
                  f" {result.hooked:6} {result.equal:6} {share:7.1%}")
            totals[way].update(runs=1, hooked=result.hooked,
                               equal=result.equal, gone=result.gone)
            for problem in result.problems:
                yield f"{line['case']}.{way}, {line['method']}: {problem}"
    for way, total in totals.items():
        print(f"{way}: {total['runs']} runs, {total['hooked']} hooked, "
              f"{total['equal']} equal, {total['gone']} dropped by tracing")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tsinspect", required=True, type=pathlib.Path)
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
        lines = [line for line in lines if not line["edit"] and (
            not options.cases or line["case"] in options.cases)]
        problems = list(compare_all(options.tsinspect.resolve(), folder,
                                    lines))
    for problem in problems[:200]:
        print(problem)
    if problems:
        sys.exit(f"{len(problems)} differences")


if __name__ == "__main__":
    main()
