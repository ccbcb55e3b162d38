"""Entries of a catalogue, drawn at random, and what a query finds among them by looking at each."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st

from registry.search.catalogue.entry import WEIGHTS, Entry
from registry.search.catalogue.sight import Viewpoint
from registry.search.query import Among, Condition, Query, Term, Within
from registry.search.words import words_of

WORDS = ("slerp", "ties", "of", "two", "german", "maths", "mistral7b", "llama-3", "überall", "v2")
MODELS = ("org/mistral-7b", "org/llama-3-8b", "me/mistral-maths-7b", "you/german")
OWNERS = ("ann", "bob", "lab")
LICENCES = ("apache-2.0", "MIT", None)
DENSITIES = (0.1, 0.3, 0.5, 1.0)

_texts = st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join)
_numbers = st.integers(0, 3)
_densities = st.lists(st.sampled_from(DENSITIES), unique=True, max_size=2).map(tuple)


def _some(choices: Iterable[str], most: int = 2) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(tuple(choices)), unique=True, max_size=most).map(tuple)


def entries(numbers: st.SearchStrategy[int]) -> st.SearchStrategy[Entry]:
    """Any entry of a recipe with one of these numbers."""
    return st.builds(
        Entry,
        number=numbers,
        owner=st.sampled_from(OWNERS),
        name=st.sampled_from(("slerp-of-two", "ties", "german-v2")),
        title=_texts,
        description=_texts,
        tags=_some(("german", "llama-3", "maths")),
        domains=_some(("maths", "code")),
        licence=st.sampled_from(LICENCES),
        visibility=st.sampled_from(("public", "public", "unlisted", "private")),
        archived=st.sampled_from((False, False, True)),
        created=st.integers(1_700_000_000, 1_700_000_009),
        stars=_numbers,
        forks=_numbers,
        reproductions=_numbers,
        methods=_some(("ties", "slerp", "linear"), 1),
        base=st.sampled_from((*MODELS, None)),
        ingredients=_some(MODELS, 3),
        parameters=_densities.map(lambda values: {"density": values} if values else {}),
        count=st.integers(1, 4),
        shape=st.sampled_from(("models", "slices")),
    )


_single = st.sampled_from([word for each in WORDS for word in words_of(each)])
_terms = st.builds(
    Term,
    words=st.lists(_single, min_size=1, max_size=3).map(tuple),
    negated=st.booleans(),
    prefix=st.booleans(),
)
_values = {
    "method": ("ties", "slerp", "nothing"),
    "base": (*MODELS, "mistral", "7b mistral", "nothing"),
    "ingredient": (*MODELS, "llama", "maths 7b"),
    "owner": OWNERS,
    "name": ("ties", "slerp-of-two", "slerp"),
    "tag": ("german", "llama-3"),
    "domain": ("maths",),
    "licence": ("apache-2.0", "mit"),
    "shape": ("models", "modules"),
    "visibility": ("public", "unlisted", "private"),
    "archived": ("yes", "no"),
}


def _among(field: str) -> st.SearchStrategy[Among]:
    values = st.lists(st.sampled_from(_values[field]), unique=True, min_size=1, max_size=2)
    return st.builds(Among, st.just(field), values.map(sorted).map(tuple), st.booleans())


_ends = {
    "ingredients": _numbers,
    "stars": _numbers,
    "forks": _numbers,
    "reproductions": _numbers,
    "size": st.sampled_from((3e9, 7e9, 7.24e9)),
    "uplift": st.sampled_from((-1.0, 0.3, 2.5)),
    "created": st.integers(1_700_000_000, 1_700_000_009),
    "parameter": st.sampled_from(DENSITIES),
}


def _within(field: str) -> st.SearchStrategy[Within]:
    end = st.none() | _ends[field].map(float)
    parameter = st.just("density") if field == "parameter" else st.none()
    bools = st.booleans()
    return st.builds(Within, st.just(field), parameter, end, end, bools, bools, bools)


_conditions = st.one_of(
    _terms,
    st.sampled_from(sorted(_values)).flatmap(_among),
    st.sampled_from(sorted(_ends)).flatmap(_within),
)
queries = st.lists(_conditions, max_size=3).map(tuple).map(Query)
viewpoints = st.one_of(
    st.just(Viewpoint(all=True)), st.frozensets(st.sampled_from(OWNERS)).map(Viewpoint)
)


def seen(entry: Entry, viewpoint: Viewpoint) -> bool:
    """Whether a viewer sees an entry."""
    return entry.visibility == "public" or viewpoint.all or entry.owner in viewpoint.accounts


def matches(entry: Entry, query: Query, later: dict[str, float]) -> bool:
    """Whether all conditions hold for an entry, of which this is known besides."""
    asked = any(isinstance(each, Among) and each.field == "archived" for each in query.conditions)
    if entry.archived and not asked:
        return False
    return all(_holds(entry, each, later) != each.negated for each in query.conditions)


def _holds(entry: Entry, condition: Condition, later: dict[str, float]) -> bool:
    if isinstance(condition, Term):
        return any(_follow(condition, text) for text in _lines(entry))
    if isinstance(condition, Among):
        return any(_has(entry, condition.field, value) for value in condition.values)
    if condition.parameter:
        return any(_inside(condition, each) for each in entry.parameters.get("density", ()))
    known = {"ingredients": entry.count, **later}
    number = known.get(condition.field, getattr(entry, condition.field, None))
    return number is not None and _inside(condition, number)


def _lines(entry: Entry) -> list[tuple[str, ...]]:
    texts = (entry.title, entry.name, entry.description, *entry.tags, *entry.ingredients)
    return [words_of(text) for text in texts]


def _follow(term: Term, line: tuple[str, ...]) -> bool:
    length = len(term.words)
    for at in range(len(line) - length + 1):
        *before, last = line[at : at + length]
        ends = last.startswith(term.words[-1]) if term.prefix else last == term.words[-1]
        if ends and before == list(term.words[:-1]):
            return True
    return False


def _has(entry: Entry, field: str, value: str) -> bool:
    if field in ("base", "ingredient"):
        models = entry.ingredients if field == "ingredient" else (entry.base or "",)
        return any(set(words_of(value)) <= set(words_of(each)) for each in models)
    if field == "archived":
        return entry.archived == (value == "yes")
    if field in ("method", "tag", "domain"):
        return value in getattr(entry, f"{field}s")
    held = getattr(entry, field)
    return value == (held or "").lower()


def _inside(within: Within, number: float) -> bool:
    above = within.low is None or (number > within.low if within.low_open else number >= within.low)
    below = within.high is None or (
        number < within.high if within.high_open else number <= within.high
    )
    return above and below


def relevance(entry: Entry, query: Query) -> int:
    """The sum of the best weight of each word of the query, title before tags and so on."""
    texts = [
        (WEIGHTS[0], f"{entry.title} {entry.name}"),
        *((WEIGHTS[1], tag) for tag in entry.tags),
        *((WEIGHTS[2], model) for model in entry.ingredients),
        (WEIGHTS[3], entry.description),
    ]
    total = 0
    for term in query.conditions:
        if isinstance(term, Term) and not term.negated:
            for at, word in enumerate(term.words, 1):
                goes_on = term.prefix and at == len(term.words)
                total += max(
                    weight
                    for weight, text in texts
                    for each in words_of(text)
                    if each == word or (goes_on and each.startswith(word))
                )
    return total
