"""The message about several alerts of one look: their number, the worst of them, and a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from ..core.alerts import Alert, Level, most_urgent
from ..core.messages import Fact, Message
from ..i18n import ABSENT, Wording, zoned_time_text
from ..text.cleaning import for_header, for_name
from .event_messages import EventFacts
from .mail_card import Card, Figure, card_html
from .model_message import ModelFacts, is_about_a_model
from .origin import Origin, mark_of, tone_of

MOST_LISTED = 20  # alerts in the table
_LONGEST_CELL = 160  # characters


def look_message(alerts: Sequence[Alert], words: Wording, origin: Origin) -> Message:
    """Return one message about the alerts of one look.

    Its ``id`` derives from theirs, so that it is the same message in every attempt.

    Args:
        alerts: two or more, the worst first.
        words: the texts.
        origin: where the message comes from.
    """
    worst, level = alerts[0], most_urgent(alerts)
    table = [[words.labels["model"], words.labels["alarm"]]]
    table += [
        [_model(alert), _alarm(alert, words, origin, with_evidence=True)] for alert in alerts[:MOST_LISTED]
    ]
    named = filter(None, [worst.model and _model(worst), _alarm(worst, words, origin)])
    sentence = _sentence(alerts, " ".join(named), words)
    rest = len(alerts) - MOST_LISTED
    notes = [words.event_sentences["look_rest"].format(count=rest)] if rest > 0 else []
    rows = _rows(alerts, words, origin)
    resolved = _all_resolved(alerts)
    subject = origin.subject(mark_of(level, resolved=resolved), sentence)
    score, *figures = _figures(alerts, words)
    card = Card(
        sender=_sender(alerts, level, words),
        heading=sentence,
        score=score,
        figures=figures,
        rows=rows,
        notes=notes,
        table=table,
        tone=tone_of(level, resolved=resolved),
        preheader=" · ".join(" ".join(cells) for cells in table[1:]),
        footer=origin.footer(words),
    )
    return Message(
        id=_id(alerts),
        time=worst.time,
        subject=subject,
        text=_text(sentence, table, rows, notes, words),
        html=card_html(card, title=subject, lang=words.tag),
        level=level,
        facts={**_facts(alerts, level), **origin.facts()},
    )


def _text(
    sentence: str,
    table: Sequence[Sequence[str]],
    rows: Sequence[tuple[str, str]],
    notes: Sequence[str],
    words: Wording,
) -> str:
    lines = "\n".join(" | ".join(cells) for cells in table)
    placed = "\n".join(words.line.format(label=label, value=value) for label, value in rows)
    return "\n\n".join([words.sentence.format(sentence=sentence), "\n".join([lines, *notes]), placed])


def _figures(alerts: Sequence[Alert], words: Wording) -> list[Figure]:
    """Return how many alarms there are, and how many all-clears."""
    resolved = sum(alert.resolved for alert in alerts)
    counts = {"alarms": len(alerts) - resolved, "all_clears": resolved}
    return [Figure(label=words.labels[key], value=str(count)) for key, count in counts.items() if count]


def _sender(alerts: Sequence[Alert], level: Level, words: Wording) -> str:
    names = {Level.WARNING: words.warning, Level.CRITICAL: words.critical}
    return words.resolved if _all_resolved(alerts) else names.get(level, words.sender)


def _rows(alerts: Sequence[Alert], words: Wording, origin: Origin) -> list[tuple[str, str]]:
    worst = alerts[0]
    where = words.labels["source"] if is_about_a_model(worst) else words.directory
    rows = [
        (words.time, zoned_time_text(worst.time)),
        (words.host, for_name(origin.host)),
        (words.labels["job"], origin.job_text(words)),
        (where, for_name(origin.watch_dir)),
    ]
    about_models = [ModelFacts(one, words, origin) for one in alerts[:MOST_LISTED] if is_about_a_model(one)]
    steps = dict.fromkeys(facts.next_step for facts in about_models)
    return [row for row in (*rows, *((words.labels["next_step"], step) for step in steps)) if row[1]]


def _sentence(alerts: Sequence[Alert], worst: str, words: Wording) -> str:
    """Return how many models need attention, or, where all have, how many have recovered, and the worst."""
    open_alerts = [alert for alert in alerts if not alert.resolved] or alerts
    if len(open_alerts) == 1:
        return worst
    models = {alert.model for alert in open_alerts}
    if None in models or len(models) == 1:
        key = "look_all_clears" if _all_resolved(alerts) else "look_alarms"
        return words.event_sentences[key].format(count=len(open_alerts), what=worst)
    key = "look_resolved" if _all_resolved(alerts) else "look"
    return words.event_sentences[key].format(count=len(models), what=worst)


def _model(alert: Alert) -> str:
    return ABSENT if alert.model is None else for_header(for_name(alert.model), _LONGEST_CELL)


def _alarm(alert: Alert, words: Wording, origin: Origin, *, with_evidence: bool = False) -> str:
    if is_about_a_model(alert):
        facts = ModelFacts(replace(alert, model=None), words, origin)
        return for_header(facts.alarm + (facts.evidence if with_evidence else ""), _LONGEST_CELL)
    return for_header(EventFacts(alert, words, origin).sentence, _LONGEST_CELL)


def _all_resolved(alerts: Sequence[Alert]) -> bool:
    return all(alert.resolved for alert in alerts)


def _id(alerts: Sequence[Alert]) -> str:
    joined = "\n".join(sorted(alert.id for alert in alerts))
    return sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _facts(alerts: Sequence[Alert], level: Level) -> dict[str, Fact]:
    worst = alerts[0]
    facts: dict[str, Fact] = {
        "rule": worst.rule,
        "kind": "look",
        "level": level.value,
        "resolved": _all_resolved(alerts),
        "timestamp": worst.time.isoformat(timespec="seconds"),
        "count": len(alerts),
        "model": None if worst.model is None else for_name(worst.model),
        "group": None if worst.group is None else for_name(worst.group),
        "models": ", ".join(dict.fromkeys(_model(alert) for alert in alerts[:MOST_LISTED])),
    }
    if worst.reading is not None:
        facts |= {"metric": for_name(worst.reading.metric), "filename": for_name(worst.reading.name)}
    return facts
