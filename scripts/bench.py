#!/usr/bin/env python3
"""Measures whole processes of tsinspect beside what they are held against.

Makes its data (about 2.6 GiB) once, in --data: a state_dict of 1 GiB in 16
tensors, and one of 100,000 small tensors, as torch.save and safetensors files;
a model of 2,049 modules, scripted, and traced, which gives each module a class
and record of its own; a frozen ResNet-18 and its state_dict. Each round runs every contender once, so that a slow moment hits all of them:

- tsinspect params FILE;
- tsinspect diff FILE OTHER, on two files of 1 GiB of which 3 of 16 tensors
  differ (in one element, in all, in 1 %), beside memcmp over both mapped files
  (tests/bench/compare.c) and torch.equal of every tensor;
- tsinspect stats FILE, with one thread and all, and with quantiles, beside
  eager torch: minimum, maximum, mean, standard deviation, zeros, NaN and
  infinities of every tensor of a mapped file;
- tsinspect export of 1 GiB to safetensors, npz and .pt, beside cp and np.savez,
  into a new file in the same folder each time;
- tsinspect code, ops and graph, beside inflating the records of source
  (tests/bench/inflate.cpp), and beside torch.jit.load with export_opnames;
- tsinspect params --names-from of the frozen model, beside memcmp of it with
  itself;
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
PAIR = ("big.pt", "big_b.pt")
PROGRAMS = ("scripted.pt", "traced.pt")
FROZEN = ("frozen.pt", "unfrozen.pt")


# The data: a function of the seed alone.

def big():
    import torch
    generator = torch.Generator().manual_seed(SEED)
    return {f"model.layers.{i}.mlp.weight":
            torch.randn(4096, 4096, generator=generator) for i in range(16)}


def changed(state):
    """The same, but for three tensors."""
    import torch
    generator = torch.Generator().manual_seed(SEED + 1)
    one, every, few = (list(state)[i] for i in (3, 7, 12))
    state[one][1234, 567] += 1e-3
    state[every] += 1e-3 * torch.randn(4096, 4096, generator=generator)
    values = state[few].view(-1)
    values[torch.randperm(len(values), generator=generator)
           [:len(values) // 100]] *= 1.001
    return state


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


def deep():
    """512 blocks of a norm and two linear layers, in a Sequential."""
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.LayerNorm(8)
            self.query, self.out = nn.Linear(8, 8), nn.Linear(8, 8)

        def forward(self, x):
            return x + self.out(torch.tanh(self.query(self.norm(x))))

    return nn.Sequential(*(Block() for _ in range(512))).eval()


def make_programs(folder):
    import torch
    model = deep()
    torch.jit.script(model).save(folder / PROGRAMS[0])
    torch.jit.trace(model, torch.ones(1, 8)).save(folder / PROGRAMS[1])


def resnet18():
    """Its layers, one after another, with values that are not all the same."""
    import torch
    from torch import nn
    widths = [64] * 5 + [128] * 5 + [256] * 5 + [512] * 5
    layers, last = [], 3
    for width in widths:
        layers += [nn.Conv2d(last, width, 3, padding=1, bias=False),
                   nn.BatchNorm2d(width), nn.ReLU()]
        last = width
    model = nn.Sequential(*layers).eval()
    torch.manual_seed(SEED)
    for tensor in model.state_dict().values():
        if tensor.is_floating_point():
            tensor.uniform_(0.5, 1.5)
    return model


def make_frozen(folder):
    import torch
    model = resnet18()
    torch.save(model.state_dict(), folder / FROZEN[1])
    torch.jit.freeze(torch.jit.script(model)).save(folder / FROZEN[0])


def make_data(folder):
    for names_, make in ((PROGRAMS, make_programs), (FROZEN, make_frozen)):
        if not all((folder / name).exists() for name in names_):
            make(folder)
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


    if not (folder / PAIR[1]).exists():
        import torch
        torch.save(changed(big()), folder / "big_b.new")
        (folder / "big_b.new").rename(folder / PAIR[1])


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


def torch_equal(file):
    import torch
    a, b = (torch.load(f, mmap=True, weights_only=True)
            for f in (file, pathlib.Path(file).with_name(PAIR[1])))
    sum(torch.equal(a[name], b[name]) for name in a if name in b)


def torch_stats(file):
    import torch
    for tensor in torch.load(file, mmap=True, weights_only=True).values():
        tensor.min(), tensor.max(), tensor.mean(), tensor.std(correction=0)
        (tensor == 0).sum(), tensor.isnan().sum(), tensor.isinf().sum()


def savez(file):
    import numpy
    import torch
    state = torch.load(file, mmap=True, weights_only=True)
    numpy.savez(exported(file, ".npz"),
                **{name: tensor.numpy() for name, tensor in state.items()})


def torch_jit(file):
    import torch
    torch.jit.export_opnames(torch.jit.load(file, map_location="cpu"))


READERS = {"np.savez": savez, "torch.load(mmap=True)": torch_load,
           "safe_open": safe_open, "torch.equal": torch_equal,
           "torch eager": torch_stats, "torch.jit": torch_jit}


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
        files = [] if self.command[0].endswith("empty") else [str(file)]
        if self.command[-1] == "diff" or self.command[-1].endswith("compare"):
            files.append(str(file.with_name(PAIR[1])))
        command = [*self.command, *files]
        if "{}" in self.command:  # The place of the file, if not the last.
            command = [part.replace("{}", str(file)) for part in self.command]
        done = subprocess.run([self.launcher, *command],
                              capture_output=True, text=True)
        if done.returncode > 1:  # 1: `diff` says that they differ.
            sys.exit(f"bench: {self.command} failed: {done.stderr}")
        seconds, kib = done.stdout.split()
        return float(seconds), int(kib)


def exported(file, suffix):
    """Where the copies of a file go."""
    return pathlib.Path(file).parent / f"bench-export{suffix}"


class Writing:
    """Runs something that leaves a file, and removes that."""

    def __init__(self, runner, output):
        self.runner, self.output = runner, output

    def __call__(self, file):
        try:
            return self.runner(file)
        finally:
            self.output.unlink(missing_ok=True)


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


def diff_contenders(folder, small):
    pair = PAIR[:1]
    return [("tsinspect diff", Process(folder, "tsinspect", "diff"), pair,
             None),
            ("memcmp", Process(folder, "bench_compare"), pair, None),
            ("torch.equal", Interpreter("torch.equal", small[0]), pair, 5)]


def stats_contenders(folder, small):
    files = FILES[:2]
    stats = "tsinspect", "stats"
    return [("tsinspect stats", Process(folder, *stats), files, None),
            ("  --threads 1", Process(folder, *stats, "--threads", "1"), files,
             None),
            ("  --quantiles", Process(folder, *stats, "--quantiles"), files,
             None),
            ("torch eager", Interpreter("torch eager", small[0]), files, 3)]


def export_contenders(folder, small):
    files = FILES[:1]
    runners = []
    for suffix in (".safetensors", ".npz", ".pt"):
        output = exported(small[0], suffix)
        export = Process(folder, "tsinspect", "export", "-o", str(output))
        runners.append((f"tsinspect export {suffix}"[:23],
                        Writing(export, output), files, 9))
    output = exported(small[0], ".cp")
    cp = Process(folder, "/bin/cp", "-T", "--", "{}", str(output))
    savez = Interpreter("np.savez", small[0])
    exported(small[0], ".npz").unlink()  # Of its warming up.
    return [*runners, ("cp", Writing(cp, output), files, 9),
            ("np.savez", Writing(savez, exported(small[0], ".npz")), files, 3)]


def program_contenders(folder, data):
    commands = [(f"tsinspect {command}", Process(folder, "tsinspect", command),
                 PROGRAMS, None) for command in ("ops", "code", "graph")]
    torch_jit_ = Interpreter("torch.jit", data / PROGRAMS[0])
    return [*commands,
            ("inflating", Process(folder, "bench_inflate"), PROGRAMS, None),
            ("empty process", Process(folder, "bench_empty"), PROGRAMS, None),
            ("torch.jit", torch_jit_, PROGRAMS, 5)]


def names_contenders(folder, data):
    original = str(data / FROZEN[1])
    params = "tsinspect", "params"
    return [("  --names-from", Process(folder, *params, "--names-from",
                                       original), FROZEN[:1], None),
            ("tsinspect params", Process(folder, *params), FROZEN[:1], None),
            ("memcmp of it", Process(folder, "bench_compare", "{}", "{}"),
             FROZEN[:1], None)]


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
    """The first contender is ours."""
    ours = statistics.median(s for s, _ in next(iter(results.values())))
    print(f"\n{file.name}, {file.stat().st_size / 2**20:.0f} MiB\n"
          f"{'':24}{'median ms':>12}{'min-max ms':>24}{'x ours':>10}"
          f"{'peak MiB':>10}")
    for name, runs in results.items():
        times = [1000 * seconds for seconds, _ in runs]
        median = statistics.median(times)
        span = f"{min(times):.2f}-{max(times):.2f}"
        print(f"{name:24}{median:12.2f}{span:>24}{median / ours / 1000:10.2f}"
              f"{max(kib for _, kib in runs) / 1024:10.1f}")


def options_of(doc):
    """What all benchmarks of whole processes take."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default="build-bench/bin",
                        help="folder of tsinspect and the bench_ programs")
    parser.add_argument("--data", type=pathlib.Path, help="default: a folder "
                        "tsinspect-bench among the temporary files",
                        default=os.path.join(tempfile.gettempdir(),
                                             "tsinspect-bench"))
    parser.add_argument("--rounds", type=int, default=21)
    return parser


def main():
    parser = options_of(__doc__)
    parser.add_argument("--serve", action="store_true",
                        help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        return serve()
    args.data.mkdir(parents=True, exist_ok=True)
    make_data(args.data)
    folder, small = args.bin.resolve(), make_small(args.data)
    of_one, of_two = contenders(folder, small), diff_contenders(folder, small)
    values = stats_contenders(folder, small)
    programs = program_contenders(folder, args.data)
    for name, runners in [*((name, programs) for name in PROGRAMS),
                          (FROZEN[0], names_contenders(folder, args.data)),
                          *((name, of_one) for name in FILES),
                          *((name, values) for name in FILES[:2]),
                          (FILES[0], export_contenders(folder, small)),
                          (PAIR[0], of_two)]:
        file = args.data / name
        measure(file, [r for r in runners if r[3] is None], 1)  # Page cache.
        report(file, measure(file, runners, args.rounds))


if __name__ == "__main__":
    sys.exit(main())
