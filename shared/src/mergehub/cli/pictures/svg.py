"""Writes a picture as SVG 1.1: text stays text, and nothing is loaded from elsewhere."""

from __future__ import annotations

from functools import singledispatch
from xml.sax.saxutils import escape, quoteattr

from mergehub.cli.pictures.drawing import Disc, Line, Part, Picture, Rectangle, Words

FONTS = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"


def svg(picture: Picture) -> str:
    """The picture as the text of an SVG file."""
    width, height = _number(picture.width), _number(picture.height)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" font-family={quoteattr(FONTS)}>',
        f"<title>{escape(picture.title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *map(_element, picture.parts),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


@singledispatch
def _element(part: Part) -> str:
    raise TypeError(f"a picture has no {type(part).__name__}")


@_element.register
def _(part: Rectangle) -> str:
    return _tag("rect", x=part.x, y=part.y, width=part.width, height=part.height, fill=part.fill)


@_element.register
def _(part: Line) -> str:
    ends = {"x1": part.x1, "y1": part.y1, "x2": part.x2, "y2": part.y2}
    return _tag("line", **ends, stroke=part.stroke, stroke_width=part.width)


@_element.register
def _(part: Disc) -> str:
    return _tag("circle", cx=part.x, cy=part.y, r=part.radius, fill=part.fill)


@_element.register
def _(part: Words) -> str:
    opened = _tag(
        "text", x=part.x, y=part.y, fill=part.fill, font_size=part.size, text_anchor=part.anchor
    ).removesuffix("/>")
    return f"{opened}>{escape(part.text)}</text>"


def _tag(name: str, **attributes: float | str) -> str:
    told = (
        f"{key.replace('_', '-')}={quoteattr(_shown(value))}" for key, value in attributes.items()
    )
    return f"<{name} {' '.join(told)}/>"


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else _number(value)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
