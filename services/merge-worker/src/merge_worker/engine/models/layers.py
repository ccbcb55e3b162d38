"""Finds the layers of any transformer from its tensor names and its configuration.

A stack is a family of tensors whose names share a prefix followed by a number, such as
`model.layers.0.mlp.up_proj.weight`, with as many numbers as some depth key of the configuration
says. No architecture is known by name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from merge_worker.engine.files.header import Region

DEPTH_KEYS: Final = (
    "num_hidden_layers",
    "n_layer",
    "n_layers",
    "num_layers",
    "num_decoder_layers",
    "encoder_layers",
    "decoder_layers",
    "depth",
)
_NUMBERED: Final = re.compile(r"^(?P<prefix>.*?)(?<![^.])(?P<layer>\d+)(?P<rest>\..+)$")
_LAYERS: Final = re.compile(r"(^|\.)(layers?|h)\.$")
_AFTER: Final = re.compile(r"lm_head|embed_out|(^|\.)(head|score|classifier|pooler|output)\b")
_BEFORE: Final = re.compile(r"emb|(^|\.)(wte|wpe|shared)\b|vis|audio|project|encoder")

_SENSES: Final = (("vision", r"vision|visual|image|(^|[._])vit\b"), ("audio", r"audio|speech"))


@dataclass(frozen=True)
class Stack:
    """The layers 0 to `depth` - 1 under one prefix ("model.layers.").

    Further layers may follow, `beyond` of them, with the next numbers. The configuration does not
    count them, and the model does not run them: they predict further tokens.
    """

    prefix: str
    depth: int
    beyond: int = 0

    def split(self, name: str) -> tuple[int, str] | None:
        """A tensor's layer and the rest of its name (".mlp.up_proj.weight"), or None."""
        layer, dot, rest = name.removeprefix(self.prefix).partition(".")
        if not name.startswith(self.prefix) or not layer.isdecimal():
            return None
        return int(layer), dot + rest

    def split_beyond(self, name: str) -> tuple[int, str] | None:
        """Like `split`, for the layers beyond, counted from the last layer of the stack."""
        place = self.split(name)
        return (place[0] - self.depth, place[1]) if place and place[0] >= self.depth else None

    def join(self, layer: int, rest: str) -> str:
        """The name of a tensor of a layer."""
        return f"{self.prefix}{layer}{rest}"

    def split_all(self, names: Iterable[str]) -> dict[int, list[str]]:
        """For each layer, the rests of its tensors' names, in order."""
        found: dict[int, list[str]] = {}
        for name in names:
            if place := self.split(name):
                found.setdefault(place[0], []).append(place[1])
        return found


@dataclass(frozen=True)
class Layout:
    """The stacks of a model; the main stack, which slices cut, is first."""

    stacks: tuple[Stack, ...]

    def place(self, name: str) -> tuple[Stack, int, str] | None:
        """A tensor's stack, layer and the rest of its name, or None if it is outside the stacks."""
        for stack in self.stacks:
            if found := stack.split(name):
                return stack, *found
        return None

    def under(self, prefix: str) -> Stack | None:
        """The stack with this prefix, or None."""
        return next((stack for stack in self.stacks if stack.prefix == prefix), None)

    def is_beyond(self, name: str) -> bool:
        """Whether a tensor is of a layer beyond a stack."""
        return any(stack.split_beyond(name) for stack in self.stacks)

    def sort_key(self, name: str) -> tuple[Any, ...]:
        """A key to sort names as a model runs: before the stacks, layer by layer, after them."""
        place = self.place(name)
        rank = 1 if place else (0 if comes_before(name) else 2)
        parts = re.split(r"(\d+)", name)
        return rank, [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts]


def comes_before(name: str) -> bool:
    """Whether a tensor outside the layers acts before the stack: embeddings do, heads do not."""
    return not _AFTER.search(name) and bool(_BEFORE.search(name))


def find_layout(tensors: Mapping[str, Region], config: Mapping[str, Any]) -> Layout:
    """Find the stacks of a model: numbered families as deep as its configuration says.

    If no text family is, the one that has more layers counts, too. If no family is at all, the
    largest family without gaps counts.
    """
    layers: dict[str, set[int]] = defaultdict(set)
    volume: dict[str, int] = defaultdict(int)
    for name, region in tensors.items():
        if found := _NUMBERED.match(name):
            layers[found["prefix"]].add(int(found["layer"]))
            volume[found["prefix"]] += region.nbytes
    whole = {p: len(n) for p, n in layers.items() if n == set(range(len(n)))}
    order = sorted(whole, key=lambda prefix: (sense_of(prefix) != "", -volume[prefix], prefix))
    depths = {depth for _, _, depth in depth_entries(config)}
    stacks = [Stack(prefix, whole[prefix]) for prefix in order if whole[prefix] in depths]
    if not any(sense_of(stack.prefix) == "" for stack in stacks):
        stacks = [*_longer(order, whole, config), *stacks]
    return Layout(tuple(stacks or [Stack(prefix, whole[prefix]) for prefix in order[:1]]))


def _longer(
    order: Iterable[str], whole: Mapping[str, int], config: Mapping[str, Any]
) -> Iterator[Stack]:
    """The first text stack, if it has more layers than the only depth given for text."""
    said = {depth for _, depth in text_depths(config)}
    first = next((p for p in order if _LAYERS.search(p) and not sense_of(p)), None)
    if first is not None and len(said) == 1 and 0 < min(said) < whole[first]:
        yield Stack(first, min(said), whole[first] - min(said))


def text_depths(config: Mapping[str, Any]) -> list[tuple[str, int]]:
    """The depths of text in the configuration: keys and values."""
    entries = depth_entries(config)
    return [(key, depth) for path, key, depth in entries if not sense_of(".".join(path))]


def sense_of(name: str) -> str:
    """The sense that a part of a model serves, by its name: "vision", "audio", or "" for text."""
    return next((sense for sense, words in _SENSES if re.search(words, name)), "")


def lacking_layers(layout: Layout, config: Mapping[str, Any]) -> str | None:
    """Return what is wrong if there are fewer text layers than every depth given for text.

    More layers are valid (layers that predict further tokens), and so are shared layers, whose
    prefix has another name.
    """
    said = [(depth, key) for key, depth in text_depths(config)]
    main = layout.stacks[0] if layout.stacks else None
    if main is None or not _LAYERS.search(main.prefix) or sense_of(main.prefix) or not said:
        return None
    depth, key = min(said)
    if main.depth >= depth:
        return None
    return f"{main.prefix}* has {main.depth} layers, but the configuration says {key}: {depth}"


def depth_entries(config: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str, int]]:
    """Every depth in a configuration: the path to its section, its key, its value."""
    for key in DEPTH_KEYS:
        yield from ((path, key, depth) for path, depth in _numbers(config, key))


def counts(config: Mapping[str, Any], key: str) -> list[int]:
    """The numbers that a key has in the sections of a configuration."""
    return [number for _, number in _numbers(config, key)]


def _numbers(config: Mapping[str, Any], key: str) -> Iterator[tuple[tuple[str, ...], int]]:
    if type(config.get(key)) is int:
        yield (), config[key]
    for section, value in config.items():
        if isinstance(value, dict):
            for path, number in _numbers(value, key):
                yield (section, *path), number
