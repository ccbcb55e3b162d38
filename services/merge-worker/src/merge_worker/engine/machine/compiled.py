"""Turns compilable functions into machine code at the first call, and keeps it on disk.

An object file for this processor is kept, so a warm start neither compiles nor imports the
compiler. The file begins with the SHA-256 of the rest, so that a damaged file is replaced.
"""

from __future__ import annotations

import ctypes
import hashlib
import inspect
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache, partial, wraps
from pathlib import Path
from threading import RLock
from types import FunctionType, ModuleType
from typing import Any, Final, TypeVar, cast

from numpy.typing import NDArray

from .caches import cache_folder
from .compilable import Function
from .machine_code import argument_types, build, load, toolchain

_F = TypeVar("_F", bound=Function)
_lock = RLock()
_SCALARS: Final = {
    "i8": ctypes.c_int64,
    "u8": ctypes.c_uint64,
    "f4": ctypes.c_float,
    "f8": ctypes.c_double,
    "b1": ctypes.c_bool,
}


def kernel(signature: str) -> Callable[[Function], Function]:
    """Make a function that is compiled at its first call; `__wrapped__` is the plain function.

    `signature` lists the types of its arguments: NumPy's codes, `u1[:,:]` for a C-contiguous
    array of two dimensions, `(f4[:], u8[:])` for a tuple. It returns nothing, may not allocate
    and may call only functions marked `compilable`.
    """

    def decorate(function: Function) -> Function:
        machine_code = once(partial(compiled, function, signature))

        @wraps(function)
        def call(*arguments: Any) -> None:
            machine_code()(*arguments)

        return call

    return decorate


def once(make: _F) -> _F:
    """Like `functools.cache`, but under a lock, so that threads do not compile the same thing."""
    cached = cache(make)

    @wraps(make)
    def get(*arguments: Any) -> Any:
        with _lock:
            return cached(*arguments)

    return cast(_F, get)


def compiled(function: Function, signature: str) -> Function:
    """Return `function` as machine code that runs without the GIL, with IEEE arithmetic as written.

    The code is kept under a name made of all that it depends on: the function and those that it
    calls, the constants and closure variables that they use, the compiler and the processor.
    """
    key = _key(function, signature)
    path = cache_folder() / "compiled" / f"{function.__name__}-{key}.o"
    with _lock:
        code = _read(path)
        if code is None:
            code = build(function, signature)
            _keep(path, code)
        return _caller(load(code), signature)


# Calling: by numba's convention the arguments are a place for a result, a place for an exception,
# and for each array its owner (none), parent (none), size, item size, address, shape and strides; a
# status is returned.


def _caller(entry: int, signature: str) -> Function:
    native = ctypes.CFUNCTYPE(ctypes.c_int32)(entry)
    kinds = [None if kind.endswith("]") else _SCALARS[kind] for kind in argument_types(signature)]
    nowhere = (ctypes.c_void_p(0), ctypes.c_void_p(0))
    # Every call writes to both, but nothing reads them.
    result, error = ctypes.c_void_p(0), ctypes.c_void_p(0)
    first = (ctypes.byref(result), ctypes.byref(error))

    def call(*arguments: Any) -> None:
        flat: list[Any] = list(first)
        for kind, value in zip(kinds, _values(arguments), strict=True):
            flat += (kind(value),) if kind else (*nowhere, *_array(value))
        status = native(*flat)
        assert status == 0, f"compiled code ended with status {status}"

    return call


def _values(arguments: Iterable[Any]) -> Iterable[Any]:
    for each in arguments:
        if isinstance(each, tuple):
            yield from each
        else:
            yield each


def _array(array: NDArray[Any]) -> list[Any]:
    assert array.flags.c_contiguous
    numbers = (array.size, array.itemsize, array.ctypes.data, *array.shape, *array.strides)
    return [ctypes.c_int64(each) for each in numbers]


# Keeping the code on disk.


def _key(function: Function, signature: str) -> str:
    described: dict[Any, str] = {}
    _describe(function, described)
    parts = [signature, *described.values(), *toolchain()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def _describe(function: Function, described: dict[Any, str]) -> None:
    """Describe a function and all that it calls, with the values that they refer to."""
    function = inspect.unwrap(function)
    if function in described or not isinstance(function, FunctionType):
        return
    code = function.__code__
    described[function] = repr((code.co_code, code.co_consts, code.co_names, code.co_varnames))
    outside = inspect.getclosurevars(function)
    for name, value in sorted({**outside.globals, **outside.nonlocals}.items()):
        if callable(value):
            described[function] += f" {name}={value.__module__}.{value.__qualname__}"
            _describe(value, described)
        elif not isinstance(value, ModuleType):
            described[function] += f" {name}={value!r}"


def _read(path: Path) -> bytes | None:
    """The code kept at `path`, or None if there is none or it is damaged."""
    with suppress(OSError):
        digest, code = (text := path.read_bytes())[:32], text[32:]
        return code if hashlib.sha256(code).digest() == digest else None
    return None


def _keep(path: Path, code: bytes) -> None:
    """Keep the code for the next start, if the file can be written; it appears whole."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(hashlib.sha256(code).digest() + code)
        fresh.replace(path)
