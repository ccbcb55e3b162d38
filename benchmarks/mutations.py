"""The mutants of a source file: cosmic-ray's, one to three for each operator, and other names."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import parso.python.tree  # before cosmic-ray, which cannot be imported first
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator

BINARY = {
    "Add": ("Sub",),
    "Sub": ("Add",),
    "Mul": ("Div", "Add"),
    "Div": ("Mul",),
    "FloorDiv": ("Mul", "Mod"),
    "Mod": ("Mul",),
    "Pow": ("Mul",),
    "RShift": ("LShift",),
    "LShift": ("RShift",),
    "BitAnd": ("BitOr",),
    "BitOr": ("BitAnd",),
    "BitXor": ("BitOr", "BitAnd"),
}
COMPARISON = {
    "Lt": ("LtE", "Gt"),
    "LtE": ("Lt", "Gt"),
    "Gt": ("GtE", "Lt"),
    "GtE": ("Gt", "Lt"),
    "Eq": ("NotEq", "LtE", "GtE"),
    "NotEq": ("Eq",),
    "Is": ("IsNot",),
    "IsNot": ("Is",),
}
OPERATORS = (
    *(f"ReplaceBinaryOperator_{a}_{b}" for a, every in BINARY.items() for b in every),
    *(f"ReplaceComparisonOperator_{a}_{b}" for a, every in COMPARISON.items() for b in every),
    "ReplaceUnaryOperator_Delete_USub",
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceUnaryOperator_Delete_Invert",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceBreakWithContinue",
    "AddNot",
    "NumberReplacer",
    "ZeroIterationForLoop",
)
NAMES = {
    "min": "max",
    "max": "min",
    "abs": "np.float32",
    "minimum": "maximum",
    "maximum": "minimum",
    "sin": "cos",
    "cos": "sin",
    "any": "all",
    "all": "any",
    "ones": "zeros",
    "isfinite": "isnan",
    "float32": "float64",
}


@dataclass(frozen=True)
class Mutant:
    """A file with one change: the lines that differ before and after, and the whole text."""

    line: int
    before: str
    after: str
    text: str

    @property
    def name(self) -> str:
        """As survivors are named in `mutants.md`."""
        return f"`{self.before}` → `{self.after}`"


class ReplaceName(Operator):  # type: ignore[misc]
    """Another function of the same arguments."""

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        if isinstance(node, parso.python.tree.Name) and node.value in NAMES:
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        return parso.python.tree.Name(NAMES[node.value], node.start_pos, node.prefix)

    @classmethod
    def examples(cls) -> tuple[()]:
        return ()


def mutants(source: str) -> Iterator[Mutant]:
    """All but those of texts and annotations, which do nothing when the file is run."""
    skipped, seen = _annotations(source), {ast.dump(ast.parse(source))}
    for operator in [*(get_operator(f"core/{name}")() for name in OPERATORS), ReplaceName()]:
        nodes = ast_nodes(get_ast(source))
        places = [place for node in nodes for place in operator.mutation_positions(node)]
        for occurrence, (start, _) in enumerate(places):
            if any(first <= start < last for first, last in skipped):
                continue
            text = mutate_code(source, operator, occurrence)
            meaning = _meaning(text)
            if meaning is None or meaning in seen:
                continue
            seen.add(meaning)
            yield Mutant(start[0], *_difference(source, text), text)


def _meaning(text: str) -> str | None:
    try:
        return ast.dump(ast.parse(text))
    except SyntaxError:
        return None


def _difference(source: str, text: str) -> tuple[str, str]:
    found = list(difflib.ndiff(source.splitlines(), text.splitlines()))
    before, after = (
        [" ".join(line[2:].split()) for line in found if line.startswith(sign)] for sign in "-+"
    )
    return " ".join(before), " ".join(after)


def _annotations(source: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    found: list[ast.expr | None] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            found.append(node.returns)
        if isinstance(node, ast.arg | ast.AnnAssign):
            found.append(node.annotation)
    return [
        ((n.lineno, n.col_offset), (n.end_lineno or 0, n.end_col_offset or 0)) for n in found if n
    ]
