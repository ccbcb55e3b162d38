"""Recipes made from the distribution of real ones, always the same."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeVar

from benchmarks.registry.shapes import SHAPES, VALUES, Shape

OWNERS, MODELS, WORDS, TAGS = 60_000, 60_000, 40_000, 12_000
FAMILIES = ("mistral", "llama-2", "llama-3", "qwen2", "qwen2.5", "gemma-2", "phi-3", "solar", "yi")
SIZES = ("7b", "8b", "13b", "3b", "1.5b", "14b", "34b", "70b")
KINDS = ("instruct", "chat", "base", "dpo", "orpo", "code", "math", "roleplay", "story", "sft")
TOPICS = (
    *("german", "maths", "code", "roleplay", "medicine", "law", "french", "story", "chat"),
    *("reasoning", "spanish", "japanese", "finance", "science", "poetry", "agents", "tools"),
)
DOMAINS = ("code", "maths", "chat", "medicine", "law", "language", "stories")
LICENCES = ("apache-2.0", "llama3", "mit", "cc-by-nc-4.0", "gemma", None)
COMMON = (
    *("merge", "of", "two", "three", "models", "with", "the", "and", "for", "a", "better", "than"),
    *("its", "parents", "in", "on", "trained", "keeps", "chat", "template", "good", "at", "from"),
)
SYLLABLES = [first + second for first in "bdfgklmnprstvz" for second in ("a", "e", "i", "o", "u")]

T = TypeVar("T")


@dataclass(frozen=True)
class Made:
    """A recipe with its version."""

    number: int
    owner: str
    name: str
    title: str
    description: str
    tags: list[str]
    domains: list[str]
    licence: str | None
    visibility: str
    stars: int
    shape: Shape
    models: list[str]
    parameters: dict[str, list[float]]


class Skewed:
    """Draws numbers below `count`, small ones far more often, as names and words are used."""

    def __init__(self, count: int, power: float = 3.0) -> None:
        self._count, self._power = count, power

    def draw(self, uniform: float) -> int:
        return int(self._count * uniform**self._power)


def word(number: int) -> str:
    """A word that nobody knows; another one for each number."""
    text = ""
    while True:
        number, rest = divmod(number, len(SYLLABLES))
        text += SYLLABLES[rest]
        if not number:
            return text + "n"


def owner(number: int) -> str:
    """An owner's handle."""
    return word(number + 900)


def model(number: int) -> str:
    """A model's name."""
    family, size = FAMILIES[number % len(FAMILIES)], SIZES[number // 9 % len(SIZES)]
    kind = KINDS[number // 72 % len(KINDS)]
    return f"{word(number // 7)}/{family}-{size}-{word(number % 3000)}-{kind}"


def recipes(count: int) -> Iterator[Made]:
    """So many recipes."""
    draw, taken = random.Random(17), set[tuple[str, str]]()
    shares = list(accumulate(shape.share for shape in SHAPES))
    for number in range(1, count + 1):
        [shape] = draw.choices(SHAPES, cum_weights=shares)
        made = _recipe(draw, number, shape)
        while (made.owner, made.name) in taken:
            made = _recipe(draw, number, shape)
        taken.add((made.owner, made.name))
        yield made


def _recipe(draw: random.Random, number: int, shape: Shape) -> Made:
    uniform = draw.random
    models = [model(Skewed(MODELS).draw(uniform())) for _ in range(shape.models)]
    family = models[0].partition("/")[2].split("-")[0]
    topic = _often(draw, TOPICS)
    own = word(Skewed(WORDS, 2.0).draw(uniform()))
    title = f"{family.title()} {topic} {own} {shape.method.replace('_', ' ')}"
    return Made(
        number=number,
        owner=owner(Skewed(OWNERS, 2.0).draw(uniform())),
        name=f"{family.replace('.', '-')}-{topic}-{own}-v{draw.randrange(1, 40)}",
        title=title,
        description=" ".join(_words(draw, int(8 + 20 * uniform()))),
        tags=list(dict.fromkeys((topic, *_tags(draw)))),
        domains=[_often(draw, DOMAINS)] if uniform() < 0.5 else [],
        licence=_often(draw, LICENCES),
        visibility="public" if uniform() < 0.97 else "private",
        stars=int(0.3 / max(uniform(), 1e-4)),
        shape=shape,
        models=list(dict.fromkeys(models)),
        parameters={
            name: sorted({_often(draw, VALUES[name]) for _ in range(times)})
            for name, times in shape.values.items()
        },
    )


def _often(draw: random.Random, choices: Sequence[T]) -> T:
    return choices[Skewed(len(choices), 2.0).draw(draw.random())]


def _tags(draw: random.Random) -> Iterator[str]:
    skewed = Skewed(TAGS, 4.0)
    return (word(skewed.draw(draw.random())) for _ in range(draw.randrange(4)))


def _words(draw: random.Random, count: int) -> Iterator[str]:
    skewed = Skewed(WORDS, 3.0)
    for _ in range(count):
        common = draw.random() < 0.5
        yield _often(draw, COMMON) if common else word(skewed.draw(draw.random()))
