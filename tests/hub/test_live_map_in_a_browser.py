"""An open map shows what a run has made at once: nothing on the way waits for a clock."""

from __future__ import annotations

import pytest
from atlas import Lineage, edge, open_map
from looking import Looking, looking
from running import RunningHub, finish
from story import RECIPE

from mergehub.client import HubClient

pytestmark = pytest.mark.browser

BOUND_SECONDS = 1.0
TRIES = 5  # on a busy machine, the best of them counts
# The moment at which a picture with another number of models is on the screen.
NOTE_THE_NEXT_PICTURE = """() => {
  window.shown = new Promise((resolve) => {
    new MutationObserver((_, observer) => {
      observer.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(Date.now() / 1000)));
    }).observe(document.querySelector("canvas"), { attributeFilter: ["aria-label"] });
  });
}"""


async def test_what_a_run_makes_is_on_an_open_map_within_a_second_of_its_event(
    hub: RunningHub, lineage: Lineage
) -> None:
    took: list[float] = []
    with hub.client() as owner:
        async with looking() as looked:
            while len(took) < TRIES and min(took, default=BOUND_SECONDS) >= BOUND_SECONDS:
                name = f"live/made-{len(took)}"
                lineage.learn([edge(f"{name}-tuned", name, "finetune")], [])
                await open_map(looked.page, hub, f"focus={lineage.id(name)}")
                took.append(await _seconds_to_the_map(looked, owner, name))
            assert looked.complaints == []
    assert min(took) < BOUND_SECONDS, took


async def _seconds_to_the_map(looked: Looking, owner: HubClient, name: str) -> float:
    """How long after a run had ended the open map showed from what it has made its model."""
    await looked.page.evaluate(NOTE_THE_NEXT_PICTURE)
    run = owner.submit({"kind": "merge", "recipe": RECIPE, "model_name": name})
    ended = finish(owner, run).finished_at
    assert ended is not None
    shown: float = await looked.page.evaluate("window.shown")
    return shown - ended.timestamp()
