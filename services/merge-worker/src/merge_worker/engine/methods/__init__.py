"""The merge methods, one per file; a new file here is a new method."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from mergehub.recipe.methods import catalogue, register

from ..method import Method


@cache
def discover(package: str = __name__) -> Mapping[str, Method]:
    """The methods declared in a package's modules, by name; the recipe language learns new ones."""
    found: dict[str, Method] = {}
    for module in iter_modules(import_module(package).__path__):
        if module.name.startswith("_"):
            continue
        method: Method = import_module(f"{package}.{module.name}").METHOD
        if method.spec.name not in catalogue():
            register(method.spec)
        found[method.spec.name] = method
    return MappingProxyType(found)
