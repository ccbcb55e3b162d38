"""Writes the alerts as an object for the Prometheus operator (`make documents`)."""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

from tools.one_page import run

ALERTS = Path("deploy/alerts.yml")
OBJECT = Path("deploy/k8s/components/monitoring/alerts.yaml")
HEAD = """\
# `make documents` writes this object from deploy/alerts.yml.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: mergehub
"""


def text() -> str:
    """The object, whose `spec` is what the file of alerts says."""
    spec = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))
    return HEAD + yaml.safe_dump({"spec": spec}, sort_keys=False, width=100, allow_unicode=True)


if __name__ == "__main__":
    sys.exit(run("tools.alerts_object", OBJECT, text, None))
