"""Writes a picture as PNG, with the font that Pillow carries, so no system needs one."""

from __future__ import annotations

import io
from functools import lru_cache, singledispatchmethod

from PIL import Image, ImageDraw, ImageFont

from mergehub.cli.pictures.drawing import Disc, Line, Part, Picture, Rectangle, Words

SCALE = 2
"""Pixels of the file for each of the picture, for sharp letters on fine screens."""
ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}


def png(picture: Picture) -> bytes:
    """The picture as the bytes of a PNG file."""
    size = (round(picture.width * SCALE), round(picture.height * SCALE))
    image = Image.new("RGB", size, "#ffffff")
    pen = _Pen(ImageDraw.Draw(image))
    for part in picture.parts:
        pen.draw(part)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


class _Pen:
    def __init__(self, draw: ImageDraw.ImageDraw) -> None:
        self._draw = draw

    @singledispatchmethod
    def draw(self, part: Part) -> None:
        raise TypeError(f"a picture has no {type(part).__name__}")

    @draw.register
    def _(self, part: Rectangle) -> None:
        ends = (part.x, part.y, part.x + part.width, part.y + part.height)
        self._draw.rectangle(_scaled(*ends), fill=part.fill)

    @draw.register
    def _(self, part: Line) -> None:
        ends = _scaled(part.x1, part.y1, part.x2, part.y2)
        self._draw.line(ends, fill=part.stroke, width=max(1, round(part.width * SCALE)))

    @draw.register
    def _(self, part: Disc) -> None:
        x, y, radius = part.x, part.y, part.radius
        ends = _scaled(x - radius, y - radius, x + radius, y + radius)
        self._draw.ellipse(ends, fill=part.fill)

    @draw.register
    def _(self, part: Words) -> None:
        place = (part.x * SCALE, part.y * SCALE)
        self._draw.text(
            place, part.text, fill=part.fill, font=_font(part.size), anchor=ANCHORS[part.anchor]
        )


def _scaled(*lengths: float) -> list[float]:
    return [length * SCALE for length in lengths]


@lru_cache(8)
def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size * SCALE)
