"""The drawing of a model's ancestors."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from mergehub.cli.commands.lineage.ancestors import draw


def _edge(child: str, parent: str, role: str = "ingredient", weight: float | None = None) -> Any:
    return {
        "child": child, "parent": parent, "role": role, "relation": "merge", "method": "ties",
        "weight": weight,
    }  # fmt: skip


def _drawn(*edges: dict[str, Any]) -> list[str]:
    names = {"s": "soup", "a": "left [x]", "b": "right", "r": "root"}
    walk = {
        "start": "s",
        "nodes": [{"id": identity, "name": name} for identity, name in names.items()],
        "edges": list(edges),
        "truncated": False,
    }
    console = Console(width=80, markup=False, color_system=None)
    with console.capture() as capture:
        console.print(draw(walk))
    return capture.get().splitlines()


def test_a_model_is_drawn_above_what_it_was_made_of() -> None:
    drawn = _drawn(_edge("s", "a", weight=0.5), _edge("s", "r", role="base"))
    assert drawn == ["soup", "├── left [x] (merge by ties, weight 0.5)", "└── root (base)"]


def test_a_shared_ancestor_is_unfolded_once() -> None:
    drawn = _drawn(_edge("s", "a"), _edge("s", "b"), _edge("a", "b"), _edge("b", "r"))
    assert sum("root" in line for line in drawn) == 1
    assert sum("see above" in line for line in drawn) == 1
