"""A model of lm-evaluation-harness that answers in batches of our own, and keeps their answers."""

from __future__ import annotations

import inspect
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import torch
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM

from .answers import Answers
from .batches import Batch, Encoded, by_context, by_row, by_text
from .device import LARGEST, NEW_TOKENS, Batching
from .errors import GpuMemoryError
from .sharing import agree, shared_likelihoods

ROLLING_ROWS: Final = 16
"""Texts whose likelihood as a whole is computed between two records of the answers."""

Compute = Callable[[Batch], list[Any]]
OnItems = Callable[[int, int], None]
"""Called with how many items are done, and how many there are."""


class Work:
    """One task: its requests, how large its batches are, where its answers are kept, who hears."""

    def __init__(
        self, task: Any, batching: Batching, answers: Answers, seed: int, on_items: OnItems
    ) -> None:
        self._task, self._on_items = task, on_items
        self._left: Counter[int] = Counter()
        self._items = 0
        self.batching, self.answers, self.seed = batching, answers, seed
        self.largest = 0
        """The rows of the largest batch so far."""
        self.limit: int | None = None
        """The most rows that the device turned out to have memory for."""

    def answered(self, requests: Iterable[Instance]) -> None:
        """Report the items of which everything is answered."""
        if not self._items:
            for instance in self._task.instances:
                self._left[instance.doc_id] += instance.repeats
            self._items = len(self._left)
        for request in requests:
            self._left[request.doc_id] -= 1
        self._left = +self._left
        self._on_items(self._items - len(self._left), self._items)


class Answering(HFLM):  # type: ignore[misc]
    """A model to evaluate. `work` is set before each task."""

    work: Work
    _shares: bool | None = None
    _kept: int | None = None

    def loglikelihood(
        self, requests: list[Instance], disable_tqdm: bool = False
    ) -> list[tuple[float, bool]]:
        """The likelihoods of continuations, as the harness defines them."""
        self._asked = requests
        answers: list[tuple[float, bool]] = super().loglikelihood(requests, disable_tqdm=True)
        return answers

    def loglikelihood_rolling(
        self, requests: list[Instance], disable_tqdm: bool = False
    ) -> list[float]:
        """The likelihoods of whole texts."""
        places = range(len(requests))
        batches = [
            Batch(tuple(places[first : first + ROLLING_ROWS]))
            for first in range(0, len(requests), ROLLING_ROWS)
        ]

        def compute(batch: Batch) -> list[Any]:
            asked = [requests[place] for place in batch.places]
            return list(super(Answering, self).loglikelihood_rolling(asked, disable_tqdm=True))

        return self._answered(requests, batches, compute)

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        """The continuations that the model writes."""
        texts, options = zip(*(request.args for request in requests), strict=True)
        lengths = [len(self.tok_encode(text)) for text in texts]
        new = max(int(each.get("max_gen_toks") or NEW_TOKENS) for each in options)
        kinds = [json.dumps(each, sort_keys=True, default=str) for each in options]
        batches = by_text(texts, lengths, kinds, self.work.batching.generating(new))

        def compute(batch: Batch) -> list[Any]:
            self.batch_size_per_gpu = len(batch.places)
            asked = [requests[place] for place in batch.places]
            return list(super(Answering, self).generate_until(asked, disable_tqdm=True))

        return self._answered(requests, batches, compute)

    def _loglikelihood_tokens(
        self,
        requests: list[tuple[tuple[str, str] | None, list[int], list[int]]],
        disable_tqdm: bool = False,
        override_bs: int | None = None,
    ) -> list[tuple[float, bool]]:
        if requests and requests[0][0] is None:  # the windows of a rolling likelihood
            return self._plain(requests)
        encoded = [
            Encoded(place, tuple(context), tuple(continuation))
            for place, (_, context, continuation) in enumerate(requests)
        ]
        rows = self.work.batching.scoring(max((len(e.continuation) for e in encoded), default=1))
        if self._can_share(encoded):
            batches = by_context(encoded, rows, self.max_length)
        else:
            batches = by_row(encoded, rows)

        def compute(batch: Batch) -> list[Any]:
            if batch.shared:
                return shared_likelihoods(self.model, [encoded[place] for place in batch.places])
            return self._plain([requests[place] for place in batch.places])

        return self._answered(self._asked, batches, compute)

    def _can_share(self, encoded: Sequence[Encoded]) -> bool:
        """Whether a text may be read once for all its continuations: found out by doing both."""
        if self.backend != "causal" or self.device.type != "cpu":
            return False
        if self._shares is None:
            batches = by_context(encoded, lambda length: 1, self.max_length)
            sample = next((each for each in batches if each.shared), None)
            if sample is None:
                return False
            asked = [encoded[place] for place in sample.places]
            plain = self._plain([(None, list(e.context), list(e.continuation)) for e in asked])
            self._shares = agree(self.model, asked, plain)
        return self._shares

    def _plain(self, requests: Sequence[Any]) -> list[tuple[float, bool]]:
        """The harness's own computation of a batch, with the logits of no more tokens than needed.

        It scores what it finds at the end of a row, so logits of the last tokens are enough.
        """
        if self.backend == "causal" and _keeps_logits(self.model):
            lengths = [min(self.max_length, len(c) + len(t) - 1) for _, c, t in requests]
            self._kept = max(
                max(lengths) - length + len(request[2])
                for length, request in zip(lengths, requests, strict=True)
            )
        self.batch_size_per_gpu = len(requests)
        try:
            return list(super()._loglikelihood_tokens(list(requests), disable_tqdm=True))
        finally:
            self._kept = None

    def _model_call(self, inps: Any, attn_mask: Any = None, labels: Any = None) -> Any:
        if self._kept is None:
            return super()._model_call(inps, attn_mask, labels)
        with torch.no_grad():
            return self.model(inps, logits_to_keep=self._kept).logits

    def _answered(
        self, requests: Sequence[Instance], batches: Sequence[Batch], compute: Compute
    ) -> list[Any]:
        """All answers in the order of the requests, from the record or computed now."""
        found: list[Any] = [None] * len(requests)
        arguments = [request.args for request in requests]
        where = f"{self.device.type} {self.model.dtype}"
        for number, batch in enumerate(batches):
            key = f"{where} {batch.key(number, arguments)}"
            answers = self.work.answers.get(key, len(batch.places))
            if answers is None:
                torch.manual_seed(self.work.seed + number)
                answers = [_plain(each) for each in self._fitting(batch, compute)]
                self.work.answers.keep(key, answers)
            rows = min(len(batch.places), self.work.limit or LARGEST)
            self.work.largest = max(self.work.largest, rows)
            for place, answer in zip(batch.places, answers, strict=True):
                found[place] = tuple(answer) if isinstance(answer, list) else answer
            self.work.answered([requests[place] for place in batch.places])
        return found

    def _fitting(self, batch: Batch, compute: Compute) -> list[Any]:
        """The answers of a batch, in halves as often as the device has no memory for it."""
        count, limit = len(batch.places), self.work.limit
        if limit is None or count <= limit:
            try:
                return compute(batch)
            except torch.OutOfMemoryError:
                if count == 1:
                    raise GpuMemoryError("The GPU has not enough memory for a single row") from None
            self.work.limit = count // 2
            torch.cuda.empty_cache()
        return [answer for half in batch.halves() for answer in self._fitting(half, compute)]


def _keeps_logits(model: Any) -> bool:
    return "logits_to_keep" in inspect.signature(model.forward).parameters


def _plain(answer: Any) -> Any:
    """An answer as JSON keeps it."""
    return list(answer) if isinstance(answer, tuple) else answer
