"""The scores for requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from lineage.replica.serving import replica_of
from lineage.scores.following import ScoreFollower
from lineage.scores.scores import Scores
from mergehub.kit.background.resources import Resources
from mergehub.kit.telemetry.loops import Loop


def start_scores(app: FastAPI, resources: Resources) -> Mapping[str, Loop]:
    """Give the process the scores of models; the loop that keeps them current."""
    app.state.scores = ScoreFollower(resources, replica_of(app))
    return {"scores": app.state.scores.run}


def follower_of(app: FastAPI) -> ScoreFollower:
    """What follows the scores in this process."""
    follower: ScoreFollower = app.state.scores
    return follower


async def _scores(request: Request) -> Scores:
    return follower_of(request.app).scores


Known = Annotated[Scores, Depends(_scores)]
"""The scores that are known now; none without a leaderboard."""
