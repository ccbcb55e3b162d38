"""The files that a build of `web/` leaves in the package, each with the compressed forms of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from mimetypes import MimeTypes
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "pages"
INDEX, IDENTITY = "index.html", "identity"
CODINGS = {"br": ".br", "gzip": ".gz"}
"""The codings of content, the best first, with the ending of their files."""

TYPES = MimeTypes()  # the module's own table differs from machine to machine
TYPES.add_type("text/javascript", ".js")
TYPES.add_type("font/woff2", ".woff2")


@dataclass(frozen=True)
class File:
    """A file and its compressed forms, by coding; `type` is its content type."""

    type: str
    contents: Mapping[str, bytes]

    def best(self, accepted: str) -> str:
        """The best coding among those that an `Accept-Encoding` names, or `identity`."""
        wanted = dict(_weighed(accepted))
        usable = (coding for coding in CODINGS if coding in self.contents)
        return next((each for each in usable if wanted.get(each, 0) > 0), IDENTITY)


def read_pages(folder: Path) -> dict[str, File]:
    """The files of a build by their path in it; none if there is no build."""
    if not (folder / INDEX).is_file():
        return {}
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name[0] != "."]
    whole = [path for path in paths if path.suffix not in CODINGS.values()]
    return {path.relative_to(folder).as_posix(): _read(path) for path in whole}


def _read(path: Path) -> File:
    kind = TYPES.guess_type(path.name)[0] or "application/octet-stream"
    if kind.startswith("text/"):
        kind += "; charset=utf-8"
    contents = {IDENTITY: path.read_bytes()}
    for coding, ending in CODINGS.items():
        beside = path.with_name(path.name + ending)
        if beside.is_file():
            contents[coding] = beside.read_bytes()
    return File(kind, contents)


def _weighed(accepted: str) -> Iterator[tuple[str, float]]:
    """The codings of an `Accept-Encoding` with their weights (RFC 9110, 12.5.3)."""
    for each in accepted.split(","):
        coding, _, weight = each.partition(";")
        try:
            yield coding.strip().lower(), float(weight.partition("=")[2] or 1)
        except ValueError:
            yield coding.strip().lower(), 0
