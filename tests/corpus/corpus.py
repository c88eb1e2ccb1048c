#!/usr/bin/env python3
"""Compares what tsinspect reads in real model files with what the reference
readers found there.

TSINSPECT_CORPUS names a folder with the files and expected.jsonl: an object a
file with `form`, `error` (why the reference reader refused), `tensors`, and
for TorchScript `modules`, `methods`, `schemas`. Of one form, or of all where
none is named, every file must have

- the same tensors: name, dtype, shape, role, SHA-256 of the values, and order.
  Optional ones may be absent or bear another name, but what is shown must be
  the content of one of them;
- the same modules with their types, the same methods, the same schemas of the
  root's methods;
- an error where the reference reader refuses the file itself, and none where
  it reads it. Forms that tsinspect does not read are "unsupported".

Prints a row of counts a form, then the differences, the first 200. Exit
status 77: skipped.
"""
import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys

# File: why it differs from what the reference reader found.
EXPLAINED = {
    # pickletools lists the opcodes of these; unpickling them fails as ours does.
    "unsafe/picklescan/data2/keyerror-exploit.pkl":
        "gets a memo entry that was never put",
    "unsafe/picklescan/data2/type-confusion-exploit.pkl":
        "STACK_GLOBAL with an integer for a name",
    # Its STACK_GLOBAL takes a name that an earlier import would have made.
    "unsafe/picklescan/data/sys_module_override_sploit.pkl":
        "the name of a global is known only once the pickle has run",
}

UNSUPPORTED = {"flatbuffer", "pt2", "tf-checkpoint", "tf-frozen-pb",
               "tf-saved-model"}

# Readers that judge the file, rather than lack a class it names.
REFUSALS_COUNT = {"safetensors", "numpy", "onnx", "torch-save-zip",
                  "torch-save-legacy"}

# Stands in expected.jsonl for values that the reference reader did not give.
UNREAD = "0" * 64

COUNTS = ("files", "equal", "tensors", "tensors equal", "optional equal")


class Inspector:
    """Runs tsinspect over many files at once."""

    def __init__(self, program, corpus):
        self.program, self.corpus = program.resolve(), corpus

    def __call__(self, *arguments, files):
        """{file: its JSON object}; ends the test where the status is wrong."""
        if not files:
            return {}
        done = subprocess.run([self.program, *arguments, "--json", *files],
                              cwd=self.corpus, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=550)
        if done.returncode not in (0, 2):
            sys.exit(f"tsinspect {' '.join(arguments)}: exit status "
                     f"{done.returncode}\n{done.stderr[-5000:]}")
        objects = {}
        for line in done.stdout.splitlines():
            answer = json.loads(line)
            objects[answer["file"]] = answer
        failed = any(answer.get("error") for answer in objects.values())
        if failed != (done.returncode == 2):
            sys.exit(f"tsinspect {' '.join(arguments)}: exit status "
                     f"{done.returncode} contradicts the errors it states")
        return objects


def unlike(want, got):
    """What of one tensor differs, as text."""
    for key in ("dtype", "shape", "role", "sha256"):
        if key == "role" and (want.get("optional") or want[key] is None):
            continue
        if want[key] != got.get(key) and want[key] != UNREAD:
            yield f"{key} {got.get(key)}, expected {want[key]}"
    grads = want.get("requires_grad"), got.get("requires_grad")
    if None not in grads and grads[0] != grads[1] and not want.get("optional"):
        yield f"requires_grad {grads[1]}, expected {grads[0]}"


def content(tensor):
    return tensor["dtype"], tuple(tensor["shape"]), tensor.get("sha256")


def compare_tensors(expected, got, counts):
    core = [t for t in expected if not t.get("optional")]
    rest = collections.defaultdict(list)
    for tensor in got:
        rest[tensor["name"]].append(tensor)
    for want in core:
        counts["tensors"] += 1
        candidates = rest[want["name"]]
        if not candidates:
            yield f"{want['name']!r}: missing"
            continue
        best = min(candidates, key=lambda t: len(list(unlike(want, t))))
        candidates.remove(best)
        problems = list(unlike(want, best))
        counts["tensors equal"] += not problems
        yield from (f"{want['name']!r}: {problem}" for problem in problems)
    optional = collections.Counter(content(t) for t in expected
                                   if t.get("optional"))
    for tensor in [t for same_name in rest.values() for t in same_name]:
        if optional[content(tensor)] > 0:
            optional[content(tensor)] -= 1
            counts["optional equal"] += 1
        else:
            yield f"{tensor['name']!r}: not expected ({content(tensor)})"
    yield from compare_order([t["name"] for t in core],
                             [t["name"] for t in got])


def compare_order(expected, got):
    """The first place where the names stand in another order."""
    left = collections.Counter(expected)
    known = []
    for name in got:
        if left[name] > 0:
            left[name] -= 1
            known.append(name)
    if len(known) == len(expected):  # Missing ones are told already.
        for want, name in zip(expected, known):
            if want != name:
                yield f"order: {name!r} where {want!r} is expected"
                return


def compare_sets(what, expected, got):
    expected, got = set(expected), set(got)
    for item in sorted(expected - got):
        yield f"{what} {item}: missing"
    for item in sorted(got - expected):
        yield f"{what} {item}: not expected"


def dotted(method):
    return ".".join(filter(None, (method["module"], method["name"])))


def compare_program(expected, modules, info):
    """Modules with their types, methods, and schemas of the root's."""
    yield from compare_sets("module", map(tuple, expected["modules"]),
                            [(m["path"], m["type"])
                             for m in modules.get("modules", [])])
    methods = info.get("methods", [])
    yield from compare_sets("method", expected["methods"],
                            [dotted(m) for m in methods])
    yield from compare_sets("schema", expected["schemas"].values(),
                            [m["schema"] for m in methods if not m["module"]])


def compare_errors(expected, got):
    error = got.get("error")
    if expected["form"] in UNSUPPORTED:
        if not error or error["kind"] != "unsupported":
            yield f"error {error}, expected kind 'unsupported'"
    elif expected["form"] == "other":
        pass  # Of no form; what is shown must be right, but nothing must be.
    elif error and not expected["error"]:
        yield f"{error['kind']}: {error['message']}"
    elif (expected["error"] and not error and not expected.get("tensors") and
          expected["form"] in REFUSALS_COUNT):
        yield f"read, but the reference reader says: {expected['error']}"


def compare_file(expected, tensors, modules, info, counts):
    if tensors is None:
        yield "tsinspect says nothing of it"
        return
    yield from compare_errors(expected, tensors)
    if expected["form"] in UNSUPPORTED:
        return
    if tensors.get("form", expected["form"]) != expected["form"] and (
            "tensors" in expected and expected["form"] != "other"):
        yield f"form {tensors['form']}, expected {expected['form']}"
    if "tensors" in expected and not (
            expected["form"] == "other" and tensors.get("error")):
        yield from compare_tensors(expected["tensors"],
                                   tensors.get("tensors", []), counts)
    if "schemas" in expected:
        yield from compare_program(expected, modules or {}, info or {})


def compare_form(form, rows, inspect):
    """Counts, and [(file, difference)], of one form."""
    files = [row["file"] for row in rows]
    scripted = [row["file"] for row in rows if "schemas" in row]
    tensors = inspect("tensors", "--sha256", files=files)
    modules = inspect("modules", files=scripted)
    info = inspect("info", files=scripted)
    counts, differences = collections.Counter(files=len(rows)), []
    for row in rows:
        file = row["file"]
        found = list(compare_file(row, tensors.get(file), modules.get(file),
                                  info.get(file), counts))
        counts["equal"] += not found
        if file not in EXPLAINED:
            differences += [(file, text) for text in found]
        elif not found:
            differences.append((file, "explained, but there is no difference"))
    print(f"{form:20}" + "".join(f"{counts[name]:>16}" for name in COUNTS))
    return differences


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tsinspect", required=True, type=pathlib.Path)
    parser.add_argument("--form")
    args = parser.parse_args()
    corpus = os.environ.get("TSINSPECT_CORPUS")
    if not corpus:
        print("skipped: TSINSPECT_CORPUS is not set")
        return 77
    corpus = pathlib.Path(corpus)
    forms = collections.defaultdict(list)
    with (corpus / "expected.jsonl").open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            forms[row["form"]].append(row)
    inspect = Inspector(args.tsinspect, corpus)
    print(f"{'':20}" + "".join(f"{name:>16}" for name in COUNTS))
    differences = []
    for form in [args.form] if args.form else sorted(forms):
        differences += compare_form(form, forms[form], inspect)
    for file, text in differences[:200]:
        print(f"{file}: {text}")
    return len(differences) > 0


if __name__ == "__main__":
    sys.exit(main())
