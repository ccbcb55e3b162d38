"""The metrics of several services as one exposition, with a label for the service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector


class _Joined(Collector):
    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def collect(self) -> Iterator[Metric]:
        """Each family once, with the samples of every service that has it."""
        families: dict[str, Metric] = {}
        for service, text in self._texts.items():
            for family in text_string_to_metric_families(text):
                shared = families.setdefault(
                    family.name, Metric(family.name, family.documentation, family.type)
                )
                for sample in family.samples:
                    labels = {**sample.labels, "service": service}
                    shared.samples.append(sample._replace(labels=labels))
        yield from families.values()


def joined(texts: Mapping[str, str]) -> bytes:
    """The Prometheus texts of all services joined, each sample with a label `service`."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Joined(texts))
    return generate_latest(registry)
