"""Every method and every parameter that mergekit knows, as small recipes.

A parameter given as a tuple has one value per model, any other stands at the top of the recipe.
`documented` names what is known to differ, and why it does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

EQUALS = "which of several equal magnitudes is kept"
AFTER = "after the stack a gradient's last value counts, in mergekit its first"
RESCALE = "`rescale_norm` is `density` unless the recipe says `l1`"
CLOSE = "mergekit sums the divergence in float32: elements at the threshold fall on the other side"
ONE_KEPT = "at least one element is kept, in mergekit none"


Source = tuple[str, int, int, dict[str, Any]]
"""A model, its first layer, one past its last, its own parameters."""


@dataclass(frozen=True)
class Case:
    """A recipe without dtypes, and what is known to differ."""

    method: str
    label: str
    recipe: dict[str, Any]
    documented: str = ""

    @property
    def models(self) -> set[str]:
        """The kinds of small models that it names."""
        slices = self.recipe.get("slices", ())
        entries = [*self.recipe.get("models", ()), *(s for part in slices for s in part["sources"])]
        named = {entry["model"] for entry in entries} | {self.recipe.get("base_model", "./base")}
        return {name.removeprefix("./") for name in named}


def case(
    method: str, models: str = "a b c", base: str = "base", documented: str = "", **parameters: Any
) -> Case:
    """A case over the models named; a parameter's last underscore is dropped (`lambda_`)."""
    named = {key.rstrip("_"): value for key, value in parameters.items()}
    entries: list[dict[str, Any]] = []
    for i, model in enumerate(models.split()):
        own = {key: value[i] for key, value in named.items() if isinstance(value, tuple)}
        entries.append({"model": f"./{model}", "parameters": own})
    recipe: dict[str, Any] = {"merge_method": method, "models": entries}
    recipe["parameters"] = {k: v for k, v in named.items() if not isinstance(v, tuple)}
    if base:
        recipe["base_model"] = f"./{base}"
    return Case(method, _label(models, base, named), recipe, documented)


def stacked(
    method: str,
    label: str,
    slices: list[dict[str, Any]],
    base: str = "",
    documented: str = "",
    **parameters: Any,
) -> Case:
    """A case of slices whose sources are given as `Source`."""
    recipe: dict[str, Any] = {"merge_method": method, "parameters": parameters, "slices": []}
    for part in slices:
        sources = [
            {"model": f"./{model}", "layer_range": [first, end], "parameters": own}
            for model, first, end, own in part["sources"]
        ]
        recipe["slices"].append({**part, "sources": sources})
    if base:
        recipe["base_model"] = f"./{base}"
    return Case(method, f"slices: {label}", recipe, documented)


def _label(models: str, base: str, parameters: dict[str, Any]) -> str:
    words = [f"{models} on {base}" if base else models]
    return ", ".join([*words, *(f"{key} {_value(value)}" for key, value in parameters.items())])


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return " / ".join(_value(each) for each in value)
    if isinstance(value, list):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    if isinstance(value, dict):
        return f"{value.get('filter', 'else')}: {_value(value['value'])}"
    return str(value).lower()


W = (0.5, 0.3, 0.9)
MINUS = (0.8, -0.4, 0.3)
LAST_FIRST = [
    {"filter": "model.norm", "value": 0.9},
    {"filter": "lm_head", "value": 0.9},
    {"value": [0.1, 0.6, 0.9]},
]
BY_NAME = [{"filter": "self_attn", "value": 0.2}, {"filter": "mlp", "value": 0.7}, {"value": 0.4}]


def cases() -> Iterator[Case]:
    """All cases, by method."""
    yield from _averages()
    yield from _spherical()
    for method in ("task_arithmetic", "ties", "breadcrumbs", "breadcrumbs_ties"):
        yield from _task_vectors(method)
    for method in ("dare_linear", "dare_ties", "della", "della_linear"):
        yield from _task_vectors(method)
    yield from _others()
    yield from _slices()


def _averages() -> Iterator[Case]:
    yield case("linear", base="", weight=W)
    yield case("linear", base="", weight=MINUS)
    yield case("linear", base="", weight=W, normalize=False)
    yield case("linear", base="", weight=([0.0, 1.0], 0.5, 0.2), documented=AFTER)
    yield case("linear", base="", weight=(LAST_FIRST, 0.5, 0.2))
    yield case("linear", base="", weight=(BY_NAME, 0.5, 0.2))
    yield case("linear", "a.bf16 b.bf16 c.bf16", base="", weight=W)
    yield case("linear", "a b zero", base="", weight=W)
    yield case("passthrough", "a", base="")
    yield case("passthrough", "a", base="", scale=(1.7,))
    yield case("passthrough", "a", base="", scale=(BY_NAME,))
    yield case("model_stock")
    yield case("model_stock", "a b")
    yield case("model_stock", filter_wise=True)
    yield case("model_stock", "a.bf16 b.bf16 c.bf16", "base.bf16")
    yield case("model_stock", "a against-a")


def _spherical() -> Iterator[Case]:
    for t in (0.0, 0.3, 1.0):
        yield case("slerp", "base a", t=t)
    yield case("slerp", "base a", t=[0.1, 0.6, 0.9], documented=AFTER)
    yield case("slerp", "base a", t=LAST_FIRST)
    yield case("slerp", "base a", t=BY_NAME)
    for other in ("far", "near", "zero", "a.bf16"):
        yield case("slerp", f"base {other}", t=0.3)
    for base in ("", "base"):
        yield case("nuslerp", "a far", base, weight=(0.3, 0.7))
        yield case("nuslerp", "a b", base, weight=(0.3, 0.9), nuslerp_flatten=False)
        yield case(
            "nuslerp", "a b", base, weight=(0.3, 0.9), nuslerp_flatten=False, nuslerp_row_wise=True
        )
        yield case("multislerp", "a b far", base, weight=W)
        yield case("multislerp", "a b far", base, weight=W, normalize_weights=False)
    yield case("nuslerp", "a b", weight=(0.5, -0.5))
    yield case("nuslerp", "a twin-a", weight=(0.5, 0.2))
    yield case("nuslerp", "a near", weight=(0.5, 0.2), base="")
    yield case("multislerp", "a against-a", weight=(0.5, 0.5), eps=1e-3)
    yield case("multislerp", "a", weight=(0.5,))
    for options in ({}, {"max_iter": 1}, {"tol": 0.1}):
        yield case("karcher", "a b far", base="", **options)
    yield case("karcher", "a b far")
    yield case("karcher", "a b far base", base="")
    yield case("karcher", "a b base")
    yield case("karcher", "a b zero", base="")
    yield case("karcher", "a near", base="")


def _task_vectors(method: str) -> Iterator[Case]:
    seeded = method.startswith(("dare", "della"))
    sparse: dict[str, Any] = {}
    if method != "task_arithmetic":
        sparse = {"density": (0.5, 0.3, 0.7), "rescale_norm": "l1"}
    yield case(method, weight=W)
    if sparse:
        yield case(method, weight=W, **sparse)
    yield case(method, weight=MINUS, **sparse)
    yield case(method, weight=W, normalize=True, **sparse)
    yield case(method, weight=W, normalize=False, **sparse)
    yield case(method, weight=W, lambda_=0.6, **sparse)
    yield case(method, weight=W, int8_mask=True, **sparse)
    yield case(method, weight=(LAST_FIRST, 0.5, BY_NAME), **sparse)
    if not sparse:
        yield case(method, weight=W, density=0.5, rescale=True)
        return
    yield case(method, weight=W, rescale=True, **sparse)
    yield case(method, weight=W, rescale=False, **sparse)
    narrow: dict[str, Any] = {"epsilon": 0.05} if method.startswith("della") else {}
    yield case(method, "a", weight=(1.0,), density=(LAST_FIRST,), rescale_norm="l1", **narrow)
    known = "" if method.startswith("dare") else RESCALE
    yield case(method, weight=W, density=0.5, rescale=True, documented=known)
    if not seeded:
        bf16: dict[str, Any] = {"density": 0.3, "documented": EQUALS}
        yield case(method, "a.bf16", "base.bf16", weight=(1.0,), **bf16)
        yield case(method, "a", weight=(1.0,), density=0.01, documented=ONE_KEPT)
    yield from _sparse_parameters(method)


def _sparse_parameters(method: str) -> Iterator[Case]:
    if method.startswith("breadcrumbs"):
        for gamma in ((0.05, 0.1, 0.2), 0.6, 0.001):
            yield case(method, weight=W, density=0.5, gamma=gamma)
    if method.startswith("della"):
        for epsilon in ((0.1, 0.05, 0.2), 0.45):
            yield case(method, weight=W, density=0.5, epsilon=epsilon, rescale_norm="l1")
        yield case(method, "a", weight=(1.0,), density=0.3, epsilon=0.28, rescale=False)


def _others() -> Iterator[Case]:
    for t in (1e-4, 2e-3, LAST_FIRST):
        yield case("nearswap", "a", t=t)
    yield case("arcee_fusion", "wide")
    yield case("arcee_fusion", "far", documented=CLOSE)
    yield case("arcee_fusion", "a", documented=CLOSE)
    yield case("sce")
    for select in (0.5, 0.1):
        yield case("sce", select_topk=select)
    yield case("sce", select_topk=0.0, documented=ONE_KEPT)
    yield case("sce", select_topk=0.5, int8_mask=True)
    yield case("sce", "a.bf16 b.bf16 c.bf16", "base.bf16")
    for method in ("ram", "ramplus_tl"):
        yield case(method)
        yield case(method, epsilon=2e-3)
        yield case(method, "a b", epsilon=2e-3)
    yield case("ramplus_tl", epsilon=2e-3, r=0.5)
    yield case("ramplus_tl", epsilon=2e-3, r=0.5, alpha=3.0)


def _slices() -> Iterator[Case]:
    layers: list[Source] = [("a", 0, 4, {}), ("b", 2, 6, {}), ("a", 1, 2, {"scale": 0.5})]
    yield stacked("passthrough", "layers repeated", [{"sources": [each]} for each in layers])
    first: list[Source] = [("base", 0, 3, {}), ("a", 2, 5, {})]
    second: list[Source] = [("base", 4, 6, {}), ("b", 0, 2, {})]
    parts: list[dict[str, Any]]
    parts = [{"sources": first, "parameters": {"t": LAST_FIRST}}, {"sources": second}]
    yield stacked("slerp", "layers against other layers", parts, "base", t=0.4)
    lower: list[Source] = [("a", 0, 3, {"weight": [0.1, 0.8]}), ("b", 0, 3, {}), ("base", 0, 3, {})]
    upper: list[Source] = [("a", 3, 6, {"weight": 0.9}), ("b", 3, 6, {}), ("base", 3, 6, {})]
    parts = [{"sources": lower, "parameters": {"weight": LAST_FIRST}}, {"sources": upper}]
    yield stacked("task_arithmetic", "the innermost place wins", parts, "base", weight=0.3)
    own = {"parameters": {"t": [0.2, 0.8]}}
    single: list[list[Source]] = [[("base", i, i + 1, {}), ("a", i, i + 1, {})] for i in range(2)]
    parts = [{"sources": sources, **own} for sources in single]
    yield stacked("slerp", "a gradient over one layer", parts, "base", AFTER)
