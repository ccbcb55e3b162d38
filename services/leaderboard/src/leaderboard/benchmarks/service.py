"""Benchmarks: those that come with the hub, and those that its results made known."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.benchmarks import repository, schemas
from leaderboard.benchmarks.models import MeasureRow
from leaderboard.memory.facts import Facts
from mergehub.benchmarks.catalogue import benchmarks as catalogue
from mergehub.benchmarks.catalogue import find
from mergehub.benchmarks.definition import Benchmark, Version
from mergehub.kit.paging.pages import PageRequest
from mergehub.kit.problems.problem import NotFound


class BenchmarkNotFound(NotFound):
    """The hub knows no benchmark of this name."""

    code, title = "benchmark-not-found", "Benchmark not found"
    remedy = "List benchmarks with `GET /v1/benchmarks`."


async def page(session: AsyncSession, facts: Facts, asked: PageRequest) -> schemas.BenchmarkPage:
    """A page of benchmarks, by name. Raises BadCursor."""
    after = asked.after(str)
    names = sorted(catalogue().keys() | await repository.names(session))
    rest = [each for each in names if after is None or each > after[0]]
    shown, next_cursor = asked.cut(rest, lambda name: (name,))
    items = await _described(session, facts, shown)
    return schemas.BenchmarkPage(items=items, next_cursor=next_cursor)


async def one(session: AsyncSession, facts: Facts, name: str) -> schemas.Benchmark:
    """A benchmark by its name, title, alias or task. Raises BenchmarkNotFound."""
    found = find(name)
    known = found.benchmark.name if found else name
    if not found and not await repository.names_there(session, [name]):
        raise BenchmarkNotFound(f"The hub knows no benchmark {name!r}.")
    return (await _described(session, facts, [known]))[0]


async def _described(
    session: AsyncSession, facts: Facts, names: Collection[str]
) -> list[schemas.Benchmark]:
    measures = defaultdict(list)
    for row in await repository.measures(session, names):
        measures[row.name].append(row)
    counts = _counts(facts)
    return [
        _defined(catalogue()[name], measures[name], counts[name])
        if name in catalogue()
        else _made(name, measures[name], counts[name])
        for name in names
    ]


def _counts(facts: Facts) -> Counter[str]:
    counts = Counter[str]()
    for setting, scores in zip(facts.settings, facts.scores, strict=True):
        counts[setting.benchmark] += len(scores)
    return counts


def _defined(of: Benchmark, rows: Sequence[MeasureRow], results: int) -> schemas.Benchmark:
    known = {version.version for version in of.versions}
    others = _measured(row for row in rows if row.version not in known)
    return schemas.Benchmark(
        name=of.name,
        title=of.title,
        summary=of.summary,
        defined=True,
        domains=list(of.domains),
        languages=list(of.languages),
        dataset=of.dataset,
        sources=[str(each) for each in of.sources],
        versions=[_version(each) for each in of.versions] + others,
        results=results,
    )


def _made(name: str, rows: Sequence[MeasureRow], results: int) -> schemas.Benchmark:
    return schemas.Benchmark(
        name=name,
        title=name,
        summary="Known by its results alone.",
        defined=False,
        domains=[],
        languages=[],
        dataset=None,
        sources=[],
        versions=_measured(rows),
        results=results,
    )


def _version(of: Version) -> schemas.BenchmarkVersion:
    return schemas.BenchmarkVersion(
        version=of.version,
        tasks=list(of.tasks),
        shots=of.shots,
        items=of.items,
        note=of.note,
        metrics=[
            schemas.BenchmarkMetric(
                metric=name,
                title=metric.title,
                main=name == of.metric,
                direction=metric.direction,
                baseline=metric.baseline.expected if metric.baseline else None,
            )
            for name, metric in of.metrics.items()
        ],
    )


def _measured(rows: Iterable[MeasureRow]) -> list[schemas.BenchmarkVersion]:
    """The versions that only results have."""
    versions: dict[str, list[MeasureRow]] = defaultdict(list)
    for row in rows:
        versions[row.version].append(row)
    return [
        schemas.BenchmarkVersion(
            version=version,
            tasks=[],
            shots=None,
            items=max((row.items for row in of if row.items is not None), default=None),
            note=None,
            metrics=[_unknown(row.metric) for row in of],
        )
        for version, of in versions.items()
    ]


def _unknown(metric: str) -> schemas.BenchmarkMetric:
    return schemas.BenchmarkMetric(
        metric=metric, title=metric, main=False, direction="higher", baseline=None
    )
