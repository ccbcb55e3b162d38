"""How the files that a merge would read now differ from those of a lock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mergehub.recipe.lock import Lock, LockedFile

WEIGHTS = ".safetensors"

_Files = Mapping[str, LockedFile]


def departures(lock: Lock, now: Lock) -> Iterator[str]:
    """Yield a sentence for each file that differs; `now` is the lock that the merge would get.

    A file without weights counts only if both read it, since engines differ in what they read
    beside the weights.
    """
    present = _by_reference(now)
    for reference, files in _by_reference(lock).items():
        if reference in present:
            yield from _between(reference, files, present[reference])
        else:
            yield f"The merge does not read {reference} any more."


def _between(reference: str, before: _Files, now: _Files) -> Iterator[str]:
    for name in sorted({*before, *now}):
        was, found = before.get(name), now.get(name)
        if was is not None and found is not None:
            if was.sha256 != found.sha256:
                yield (
                    f"{name} of {reference} has the SHA-256 {found.sha256} here, and {was.sha256} "
                    "in the lock."
                )
        elif name.endswith(WEIGHTS):
            where = "not in the lock" if was is None else "in the lock, but not here"
            yield f"{name} of {reference} is {where}."


def _by_reference(lock: Lock) -> dict[str, dict[str, LockedFile]]:
    """The files of each model and adapter; one that a recipe names twice is locked twice."""
    found: dict[str, dict[str, LockedFile]] = {}
    for part in lock.ingredients:
        found.setdefault(str(part.ref), {}).update(part.files)
    return found
