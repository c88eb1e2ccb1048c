#!/usr/bin/env python3
"""Tests `tsinspect expose` on models of scripts/hook_models.py.

What it wrote is loaded by torch alone, and must return what the model did and,
bit for bit, in order and by name, what Python's hooks saw in the eager module.

Exit status 77: skipped, without torch.
"""
import argparse
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

SCRIPTS = pathlib.Path(__file__).parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))

CASES = ["residual", "mobilenet", "attention", "unet", "lstm", "shared",
         "structures", "exported", "codec", "mlp", "convolutions"]


def sha256(tensor):
    return hashlib.sha256(
        tensor.detach().contiguous().numpy().tobytes()).hexdigest()


def expose(program, folder, line, file, out):
    command = [program.resolve(), "expose", file, "-o", out, "--force",
               "--threads", "1", "--method", line["method"],
               "--input", line["inputs"]]
    for name, value in line["values"].items():
        command += ["--input", f"{name}={value!r}"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True,
                          timeout=120)


def inputs_of(torch, folder, line, method):
    import numpy
    arrays = dict(numpy.load(folder / line["inputs"]))
    given = {name: torch.from_numpy(array) for name, array in arrays.items()}
    return given | line["values"]


def compare(torch, folder, line, out):
    """What the written file returns against what Python's hooks recorded: how
    many values were compared, and what is wrong with them."""
    module = torch.jit.load(folder / out)
    method = getattr(module, line["method"])
    with torch.no_grad():
        _, names, values = method(**inputs_of(torch, folder, line, method))
    got = dict(zip(names, map(sha256, values)))
    wanted = {row["name"]: row["sha256"] for row in line["rows"]
              if row.get("sha256") and "@in." not in row["name"]}
    if line["method"] != "forward":
        wanted = {n: h for n, h in wanted.items() if "::" not in n}
        got = {n: h for n, h in got.items() if "::" not in n}
    problems = [f"{name} is not in it" for name in wanted
                if name not in got and "::" not in name]
    problems += [f"{name} has another value" for name, digest in wanted.items()
                 if got.get(name, digest) != digest]
    if [n for n in got if n in wanted] != [n for n in wanted if n in got]:
        problems.append("the order is another")
    return sum(name in got for name in wanted), problems


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tsinspect", required=True, type=pathlib.Path)
    args = parser.parse_args()
    try:
        import torch
        import hook_models
    except ImportError as error:
        print(f"skipped: {error}")
        return 77
    torch.set_num_threads(1)
    problems, values = [], 0
    with tempfile.TemporaryDirectory() as work:
        folder = pathlib.Path(work)
        subprocess.run([sys.executable, SCRIPTS / "hook_models.py", folder,
                        *CASES], check=True, capture_output=True)
        for line in map(json.loads, open(folder / "index.jsonl")):
            if line["edit"] or "script" not in line["files"]:
                continue
            file = line["files"]["script"]
            done = expose(args.tsinspect, folder, line, file, "out.pt")
            if done.returncode:
                problems.append(f"{file}: {done.stderr.strip()}")
                continue
            count, found = compare(torch, folder, line, "out.pt")
            problems += [f"{file} {line['method']}: {p}" for p in found]
            values += count
    print(f"{values} values, {len(problems)} problems")
    print("\n".join(problems))
    return bool(problems) or values == 0


if __name__ == "__main__":
    sys.exit(main())
