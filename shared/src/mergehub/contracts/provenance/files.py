"""The files of a model, with their sizes and digests, as its worker reports them."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, Field

from mergehub.contracts.messages import Message
from mergehub.contracts.shapes import Text

MOST_FILES = 5_000
"""The most files of a model that a hub lists."""
LONGEST_PATH = 1_000


def _inside(name: str) -> str:
    path = PurePosixPath(name)
    if str(path) != name or path.is_absolute() or ".." in path.parts or not path.parts:
        raise ValueError("must be a path inside the model's folder")
    return name


FilePath = Annotated[Text, Field(min_length=1, max_length=LONGEST_PATH), AfterValidator(_inside)]


class FileDigest(Message):
    """A file's size in bytes and its SHA-256 in hexadecimal."""

    size: int = Field(ge=0, lt=2**63)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


def _some(files: dict[str, FileDigest]) -> dict[str, FileDigest]:
    if not files:
        raise ValueError("must name at least one file")
    return files


Files = Annotated[dict[FilePath, FileDigest], Field(max_length=MOST_FILES), AfterValidator(_some)]
"""Every file of a model by its path in the model's folder."""
