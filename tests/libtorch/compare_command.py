#!/usr/bin/env python3
"""Tests `tsinspect compare` on the models of scripts/hook_models.py.

- Every model, however it was saved, is the same as what Python's hooks recorded
  in the eager module, and as its own frozen form.
- A copy with one weight changed diverges there, and nowhere before: scripted
  against scripted, against the golden file, against frozen.

Exit status 77: skipped, without torch.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

SCRIPTS = pathlib.Path(__file__).parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))

# Case: the parameter that is changed, the module that is first to differ, and
# the one that is told of where the changed one is frozen.
CHANGES = {
    "residual": ("layer1.conv2.weight", "layer1.conv2", "layer1.bn2"),
    "mlp": ("layers.1.bias", "layers.1", "layers.1"),
    "attention": ("v_proj.weight", "v_proj", "v_proj"),
    "unet": ("down2.0.bias", "down2.0", "down2.0"),
    "shared": ("tower.2.weight", "tower.2", "tower.2"),
}


class Test:
    def __init__(self, program, folder):
        self.program, self.folder = program.resolve(), folder
        self.problems = []

    def run(self, line, *arguments):
        """The exit status, and the JSON object or what stderr says."""
        command = [self.program, "compare", *arguments, "--json",
                   "--threads", "1", "--method", line["method"],
                   "--input", line["inputs"]]
        for name, value in line["values"].items():
            command += ["--input", f"{name}={value!r}"]
        done = subprocess.run(command, cwd=self.folder, capture_output=True,
                              text=True, timeout=120)
        answer = json.loads(done.stdout) if done.stdout else {}
        answer["stderr"] = done.stderr
        return done.returncode, answer

    def check(self, what, ok, *why):
        if not ok:
            self.problems.append(f"{what}: {' '.join(map(str, why))}")

    def same(self, what, line, *arguments, exact=False):
        status, answer = self.run(line, *arguments)
        values = answer.get("values", [])
        self.check(what, status == 0 and answer.get("same"), status,
                   answer.get("first"), answer["stderr"][-500:])
        if exact:
            odd = [v["name"] for v in values if v["verdict"] != "equal"]
            self.check(what, values and not odd, "not equal:", odd[:5])
        return answer

    def diverges(self, what, at, line, *arguments):
        status, answer = self.run(line, *arguments)
        self.check(what, status == 1, "exit status", status,
                   answer["stderr"][-500:])
        self.check(what, answer.get("first") == at, "diverges at",
                   answer.get("first"), "instead of", at)

    def model(self, line):
        """A model against what Python recorded, and against its other forms."""
        case, files, golden = line["case"], line["files"], line["golden"]
        if line["train"]:
            return  # Each run changes it.
        for way, file in files.items():
            # What quantised values are stored by is not their bits.
            exact = way == "script" and case != "static_conv"
            self.same(f"{file} {golden}", line, file, "--golden", golden,
                      exact=exact)
        if "script.frozen" in files:
            self.same(f"{case} frozen", line, files["script"],
                      files["script.frozen"])

    def changed(self, line):
        import hook_models
        import hook_modules
        import torch
        case = line["case"]
        parameter, first, left = CHANGES[case]
        model = hook_models.made(case, hook_modules.CASES[case])
        with torch.no_grad():
            model.get_parameter(parameter).add_(0.25)
        script = torch.jit.script(model)
        torch.jit.save(script, str(self.folder / "changed.pt"))
        torch.jit.save(torch.jit.freeze(script),
                       str(self.folder / "changed.frozen.pt"))
        original = line["files"]["script"]
        self.diverges(f"{case} changed", first, line, original, "changed.pt")
        self.diverges(f"{case} changed, golden", first, line, "changed.pt",
                      "--golden", line["golden"])
        self.diverges(f"{case} changed, frozen", left, line, original,
                      "changed.frozen.pt")
        status, answer = self.run(line, original, "changed.pt",
                                  "--atol", "1e9")
        self.check(f"{case} tolerance", status == 0, status)

    def saved(self, line):
        """A golden file of ours is what Python's is."""
        file = line["files"]["script"]
        for suffix in (".npz", ".safetensors"):
            ours = f"saved{suffix}"
            status, answer = self.run(line, file, "--save-golden", ours,
                                      "--force")
            self.check(f"{file} --save-golden", status == 0, answer)
            self.same(f"{file} {ours}", line, file, "--golden", ours,
                      exact=line["case"] != "static_conv")

    def failures(self, line):
        file = line["files"]["script"]
        for what, arguments in {
                "no B": [file], "both": [file, file, "--golden", "x.npz"],
                "no golden file": [file, "--golden", "none.npz"],
                "not a golden file": [file, "--golden", line["inputs"]],
                "nothing picked": [file, file, "--filter", "none"],
                "no number": [file, file, "--atol", "conv=x"],
                "no such module": [file, file, "--module", "none*"],
                "exists": [file, "--save-golden", line["golden"]],
        }.items():
            status, answer = self.run(line, *arguments)
            self.check(what, status == 2, "exit status", status, answer)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tsinspect", required=True, type=pathlib.Path)
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    try:
        import numpy  # noqa: F401
        import torch  # noqa: F401
    except ImportError as error:
        print(f"skipped: {error}")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-B", SCRIPTS / "hook_models.py",
                        folder, *options.cases], check=True)
        folder = pathlib.Path(folder)
        lines = [json.loads(line) for line in open(folder / "index.jsonl")]
        test = Test(options.tsinspect, folder)
        for line in lines:
            if line["edit"]:
                continue
            test.model(line)
            if line["method"] == "forward" and line["case"] in CHANGES:
                test.changed(line)
            if line["case"] in ("mixed_types", "structures", "static_conv"):
                test.saved(line)
        test.failures(lines[0])
    for problem in test.problems:
        print(problem)
    if test.problems:
        sys.exit(f"{len(test.problems)} problems")


if __name__ == "__main__":
    main()
