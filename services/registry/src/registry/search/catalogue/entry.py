"""What the catalogue knows of one recipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

TITLE, TAGS, INGREDIENTS, DESCRIPTION = range(4)
WEIGHTS = (8, 4, 2, 1)
"""How much a word counts by the best place that has it, in the order above."""


def hashed(text: str) -> int:
    """A hash of 64 bits that is the same in each process."""
    digest = blake2b(text.encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


@dataclass(frozen=True)
class Entry:
    """A recipe with its newest version, as a search sees it.

    `created` is in seconds since 1970; `count` says how many models it merges.
    """

    number: int
    owner: str
    name: str
    title: str
    description: str
    tags: tuple[str, ...]
    domains: tuple[str, ...]
    licence: str | None
    visibility: str
    archived: bool
    created: int
    stars: int
    forks: int
    reproductions: int
    methods: tuple[str, ...]
    base: str | None
    ingredients: tuple[str, ...]
    parameters: Mapping[str, tuple[float, ...]]
    count: int
    shape: str

    @property
    def counters(self) -> tuple[int, int, int]:
        """What changes without the text."""
        return self.stars, self.forks, self.reproductions

    def mark(self) -> int:
        """A hash of all but the counters."""
        parameters = sorted(self.parameters.items())
        return hashed(
            repr(
                (
                    *(self.owner, self.name, self.title, self.description, self.tags),
                    *(self.domains, self.licence, self.visibility, self.archived, self.created),
                    *(self.methods, self.base, self.ingredients, parameters, self.count),
                    self.shape,
                )
            )
        )

    def parts(self) -> Iterator[tuple[int, str]]:
        """Each of its texts after its kind; the most important texts come last."""
        yield DESCRIPTION, self.description
        yield from ((INGREDIENTS, model) for model in self.ingredients)
        yield from ((TAGS, tag) for tag in self.tags)
        yield TITLE, self.title
        if self.name != self.title:
            yield TITLE, self.name


VALUES: Mapping[str, Callable[[Entry], Sequence[str]]] = {
    "method": lambda entry: entry.methods,
    "tag": lambda entry: entry.tags,
    "domain": lambda entry: entry.domains,
    "ingredient": lambda entry: entry.ingredients,
    "owner": lambda entry: (entry.owner,),
    "shape": lambda entry: (entry.shape,),
    "base": lambda entry: (entry.base,) if entry.base else (),
    "licence": lambda entry: (entry.licence.lower(),) if entry.licence else (),
}
"""The values that an entry has of each field."""
