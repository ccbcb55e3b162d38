"""YAML text to plain data, read safely and strictly.

Unlike PyYAML's own loading, a key that stands twice in one mapping is a fault rather than a
silent loss, `1e-9` is a number (YAML 1.2), and the document's size is bounded also after its
aliases are followed, so that a small text cannot grow into a huge one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import yaml

from .faults import Fault, Path, RecipeError, pointer

MAX_CHARACTERS = 256 * 1024
MAX_DEPTH = 32
MAX_NODES = 20_000

_TOO_LARGE = (
    f"the document has more than {MAX_NODES} values or nests deeper than {MAX_DEPTH} levels, "
    "its aliases followed"
)

_HALF_CHARACTER = re.compile(r"[\ud800-\udfff]")
_CORE = "tag:yaml.org,2002:"
_MERGE = f"{_CORE}merge"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The safe loader, with the numbers of YAML 1.2 added to those of YAML 1.1."""


def teach_numbers(resolver: type[yaml.resolver.Resolver]) -> None:
    """Make a YAML loader or dumper see a number in `1e-9`, where YAML 1.1 sees text."""
    pattern = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)[eE][-+]?\d+$", re.ASCII)
    resolver.add_implicit_resolver(f"{_CORE}float", pattern, list("-+.0123456789"))


teach_numbers(_Loader)


class Loaded(NamedTuple):
    """One document as dicts, lists and scalars, and the faults found while reading it."""

    data: Any
    faults: tuple[Fault, ...]


def load_documents(text: str) -> list[Loaded]:
    """Read every YAML document of a text; repeated keys and foreign tags become its faults.

    Raises:
        RecipeError: the text is not YAML at all or exceeds a limit.
    """
    if len(text) > MAX_CHARACTERS:
        raise _fault((), "limit", f"the document is longer than {MAX_CHARACTERS} characters")
    try:
        _check_depth(text)
        roots = list(yaml.compose_all(text, Loader=_Loader))
    except (yaml.YAMLError, UnicodeError) as error:
        raise _fault((), "yaml", _in_words(error)) from None
    return [_Reader().read(root) for root in roots]


def check_plain(data: Any) -> None:
    """Hold plain data that did not come from YAML to the same limits and to real text.

    Raises:
        RecipeError: the data nests too deep, has too many values, or holds half of a character.
    """
    pending, count = [(data, 0)], 0
    while pending:
        value, depth = pending.pop()
        count += 1
        if count > MAX_NODES or depth > MAX_DEPTH:
            raise _fault((), "limit", _TOO_LARGE)
        if isinstance(value, str) and _HALF_CHARACTER.search(value):
            raise _fault((), "yaml", f"{value[:60]!r} holds half of a character (a lone surrogate)")
        if isinstance(value, dict | list):
            inner = [*value, *value.values()] if isinstance(value, dict) else value
            pending += [(each, depth + 1) for each in inner]


def _check_depth(text: str) -> None:
    """Count nesting on the flat stream of events, before anything recursive sees the text."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise _fault((), "limit", f"the document nests deeper than {MAX_DEPTH} levels")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


class _Reader:
    """Turns one document's nodes into plain data and collects what is wrong on the way."""

    def __init__(self) -> None:
        construct = yaml.constructor.SafeConstructor()
        self._scalars: dict[str, Callable[[yaml.ScalarNode], Any]] = {
            "null": lambda _: None,
            "bool": construct.construct_yaml_bool,
            "int": construct.construct_yaml_int,
            "float": construct.construct_yaml_float,
            "str": lambda node: node.value,
            # a date is nothing a recipe holds, but it may be meant as a name
            "timestamp": lambda node: node.value,
        }
        self._nodes = 0
        self._faults: list[Fault] = []

    def read(self, root: yaml.Node) -> Loaded:
        return Loaded(self._value(root, ()), tuple(self._faults))

    def _value(self, node: yaml.Node, path: Path) -> Any:
        self._nodes += 1
        if self._nodes > MAX_NODES or len(path) > MAX_DEPTH:
            raise _fault((), "limit", _TOO_LARGE)
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_CORE}map":
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_CORE}seq":
            return [self._value(item, (*path, i)) for i, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        inherited: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                inherited = self._merged(value_node, path) | inherited
                continue
            key = self._key(key_node, path)
            if key in own:
                self._note((*path, key), "duplicate-key", f"{key!r} stands twice in this mapping")
            own[key] = self._value(value_node, (*path, key))
        return inherited | own

    def _merged(self, node: yaml.Node, path: Path) -> dict[str, Any]:
        """What a merge key `<<` brings in: a mapping, or a list of which the first wins."""
        value = self._value(node, (*path, "<<"))
        mappings = value if isinstance(value, list) else [value]
        merged: dict[str, Any] = {}
        for each in reversed(mappings):
            if isinstance(each, dict):
                merged |= each
            else:
                self._note((*path, "<<"), "type", "a merge key '<<' takes mappings only")
        return merged

    def _key(self, node: yaml.Node, path: Path) -> str:
        if isinstance(node, yaml.ScalarNode) and node.tag == f"{_CORE}str":
            return str(node.value)
        self._note(path, "type", f"the key {_excerpt(node)} is not text", "put it in quotes")
        return _excerpt(node)

    def _scalar(self, node: yaml.Node, path: Path) -> Any:
        kind = node.tag.removeprefix(_CORE)
        if not isinstance(node, yaml.ScalarNode) or kind not in self._scalars:
            tag = node.tag.replace(_CORE, "!!")
            self._note(path, "tag", f"the YAML tag {tag!r} is not allowed here", "remove the tag")
            return None
        try:
            return self._scalars[kind](node)
        except (ValueError, KeyError):
            self._note(path, "tag", f"{_excerpt(node)} cannot be read as {kind}")
            return None

    def _note(self, path: Path, code: str, message: str, suggestion: str | None = None) -> None:
        self._faults.append(Fault(pointer(path), code, message, suggestion))


def _fault(path: Path, code: str, message: str) -> RecipeError:
    return RecipeError([Fault(pointer(path), code, message)])


def _excerpt(node: yaml.Node) -> str:
    return repr(str(node.value)[:60]) if isinstance(node, yaml.ScalarNode) else "given here"


def _in_words(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    return f"this is not valid YAML{where}: {problem}"
