"""The facts while they grow: one thread writes, and others read the states that it makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from leaderboard.memory.arrays import NOTHING, Integers, Numbers, Positions
from leaderboard.memory.columns import ModelColumns, VariantColumns, Vocabulary
from leaderboard.memory.facts import Facts
from leaderboard.memory.growing import merging
from leaderboard.memory.growing.models import GrowingModels
from leaderboard.memory.keys import SettingKey
from leaderboard.memory.reading import Columns
from leaderboard.memory.recent import Recent
from leaderboard.memory.scores import Scores, no_scores

Row = Mapping[str, Any]


class GrowingFacts:
    """Models, variants, settings and results, by the ids of their rows.

    What a result needs comes before it: its setting, and its variant with the model.
    """

    def __init__(self) -> None:
        self._codes = Vocabulary()
        self._models = GrowingModels(self._codes)
        self._columns: ModelColumns = self._models.columns()
        self._variants = VariantColumns(
            np.empty(0, np.int64), np.empty(0, np.int32), [], np.empty(0, np.uint16)
        )
        self._variant_at, self._setting_at = Positions(), Positions()
        self._settings: list[SettingKey] = []
        self._scores: list[Scores] = []
        self._recent = Recent()

    def put_models(self, models: Iterable[Row], parents: Iterable[Row]) -> None:
        """Add or change models; `parents` are all that these have."""
        self._models.put(models, parents)
        self._columns = self._models.columns()

    def put_variants(self, rows: Sequence[Row]) -> None:
        """Add variants, which never change."""
        every = np.array([row["id"] for row in rows], np.int64)
        new = np.flatnonzero(self._variant_at.of(every) < 0)
        if not len(new):
            return
        old, ids, rows = self._variants, every[new], [rows[at] for at in new.tolist()]
        models = self._models.at(np.array([row["model_id"] for row in rows], np.int64))
        codes = [self._codes.precision.code(row["precision"]) for row in rows]
        self._variant_at.put(ids, np.arange(len(old), len(old) + len(ids), dtype=np.int32))
        self._variants = VariantColumns(
            np.concatenate([old.id, ids]),
            np.concatenate([old.model, models]),
            [*old.revisions, *(row["revision"] for row in rows)],
            np.concatenate([old.precision, np.array(codes, np.uint16)]),
        )

    def put_settings(self, keys: Sequence[SettingKey]) -> None:
        """Add settings, or change how many items theirs have."""
        positions = self._setting_at.of(np.array([key.id for key in keys], np.int64))
        for key, at in zip(keys, positions.tolist(), strict=True):
            if at >= 0:
                self._settings[at] = key
            else:
                self._setting_at.put(np.array([key.id]), np.array([len(self._settings)], np.int32))
                self._settings.append(key)
                self._scores.append(no_scores())

    def put_results(self, rows: Columns) -> None:
        """Add results; of the same variant, setting and source, the newest one stays."""
        settings = self._setting_at.of(rows["setting"])
        self._recent = self._recent.with_change(self._variant_at.of(rows["variant"]))
        order = np.argsort(settings, kind="stable")
        begins = np.flatnonzero(np.diff(settings[order], prepend=-1))
        for some in np.split(order, begins[1:]) if len(order) else ():
            at = settings[some[0]]
            self._scores[at] = merging.merged(self._scores[at], self._some(rows, some, at))

    def _some(self, rows: Columns, some: Integers, setting: int) -> Scores:
        """Some rows of one setting. A full run that does not say how many items it had, had all."""
        names = ("source", "value", "stderr", "binary", "when")
        count, items = rows["count"][some], self._settings[setting].items or 0
        return Scores(
            variant=self._variant_at.of(rows["variant"][some]),
            result=rows["id"][some],
            count=np.where(count == 0, items, count).astype(np.int32),
            **{name: rows[name][some] for name in names},
        )

    def take_out(self, results: Sequence[int]) -> list[tuple[int, int]]:
        """Forget results that are no more; the ids of the variants and settings they were of."""
        gone: list[tuple[int, int]] = []
        touched: list[Numbers] = [NOTHING]
        ids = np.array(results, np.int64)
        for at, scores in enumerate(self._scores):
            self._scores[at], out = merging.without(scores, ids)
            touched.append(out.variant)
            variants = self._variants.id[out.variant].tolist()
            gone.extend((variant, self._settings[at].id) for variant in variants)
        self._recent = self._recent.with_change(np.concatenate(touched))
        return gone

    def unknown_variants(self, rows: Columns) -> list[int]:
        """The ids of variants that results have and that are not here."""
        ids = np.unique(rows["variant"])
        return [int(each) for each in ids[self._variant_at.of(ids) < 0]]

    def unknown_models(self, rows: Iterable[Row], key: str) -> set[int]:
        """The ids of models that rows have and that are not here."""
        ids = np.array(sorted({row[key] for row in rows}), np.int64)
        return set(ids[self._models.at(ids) < 0].tolist())

    def facts(self, as_of: int, read_at: datetime) -> Facts:
        """All that is known now."""
        return Facts(
            as_of,
            read_at,
            tuple(self._settings),
            tuple(self._scores),
            self._variants,
            self._columns,
            self._codes,
            self._recent,
        )
