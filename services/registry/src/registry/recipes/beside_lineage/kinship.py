"""Warnings of what lineage knows of a recipe's models: their base, flags and licences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from mergehub.contracts.licences.terms import broken, forbids
from mergehub.recipe.faults import Fault, Path, bounded, excerpt, pointer
from mergehub.recipe.methods import MethodSpec
from registry.recipes.beside_lineage.groups import Merged, places
from registry.recipes.beside_lineage.lineage import (
    Conflict,
    Exclusion,
    Ingredient,
    Ingredients,
    Inherited,
    Kinship,
    Named,
)

LISTED = 3
"""How many models a sentence names."""


def kinship_warnings(
    merged: Sequence[Merged], method: MethodSpec, known: Ingredients, licence: str | None = None
) -> list[Fault]:
    """The warnings for the groups of a recipe, in the order of the answer about them.

    `licence`: the one that the recipe is to have.
    """
    return list(bounded(_warnings(merged, method, known, licence)))


def _warnings(
    merged: Sequence[Merged], method: MethodSpec, known: Ingredients, licence: str | None
) -> Iterator[Fault]:
    found = {each.asked: each for each in known.models}
    for group, kin in zip(merged, known.groups, strict=True):
        yield from _of_group(group, kin, method, found)
    where = places(merged)
    for each in known.models:
        yield from _flags(each, where[each.asked])
    of_names = {each.name: where[each.asked] for each in reversed(known.models)}
    yield from (_forbidding(each, of_names) for each in known.forbidding)
    yield from (_conflict(each, of_names) for each in known.conflicts)
    yield from (_exclusion(each, of_names) for each in known.exclusions)
    if licence is not None:
        yield from _not_kept(licence, known.inherited, of_names)


def base_to_name(kin: Kinship) -> str | None:
    """The base that a group without one may name, if several of its models share one."""
    return kin.shared.name if len(kin.compared) > 1 and kin.shared is not None else None


def _of_group(
    group: Merged, kin: Kinship, method: MethodSpec, found: Mapping[str, Ingredient]
) -> Iterator[Fault]:
    if len(kin.compared) > 1 and kin.shared is None:
        yield _no_shared_base(group, [found[each] for each in kin.compared])
    elif kin.apart and group.base is not None:
        yield _wrong_base(group, kin, group.base, method)
    elif method.base == "optional" and group.base is None and (shared := base_to_name(kin)):
        message = (
            f"without a base_model, {method.name} merges whole weights and not what training "
            f"changed; these models share the base {excerpt(shared)}"
        )
        hint = f"add base_model: {shared}"
        yield Fault(pointer(group.base_path), "base-not-given", message, hint)


def _no_shared_base(group: Merged, models: Sequence[Ingredient]) -> Fault:
    one, other = _strangers(models)
    message = (
        f"as far as the hub knows, these models share no base: {_origin(one)}, {_origin(other)}"
    )
    hint = "merge models that were trained from one base"
    return Fault(pointer(group.path), "no-shared-base", message, hint)


def _strangers(models: Sequence[Ingredient]) -> tuple[Ingredient, Ingredient]:
    """Two of the models that share no original, or else the first two."""
    for one, other in combinations(models, 2):
        if not {each.name for each in one.originals} & {each.name for each in other.originals}:
            return one, other
    return models[0], models[1]


def _origin(model: Ingredient) -> str:
    names = [each.name for each in model.originals if each.name != model.name]
    if not names:
        return f"{excerpt(model.asked)} is an original"
    return f"{excerpt(model.asked)} goes back to {_listed(names)}"


def _wrong_base(group: Merged, kin: Kinship, base: str, method: MethodSpec) -> Fault:
    message = (
        f"as far as the hub knows, {_listed(kin.apart)} did not come from {excerpt(base)}, so the "
        f"task vectors that {method.name} merges are not what training changed"
    )
    they = "it" if len(kin.compared) == 1 else "all of these models"
    hint = None
    if kin.shared is not None:
        hint = f"did you mean {excerpt(kin.shared.name)}, the nearest model that {they} came from?"
    return Fault(pointer(group.base_path), "base-not-shared", message, hint)


def _flags(model: Ingredient, path: Path) -> Iterator[Fault]:
    for flag in model.flags:
        name = excerpt(model.asked)
        source = f" of {excerpt(flag.path[-1].name)}" if len(flag.path) > 1 else ""
        has = f"{name} inherits a flag{source}" if source else f"{name} has a flag"
        yield Fault(pointer(path), "flagged", f"{has}: {flag.kind} ({flag.reason})")


def _forbidding(inherited: Inherited, where: Mapping[str, Path]) -> Fault:
    message = (
        f"{inherited.licence} of {excerpt(inherited.path[-1].name)} does not allow the merge to be "
        "passed on"
    )
    path = where.get(inherited.path[0].name, ())
    return Fault(pointer(path), "licence-forbids", message, _way(inherited.path))


def _conflict(conflict: Conflict, where: Mapping[str, Path]) -> Fault:
    message = f"{excerpt(conflict.by.name)} breaks a licence of its ancestors: {conflict.reason}"
    path = where.get(conflict.path[0].name, ())
    return Fault(pointer(path), "licence-broken", message, _way(conflict.path))


def _exclusion(exclusion: Exclusion, where: Mapping[str, Path]) -> Fault:
    one, other = exclusion.one, exclusion.other
    message = (
        f"no licence of the merge keeps both {one.licence} of {excerpt(one.path[-1].name)} and "
        f"{other.licence} of {excerpt(other.path[-1].name)}"
    )
    ways = "; ".join(filter(None, map(_way, (one.path, other.path))))
    return Fault(
        pointer(where.get(one.path[0].name, ())), "licences-exclude", message, ways or None
    )


def _not_kept(
    licence: str, inherited: Sequence[Inherited], where: Mapping[str, Path]
) -> Iterator[Fault]:
    """What the licence of the recipe does not keep of those that its models inherit."""
    for each in inherited:
        reason = None if forbids(each.licence) else broken(each.licence, licence)
        if reason is not None:
            holder = excerpt(each.path[-1].name)
            message = f"the recipe's licence {licence} does not keep that of {holder}: {reason}"
            path = where.get(each.path[0].name, ())
            yield Fault(pointer(path), "licence-not-kept", message, _way(each.path))


def _way(path: Sequence[Named]) -> str | None:
    """How an ingredient comes to what it inherits; None if that is its own."""
    return f"the way: {' from '.join(each.name for each in path)}" if len(path) > 1 else None


def _listed(names: Iterable[str]) -> str:
    first = [excerpt(each) for each in names]
    more = len(first) - LISTED
    shown = first[:LISTED] + ([f"{more} more"] if more > 0 else [])
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
