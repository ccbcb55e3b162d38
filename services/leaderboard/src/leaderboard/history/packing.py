"""Places and means of some models as bytes, so that a day of a model is read as one small row."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leaderboard.boards.standing import Board

MODELS = 4096
"""So many ids share a part."""
PLACE = np.dtype([("model", "<u2"), ("place", "<i4"), ("mean", "<f4")])


class Place(NamedTuple):
    """The place of a model and its mean."""

    place: int
    mean: float


def packed(board: Board) -> Iterator[tuple[int, bytes]]:
    """The places of all ranked models by part, each by its best row."""
    rows = board.by_mean.rows[: board.ranked]
    models, first = np.unique(board.models[rows], return_index=True)
    ids, rows = board.facts.models.id[models], rows[first]
    order = np.argsort(ids)
    ids, rows = ids[order], rows[order]
    parts = ids // MODELS
    begins = np.flatnonzero(np.diff(parts, prepend=-1))
    for some in np.split(np.arange(len(ids)), begins[1:]) if len(ids) else ():
        places = np.empty(len(some), PLACE)
        places["model"] = ids[some] % MODELS
        places["place"] = board.places[rows[some]]
        places["mean"] = board.mean[rows[some]]
        yield int(parts[some[0]]), zlib.compress(places.tobytes())


def place_in(places: bytes, id: int) -> Place | None:
    """The place of the model with this id; None if it had none."""
    found: NDArray[np.void] = np.frombuffer(zlib.decompress(places), PLACE)
    at = int(np.searchsorted(found["model"], id % MODELS))
    if at == len(found) or found["model"][at] != id % MODELS:
        return None
    return Place(int(found["place"][at]), round(float(found["mean"][at]), 4))
