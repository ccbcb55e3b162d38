"""Turn a YAML parser's stream of events into plain data, in one pass.

Everything is counted before it is built: an alias shares the data that it stands for and counts as
much. The place of each value is recorded, so that a fault names its line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import yaml

from mergehub.recipe.faults import MAX_FAULTS, Fault, RecipeError, excerpt, pointer

from .core_schema import CORE, NotInSchema, plain, tagged
from .former_yaml import otherwise
from .limits import MAX_DOCUMENTS, MAX_KEY, MAX_REPEATED, Size, check_depth, too_large

Event = Any
"""One of `yaml.Event`'s subclasses, of which only some have an anchor, a tag or a value."""
Steps = tuple[str, ...]
MERGE = "<<"


class Loaded(NamedTuple):
    """One document as dicts, lists and scalars, with the faults found while reading it.

    `lines` returns the line of each value by the steps of its JSON pointer, and `warnings` are for
    the document's author.
    """

    data: Any
    faults: tuple[Fault, ...] = ()
    lines: Callable[[], dict[Steps, int]] = dict
    warnings: tuple[Fault, ...] = ()

    def line(self, fault: Fault) -> int | None:
        """Return the line of the value that a fault is about, or of the nearest one around it."""
        steps = tuple(each.replace("~1", "/").replace("~0", "~") for each in _steps(fault.path))
        known, lines = (steps[:length] for length in range(len(steps), -1, -1)), self.lines()
        return next((lines[each] for each in known if each in lines), None)


class _Anchored(NamedTuple):
    data: Any
    height: int
    size: Size


class Reader:
    """Reads documents and collects the faults found."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._size = Size()
        self._anchors: dict[str, _Anchored | None] = {}
        self._faults: list[Fault] = []
        self._warnings: list[Fault] = []
        self._lines: dict[Steps, int] = {}

    def documents(self) -> list[Loaded]:
        """Every document of the stream.

        Raises:
            RecipeError: the stream exceeds a limit, or an alias has no anchor before it.
        """
        found: list[Loaded] = []
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if len(found) == MAX_DOCUMENTS:
                    raise too_large(f"the text holds more than {MAX_DOCUMENTS} YAML documents")
                self._anchors, self._faults, self._warnings, self._lines = {}, [], [], {}
                data, _ = self._value(next(self._events), ())
                faults, warnings = tuple(self._faults), tuple(self._warnings)
                found.append(Loaded(data, faults, partial(dict, self._lines), warnings))
        return found

    def _value(self, event: Event, path: Steps) -> tuple[Any, int]:
        """Return the data of the node that an event begins, and how many levels it nests."""
        check_depth(len(path))
        self._lines[path] = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, len(path))
        if event.anchor:
            return self._anchored(event, path)
        return self._content(event, path)

    def _anchored(self, event: Event, path: Steps) -> tuple[Any, int]:
        before = Size(self._size.values, self._size.characters)
        self._anchors[event.anchor] = None
        data, height = self._content(event, path)
        now = self._size
        grown = Size(now.values - before.values, now.characters - before.characters)
        self._anchors[event.anchor] = _Anchored(data, height, grown)
        return data, height

    def _alias(self, event: Event, depth: int) -> tuple[Any, int]:
        found = self._anchors.get(event.anchor)
        if found is None:
            inside = event.anchor in self._anchors
            why = "is inside its own anchor" if inside else "has no anchor before it"
            message = f"this is not valid YAML: the alias {excerpt('*' + event.anchor)} {why}"
            raise RecipeError([Fault("", "yaml", message, line=event.start_mark.line + 1)])
        check_depth(depth + found.height)
        self._size.add(found.size.values, found.size.characters)
        return found.data, found.height

    def _content(self, event: Event, path: Steps) -> tuple[Any, int]:
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, path), 0
        self._size.add(1, 0)
        kind = "map" if isinstance(event, yaml.MappingStartEvent) else "seq"
        if event.tag not in (None, "!", CORE + kind):
            self._note_tag(f"the YAML tag {_tag(event)} is not allowed here", path)
        return self._mapping(path) if kind == "map" else self._sequence(path)

    def _sequence(self, path: Steps) -> tuple[list[Any], int]:
        items: list[Any] = []
        height = 0
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            item, levels = self._value(event, (*path, str(len(items))))
            items.append(item)
            height = max(height, levels + 1)
        return items, height

    def _mapping(self, path: Steps) -> tuple[dict[str, Any], int]:
        inherited: dict[str, Any] = {}
        own: dict[str, Any] = {}
        height = 0
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            merges = isinstance(event, yaml.ScalarEvent) and _is_merge(event)
            key = self._key(event, path)
            value, levels = self._value(next(self._events), (*path, "?" if key is None else key))
            height = max(height, levels + 1)
            if key is None:
                continue
            if merges:
                inherited = self._merged(value, path) | inherited
                continue
            if key in own:
                message = f"{excerpt(key)} appears twice in this mapping"
                self._note((*path, key), "duplicate-key", message)
            own[key] = value
        return inherited | own, height

    def _merged(self, value: Any, path: Steps) -> dict[str, Any]:
        """Return what a merge key `<<` adds: a mapping, or several, of which the first wins."""
        merged: dict[str, Any] = {}
        for each in reversed(value if isinstance(value, list) else [value]):
            if isinstance(each, dict):
                merged |= each
            else:
                self._note((*path, MERGE), "type", "a merge key '<<' takes mappings only")
        return merged

    def _key(self, event: Event, path: Steps) -> str | None:
        """Return the key that an event begins, or None, with a fault noted, if it is not text."""
        place, line = (*path, "?"), event.start_mark.line + 1
        if isinstance(event, yaml.ScalarEvent) and not event.anchor:
            value = self._scalar(event, place)
        else:
            value, _ = self._value(event, place)
            del self._lines[place]
        self._size.values -= 1
        if not isinstance(value, str):
            written = excerpt(event.value) if isinstance(event, yaml.ScalarEvent) else "given here"
            self._note(path, "type", f"the key {written} is not text", "put it in quotes", line)
            return None
        if len(value) > MAX_KEY:
            raise too_large(f"the key {excerpt(value)} is longer than {MAX_KEY} characters")
        return value

    def _scalar(self, event: Event, path: Steps) -> Any:
        length = len(event.value)
        self._size.add(1, length if length <= MAX_REPEATED else 0)
        untagged = event.tag in (None, "!")
        try:
            if untagged:
                return self._plain(event.value, path) if event.implicit[0] else event.value
            return tagged(event.value, event.tag)
        except NotInSchema as error:
            self._note_tag(str(error), path, foreign=not untagged)
            return None

    def _plain(self, text: str, path: Steps) -> Any:
        value = plain(text)
        if len(self._warnings) < MAX_FAULTS and (other := otherwise(text, value)):
            self._warnings.append(Fault(pointer(path), "yaml-1-1", *other))
        return value

    def _note_tag(self, message: str, path: Steps, foreign: bool = True) -> None:
        code, hint = ("tag", "remove the tag") if foreign else ("range", None)
        self._note(path, code, message, hint)

    def _note(
        self,
        path: Steps,
        code: str,
        message: str,
        suggestion: str | None = None,
        line: int | None = None,
    ) -> None:
        if len(self._faults) < MAX_FAULTS:
            self._faults.append(Fault(pointer(path), code, message, suggestion, line))


def _is_merge(event: Event) -> bool:
    return bool(event.value == MERGE and event.tag is None and event.implicit[0])


def _tag(event: Event) -> str:
    return excerpt(event.tag.replace(CORE, "!!"))


def _steps(path: str) -> list[str]:
    return path.split("/")[1:]
