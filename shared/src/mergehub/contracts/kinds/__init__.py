"""The kinds of runs, one file each; a new file here is a new kind.

Each file declares `KIND`. The files of the same name in `registry.runs.kinds` and
`merge_worker.kinds` are its handlers, that in `mergehub.cli.kinds` its command.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from importlib import import_module
from operator import or_
from pkgutil import iter_modules
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mergehub.contracts.kinds.kind import Create, Result, RunKind, Spec


def _declared() -> Mapping[str, RunKind]:
    names = (module.name for module in iter_modules(__path__) if module.name != "kind")
    found = [import_module(f"{__name__}.{name}").KIND for name in names]
    return MappingProxyType({kind.name: kind for kind in found})


KINDS = _declared()
MAKERS = tuple(kind.name for kind in KINDS.values() if kind.makes_model)
"""The kinds whose results are models."""

if TYPE_CHECKING:
    RunCreate = Create
    RunSpec = Spec
    RunResult = Result
    KindName = str
else:
    _BY_KIND = Field(discriminator="kind")
    RunCreate = Annotated[reduce(or_, (kind.create for kind in KINDS.values())), _BY_KIND]
    RunSpec = Annotated[reduce(or_, (kind.spec for kind in KINDS.values())), _BY_KIND]
    RunResult = Annotated[reduce(or_, (kind.result for kind in KINDS.values())), _BY_KIND]
    KindName = Literal[tuple(KINDS)]
