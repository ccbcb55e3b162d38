"""The rows of a model card: the `model-index` of its front matter."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mergehub.contracts.lineage_names import fault
from mergehub.lineage_files.cards.blocks import front_matter
from mergehub.lineage_files.cards.mentions import Mentions
from mergehub.lineage_files.text import whole
from mergehub.recipe import RecipeError
from mergehub.recipe.yaml.document import load_documents
from mergehub.result_files import values
from mergehub.result_files.naming import Named, benchmark_named, shots_in
from mergehub.result_files.rows import Doubtful, Refused, Said, Unreadable, shown
from mergehub.result_files.sources import Found

from .naming import model_in
from .stated import Stated, rows_of_stated

LONGEST = 4 << 20
MOST_RESULTS = 5_000
NO_MODEL = "it is not said which model this is: give its name (--model in a shell)"
MENTIONED = "the card names its model in short; its text mentions one model of that name"
_LEADERBOARD = re.compile(r"open[-_ ]llm[-_ ]leaderboard", re.IGNORECASE)
_FIRST = re.compile(r"HuggingFaceH4|open_llm_leaderboard_v1|old", re.IGNORECASE)
_OF_V2 = frozenset({"ifeval", "bbh", "math", "gpqa", "musr", "mmlu-pro"})


def rows_of_card(found: Found, model: str | None) -> Iterator[Said]:
    """The rows of a card, or of its front matter alone.

    Raises:
        Unreadable: it is too long, or its front matter is not YAML.
    """
    text = whole(found.source, LONGEST).removeprefix("\ufeff")
    front = front_matter(text)
    data, lines = loaded(front.text if front else text, found.source.name)
    entries = data.get("model-index") if isinstance(data, dict) else None
    if not isinstance(entries, list) or not entries:
        raise Unreadable(f"{found.source.name} has no model-index with results.")
    first = front.line - 1 if front else 0
    several = len(entries) > 1
    for place, entry in enumerate(entries):

        def line(*inner: str, of: str = str(place)) -> int:
            return first + lines.get(("model-index", of, *inner), 1)

        given = None if several and model is None else model
        yield from _entry(entry, given or _in_full(entry, found.path, text), line)


def loaded(text: str, name: str) -> tuple[Any, dict[tuple[str, ...], int]]:
    """The first document of a YAML text, and the line of each of its values.

    Raises:
        Unreadable: it is not YAML, or is too large.
    """
    try:
        documents = load_documents(text)
    except RecipeError as error:
        why = error.faults[0].message.partition("\n")[0]  # without the line that it quotes
        raise Unreadable(f"{name} cannot be read: {why}.") from None
    return (documents[0].data, documents[0].lines()) if documents else (None, {})


class _Mentioned(str):
    """A full name that only the text of a card has."""


def _in_full(entry: Any, path: str, text: str) -> str | None:
    """The model of an entry: its own name, that of the folders, or one that the text mentions."""
    stated = values.text(entry.get("name"), 500) if isinstance(entry, dict) else None
    if stated and "/" in stated and not fault(stated):
        return stated
    if known := model_in(path):
        return known
    full = Mentions(text).full(stated) if stated else None
    return _Mentioned(full) if full and not fault(full) else None


def _entry(entry: Any, name: str | None, line: Callable[..., int]) -> Iterator[Said]:
    """The rows of an entry of a model; `line` says in which line a part of it begins."""
    if not isinstance(entry, dict):
        yield Refused(line(), "an entry of model-index is not an object")
        return
    if name is None:
        yield Refused(line(), NO_MODEL, shown(entry.get("name") or ""))
        return
    if isinstance(name, _Mentioned):
        yield Doubtful(line(), MENTIONED, shown(name))
    results = entry.get("results")
    scores = [
        score
        for at, result in enumerate((results if isinstance(results, list) else [])[:MOST_RESULTS])
        if isinstance(result, dict)
        for score in _scores(result, line("results", str(at)))
    ]
    yield from rows_of_stated(scores, name)


def _scores(result: Mapping[str, Any], line: int) -> Iterator[Stated]:
    dataset, task = (_object(result.get(each)) for each in ("dataset", "task"))
    title = values.text(dataset.get("name")) or values.text(dataset.get("type")) or ""
    source = _object(result.get("source"))
    origin = f"{source.get('name', '')} {source.get('url', '')}"
    named = _named(dataset, title)
    metrics = result.get("metrics")
    for metric in (metrics if isinstance(metrics, list) else [])[:MOST_RESULTS]:
        if named is None or not isinstance(metric, dict):
            continue
        args = _object(dataset.get("args")) | _object(metric.get("args"))
        normalised = _is_normalised(named, origin)
        kind = values.text(metric.get("type"), 100)
        fields = {
            "shots": _shots(args, title), "metric": _metric(kind, named, normalised),
            "evaluated_on": values.moment(task.get("date") or source.get("date")), **_own(args),
        }  # fmt: skip
        yield Stated(metric.get("value"), named, title, fields, line, origin, normalised)


def _named(dataset: Mapping[str, Any], title: str) -> Named | None:
    """The benchmark by the title, else by the type; a subtask if the configuration is one."""
    told = [title, str(dataset.get("type") or "").rpartition("/")[2]]
    found = [named for each in told if each and (named := benchmark_named(each))]
    return next((each for each in found if each.known), found[0] if found else None)


def _is_normalised(named: Named, origin: str) -> bool:
    """Whether the scores are of Open LLM Leaderboard v2, which puts normalised ones into cards."""
    of_it = _LEADERBOARD.search(origin) and not _FIRST.search(origin)
    return bool(of_it) and named.benchmark in _OF_V2


def _metric(kind: str | None, named: Named, normalised: bool) -> str | None:
    if named.known is None:
        return kind
    if normalised or kind is None or kind.lower() in ("accuracy", "acc_norm", "mc2", "acc"):
        plain = kind in named.known.metrics and not normalised
        return kind if plain else named.metric
    return kind


def _shots(args: Mapping[str, Any], title: str) -> int | None:
    told = args.get("num_few_shot", args.get("num_fewshot"))
    found = values.shots(told)
    return shots_in(title) if found is None else found


def _own(args: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that a hub's export has put into `args`."""
    names = ("benchmark", "version", "subtask", "revision", "precision", "harness",
             "harness_version", "task_hash", "seed", "count", "of", "limited", "chat_template",
             "stderr", "evaluated_on", "value")  # fmt: skip
    told = _object(args.get("mergehub"))
    return {name: told[name] for name in names if told.get(name) is not None}


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
