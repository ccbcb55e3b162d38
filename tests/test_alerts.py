"""The alert rules name only metrics that the services have, and all metrics that need a rule."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click import Context
from exposed import exposed, series

from mergehub.cli.main import main
from mergehub.contracts.services import SERVICES, service_for
from mergehub.hub.metrics import joined

DEPLOY = Path(__file__).parents[1] / "deploy"
RUNBOOK = Path(__file__).parents[1] / "docs" / "runbook"
SERVICE_NAMES = {service.name for service in SERVICES}
GROUPS = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]
OF_THE_CLUSTER = {  # what kube-state-metrics exposes
    "kube_cronjob_created", "kube_cronjob_status_last_successful_time",
}  # fmt: skip
RULES = [rule for group in GROUPS for rule in group["rules"]]


@pytest.fixture(scope="module")
async def texts(
    database_of: Any, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[dict[str, str]]:
    """The metrics of each program, by the program's name."""
    folder = tmp_path_factory.mktemp("data")
    async with exposed(await database_of("alerts"), redis_url, folder) as texts:
        yield texts


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_metric_of_a_rule_exists_deployed_and_embedded(
    rule: dict[str, Any], texts: dict[str, str]
) -> None:
    named = set(re.findall(r"\b(?:mergehub|kube)_\w+", rule["expr"]))
    assert named
    named -= OF_THE_CLUSTER
    assert named <= series(texts)
    embedded = {name: text for name, text in texts.items() if name in SERVICE_NAMES}
    of_services = named & series(embedded)
    assert of_services <= series({"hub": joined(embedded).decode()})


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_says_what_is_wrong_and_how_bad_it_is(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}


def test_every_alert_has_its_page_and_every_page_its_alert() -> None:
    pages = {path.stem for path in RUNBOOK.glob("Mergehub*.md")}
    assert pages == {rule["alert"] for rule in RULES}
    listed = re.findall(
        r"^- \[(\w+)\]\(\1\.md\)", (RUNBOOK / "README.md").read_text(), re.MULTILINE
    )
    assert sorted(listed) == sorted(pages)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_leads_to_its_page_on_the_hub(rule: dict[str, Any]) -> None:
    name = rule["alert"]
    address = "{{ $externalLabels.hub }}/docs/guides/runbook/" + name
    assert rule["annotations"]["runbook_url"] == address
    text = (RUNBOOK / f"{name}.md").read_text()
    assert re.findall(r"^#+ (.+)$", text, re.MULTILINE) == [name, "Check", "Fix"]
    assert "**What it means.** " in text
    assert "**What users notice.** " in text
    assert re.findall(r"^    (\S+)", text, re.MULTILINE)


@pytest.mark.parametrize("page", sorted(RUNBOOK.glob("*.md")), ids=lambda path: path.stem)
def test_a_page_names_commands_metrics_and_addresses_that_exist(
    page: Path, texts: dict[str, str]
) -> None:
    text = page.read_text()
    known = series(texts)
    for name in re.findall(r"\bmergehub_\w+", text):
        assert any(each.startswith(name) for each in known), name
    for word in re.findall(r"(?:`|^    )mergehub (\w+)", text, re.MULTILINE):
        assert word in main.list_commands(Context(main)) or word == "up"
    known_variables = {"SERVICE", "BACKGROUND", "WORKER", "MERGEHUB_URL", "MERGEHUB_TOKEN"}
    for word in re.findall(r"\$([A-Z_]+)", text):
        assert word in known_variables | {"RUN", "WEBHOOK"}
    for path in re.findall(r"\$MERGEHUB_URL(/v1/[^\s?\"]+)", text):
        assert service_for(path) is not None
    for word in re.findall(r"python -m (?:registry|lineage|leaderboard) ([a-z][\w-]+)", text):
        assert word in ("set-aside", "replay", "skip-pruned")


def test_every_consumer_tells_what_it_set_aside(texts: dict[str, str]) -> None:
    for service in ("lineage", "leaderboard"):
        assert 'mergehub_events_set_aside{source="registry"} 0.0' in texts[service]
        assert "mergehub_readings_up 1.0" in texts[service]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool, of Prometheus")
def test_the_rules_fire_when_they_should() -> None:
    command = ["promtool", "test", "rules", "alerts_test.yml"]
    assert subprocess.run(command, cwd=DEPLOY, check=False).returncode == 0
