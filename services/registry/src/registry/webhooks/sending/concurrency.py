"""How many deliveries one sender has under way: in all, and to each endpoint."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from registry.webhooks.sending.claim import Claimed, Room
from registry.webhooks.sending.settle import Outcome


class Concurrency:
    """Room to send.

    An endpoint begins with little, gets one more for each delivery that it accepts, and has least
    while it fails: receivers that hang, however many, hold little before they are found out. Those
    that are known to fail share a room of their own, so the others never wait for them.
    """

    TOTAL = 400
    FAILING_TOTAL = 100
    FIRST = 4
    MOST = 50
    FAILING = 2

    def __init__(self) -> None:
        self._width: dict[UUID, int] = {}
        self._busy: Counter[UUID] = Counter()
        self._failing = 0

    @property
    def busy(self) -> int:
        """How many deliveries are in hand."""
        return self._busy.total()

    def left(self) -> Room:
        """What may be taken now."""
        known = {
            endpoint: self._width.get(endpoint, self.FIRST) - self._busy[endpoint]
            for endpoint in self._width.keys() | self._busy.keys()
        }
        return Room(
            total=self.TOTAL - (self.busy - self._failing),
            failing_total=self.FAILING_TOTAL - self._failing,
            known=known,
            first=self.FIRST,
            failing=self.FAILING,
        )

    def take(self, claimed: Claimed) -> None:
        """A delivery is in hand."""
        self._busy[claimed.endpoint] += 1
        self._failing += claimed.failing

    def give_back(self, outcome: Outcome) -> None:
        """A delivery is settled, and tells how wide its endpoint's room may be."""
        claimed = outcome.claimed
        self._busy[claimed.endpoint] -= 1
        if not self._busy[claimed.endpoint]:
            del self._busy[claimed.endpoint]
        self._failing -= claimed.failing
        if outcome.verdict.state == "delivered":
            width = self._width.get(claimed.endpoint, self.FIRST)
            self._width[claimed.endpoint] = min(width + 1, self.MOST)
        else:
            self._width[claimed.endpoint] = self.FAILING
