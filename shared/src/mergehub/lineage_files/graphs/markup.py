"""Nodes and edges of GraphML (networkx, yEd, this hub) and GEXF (Gephi), as they are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

from mergehub.lineage_files.rows import Unreadable
from mergehub.lineage_files.text import LONGEST_FILE, opened

PIECE = 1 << 16
LONGEST_MARK = 1 << 20
"""The most bytes of one tag, or of a text between two."""
ROOTS = ("graphml", "gexf")


@dataclass
class Element:
    """A node or an edge, its own attributes, and the data within it."""

    kind: str
    line: int
    attributes: dict[str, str]
    directed: bool
    data: dict[str, str] = field(default_factory=dict)


def elements(path: Path) -> Iterator[Element]:
    """The nodes and edges in the order of the file.

    Raises:
        Unreadable: the file is not well-formed, no graph, or declares entities.
    """
    reader = _Reader(path.name)
    read = 0
    with opened(path) as (file, _):
        while piece := file.read(PIECE):
            read += len(piece)
            if read > LONGEST_FILE:
                raise Unreadable(f"{path.name} has more than {LONGEST_FILE} bytes: split it.")
            reader.feed(piece, read)
            yield from reader.take()
        reader.feed(b"", read)
        yield from reader.take()


class _Reader:
    """The handlers of a parser, which gather elements."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.EntityDeclHandler = self._refuse_entities
        self._known: dict[str, str] = {}
        self._directed = True
        self._root = ""
        self._class = ""
        self._open: Element | None = None
        self._key: str | None = None
        self._text: list[str] = []
        self._found: list[Element] = []

    def feed(self, piece: bytes, read: int) -> None:
        """Parse another piece; an empty one ends the file."""
        try:
            self._parser.Parse(piece, not piece)
        except expat.ExpatError as error:
            raise Unreadable(f"{self._name} is not well-formed XML: {error}.") from None
        if read - self._parser.CurrentByteIndex > LONGEST_MARK + PIECE:
            raise Unreadable(f"{self._name} has a tag or a text of more than {LONGEST_MARK} bytes.")

    def take(self) -> list[Element]:
        """What was found since the last call."""
        found, self._found = self._found, []
        return found

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if not self._root:
            self._root = tag
            if tag not in ROOTS:
                raise Unreadable(f"{self._name} is XML, but neither GraphML nor GEXF.")
        match tag:
            case "graph":
                usual = attributes.get("edgedefault", attributes.get("defaultedgetype"))
                self._directed = usual != "undirected"
            case "key":
                self._known[attributes.get("id", "")] = attributes.get("attr.name", "label")
            case "attributes":
                self._class = attributes.get("class", "node")
            case "attribute":
                key = f"{self._class} {attributes.get('id', '')}"
                self._known[key] = attributes.get("title", "")
            case "node" | "edge":
                self._open = Element(tag, self._parser.CurrentLineNumber, attributes,
                                     self._is_directed(attributes))  # fmt: skip
            case "data":
                self._key, self._text = self._known.get(attributes.get("key", "")), []
            case "attvalue" if self._open is not None:
                key = f"{self._open.kind} {attributes.get('for', '')}"
                self._put(self._known.get(key), attributes.get("value", ""))

    def _end(self, tag: str) -> None:
        match tag.rpartition(":")[2]:
            case "data":
                self._put(self._key, "".join(self._text).strip())
                self._key = None
            case "node" | "edge" if self._open is not None:
                self._found.append(self._open)
                self._open = None

    def _characters(self, text: str) -> None:
        if self._key is not None and sum(map(len, self._text)) < LONGEST_MARK:
            self._text.append(text)

    def _put(self, key: str | None, value: str) -> None:
        if key and value and self._open is not None:
            self._open.data.setdefault(key, value)

    def _is_directed(self, attributes: dict[str, str]) -> bool:
        told = attributes.get("directed", attributes.get("type"))
        return self._directed if told is None else told not in ("false", "0", "undirected")

    def _refuse_entities(self, *_: Any) -> None:
        raise Unreadable(f"{self._name} declares entities, which a graph does not need.")
