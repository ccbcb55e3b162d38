"""From a model's reference to a folder on this machine, within what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mergehub.recipe.reference import ModelRef

from .errors import NotSupportedError, SourceError

WANTED_FILES = ("*.safetensors", "*.json", "*.model", "*.txt", "*.jinja", "README.md")
"""What is fetched of a model: weights, configuration and tokenizer, never code."""

Produced = Mapping[str, Path] | Callable[[str], Path | None]
Kind = Literal["hub", "folder", "run"]


@dataclass(frozen=True)
class Location:
    """Where a model lies: its folder, the kind of its source and the revision it resolved to."""

    folder: Path
    kind: Kind
    revision: str | None = None


@dataclass(frozen=True)
class Sources:
    """Where ingredients may come from.

    Attributes:
        roots: folders under which paths in a recipe may lie (links are followed first).
        produced: the folder of the model that a run produced, by the run's id.
        products: the ids of the runs behind the names of products.
        closed: folders under which no path may lie, be they under a root or not.
        cache_dir: the Hugging Face cache (default: the library's own).
        offline: use only what is in the cache already.
    """

    roots: tuple[Path, ...] = ()
    produced: Produced = field(default_factory=dict)
    products: Mapping[str, str] = field(default_factory=dict)
    closed: tuple[Path, ...] = ()
    cache_dir: Path | None = None
    offline: bool = False

    def locate(self, reference: ModelRef) -> Location:
        """Where the model of a reference lies, its adapter left aside.

        Raises:
            SourceError: it cannot be found or may not be read.
            NotSupportedError: the name is a URL, which is not read.
        """
        name = reference.model
        if name.startswith("run:"):
            return self._produced(name.removeprefix("run:"))
        if reference.revision is None and name in self.products:
            return self._produced(self.products[name])
        if "://" in name:
            raise NotSupportedError(f"{name}: models are not read from URLs; give a path or an id")
        if name.startswith(("/", "./", "../", "~")) or self._under_roots(name):
            return self._local(name)
        return self._from_hub(name, reference.revision)

    def _produced(self, run: str) -> Location:
        find = self.produced if callable(self.produced) else self.produced.get
        folder = find(run)
        if folder is None:
            raise SourceError(f"run {run} has produced no model that is known here")
        return Location(Path(folder), "run", run)

    def _under_roots(self, name: str) -> bool:
        return any((root / name).is_dir() for root in self.roots)

    def _local(self, name: str) -> Location:
        """A folder by its path, relative ones being looked for under each root."""
        candidates = [Path(name)] if name.startswith("/") else [root / name for root in self.roots]
        for path in (candidate.resolve() for candidate in candidates):
            if path.is_dir() and self._allowed(path):
                self._check_links(path)
                return Location(path, "folder")
        raise SourceError(
            f"{name} is not a folder under the roots that models may be read from "
            f"({self._roots_text()})"
        )

    def _roots_text(self) -> str:
        return ", ".join(str(root) for root in self.roots) or "any allowed root: there is none"

    def _allowed(self, path: Path) -> bool:
        open_here = any(path.is_relative_to(root.resolve()) for root in self.roots)
        return open_here and not any(path.is_relative_to(each.resolve()) for each in self.closed)

    def _check_links(self, folder: Path) -> None:
        for path in folder.iterdir():
            if path.is_symlink() and not self._allowed(path.resolve()):
                raise SourceError(f"{path} is a link that leads outside the allowed roots")

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
                allow_patterns=list(WANTED_FILES),
                local_files_only=offline,
            )
        except LocalEntryNotFoundError:
            why = "we are offline" if offline else "Hugging Face cannot be reached"
            raise SourceError(
                f"{name} is no folder under {self._roots_text()} and no product known here; "
                f"taken as a Hugging Face id, it is not in the cache, and {why}"
            ) from None
        except (HfHubHTTPError, HFValidationError, OSError) as error:
            at = f" at revision {revision}" if revision else ""
            raise SourceError(f"{name}{at} cannot be fetched from Hugging Face: {error}") from None
        return Location(Path(folder), "hub", Path(folder).name)
