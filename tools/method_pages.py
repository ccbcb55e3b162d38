"""The reference pages of the merge methods in Markdown, made from their declarations."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Final

from merge_worker.engine.method import AnyMethod
from mergehub.recipe.methods import MethodSpec, ParameterSpec
from mergehub.recipe.scalars import Scalar

INDEX: Final = "README.md"
_BASES: Final = {
    "required": "Required: the model that the others were fine-tuned from.",
    "optional": "Optional: the model that the others were fine-tuned from.",
    "member": "One of the merged models, the first. If the list lacks it, it is added if there is "
    "room.",
    "none": "Not part of the arithmetic; it may name the tokenizer and the configuration.",
}
_SCOPES: Final = {"model": "each model", "recipe": "the merge"}


def pages(methods: Mapping[str, AnyMethod]) -> dict[str, str]:
    """A page for each method and the index, by file name."""
    ordered = [methods[name] for name in sorted(methods)]
    return {INDEX: _index(ordered), **{f"{m.spec.name}.md": _page(m) for m in ordered}}


def _index(methods: list[AnyMethod]) -> str:
    rows = [
        f"| [`{m.spec.name}`]({m.spec.name}.md) | {m.spec.summary} | {_paper(m.spec)} |"
        for m in methods
    ]
    return "\n".join(
        [
            "# Merge methods",
            "",
            "`make documents` writes these pages from the methods' declarations.",
            "",
            "| `merge_method` | what it does | paper |",
            "| --- | --- | --- |",
            *rows,
            "",
        ]
    )


def _page(method: AnyMethod) -> str:
    spec = method.spec
    facts = {
        "Models": spec.how_many.capitalize() + ".",
        "`base_model`": _BASES[spec.base],
        "Order": "The order of the models matters." if spec.ordered else "",
        "Random": "Yes: the seed determines every draw." if spec.seeded else "",
        "Paper": _paper(spec),
        "Accepted without effect": ", ".join(f"`{name}`" for name in spec.without_effect),
    }
    lines = [f"# {spec.title}", "", spec.summary, "", "```", spec.formula, "```", ""]
    lines += [f"- {name}: {value}" for name, value in facts.items() if value]
    lines += [
        "",
        "## Parameters",
        "",
        *_parameters(spec),
        *_together(spec),
        "",
        "## In full",
        "",
        _text(method),
        "",
    ]
    return "\n".join(lines)


def _parameters(spec: MethodSpec) -> list[str]:
    if not spec.parameters:
        return ["None."]
    head = ["| name | type | values | default | of | meaning |", "| --- " * 6 + "|"]
    return [*head, *(_row(each) for each in spec.parameters)]


def _together(spec: MethodSpec) -> list[str]:
    if not spec.constraints:
        return []
    return ["", *(f"- {constraint.doc}" for constraint in spec.constraints)]


def _row(parameter: ParameterSpec) -> str:
    default = "required" if parameter.required else _written(parameter.default)
    scope = _SCOPES[parameter.scope]
    cells = (f"`{parameter.name}`", parameter.type, _values(parameter), default, scope)
    return f"| {' | '.join(cells)} | {parameter.doc} |"


def _values(parameter: ParameterSpec) -> str:
    if parameter.type == "str":
        return ", ".join(f"`{choice}`" for choice in parameter.choices)
    return "`true`, `false`" if parameter.type == "bool" else parameter.range


def _written(value: Scalar | None) -> str:
    """A value as a recipe writes it."""
    if isinstance(value, bool):
        return f"`{value}`".lower()
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _paper(spec: MethodSpec) -> str:
    return f"[arXiv {spec.paper}](https://arxiv.org/abs/{spec.paper})" if spec.paper else ""


def _text(method: AnyMethod) -> str:
    """The docstring of the method's module."""
    return (sys.modules[method.module].__doc__ or "").strip()
