"""The commands that submit runs, each in a file named for its kind of run.

A file has the `command`, and `outcome`, which returns a result of that kind in lines. The first
line of its docstring is the command's name and its line in the list of commands.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from pkgutil import iter_modules

from mergehub.cli.lazy import Lazy


def commands() -> dict[str, Lazy]:
    """The commands by their names, found without importing them."""
    return dict(_commands())


def _commands() -> Iterator[tuple[str, Lazy]]:
    for module in iter_modules(__path__):
        spec = module.module_finder.find_spec(module.name, None)
        assert spec is not None
        assert spec.origin is not None
        tree = ast.parse(Path(spec.origin).read_bytes())
        name, _, says = (ast.get_docstring(tree) or "").partition("\n")[0].partition(": ")
        yield name, Lazy(f"{__name__}.{module.name}:command", says)
