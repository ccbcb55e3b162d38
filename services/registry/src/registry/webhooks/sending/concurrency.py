"""How many deliveries one sender sends at a time: in all, and to each endpoint."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from registry.webhooks.sending.claim import Claimed, Room
from registry.webhooks.sending.settle import Outcome


class Concurrency:
    """Limits the deliveries under way.

    An endpoint begins with a few, gets one more for each delivery that it accepts, and has the
    fewest while it fails. So any number of hanging receivers hold only a few deliveries before they
    are detected. Endpoints that are known to fail share a limit of their own, so the others never
    wait for them.
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
        """How many deliveries are under way."""
        return self._busy.total()

    def left(self) -> Room:
        """Return how many more may be claimed now."""
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
        """Count a claimed delivery."""
        self._busy[claimed.endpoint] += 1
        self._failing += claimed.failing

    def give_back(self, outcome: Outcome) -> None:
        """Count a settled delivery, whose outcome adjusts its endpoint's limit."""
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
