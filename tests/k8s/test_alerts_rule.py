"""The overlays with monitoring have the alert rules as an object of the Prometheus operator."""

from __future__ import annotations

import pytest
import yaml

from k8s.objects import one
from k8s.render import MANIFESTS, rendered

pytestmark = pytest.mark.process


@pytest.mark.parametrize("overlay", ["gpu", "gpu-deployment"])
def test_the_object_has_the_rules_of_the_file(overlay: str) -> None:
    rules = yaml.safe_load((MANIFESTS.parent / "alerts.yml").read_text(encoding="utf-8"))
    assert one(rendered(overlay), "PrometheusRule", "mergehub")["spec"] == rules
