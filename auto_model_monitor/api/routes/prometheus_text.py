"""The text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ...text.cleaning import for_prometheus_label

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX = "auto_model_monitor_"


class MetricFamily(NamedTuple):
    """One metric of the server.

    Attributes:
        name: its name, without the package's prefix.
        kind: ``gauge`` or ``counter``.
        meaning: one sentence.
        values: its values, each with its labels.
    """

    name: str
    kind: str
    meaning: str
    values: Sequence[tuple[Mapping[str, str], int]]


def prometheus_text(families: Sequence[MetricFamily]) -> str:
    """Return the metrics in the text format."""
    lines: list[str] = []
    for family in families:
        name = _PREFIX + family.name
        lines += [f"# HELP {name} {family.meaning}", f"# TYPE {name} {family.kind}"]
        lines += [f"{name}{_labels(labels)} {value}" for labels, value in family.values]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{for_prometheus_label(text)}"' for name, text in labels.items()) + "}"
