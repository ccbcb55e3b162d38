"""The names of domains, which say what a model is for, and the other words that people write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "maths": ("math", "mathematics", "mathematical"),
    "code": ("coding", "coder", "programming", "code-generation"),
    "reasoning": ("logic", "logical-reasoning"),
    "knowledge": ("world-knowledge", "general-knowledge"),
    "instruction-following": ("instruction", "instructions"),
    "truthfulness": ("truthful", "truth", "factuality"),
    "languages": ("language", "multilingual", "multilinguality"),
    "medical": ("medicine", "biomedical", "biomedicine", "clinical", "health", "healthcare"),
    "biology": (),
    "chemistry": (),
    "climate": (),
    "legal": ("law",),
    "finance": ("financial",),
    "roleplay": ("role-play", "roleplaying", "role-playing", "rp"),
    "storywriting": ("story-writing", "storytelling", "creative-writing"),
    "music": (),
    "art": ("arts",),
    "science": ("sciences", "scientific"),
    "education": ("educational",),
}
"""The domains that the hub knows, each with its synonyms; recipes and models may have others."""
_NAMES = {word: name for name, others in SYNONYMS.items() for word in (name, *others)}
LONGEST = max(map(len, _NAMES))


def domain_of(written: str) -> str:
    """The one name of a domain: `maths` for `Math`. A domain that is not known stays as it is."""
    return _known(written) or written


def domains_of(written: Iterable[str]) -> list[str]:
    """The names of domains, each once."""
    return list(dict.fromkeys(map(domain_of, written)))


def known_domains(words: Iterable[str]) -> tuple[str, ...]:
    """The domains that some of these words, such as the tags of a model, are names of."""
    return tuple(dict.fromkeys(found for word in words if (found := _known(word))))


def _known(written: str) -> str | None:
    text = written.strip()
    if len(text) > LONGEST:
        return None
    return _NAMES.get(re.sub(r"[\s_-]+", "-", text.lower()))
