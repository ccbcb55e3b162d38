"""The parts of a model card: its front matter, and the texts in it that look like recipes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

MOST_BLOCKS = 50
END = "..."
_FRONT = re.compile(
    r"\ufeff?\s*(<!--.{0,2000}?-->\s*)?^---[ \t]*$\n(?P<front>.*?)^---[ \t]*$",
    re.DOTALL | re.MULTILINE,
)
_FENCE = re.compile(r"[ \t]{0,8}(`{3,}|~{3,})(?P<info>.*)")
_RECIPE = re.compile(r"[ \t]*(merge_method|experts)[ \t]*:")
_AROUND = re.compile(r"^(?:[ \t]{0,3}>[ ]?)+|</?(?:pre|code|details|summary|p|div)\b[^<>]{0,200}>")
"""What Markdown and HTML put around a text that they show as it is."""
_KEY = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*)[ \t]*:(?:[ \t]+(?P<value>[^#\s].*)|[ \t]*(#.*)?$)")
_OURS = frozenset({
    "merge_method", "models", "slices", "modules", "base_model", "parameters", "dtype",
    "out_dtype", "tokenizer", "tokenizer_source", "chat_template", "name", "experts",
    "experts_per_token", "shared_experts", "gate_mode", "architecture",
})  # fmt: skip


class Block(NamedTuple):
    """Some lines of a card, and the number of the first."""

    line: int
    text: str


def front_matter(card: str) -> Block | None:
    """The YAML between the two lines `---` at the beginning of a card."""
    found = _FRONT.match(card)
    if found is None:
        return None
    return Block(card.count("\n", 0, found.start("front")) + 1, found["front"])


def recipes(card: str, front: Block | None) -> Iterator[Block]:
    """The recipes in a card's text, fenced or not, each as one YAML document."""
    before = front.line + front.text.count("\n") if front else 0
    found = 0
    shown = [_AROUND.sub("", line).replace("\u00a0", " ") for line in card.split("\n")]
    for start, lines, fenced in _segments(shown, before):
        text = "\n".join(lines)
        whole = [Block(start, text)] if fenced and _is_json(text) else None
        for block in whole or _runs(start, lines, fenced):
            if whole or is_recipe(block.text):
                yield block
                found += 1
                if found == MOST_BLOCKS:
                    return


def is_recipe(text: str) -> bool:
    """Whether a line of a text begins what only a recipe has."""
    return any(map(_RECIPE.match, text.split("\n")))


def _is_json(text: str) -> bool:
    return text.lstrip().startswith("{") and '"merge_method"' in text


def _segments(lines: list[str], before: int) -> Iterator[tuple[int, list[str], bool]]:
    """The stretches of the text inside and outside of fences, with the number of the first line."""
    held: list[str] = []
    start, fence = before + 1, ""
    for number, line in enumerate(lines[before:], before + 1):
        mark = _FENCE.match(line)
        closes = mark and fence and mark[1].startswith(fence) and not mark["info"].strip()
        if mark and (closes or not fence) and "`" not in mark["info"]:
            yield start, held, bool(fence)
            held, start, fence = [], number + 1, "" if closes else mark[1]
        else:
            held.append(line)
    yield start, held, bool(fence)


def _runs(start: int, lines: list[str], fenced: bool) -> Iterator[Block]:
    """The stretches of lines that may be one YAML mapping; a key that repeats begins another."""
    held: list[str] = []
    keys: set[str] = set()
    first, open_key = start, False
    for number, line in enumerate([*lines, END], start):
        key = _key(line, fenced)
        ends = key is None and not _continues(line, open_key)
        if ends or key in keys:
            yield Block(first, "\n".join(held))
            held, keys, open_key = [], set(), False
        if ends or (not held and not line.strip()):
            continue
        if not held:
            first = number
        held.append(line)
        if key is not None:
            keys.add(key)
            found = _KEY.match(line.strip())
            open_key = not (found and found["value"])


def _key(line: str, fenced: bool) -> str | None:
    """The key of a line that begins a field of a recipe, or in a fence of any mapping."""
    found = _KEY.match(line)
    return found[1] if found and (fenced or found[1] in _OURS) else None


def _continues(line: str, open_key: bool) -> bool:
    """Whether a line may go on with the field before it."""
    return not line.strip() or line[0] in " \t#" or (open_key and line.startswith("- "))
