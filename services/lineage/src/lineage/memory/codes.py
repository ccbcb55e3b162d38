"""The codes of the texts in the columns of models and edges."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from mergehub.columns.codes import Codes
from mergehub.columns.parts import Kept, Parts, texts_of, texts_part


@dataclass(frozen=True)
class Vocabulary:
    """The codes of each kind of text. A set of domains is one text, its parts sorted."""

    architecture: Codes = field(default_factory=Codes)
    licence: Codes = field(default_factory=Codes)
    domains: Codes = field(default_factory=Codes)
    method: Codes = field(default_factory=Codes)
    source: Codes = field(default_factory=Codes)

    @classmethod
    def kept(cls, kept: Kept) -> Vocabulary:
        """The codes of parts."""
        return cls(**{each.name: Codes(texts_of(kept[each.name])) for each in fields(cls)})

    def parts(self) -> Parts:
        """All texts, for a file."""
        return {each.name: texts_part(list(getattr(self, each.name))) for each in fields(self)}
