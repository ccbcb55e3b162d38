"""The model that a file of a repository is about, by its folders."""

from __future__ import annotations

import re

from mergehub.contracts.lineage_names import fault

_CACHED = re.compile(r"models--(?P<owner>[^/]+?)--(?P<name>[^/]+)")
_FLAT = re.compile(r"(?P<owner>[^/]+?)__(?P<name>[^/]+)")


def model_in(path: str) -> str | None:
    """`org/name` from `…/org/name/README.md`, `org__name.md` or a cache of the Hugging Face Hub."""
    parts = [each for each in path.split("/") if each not in ("", ".", "..", ".eval_results")]
    for part in (parts[-1].rpartition(".")[0], *reversed(parts[:-1])):
        for form in (_CACHED, _FLAT):
            if found := form.fullmatch(part):
                return _good(f"{found['owner']}/{found['name']}")
    return _good("/".join(parts[-3:-1])) if len(parts) >= 3 else None


def _good(name: str) -> str | None:
    return None if fault(name) else name
