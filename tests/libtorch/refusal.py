#!/usr/bin/env python3
"""Nothing is executed of a file that reaches outside of the process.

Makes archives whose code writes a file, with torch: in `forward`, in a method
that `forward` calls, in a submodule of a submodule, in a `__setstate__`, in one
of a nested submodule. Every command that executes must refuse each with exit
status 2 and the name of the call, in text and in JSON, and write nothing;
`preflight`, which executes nothing, must write nothing either. With --trust,
the file is there afterwards: the archives do what is feared of them.

The fixtures and the corpus's `unsafe` folder must be refused as well, where the
static check of `tsinspect ops` finds a call of that kind.

Exit status 77: skipped, as there is no torch.

    refusal.py --tsinspect PROGRAM [COMMAND...]
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import textwrap

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures"

SOURCE = """
import torch
from typing import Tuple

class InForward(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        torch.save(x, {path!r})
        return x

class InHelper(torch.nn.Module):
    def helper(self, x: torch.Tensor) -> torch.Tensor:
        torch.save(x, {path!r})
        return x

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.helper(x)

class InSetState(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.w = torch.ones(2)

    @torch.jit.export
    def __getstate__(self) -> Tuple[torch.Tensor, bool]:
        return self.w, self.training

    @torch.jit.export
    def __setstate__(self, state: Tuple[torch.Tensor, bool]) -> None:
        self.w = state[0]
        self.training = state[1]
        torch.save(state[0], {path!r})

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.w

class Nest(torch.nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x)
"""


def make_archives(folder, written):
    """Name: path, of archives that write the file `written` when executed."""
    import torch
    source = folder / "dangerous_models.py"
    source.write_text(textwrap.dedent(SOURCE).format(path=str(written)))
    sys.path.insert(0, str(folder))
    import dangerous_models as models
    made = {
        "forward": models.InForward(),
        "helper": models.InHelper(),
        "setstate": models.InSetState(),
        "nested_forward": models.Nest(models.Nest(models.InForward())),
        "nested_setstate": models.Nest(models.Nest(models.InSetState())),
    }
    archives = {}
    for name, module in made.items():
        archives[name] = folder / f"{name}.pt"
        torch.jit.script(module).save(str(archives[name]))
    frozen = torch.jit.freeze(torch.jit.script(made["nested_forward"].eval()))
    archives["frozen_forward"] = folder / "frozen_forward.pt"
    frozen.save(str(archives["frozen_forward"]))
    written.unlink(missing_ok=True)
    return archives


def arguments_of(command, path, folder):
    """The command line that executes a file, as far as it goes without it."""
    inputs = ["--input", "rand(2)"]
    return {
        "run": ["run", path, *inputs],
        "activations": ["activations", path, *inputs],
        "expose": ["expose", path, "-o", folder / "exposed.pt", *inputs],
        "compare": ["compare", path, path, *inputs],
        "verify": ["verify", path],
    }[command]


class Check:
    def __init__(self, program, folder, written):
        self.program, self.folder, self.written = program, folder, written
        self.problems = []

    def call(self, *arguments):
        return subprocess.run([self.program, *arguments], text=True,
                              capture_output=True, timeout=300)

    def expect(self, holds, what, done):
        if not holds:
            self.problems.append(
                f"{what}: status {done.returncode}\n{done.stdout[-500:]}"
                f"{done.stderr[-1000:]}")

    def nothing_written(self, what, done):
        self.expect(not self.written.exists(), f"{what} wrote a file", done)
        self.written.unlink(missing_ok=True)

    def is_refused(self, command, path, name):
        done = self.call(*arguments_of(command, path, self.folder))
        what = f"{command} {path.name}"
        self.nothing_written(what, done)
        self.expect(done.returncode == 2, f"{what} is not refused", done)
        self.expect(": refused: " in done.stderr and name in done.stderr,
                    f"{what} does not name {name}", done)
        done = self.call(*arguments_of(command, path, self.folder), "--json")
        self.nothing_written(f"{what} --json", done)
        error = json.loads(done.stdout.splitlines()[0])["error"] or {}
        self.expect(error.get("kind") == "refused" and
                    name in error["message"], f"{what} --json", done)

    def is_looked_at(self, path):
        done = self.call("preflight", path, "--json")
        self.nothing_written(f"preflight {path.name}", done)
        self.expect(done.returncode == 0 and
                    json.loads(done.stdout)["would_load"],
                    f"preflight {path.name}", done)

    def does_it_when_trusted(self, path):
        done = self.call(*arguments_of("run", path, self.folder), "--trust")
        self.expect(done.returncode == 0 and self.written.exists(),
                    f"run --trust {path.name} wrote nothing", done)
        self.written.unlink(missing_ok=True)

    def outside_calls(self, path):
        done = self.call("ops", path, "--json")
        try:
            return json.loads(done.stdout).get("outside_calls", [])
        except json.JSONDecodeError:
            return []


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tsinspect", required=True, type=pathlib.Path)
    parser.add_argument("commands", nargs="*", default=["run"])
    args = parser.parse_args()
    try:
        import torch  # noqa: F401
    except ImportError:
        print("skipped: no torch")
        return 77
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        written = folder / "written"
        check = Check(args.tsinspect.resolve(), folder, written)
        archives = make_archives(folder, written)
        for path in archives.values():
            for command in args.commands:
                check.is_refused(command, path, "aten::save")
            check.is_looked_at(path)
            check.does_it_when_trusted(path)
        others = list(FIXTURES.glob("outside*.pt"))
        if corpus := os.environ.get("TSINSPECT_CORPUS"):
            others += [path for path in pathlib.Path(corpus).glob("unsafe/**/*")
                       if path.is_file()]
        refused = 0
        for path in others:
            calls = check.outside_calls(path)
            if not calls:
                continue
            refused += 1
            for command in args.commands:
                first = next((c for c in calls if c["at_load"]), calls[0])
                check.is_refused(command, path, first["name"])
    print(f"{len(archives)} archives made, {refused} of {len(others)} other "
          f"files refused, by {', '.join(args.commands)}")
    print("\n".join(check.problems))
    return bool(check.problems) or refused == 0


if __name__ == "__main__":
    sys.exit(main())
