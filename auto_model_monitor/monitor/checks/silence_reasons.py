"""Why no name in a directory holds a score, and what to type instead."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ...core.near_names import may_follow, nearest
from ...core.numbers import positional
from ...log_parser.metric_names import metric_in_logs
from ...parsers import BaseParser, CustomParser, DefaultParser, suggest_pattern
from ...parsers.names import entries_in, score_name
from ...parsers.unfinished import ignored_because
from ...sources.side_files import is_side_file
from ...text.cleaning import for_log_line

_MOST_FOLDERS = 200  # looked into for scores
_MOST_NAMES = 2000  # of one folder
_LEVELS = 3
_SHOWN = 6  # metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """What is in a directory of which no name holds a score.

    Attributes:
        directory: the directory.
        names: the names of checkpoints in it.
        folders: every name in it that may be a folder.
        files: the metrics in the files beside the checkpoints, each with its file's name.
        metrics: those that the rules name.
        parser: what reads the names.
    """

    directory: Path
    names: Sequence[str]
    folders: Sequence[str]
    files: Mapping[str, str]
    metrics: Sequence[str]
    parser: BaseParser

    def count_below(self) -> int:
        """Return how many names in the folders below hold a score."""
        return sum(1 for _ in self.scored_below())

    def scored_below(self) -> Iterator[str]:
        """Yield the names in the folders below that hold a score."""
        folders = [(name, 1) for name in reversed(self.folders)]
        for _ in range(_MOST_FOLDERS):
            if not folders:
                return
            folder, level = folders.pop()
            for name in _names_in(self.directory / folder):
                inside = f"{folder}/{name}"
                if _is_scored(self.parser, inside):
                    yield inside
                elif level < _LEVELS and "." not in name:
                    folders.insert(0, (inside, level + 1))


def metrics_in_names(names: Sequence[str]) -> list[str]:
    """Return the metrics that names hold, each once."""
    found = (score_name(entry) for name in names for entry in entries_in(name.rpartition("/")[2]))
    return list(dict.fromkeys(filter(None, found)))


def reason_for(unmatched: Unmatched) -> str:
    """Return the reason and what to do, in one line."""
    for reason in (_of_pattern, _of_metric, _of_unnamed, _of_files, _of_folders, _of_parent):
        text = reason(unmatched)
        if text:
            return for_log_line(text)
    return for_log_line(_of_names(unmatched))


def _none(unmatched: Unmatched, does: str, does_not: str) -> str:
    """Return that none of the names does something."""
    names = unmatched.names
    if len(names) == 1:
        return f"{names[0]!r}, the one name so far, {does_not}"
    return (
        f"none of the {len(names)} names so far {does}, such as {names[0]!r}" if names else f"no name {does}"
    )


def _of_pattern(unmatched: Unmatched) -> str:
    parser = unmatched.parser
    if not isinstance(parser, CustomParser) or type(parser).parse is not CustomParser.parse:
        return ""
    if not unmatched.names:
        return ""
    text = f"the pattern {parser.pattern.pattern!r} fits no name: "
    text += _none(unmatched, "matches it", "does not match it")
    metrics = metrics_in_names(unmatched.names)
    meant = nearest(parser.metric, metrics)
    suggestion = suggest_pattern(unmatched.names, meant) or suggest_pattern(unmatched.names)
    for name in unmatched.names if suggestion else ():
        value = CustomParser(suggestion or "").score(name)
        if value is not None:
            return f"{text}; the pattern {suggestion!r} reads {value:g} from {name!r}"
    return f"{text}{_elsewhere(unmatched)}"


def _of_metric(unmatched: Unmatched) -> str:
    """Return the reason where the rules name a metric, and the names or the files hold others."""
    in_names = metrics_in_names(unmatched.names) if isinstance(unmatched.parser, DefaultParser) else []
    ours = {metric_in_logs(metric) for metric in unmatched.metrics}
    if not unmatched.metrics or ours.intersection(unmatched.files):
        return ""
    found = in_names or list(unmatched.files)
    if not found:
        return ""
    asked = unmatched.metrics[0]
    holders = "these names hold" if in_names else f"{_files(unmatched, found)} here holds"
    if not in_names and may_follow(asked, found):
        return f"no metric {asked} so far; {holders} {_listed(found)}: does the training evaluate?"
    return _no_metric(asked, holders, found)


def _no_metric(asked: str, holders: str, found: Sequence[str]) -> str:
    near = nearest(asked, found)
    question = f": is {near} meant?" if near else ": name one of them in the rule or in --metric"
    return f"no metric {asked}; {holders} {_listed(found)}{question}"


def missing_metric(asked: str, names: Sequence[str]) -> str:
    """Return why names give no metric that was asked for, empty where they hold no metric at all."""
    found = metrics_in_names(names)
    return _no_metric(asked, "these names hold", found) if found else _unnamed(asked, names)


def _unnamed(asked: str, names: Sequence[str]) -> str:
    """Return what to do where a name holds a score without a name, as Keras' ``05-0.31.keras`` does."""
    for name in names:
        found = positional(name.rpartition("/")[2])
        if found is not None:
            pattern = suggest_pattern(names) or suggest_pattern([name]) or "([0-9.]+)"
            return (
                f"{name!r} holds {found['score']} without a name, so that it is not certainly {asked}: put "
                f"the name into the file name, as in 'epoch_{{epoch:02d}}-{asked}_{{{asked}:.4f}}', or give "
                f"--pattern '{pattern}' in place of --metric"
            )
    return ""


def _of_unnamed(unmatched: Unmatched) -> str:
    metrics = unmatched.metrics if isinstance(unmatched.parser, DefaultParser) else ()
    if not metrics or {metric_in_logs(metric) for metric in metrics}.intersection(unmatched.files):
        return ""
    return _unnamed(metrics[0], unmatched.names)


def _of_files(unmatched: Unmatched) -> str:
    """Return the reason where files hold metrics and no metric was named."""
    if not unmatched.files:
        return ""
    return f"{_none(unmatched, 'holds a score', 'holds none')}{_elsewhere(unmatched)}"


def _of_folders(unmatched: Unmatched) -> str:
    found = list(islice(unmatched.scored_below(), _MOST_NAMES))
    if not found:
        return ""
    return (
        f"no name in it holds a score; --recursive finds {len(found)} below it, such as {found[0]!r} "
        "(recursive=True in Python)"
    )


def _of_parent(unmatched: Unmatched) -> str:
    """Return the reason where the checkpoints are in a folder of their own, and the numbers beside it."""
    above = [name for name in _names_in(unmatched.directory.parent) if is_side_file(name)]
    if not above or not unmatched.names:
        return ""
    folder = os.fspath(unmatched.directory.parent)
    text = _none(unmatched, "holds a score", "holds none")
    return f"{text}; {above[0]} is in the folder above: use logs {folder}"


def _of_names(unmatched: Unmatched) -> str:
    names, parser = unmatched.names, unmatched.parser
    if not isinstance(parser, (CustomParser, DefaultParser)):
        return f"{type(parser).__name__} finds no score: {_none(unmatched, 'has one', 'has none')}"
    keys = [entry.key for name in names for entry in entries_in(name.rpartition("/")[2]) if entry.key]
    text = _none(unmatched, "holds a score", "holds no score")
    text += f", nothing but counts and settings ({_listed(list(dict.fromkeys(keys)))})" if keys else ""
    return (
        f"{text}; put it into the names, as in 'epoch_3_val_loss_0.31.pt', give a --pattern that finds it, "
        "or use logs FILE with the training's log"
    )


def _elsewhere(unmatched: Unmatched) -> str:
    """Return what can be read in the files here, after a semicolon."""
    if not unmatched.files:
        return ""
    metric = next((m for m in unmatched.files if m.startswith("val")), next(iter(unmatched.files)))
    folder = os.fspath(unmatched.directory)
    return (
        f"; {unmatched.files[metric]} is here, with {_listed(list(unmatched.files))}: "
        f"use logs {folder}, or name one, such as --metric {metric}"
    )


def _files(unmatched: Unmatched, metrics: Sequence[str]) -> str:
    return ", ".join(list(dict.fromkeys(unmatched.files[metric] for metric in metrics))[:2])


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _names_in(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in islice(entries, _MOST_NAMES) if not ignored_because(entry.name)]
    except OSError:
        return []


def _is_scored(parser: BaseParser, name: str) -> bool:
    try:
        return parser.score(name) is not None
    except Exception:  # a user's parser; a name that it cannot read is none with a score
        return False
