"""The JSON Schema of the file of the command ``monitor``, made of the descriptions of its settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..monitor.config.settings_table import Setting
from .monitor_file import FILE_SETTINGS, MONITOR_SETTINGS, WATCH_SETTINGS
from .source_settings import KINDS, required_settings, shared_settings, source_settings

_NAMES = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object"}


def file_schema() -> dict[str, Any]:
    """Return the schema, by which editors complete and check the file.

    Raises:
        MissingExtraError: a kind of source needs an extra that is not installed.
    """
    monitor = {"anyOf": [_of_a_source(kind.named_by) for kind in KINDS]}
    tables = {"watch": _table(WATCH_SETTINGS, required=["watch_dir"]), "monitor": monitor}
    above = {**shared_settings(KINDS), **FILE_SETTINGS}
    schema = _table({name: one for name, one in above.items() if name not in tables})
    for name, items in tables.items():
        schema["properties"][name] = {"type": "array", "items": items}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The file of auto-model-monitor monitor",
        **schema,
        "anyOf": [{"required": ["watch"]}, {"required": ["monitor"]}],
    }


def _of_a_source(named_by: str) -> dict[str, Any]:
    kind = next(kind for kind in KINDS if kind.named_by == named_by)
    return {
        "title": kind.name,
        **_table({**MONITOR_SETTINGS, **source_settings(kind)}, required=required_settings(kind)),
    }


def _table(settings: Mapping[str, Setting], required: list[str] | None = None) -> dict[str, Any]:
    properties = {name: _property(setting) for name, setting in settings.items() if setting.types}
    table = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**table, "required": required} if required else table


def _property(setting: Setting) -> dict[str, Any]:
    kinds: list[dict[str, Any]] = [{"type": _NAMES[one]} for one in setting.types if one is not list]
    if setting.choices:
        kinds = [{"enum": list(setting.choices)}]
    if list in setting.types:
        kinds.append({"type": "array", "items": {"type": "string"}})
    described = {"description": setting.help} if setting.help else {}
    return {**described, **(kinds[0] if len(kinds) == 1 else {"anyOf": kinds})}
