"""The README's command makes a valid PrometheusRule of the alert rules."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from k8s.render import MANIFESTS
from k8s.schemas import custom_faults

pytestmark = pytest.mark.process

DEPLOY, PYTHON = MANIFESTS.parent, sys.executable


@pytest.mark.skipif("MERGEHUB_REAL_DATA" not in os.environ, reason="needs MERGEHUB_REAL_DATA")
def test_the_rules_become_an_object_of_the_prometheus_operator() -> None:
    readme = (MANIFESTS / "README.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"```sh\n(.*?)```", readme, re.DOTALL)
    script = script.replace("| kubectl apply -f -", "").replace("python -c", f"{PYTHON} -c")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=DEPLOY.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    rule = yaml.safe_load(done.stdout)
    assert custom_faults(rule, Path(os.environ["MERGEHUB_REAL_DATA"]) / "schemas") == []
    assert rule["spec"] == yaml.safe_load((DEPLOY / "alerts.yml").read_text(encoding="utf-8"))
