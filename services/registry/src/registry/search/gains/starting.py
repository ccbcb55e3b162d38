"""The loops that keep what a search knows of recipes beside their rows."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI

from mergehub.kit.background.resources import Resources
from mergehub.kit.telemetry.loops import Loop
from registry.search.gains.sizes import SizeFollower
from registry.search.gains.trending import Trending
from registry.search.gains.uplift import UpliftFollower
from registry.search.replica.serving import replica_of


def start_gains(app: FastAPI, resources: Resources) -> Mapping[str, Loop]:
    """The loops, for the replica of this process."""
    replica = replica_of(app)
    return {
        "size": SizeFollower(resources, replica).run,
        "trending": Trending(resources, replica).run,
        "uplift": UpliftFollower(resources, replica).run,
    }
