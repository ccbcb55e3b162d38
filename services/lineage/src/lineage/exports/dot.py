"""DOT, which Graphviz draws. Edges lead from parent to child."""

from __future__ import annotations

from lineage.exports.records import Model, Parent

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": " ", "\0": " "})


class Dot:
    media_type = "text/vnd.graphviz; charset=utf-8"
    suffix = "dot"

    def begin(self) -> str:
        return "digraph lineage {\n  rankdir=LR;\n  node [shape=box];\n"

    def model(self, model: Model) -> str:
        node = f'  "{model.id}" [label={_quoted(model.name)}, class={_quoted(model.kind)}];\n'
        return node + "".join(_edge(model, parent) for parent in model.parents)

    def end(self) -> str:
        return "}\n"


def _edge(model: Model, parent: Parent) -> str:
    label = ", ".join(_facts(parent))
    return f'  "{parent.id}" -> "{model.id}" [label={_quoted(label)}];\n'


def _facts(parent: Parent) -> list[str]:
    weight = None if parent.weight is None else f"{parent.weight:g}"
    return [fact for fact in (parent.method or parent.relation, weight) if fact is not None]


def _quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'
