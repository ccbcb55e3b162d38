"""Whether the text of a chat template is Jinja, as transformers reads it; nothing of it is run."""

from __future__ import annotations

from itertools import islice
from typing import Final

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.ext import Extension, LoopControlExtension
from jinja2.parser import Parser

from .jinja_compiler import refused_by_compiler

MAX_TOKENS: Final = 12_000
"""A longer template is taken as it is: half a second goes by until so much is read, and those in
use are half as long."""
_MAX_MESSAGE: Final = 200


class _Generation(Extension):
    """`{% generation %}`, which transformers marks the assistant's words with."""

    tags = {"generation"}  # noqa: RUF012

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        # A block of its own, as there: a loop around it is not left from within.
        return nodes.CallBlock(self.call_method("mark"), [], [], body).set_lineno(line)


_JINJA: Final = Environment(extensions=[LoopControlExtension, _Generation])  # noqa: S701 (never rendered)


def what_is_wrong(template: str) -> str | None:
    """What keeps a chat template from being used, for after its field's name; None if nothing.

    Nothing is run, nor compiled, since Jinja computes constants when it compiles, however large.
    What its variables stand for is known where it is used.
    """
    try:
        if not _is_long(template) and (
            found := refused_by_compiler(_JINJA.parse(template), _JINJA)
        ):
            return f"is not Jinja: {found.what[:_MAX_MESSAGE]} (its line {found.line})"
    except TemplateSyntaxError as error:
        return f"is not Jinja: {(error.message or '')[:_MAX_MESSAGE]} (its line {error.lineno})"
    except RecursionError:
        return "is not Jinja that can be read: it nests too deep"
    except ValueError:
        return "is not Jinja that can be read: it has a number of thousands of digits"
    return None


def _is_long(template: str) -> bool:
    return next(islice(_JINJA.lex(template), MAX_TOKENS, None), None) is not None
