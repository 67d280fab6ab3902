"""``auto-model-monitor outbox``: list the deliveries of an outbox, send some again or drop them."""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from ..core.clocks import SystemClock
from ..core.errors import ConfigError, OutboxError
from ..core.paths import expanded
from ..delivery.outbox import Delivery, DeliveryState
from ..delivery.outbox.sqlite import SQLiteOutbox
from ..i18n import duration_text, time_text
from ..settings import settings_of_channels
from ..text.cleaning import for_terminal
from ..text.terminal import Terminal, table
from .command import FAILURE, SUCCESS, Command
from .option_parser import OptionParser, add_config, add_settings

_NOT_THERE = "there is no such delivery, or it is delivered"
_DAMAGED = "it is damaged and cannot be sent again: 'outbox' shows why, 'outbox drop {}' gives it up"
_LAST = 20  # settled deliveries in the list, unless all are listed
_RETRIED = (DeliveryState.OWED, DeliveryState.REFUSED)
_UNSETTLED = (*_RETRIED, DeliveryState.DAMAGED)
_COLOURS = {
    DeliveryState.OWED: "yellow",
    DeliveryState.REFUSED: "red",
    DeliveryState.DAMAGED: "red",
    DeliveryState.DROPPED: "dim",
}
_UNITS = "d,h,min,s"


def add_options(parser: OptionParser) -> None:
    """Add the options of ``outbox``."""
    parser.add_argument("words", nargs="*", metavar="PATH", help="an outbox.db, or the folder that holds it")
    add_settings(parser, "log_dir", log_dir="the folder that holds it (default: monitor_logs)")
    add_config(parser, "a file of settings, for its log_dir")
    parser.add_argument("--all", action="store_true", help="list every delivery, not the last ones alone")
    parser.add_argument("--json", action="store_true", help="write JSON for programs")


def run(options: argparse.Namespace, screen: Terminal, errors: Terminal) -> int:
    """List the deliveries, or change some of them."""
    request = OutboxRequest.of(options.words)
    folders = {watch.get("log_dir", "monitor_logs") for watch in settings_of_channels(vars(options), errors)}
    if len(folders) > 1 and not request.path:
        raise ConfigError(f"--log-dir: expected, because {options.config} has {len(folders)} of them")
    box = open_outbox(request.path or folders.pop())
    try:
        if request.action != "list":
            change = retry if request.action == "retry" else drop
            return SUCCESS if change(box, request.ids, screen, errors) else FAILURE
        deliveries = box.deliveries()
    finally:
        box.close()
    if options.json:
        screen.say(as_json(box.path, deliveries))
    else:
        show(box.path, deliveries, screen, everything=options.all)
    return FAILURE if any(delivery.state in _UNSETTLED for delivery in deliveries) else SUCCESS


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRequest:
    """The words after ``outbox``.

    Attributes:
        action: ``list``, ``retry`` or ``drop``.
        ids: which deliveries; none stands for all that are owed or refused.
        path: the file or its folder, if one is named.
    """

    action: str
    ids: Sequence[int] = ()
    path: str | None = None

    @classmethod
    def of(cls, words: Sequence[str]) -> OutboxRequest:
        """Return the request that the words make.

        Raises:
            ConfigError: they make none.
        """
        action = words[0] if words and words[0] in ("retry", "drop") else "list"
        rest = list(words) if action == "list" else list(words[1:])
        ids = [] if action == "list" else [int(word) for word in rest if _is_id(word)]
        paths = rest if action == "list" else [word for word in rest if not _is_id(word)]
        if len(paths) > 1:
            raise ConfigError(f"outbox: expected one PATH, got {len(paths)}: {', '.join(paths)}")
        if action == "drop" and not ids:
            raise ConfigError("outbox drop: expected the ID of a delivery, as 'outbox' lists it, got none")
        return cls(action=action, ids=ids, path=paths[0] if paths else None)


def _is_id(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 18


def open_outbox(place: str) -> SQLiteOutbox:
    """Open an existing outbox, by its path or its folder's.

    Raises:
        OutboxError: there is none, or it cannot be read.
    """
    path = expanded(place)
    if path.is_dir():
        path = path / "outbox.db"
    if not path.is_file():
        raise OutboxError(
            f"there is no outbox at {os.fspath(path)!r}; a watch creates it in its log_dir when it starts: "
            "name that folder with --log-dir"
        )
    return SQLiteOutbox(path, None, existing=True)


def retry(box: SQLiteOutbox, ids: Sequence[int], screen: Terminal, errors: Terminal) -> bool:
    """Queue deliveries again, due now; return whether every named one exists.

    Raises:
        OutboxError: it cannot be written.
    """
    now = _now()
    deliveries = box.deliveries()
    chosen = ids or [delivery.id for delivery in deliveries if delivery.state in _RETRIED]
    damaged = {delivery.id for delivery in deliveries if delivery.state is DeliveryState.DAMAGED}
    done = [number for number in chosen if number not in damaged and box.retry(number, now)]
    for number in sorted(set(chosen) - set(done)):
        errors.say(f"{number}: {_DAMAGED if number in damaged else _NOT_THERE}".format(number))
    if done:
        screen.say(f"Queued again: {_listed(done)}.")
        screen.say("A running watch sends within a minute; otherwise the next run of the watch sends.")
    elif not ids:
        screen.say("Nothing is owed, and nothing is refused.")
    return len(done) == len(chosen)


def drop(box: SQLiteOutbox, ids: Sequence[int], screen: Terminal, errors: Terminal) -> bool:
    """Drop deliveries; return whether every one was unsettled.

    Raises:
        OutboxError: it cannot be written.
    """
    now = _now()
    done = [number for number in ids if box.drop(number, now)]
    for number in sorted(set(ids) - set(done)):
        errors.say(f"{number}: there is no such delivery that is owed or refused")
    if done:
        screen.say(f"Dropped: {_listed(done)}.")
    return len(done) == len(ids)


def _listed(ids: Sequence[int]) -> str:
    return ", ".join(map(str, ids)) if len(ids) <= 10 else f"{len(ids)} deliveries"


def show(path: Path, deliveries: Sequence[Delivery], screen: Terminal, *, everything: bool) -> None:
    """Show the last settled deliveries, and every one that is not delivered."""
    counts = Counter(delivery.state for delivery in deliveries)
    summary = ", ".join(f"{counts[state]} {state.value}" for state in DeliveryState if counts[state])
    screen.say(f"{screen.paint(for_terminal(str(path)), 'bold')}: {summary or 'no alert so far'}")
    last = [d.id for d in deliveries if d.state not in _UNSETTLED][-_LAST:]
    listed = [d for d in deliveries if everything or d.state in _UNSETTLED or d.id in last]
    if not listed:
        return
    screen.say()
    if len(listed) < len(deliveries):
        screen.say(
            screen.paint(f"the last {len(listed)} of {len(deliveries)} (--all lists every one)", "dim")
        )
    _list(listed, screen)
    for delivery in listed:
        for line in _explained(delivery):
            screen.say(line)


def _list(deliveries: Sequence[Delivery], screen: Terminal) -> None:
    heads = ["id", "state", "found", "settled", "to", "message"]
    rows = [
        [
            str(delivery.id),
            delivery.state.value,
            _local(delivery.added),
            "" if delivery.settled is None else _local(delivery.settled),
            for_terminal(delivery.channel),
            for_terminal(delivery.message.subject),
        ]
        for delivery in deliveries
    ]
    lines = table([heads, *rows], [head == "id" for head in heads], screen.columns)
    screen.say(screen.paint(lines[0], "dim"))
    for delivery, line in zip(deliveries, lines[1:], strict=True):
        colour = _COLOURS.get(delivery.state)
        screen.say(screen.paint(line, colour) if colour else line)


def _explained(delivery: Delivery) -> Iterator[str]:
    """Yield why a delivery failed, and when the next attempt is."""
    if delivery.state not in _UNSETTLED:
        return
    yield ""
    if delivery.state is DeliveryState.OWED:
        plural = "" if delivery.attempts == 1 else "s"
        yield f"{delivery.id} is owed after {delivery.attempts} failed attempt{plural}; {_next(delivery)}"
    elif delivery.state is DeliveryState.DAMAGED:
        yield f"{delivery.id} is damaged and is never sent; 'outbox drop {delivery.id}' gives it up"
    else:
        yield f"{delivery.id} was refused; 'outbox retry {delivery.id}' tries it again"
    if delivery.error:
        yield from (f"  {for_terminal(line)}" for line in delivery.error.splitlines())


def _next(delivery: Delivery) -> str:
    wait = delivery.due - _now()
    if wait <= 0:
        return "the next attempt is as soon as its watch runs"
    return f"the next attempt is at {_local(delivery.due)}, in {duration_text(wait, _UNITS)}"


def as_json(path: Path, deliveries: Sequence[Delivery]) -> str:
    """Return the list as JSON; every time is in UTC."""
    counts = Counter(delivery.state for delivery in deliveries)
    content = {
        "outbox": str(path),
        "counts": {s.value: counts[s] for s in DeliveryState if s is not DeliveryState.DAMAGED or counts[s]},
        "deliveries": [_record(delivery) for delivery in deliveries],
    }
    return json.dumps(content, ensure_ascii=False, indent=2)


def _record(delivery: Delivery) -> dict[str, object]:
    owed = delivery.state is DeliveryState.OWED
    return {
        "id": delivery.id,
        "state": delivery.state.value,
        "channel": delivery.channel,
        "message_id": delivery.message.id,
        "subject": delivery.message.subject,
        "level": delivery.message.level.value,
        "found": _utc(delivery.added),
        "settled": None if delivery.settled is None else _utc(delivery.settled),
        "failed_attempts": delivery.attempts,
        "next_attempt": _utc(delivery.due) if owed else None,
        "error": delivery.error,
        "facts": dict(delivery.message.facts),
    }


def _now() -> float:
    return SystemClock().now().timestamp()


def _local(seconds: float) -> str:
    return time_text(datetime.fromtimestamp(seconds).astimezone())


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="seconds")


COMMAND = Command(
    usage="outbox [retry [ID ...] | drop ID ...] [PATH] [options]",
    summary="list the messages that are sent and pending, and each failure",
    essential=("--log-dir", "--config", "--all", "--json"),
    examples=("outbox --log-dir monitor_logs", "outbox retry", "outbox drop 12"),
    status="0 nothing is owed and nothing is refused, or retry and drop are done;\n"
    "1 something is owed or refused, there is no such delivery, or no outbox;\n2 wrong usage.",
    notes="""\
retry [ID ...] queues deliveries again, due now: all that are owed or refused,
unless numbers are given. drop ID ... drops them. A running watch notices within
a minute; otherwise the next run of the watch does.""",
    add_options=add_options,
    run=run,
)
