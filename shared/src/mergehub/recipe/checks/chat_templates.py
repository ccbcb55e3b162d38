"""Check that a chat template is Jinja as transformers reads it, without running any of it."""

from __future__ import annotations

from itertools import islice
from typing import Final

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.ext import Extension, LoopControlExtension
from jinja2.parser import Parser

from .jinja_compiler import refused_by_compiler

MAX_TOKENS: Final = 12_000
"""A longer template is accepted unchecked: reading this much takes half a second, and the templates
in use are half as long."""
_MAX_MESSAGE: Final = 200


class _Generation(Extension):
    """`{% generation %}`, with which transformers marks the assistant's words."""

    tags = {"generation"}  # noqa: RUF012

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        # A block of its own, as in transformers: `break` inside it cannot leave a loop around it.
        return nodes.CallBlock(self.call_method("mark"), [], [], body).set_lineno(line)


_JINJA: Final = Environment(extensions=[LoopControlExtension, _Generation])  # noqa: S701 (never rendered)


def what_is_wrong(template: str) -> str | None:
    """Return why a chat template cannot be used, worded to follow its field's name, or None.

    The template is neither run nor compiled, since Jinja evaluates constants of any size when it
    compiles. Its variables are not checked: they are known only when the template is used.
    """
    try:
        if not _is_long(template) and (
            found := refused_by_compiler(_JINJA.parse(template), _JINJA)
        ):
            return f"is not Jinja: {found.what[:_MAX_MESSAGE]} (its line {found.line})"
    except TemplateSyntaxError as error:
        return f"is not Jinja: {(error.message or '')[:_MAX_MESSAGE]} (its line {error.lineno})"
    except RecursionError:
        return "cannot be read as Jinja: it is nested too deeply"
    except ValueError:
        return "cannot be read as Jinja: it contains a number of thousands of digits"
    return None


def _is_long(template: str) -> bool:
    return next(islice(_JINJA.lex(template), MAX_TOKENS, None), None) is not None
