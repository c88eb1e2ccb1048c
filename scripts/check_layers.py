#!/usr/bin/env python3
"""Fails if a source file reaches out of its layer: check_layers.py [ROOT].

A file includes its own layer and the layers before it; a heavy header is
included only where it is owned, and in few files; public headers include the
standard library and each other; nothing in lib/ prints, reads argv or exits.
"""
import pathlib
import re
import sys

# Lowest first. A file may include its own layer and any layer before it.
LAYERS = ["lib/include", "lib/base", "lib/zip", "lib/pickle", "lib/tensor",
          "lib/rebuild", "lib/torchscript", "lib/onnx", "lib/tensorflow",
          "lib/format", "lib/analysis", "lib/export", "lib/audit",
          "lib/libtorch", "cli"]

# What only LibTorch's layer may include.
LIBTORCH = ("lib/libtorch/", "lib/include/tsinspect/libtorch/")

# Header, the folders that may include it, and in how many files at most.
HEAVY = [("torch/", LIBTORCH, None), ("ATen/", LIBTORCH, None),
         ("c10/", LIBTORCH, None), ("CLI/", ("cli/",), 2),
         ("nlohmann/", ("cli/",), 2), ("simdjson.h", ("lib/",), 2),
         ("zlib.h", ("lib/zip/",), None),
         ("protozero/", ("lib/base/", "lib/export/"), 4),
         ("snappy.h", ("lib/",), 1), ("isa-l/", ("lib/base/",), 1),
         ("hwy/", ("lib/",), 2), ("tbb/", ("lib/",), 2)]

# What main() does, and nothing in the library.
PROCESS = re.compile(r"\b(?:printf|fprintf|puts|fputs|putchar|perror|exit|_exit"
                     r"|quick_exit)\s*\(|\bstd::(?:cout|cerr|clog)\b"
                     r"|\bfmt::print(?:ln)?\b|\bargv\b")

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)', re.M)
COMMENT_OR_STRING = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"'
                               r'|"(?:\\.|[^"\\\n])*"', re.S)


def layer(path):
    return next((i for i, l in enumerate(LAYERS) if path.startswith(l + "/")),
                None)


def resolve(root, here, name):
    """The file of ours that an include names, or None."""
    for folder in (pathlib.PurePosixPath(here).parent.as_posix(), "lib",
                   "lib/include", "cli"):
        if (root / folder / name).exists():
            return f"{folder}/{name}"
    return None


def problems_of_include(root, here, name):
    target = resolve(root, here, name)
    if target and (layer(target) is None or layer(target) > layer(here)):
        yield f"{here}: may not include {name}, of a layer above"
    for header, owners, _ in HEAVY:
        if name.startswith(header) and not here.startswith(owners):
            yield f"{here}: may not include {name}, only {owners[0]} may"
    if here.startswith("lib/include/") and not here.startswith(LIBTORCH):
        # The standard library's headers have neither.
        if not target and ("/" in name or "." in name):
            yield f"{here}: a public header may not include {name}"


def problems(root):
    includers = {}
    for source in sorted([*root.glob("lib/**/*"), *root.glob("cli/**/*")]):
        if source.suffix not in (".h", ".cpp"):
            continue
        here = source.relative_to(root).as_posix()
        if layer(here) is None:
            yield f"{here}: lies in no layer"
            continue
        text = source.read_text()
        for name in INCLUDE.findall(text):
            yield from problems_of_include(root, here, name)
            for header, _, most in HEAVY:
                if most and name.startswith(header):
                    includers.setdefault((header, most), set()).add(here)
        if here.startswith("lib/"):
            code = COMMENT_OR_STRING.sub("", text)
            for word in sorted(set(PROCESS.findall(code))):
                yield f"{here}: the library may not use {word.rstrip('( ')}"
    for (header, most), files in sorted(includers.items()):
        if len(files) > most:
            yield (f"{header}: included in {len(files)} files, "
                   f"{most} at most: {', '.join(sorted(files))}")


def main():
    default = pathlib.Path(__file__).resolve().parent.parent
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    found = list(problems(root))
    print("".join(line + "\n" for line in found), end="")
    return len(found) > 0


if __name__ == "__main__":
    sys.exit(main())
