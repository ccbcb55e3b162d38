"""Finds the folder of a model's reference on this machine, within what is allowed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from merge_worker.engine.errors import CheckpointError, NotSupportedError, OutsideError, SourceError
from merge_worker.engine.files.file_kinds import UNWANTED
from merge_worker.engine.files.other_folders import no_folder
from merge_worker.engine.files.reading import unreadable
from mergehub.recipe.reference import PATHS, ModelRef

Produced = Mapping[str, Path] | Callable[[str], Path | None]
Kind = Literal["hub", "folder", "run"]


@dataclass(frozen=True)
class Location:
    """The location of a model: its folder, the kind of its source, and the revision it resolved to.

    Its files may be links into the folders `within`.
    """

    folder: Path
    kind: Kind
    revision: str | None = None
    within: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Sources:
    """The places that ingredients may come from.

    Attributes:
        roots: folders that a path in a recipe must be under, after links are followed.
        produced: the folder of the model that a run produced, by the run's id.
        products: the run's id for each name of a product.
        revisions: the revision of each Hugging Face id that a reference gives without one
            (default: the newest).
        closed: folders that no path may be under, whether they are under a root or not.
        cache_dir: the Hugging Face cache (default: the library's own).
        offline: use only what is already in the cache.
    """

    roots: tuple[Path, ...] = ()
    produced: Produced = field(default_factory=dict)
    products: Mapping[str, str] = field(default_factory=dict)
    revisions: Mapping[str, str] = field(default_factory=dict)
    closed: tuple[Path, ...] = ()
    cache_dir: Path | None = None
    offline: bool = False

    def locate(self, reference: ModelRef) -> Location:
        """Return where the model of a reference is, without its adapter.

        Raises:
            SourceError: it cannot be found, or must not be read.
            NotSupportedError: the name is a URL, or a file of weights in another format.
        """
        name = reference.model
        if name.startswith("run:"):
            return self._produced(name.removeprefix("run:"))
        if "://" in name:
            raise NotSupportedError(
                f"{name}: models are not read from URLs; give a path or a Hugging Face id"
            )
        if reference.revision is not None:
            return self._from_hub(name, reference.revision)
        if name in self.products:
            return self._produced(self.products[name])
        if name.startswith(PATHS) or self._under_roots(name):
            return self._local(name)
        return self._from_hub(name, self.revisions.get(name))

    def within(self, path: Path) -> tuple[Path, ...]:
        """The folders that a link at `path`, in a model's folder, may lead into.

        A folder under the roots may share files with other folders there; in the Hugging Face
        cache, a model's files are links to its blobs.
        """
        roots = tuple(map(_real, self.roots))
        if any(path.is_relative_to(root) for root in roots):
            return roots
        snapshots = next((each for each in path.parents if each.name == "snapshots"), None)
        return (_real(snapshots.parent if snapshots else path.parent),)

    def _produced(self, run: str) -> Location:
        find = self.produced if callable(self.produced) else self.produced.get
        folder = find(run)
        if folder is None:
            raise SourceError(f"no model of run {run} is known here")
        return self._location(Path(folder), "run", run)

    def _location(self, folder: Path, kind: Kind, revision: str | None) -> Location:
        within = self.within(folder / "config.json")
        self._check_entries(folder, within)
        return Location(folder, kind, revision, within)

    def _under_roots(self, name: str) -> bool:
        return any(os.path.isdir(root / name) for root in self.roots)

    def _local(self, name: str) -> Location:
        """Return a folder by its path; a relative path is looked up under each root."""
        candidates = [Path(name)] if name.startswith("/") else [root / name for root in self.roots]
        allowed = [path for path in map(_real, candidates) if self._allowed(path)]
        for path in allowed:
            if os.path.isdir(path):
                return self._location(path, "folder", None)
        for path in allowed:
            if os.path.isfile(path):
                raise no_folder(path)
        for path in candidates:
            self._check_link(path)
        raise OutsideError(
            f"{name} is not a folder under the roots that models may be read from "
            f"({self._roots_text()})"
        )

    def _check_link(self, path: Path) -> None:
        """Refuse a link of this name under a root that leads out of the roots, or nowhere."""
        place = Path(os.path.normpath(path))
        for root in self.roots:
            for top in {root, _real(root)}:
                if place.is_relative_to(top):
                    self._check_led(_real(root) / place.relative_to(top))

    def _check_led(self, place: Path) -> None:
        leads_to = _real(place)
        if self._closed(leads_to):
            return
        if not self._allowed(leads_to):
            raise OutsideError(f"{place} is a link that leads outside the allowed roots")
        if os.path.islink(place):
            try:
                os.stat(place)
            except OSError as error:
                raise unreadable(place, error) from None

    def _roots_text(self) -> str:
        return (
            ", ".join(dict.fromkeys(map(str, self.roots)))
            or "any allowed root, since there is none"
        )

    def _allowed(self, path: Path) -> bool:
        allowed = any(path.is_relative_to(_real(root)) for root in self.roots)
        return allowed and not self._closed(path)

    def _closed(self, path: Path) -> bool:
        return any(path.is_relative_to(_real(each)) for each in self.closed)

    def _check_entries(self, folder: Path, within: tuple[Path, ...]) -> None:
        """Refuse a folder with links that lead elsewhere, or with pipes that block their reader."""
        try:
            entries = list(folder.iterdir())
        except OSError as error:
            raise unreadable(folder, error) from None
        for path in entries:
            if path.is_symlink() and not self._may_lead(_real(path), within):
                raise SourceError(f"{path} is a link that leads outside the allowed roots")
            if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
                raise CheckpointError(f"{path} is not a regular file, so it is not read")

    def _may_lead(self, target: Path, within: tuple[Path, ...]) -> bool:
        inside = any(target.is_relative_to(each) for each in within)
        return inside and (within != tuple(map(_real, self.roots)) or not self._closed(target))

    def _from_hub(self, name: str, revision: str | None) -> Location:
        from huggingface_hub import constants, snapshot_download
        from huggingface_hub.errors import (
            HfHubHTTPError,
            HFValidationError,
            LocalEntryNotFoundError,
        )

        offline = self.offline or constants.HF_HUB_OFFLINE
        try:
            folder = snapshot_download(
                name,
                revision=revision,
                cache_dir=self.cache_dir,
                ignore_patterns=list(UNWANTED),
                local_files_only=offline,
            )
        except LocalEntryNotFoundError:
            why = "this machine works offline" if offline else "Hugging Face cannot be reached"
            raise self._not_cached(name, revision, why) from None
        except (HfHubHTTPError, HFValidationError, OSError) as error:
            at = f" at revision {revision}" if revision else ""
            raise SourceError(f"{name}{at} cannot be fetched from Hugging Face: {error}") from None
        return self._location(Path(folder), "hub", Path(folder).name)

    def _not_cached(self, name: str, revision: str | None, why: str) -> SourceError:
        if revision is None:
            return OutsideError(
                f"{name} is not a folder under {self._roots_text()} and not a known product; "
                f"as a Hugging Face id, it is not in the cache, and {why}"
            )
        here = f"; for the local folder, write {name}" if self._under_roots(name) else ""
        return SourceError(
            f"{name}@{revision} is a Hugging Face id, since it has a revision; it is not in the "
            f"cache, and {why}{here}"
        )


def _real(path: Path) -> Path:
    """The target of a path; links in a circle have none, which the error of opening them says."""
    try:
        return Path(os.path.realpath(path))
    except ValueError as error:  # a path cannot contain such characters
        raise unreadable(path, error) from None
