"""`python -m <service>`: its background work, its migrations, or the care of its events."""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from mergehub.contracts.events import Envelope
from mergehub.kit.background.faults import FAULTS, explained
from mergehub.kit.background.migration import migrate_once
from mergehub.kit.background.process import run_background
from mergehub.kit.background.resources import Background, Resources, open_resources
from mergehub.kit.events.consumer import Consumer
from mergehub.kit.events.inbox import RefusedColumns
from mergehub.kit.settings.environment import read_settings
from mergehub.kit.settings.service import ServiceSettings
from mergehub.kit.telemetry.logs import configure_logging


@dataclass(frozen=True)
class Command:
    """A command of one service: its word, how it is called, and what it does.

    `run` returns the exit status.
    """

    word: str
    help: str
    arguments: Callable[[ArgumentParser], None]
    run: Callable[[Resources, Namespace], Awaitable[int]]


def main(
    service: Background,
    consumer: Callable[[Resources], Consumer] | None = None,
    commands: Sequence[Command] = (),
) -> None:
    """Run the command of the command line; without one, the background work."""
    asked = _parser(service.name, consumer is not None, commands).parse_args()
    settings = read_settings(ServiceSettings)
    try:
        sys.exit(asyncio.run(_done(asked, service, consumer, commands, settings)))
    except FAULTS as error:
        sys.exit(f"{service.name}: {explained(error, settings)}")


async def _done(
    asked: Namespace,
    service: Background,
    consumer: Callable[[Resources], Consumer] | None,
    commands: Sequence[Command],
    settings: ServiceSettings,
) -> int:
    """Returns the exit status. Raises one of FAULTS if the database does not let it begin."""
    if asked.word is None:
        await run_background(service, settings)
        return 0
    configure_logging(settings.log_level)
    if asked.word == "migrate":
        return await migrate_once(service, settings)
    async with open_resources(service, settings) as resources:
        if lacks := await resources.tables.look():
            print(lacks, file=sys.stderr)
            return 1
        for command in commands:
            if command.word == asked.word:
                return await command.run(resources, asked)
        assert consumer is not None
        return await _tend(asked, resources, consumer(resources))


def _parser(name: str, consumes: bool, commands: Sequence[Command]) -> ArgumentParser:
    parser = ArgumentParser(
        prog=f"python -m {name}",
        description="Without a command, this runs the service's background work.",
    )
    words = parser.add_subparsers(dest="word", metavar="word")
    words.add_parser("migrate", help="bring the service's tables up to date, and end")
    for command in commands:
        command.arguments(words.add_parser(command.word, help=command.help))
    if not consumes:
        return parser
    words.add_parser("set-aside", help="list the events that could not be applied, as JSON lines")
    replay = words.add_parser("replay", help="apply events that were set aside")
    replay.add_argument("event", type=UUID, nargs="*", help="the event's id; without one, all")
    words.add_parser("skip-pruned", help="skip the events that the source no longer keeps")
    return parser


async def _tend(asked: Namespace, resources: Resources, reader: Consumer) -> int:
    """Returns the exit status: 1 if an event still cannot be applied."""
    if asked.word == "skip-pruned":
        print(f"Given up: {await reader.skip_pruned()} events")
        return 0
    async with resources.database.transaction() as session:
        refused = await reader.intake.set_aside(session)
    if asked.word == "set-aside":
        for row in refused:
            print(_line(row))
        return 0
    wanted = asked.event or [row.event_id for row in refused]
    replayed = [await _replayed(reader, event) for event in wanted]
    return 0 if all(replayed) else 1


def _line(row: RefusedColumns) -> str:
    event = Envelope.model_validate_json(row.event)
    told = {"id": str(event.id), "sequence": event.sequence, "type": event.type}
    when = {"time": event.time.isoformat(), "set_aside": row.refused_at.isoformat()}
    return json.dumps(told | when | {"reason": row.reason, "data": event.data})


async def _replayed(reader: Consumer, event: UUID) -> bool:
    try:
        applied = await reader.replay(event)
    except Exception as error:
        print(f"{event}: still not applied: {type(error).__name__}: {error}", file=sys.stderr)
        return False
    print(f"{event}: {'applied' if applied else 'is not set aside; nothing was done'}")
    return True
