"""The capacity page counts connections as overlays open them, and the local store has enough."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ByteSize, TypeAdapter

from k8s.objects import environment, of_kind, one, pods
from k8s.render import OVERLAYS, Object, rendered
from merge_worker import model_cache
from mergehub.kit.settings.service import ServiceSettings

pytestmark = pytest.mark.process

PAGE = (Path(__file__).parents[2] / "docs" / "capacity.md").read_text(encoding="utf-8")
POOL = ServiceSettings.model_fields["database_pool"].default


def connections(objects: list[Object]) -> int:
    """The most connections that an overlay's services open: a pool and a listener per process."""
    most = {each["spec"]["scaleTargetRef"]["name"]: each["spec"]["maxReplicas"]
            for each in of_kind(objects, "HorizontalPodAutoscaler")}  # fmt: skip
    total = 0
    for pod in pods(objects):
        if pod.component in ("api", "background"):
            replicas = most.get(pod.owner["metadata"]["name"], pod.owner["spec"].get("replicas"))
            pool = environment(pod, objects).get("MERGEHUB_DATABASE_POOL") or POOL
            total += replicas * (int(pool) + 1)
    return total


def test_the_page_says_how_many_connections_production_opens() -> None:
    (told,) = re.findall(r"3 × \(6 \+ 2\) × 11 = (\d+)", PAGE)
    assert connections(rendered("production")) == int(told)


def test_the_local_database_takes_all_of_them() -> None:
    objects = rendered("local")
    container = one(objects, "StatefulSet", "postgres")["spec"]["template"]["spec"]["containers"][0]
    (allowed,) = re.findall(r"max_connections=(\d+)", " ".join(container["args"]))
    assert connections(objects) + 10 <= int(allowed)  # migrations and a person with psql


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_cache_of_models_is_kept_below_nine_tenths_of_its_volume(overlay: str) -> None:
    objects = rendered(overlay)
    claim = one(objects, "PersistentVolumeClaim", "model-cache")["spec"]["resources"]["requests"]
    size = TypeAdapter(ByteSize).validate_python(claim["storage"].replace("Gi", "GiB"))
    (pod,) = (pod for pod in pods(objects) if pod.component == "model-cache")
    *command, limit = pod.spec["containers"][0]["command"]
    assert command == ["python", "-m", model_cache.__name__]
    assert 0.5 * size < TypeAdapter(ByteSize).validate_python(limit) < 0.9 * size
    assert pod.spec["volumes"][0]["persistentVolumeClaim"]["claimName"] == "model-cache"


@pytest.mark.parametrize("figure", ["1,593", "805", "2,588"])
def test_the_figures_are_those_of_the_benchmarks(figure: str) -> None:
    measured = Path(__file__).parents[2] / "benchmarks" / "api" / "README.md"
    assert figure in PAGE
    assert figure in measured.read_text(encoding="utf-8")
