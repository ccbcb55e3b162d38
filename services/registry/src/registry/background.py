"""What the registry does without requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

import registry
from mergehub.contracts.events import Envelope
from mergehub.kit.background.resources import Background, Resources
from mergehub.kit.database.housekeeping import Housekeeping, tasks_of
from mergehub.kit.database.pruning import Pruner
from mergehub.kit.events.outbox import CHANNEL as OUTBOX_CHANNEL
from mergehub.kit.events.outbox import Relay
from mergehub.kit.events.stream import StreamPublisher
from mergehub.kit.identity.sealing import Sealer
from mergehub.kit.telemetry.loops import Loop
from registry import changes
from registry.accounts.service import CHANNEL as ACCOUNTS_CHANNEL
from registry.artifacts.collecting.collector import Collector
from registry.events.models import outbox
from registry.runs.measures import Measures as RunMeasures
from registry.runs.moves import CHANNEL as RUNS_CHANNEL
from registry.runs.protocol.bell import Bell
from registry.runs.protocol.sweeper import Sweeper
from registry.tokens.service import CHANNEL as TOKENS_CHANNEL
from registry.webhooks.fanout import CHANNEL as WEBHOOKS_CHANNEL
from registry.webhooks.fanout import LISTENING, fan_out
from registry.webhooks.sending.measures import Measures
from registry.webhooks.sending.sender import Sender

outbox.on_emitted(fan_out, LISTENING)  # here, so that no process emits events without webhooks


def make_bell(resources: Resources) -> Bell:
    """Return the bell that wakes the workers, on the service's Redis."""
    return Bell(resources.database, resources.redis)


def make_relay(resources: Resources) -> Relay:
    """Return the relay, which hands events to the stream, and rings for runs that they queue.

    Private events reach only the bell.
    """
    stream, bell = StreamPublisher(resources.redis), make_bell(resources)

    async def publish(events: Sequence[Envelope]) -> None:
        await stream(events)
        await bell.on_events(events)

    return Relay(outbox, resources.database, publish, bell.on_events)


def make_sender(resources: Resources, measures: Measures | None = None) -> Sender:
    """Return the sender of webhooks to public addresses and those that the settings allow."""
    settings = resources.settings
    sealer = Sealer(settings.secret_keys())
    return Sender(resources.database, settings.webhook_allow, sealer, measures=measures)


def make_housekeeping(resources: Resources) -> Housekeeping:
    """Return the loop of the tasks that the nouns declare in their modules `housekeeping`."""
    return Housekeeping(resources.database, tasks_of(registry))


def make_collector(resources: Resources) -> Collector:
    """Return the collector of models that are no longer kept."""
    return Collector(resources.database, resources.settings)


def count_runs(resources: Resources) -> None:
    """Count in the metrics of this process what its transactions do to runs."""
    if RunMeasures not in resources.database.info:
        resources.database.info[RunMeasures] = RunMeasures(resources.metrics)


async def _keep_house(session: AsyncSession, keep: timedelta) -> int:
    """Delete old events, and what is old enough of the log of changes; returns how many."""
    return await outbox.prune(session, keep) + await changes.LOG.prune(session)


def _loops(resources: Resources) -> Mapping[str, Loop]:
    count_runs(resources)
    relay = make_relay(resources)
    sweeper = Sweeper(resources.database, make_bell(resources))
    measures = Measures(resources.metrics)
    pruner = Pruner(resources.database, _keep_house, resources.settings.events_days)
    return {
        "relay": lambda: relay.run(resources.signals),
        "sweeper": sweeper.run,
        "housekeeping": make_housekeeping(resources).run,
        "collector": make_collector(resources).run,
        "pruner": pruner.run,
        "sender": lambda: make_sender(resources, measures).run(resources.signals),
    }


BACKGROUND = Background(
    name="registry",
    migrations="registry.migrations",
    loops=_loops,
    channels=(
        OUTBOX_CHANNEL,
        changes.CHANNEL,
        RUNS_CHANNEL,
        ACCOUNTS_CHANNEL,
        TOKENS_CHANNEL,
        WEBHOOKS_CHANNEL,
    ),
)
