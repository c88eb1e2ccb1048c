#!/usr/bin/env python3
"""Lists the operators that TorchScript files call, as LibTorch resolves them.

    python list_operators.py FILE...      needs torch 2.13

Prints a JSON object a file:

    file
    operators       names with their overloads, `aten::add.Tensor`, of all nodes
                    in the graphs of all functions and methods that loading the
                    file defines, which are those that its modules can reach
    structure       kinds of nodes that have no schema, `prim::If`
    export_opnames  what the lite interpreter would call or, where the file has
                    bytecode for it, what that calls; or null
    error           why the file does not load, or export_opnames is null; or
                    null

Constants are in neither list. tests/fixtures/operators.jsonl is what it says of
the fixtures that are TorchScript, tests/corpus/operators.jsonl of the corpus.
What an old file calls is listed as LibTorch rewrites it on loading.

A file is loaded in a process of its own, which
is stopped after a minute. Loading TorchScript runs what is in the file: list
none that is not trusted.
"""
import json
import multiprocessing
import os
import sys
import warnings
import zipfile

import torch
import torch.jit.mobile

TIME_LIMIT_SECONDS = 60
MOST_CHARACTERS = 200  # Of an error.


def nodes(block):
    for node in block.nodes():
        yield node
        for inner in node.blocks():
            yield from nodes(inner)
        if node.hasAttribute("Subgraph"):  # Of prim::fork.
            yield from nodes(node.g("Subgraph"))


def kinds_and_schemas(unit):
    """Of all nodes of a compilation unit's functions, methods among them."""
    return {(node.kind(), node.schema()) for function in unit.get_functions()
            for node in nodes(function.graph)}


def has_bytecode(file):
    if not zipfile.is_zipfile(file):
        return False
    with zipfile.ZipFile(file) as opened:
        return any(name.endswith("/bytecode.pkl")
                   for name in opened.namelist())


def opnames(file, module):
    if has_bytecode(file):
        loaded = torch.jit.mobile._load_for_lite_interpreter(file)
        return sorted(torch.jit.mobile._export_operator_list(loaded))
    return sorted(torch._C._export_opnames(module))


def fill(result):
    """Puts into the result what LibTorch finds, as far as it gets."""
    unit = torch._C.CompilationUnit()
    module = torch._C.import_ir_module(unit, result["file"],
                                       torch.device("cpu"), {}, False)
    found = kinds_and_schemas(unit)
    result["operators"] = sorted({schema.partition("(")[0]
                                  for _, schema in found} - {""})
    result["structure"] = sorted({kind for kind, schema in found
                                  if schema == "(no schema)"}
                                 - {"prim::Constant"})
    result["export_opnames"] = opnames(result["file"], module)


def answer(file, pipe):
    """Sends the object of one file."""
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # A file may print.
    result = {"file": file, "operators": [], "structure": [],
              "export_opnames": None, "error": None}
    try:
        fill(result)
    except Exception as error:
        text = str(error).strip().split("\n")[0]
        result["error"] = f"{type(error).__name__}: {text}"[:MOST_CHARACTERS]
    pipe.send(result)


def ask(file):
    """What a child process says of a file, or how that ended."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=answer, args=(file, sender))
    child.start()
    sender.close()
    try:
        if receiver.poll(TIME_LIMIT_SECONDS):
            return receiver.recv()
        error = "time limit"
    except EOFError:
        error = "the process ended early"
    finally:
        child.kill()
        child.join()
    return {"file": file, "operators": [], "structure": [],
            "export_opnames": None, "error": error}


def main():
    warnings.filterwarnings("ignore")
    for file in sys.argv[1:]:
        print(json.dumps(ask(file), separators=(",", ":")), flush=True)


if __name__ == "__main__":
    main()
