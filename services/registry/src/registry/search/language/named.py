"""Values that are words: methods, models, handles, labels, licences and choices."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

from mergehub.contracts.domains.vocabulary import domain_of
from mergehub.contracts.licences.identifiers import IDENTIFIERS, identifier_of
from mergehub.contracts.names import RECIPE_NAME
from mergehub.recipe import catalogue
from mergehub.recipe.faults import did_you_mean
from registry.search.language.faults import Wrong
from registry.search.language.fields import Field, Kind
from registry.search.language.scanning import QUOTES
from registry.search.words import words_of

LONGEST = 200
LABEL = r"^[a-z0-9]+([._-][a-z0-9]+)*$"


def value_of(field: Field, text: str) -> str:
    """A value as recipes have it, in lower case. Raises Wrong."""
    plain = " ".join(text.translate(QUOTES).lower().split())
    if not plain or len(plain) > LONGEST:
        raise Wrong("length", f"must have 1 to {LONGEST} characters")
    return _READERS[field.kind](field, plain)


def _method(field: Field, text: str) -> str:
    known = catalogue()
    return _one_of(text.replace("-", "_") if text not in known else text, known, text)


def _model(field: Field, text: str) -> str:
    if text.endswith("*") or not words_of(text):
        detail = f"must be a model's name or words of it, as in {field.example}"
        raise Wrong("not_a_model", detail, "leave the * out" if words_of(text) else None)
    return text


def _matching(pattern: str, what: str) -> Callable[[Field, str], str]:
    compiled = re.compile(pattern)

    def read(field: Field, text: str) -> str:
        if not compiled.match(text):
            raise Wrong("not_as_it_must_be", f"must be {what}, as in {field.example}")
        return text

    return read


def _domain(field: Field, text: str) -> str:
    return _READERS["label"](field, domain_of(text))


def _licence(field: Field, text: str) -> str:
    found = identifier_of(text)
    if found not in IDENTIFIERS:
        detail = "must be the identifier of a licence, as in licence:apache-2.0"
        raise Wrong("unknown_value", detail, did_you_mean(text, IDENTIFIERS))
    return found


def _choice(field: Field, text: str) -> str:
    return _one_of(text, field.choices, text)


def _one_of(value: str, known: Collection[str], text: str) -> str:
    if value not in known:
        raise Wrong(
            "unknown_value", f"must be one of {', '.join(known)}", did_you_mean(text, known)
        )
    return value


_READERS: Mapping[Kind, Callable[[Field, str], str]] = {
    "method": _method,
    "model": _model,
    "handle": _matching(RECIPE_NAME, "a handle: lower case words joined by hyphens"),
    "name": _matching(RECIPE_NAME, "a recipe's name: lower case words joined by hyphens"),
    "label": _matching(LABEL, "lower case words joined by hyphens, dots or underscores"),
    "domain": _domain,
    "licence": _licence,
    "choice": _choice,
}
