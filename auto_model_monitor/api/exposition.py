"""The text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from typing import NamedTuple

from ..text.cleaning import for_prometheus_label

EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX = "auto_model_monitor_"


class Sample(NamedTuple):
    """What is counted under one name: its values, each under its labels."""

    name: str
    kind: str
    meaning: str
    values: Sequence[tuple[Mapping[str, str], int]]


def exposition(samples: Sequence[Sample]) -> str:
    """Return what is scraped."""
    lines: list[str] = []
    for sample in samples:
        name = _PREFIX + sample.name
        lines += [f"# HELP {name} {sample.meaning}", f"# TYPE {name} {sample.kind}"]
        lines += [f"{name}{_labels(labels)} {value}" for labels, value in sample.values]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{for_prometheus_label(text)}"' for name, text in labels.items()) + "}"


@cache
def version() -> str:
    """Return the package's version."""
    try:
        return version_of("auto-model-monitor")
    except PackageNotFoundError:
        return "unknown"
