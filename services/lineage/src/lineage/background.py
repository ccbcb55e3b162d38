"""What lineage does without requests."""

from __future__ import annotations

from collections.abc import Mapping

from lineage.events import consumer
from lineage.learning.changes import CHANNEL
from lineage.tables import intake
from mergehub.kit.background.resources import Background, Resources
from mergehub.kit.database.pruning import Pruner
from mergehub.kit.telemetry.loops import Loop


def _loops(resources: Resources) -> Mapping[str, Loop]:
    pruner = Pruner(resources.database, intake.prune, resources.settings.events_days)
    return {"consumer": consumer(resources, resources.metrics).run, "pruner": pruner.run}


BACKGROUND = Background(
    name="lineage", migrations="lineage.migrations", loops=_loops, channels=(CHANNEL,)
)
