"""The alert rules name only metrics that the services have, and all metrics that need a rule."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from mergehub.contracts.services import SERVICES
from mergehub.hub.metrics import joined
from mergehub.kit.settings.service import ServiceSettings

DEPLOY = Path(__file__).parents[1] / "deploy"
GROUPS = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]


@pytest.fixture(scope="module")
async def texts(database_of: Any, redis_url: str) -> AsyncIterator[dict[str, str]]:
    """The metrics of each service, by the service's name."""
    settings = ServiceSettings(
        database_url=await database_of("alerts"), redis_url=redis_url, background="separate"
    )
    async with AsyncExitStack() as stack:
        texts = {}
        for service in SERVICES:
            module, _, function = service.factory.partition(":")
            app = getattr(importlib.import_module(module), function)(settings)
            await stack.enter_async_context(app.router.lifespan_context(app))
            client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub")
            async with client:
                texts[service.name] = (await client.get("/metrics")).text
        yield texts


def names(text: str) -> set[str]:
    families = text_string_to_metric_families(text)
    return {sample.name for family in families for sample in family.samples}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_metric_of_a_rule_exists_deployed_and_embedded(
    rule: dict[str, Any], texts: dict[str, str]
) -> None:
    named = set(re.findall(r"\bmergehub_\w+", rule["expr"]))
    assert named
    assert named <= set().union(*(names(text) for text in texts.values()))
    assert named <= names(joined(texts).decode())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_says_what_is_wrong_and_how_bad_it_is(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert rule["annotations"].keys() == {"summary", "description"}


def test_every_consumer_tells_what_it_set_aside(texts: dict[str, str]) -> None:
    for service in ("lineage", "leaderboard"):
        assert 'mergehub_events_set_aside{source="registry"} 0.0' in texts[service]
        assert "mergehub_readings_up 1.0" in texts[service]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool, of Prometheus")
def test_the_rules_fire_when_they_should() -> None:
    command = ["promtool", "test", "rules", "alerts_test.yml"]
    assert subprocess.run(command, cwd=DEPLOY, check=False).returncode == 0
