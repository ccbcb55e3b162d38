"""Makes machine code of compilable functions with numba, and loads it with LLVM.

Only `build` imports numba. The code is called by numba's own convention, without the wrappers that
would need Python. It must not allocate, so that it needs no part of numba at run time.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Any, Final

import numpy as np

from . import compilable
from .compilable import Function

ENTRY: Final = "entry"

_registered: set[Any] = set()
_loaded: list[Any] = []
"""LLVM's engines own the code that they loaded, so they are kept."""


@cache
def _llvm() -> Any:
    """LLVM, imported late, since planning or describing a merge does not need it."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm


@cache
def toolchain() -> list[str]:
    """The versions of the compilers, and the processor, which machine code depends on."""
    return [version("numba"), version("llvmlite"), *_processor().values()]


def _processor() -> dict[str, str]:
    llvm = _llvm()
    features = llvm.get_host_cpu_features().flatten()
    return {"cpu": llvm.get_host_cpu_name(), "features": features}


def argument_types(signature: str) -> list[str]:
    """The types of a signature in order, with tuples flattened."""
    plain = signature.replace("(", "").replace(")", "").replace(" ", "")
    # The comma of [:,:] separates dimensions, not arguments.
    return [kind.replace(";", ",") for kind in plain.replace(":,", ":;").split(",") if kind]


def load(code: bytes) -> int:
    """Load an object file and return the address of its entry."""
    llvm = _llvm()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine())
    object_file = llvm.ObjectFileRef.from_data(code)
    engine.add_object_file(object_file)
    engine.finalize_object()
    _loaded.append((engine, object_file, code))
    return int(engine.get_function_address(ENTRY))


def _machine() -> Any:
    target = _llvm().Target.from_default_triple()
    return target.create_target_machine(**_processor(), opt=3, jit=True)


def build(function: Function, signature: str) -> bytes:
    """Compile a function for these arguments to an object file (see `compiled.kernel`)."""
    from numba import njit

    llvm = _llvm()
    register_formulas()
    options: dict[str, Any] = {"error_model": "numpy", "_nrt": False}
    made: Any = njit(_numba_signature(signature), **options)(function)
    (overload,) = made.overloads.values()
    module = llvm.parse_assembly(made.inspect_llvm(made.signatures[0]))
    entry = overload.fndesc.llvm_func_name
    for each in module.functions:
        if not each.is_declaration and each.name != entry:
            each.linkage = "internal"  # wrappers for Python, which call the entry
    _remove_unused(module)
    return bytes(_machine().emit_object(_renamed(module, entry)))


def _remove_unused(module: Any) -> None:
    llvm = _llvm()
    passes = llvm.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    passes.run(module, llvm.create_pass_builder(_machine(), llvm.create_pipeline_tuning_options(0)))


def _renamed(module: Any, entry: str) -> Any:
    undefined = [
        each.name
        for each in module.functions
        if each.is_declaration and not each.name.startswith("llvm.")
    ]
    assert not undefined, f"compiled code may call nothing outside: {undefined}"
    return _llvm().parse_assembly(str(module).replace(f'"{entry}"', ENTRY).replace(entry, ENTRY))


def register_formulas() -> None:
    """Make every function marked `compilable` known to numba."""
    from numba.extending import register_jitable

    for formula in compilable.marked:
        if formula not in _registered:
            # A call that is not inlined would prevent the loop around it from becoming vector
            # instructions.
            register_jitable(forceinline=True)(formula)
            _registered.add(formula)


def _tuple(found: list[Any]) -> Any:
    from numba import types

    make: Any = types.Tuple
    return make(found)


def _numba_signature(signature: str) -> Any:
    from numba import types
    from numba.np.numpy_support import from_dtype

    def argument(kind: str) -> Any:
        element = from_dtype(np.dtype(kind.split("[")[0]))
        if not kind.endswith("]"):
            return element
        return types.Array(element, kind.count(":"), "C", aligned=True)

    arguments: list[Any] = []
    for part in signature.replace(" ", "").replace("(", "|(").replace(")", ")|").split("|"):
        found = [argument(kind) for kind in argument_types(part)]
        arguments += [_tuple(found)] if part.startswith("(") else found
    return types.void(*arguments)
