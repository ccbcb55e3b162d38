"""docker-compose.yml deployed without containers: the shortest story that needs every wire.

`make compose-test` has the whole story of a model, faults and a partition.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import httpx
import pytest
from story import check_ancestry, publish_and_merge
from topology.models import digest_in, readable_models
from topology.network import lacking
from topology.topology import deployed

from mergehub.contracts.services import SERVICES

pytestmark = pytest.mark.process


def test_a_recipe_becomes_a_model_with_ancestors_through_the_gateway() -> None:
    """It needs the stores, jobs, services, background processes, the bucket and the worker."""
    if reason := lacking():
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="mh-") as name:
        models = readable_models(Path(name))
        with deployed(Path(name) / "hub", models) as topology, topology.client() as hub:
            publish_and_merge(hub, lambda run: digest_in(topology, run))
            check_ancestry(hub)
            for service in SERVICES:
                document = httpx.get(f"{topology.url}/docs/openapi/{service.name}.json", timeout=30)
                assert document.json()["info"]["title"] == f"Mergehub {service.name}"
            assert hub.get("/v1/boards/overall")["items"] == []
