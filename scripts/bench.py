#!/usr/bin/env python3
"""Measures whole processes of tsinspect beside what they are held against.

Makes its data (about 2.5 GiB) once, in --data: a state_dict of 1 GiB in 16
tensors, and one of 100,000 small tensors, as torch.save and safetensors files.
Each round runs every contender once, so that a slow moment hits all of them:

- tsinspect params FILE;
- an empty C process, and the least work that listing a torch.save file needs
  (tests/bench/floor.cpp), as processes;
- torch.load(mmap=True) and safetensors' safe_open, timed inside an interpreter
  that has imported them and has run them once.

Files are in the page cache. Peak memory is the process's own.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

SEED = 20240601
FILES = ("big.pt", "many.pt", "big.safetensors", "many.safetensors")


# The data: a function of the seed alone.

def big():
    import torch
    generator = torch.Generator().manual_seed(SEED)
    return {f"model.layers.{i}.mlp.weight":
            torch.randn(4096, 4096, generator=generator) for i in range(16)}


def names():
    """Dotted names as large models have them, without end."""
    leaves = [f"{part}.{kind}"
              for part in ("self_attn.q_proj", "self_attn.k_proj",
                           "self_attn.v_proj", "self_attn.out_proj",
                           "mlp.fc1", "mlp.fc2", "norm1", "norm2")
              for kind in ("weight", "bias")]
    towers = ("encoder", "decoder", "vision_tower.encoder", "adapter.lora")
    block = 0
    while True:
        for leaf in leaves:
            yield f"{towers[block % 4]}.layers.{block // 4}.{leaf}"
        block += 1


def many(count=100_000, mean=256):
    import torch
    sizes = random.Random(SEED)
    values = torch.randn(1 << 16,
                         generator=torch.Generator().manual_seed(SEED))
    state = {}
    for _, name in zip(range(count), names()):
        size = min(len(values), 1 + int(sizes.expovariate(1 / mean)))
        state[name] = values[:size].clone()
    return state


def make_data(folder):
    for maker in (big, many):
        files = [folder / name for name in FILES
                 if name.startswith(maker.__name__)]
        if all(file.exists() for file in files):
            continue
        print(f"bench: making {', '.join(f.name for f in files)} in {folder}",
              file=sys.stderr)
        import torch
        from safetensors.torch import save_file
        state = maker()
        for file, save in zip(files, (torch.save, save_file)):
            save(state, file.with_suffix(".new"))
            file.with_suffix(".new").rename(file)


# Contenders: a function that runs once and returns seconds and peak KiB.

def torch_load(file):
    import torch
    torch.load(file, mmap=True, weights_only=True)


def safe_open(file):
    from safetensors import safe_open
    with safe_open(file, framework="pt") as tensors:
        for name in tensors.keys():
            part = tensors.get_slice(name)
            part.get_shape(), part.get_dtype()


READERS = {"torch.load(mmap=True)": torch_load, "safe_open": safe_open}


def peak_kib():
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])


def serve():
    """A warm interpreter: a line `[reader, file]` in, `[seconds, KiB]` out."""
    for line in sys.stdin:
        reader, file = json.loads(line)
        pathlib.Path("/proc/self/clear_refs").write_text("5")  # Resets VmHWM.
        start = time.perf_counter()
        READERS[reader](file)
        seconds = time.perf_counter() - start
        print(json.dumps([seconds, peak_kib()]), flush=True)


class Interpreter:
    def __init__(self, reader, warm_up):
        self.reader = reader
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--serve"], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self(warm_up)

    def __call__(self, file):
        self.process.stdin.write(json.dumps([self.reader, str(file)]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


class Process:
    def __init__(self, folder, *command):
        self.launcher = folder / "bench_launch"
        self.command = [str(folder / command[0]), *command[1:]]

    def __call__(self, file):
        file = [] if self.command[0].endswith("empty") else [str(file)]
        done = subprocess.run([self.launcher, *self.command, *file],
                              capture_output=True, text=True, check=True)
        seconds, kib = done.stdout.split()
        return float(seconds), int(kib)


def contenders(folder, small):
    """[(name, runner, the files it runs on, its rounds at most)]"""
    zips, safe = FILES[:2], FILES[2:]
    # torch.load takes so long on many.pt that more rounds tell nothing more.
    return [("tsinspect params", Process(folder, "tsinspect", "params"), FILES,
             None),
            ("empty process", Process(folder, "bench_empty"), FILES, None),
            ("floor", Process(folder, "bench_floor"), zips, None),
            ("torch.load(mmap=True)",
             Interpreter("torch.load(mmap=True)", small[0]), zips, 3),
            ("safe_open", Interpreter("safe_open", small[1]), safe, None)]


def make_small(folder):
    """Files to warm the interpreters up with."""
    import torch
    from safetensors.torch import save_file
    state = {"a": torch.zeros(2)}
    files = folder / "small.pt", folder / "small.safetensors"
    torch.save(state, files[0])
    save_file(state, files[1])
    return files


def measure(file, runners, rounds):
    """{contender: [(seconds, KiB)]}"""
    results = collections.defaultdict(list)
    for i in range(rounds):
        for name, runner, files, most in runners:
            if file.name in files and (most is None or i < most):
                results[name].append(runner(file))
    return results


def report(file, results):
    ours = statistics.median(s for s, _ in results["tsinspect params"])
    print(f"\n{file.name}, {file.stat().st_size / 2**20:.0f} MiB\n"
          f"{'':24}{'median ms':>12}{'min-max ms':>24}{'x ours':>10}"
          f"{'peak MiB':>10}")
    for name, runs in results.items():
        times = [1000 * seconds for seconds, _ in runs]
        median = statistics.median(times)
        span = f"{min(times):.2f}-{max(times):.2f}"
        print(f"{name:24}{median:12.2f}{span:>24}{median / ours / 1000:10.2f}"
              f"{max(kib for _, kib in runs) / 1024:10.1f}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default="build-bench/bin",
                        help="folder of tsinspect and the bench_ programs")
    parser.add_argument("--data", type=pathlib.Path, help="default: a folder "
                        "tsinspect-bench among the temporary files",
                        default=os.path.join(tempfile.gettempdir(),
                                             "tsinspect-bench"))
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--serve", action="store_true",
                        help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        return serve()
    args.data.mkdir(parents=True, exist_ok=True)
    make_data(args.data)
    runners = contenders(args.bin.resolve(), make_small(args.data))
    for name in FILES:
        file = args.data / name
        measure(file, [r for r in runners if r[3] is None], 1)  # Page cache.
        report(file, measure(file, runners, args.rounds))


if __name__ == "__main__":
    sys.exit(main())
