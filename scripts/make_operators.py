#!/usr/bin/env python3
"""Writes lib/torchscript/operator_table.inc: LibTorch's operator schemas.

    python make_operators.py              needs torch 2.13

The table is one C++ expression, a std::string_view whose length is given:
compilers do not count that far in a constant. A line of it is a schema, with no
blanks but the one between a type and a name:

    aten::conv2d.padding(Tensor input,...,int groups=)->Tensor

Types are in the form of Python's annotations; `=` follows a name that has a
default, `*` stands before keyword-only arguments, `...` is any number of
arguments or results. Lines are sorted by the operator's name; the overloads of
one name stand in LibTorch's order, which is the order it tries them in.
"""
import pathlib

import torch

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE.parent / "lib" / "torchscript" / "operator_table.inc"
MOST_BYTES = 60_000  # Of one literal; compilers limit their length.

# What TorchScript files call. The rest serves compilers, tests, torch.export.
NAMESPACES = {"aten", "prim", "quantized", "_quantized", "quantization",
              "sparse", "mkldnn", "mkldnn_prepacked", "profiler"}

# What files call, though LibTorch lists no schema: properties of tensors that
# were operators and are now functions which it has in TorchScript.
UNLISTED = [
    "prim::shape(Tensor a)->List[int]",
    "prim::ndim(Tensor a)->int",
    "prim::T(Tensor a)->Tensor",
    "prim::H(Tensor a)->Tensor",
    "prim::mT(Tensor a)->Tensor",
    "prim::mH(Tensor a)->Tensor",
]


def type_text(type_):
    return str(type_).replace(", ", ",")


def argument_texts(schema):
    keyword_only = False
    for argument in schema.arguments:
        if argument.kwarg_only and not keyword_only:
            keyword_only = True
            yield "*"
        default = "=" if argument.has_default_value() else ""
        yield f"{type_text(argument.type)} {argument.name}{default}"
    if str(schema).rpartition(") -> ")[0].endswith("..."):
        yield "..."


def return_texts(schema):
    yield from (type_text(value.type) for value in schema.returns)
    if str(schema).endswith("-> ..."):
        yield "..."


def line(schema):
    overload = f".{schema.overload_name}" if schema.overload_name else ""
    return (f"{schema.name}{overload}({','.join(argument_texts(schema))})"
            f"->{','.join(return_texts(schema))}")


def operator_name(text):
    return text.split("(")[0].split(".")[0]


def lines():
    """All lines of the table; a stable sort keeps the order of overloads."""
    names = {schema.name for schema in torch._C._jit_get_all_schemas()
             if schema.name.split("::")[0] in NAMESPACES}
    names -= {operator_name(text) for text in UNLISTED}
    listed = [line(schema) for name in names
              for schema in torch._C._jit_get_schemas_for_operator(name)]
    return sorted(listed + UNLISTED, key=operator_name)


def literals(texts):
    """The lines in as few literals as their length allows."""
    part = ""
    for text in texts:
        assert text.isascii() and " (" not in text and ')"' not in text, text
        if len(part) + len(text) + 1 > MOST_BYTES:
            yield part
            part = ""
        part += text + "\n"
    yield part


def main():
    version = torch.__version__.split("+")[0]
    with OUT.open("w", encoding="utf-8", newline="\n") as out:
        out.write(f"// Made by scripts/make_operators.py from torch "
                  f"{version}; not edited by hand.\n")
        out.write("std::string_view(\n")
        parts = list(literals(lines()))
        for part in parts:
            out.write(f'R"({part})"\n')
        out.write(f", {sum(map(len, parts))})\n")


if __name__ == "__main__":
    main()
