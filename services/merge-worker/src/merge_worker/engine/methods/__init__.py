"""The merge methods, one per file; a new file here is a new method."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from mergehub.recipe.methods import catalogue, register, registered

from ..method import AnyMethod

_added: dict[str, AnyMethod] = {}


@cache
def discover(package: str = __name__) -> Mapping[str, AnyMethod]:
    """The methods that a package's modules declare, by name; registers those that are new."""
    found = dict(_added)
    for module in iter_modules(import_module(package).__path__):
        if module.name.startswith("_"):
            continue
        method: AnyMethod = import_module(f"{package}.{module.name}").METHOD
        if method.spec.name not in catalogue():
            register(method.spec)
        found[method.spec.name] = method
    return MappingProxyType(found)


@contextmanager
def added(method: AnyMethod) -> Iterator[None]:
    """Add a method to those of this process within the block.

    Raises:
        ValueError: another method has that name.
    """
    discover()
    with registered(method.spec):
        _added[method.spec.name] = method
        discover.cache_clear()
        try:
            yield
        finally:
            del _added[method.spec.name]
            discover.cache_clear()
