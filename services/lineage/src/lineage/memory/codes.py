"""The codes of the texts in the columns of models and edges."""

from __future__ import annotations

from dataclasses import dataclass, field

from mergehub.columns.codes import Codes


@dataclass(frozen=True)
class Vocabulary:
    """The codes of each kind of text. A set of domains is one text, its parts sorted."""

    architecture: Codes = field(default_factory=Codes)
    licence: Codes = field(default_factory=Codes)
    domains: Codes = field(default_factory=Codes)
    method: Codes = field(default_factory=Codes)
    source: Codes = field(default_factory=Codes)
