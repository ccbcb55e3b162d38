"""The rows of an aggregate record of Every Eval Ever, of schema 0.2 or 0.3."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mergehub.contracts.lineage_names import fault
from mergehub.result_files import values
from mergehub.result_files.naming import Named, benchmark_named, kebab, shots_in
from mergehub.result_files.rows import Doubtful, Refused, Said, row_of, shown, within
from mergehub.result_files.scales import NotAShare
from mergehub.result_files.tables.averages import agrees, is_average, mean

from .extras import found_in
from .instances import Instances
from .scores import mapping, scored

MOST_RESULTS = 100_000
InstancesOf = Callable[[], Instances]
AVERAGE_DIGITS = 4
"""The digits after the point to which averages and scores are usually rounded."""


def is_aggregate(document: Mapping[str, Any]) -> bool:
    """Whether an object is an aggregate record."""
    return isinstance(document.get("evaluation_results"), list) and "model_info" in document


def rows_of_aggregate(
    document: Mapping[str, Any], model: str | None, instances: InstancesOf, line: int | None = None
) -> Iterator[Said]:
    """The rows of a record; the items come from the file of instances beside it."""
    about = mapping(document.get("model_info"))
    name = model or values.text(about.get("id"), 500) or values.text(about.get("name"), 500)
    if name is None or (fault(name) and model is None):
        why = fault(name) if name else "model_info names no model"
        yield Refused(line, f"{why}: give the model's name with --model", shown(name or ""))
        return
    shared = _shared(document, about) | {"model": name, "line": line}
    items = instances() if document.get("detailed_evaluation_results") else None
    results = document["evaluation_results"]
    if len(results) > MOST_RESULTS:
        yield Refused(line, f"a record may have {MOST_RESULTS} results", shown(name))
        return
    for number, result in enumerate(results):
        place = within("evaluation_results", number)
        if isinstance(result, dict):
            yield from _rows(document, result, shared | {"place": place}, items)
        else:
            why = "an evaluation result is not an object"
            yield Refused(line, why, shown(name), place=place)
    yield from _averages([each for each in results if isinstance(each, dict)], line, shown(name))


def _rows(
    document: Mapping[str, Any], result: Mapping[str, Any], shared: dict[str, Any],
    items: Instances | None,
) -> Iterator[Said]:  # fmt: skip
    metric = mapping(result.get("metric_config"))
    written = values.text(result.get("evaluation_name")) or ""
    own = found_in(mapping(metric.get("additional_details")))
    if is_average(written) and not own:
        return
    named = _named(result, written)
    line, model, place = shared["line"], shown(shared["model"]), shared["place"]
    if named is None and not own:
        yield Refused(line, "an evaluation result has no name", model, place=place)
        return
    try:
        value, stderr, count = scored(mapping(result.get("score_details")), metric)
    except NotAShare as error:
        yield Refused(line, str(error), model, shown(written), place)
        return
    if metric.get("lower_is_better") is True and named and named.known:
        why = "it says that lower is better, and of this benchmark higher is"
        yield Refused(line, why, model, shown(written), place)
        return
    fields = _described(result, named, written) | {"value": value, "stderr": stderr}
    fields["count"] = count or values.count(_data(result).get("samples_number"))
    fields = shared | fields | own
    if items is not None:
        fields["items"], why_not = items.of(document, result, fields["value"])
        if why_not:
            yield Doubtful(line, why_not, model, shown(written), place)
    yield row_of(fields)


def _averages(results: list[Mapping[str, Any]], line: int | None, model: str) -> Iterator[Doubtful]:
    """Doubts about averages among the results that are not the mean of the others."""
    stated, parts = {}, []
    for result in results:
        name = values.text(result.get("evaluation_name")) or ""
        score = values.number(mapping(result.get("score_details")).get("score"))
        if score is None:
            continue
        if is_average(name):
            stated[name] = score
        else:
            parts.append(score)
    step = 10.0**-AVERAGE_DIGITS
    for name, score in stated.items():
        if parts and not agrees(score, parts, step, step):
            why = f"the average is {score:g}, but the mean of the others is {mean(parts):.6g}"
            yield Doubtful(line, why, model, shown(name))


def _shared(document: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    details = mapping(about.get("additional_details"))
    library = mapping(document.get("eval_library"))
    name, version = (values.text(library.get(each)) for each in ("name", "version"))
    return {
        "precision": values.precision(details.get("precision")),
        "revision": values.text(details.get("revision") or details.get("model_sha")),
        "harness": None if name == "unknown" else name,
        "harness_version": None if version == "unknown" else version,
        "evaluated_on": values.moment(document.get("evaluation_timestamp")),
        "claims": _claims(details),
    }


def _claims(details: Mapping[str, Any]) -> dict[str, Any] | None:
    billions = details.get("params_billions", details.get("params_b"))
    found = {
        "architecture": values.text(details.get("architecture"), 100),
        "parameters": values.parameters(billions, 10**9)
        if billions is not None
        else values.parameters(details.get("parameters")),
        "licence": values.text(details.get("license") or details.get("licence"), 100),
    }
    told = {name: value for name, value in found.items() if value is not None}
    return told or None


def _data(result: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(result.get("source_data"))


def _named(result: Mapping[str, Any], written: str) -> Named | None:
    """The benchmark, by the evaluation's name; as a subtask if it begins with the data set's."""
    named = benchmark_named(written)
    if named and named.known:
        return named
    dataset = benchmark_named(values.text(_data(result).get("dataset_name")) or "")
    own = kebab(written)
    if dataset and dataset.known and own.startswith(f"{dataset.benchmark}-"):
        return dataset._replace(subtask=own.removeprefix(f"{dataset.benchmark}-"))
    return named


def _described(result: Mapping[str, Any], named: Named | None, written: str) -> dict[str, Any]:
    generation = mapping(result.get("generation_config"))
    details = mapping(generation.get("additional_details"))
    told = next((details[each] for each in ("num_fewshot", "n_shot", "shots") if each in details),
                None)  # fmt: skip
    metric = mapping(result.get("metric_config"))
    shots = values.shots(told)
    return {
        "benchmark": named.benchmark if named else None,
        "version": named.version if named else None,
        "subtask": named.subtask if named else None,
        "metric": _metric(metric, named),
        "shots": shots_in(written) if shots is None else shots,
        "chat_template": values.truth(details.get("chat_template")),
        "evaluated_on": values.moment(result.get("evaluation_timestamp")),
    }  # fmt: skip


def _metric(metric: Mapping[str, Any], named: Named | None) -> str | None:
    """The metric: the benchmark's own, unless the record names another that it has."""
    stated = values.text(metric.get("metric_id"), 100) or values.text(
        metric.get("metric_name"), 100
    )
    if named is None or named.known is None:
        return stated or (named.metric if named else None)
    if stated in named.known.metrics or stated is None:
        return stated or named.metric
    return named.metric if stated.lower() in _USUAL else stated


_USUAL = frozenset({"accuracy", "acc", "score", "exact match", "exact_match", "em"})
"""Names of metrics that say no more than that answers are counted."""
