"""Find what Jinja's compiler would refuse in a parsed template, without compiling it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from jinja2 import Environment, nodes

_CONDITIONAL: Final = (nodes.If, nodes.CondExpr)
_FUNCTIONS: Final = (nodes.Macro, nodes.CallBlock, nodes.Block)
_SCOPES: Final = (*_FUNCTIONS, nodes.FilterBlock, nodes.AssignBlock, nodes.With, nodes.Scope)


class Refusal(NamedTuple):
    """A fault, and its line in the template."""

    what: str
    line: int


class _Seen(NamedTuple):
    """A node, whether it is inside a condition, and whether it is inside a loop."""

    node: nodes.Node
    conditional: bool = False
    loop: bool = False


def refused_by_compiler(template: nodes.Template, jinja: Environment) -> Refusal | None:
    """Return the first unknown filter or test, `break` or `continue` outside a loop, or block that
    reuses a name.

    As in Jinja, an unknown filter or test directly inside a condition is not a fault: the template
    may have tested whether it exists.
    """
    pending, blocks = [_Seen(template)], set[str]()
    while pending:
        seen = pending.pop()
        if what := _wrong(seen, jinja, blocks):
            return Refusal(what, seen.node.lineno)
        pending += reversed([*_inside(seen)])
    return None


def _wrong(seen: _Seen, jinja: Environment, blocks: set[str]) -> str | None:
    match seen.node:
        case nodes.Filter(name=name) if not (seen.conditional or name in jinja.filters):
            return f"unknown filter {name!r}"
        case nodes.Test(name=name) if not (seen.conditional or name in jinja.tests):
            return f"unknown test {name!r}"
        case nodes.Break() | nodes.Continue() if not seen.loop:
            return f"'{type(seen.node).__name__.lower()}' outside of a loop"
        case nodes.Block(name=name):
            if name in blocks:
                return f"two blocks are named {name!r}"
            blocks.add(name)
    return None


def _inside(seen: _Seen) -> Iterator[_Seen]:
    node, conditional, loop = seen
    if isinstance(node, nodes.For):
        yield _Seen(node.iter, conditional, loop)
        yield from (_Seen(each, False, True) for each in (node.test, *node.body) if each)
        yield from (_Seen(each, False, loop) for each in node.else_)
        return
    if isinstance(node, _CONDITIONAL):
        conditional = True
    elif isinstance(node, _SCOPES):
        conditional = False
    loop = loop and not isinstance(node, _FUNCTIONS)
    yield from (_Seen(each, conditional, loop) for each in node.iter_child_nodes())
