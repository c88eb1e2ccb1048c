#!/usr/bin/env python3
"""`--timeout` ends a run that does not end, with an error and whole JSON.

Exit status 77: skipped, as there is no torch.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

ENDLESS = """
def forward(self, x):
    while bool(x.sum() > 0):
        x = x + 1
    return x
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tsinspect", required=True, type=pathlib.Path)
    args = parser.parse_args()
    try:
        import torch
    except ImportError:
        print("skipped: no torch")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/endless.pt"
        module = torch.jit.ScriptModule()
        module.define(ENDLESS)
        module.save(path)

        def run(x, timeout):
            start = time.monotonic()
            done = subprocess.run(
                [args.tsinspect, "run", path, "--input", x, "--json",
                 "--timeout", timeout],
                capture_output=True, text=True, timeout=200)
            return done, time.monotonic() - start

        done, seconds = run("ones(2)", "2")
        assert done.returncode == 2, done
        assert done.stderr == (f"tsinspect: {path}: limit exceeded: not done "
                               "after 2 s (--timeout)\n"), done
        line = json.loads(done.stdout)
        assert line["file"] == path and line["form"] == "torchscript", done
        assert line["error"]["kind"] == "limit exceeded", done
        assert seconds >= 2, seconds
        done, _ = run("-1.0", "150")  # What ends in time is not disturbed.
        assert done.returncode == 0 and not done.stderr, done
    print(f"ended after {seconds:.1f} s")


if __name__ == "__main__":
    sys.exit(main())
